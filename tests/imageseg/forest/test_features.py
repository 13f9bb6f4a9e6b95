"""Features of pixels: their names, values, and independence of tiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.color import rgb2hsv

from imageseg.forest import feature_names, feature_planes, feature_reach

KINDS = pytest.mark.parametrize("kind", ["weka", "basic"])


def _image(height=24, width=30, channels=1, seed=0):
    return np.random.default_rng(seed).random((height, width, channels), np.float32)


def _by_name(image, kind):
    names = feature_names(kind, image.shape[-1])
    return dict(zip(names, feature_planes(image, kind), strict=True))


def test_grey_images_have_the_76_planes_of_weka():
    names = feature_names("weka", 1)

    assert len(names) == len(set(names)) == 76
    starts = [name.split()[0] for name in names]
    counts = {start: starts.count(start) for start in starts}
    assert counts == {
        "original": 1,
        "Gaussian": 5,
        "Sobel": 6,
        "Hessian": 48,
        "Difference": 10,
        "Membrane": 6,
    }


@KINDS
def test_colour_images_have_the_planes_of_each_channel_and_of_hsb(kind):
    image = _image(channels=3)
    grey = len(feature_names(kind, 1))

    planes = feature_planes(image, kind)

    assert len(planes) == len(feature_names(kind, 3)) == 3 * grey + 3
    green = feature_planes(image[..., 1:2], kind)
    assert np.array_equal(planes[grey : 2 * grey], green)
    assert planes[-3:] == pytest.approx(np.moveaxis(rgb2hsv(image), -1, 0), abs=1e-6)


def test_weka_sigmas_are_four_tenths_of_their_numbers():
    image = _image()
    planes = _by_name(image, "weka")

    for number in (1, 2, 4, 8, 16):
        blurred = ndimage.gaussian_filter(
            image[..., 0], 0.4 * number, mode="nearest", truncate=3 + 0.5 / number
        )
        found = planes[f"Gaussian blur {number}"]
        assert found == pytest.approx(blurred, abs=2e-3)


def test_weka_planes_are_computed_from_the_blurred_planes():
    planes = _by_name(_image(), "weka")
    blurred = planes["Gaussian blur 4"]
    dy = ndimage.sobel(blurred, 0, mode="nearest")
    dx = ndimage.sobel(blurred, 1, mode="nearest")
    yy, xx = (ndimage.sobel(d, a, mode="nearest") for d, a in ((dy, 0), (dx, 1)))
    yx = ndimage.sobel(dy, 1, mode="nearest")

    def near(values):
        return pytest.approx(values, rel=1e-3, abs=1e-4)

    assert planes["Sobel 4"] == near(np.sqrt(dx**2 + dy**2))
    assert planes["Hessian module 4"] == near(np.sqrt(xx**2 + yx**2 + yy**2))
    assert planes["Hessian trace 4"] == near(xx + yy)
    assert planes["Hessian determinant 4"] == near(xx * yy - yx**2)
    assert planes["Hessian normalised eigenvalue difference 4"] == near(
        (xx - yy) ** 2 + 4 * yx**2
    )
    assert planes["Hessian squared eigenvalue difference 4"] == near(
        (xx - yy) ** 2 * ((xx - yy) ** 2 + 4 * yx**2)
    )
    assert planes["Difference of Gaussians 8 4"] == near(
        planes["Gaussian blur 8"] - blurred
    )


def test_orientation_is_the_direction_of_strongest_curvature():
    """A ridge along x bends across y: 90 degrees; one along y, 0."""
    along_x = np.zeros((25, 25, 1), np.float32)
    along_x[12] = -1

    ridges = (along_x, along_x.transpose(1, 0, 2))

    angles = [_by_name(r, "weka")["Hessian orientation 4"][12, 12] for r in ridges]
    assert abs(angles[0]) == pytest.approx(np.pi / 2)
    assert angles[1] == pytest.approx(0)


def test_membrane_planes_project_lines_of_all_directions():
    image = np.zeros((41, 41, 1), np.float32)
    image[20] = 1  # a bright line along x

    planes = _by_name(image, "weka")

    at = {name: plane[20, 20] for name, plane in planes.items()}
    assert at["Membrane maximum"] == pytest.approx(1)
    assert at["Membrane minimum"] == pytest.approx(
        1 / 23
    )  # 23 pixels of a slanting line
    assert at["Membrane mean"] == pytest.approx(at["Membrane sum"] / 10)
    assert at["Membrane median"] < at["Membrane mean"]


def test_basic_features_are_comparable_between_scales():
    """A blurred step of height 1 has the gradient 1 / √(2π), times sigma."""
    step = np.zeros((60, 60, 1), np.float32)
    step[:, 30:] = 1

    planes = _by_name(step, "basic")

    for sigma in (3.5, 8.0):
        edge = planes[f"edges {sigma}"][30].max()
        assert edge == pytest.approx(1 / np.sqrt(2 * np.pi), rel=0.02)


@KINDS
@pytest.mark.parametrize("channels", [1, 3])
def test_features_of_a_part_are_exactly_those_of_the_whole(kind, channels):
    image = _image(90, 95, channels)
    reach = feature_reach(kind)
    whole = feature_planes(image, kind)

    part = feature_planes(image[5:, 7 : 60 + reach], kind)

    own = whole[:, 5 + reach :, 7 + reach : 60]
    assert np.array_equal(part[:, reach:, reach : 60 - 7], own)


@KINDS
def test_nothing_beyond_the_reach_changes_a_feature(kind):
    image, reach = _image(80, 80), feature_reach(kind)
    other = image.copy()
    other[: 40 - reach] += 1

    before, after = feature_planes(image, kind), feature_planes(other, kind)

    assert np.array_equal(before[:, 40:], after[:, 40:])


@settings(max_examples=15, deadline=None)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    channels=st.integers(1, 4),
    kind=st.sampled_from(["weka", "basic"]),
)
def test_images_of_any_size_have_finite_features(height, width, channels, kind):
    planes = feature_planes(_image(height, width, channels), kind)

    assert planes.shape == (len(feature_names(kind, channels)), height, width)
    assert np.isfinite(planes).all()


def test_threads_change_nothing():
    image = _image(channels=3)

    one, four = (feature_planes(image, "weka", jobs) for jobs in (1, 4))

    assert np.array_equal(one, four)
