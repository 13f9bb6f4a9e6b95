"""Pixel sizes are read in whatever words programs write them."""

from __future__ import annotations

import pytest

from imageseg.images.calibration import (
    imagej_size,
    ngff_size,
    ome_channels,
    ome_size,
    pixel_size,
    tiff_size,
)
from imageseg.units import PixelSize


@pytest.mark.parametrize(
    ("unit", "micrometres"),
    [
        *((u, 1.0) for u in ("µm", "μm", "um", "micron", "microns", "micrometer")),
        *((u, 1.0) for u in ("Micrometre", "\\u00B5m", " um ", "MICRONS")),
        *((u, 1e-3) for u in ("nm", "nanometer", "nanometers")),
        *((u, 1e-4) for u in ("Å", "angstrom", "Angstroms")),
        *((u, 1e-6) for u in ("pm", "picometer")),
    ],
)
def test_small_units_become_micrometres(unit: str, micrometres: float) -> None:
    size = pixel_size({"X": 2.0, "Y": 4.0}, dict.fromkeys("XY", unit))

    assert size is not None
    assert (size.x, size.y) == pytest.approx((2 * micrometres, 4 * micrometres))
    assert (size.z, size.unit) == (None, "µm")


@pytest.mark.parametrize(
    ("unit", "sign"),
    [("mm", "mm"), ("millimeter", "mm"), ("cm", "cm"), ("metre", "m"), ("meter", "m")],
)
def test_large_units_are_kept(unit: str, sign: str) -> None:
    size = pixel_size(dict.fromkeys("XYZ", 0.5), dict.fromkeys("XYZ", unit))

    assert size == PixelSize(0.5, 0.5, 0.5, sign)


@pytest.mark.parametrize("unit", ["", "pixel", "inch", "furlong", "m²"])
def test_what_is_no_metric_unit_gives_no_size(unit: str) -> None:
    assert pixel_size({"X": 1.0, "Y": 1.0}, dict.fromkeys("XY", unit)) is None


@pytest.mark.parametrize("length", [None, 0.0, -1.0, float("inf"), float("nan")])
def test_what_is_no_length_gives_no_size(length: float | None) -> None:
    assert pixel_size({"X": length, "Y": 1.0}, dict.fromkeys("XY", "µm")) is None
    assert pixel_size(
        {"X": 1.0, "Y": 1.0, "Z": length}, dict.fromkeys("XYZ", "µm")
    ) == (PixelSize(1, 1))


def test_axes_in_several_units_are_brought_to_one() -> None:
    size = pixel_size(
        {"X": 500.0, "Y": 0.5, "Z": 0.002}, {"X": "nm", "Y": "µm", "Z": "mm"}
    )

    assert size is not None
    assert (size.y, size.x, size.z) == pytest.approx((0.5, 0.5, 2.0))


def test_imagej_writes_pixels_per_unit_and_the_spacing() -> None:
    size = imagej_size({"unit": "micron", "spacing": -1.5}, (4.0, 5.0))

    assert size == PixelSize(0.2, 0.25, 1.5)
    assert imagej_size({}, (4.0, 5.0)) is None
    assert imagej_size({"unit": "um"}, (0.0, 5.0)) is None


def test_ome_writes_the_size_of_the_first_image() -> None:
    xml = """<OME><Image><Pixels SizeX="4" PhysicalSizeX="250" PhysicalSizeXUnit="nm"
      PhysicalSizeY='0.25' PhysicalSizeZ="1.5" Type="uint8"/></Image>
      <Image><Pixels PhysicalSizeX="9" PhysicalSizeY="9"/></Image></OME>"""

    assert ome_size(xml) == PixelSize(0.25, 0.25, 1.5)
    assert ome_size(xml.replace("250", "much")) is None
    assert ome_size("<OME/>") is None


def test_only_fine_metric_resolutions_of_plain_tiffs_are_measurements() -> None:
    inch, centimetre = 2, 3

    assert tiff_size((20_000, 10_000), centimetre) == PixelSize(1.0, 0.5)
    assert tiff_size((20_000, 10_000), inch) is None
    assert tiff_size((300 / 2.54, 300 / 2.54), centimetre) is None
    assert tiff_size((0, 0), centimetre) is None


def test_ome_names_the_channels_of_the_first_image() -> None:
    xml = (
        '<OME><Image><Pixels SizeC="2"><Channel ID="0" Name="GFP &amp; more"/>'
        '<Channel ID="1" Name="DAPI"><LightPath/></Channel></Pixels></Image>'
        '<Image><Pixels><Channel Name="other"/></Pixels></Image></OME>'
    )

    assert ome_channels(xml) == ("GFP & more", "DAPI")
    assert ome_channels("<OME/>") == ()


def test_ome_zarr_has_a_unit_for_each_axis() -> None:
    units = ["", "micrometer", "micrometer", "micrometer"]

    assert ngff_size("CZYX", [1, 2, 0.5, 0.5], units) == PixelSize(0.5, 0.5, 2.0)
    assert ngff_size("CZYX", [1, 2, 0.5, 0.5], [""] * 4) is None
