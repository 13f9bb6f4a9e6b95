"""A check finds what is wrong, says what to do, and goes on."""

from __future__ import annotations

import itertools
import json
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imageseg.datasets import Finding, Report, check_task, find_samples
from imageseg.errors import SettingsError
from imageseg.images import write_labels
from imageseg.tasks import drain

from .conftest import DataSet

Make = Callable[..., DataSet]
One = Callable[[Report, str], Finding]


@pytest.mark.parametrize(
    ("codes", "coding"),
    [((0, 255), "binary"), ((0, 1), "ids"), ((0, 1, 2), "ids"), ((1, 2), "labels")],
)
def test_a_sound_set_has_no_errors(
    make_set: Make, codes: tuple[int, ...], coding: str
) -> None:
    report = make_set(6, codes).check()

    assert report.ok
    assert str(report.coding) == coding
    assert report.n_classes == len(codes)
    assert {f.severity for f in report.findings} <= {"remark"}


def test_the_pixels_of_each_class_are_counted(make_set: Make) -> None:
    data = make_set(4, (0, 1, 2))
    values = np.stack([data.read_mask(k) for k in range(4)])

    table = data.check(names=["soil", "leaf", "stone"]).classes()

    assert table["class"].tolist() == ["(not annotated)", "soil", "leaf", "stone"]
    assert table["pixels"].tolist() == [0, *np.bincount(values.ravel()).tolist()]
    assert table["masks"].tolist() == [0, 4, 4, 4]
    assert table["share"].sum() == pytest.approx(1)


def test_soft_masks_are_remarked_with_their_levels(make_set: Make, one: One) -> None:
    data = make_set()
    Image.open(data.mask(2)).save(data.mask(2), "jpeg", quality=60)
    grey = ~np.isin(data.read_mask(2), (0, 255))

    report = data.check()

    finding = one(report, "grey levels")
    assert report.ok
    assert finding.path == data.mask(2)
    assert f"in {grey.mean():.1%} of the pixels: its content is JPEG" in finding.what
    assert finding.repair is not None
    assert str(finding.repair.coding) == "binary"
    assert report.findings == (finding,)


@pytest.mark.parametrize("codes", [(0, 128, 255), (0, 32, 64), (0, 32, 64, 96)])
def test_codes_that_are_no_range_are_proposed(
    make_set: Make, one: One, codes: tuple[int, ...]
) -> None:
    report = make_set(5, codes).check()

    finding = one(report, "mask coding")
    proposal = ",".join(map(str, codes))
    assert (finding.severity, finding.path) == ("error", None)
    assert f"--coding '{proposal}'" in finding.advice
    assert str(report.coding) == proposal
    assert report.pixels[1:].all()


def test_named_codes_are_no_errors(make_set: Make) -> None:
    assert make_set(5, (0, 128, 255)).check(coding="0,128,255").findings == ()


def test_ids_that_begin_at_1_are_remarked(make_set: Make, one: One) -> None:
    finding = one(make_set(5, (1, 2, 3)).check(3), "mask coding")

    assert finding.severity == "remark"
    assert "1 is class 1" in finding.what


def test_a_void_value_is_proposed_and_leaves_the_classes(
    make_set: Make, one: One
) -> None:
    data = make_set(5, (0, 1, 255))

    proposed, named = data.check(2), data.check(2, "ids,void=255")

    assert "--coding 'ids,void=255'" in one(proposed, "mask coding").advice
    assert named.ok
    assert named.masks.tolist() == [5, 5, 5]


def test_an_id_out_of_range_is_named_with_its_file(make_set: Make, one: One) -> None:
    data = make_set(12, (0, 1, 2))
    values = data.read_mask(5).copy()
    values[0, 0] = 7
    data.write_mask(5, values)

    report = data.check(3)

    finding = one(report, "stray values")
    assert (finding.severity, finding.path) == ("error", data.mask(5))
    assert "it holds 7" in finding.what
    assert str(report.coding) == "ids"
    assert report.masks[1] == 11


def test_a_mask_of_other_values_than_the_rest_is_named(
    make_set: Make, one: One
) -> None:
    data = make_set(12)
    data.write_mask(4, data.read_mask(4) // 255)

    finding = one(data.check(2), "other values")

    assert (finding.severity, finding.path) == ("error", data.mask(4))
    assert "its largest value is 1" in finding.what
    assert finding.repair is not None
    assert str(finding.repair.coding) == "binary,threshold=1"


def test_coloured_masks_are_matched_to_presets(make_set: Make, one: One) -> None:
    data = make_set(5)
    picture = np.array([(0x3C, 0x10, 0x98), (0xFE, 0xDD, 0x3A)], np.uint8)
    for k in range(5):
        data.write_mask(k, picture[data.read_mask(k) // 255])

    report = data.check()

    assert "--coding 'dubai'" in one(report, "mask coding").advice
    assert report.n_classes == 5
    assert [f.what for f in report.findings if f.kind == "absent class"] == [
        f"class {k} is in no mask" for k in (2, 3, 5)
    ]


def test_one_coloured_mask_among_grey_ones_is_named(make_set: Make, one: One) -> None:
    data = make_set(12, (0, 1, 2))
    data.write_mask(3, np.full((30, 40, 3), (9, 99, 0), np.uint8))

    report = data.check(3, "ids")

    assert one(report, "stray values").what == "it is coloured"


def test_an_inverted_mask_is_suspected(make_set: Make, one: One) -> None:
    data = make_set(10)
    data.write_mask(7, 255 - data.read_mask(7))

    report = data.check()

    finding = one(report, "polarity")
    assert (finding.severity, finding.path) == ("warning", data.mask(7))
    assert "93% (their median is 7%)" in finding.what
    assert "Suspected" in finding.advice
    assert report.ok


def test_nothing_is_suspected_where_brightness_says_nothing(make_set: Make) -> None:
    data = make_set(10)
    noise = np.random.default_rng(0).integers(0, 255, (10, 30, 40), dtype=np.uint8)
    for k in range(10):
        Image.fromarray(noise[k]).save(data.image(k))

    assert not any(kind == "polarity" for _, kind, _ in data.found())


def test_a_rare_empty_mask_is_a_warning_and_many_are_not(
    make_set: Make, one: One
) -> None:
    data = make_set(12)
    data.write_mask(0, np.zeros((30, 40), np.uint8))
    rare = data.check()

    for k in range(6):
        data.write_mask(k, np.zeros((30, 40), np.uint8))
    many = [f for f in data.check().findings if f.kind == "empty mask"]

    assert one(rare, "empty mask").severity == "warning"
    assert "1 of 12 masks are so" in one(rare, "empty mask").advice
    assert {f.severity for f in many} == {"remark"}
    assert len(many) == 6


def test_a_set_of_empty_masks_is_an_error(make_set: Make) -> None:
    data = make_set(3, (0, 0))

    assert data.found() == [
        *(("error", "empty mask", f"{k}.png") for k in range(3)),
        ("remark", "absent class", ""),
    ]


@pytest.mark.parametrize(
    ("size", "words", "repaired"),
    [
        ((20, 15), "It is the image at 50%", (30, 40)),
        ((80, 60), "It is the image at 200%", (30, 40)),
        ((30, 40), "Rows and columns are swapped", None),
        ((37, 30), "It shows another part", None),
    ],
)
def test_a_mask_of_another_size_is_explained(
    make_set: Make,
    one: One,
    size: tuple[int, int],
    words: str,
    repaired: tuple[int, int] | None,
) -> None:
    data = make_set()
    mask = Image.open(data.mask(1)).resize(size, Image.Resampling.NEAREST)
    data.write_mask(1, np.asarray(mask))

    finding = one(data.check(), "size")

    assert (finding.severity, finding.path) == ("error", data.mask(1))
    assert finding.what == f"it has {size[0]}×{size[1]} px, its image 40×30 px"
    assert finding.advice.startswith(words)
    assert (finding.repair.shape if finding.repair else None) == repaired


def test_a_mask_drawn_without_the_cameras_turn_is_recognised(
    make_set: Make, one: One
) -> None:
    data = make_set()
    picture = Image.open(data.image(1)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(data.image(1), "jpeg", exif=exif)

    finding = one(data.check(), "size")

    assert finding.what == "it has 40×30 px, its image 30×40 px"
    assert finding.repair is not None
    assert finding.repair.orientation == 6


def test_unreadable_files_are_named_and_the_rest_is_checked(make_set: Make) -> None:
    data = make_set()
    data.image(0).write_bytes(data.image(0).read_bytes()[:100])
    data.mask(1).write_bytes(data.mask(1).read_bytes()[:60])
    data.mask(2).write_text("no mask")
    data.mask(3).write_bytes(b"")

    report = data.check()

    assert sorted(f.path for f in report.errors if f.path) == [
        *(data.image(0), data.mask(1), data.mask(2), data.mask(3))
    ]
    assert {f.kind for f in report.errors} == {"unreadable"}
    assert report.masks[1] == 2


def test_files_that_do_not_pair_are_named(make_set: Make) -> None:
    data = make_set()
    data.mask(0).unlink()
    data.mask(1).rename(data.mask(1).with_stem("other"))
    shutil.copy(data.mask(2), data.mask(2).with_stem("2_mask"))

    assert data.found() == [
        ("error", "ambiguous", "2.png"),
        ("warning", "image without mask", "0.png"),
        ("warning", "image without mask", "1.png"),
        ("warning", "mask without image", "2.png"),
        ("warning", "mask without image", "2_mask.png"),
        ("warning", "mask without image", "other.png"),
    ]


def test_copies_of_an_image_are_named_and_whether_their_masks_differ(
    make_set: Make, one: One
) -> None:
    data = make_set()
    shutil.copy(data.image(0), data.image(3))

    differing = one(data.check(), "duplicate")
    shutil.copy(data.mask(0), data.mask(3))
    alike = one(data.check(), "duplicate")

    assert differing.what == f"it is byte for byte {data.image(0)}; the masks differ"
    assert alike.what == f"it is byte for byte {data.image(0)}"
    assert alike.path == data.image(3)


def test_an_image_of_one_value_is_a_warning(make_set: Make) -> None:
    data = make_set()
    Image.fromarray(np.full((30, 40), 9, np.uint8)).save(data.image(2))

    assert data.found() == [("warning", "constant image", "2.png")]


def test_several_masks_of_an_image_are_checked_together(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / "s" / folder).mkdir(parents=True)
    Image.fromarray(np.eye(8, dtype=np.uint8)).save(tmp_path / "s/images/a.png")
    for k in range(3):
        part = np.zeros((8, 8), np.uint8)
        part[k] = 255
        Image.fromarray(part).save(tmp_path / "s/masks" / f"{k}.png")

    report = drain(check_task(find_samples(tmp_path)))

    assert report.ok
    assert report.pixels.tolist() == [0, 40, 24]

    Image.fromarray(part[:4]).save(tmp_path / "s/masks/9.png")
    (finding,) = drain(check_task(find_samples(tmp_path))).errors
    assert finding.kind == "size"
    assert "masks differ in size" in finding.what


def test_stacks_are_compared_plane_by_plane(tmp_path: Path) -> None:
    for folder, planes in (("images", 4), ("masks", 4)):
        (tmp_path / folder).mkdir()
        stack = np.arange(planes * 8 * 9).reshape(planes, 8, 9) % 2
        write_labels(tmp_path / folder / "1.tif", stack.astype(np.uint8))

    assert drain(check_task(find_samples(tmp_path))).ok
    write_labels(tmp_path / "masks/1.tif", stack[:3].astype(np.uint8))

    (finding,) = drain(check_task(find_samples(tmp_path))).errors

    assert finding.what == "it has 9×8 px in 3 planes, its image 9×8 px in 4 planes"
    assert finding.advice == "Image and mask need the same number of planes."


def test_nothing_to_check_is_not_ok(tmp_path: Path) -> None:
    report = drain(check_task(find_samples(tmp_path)))

    assert not report.ok
    assert report.summary().startswith("0 pairs")


def test_a_coding_that_is_none_is_refused_at_once(make_set: Make) -> None:
    with pytest.raises(SettingsError, match="mask coding is 'odd'"):
        next(check_task(make_set().pairing, coding="odd"))


def test_a_check_reports_its_progress_and_can_be_cancelled(make_set: Make) -> None:
    data = make_set()

    steps = list(check_task(data.pairing))
    assert [s.fraction for s in steps] == sorted(s.fraction for s in steps)
    assert [s.message for s in steps[5:7]] == ["masks: 5.png", "pairs: 0.png"]

    task = check_task(data.pairing)
    list(itertools.islice(task, 3))
    task.close()


def test_one_pair_at_a_time_is_in_memory(make_set: Make) -> None:
    data = make_set(2)
    large = np.zeros((1000, 1000), np.uint8)
    large[:500] = 255

    def peak(n: int) -> int:
        for k in range(n):
            Image.fromarray(large).save(data.image(k))
            data.write_mask(k, large)
        tracemalloc.start()
        data.check()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few = peak(2)
    assert peak(12) < few + 1_000_000


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_an_error(
    make_set: Make, one: One, bad: float
) -> None:
    data = make_set()
    values = np.linspace(0, 1, 1200, dtype=np.float32).reshape(30, 40)
    values[3, 4] = bad
    data.image(2).unlink()
    path = data.image(2).with_suffix(".tif")
    Image.fromarray(values).save(path)

    finding = one(data.check(), "no numbers")

    assert (finding.severity, finding.path) == ("error", path)
    assert finding.what == "1 of its 1200 pixel values are NaN or infinite"


def test_outlines_without_classes_are_answered_with_their_names(
    make_set: Make, one: One
) -> None:
    data = make_set(1)
    data.mask(0).unlink()
    shapes = [
        {"label": name, "points": [[3, 3], [9, 9]], "shape_type": "rectangle"}
        for name in ("leaf", "dead wood")
    ]
    content = {"imageHeight": 30, "imageWidth": 40, "shapes": shapes}
    data.mask(0).with_suffix(".json").write_text(json.dumps(content))

    report = data.check()
    finding = one(report, "class names")

    assert finding.what == "it outlines 'leaf', 'dead wood', which no class is called"
    assert finding.advice.endswith("--classes background leaf 'dead wood'")
    assert report.findings == (finding,)
    assert report.pixels.dtype.kind == "i"
    named = data.check(names=["background", "leaf", "dead wood"])
    assert "class names" not in {f.kind for f in named.findings}


def test_the_palette_of_voc_is_recognised(make_set: Make) -> None:
    data = make_set(3, (0, 15, 255))
    voc = {0: (0, 0, 0), 15: (192, 128, 128), 255: (224, 224, 192)}  # as published
    for k in range(3):
        mask = Image.fromarray(data.read_mask(k)).convert("P")
        mask.putpalette([v for i in range(256) for v in voc.get(i, (9, 9, 9))])
        mask.save(data.mask(k))

    report = data.check()

    assert not report.ok
    assert str(report.coding) == "ids,void=255"
    assert "the palettes are those of 'voc'" in {f.what for f in report.findings}
    assert data.check(21, "voc").ok
