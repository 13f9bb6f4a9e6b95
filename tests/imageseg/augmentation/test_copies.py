"""The copies of a fixed set: which, how turned, what they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imageseg.augmentation.copies import Copy, CopySettings, copy_names
from imageseg.errors import SettingsError

ALL = CopySettings(angles=(0, 90, 180, 270), flip=True, flop=True)
PILLOW = {
    "rotated 90": (Copy(rotation=90), Image.Transpose.ROTATE_270),  # anticlockwise
    "rotated 180": (Copy(rotation=180), Image.Transpose.ROTATE_180),
    "rotated 270": (Copy(rotation=270), Image.Transpose.ROTATE_90),
    "flip": (Copy(flip=True), Image.Transpose.FLIP_TOP_BOTTOM),
    "flop": (Copy(flop=True), Image.Transpose.FLIP_LEFT_RIGHT),
}


@pytest.mark.parametrize(("copy", "method"), PILLOW.values(), ids=PILLOW)
def test_copies_are_those_of_pillow(copy: Copy, method: Any, rgb: Any) -> None:
    expected = np.asarray(Image.fromarray(rgb).transpose(method))

    np.testing.assert_array_equal(copy.apply(rgb, 0), expected)
    np.testing.assert_array_equal(copy.apply(rgb[..., 0], 0), expected[..., 0])


@pytest.mark.parametrize("copy", ALL.copies, ids=str)
def test_stacks_turn_plane_by_plane(copy: Copy, rng: Any) -> None:
    stack = rng.random((3, 5, 7, 2))
    turned = copy.apply(stack, 1)

    for plane, found in zip(stack, turned, strict=True):
        np.testing.assert_array_equal(copy.apply(plane, 0), found)


def test_the_order_is_angles_then_flip_then_flop() -> None:
    assert [copy.suffix for copy in ALL.copies] == [
        *("", "_rot90", "_rot180", "_rot270", "_flip", "_flop")
    ]


@pytest.mark.parametrize("angle", [30, 45, 137.5])
def test_other_angles_turn_clockwise_enlarge_and_leave_zeros(angle: float) -> None:
    rows, columns = np.indices((41, 61))
    image = (40 + 3 * rows + 2 * columns).astype(np.uint8)  # smooth
    copy = Copy(rotation=angle)
    turned = copy.apply(image, 0)
    pillow = Image.fromarray(image).rotate(
        -angle, Image.Resampling.BILINEAR, expand=True
    )
    expected = np.asarray(pillow)

    assert np.abs(np.subtract(turned.shape, expected.shape)).max() <= 2  # both round up
    height, width = np.minimum(turned.shape, expected.shape)
    one, two = (
        a[(a.shape[0] - height) // 2 :, (a.shape[1] - width) // 2 :][:height, :width]
        for a in (turned.astype(int), expected.astype(int))
    )
    inside = (one > 0) & (two > 0)
    assert inside.mean() > 0.4
    assert np.abs(one - two)[inside].mean() < 4
    assert turned[0, 0] == turned[-1, -1] == 0
    assert copy.suffix == f"_rot{angle}"


@given(angle=st.floats(0, 359), seed=st.integers(0, 100))
def test_codes_are_never_mixed(angle: float, seed: int) -> None:
    values = np.array([7, 200], np.uint8)
    mask = np.random.default_rng(seed).choice(values, (9, 12))
    turned = Copy(rotation=angle).apply(mask, 0, nearest=True)

    assert turned.dtype == np.uint8
    assert set(np.unique(turned)) <= {0, 7, 200}


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5, 1.0])
def test_a_rounded_share_of_all_copies_changes_colour(fraction: float) -> None:
    settings = CopySettings(angles=(0, 90), flip=True, fraction=fraction, seed=1)
    changes = settings.changes(7)

    assert len(changes) == round(fraction * 21)
    assert all(0 <= image < 7 and 0 <= copy < 3 for image, copy in changes)
    assert changes == settings.changes(7)


def test_colours_change_within_their_limits_each_by_itself() -> None:
    settings = CopySettings(
        fraction=1.0, brightness=(90, 110), saturation=(95, 105), hue=(80, 120)
    )
    values = np.array(list(settings.changes(4000).values()))

    np.testing.assert_allclose(values.min(0), [90, 95, 80], atol=0.1)
    np.testing.assert_allclose(values.max(0), [110, 105, 120], atol=0.1)
    np.testing.assert_allclose(values.mean(0), 100, atol=0.5)
    assert np.abs(np.corrcoef(values.T) - np.eye(3)).max() < 0.06


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"fraction": -0.1}, "fraction"),
        ({"fraction": 1.1}, "fraction"),
        ({"fraction": float("nan")}, "fraction"),
        ({"angles": (0, 360)}, "angles"),
        ({"angles": ()}, "angles"),
        ({"hue": (120, 80)}, "hue"),
        ({"brightness": (-5, 100)}, "brightness"),
    ],
    ids=str,
)
def test_what_makes_no_set_is_refused(values: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingsError, match=field):
        CopySettings(**values)


def test_odd_angles_are_allowed_and_remarked() -> None:
    assert ALL.remarks() == []
    assert CopySettings(angles=(), flip=True).remarks()[0].startswith("0 is not")
    remarks = CopySettings(angles=(0, 45)).remarks()
    assert len(remarks) == 1
    assert "no multiple of 90" in remarks[0]


def test_names_tell_the_copy_and_are_all_different() -> None:
    images = [Path(p) for p in ("a/x.jpg", "b/X.png", "a/x_rot90.png", "c/x.tif")]
    names = copy_names(images, CopySettings(angles=(0, 90)).copies)

    assert names[0] == ["x", "x_rot90"]
    assert names[1] == ["b_X", "b_X_rot90"]
    assert names[2] == ["a_x_rot90", "a_x_rot90_rot90"]
    assert names[3] == ["c_x", "c_x_rot90"]


@given(st.lists(st.sampled_from(["a/x", "b/x", "a/x_rot90", "a/X_flip", "c/y"])))
def test_no_two_names_are_alike_even_where_case_is_one(paths: list[str]) -> None:
    names = copy_names([Path(p) for p in paths], ALL.copies)
    flat = [name.casefold() for group in names for name in group]

    assert len(set(flat)) == len(flat) == 6 * len(paths)
