"""Which changes are drawn, how often and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from imageseg.settings import Checked, Setting

Outside = Literal["black", "reflect"]


def _share(label: str, help: str, *, advanced: bool = False) -> Setting:  # noqa: A002  as in Setting
    return Setting(
        label=label, help=help, minimum=0.0, maximum=1.0, step=0.1, advanced=advanced
    )


def _percent(label: str, help: str) -> Setting:  # noqa: A002  as in Setting
    return Setting(
        label=label, help=help, minimum=0.0, maximum=100.0, step=5.0, unit="%"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentSettings(Checked):
    """Ranges of random changes; as made without arguments nothing changes.

    A range of zero switches a change off, whatever its share is.
    """

    flip_horizontal: Annotated[
        float,
        _share(
            "Mirror left and right",
            "Share of the images that are mirrored left to right.",
        ),
    ] = 0.0
    flip_vertical: Annotated[
        float,
        _share(
            "Mirror up and down",
            "Share of the images that are turned upside down.",
        ),
    ] = 0.0
    flip_z: Annotated[
        float,
        _share(
            "Mirror in depth",
            "Share of the stacks whose planes are put in reverse order.",
        ),
    ] = 0.0
    quarter_turns: Annotated[
        float,
        _share(
            "Quarter turns",
            "Share of the images that are turned by 90, 180 or 270 degrees "
            "without loss; by 180 only, if they are not square.",
        ),
    ] = 0.0
    rotation: Annotated[
        float,
        Setting(
            label="Rotation",
            help="Largest turn, clockwise or not.",
            minimum=0.0,
            maximum=180.0,
            step=5.0,
            unit="°",
        ),
    ] = 0.0
    shift: Annotated[
        float,
        Setting(
            label="Shift",
            help="Largest shift along either side, as a share of it.",
            minimum=0.0,
            maximum=1.0,
            step=0.05,
        ),
    ] = 0.0
    scale_min: Annotated[
        float,
        Setting(
            label="Least scale",
            help="How small things become at most; 1 leaves their size.",
            minimum=0.1,
            maximum=1.0,
            step=0.05,
        ),
    ] = 1.0
    scale_max: Annotated[
        float,
        Setting(
            label="Largest scale",
            help="How large things become at most; 1 leaves their size.",
            minimum=1.0,
            maximum=10.0,
            step=0.05,
        ),
    ] = 1.0
    shear: Annotated[
        float,
        Setting(
            label="Shear",
            help="Largest slant of what was upright.",
            minimum=0.0,
            maximum=60.0,
            step=1.0,
            unit="°",
        ),
    ] = 0.0
    warp_share: Annotated[
        float,
        _share(
            "Share warped",
            "Share of the images that are rotated, shifted, scaled and sheared.",
            advanced=True,
        ),
    ] = 0.8
    elastic: Annotated[
        float,
        Setting(
            label="Elastic strength",
            help="How far points of an elastic sheet move (standard deviation).",
            minimum=0.0,
            maximum=100.0,
            step=1.0,
            unit="px",
        ),
    ] = 0.0
    smoothness: Annotated[
        float,
        Setting(
            label="Elastic smoothness",
            help="Distance of the points that move; between them the sheet bends.",
            minimum=2.0,
            maximum=1000.0,
            step=4.0,
            unit="px",
            advanced=True,
        ),
    ] = 32.0
    elastic_share: Annotated[
        float,
        _share(
            "Share bent",
            "Share of the images that are bent elastically.",
            advanced=True,
        ),
    ] = 0.3
    outside: Annotated[
        Outside,
        Setting(
            label="Outside",
            help="What comes from outside an image: black, or its mirror image; it "
            "is never annotated.",
            advanced=True,
        ),
    ] = "black"
    brightness: Annotated[
        float,
        _percent(
            "Brightness",
            "Largest change of lightness, up or down.",
        ),
    ] = 0.0
    contrast: Annotated[
        float,
        _percent(
            "Contrast",
            "Largest change of the distance from the mean, up or down.",
        ),
    ] = 0.0
    saturation: Annotated[
        float,
        _percent(
            "Saturation",
            "Largest change of saturation, up or down; only of colours.",
        ),
    ] = 0.0
    hue: Annotated[
        float,
        Setting(
            label="Hue",
            help="Largest change of hue, either way; 100 % is half the colour wheel.",
            minimum=0.0,
            maximum=100.0,
            step=1.0,
            unit="%",
        ),
    ] = 0.0
    gamma: Annotated[
        float,
        Setting(
            label="Gamma",
            help="Largest exponent of the grey values, and its inverse the least.",
            minimum=1.0,
            maximum=5.0,
            step=0.1,
        ),
    ] = 1.0
    light_share: Annotated[
        float,
        _share(
            "Share relit",
            "Share of the images that each change of light and colour is for.",
            advanced=True,
        ),
    ] = 0.5
    blur: Annotated[
        float,
        Setting(
            label="Blur",
            help="Largest standard deviation of a Gaussian blur.",
            minimum=0.0,
            maximum=20.0,
            step=0.1,
            unit="px",
        ),
    ] = 0.0
    blur_share: Annotated[
        float,
        _share(
            "Share blurred",
            "Share of the images that are blurred.",
            advanced=True,
        ),
    ] = 0.2
    noise: Annotated[
        float,
        Setting(
            label="Noise",
            help="Largest standard deviation of Gaussian noise; white is 1.",
            minimum=0.0,
            maximum=1.0,
            step=0.01,
        ),
    ] = 0.0
    noise_share: Annotated[
        float,
        _share(
            "Share noisy",
            "Share of the images that are given noise.",
            advanced=True,
        ),
    ] = 0.3
