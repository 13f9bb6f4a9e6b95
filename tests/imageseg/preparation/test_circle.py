"""The circle of a fisheye photograph is found to half a pixel, whatever is odd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from imageseg.errors import SettingsError
from imageseg.geometry import Circle
from imageseg.preparation.circle import CircleFit, fit_circle
from imageseg.samples import canopy_scene

SHAPE = (360, 480)
TRUE = Circle(182.3, 235.8, 150.4)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """Return a canopy, as light without a lens."""
    return canopy_scene(SHAPE, seed=3).image.astype(float)


def fisheye(
    scene: np.ndarray,
    circle: Circle = TRUE,
    *,
    blur: float = 0.7,
    noise: float = 1.5,
    stray: float = 0,
    dark: float = 0,
) -> np.ndarray:
    """Return the scene through a fisheye lens.

    `stray` light lies over the rim, and a share `dark` of the rim has no light.
    """
    y, x = np.mgrid[: scene.shape[0], : scene.shape[1]]
    angle = np.arctan2(y - circle.y, x - circle.x)
    depth = circle.radius * (0.6 + 0.3 * np.sin(7 * angle) ** 2)
    away = np.hypot(y - circle.y, x - circle.x)
    light = scene * circle.mask(scene.shape[:2])[..., None]
    light[(abs(angle) < dark * np.pi) & (away > depth)] *= 0.01
    flare = np.exp(
        -(((y - circle.y + circle.radius) / 25) ** 2 + ((x - circle.x) / 60) ** 2)
    )
    seen = gaussian_filter(light, (blur, blur, 0)) + stray * flare[..., None]
    seen += 3 + np.random.default_rng(5).normal(0, noise, seen.shape)
    return seen.clip(0, 255).round().astype(np.uint8)


def assert_near(fit: CircleFit, circle: Circle, tolerance: float = 0.5) -> None:
    found = fit.circle
    assert abs(found.y - circle.y) < tolerance
    assert abs(found.x - circle.x) < tolerance
    assert abs(found.radius - circle.radius) < tolerance


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.floats(90, 110), st.floats(110, 130)),
    st.floats(30, 75),
    st.integers(40, 255),
)
def test_an_even_disc_is_found(
    centre: tuple[float, float], radius: float, brightness: int
) -> None:
    circle = Circle(*centre, radius)
    image = circle.mask((200, 240)) * np.uint8(brightness)

    fit = fit_circle(image)

    assert_near(fit, circle)
    assert fit.coverage > 0.95
    assert fit.residual < 0.6


@pytest.mark.parametrize(
    "oddities",
    [
        {},
        {"noise": 0, "blur": 0},
        {"noise": 5},
        {"blur": 1.5},
        {"stray": 150},
        {"dark": 0.5},
        {"dark": 0.4, "stray": 100},
    ],
    ids=[
        "plain",
        "sharp",
        "noise",
        "blur",
        "stray light",
        "dark rim",
        "dark and stray",
    ],
)
def test_the_rim_of_a_canopy_is_found(scene: np.ndarray, oddities: Any) -> None:
    assert_near(fit_circle(fisheye(scene, **oddities)), TRUE)


@pytest.mark.parametrize(
    "circle",
    [
        Circle(100.2, 240.1, 150.0),
        Circle(180.0, 240.0, 205.5),
        Circle(180, 300.3, 190.7),
    ],
    ids=["above", "both sides", "right"],
)
def test_a_circle_that_the_image_cuts_is_found(
    scene: np.ndarray, circle: Circle
) -> None:
    fit = fit_circle(fisheye(scene, circle))

    assert_near(fit, circle)
    assert fit.coverage < 0.9


def test_quality_tells_a_dark_rim(scene: np.ndarray) -> None:
    plain, dark = (fit_circle(fisheye(scene, dark=share)) for share in (0, 0.5))

    assert plain.coverage > dark.coverage
    assert plain.residual < 1.5


def test_any_type_of_image_will_do(scene: np.ndarray) -> None:
    image = fisheye(scene)

    for other in (image.astype(np.uint16) * 16, image / 255, image[..., 1]):
        assert_near(fit_circle(other), TRUE)


def test_the_same_photograph_gives_the_same_circle(scene: np.ndarray) -> None:
    image = fisheye(scene)

    assert fit_circle(image) == fit_circle(image.copy())


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((100, 120), np.uint8),
        np.full((100, 120), 200, np.uint8),
        np.eye(100, dtype=np.uint8) * 255,
        np.random.default_rng(1).integers(0, 256, (100, 120), dtype=np.uint8),
    ],
    ids=["dark", "bright", "a line", "noise"],
)
def test_without_a_rim_there_is_no_circle(image: np.ndarray) -> None:
    with pytest.raises(SettingsError, match="of the rim of a circle is found"):
        fit_circle(image)


def test_a_photograph_without_a_frame_has_no_circle(scene: np.ndarray) -> None:
    with pytest.raises(SettingsError, match="image circle is 'auto'"):
        fit_circle(scene.astype(np.uint8))
