"""Many files become files of one shape, whatever happens to some of them."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from imageseg.errors import SettingsError
from imageseg.geometry import Box
from imageseg.images import describe_image, find_images, read_image
from imageseg.masks import LabelReader
from imageseg.preparation import (
    PreparedProgress,
    PrepareSettings,
    Source,
    list_sources,
    one,
    prepare_task,
    read_tile_name,
)
from imageseg.preparation.agreement import DIFFERS, NOT_FOUND
from imageseg.tasks import drain
from imageseg.units import PixelSize


def save(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def photo(path: Path, shape: tuple[int, ...] = (40, 60, 3), seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    return save(path, rng.integers(0, 256, shape, dtype=np.uint8))


def disc(path: Path, y: float = 30, x: float = 45, shape: Any = (60, 90)) -> Path:
    """Write a bright disc of radius 20 in a dark frame."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    inside = (rows - y) ** 2 + (columns - x) ** 2 <= 400
    return save(path, inside * np.uint8(200))


def pair(folder: Path, shape: tuple[int, int] = (40, 60)) -> Source:
    """Write a photograph and its mask of the values 0, 1 and 2."""
    image = photo(folder / "i" / "a.b.jpg", (*shape, 3))
    mask = np.arange(shape[0] * shape[1]).reshape(shape) // 97 % 3
    path = save(folder / "m" / "a.b_mask.png", mask.astype(np.uint8))
    return Source(image=image, masks=(path,), name="a.b")


def prepare(sources: list[Source], out: Path, **values: Any) -> pd.DataFrame:
    engine = {k: values.pop(k) for k in ("labels", "region", "jobs") if k in values}
    return drain(prepare_task(sources, PrepareSettings(**values), out, **engine))


def alone(*paths: Path) -> list[Source]:
    return list_sources(paths)


def files(folder: Path) -> list[str]:
    found = (p for p in folder.rglob("*") if p.is_file())
    return sorted(p.relative_to(folder).as_posix() for p in found)


def test_photographs_take_imagesegs_shapes(tmp_path: Path) -> None:
    wide = photo(tmp_path / "wide.jpg", (864, 1152, 3))
    red = photo(tmp_path / "red.png", (358, 236, 3))

    table = prepare(alone(wide), tmp_path / "o", size="canopy")
    other = prepare(alone(red), tmp_path / "u", size="understory")

    assert table["crop"].tolist() == ["864x864+144+0"]
    assert table["scale_x"].tolist() == [256 / 864]
    assert other["crop"].tolist() == ["224x358+6+0"]
    with Image.open(wide) as file:
        cropped = file.crop((144, 0, 1008, 864)).resize(
            (256, 256), Image.Resampling.LANCZOS
        )
    with Image.open(tmp_path / "o" / "wide.png") as file:
        assert file.format == "PNG"
        np.testing.assert_array_equal(np.asarray(file), np.asarray(cropped))
    with Image.open(tmp_path / "u" / "red.png") as file:
        assert file.size == (160, 256)


def test_the_table_says_what_was_done(tmp_path: Path) -> None:
    source = pair(tmp_path)

    table = prepare([source], tmp_path / "o", size="20x20")

    assert table.to_dict("records") == [
        {
            "source": str(source.image),
            "masks": str(source.masks[0]),
            "output": "images/a.b.png",
            "mask_output": "masks/a.b.png",
            "size": "60x40",
            "crop": "40x40+10+0",
            "new_size": "20x20",
            "scale_x": 0.5,
            "scale_y": 0.5,
            "tiles": 0,
            "tile": 0,
            "stride": 0,
            "edge": "",
            "remark": "",
            "error": "",
        }
    ]
    written = pd.read_csv(tmp_path / "o" / "prepared.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(written, table)
    assert files(tmp_path / "o") == ["images/a.b.png", "masks/a.b.png", "prepared.csv"]


def test_a_mask_is_cropped_as_its_image_and_gains_no_values(tmp_path: Path) -> None:
    source = pair(tmp_path)
    stored = read_image(source.masks[0])

    prepare([source], tmp_path / "o", size="20x20", binary=False)

    mask = read_image(tmp_path / "o" / "masks" / "a.b.png")
    np.testing.assert_array_equal(mask, stored[1::2, 11:50:2])


def test_labels_take_the_place_of_masks(tmp_path: Path) -> None:
    source = pair(tmp_path)
    labels = LabelReader([source.masks], 3, coding="ids")

    prepare([source], tmp_path / "o", labels=labels)

    mask = read_image(tmp_path / "o" / "masks" / "a.b.png")
    np.testing.assert_array_equal(mask, read_image(source.masks[0]) + 1)


def test_several_masks_of_one_image_stay_several(tmp_path: Path) -> None:
    image = photo(tmp_path / "i" / "1.png")
    masks = tuple(photo(tmp_path / "m" / f"1_{i}.png", (40, 60), i) for i in (1, 2))

    prepare([Source(image=image, masks=masks, name="1")], tmp_path / "o", size="10x10")

    assert files(tmp_path / "o")[1:3] == ["masks/1_mask_1.png", "masks/1_mask_2.png"]


@pytest.mark.parametrize(
    ("pixels", "suffix"),
    [
        (np.linspace(0, 65_535, 2400).reshape(40, 60).astype(np.uint16), "png"),
        (np.linspace(0, 65_535, 7200).reshape(40, 60, 3).astype(np.uint16), "tif"),
        (np.linspace(-1, 1.7e6, 2400).reshape(40, 60).astype(np.float32), "tif"),
        (np.zeros((9, 40, 60), np.uint8), "tif"),
    ],
    ids=["16 bit", "16-bit colour", "float", "stack"],
)
def test_no_kind_of_image_loses_its_type(
    tmp_path: Path, pixels: np.ndarray, suffix: str
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", pixels)

    table = prepare(alone(tmp_path / "a.tif"), tmp_path / "o", size="30x20")

    assert table["output"].tolist() == [f"a.{suffix}"]
    result = read_image(tmp_path / "o" / f"a.{suffix}")
    assert result.dtype == pixels.dtype
    planes = result.shape[:1] if pixels.ndim == 3 and pixels.shape[0] == 9 else ()
    assert result.shape[len(planes) : len(planes) + 2] == (20, 30)
    np.testing.assert_allclose(result.mean(), pixels.mean(), rtol=1e-3)


def test_many_channels_are_read_from_the_header(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 9999, (7, 40, 60), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "c.ome.tif", pixels, metadata={"axes": "CYX"})

    table = prepare(alone(tmp_path / "c.ome.tif"), tmp_path / "o", size="30x20")

    assert table["error"].tolist() == [""]
    info = describe_image(tmp_path / "o" / table["output"][0])
    assert (info.axes, info.shape, info.colour) == ("YXC", (20, 30, 7), "channels")


@pytest.mark.parametrize("channels", [2, 4, 6])
def test_channels_stay_channels_through_crops_and_tiles(
    tmp_path: Path, channels: int
) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (channels, 40, 60), np.uint8)
    tifffile.imwrite(
        tmp_path / "c.tif", pixels, metadata={"axes": "CYX"}, photometric="minisblack"
    )

    prepare(alone(tmp_path / "c.tif"), tmp_path / "o")
    prepare(alone(tmp_path / "c.tif"), tmp_path / "t", tile=20)

    whole = read_image(tmp_path / "o" / "c.tif")
    np.testing.assert_array_equal(whole, np.moveaxis(pixels, 0, -1))
    tile = read_image(tmp_path / "t" / "c_y0020_x0040.tif")
    np.testing.assert_array_equal(tile, whole[20:, 40:])


def test_time_points_and_pixel_sizes_are_kept(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (3, 40, 60), np.uint8)
    sizes = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25}
    tifffile.imwrite(tmp_path / "t.ome.tif", pixels, metadata={"axes": "TYX"} | sizes)
    plane = pixels[0]
    tifffile.imwrite(tmp_path / "p.ome.tif", plane, metadata={"axes": "YX"} | sizes)
    mask = save(tmp_path / "m.png", plane // 128)
    tifffile.imwrite(tmp_path / "m.tif", pixels // 128, photometric="minisblack")
    sources = [
        Source(image=tmp_path / f"{n}.ome.tif", masks=(m,), name=n)
        for n, m in (("t", tmp_path / "m.tif"), ("p", mask))
    ]

    table = prepare(sources, tmp_path / "o", size="30x20")

    assert table["output"].tolist() == ["images/t.tif", "images/p.tif"]
    for name, axes in (("t", "TYX"), ("p", "YX")):
        info = describe_image(tmp_path / "o" / "images" / f"{name}.tif")
        assert (info.axes, info.pixel_size) == (axes, PixelSize(0.5, 1.0))
    assert describe_image(tmp_path / "o" / "masks" / "t.tif").axes == "TYX"


def test_an_imagej_stack_keeps_its_depth(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.zeros((4, 40, 60), np.uint16),
        imagej=True,
        resolution=(2, 2),
        metadata={"axes": "ZYX", "spacing": 2.0, "unit": "um"},
    )

    prepare(alone(tmp_path / "a.tif"), tmp_path / "o", size="30x20")

    info = describe_image(tmp_path / "o" / "a.tif")
    assert (info.axes, info.shape) == ("ZYX", (4, 20, 30))
    assert info.pixel_size == PixelSize(1.0, 1.0, 2.0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("values", [{}, {"consensus": True, "valid_region": "auto"}])
def test_pixels_that_are_no_numbers_are_told(
    tmp_path: Path, value: float, values: Any
) -> None:
    pixels = np.zeros((60, 90), np.float32)
    pixels[7, 8] = value
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    good = disc(tmp_path / "good.png")

    table = prepare(
        alone(tmp_path / "a.tif", good), tmp_path / "o", size="30x20", **values
    )

    assert "1 of its 5400 pixel values are NaN or infinite" in table["error"][0]
    assert files(tmp_path / "o") == ["good.png", "prepared.csv"]


@pytest.mark.parametrize("values", [{"tile": 20}, {}])
def test_old_results_never_stay_among_new_ones(tmp_path: Path, values: Any) -> None:
    old, new = photo(tmp_path / "old.png"), photo(tmp_path / "new.png")
    prepare(alone(old), tmp_path / "o", tile=10)
    before = files(tmp_path / "o")

    with pytest.raises(SettingsError, match=r"must be new or emptied: .*old_y0000"):
        prepare(alone(new), tmp_path / "o", **values)
    with pytest.raises(SettingsError, match="must be new or emptied"):
        prepare(alone(old), tmp_path / "o", **values)

    assert files(tmp_path / "o") == before


def test_a_run_is_repeated_into_its_own_folder(tmp_path: Path) -> None:
    image = photo(tmp_path / "i" / "1.png")
    masks = tuple(photo(tmp_path / "m" / f"1_{i}.png", (40, 60), i) for i in (1, 2))
    source = Source(image=image, masks=masks, name="below/1")

    for size in ("10x10", "12x12"):
        table = prepare([source], tmp_path / "o", size=size)

    assert table["error"].tolist() == [""]
    assert read_image(tmp_path / "o/masks/below/1_mask_2.png").shape == (12, 12)


def test_the_table_tells_how_tiles_were_laid(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png")

    table = prepare(alone(path), tmp_path / "o", tile=32, stride=16, edge="shift")
    plain = prepare(alone(path), tmp_path / "p", tile=32)

    columns = ["tile", "stride", "edge"]
    assert table[columns].iloc[0].tolist() == [32, 16, "shift"]
    assert plain[columns].iloc[0].tolist() == [32, 32, "pad"]


def test_tiles_are_named_by_their_place_and_masks_follow(tmp_path: Path) -> None:
    source = pair(tmp_path)
    labels = LabelReader([source.masks], 3, coding="ids")
    stored = read_image(source.masks[0]) + 1

    table = prepare([source], tmp_path / "o", tile=32, stride=16, labels=labels)

    assert table["output"].tolist() == ["images/a.b_y*_x*.png"]
    assert table["tiles"].tolist() == [2 * 3]
    padded = np.pad(stored, [(0, 32), (0, 32)])
    masks = find_images([tmp_path / "o" / "masks"])
    assert len(masks) == 6
    for path in masks:
        stem, top, left = read_tile_name(path)
        assert stem == "a.b"
        expected = padded[top : top + 32, left : left + 32]
        np.testing.assert_array_equal(read_image(path), expected)
        assert (tmp_path / "o" / "images" / path.name).exists()


@pytest.mark.parametrize(
    "values",
    [{"tile": 32}, {"valid_region": "circle"}, {"region": [(1, 1), (9, 1), (1, 9)]}],
    ids=["padded tiles", "circle", "polygon"],
)
def test_masks_that_cannot_say_not_annotated_need_a_coding(
    tmp_path: Path, values: Any
) -> None:
    with pytest.raises(SettingsError, match="mask coding is 'auto'; it must be given"):
        prepare([pair(tmp_path)], tmp_path / "o", **values)


def test_a_drawn_shape_crops_image_and_labels(tmp_path: Path) -> None:
    source = pair(tmp_path)
    labels = LabelReader([source.masks], 3, coding="ids")
    corners = [(10, 10), (10, 30), (30, 30), (30, 10)]

    table = prepare([source], tmp_path / "o", labels=labels, region=corners)
    assert table["crop"].tolist() == ["21x21+10+10"]

    disc = [
        (20 + 10 * np.sin(a), 20 + 10 * np.cos(a)) for a in np.linspace(0, 6.28, 60)
    ]
    prepare([source], tmp_path / "p", labels=labels, region=disc)
    mask = read_image(tmp_path / "p" / "masks" / "a.b.png")
    image = read_image(tmp_path / "p" / "images" / "a.b.png")
    assert mask[0, 0] == 0
    assert not image[mask == 0].any()
    assert mask[10, 10] > 0


def test_a_box_for_all_needs_no_coding(tmp_path: Path) -> None:
    prepare([pair(tmp_path)], tmp_path / "o", region=Box(0, 0, 30, 30))

    assert read_image(tmp_path / "o" / "masks" / "a.b.png").shape == (30, 30)


@pytest.mark.parametrize("region", ["auto", "circle"])
def test_the_valid_region_is_found_for_each(tmp_path: Path, region: str) -> None:
    sources = alone(disc(tmp_path / "1.png"), disc(tmp_path / "2.png", x=50))

    table = prepare(sources, tmp_path / "o", valid_region=region)

    for crop, left in zip(table["crop"], (25, 30), strict=True):
        box = Box.parse(crop)
        assert abs(box.left - left) <= 1
        assert abs(box.width - 41) <= 1


def test_photographs_of_a_size_agree_on_one_region(tmp_path: Path) -> None:
    paths = [disc(tmp_path / f"{i}.png", x=44 + i % 3) for i in range(6)]
    paths.append(disc(tmp_path / "moved.png", x=60))
    paths.append(photo(tmp_path / "flat.png", (60, 90)))
    paths.append(disc(tmp_path / "large.png", x=55, shape=(80, 90)))
    Image.fromarray(np.zeros((60, 90), np.uint8)).save(tmp_path / "dark.png")
    paths.append(tmp_path / "dark.png")

    table = prepare(
        alone(*paths), tmp_path / "o", valid_region="auto", consensus=True, jobs=2
    )

    rows = table.set_index("output")
    assert rows["crop"].nunique() == 2
    assert rows.loc["moved.png", "crop"] == rows.loc["0.png", "crop"]
    assert rows.loc["0.png", "crop"] == "41x41+25+10"
    assert rows.loc["large.png", "crop"] == "41x41+35+10"
    remarks = rows["remark"]
    assert remarks[["moved.png", "flat.png"]].tolist() == [DIFFERS, DIFFERS]
    assert remarks["dark.png"] == NOT_FOUND
    assert (remarks == "").sum() == 7
    assert (rows["error"] == "").all()


def test_nothing_to_agree_on_is_said(tmp_path: Path) -> None:
    source = alone(save(tmp_path / "dark.png", np.zeros((9, 9), np.uint8)))

    with pytest.raises(SettingsError, match="given in pixels: none is found"):
        prepare(source, tmp_path / "o", valid_region="auto", consensus=True)


@pytest.fixture
def bad(tmp_path: Path) -> list[Path]:
    """Write files that cannot be prepared, between two that can."""
    good = photo(tmp_path / "in" / "good.jpg")
    cut = tmp_path / "in" / "cut.jpg"
    cut.write_bytes(good.read_bytes()[:400])
    (tmp_path / "in" / "empty.png").touch()
    (tmp_path / "in" / "text.png").write_text("no image at all")
    last = photo(tmp_path / "in" / "one.png", (1, 1, 3))
    names = ("cut.jpg", "empty.png", "text.png", "gone.png")
    return [good, *(tmp_path / "in" / n for n in names), last]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_batch_goes_on_past_bad_files(
    tmp_path: Path, bad: list[Path], jobs: int
) -> None:
    before = {path: path.read_bytes() for path in bad if path.exists()}

    table = prepare(alone(*bad), tmp_path / "o", size="16x16", jobs=jobs)

    assert table["error"].eq("").tolist() == [True, *[False] * 4, True]
    for path, error in zip(bad[1:-1], table["error"][1:-1], strict=True):
        assert path.name in error
    assert files(tmp_path / "o") == ["good.png", "one.png", "prepared.csv"]
    assert {path: path.read_bytes() for path in before} == before


def test_a_mask_of_another_size_is_named_and_nothing_written(tmp_path: Path) -> None:
    source = pair(tmp_path)
    save(source.masks[0], np.zeros((60, 40), np.uint8))

    table = prepare([source], tmp_path / "o", size="16x16")

    error = table["error"][0]
    assert "a.b_mask.png has 40×60 px, its image a.b.jpg 60×40 px" in error
    assert files(tmp_path / "o") == ["prepared.csv"]


def test_every_file_reports_its_row(tmp_path: Path) -> None:
    sources = alone(*(photo(tmp_path / f"{i}.png") for i in range(3)))

    steps = list(prepare_task(sources, PrepareSettings(), tmp_path / "o"))

    assert [step.done for step in steps] == [1, 2, 3]
    assert all(isinstance(step, PreparedProgress) for step in steps)
    assert [step.row["output"] for step in steps] == ["0.png", "1.png", "2.png"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_finished_stays_when_it_is_cancelled(tmp_path: Path, jobs: int) -> None:
    sources = alone(*(photo(tmp_path / f"{i}.png") for i in range(30)))

    task = prepare_task(sources, PrepareSettings(), tmp_path / "o", jobs=jobs)
    for _ in range(4):
        next(task)
    task.close()

    table = pd.read_csv(tmp_path / "o" / "prepared.csv")
    assert table["output"].tolist() == [f"{i}.png" for i in range(4)]
    written = [name for name in files(tmp_path / "o") if name.endswith("png")]
    assert 4 <= len(written) <= 4 + 2 * jobs
    assert not any(name.startswith(".") for name in written)  # nothing half-written


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_an_input_is_never_written_over(tmp_path: Path, link: str) -> None:
    path = photo(tmp_path / "in" / "a.png")
    before = path.read_bytes()
    (tmp_path / "o").mkdir()
    getattr(tmp_path / "o" / "a.png", link)(path)

    table = prepare(alone(path), tmp_path / "o", size="16x16")

    assert "another file than an image or mask that is read" in table["error"][0]
    assert path.read_bytes() == before


def test_the_folder_of_the_images_is_refused(tmp_path: Path) -> None:
    path = photo(tmp_path / "in" / "a.png")

    with pytest.raises(SettingsError, match="another folder than that of the images"):
        prepare(alone(path), tmp_path / "in")


def test_a_full_disk_is_named_and_leaves_no_part_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = one.write_image

    def full(path: Path, image: np.ndarray, **told: Any) -> None:
        if path.name == "1.png":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, image, **told)

    monkeypatch.setattr(one, "write_image", full)
    sources = alone(*(photo(tmp_path / f"{i}.png") for i in range(3)))

    table = prepare(sources, tmp_path / "o")

    assert table["error"].ne("").tolist() == [False, True, False]
    assert "No space left on device" in table["error"][1]


def test_channels_and_black_and_white(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png")

    prepare(alone(path), tmp_path / "g", channels="grey")
    prepare(alone(path), tmp_path / "b", binary=True, format="tiff")

    with Image.open(tmp_path / "g" / "a.png") as file:
        assert file.mode == "L"
    assert np.unique(tifffile.imread(tmp_path / "b" / "a.tif")).tolist() == [0, 255]


def test_real_pairs_keep_their_classes(real_data: Path, tmp_path: Path) -> None:
    from imageseg.datasets import find_samples  # noqa: PLC0415

    folder = real_data / "canopy_sky"
    pairing = find_samples(folder / "images", folder / "masks")
    masks = {pair.image: pair.masks for pair in pairing.pairs}
    sources = list_sources(list(masks), [folder / "images"], masks)

    table = prepare(sources, tmp_path / "o", size="96x64", jobs=2)

    assert len(table) == 8
    assert (table["error"] == "").all()
    for source in sources:
        before = read_image(source.masks[0])
        after = read_image(tmp_path / "o" / "masks" / f"{source.name}.png")
        assert after.shape == (64, 96)
        assert set(np.unique(after)) <= set(np.unique(before))
        cut = before[42:213]  # 256 x 171 of 256 x 256
        assert (after > 0).mean() == pytest.approx((cut > 0).mean(), abs=0.01)
