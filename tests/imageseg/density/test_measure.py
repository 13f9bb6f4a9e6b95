"""Densities are what one would count by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imageseg.classes import CANOPY, ClassScheme
from imageseg.density import (
    WHOLE,
    CentredCircle,
    Density,
    Placed,
    measure_density,
    measure_regions,
    measure_slices,
    quadrats,
)
from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box
from imageseg.images import read_image
from imageseg.inference import Prediction
from imageseg.masks import read_labels
from imageseg.metrics import Scores
from imageseg.units import PixelSize

THREE = ClassScheme.from_names(["soil", "leaf", "dry leaf"])
GLARE = ClassScheme.from_names(["canopy", "sky", "glare"], context="canopy").changed(
    3, excluded=True
)

LABELS = np.array(
    [
        [1, 1, 2, 3],
        [1, 2, 2, 3],
        [0, 2, 2, 0],
    ],
    np.uint8,
)


def test_pixels_are_counted_by_class() -> None:
    density = measure_density(LABELS, scheme=THREE)

    assert density.counts == {"soil": 3, "leaf": 5, "dry leaf": 2}
    assert density.unlabelled == 2
    assert density.pixels == 10
    assert density.fractions == {"soil": 0.3, "leaf": 0.5, "dry leaf": 0.2}
    assert density.region == WHOLE


def test_excluded_classes_leave_the_denominator() -> None:
    density = measure_density(LABELS, scheme=GLARE)

    assert density.counts == {"canopy": 3, "sky": 5, "glare": 2}
    assert density.pixels == 8
    assert density.fractions["canopy"] == 3 / 8
    assert density.fractions["sky"] == 5 / 8
    assert math.isnan(density.fractions["glare"])
    assert density.quantities["openness"] == 5 / 8


def test_only_the_region_is_counted() -> None:
    labels = np.full((4, 4), 1, np.uint8)
    labels[1:3, 1:3] = 2  # the 12 pixels of the circle: these 4 and 8 around them
    labels[0, 0] = labels[3, 3] = 3  # corners are outside

    density = measure_density(labels, "circle", scheme=THREE)

    assert density.counts == {"soil": 8, "leaf": 4, "dry leaf": 0}
    assert density.region == CentredCircle()


def test_a_stack_counts_as_the_sum_of_its_planes(rng: np.random.Generator) -> None:
    stack = rng.integers(0, 4, (5, 16, 21), dtype=np.uint8)

    whole = measure_density(stack, 0.8, scheme=THREE)
    planes = [measure_density(plane, 0.8, scheme=THREE) for plane in stack]

    assert whole.unlabelled == sum(p.unlabelled for p in planes)
    for name in THREE.names:
        assert whole.counts[name] == sum(p.counts[name] for p in planes)


def test_a_prediction_brings_its_own_classes() -> None:
    probabilities = np.stack([LABELS == 1, LABELS == 2, (LABELS == 3) | (LABELS == 0)])
    prediction = Prediction(
        probabilities=probabilities.astype(np.float32), scheme=THREE, model="m"
    )

    density = measure_density(prediction)

    assert density.scheme is THREE
    assert density.counts == {"soil": 3, "leaf": 5, "dry leaf": 4}
    assert density.unlabelled == 0


def test_an_unlabelled_image_has_no_fractions() -> None:
    density = measure_density(np.zeros((3, 4), np.uint8), scheme=CANOPY)

    assert density.pixels == 0
    assert density.unlabelled == 12
    assert all(math.isnan(v) for v in density.fractions.values())
    assert all(math.isnan(v) for v in density.quantities.values())


@given(
    labels=hnp.arrays(
        np.uint8,
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=12),
        elements=st.integers(0, 3),
    ),
    region=st.sampled_from(["whole", "circle", 0.5]),
)
def test_fractions_sum_to_one_and_openness_complements_cover(
    labels: np.ndarray, region: str | float
) -> None:
    density = measure_density(labels, region, scheme=GLARE)
    total = sum(density.counts.values()) + density.unlabelled
    planes = labels.size // math.prod(labels.shape[-2:])

    assert total == planes * density.region.mask(labels.shape[-2:]).sum()
    if density.pixels:
        shares = [v for v in density.fractions.values() if not math.isnan(v)]
        assert sum(shares) == pytest.approx(1)
        assert sum(density.quantities.values()) == pytest.approx(1)


@given(
    labels=hnp.arrays(np.uint8, (9, 14), elements=st.integers(0, 3)),
    grid=st.tuples(st.integers(1, 5), st.integers(1, 5)),
)
def test_quadrats_add_up_to_the_whole(labels: np.ndarray, grid: tuple) -> None:
    whole = measure_density(labels, scheme=THREE)

    parts = measure_regions(labels, quadrats(*grid), scheme=THREE)

    assert sum(p.unlabelled for p in parts) == whole.unlabelled
    for name in THREE.names:
        assert sum(p.counts[name] for p in parts) == whole.counts[name]


def test_each_region_has_its_density() -> None:
    left, right = Placed(Box(0, 0, 3, 2)), "2x3+2+0"

    found = measure_regions(LABELS, [left, right], scheme=THREE)

    assert [str(d.region) for d in found] == ["2x3+0+0", "2x3+2+0"]
    assert found[0].counts == {"soil": 3, "leaf": 2, "dry leaf": 0}
    assert found[1].counts == {"soil": 0, "leaf": 3, "dry leaf": 2}
    assert [d.unlabelled for d in found] == [1, 1]


def test_slices_are_measured_one_by_one(rng: np.random.Generator) -> None:
    stack = rng.integers(0, 4, (5, 16, 21), dtype=np.uint8)
    whole = measure_density(stack, 0.8, scheme=THREE)

    slices = measure_slices(stack, 0.8, scheme=THREE)

    assert [d.slice for d in slices] == [0, 1, 2, 3, 4]
    mask = CentredCircle(0.8).mask((16, 21))
    for plane, density in zip(stack, slices, strict=True):
        assert density.counts["leaf"] == np.sum(plane[mask] == 2)
    assert sum(d.pixels for d in slices) == whole.pixels


def test_time_points_count_as_slices_in_their_order() -> None:
    stack = np.ones((2, 3, 4, 5), np.uint8)
    stack[1, 0] = 2

    slices = measure_slices(stack, scheme=THREE)

    assert [d.counts["leaf"] for d in slices] == [0, 0, 0, 20, 0, 0]


def test_a_plane_has_no_slices() -> None:
    with pytest.raises(ShapeMismatchError, match="no stack of slices"):
        measure_slices(LABELS, scheme=THREE)


def test_the_denominator_is_an_area_of_planes() -> None:
    size = PixelSize(y=0.5, x=0.2)

    density = measure_density(LABELS, scheme=GLARE, pixel_size=size)

    assert density.pixels == 8  # neither glare nor unlabelled
    assert density.size == {"area_um2": pytest.approx(0.8)}


def test_the_denominator_is_a_volume_of_stacks_and_an_area_of_slices() -> None:
    size = PixelSize(y=2, x=3, z=10, unit="mm")
    stack = np.stack([LABELS, LABELS])

    whole = measure_density(stack, scheme=GLARE, pixel_size=size)
    first, _ = measure_slices(stack, scheme=GLARE, pixel_size=size)

    assert whole.size == {"volume_mm3": 16 * 60}
    assert first.size == {"area_mm2": 8 * 6}


def test_without_a_distance_of_slices_there_is_no_volume() -> None:
    stack = np.stack([LABELS, LABELS])

    density = measure_density(stack, scheme=GLARE, pixel_size=PixelSize(1, 1))

    assert density.size == {}


@pytest.mark.parametrize(
    ("dtype", "top"),
    [(np.uint8, 255), (np.uint16, 65_535), (np.float32, 1), (np.float32, 1.5)],
)
def test_overexposed_is_what_is_full_in_all_channels(dtype: type, top: float) -> None:
    image = np.zeros((3, 4, 3), dtype)
    image[0] = image[1, 1] = top
    image[2, :, :2] = top  # the third channel still has a number
    image[1, 2] = top * 0.6

    density = measure_density(LABELS, scheme=THREE, image=image)

    assert density.overexposed == 5
    assert density.overexposed_share == 5 / 12
    assert density.row()["overexposed_share"] == 5 / 12


def test_overexposed_is_counted_inside_the_region_and_by_slice() -> None:
    stack, image = np.ones((2, 4, 4), np.uint8), np.zeros((2, 4, 4), np.uint8)
    image[1], image[0, 0, 0] = 255, 255  # that corner is outside the circle

    whole = measure_density(stack, "circle", scheme=CANOPY, image=image)
    slices = measure_slices(stack, "circle", scheme=CANOPY, image=image)

    assert whole.overexposed == 12
    assert [d.overexposed_share for d in slices] == [0, 1]


def test_an_image_of_another_size_is_refused() -> None:
    with pytest.raises(ShapeMismatchError, match="does not belong to labels"):
        measure_density(LABELS, scheme=THREE, image=np.zeros((4, 3, 3), np.uint8))


def test_large_labels_are_counted_in_pieces(rng: np.random.Generator) -> None:
    labels = rng.integers(0, 4, (1100, 1000), dtype=np.uint8)

    density = measure_density(labels, scheme=THREE)

    assert density.unlabelled == np.sum(labels == 0)
    assert [density.counts[c.name] for c in THREE] == [
        np.sum(labels == k) for k in (1, 2, 3)
    ]


def test_plain_labels_need_classes() -> None:
    with pytest.raises(SettingsError, match="given with plain labels"):
        measure_density(LABELS)


@pytest.mark.parametrize("region", ["whole", "circle"])
def test_a_row_of_labels_is_no_image(region: str) -> None:
    with pytest.raises(ShapeMismatchError, match=r"\(3,\) are no image"):
        measure_density(np.array([1, 2, 1], np.uint8), region, scheme=CANOPY)


def test_labels_of_other_classes_are_refused() -> None:
    with pytest.raises(ShapeMismatchError, match=r"go up to 3.*only 2 classes"):
        measure_density(LABELS, scheme=CANOPY)


def test_a_region_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(SettingsError, match="region is 'square'"):
        measure_density(LABELS, "square", scheme=THREE)


# Counted with Pillow in imageseg's own grey masks, 128 and above being sky:
# sky in all of the image, and inside the circle that fills it.
SKY = {
    "01": (0.100, 0.092),
    "02": (0.030, 0.038),
    "03": (0.060, 0.068),
    "06": (0.369, 0.439),
    "07": (0.509, 0.612),
    "08": (0.172, 0.184),
    "09": (0.714, 0.731),
    "11": (0.148, 0.177),
}


@pytest.fixture
def canopy_masks(real_data: Path) -> dict[str, Path]:
    folder = real_data / "canopy_sky" / "masks"
    return {path.stem: path for path in sorted(folder.glob("*.png"))}


def test_canopy_masks_have_the_densities_that_imageseg_gives(
    canopy_masks: dict[str, Path],
) -> None:
    assert set(canopy_masks) == set(SKY)
    labels = read_labels(list(canopy_masks.values()), 2)
    for name, mask in zip(canopy_masks, labels, strict=True):
        whole, circle = SKY[name]

        assert _openness(measure_density(mask, scheme=CANOPY)) == pytest.approx(
            whole, abs=0.002
        )
        assert _openness(
            measure_density(mask, "circle", scheme=CANOPY)
        ) == pytest.approx(circle, abs=0.002)


def test_evaluation_sees_the_same_sky_as_the_density(
    canopy_masks: dict[str, Path],
) -> None:
    for name, path in canopy_masks.items():
        (mask,) = read_labels([path], 2)
        raw = read_image(path)
        scores = Scores.of(mask, mask, 2)

        assert set(np.unique(mask)) == {1, 2}
        assert scores.true_fractions[1] == pytest.approx(float(np.mean(raw == 1)))
        assert scores.true_fractions[1] == pytest.approx(SKY[name][0], abs=0.002)
        assert scores.mean_dice == 1


def _openness(density: Density) -> float:
    return density.quantities["openness"]
