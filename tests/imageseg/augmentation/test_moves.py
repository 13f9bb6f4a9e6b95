"""Mirroring, turning and warping, against numpy and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from imageseg.augmentation import AugmentSettings
from imageseg.augmentation.draws import Draws
from imageseg.augmentation.moves import (
    Pair,
    draw_bends,
    draw_matrices,
    mirror,
    warp,
)

EYE = torch.eye(2, 3)


def pair(height: int, width: int, count: int = 1, seed: int = 0) -> Pair:
    """Images of two channels, and labels up to 254."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 2, height, width, generator=generator)
    labels = torch.randint(0, 255, (count, 1, height, width), generator=generator)
    return Pair(images, labels.to(torch.uint8))


def moved(given: Pair, matrix: torch.Tensor, **values: object) -> Pair:
    copy = Pair(given.images.clone(), given.labels.clone())
    warp(copy, matrix.expand(len(given.images), 2, 3), None, **values)
    return copy


def shifted(array: np.ndarray, y: int, x: int) -> np.ndarray:
    """Fetch every pixel from (y, x) further on; zero from outside."""
    result = np.zeros_like(array)
    rows, columns = np.indices(array.shape[-2:])
    rows, columns = rows + y, columns + x
    height, width = array.shape[-2:]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    result[..., inside] = array[..., rows[inside], columns[inside]]
    return result


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    y=st.integers(-45, 45),
    x=st.integers(-45, 45),
)
def test_a_shift_by_whole_pixels_is_exact(
    height: int, width: int, y: int, x: int
) -> None:
    given = pair(height, width)
    matrix = torch.tensor([[1.0, 0.0, x], [0.0, 1.0, y]])
    images, labels = moved(given, matrix)

    np.testing.assert_array_equal(labels, shifted(given.labels.numpy(), y, x))
    np.testing.assert_allclose(images, shifted(given.images.numpy(), y, x), atol=1e-4)


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("side", [7, 16, 33])
def test_a_warp_by_a_right_angle_is_numpys(quarters: int, side: int) -> None:
    given = pair(side, side)
    angle = math.pi / 2 * quarters
    cos, sin = math.cos(angle), math.sin(angle)
    images, labels = moved(given, torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]]))

    np.testing.assert_array_equal(
        labels, np.rot90(given.labels.numpy(), quarters, (-2, -1))
    )
    np.testing.assert_allclose(
        images, np.rot90(given.images.numpy(), quarters, (-2, -1)), atol=1e-4
    )


@given(
    turn=st.floats(-math.pi, math.pi),
    scale=st.floats(0.5, 2),
    y=st.floats(-5, 5),
    x=st.floats(-5, 5),
)
def test_any_affine_is_that_of_scipy(
    turn: float, scale: float, y: float, x: float
) -> None:
    given = pair(21, 30)
    cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
    images, _ = moved(given, torch.tensor([[cos, -sin, x], [sin, cos, y]]))
    matrix = np.array([[cos, sin], [-sin, cos]])  # of (y, x)
    centre = np.array([10.0, 14.5])
    offset = centre - matrix @ centre + (y, x)
    for found, old in zip(images[0], given.images[0].numpy(), strict=True):
        padded = np.pad(old, 1)  # scipy's zeros begin at the centre of the rim
        expected = ndimage.affine_transform(
            padded, matrix, offset + 1 - matrix @ (1, 1), order=1
        )[1:-1, 1:-1]
        np.testing.assert_allclose(found, expected, atol=2e-4)


def test_the_identity_keeps_the_very_values() -> None:
    given = pair(13, 17, count=3)
    images, labels = moved(given, EYE)

    assert torch.equal(images, given.images)
    assert torch.equal(labels, given.labels)


def test_what_is_not_warped_keeps_its_very_values_beside_what_is() -> None:
    given = pair(13, 17, count=3)
    matrices = torch.stack([EYE, torch.tensor([[1.0, 0.3, 2.5], [0.0, 1.1, 0]]), EYE])
    copy = Pair(given.images.clone(), given.labels.clone())
    warp(copy, matrices, None)

    for i, same in enumerate([True, False, True]):
        assert torch.equal(copy.images[i], given.images[i]) == same
        assert torch.equal(copy.labels[i], given.labels[i]) == same


def test_what_comes_from_outside_is_not_annotated_black_or_mirrored() -> None:
    given = Pair(torch.full((1, 1, 8, 8), 0.5), torch.ones(1, 1, 8, 8))
    matrix = torch.tensor([[1.0, 0.0, 4.0], [0.0, 1.0, 0.0]])
    black = moved(given, matrix)
    mirrored = moved(given, matrix, outside="reflect")

    for labels in (black.labels, mirrored.labels):
        assert (labels[..., :4] == 1).all()
        assert (labels[..., 4:] == 0).all()
    assert (black.images[..., 4:] == 0).all()
    torch.testing.assert_close(mirrored.images, given.images)


def test_flips_and_quarter_turns_are_numpys_and_alike_for_labels() -> None:
    settings = AugmentSettings(
        flip_horizontal=0.5, flip_vertical=0.5, quarter_turns=0.75
    )
    one = pair(6, 6)
    batch = Pair(one.images.repeat(200, 1, 1, 1), one.labels.repeat(200, 1, 1, 1))
    mirror(batch, settings, Draws(0))
    group = [
        (flip, quarters) for flip in (False, True) for quarters in range(4)
    ]  # all eight symmetries of a square
    seen = set()
    for image, label in zip(*batch, strict=True):
        for flip, quarters in group:
            expected = np.rot90(one.images[0].numpy(), quarters, (-2, -1))
            expected = np.flip(expected, -1) if flip else expected
            if np.array_equal(image, expected):
                turned = np.rot90(one.labels[0].numpy(), quarters, (-2, -1))
                turned = np.flip(turned, -1) if flip else turned
                np.testing.assert_array_equal(label, turned)
                seen.add((flip, quarters))

    assert seen == set(group)


def test_what_is_not_square_is_turned_by_half_only() -> None:
    given = pair(4, 6, count=50)
    batch = Pair(given.images.clone(), given.labels.clone())
    mirror(batch, AugmentSettings(quarter_turns=1.0), Draws(0))

    assert torch.equal(batch.images, given.images.flip(-1, -2))
    assert torch.equal(batch.labels, given.labels.flip(-1, -2))


def test_matrices_keep_to_their_ranges() -> None:
    settings = AugmentSettings(
        rotation=30, scale_min=0.5, scale_max=2, shift=0.25, warp_share=1
    )
    matrices = draw_matrices((20, 40), 5000, settings, Draws(0))
    scale = matrices[:, :, :2].det().rsqrt()
    angle = torch.rad2deg(torch.atan2(matrices[:, 1, 0], matrices[:, 0, 0]))

    assert 0.5 <= float(scale.min()) < 0.51
    assert 1.98 < float(scale.max()) <= 2.0001
    assert float(scale.log().mean()) == pytest.approx(0, abs=0.02)
    assert 29.5 < float(angle.abs().max()) <= 30.001
    assert float(angle.mean()) == pytest.approx(0, abs=1)
    assert 9.9 < float(matrices[:, 0, 2].abs().max()) <= 10
    assert 4.9 < float(matrices[:, 1, 2].abs().max()) <= 5


def test_a_share_is_not_warped() -> None:
    settings = AugmentSettings(rotation=30, warp_share=0.25)
    matrices = draw_matrices((20, 20), 4000, settings, Draws(0))
    same = (matrices == EYE).flatten(1).all(1)

    assert float(same.float().mean()) == pytest.approx(0.75, abs=0.03)


def test_shear_slants_what_was_upright() -> None:
    settings = AugmentSettings(shear=45, warp_share=1)
    matrices = draw_matrices((20, 20), 2000, settings, Draws(0))

    assert (matrices[:, 1, 1] == 1).all()
    assert 0.97 < float(matrices[:, 0, 1].abs().max()) <= 1.001


def test_bends_have_their_strength_and_smoothness() -> None:
    settings = AugmentSettings(elastic=5, smoothness=16, elastic_share=0.5)
    bends = draw_bends((64, 96), 200, settings, Draws(0))
    assert bends is not None
    bent = bends.flatten(1).any(1)
    nodes = bends[bent][:, :, ::63, ::95]  # corners are control points

    assert bends.shape == (200, 2, 64, 96)
    assert float(bent.float().mean()) == pytest.approx(0.5, abs=0.1)
    assert float(nodes.std()) == pytest.approx(5, rel=0.1)
    steps = bends[bent].diff(dim=-1).abs().max()
    assert float(steps) < 5  # neighbours stay neighbours


def test_no_strength_bends_nothing() -> None:
    settings = AugmentSettings(elastic=0, elastic_share=1)

    assert draw_bends((8, 8), 4, settings, Draws(0)) is None


def test_bends_move_pixels_by_what_they_say() -> None:
    given = pair(12, 15)
    bends = torch.zeros(1, 2, 12, 15)
    bends[:, 0], bends[:, 1] = 3, -2
    copy = Pair(given.images.clone(), given.labels.clone())
    warp(copy, EYE[None], bends)

    np.testing.assert_array_equal(copy.labels, shifted(given.labels.numpy(), -2, 3))
    np.testing.assert_allclose(
        copy.images, shifted(given.images.numpy(), -2, 3), atol=1e-4
    )
