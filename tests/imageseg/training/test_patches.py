"""Patches are drawn where the annotations are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from imageseg.images import ValueScale
from imageseg.settings import TrainSettings
from imageseg.training import patches
from imageseg.training.patches import PatchSampler, patch_sides, steps_of_epoch
from imageseg.training.sample import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    MakePlane = Callable[..., Part]


def numbered(*shape: int) -> np.ndarray:
    """Pixels that tell where they stand: row and column."""
    return np.stack(np.indices(shape), -1).astype(np.uint8)


def test_patches_have_the_shapes_and_types_networks_take(
    make_plane: MakePlane,
) -> None:
    sampler = PatchSampler([make_plane(np.ones((60, 70)))], (32, 32))
    images, labels = sampler.batch(5)

    assert images.shape == (5, 3, 32, 32)
    assert labels.shape == (5, 32, 32)
    assert (images.dtype, labels.dtype) == (torch.float32, torch.uint8)


def test_every_patch_holds_an_annotated_pixel(make_plane: MakePlane) -> None:
    labels = np.zeros((200, 150))
    labels[0, 0], labels[199, 149], labels[77, 3] = 1, 2, 1
    _, drawn = PatchSampler([make_plane(labels)], (32, 32)).batch(100)

    assert (drawn.flatten(1) > 0).any(1).all()
    assert set(drawn.unique().tolist()) == {0, 1, 2}


def test_pixels_and_labels_are_cut_from_one_place(make_plane: MakePlane) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, (90, 110)).astype(np.uint8)
    plane = make_plane(labels, numbered(90, 110))
    images, drawn = PatchSampler([plane], (32, 32)).batch(20)

    rows, columns = (images * 255).round().int().numpy().transpose(1, 0, 2, 3)
    np.testing.assert_array_equal(labels[rows, columns], drawn.numpy())


def test_patches_stand_anywhere_around_a_pixel_and_inside_the_plane(
    make_plane: MakePlane,
) -> None:
    labels = np.zeros((100, 100))
    labels[50, 8] = 1
    images, _ = PatchSampler([make_plane(labels, numbered(100, 100))], (32, 32)).batch(
        400
    )
    corners = (images[:, :, 0, 0] * 255).round().int().numpy()

    assert set(corners[:, 0]) == set(range(50 - 31, 50 + 1))
    assert set(corners[:, 1]) == set(range(8 + 1))


def test_a_plane_smaller_than_a_patch_is_centred_on_black(
    make_plane: MakePlane,
) -> None:
    pixels = np.full((10, 30, 3), 255, np.uint8)
    images, labels = PatchSampler(
        [make_plane(np.ones((10, 30)), pixels)], (32, 32)
    ).batch(3)

    expected = np.zeros((32, 32))
    expected[11:21, 1:31] = 1
    for image, label in zip(images, labels, strict=True):
        np.testing.assert_array_equal(label, expected)
        np.testing.assert_array_equal(image, np.stack([expected] * 3))


def test_a_plane_smaller_in_one_direction_is_padded_there_only(
    make_plane: MakePlane,
) -> None:
    _, labels = PatchSampler([make_plane(np.ones((8, 64)))], (32, 32)).batch(4)

    assert (labels[:, 12:20] == 1).all()
    assert (labels.sum((1, 2)) == 8 * 32).all()


def test_equal_seeds_draw_equal_batches_and_others_other_ones(
    make_plane: MakePlane,
) -> None:
    planes = [make_plane(np.ones((80, 80)))]
    one, two, other = (
        PatchSampler(planes, (32, 32), seed=s).batch(4)[0] for s in (7, 7, 8)
    )

    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_rare_classes_are_seen_about_half_as_often_as_if_evenly_drawn(
    make_plane: MakePlane,
) -> None:
    labels = np.ones((640, 640))
    labels[10, 10] = 2
    _, drawn = PatchSampler([make_plane(labels)], (32, 32), seed=1).batch(1000)
    share = float((drawn.flatten(1) == 2).any(1).float().mean())

    assert share == pytest.approx(0.25, abs=0.05)  # half of the half drawn by class


def test_all_planes_are_drawn_from(make_plane: MakePlane) -> None:
    planes = [
        make_plane(np.ones((40, 40)), np.full((40, 40, 1), value, np.uint8))
        for value in (0, 51, 255)
    ]
    images, _ = PatchSampler(planes, (32, 32)).batch(60)

    assert set((images[:, 0, 0, 0] * 5).round().int().tolist()) == {0, 1, 5}


def test_each_plane_is_scaled_by_its_images_scale() -> None:
    pixels = np.full((40, 40, 1), 3000, np.uint16)
    scale = ValueScale(1000.0, 5000.0, clip=True)
    plane = Part(pixels, np.ones((40, 40), np.uint8), scale, "micrograph")
    full = Part(pixels, plane.labels, ValueScale.of(pixels, "range"), "photo")

    assert (PatchSampler([plane], (32, 32)).batch(1)[0] == 0.5).all()
    expected = torch.tensor(3000 / 65535)
    torch.testing.assert_close(
        PatchSampler([full], (32, 32)).batch(1)[0].mean(), expected
    )


def test_large_annotations_are_thinned_but_no_class_is_lost(
    make_plane: MakePlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "_MOST_CENTRES", 10)
    labels = np.ones((100, 100))
    labels[90, 90] = 2
    sampler = PatchSampler([make_plane(labels)], (32, 32))
    _, drawn = sampler.batch(200)

    assert {1, 2} <= set(drawn.unique().tolist())
    assert max(len(group) for group in sampler._centres[0].values()) == 10


def test_patches_of_volumes_hold_an_annotated_voxel_wherever_it_is(
    make_plane: MakePlane,
) -> None:
    labels = np.zeros((40, 50, 60))
    labels[0, 0, 0], labels[39, 49, 59], labels[20, 3, 44] = 1, 2, 1
    images, drawn = PatchSampler([make_plane(labels)], (8, 16, 16)).batch(100)

    assert images.shape == (100, 3, 8, 16, 16)
    assert drawn.shape == (100, 8, 16, 16)
    assert (drawn.flatten(1) > 0).any(1).all()
    assert set(drawn.unique().tolist()) == {0, 1, 2}


def test_voxels_and_labels_are_cut_from_one_place(make_plane: MakePlane) -> None:
    labels = np.random.default_rng(0).integers(0, 3, (30, 40, 50)).astype(np.uint8)
    volume = make_plane(labels, numbered(30, 40, 50))
    images, drawn = PatchSampler([volume], (8, 16, 24)).batch(20)

    places = (images * 255).round().int().numpy().swapaxes(0, 1)
    np.testing.assert_array_equal(labels[tuple(places)], drawn.numpy())


def test_a_volume_smaller_than_a_patch_is_centred_and_mirrored(
    make_plane: MakePlane,
) -> None:
    shape, sides = (3, 10, 5), (8, 8, 16)
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 1), dtype=np.uint8)
    images, labels = PatchSampler([make_plane(np.ones(shape), pixels)], sides).batch(9)

    slices = [1, 2, 1, 0, 1, 2, 1, 0]
    columns = [2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0, 1]
    seen = pixels[..., 0][np.ix_(slices, range(10), columns)] / np.float32(255)
    for image, own in zip(images[:, 0].numpy(), labels.numpy(), strict=True):
        fits = [np.allclose(image, seen[:, row : row + 8]) for row in range(3)]
        assert sum(fits) == 1
        assert own[3:6, :, 6:11].all()
        assert own.sum() == 3 * 8 * 5


def test_an_image_of_one_slice_is_repeated_and_annotated_once(
    make_plane: MakePlane,
) -> None:
    volume = make_plane(np.ones((1, 16, 16)))
    images, labels = PatchSampler([volume], (4, 16, 16)).batch(2)

    assert (images == images[:, :, :1]).all()
    assert labels.sum((2, 3)).tolist() == [[0, 0, 256, 0]] * 2


@pytest.mark.parametrize(
    ("shapes", "stride", "patch", "slices", "sides"),
    [
        pytest.param([(90, 75)], 16, 40, 0, (48, 48), id="plane"),
        pytest.param([(500, 500, 500)], 8, 256, 0, (40, 40, 40), id="a cube, 40^3"),
        pytest.param([(500, 500, 500)], 16, 256, 0, (48, 48, 48), id="coarse grid"),
        pytest.param([(10, 300, 300)], 4, 256, 0, (12, 72, 72), id="few slices"),
        pytest.param([(1, 500, 500)], 16, 256, 0, (16, 64, 64), id="one slice"),
        pytest.param([(200, 20, 20)], 4, 128, 0, (40, 20, 20), id="tall"),
        pytest.param([(3, 4, 5)], 4, 256, 0, (4, 8, 8), id="tiny"),
        pytest.param([(3, 4, 5)], 16, 256, 0, (16, 32, 32), id="less than a cell"),
        pytest.param([(3, 4, 5), (9, 9, 9)], 4, 256, 0, (12, 12, 12), id="two"),
        pytest.param([(3, 4, 5)], 8, 64, 20, (24, 64, 64), id="as told"),
        pytest.param([(9, 9, 9)], 32, 32, 8, (32, 64, 64), id="no single cell"),
        pytest.param([(90, 75)], 32, 32, 0, (64, 64), id="no single cell of a plane"),
    ],
)
def test_the_patch_has_the_squares_pixels_as_voxels_and_room_in_the_volumes(
    shapes: list[tuple[int, ...]],
    stride: int,
    patch: int,
    slices: int,
    sides: tuple[int, ...],
    make_plane: MakePlane,
) -> None:
    parts = [make_plane(np.ones(shape), np.zeros((*shape, 1))) for shape in shapes]
    network = SimpleNamespace(dims=len(sides), stride=stride)
    settings = TrainSettings(patch=patch, patch_z=slices)

    assert patch_sides(network, parts, settings) == sides


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        (TrainSettings(patch=256, batch=4), 40),  # of 65,536 voxels 4 a volume
        (TrainSettings(patch=64, patch_z=16, batch=4), 40),  # 16 x 64 x 64 voxels
        (TrainSettings(patch=128, batch=4), 160),
        (TrainSettings(patch=1024, batch=4), 10),  # one a volume, and at least 10
    ],
)
def test_an_epoch_sees_about_as_many_voxels_as_there_are(
    settings: TrainSettings, steps: int
) -> None:
    volumes = [SimpleNamespace(shape=(64, 64, 64))] * 40

    assert steps_of_epoch(volumes, settings) == steps
