"""How images are prepared: every setting once, for flags and forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from imageseg.errors import SettingsError
from imageseg.geometry import Box
from imageseg.preparation.region import THRESHOLD
from imageseg.preparation.resize import Filter, Gravity, Shape
from imageseg.preparation.tiles import Edge
from imageseg.settings import Checked, Setting

Channels = Literal["keep", "grey", "rgb"]
FileFormat = Literal["auto", "png", "tiff"]

PRESETS: dict[str, Shape] = {"canopy": (256, 256), "understory": (256, 160)}
"""imageseg's sizes, as rows and columns."""

WHOLE, AUTO, CIRCLE = "whole", "auto", "circle"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareSettings(Checked):
    """How images and their masks are brought into shape."""

    valid_region: Annotated[
        str,
        Setting(
            label="Valid region",
            help="The part to keep: whole; auto, the box within the dark frame of a "
            "fisheye photograph; circle, its image circle, black outside; or "
            "WIDTHxHEIGHT+LEFT+TOP in pixels.",
        ),
    ] = WHOLE
    threshold: Annotated[
        float,
        Setting(
            label="Frame threshold",
            help="How much brighter than the dark frame the valid region is.",
            minimum=0,
            maximum=255,
            unit="levels of 255",
            advanced=True,
        ),
    ] = THRESHOLD
    consensus: Annotated[
        bool,
        Setting(
            label="One region for all",
            help="Use the median region of all photographs of a size; those that "
            "differ are named.",
        ),
    ] = False
    size: Annotated[
        str,
        Setting(
            label="Size",
            help="Size wanted: keep, canopy (256x256), understory (160x256) or "
            "WIDTHxHEIGHT in pixels.",
        ),
    ] = "keep"
    squeeze: Annotated[
        bool,
        Setting(
            label="Squeeze",
            help="Distort to the size wanted; otherwise the largest part of its "
            "proportions is kept.",
        ),
    ] = False
    gravity: Annotated[
        Gravity,
        Setting(label="Gravity", help="Where that part lies."),
    ] = "center"
    filter: Annotated[
        Filter,
        Setting(
            label="Filter",
            help="How pixel values are resampled; masks always take the nearest.",
            advanced=True,
        ),
    ] = "lanczos"
    channels: Annotated[
        Channels,
        Setting(
            label="Channels",
            help="Keep them, or make all images grey (Rec. 709 luma) or RGB.",
        ),
    ] = "keep"
    binary: Annotated[
        bool,
        Setting(
            label="Binary",
            help="Make images black below half of their value range, else white; for "
            "masks that are resized as images. Masks of images stay as they are.",
        ),
    ] = False
    tile: Annotated[
        int,
        Setting(
            label="Tile size",
            help="Side of the squares to cut every image into; 0 cuts none.",
            minimum=0,
            maximum=65_536,
            step=64,
            unit="px",
        ),
    ] = 0
    stride: Annotated[
        int,
        Setting(
            label="Tile stride",
            help="From tile to tile; less than the tile size lets them overlap, 0 is "
            "the tile size.",
            minimum=0,
            maximum=65_536,
            step=64,
            unit="px",
        ),
    ] = 0
    edge: Annotated[
        Edge,
        Setting(
            label="Edge",
            help="Tiles that reach over the edge: pad mirrors the image into them, "
            "drop leaves them out, shift moves them back inside.",
            advanced=True,
        ),
    ] = "pad"
    format: Annotated[
        FileFormat,
        Setting(
            label="Format",
            help="File format; auto takes PNG where it can hold the image "
            "and its pixel size is not known, else TIFF.",
            advanced=True,
        ),
    ] = "auto"

    def __post_init__(self) -> None:
        Checked.__post_init__(self)  # slotted dataclasses lose a bare super()
        parse_size(self.size)
        if not self.searches and self.valid_region != WHOLE:
            _parse_box(self.valid_region)
        if self.stride > self.tile:
            raise SettingsError("stride", self.stride, "at most the tile size")
        if self.consensus and not self.searches:
            expected = "off unless the valid region is auto or circle"
            raise SettingsError("consensus", value=True, expected=expected)

    @property
    def shape(self) -> Shape | None:
        """Rows and columns wanted; None keeps them."""
        return parse_size(self.size)

    @property
    def box(self) -> Box | None:
        """The valid region if it is given in pixels."""
        named = self.searches or self.valid_region == WHOLE
        return None if named else _parse_box(self.valid_region)

    @property
    def searches(self) -> bool:
        """Whether the valid region is to be found in the photographs."""
        return self.valid_region in {AUTO, CIRCLE}


def parse_size(text: str) -> Shape | None:
    """Return rows and columns; None for ``"keep"``.

    Raises
    ------
    SettingsError
        It is no preset and not written as ``WIDTHxHEIGHT``.
    """
    if text == "keep":
        return None
    if text in PRESETS:
        return PRESETS[text]
    found = re.fullmatch(r"0*([1-9]\d*)x0*([1-9]\d*)", text.strip())
    if found is None:
        names = ", ".join(PRESETS)
        raise SettingsError("size", text, f"keep, {names} or WIDTHxHEIGHT")
    return int(found[2]), int(found[1])


def _parse_box(text: str) -> Box:
    try:
        return Box.parse(text)
    except SettingsError as error:
        expected = "whole, auto, circle or WIDTHxHEIGHT+LEFT+TOP"
        raise SettingsError("valid region", text, expected) from error
