"""Sample scenes: pictures one could have taken, with truth one can rely on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import ndimage
from skimage.filters import threshold_multiotsu, threshold_otsu
from sklearn.metrics import f1_score

from imageseg.classes import CANOPY
from imageseg.density import measure_density
from imageseg.samples import SAMPLES, SampleImage, canopy_scene, stack_scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL = {"canopy": (192, 256), "microscopy": (256, 200), "stack": (8, 64, 80)}
every_sample = pytest.mark.parametrize("name", sorted(SAMPLES))


@cache
def scene(name: str, seed: int = 0) -> SampleImage:
    return SAMPLES[name](SMALL[name], seed=seed)


def dice(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float(f1_score(truth.ravel(), found.ravel()))


def sky_share(sample: SampleImage) -> float:
    return float((sample.labels == 2).mean())


@every_sample
def test_the_same_seed_gives_the_same_picture_and_truth(name: str) -> None:
    again = SAMPLES[name](SMALL[name], seed=0)

    np.testing.assert_array_equal(again.image, scene(name).image)
    np.testing.assert_array_equal(again.labels, scene(name).labels)


@every_sample
def test_another_seed_gives_another_picture_and_truth(name: str) -> None:
    assert (scene(name, 1).image != scene(name).image).any()
    assert (scene(name, 1).labels != scene(name).labels).any()


@every_sample
def test_labels_have_the_shape_asked_for_and_know_every_pixel(name: str) -> None:
    sample = scene(name)

    assert sample.labels.dtype == np.uint8
    assert sample.labels.shape == SMALL[name]
    assert sample.image.shape[: sample.labels.ndim] == SMALL[name]
    assert len(sample.scale) == sample.labels.ndim


@every_sample
@pytest.mark.parametrize("seed", range(4))
def test_every_class_of_the_scheme_is_present_and_no_other(
    name: str, seed: int
) -> None:
    sample = scene(name, seed)

    present = np.unique(sample.labels).tolist()
    assert present == [one.id for one in sample.scheme]


@every_sample
def test_the_density_of_the_truth_is_the_share_of_its_pixels(name: str) -> None:
    sample = scene(name)

    fractions = measure_density(sample).fractions
    assert fractions == pytest.approx(
        {one.name: np.mean(sample.labels == one.id) for one in sample.scheme}
    )


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "units"),
    [
        ("canopy", (192, 256, 3), np.uint8, "pixel"),
        ("microscopy", (256, 200), np.uint16, "um"),
        ("stack", (8, 64, 80), np.uint16, "um"),
    ],
)
def test_pictures_come_as_their_camera_would_deliver_them(
    name: str, shape: tuple[int, ...], dtype: type, units: str
) -> None:
    sample = scene(name)

    assert (sample.image.shape, sample.image.dtype) == (shape, dtype)
    assert sample.units == units


def test_the_default_canopy_is_a_landscape_photograph_of_the_canopy_scheme() -> None:
    sample = canopy_scene()

    assert sample.image.shape == (768, 1024, 3)
    assert sample.scheme is CANOPY
    assert 0.1 < sky_share(sample) < 0.6


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("canopy", (1, 1)),
        ("canopy", (3, 200)),
        ("canopy", (97, 61)),
        ("canopy", (301, 77)),
        ("microscopy", (1, 1)),
        ("microscopy", (33, 57)),
        ("microscopy", (7, 301)),
        ("stack", (1, 1, 1)),
        ("stack", (1, 40, 40)),
        ("stack", (5, 31, 47)),
    ],
)
def test_odd_and_small_sizes_work(name: str, shape: tuple[int, ...]) -> None:
    sample = SAMPLES[name](shape, seed=2)

    assert sample.labels.shape == shape
    assert sample.image.shape[: len(shape)] == shape
    assert set(np.unique(sample.labels)) <= {one.id for one in sample.scheme}


@pytest.mark.parametrize("seed", range(6))
def test_sky_is_much_brighter_than_canopy(seed: int) -> None:
    sample = scene("canopy", seed)

    brightness = sample.image.mean(axis=-1)
    sky, canopy = (brightness[sample.labels == k].mean() for k in (2, 1))
    assert sky > canopy + 60


def test_shares_of_sky_differ_between_neighbouring_seeds_and_span_the_range() -> None:
    shares = [sky_share(scene("canopy", seed)) for seed in range(16)]

    assert min(shares) < 0.15
    assert max(shares) > 0.45
    assert all(0 < share < 0.85 for share in shares)
    assert np.abs(np.diff(shares)).min() > 0.01


@pytest.mark.parametrize("seed", range(6))
def test_a_threshold_on_blue_finds_most_of_the_sky_but_not_all(seed: int) -> None:
    sample = canopy_scene((384, 512), seed=seed)
    blue, sky = sample.image[..., 2], sample.labels == 2
    found = blue > threshold_otsu(blue)
    shuffled = np.random.default_rng(0).permutation(found.ravel())

    assert dice(shuffled, sky.ravel()) + 0.3 < dice(found, sky) < 0.995


def test_foliage_is_greener_than_sky_and_has_fine_gaps() -> None:
    sample = canopy_scene((384, 512), seed=0)
    red, green, blue = np.moveaxis(sample.image.astype(float), -1, 0)
    canopy = sample.labels == 1

    assert (2 * green - red - blue)[canopy].mean() > 0
    assert ndimage.label(~canopy)[1] > 100


@pytest.mark.parametrize("name", ["canopy", "microscopy"])
def test_pictures_look_alike_at_the_border_and_inside(name: str) -> None:
    """Nothing thins out or piles up where things are cut by the frame."""
    labels = np.stack([scene(name, seed).labels for seed in range(12)])
    dark = labels == 1
    border = np.concatenate([dark[:, :4].ravel(), dark[:, -4:].ravel()])
    near = np.concatenate([dark[:, 8:24].ravel(), dark[:, -24:-8].ravel()])

    assert border.mean() == pytest.approx(near.mean(), abs=0.08)


def test_cells_brighten_from_background_to_cytoplasm_to_nucleus() -> None:
    sample = scene("microscopy")

    medians = [np.median(sample.image[sample.labels == k]) for k in (1, 2, 3)]
    assert medians == sorted(medians)
    assert medians[2] > 1.5 * medians[1] > 2 * medians[0]


def test_three_levels_of_grey_tell_most_of_a_cell_picture_but_not_all() -> None:
    sample = scene("microscopy")
    levels = threshold_multiotsu(sample.image, classes=3)
    found = np.digitize(sample.image, levels) + 1

    agreement = f1_score(sample.labels.ravel(), found.ravel(), average="macro")
    assert 0.55 < agreement < 0.98


def test_nuclei_lie_inside_cells() -> None:
    """Round a nucleus there is cytoplasm, or another nucleus, almost everywhere."""
    labels = scene("microscopy").labels
    nucleus = labels == 3
    rim = ndimage.binary_dilation(nucleus, iterations=2) & ~nucleus

    assert (labels[rim] == 2).mean() > 0.95


def test_deep_planes_of_a_stack_are_darker_and_less_sharp() -> None:
    sample = stack_scene((20, 128, 128), seed=0)
    image = sample.image.astype(float)
    nuclei = sample.labels == 2
    top, bottom = slice(0, 5), slice(15, 20)

    def contrast(planes: slice) -> float:
        inside = nuclei[planes]
        return float(image[planes][inside].mean() - image[planes][~inside].mean())

    def sharpness(planes: slice) -> float:
        """Slope across the outlines of nuclei, as a share of their contrast."""
        slope = [ndimage.gaussian_gradient_magnitude(p, 1.5) for p in image[planes]]
        around = [p ^ ndimage.binary_erosion(p) for p in nuclei[planes]]
        return float(np.stack(slope)[np.stack(around)].mean() / contrast(planes))

    assert contrast(top) > 1.3 * contrast(bottom)
    assert sharpness(top) > 1.1 * sharpness(bottom)


def test_a_threshold_on_a_stack_finds_nuclei_better_than_chance_only() -> None:
    sample = scene("stack")
    found = sample.image > threshold_otsu(sample.image)

    assert 0.5 < dice(found, sample.labels == 2) < 0.98


def test_planes_of_a_stack_lie_further_apart_than_its_pixels() -> None:
    z, y, x = scene("stack").scale

    assert z > y == x > 0


def test_a_sample_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        scene("stack").name = "other"  # type: ignore[misc]


def test_importing_samples_does_not_import_slow_packages() -> None:
    code = (
        "import sys, imageseg.samples;"
        "print([m for m in ('torch', 'scipy.ndimage', 'skimage.filters', 'napari')"
        " if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603  our own interpreter, our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
