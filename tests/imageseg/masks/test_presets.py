"""Published colour tables are as published."""

from __future__ import annotations

from imageseg.masks import DUBAI, VOC


def test_voc_has_the_colours_of_its_development_kit() -> None:
    published = dict(zip(VOC.classes, VOC.colours, strict=True))

    assert len(published) == 21
    assert published["background"] == 0x000000
    assert published["aeroplane"] == 0x800000
    assert published["bicycle"] == 0x008000
    assert published["person"] == 0xC08080
    assert published["tvmonitor"] == 0x004080
    assert VOC.void == (0xE0E0C0,)  # 224, 224, 192


def test_the_aerial_colours_are_in_the_order_of_the_lab() -> None:
    assert dict(zip(DUBAI.classes, DUBAI.colours, strict=True)) == {
        "Building": 0x3C1098,
        "Land": 0x8429F6,
        "Road": 0x6EC1E4,
        "Vegetation": 0xFEDD3A,
        "Water": 0xE2A929,
    }
    assert DUBAI.void == (0x9B9B9B,)
