"""Held-out pixels are never trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.errors import NotEnoughAnnotationsError, SettingsError
from imageseg.images import ValueScale
from imageseg.training import hold_out, split_three
from imageseg.training.patches import PatchSampler
from imageseg.training.sample import Part
from imageseg.training.split import BLOCK, BLOCK_3D, HeldOut

if TYPE_CHECKING:
    from collections.abc import Sequence


def plane(labels: np.ndarray, name: str = "image", number: int = 0) -> Part:
    """Make a plane whose pixels all hold its number."""
    pixels = np.full((*labels.shape, 1), number, np.uint8)
    return Part(pixels, labels.astype(np.uint8), ValueScale(0, 255, clip=False), name)


@st.composite
def blocky_planes(draw: st.DrawFn) -> list[Part]:
    """Draw planes of up to four images, annotated block by block or not at all."""
    planes = []
    for number in range(draw(st.integers(1, 4))):
        rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        values = draw(
            st.lists(
                st.integers(0, 3), min_size=rows * columns, max_size=rows * columns
            )
        )
        values[0] = values[0] or 1
        blocks = np.array(values).reshape(rows, columns)
        labels = np.kron(blocks, np.ones((BLOCK, BLOCK), int))
        labels = labels[: -draw(st.integers(1, BLOCK - 1))]
        name = draw(st.sampled_from(["a", "b"]))
        planes.append(plane(labels, name, number))
    return planes


def labels_of(
    planes: Sequence[Part], number: int, shape: tuple[int, ...]
) -> np.ndarray:
    """Sum the labels of the parts of one plane."""
    parts = [p.labels for p in planes if p.pixels[0, 0, 0] == number]
    assert len(parts) <= 1
    return parts[0] if parts else np.zeros(shape, np.uint8)


def classes_of(planes: Sequence[Part]) -> set[int]:
    """Find all annotated classes."""
    found = {int(k) for p in planes for k in np.unique(p.labels)}
    return found - {0}


def same(one: HeldOut, two: HeldOut) -> bool:
    """Compare the held-out labels of two splits."""
    a, b = one.validation, two.validation
    return len(a) == len(b) and all(
        x.name == y.name and np.array_equal(x.labels, y.labels)
        for x, y in zip(a, b, strict=True)
    )


@given(blocky_planes(), st.floats(0.05, 0.9), st.integers(0, 99))
def test_every_annotated_pixel_is_in_exactly_one_part(
    planes: list[Part], share: float, seed: int
) -> None:
    split = hold_out(planes, share, seed=seed)

    assert split.unit == "blocks"
    for number, original in enumerate(planes):
        shape = original.labels.shape
        training = labels_of(split.training, number, shape)
        validation = labels_of(split.validation, number, shape)
        assert not ((training > 0) & (validation > 0)).any()
        np.testing.assert_array_equal(training + validation, original.labels)


@given(blocky_planes(), st.floats(0.05, 0.9), st.integers(0, 99))
def test_every_class_stays_in_training(
    planes: list[Part], share: float, seed: int
) -> None:
    split = hold_out(planes, share, seed=seed)

    assert classes_of(split.training) == classes_of(planes)


@given(blocky_planes(), st.integers(0, 99))
def test_equal_seeds_hold_out_the_same(planes: list[Part], seed: int) -> None:
    assert same(hold_out(planes, 0.4, seed=seed), hold_out(planes, 0.4, seed=seed))


def test_a_class_in_one_block_is_never_held_out_with_another_class() -> None:
    labels = np.ones((BLOCK, 3 * BLOCK))
    labels[5, 5] = 2  # only here, in a block that class 1 could give

    for seed in range(20):
        split = hold_out([plane(labels)], 0.4, seed=seed)
        assert split.count == 1
        assert split.training[0].labels[5, 5] == 2


def test_the_share_of_blocks_is_held_out_and_counted() -> None:
    labels = np.ones((5 * BLOCK, 4 * BLOCK))
    split = hold_out([plane(labels)], 0.25)

    assert split.count == 5
    assert (split.validation[0].labels > 0).sum() == 5 * BLOCK**2
    assert split.text == "5 held-out blocks"


def test_held_out_blocks_are_squares_of_the_plane() -> None:
    labels = np.ones((2 * BLOCK + 10, 3 * BLOCK + 1))
    held = hold_out([plane(labels)], 0.5, seed=3).validation[0].labels > 0

    for row in range(0, labels.shape[0], BLOCK):
        for column in range(0, labels.shape[1], BLOCK):
            block = held[row : row + BLOCK, column : column + BLOCK]
            assert block.all() or not block.any()


def test_other_seeds_hold_out_other_blocks() -> None:
    planes = [plane(np.ones((6 * BLOCK, 6 * BLOCK)))]
    first = hold_out(planes, 0.3, seed=0)

    assert not all(same(first, hold_out(planes, 0.3, seed=s)) for s in range(1, 4))


def test_the_given_planes_are_not_changed() -> None:
    labels = np.ones((4 * BLOCK, 4 * BLOCK), np.uint8)
    original = plane(labels)
    hold_out([original], 0.5)

    assert (original.labels == 1).all()


def both_classes() -> np.ndarray:
    """Two pixels of two classes."""
    return np.array([[1, 2]])


@pytest.mark.parametrize(("share", "count"), [(0.01, 1), (0.2, 2), (0.34, 3), (0.9, 9)])
def test_from_five_images_on_whole_images_are_held_out(
    share: float, count: int
) -> None:
    planes = [plane(both_classes(), f"{i // 2}", i) for i in range(20)]  # two each
    split = hold_out(planes, share, seed=1)
    held = {p.name for p in split.validation}

    assert split.unit == "images"
    assert split.count == len(held) == count
    assert not held & {p.name for p in split.training}
    assert len(split.training) + len(split.validation) == 20
    assert all(np.array_equal(p.labels, both_classes()) for p in split.validation)


def test_at_least_one_image_stays_in_training() -> None:
    split = hold_out([plane(both_classes(), str(i)) for i in range(5)], 0.9)

    assert {p.name for p in split.training}
    assert split.count == 4


def test_four_images_are_too_few_to_lose_one() -> None:
    split = hold_out([plane(both_classes(), str(i)) for i in range(4)], 0.5)

    assert split.unit == "blocks"


def test_planes_of_one_image_count_once() -> None:
    split = hold_out([plane(both_classes(), "stack", i) for i in range(9)], 0.5)

    assert split.unit == "blocks"


def test_the_only_image_with_a_class_is_never_held_out() -> None:
    planes = [plane(np.array([[1, 2]]), str(i)) for i in range(5)]
    planes.append(plane(np.array([[1, 3]]), "rare"))

    for seed in range(20):
        split = hold_out(planes, 0.4, seed=seed)
        assert split.count == 2
        assert classes_of(split.training) == {1, 2, 3}


def test_a_share_of_zero_holds_out_nothing() -> None:
    planes = [plane(both_classes(), str(i)) for i in range(6)]
    split = hold_out(planes, 0)

    assert split.training == planes
    assert split.validation == []
    assert split.text == "no held-out images"


@pytest.mark.parametrize(
    ("unit", "count", "text"),
    [
        ("images", 1, "1 held-out image"),
        ("images", 2, "2 held-out images"),
        ("blocks", 1, "1 held-out block"),
        ("blocks", 0, "no held-out blocks"),
    ],
)
def test_the_text_speaks_english(unit: str, count: int, text: str) -> None:
    assert HeldOut([], [], unit, count).text == text


@pytest.mark.parametrize(
    ("n", "sizes"), [(366, (257, 36, 73)), (763, (535, 76, 152)), (0, (0, 0, 0))]
)
def test_three_parts_end_where_those_of_imageseg_do(
    n: int, sizes: tuple[int, int, int]
) -> None:
    parts = split_three(n, 0.1, 0.2, seed=5)

    assert tuple(len(part) for part in parts) == sizes
    assert sorted(np.concatenate(parts)) == list(range(n))


@given(
    n=st.integers(0, 500),
    validation=st.floats(0, 0.5),
    test=st.floats(0, 0.5),
    seed=st.integers(0, 99),
)
def test_three_parts_share_nothing_and_lose_nothing(
    n: int, validation: float, test: float, seed: int
) -> None:
    parts = split_three(n, validation, test, seed=seed)

    assert sorted(np.concatenate(parts)) == list(range(n))
    again = split_three(n, validation, test, seed=seed)
    assert all(np.array_equal(a, b) for a, b in zip(parts, again, strict=True))


@pytest.mark.parametrize("shares", [(-0.1, 0.2), (0.2, -0.1), (0.6, 0.6)])
def test_impossible_shares_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(SettingsError, match="shares"):
        split_three(10, *shares)


def grouped(make_plane: Any, groups: str) -> list[Part]:
    """Return a plane with both classes for each letter, its group."""
    labels = np.array([[1, 2]] * 4)
    planes = [make_plane(labels, name=f"{i}") for i in range(len(groups))]
    return [replace(p, group=g) for p, g in zip(planes, groups, strict=True)]


@pytest.mark.parametrize("groups", ["aabbbccd", "aab", "aaaabbbb"])
@pytest.mark.parametrize("seed", range(4))
def test_images_of_one_group_stay_together(
    make_plane: Any, groups: str, seed: int
) -> None:
    split = hold_out(grouped(make_plane, groups), 0.3, seed=seed)
    sides = [{p.group for p in side} for side in (split.training, split.validation)]

    assert all(sides)
    assert not sides[0] & sides[1]
    assert split.unit == "images"
    assert split.count == len(split.validation)


@pytest.mark.parametrize("count", [20, 3], ids=["images", "blocks"])
def test_the_test_part_shares_no_pixel_with_the_others(
    make_plane: Any, count: int
) -> None:
    rng = np.random.default_rng(0)
    planes = [
        make_plane(rng.integers(1, 3, (256, 256)), name=f"{i}") for i in range(count)
    ]
    split = hold_out(planes, 0.2, test=0.25, seed=3)
    seen = [
        {(p.name, int(at)) for p in side for at in np.flatnonzero(p.labels)}
        for side in (split.training, split.validation, split.testing)
    ]

    assert all(seen)
    assert len(set.union(*seen)) == sum(map(len, seen)) == count * 256**2
    if count == 20:
        assert split.text == "4 held-out images"
        assert split.tested == "5 test images"


def test_shares_that_leave_nothing_to_train_on_are_refused(make_plane: Any) -> None:
    with pytest.raises(SettingsError, match="validation and test"):
        hold_out([make_plane(np.ones((4, 4)))], 0.6, test=0.5)


def annotated_volume(shape: tuple[int, ...], slices: Sequence[int]) -> Part:
    """Annotate two classes on some slices; pixels tell where they stand."""
    labels = np.zeros(shape, np.uint8)
    labels[list(slices)] = 1
    labels[..., shape[2] // 3 :] *= 2
    pixels = np.stack(np.indices(shape), -1).astype(np.float32)
    return Part(pixels, labels, ValueScale(0, 1, clip=False), "volume")


def test_blocks_of_a_volume_are_cubes() -> None:
    side = BLOCK_3D
    volume = annotated_volume((2 * side + 3, 3 * side, side + 1), range(2 * side + 3))
    split = hold_out([volume], 0.4, seed=2)
    held = split.validation[0].labels > 0

    assert split.unit == "blocks"
    blocks = 0
    for corner in np.ndindex(3, 3, 2):
        block = held[tuple(slice(c * side, (c + 1) * side) for c in corner)]
        assert block.all() or not block.any()
        blocks += bool(block.any())
    assert 0 < blocks == split.count


@pytest.mark.parametrize("slices", [range(40), [3, 17, 30]], ids=["all", "few slices"])
@pytest.mark.parametrize("seed", range(3))
def test_no_patch_counts_a_voxel_that_is_held_out(
    slices: Sequence[int], seed: int
) -> None:
    volume = annotated_volume((40, 45, 50), slices)
    split = hold_out([volume], 0.3, seed=seed, test=0.2)
    sampler = PatchSampler(split.training, (16, 16, 16), seed=seed)
    images, labels = sampler.batch(200)
    places = images.movedim(1, -1)[labels > 0].int().numpy().T
    drawn = np.zeros(volume.shape, bool)
    drawn[tuple(places)] = True

    assert split.validation
    assert split.testing
    for side in (split.validation, split.testing):
        assert not (drawn & (side[0].labels > 0)).any()
    assert not (drawn & (volume.labels == 0)).any()
    assert drawn.sum() > 0.9 * (split.training[0].labels > 0).sum()


def test_five_volumes_are_held_out_whole() -> None:
    volumes = [
        replace(annotated_volume((6, 9, 9), [1, 4]), name=name) for name in "abcde"
    ]
    split = hold_out(volumes, 0.4)

    assert split.text == "2 held-out images"
    names = [{part.name for part in s} for s in (split.training, split.validation)]
    assert [len(n) for n in names] == [3, 2]
    assert not names[0] & names[1]


def named_planes(make_plane: Any, names: str) -> list[Part]:
    return [make_plane(both_classes(), name=name) for name in names]


def test_chosen_images_are_held_out_in_place_of_a_share(make_plane: Any) -> None:
    planes = named_planes(make_plane, "abbc")
    held = hold_out(planes, 0.2, named=["b", "gone"])

    assert [p.name for p in held.validation] == ["b", "b"]
    assert [p.name for p in held.training] == ["a", "c"]
    assert held.text == "1 held-out image"


def test_where_no_chosen_image_is_annotated_the_share_is_drawn(make_plane: Any) -> None:
    planes = named_planes(make_plane, "abcdef")

    assert same(hold_out(planes, 0.2, named=["z"]), hold_out(planes, 0.2))


def test_chosen_images_stay_chosen_when_others_come(make_plane: Any) -> None:
    for names in ("ab", "abcd", "abcdefgh"):
        held = hold_out(named_planes(make_plane, names), 0.2, named=["b"])

        assert [p.name for p in held.validation] == ["b"]


def test_a_class_in_chosen_images_only_cannot_be_learned(make_plane: Any) -> None:
    planes = named_planes(make_plane, "ab")
    planes[0] = planes[0].with_labels(np.ones_like(planes[0].labels))

    with pytest.raises(NotEnoughAnnotationsError, match="validation images only"):
        hold_out(planes, 0.2, named=["b"])
    with pytest.raises(NotEnoughAnnotationsError, match="validation images only"):
        hold_out(planes, 0.2, named=["a", "b"])
