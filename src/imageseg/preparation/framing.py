"""Which part of an image is kept and how large it becomes, for it and its mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from imageseg.geometry import Box, Circle, Mask
from imageseg.preparation.circle import fit_circle
from imageseg.preparation.crop import Region, blank_outside, box_around, inside_of
from imageseg.preparation.region import find_valid_box
from imageseg.preparation.resize import (
    Filter,
    Shape,
    aspect_box,
    crop,
    resize,
    row_axis,
)
from imageseg.preparation.settings import CIRCLE, PrepareSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """A crop and a size; an image and its masks take the same.

    Attributes
    ----------
    box
        The part kept, px of the original.
    inside
        Which pixels of it stay; None keeps all.
    size
        Rows and columns in the end.
    """

    box: Box
    inside: Mask | None
    size: Shape

    def apply(
        self, image: NDArray[Any], smoothing: Filter, *, channels: int = 1
    ) -> NDArray[Any]:
        """Return the part kept, resized; outside it is 0."""
        part = crop(image, self.box, channels=channels)
        if self.inside is not None:
            part = blank_outside(part, self.inside, row_axis(part, channels))
        return resize(part, self.size, smoothing=smoothing, channels=channels)

    @property
    def scale(self) -> tuple[float, float]:
        """New pixels for each of the original, along y and x."""
        return self.size[0] / self.box.height, self.size[1] / self.box.width


def find_region(image: NDArray[Any], settings: PrepareSettings) -> Box | Circle:
    """Find the valid region of a photograph: its circle if asked for, else its box."""
    if settings.valid_region == CIRCLE:
        return fit_circle(image, threshold=settings.threshold).circle
    return find_valid_box(image, threshold=settings.threshold)


def frame(shape: Shape, region: Region | None, settings: PrepareSettings) -> Framing:
    """Lay the crop for a size into the valid region.

    Parameters
    ----------
    shape
        Rows and columns of the image.
    region
        Its valid region; None is the whole image.
    settings
        Say size, proportions and gravity.
    """
    box = Box(0, 0, *shape) if region is None else box_around(region, shape)
    size = settings.shape
    if size is not None and not settings.squeeze:
        part = aspect_box((box.height, box.width), size, settings.gravity)
        box = Box(box.top + part.top, box.left + part.left, part.height, part.width)
    inside = None if region is None else inside_of(region, box)
    return Framing(box=box, inside=inside, size=size or (box.height, box.width))
