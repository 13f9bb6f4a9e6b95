"""Pixel sizes as microscopes write them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

from imageseg.units import PixelSize

_MICROMETRES = {
    "pm": 1e-6,
    "Å": 1e-4,
    "nm": 1e-3,
    "µm": 1.0,
    "mm": 1e3,
    "cm": 1e4,
    "dm": 1e5,
    "m": 1e6,
    "km": 1e9,
}
_NAMES = {
    "picomet": "pm",
    "angstrom": "Å",
    "nanomet": "nm",
    "micro": "µm",
    "um": "µm",
    "millimet": "mm",
    "centimet": "cm",
    "decimet": "dm",
    "met": "m",
    "kilomet": "km",
}
_CENTIMETRE = 3  # of the tag ResolutionUnit (TIFF 6.0)
_COARSEST_TIFF = 25.0  # µm; what is coarser is a resolution for printing
_FIRST_PIXELS = re.compile(
    r"<(?:\w+:)?Pixels\b[^>]*>(.*?)</(?:\w+:)?Pixels>", re.DOTALL
)
_CHANNEL = re.compile(r"<(?:\w+:)?Channel\b([^>]*)>")
_NAME = re.compile(r'\bName\s*=\s*["\']([^"\']*)["\']')
_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b([^>]*)>")
_SIZE = re.compile(r'\bPhysicalSize([XYZ])(Unit)?\s*=\s*["\']([^"\']*)["\']')


def pixel_size(
    lengths: Mapping[str, float | None], units: Mapping[str, str]
) -> PixelSize | None:
    """Build a pixel size from lengths, each in its own unit.

    Lengths in units below a millimetre are given in µm, others in the unit of x.

    Parameters
    ----------
    lengths
        For ``"X"``, ``"Y"`` and, of stacks, ``"Z"``.
    units
        For the same, as written in files.

    Returns
    -------
    size
        None if x or y is missing, is no positive number or has no metric unit.
    """
    micrometres = {
        axis: length * _MICROMETRES[unit]
        for axis, length in lengths.items()
        if (unit := _unit(units.get(axis, ""))) and length and 0 < length < math.inf
    }
    if not {"X", "Y"} <= micrometres.keys():
        return None
    unit = _unit(units["X"])
    if _MICROMETRES[unit] < _MICROMETRES["mm"]:
        unit = "µm"
    y, x, z = (
        length and length / _MICROMETRES[unit] for length in map(micrometres.get, "YXZ")
    )
    return PixelSize(y, x, z, unit) if y and x else None


def imagej_size(
    metadata: Mapping[str, Any], resolution: tuple[float, float]
) -> PixelSize | None:
    """Read the calibration that ImageJ writes.

    Parameters
    ----------
    metadata
        Its description; ``unit`` and ``spacing`` count.
    resolution
        Pixels per unit along x and y.
    """
    x, y = (1 / r if r else None for r in resolution)
    spacing = metadata.get("spacing")
    z = abs(spacing) if isinstance(spacing, (int, float)) else None
    unit = str(metadata.get("unit", ""))
    return pixel_size({"X": x, "Y": y, "Z": z}, dict.fromkeys("XYZ", unit))


def tiff_size(resolution: tuple[float, float], unit: int) -> PixelSize | None:
    """Read the resolution of a plain TIFF, if it looks like a microscope's.

    Parameters
    ----------
    resolution
        Pixels per unit along x and y.
    unit
        The tag ResolutionUnit; only centimetres are taken for a measurement, and
        only pixels below 25 µm.
    """
    if unit != _CENTIMETRE:
        return None
    x, y = (1 / r if r else None for r in resolution)
    size = pixel_size({"X": x, "Y": y}, dict.fromkeys("XY", "cm"))
    if size is None or max(size.y, size.x) * _MICROMETRES["cm"] > _COARSEST_TIFF:
        return None
    return PixelSize(size.y * 1e4, size.x * 1e4)


def ome_size(xml: str) -> PixelSize | None:
    """Read the calibration of the first image in OME-XML; its default unit is µm."""
    pixels = _PIXELS.search(xml)
    found = _SIZE.findall(pixels[1]) if pixels else []
    units = dict.fromkeys("XYZ", "µm") | {a: v for a, unit, v in found if unit}
    return pixel_size({a: _number(v) for a, unit, v in found if not unit}, units)


def ome_channels(xml: str) -> tuple[str, ...]:
    """Read the names of the channels of the first image in OME-XML."""
    pixels = _FIRST_PIXELS.search(xml)
    tags = _CHANNEL.findall(pixels[1]) if pixels else []
    names = [_NAME.search(tag) for tag in tags]
    return tuple(unescape(name[1]) for name in names if name)


def ngff_size(
    axes: str, scale: Sequence[float], units: Sequence[str]
) -> PixelSize | None:
    """Read the scale of one level of an OME-Zarr image; without units it has none."""
    return pixel_size(
        dict(zip(axes, scale, strict=True)), dict(zip(axes, units, strict=True))
    )


def _unit(text: str) -> str:
    """Return our sign for a metric unit, however it is written, else nothing."""
    text = text.strip().replace("\\u00B5", "µ").replace("μ", "µ").removesuffix(".")
    if text in _MICROMETRES:
        return text
    text = text.casefold().replace("μ", "µ")
    sign = next((s for name, s in _NAMES.items() if text.startswith(name)), "")
    return text if text in _MICROMETRES else sign


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
