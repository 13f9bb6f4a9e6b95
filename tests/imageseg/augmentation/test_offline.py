"""A fixed set of copies on disk, images and masks in one call."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imageseg.augmentation.copies import CopySettings
from imageseg.augmentation.offline import write_copies_task
from imageseg.errors import SettingsError
from imageseg.images import describe_image, read_image, write_image
from imageseg.tasks import drain

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL = CopySettings(angles=(0, 90, 180, 270), flip=True, flop=True)
Pairs = list[tuple[Path, tuple[Path, ...]]]


@pytest.fixture
def eleven(tmp_path: Path) -> Pairs:
    """Write eleven photographs of 12 x 9 px, and their masks of 0 and 2."""
    rng = np.random.default_rng(0)
    pairs = []
    for i in range(1, 12):
        image, mask = tmp_path / f"in/{i}.png", tmp_path / f"truth/{i}_mask.png"
        write_image(image, rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
        write_image(mask, 2 * rng.integers(0, 2, (9, 12), dtype=np.uint8))
        pairs.append((image, (mask,)))
    return pairs


def alone(pairs: Pairs) -> Pairs:
    return [(image, ()) for image, _ in pairs]


def write(pairs: Pairs, settings: CopySettings, out: Path, **values: Any) -> Any:
    return drain(write_copies_task(pairs, settings, out, **values))


def test_eleven_images_become_sixty_six_in_imagesegs_order(
    eleven: Pairs, tmp_path: Path
) -> None:
    table = write(eleven, ALL, tmp_path / "out")

    assert len(table) == 66
    assert Counter(table["rotation"]) == {0: 33, 90: 11, 180: 11, 270: 11}
    assert table["flip"].sum() == table["flop"].sum() == 11
    expected = [0] * 11 + [90] * 11 + [180] * 11 + [270] * 11 + [0] * 22
    assert table["rotation"].tolist() == expected
    assert table["flip"].tolist() == [False] * 44 + [True] * 11 + [False] * 11
    stems = [Path(source).stem for source in table["source"]]
    assert stems == [str(i) for i in range(1, 12)] * 6
    assert table["brightness_shift"].isna().all()
    assert (table["error"] == "").all()
    stored = pd.read_csv(tmp_path / "out/augmented.csv", encoding="utf-8-sig")
    assert stored["image"].tolist() == table["image"].tolist()
    assert list(stored.columns) == [
        *("image", "mask", "source", "mask_source", "rotation", "flip", "flop"),
        *("brightness_shift", "saturation_shift", "hue_shift", "width", "height"),
        "error",
    ]


def test_images_and_masks_are_those_of_pillow_under_one_name(
    eleven: Pairs, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    table = write(eleven, ALL, out)

    for row in table.itertuples():
        for name, source in ((row.image, row.source), (row.mask, row.mask_source)):
            expected = Image.open(source).rotate(-row.rotation, expand=True)
            if row.flip:
                expected = expected.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
            if row.flop:
                expected = expected.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            found = np.asarray(Image.open(out / name))
            np.testing.assert_array_equal(found, expected)
            assert (row.height, row.width) == found.shape[:2]
        assert row.image.removeprefix("images/") == row.mask.removeprefix("masks/")
    assert (out / "images/7_rot270.png").is_file()
    assert (out / "masks/7_flip.png").is_file()
    assert len(list(out.rglob("*.png"))) == 132


def test_colours_of_a_share_change_and_masks_never(
    eleven: Pairs, tmp_path: Path
) -> None:
    settings = CopySettings(angles=(0, 180), fraction=0.5, seed=3, hue=(30, 60))
    table = write(eleven, settings, tmp_path / "out")
    changed = table["hue_shift"].notna()

    assert changed.sum() == 11
    assert table.loc[changed, "hue_shift"].between(30, 60).all()
    assert table.loc[changed, "brightness_shift"].between(90, 110).all()
    for row in table.itertuples():
        for name, source in ((row.image, row.source), (row.mask, row.mask_source)):
            old = np.asarray(Image.open(source).rotate(-row.rotation))
            same = np.array_equal(np.asarray(Image.open(tmp_path / "out" / name)), old)
            assert same == (pd.isna(row.hue_shift) or name == row.mask)


def test_equal_seeds_write_equal_sets(eleven: Pairs, tmp_path: Path) -> None:
    tables = [
        write(eleven, CopySettings(fraction=0.5, seed=seed), tmp_path / name)
        for seed, name in ((1, "a"), (1, "b"), (2, "c"))
    ]

    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert not tables[0].equals(tables[2])
    one, two = ((tmp_path / n / "images/4.png").read_bytes() for n in "ab")
    assert one == two


def test_images_alone_go_to_the_folder_itself(eleven: Pairs, tmp_path: Path) -> None:
    table = write(alone(eleven)[:2], CopySettings(flop=True), tmp_path / "out")

    assert table["image"].tolist() == ["1.png", "2.png", "1_flop.png", "2_flop.png"]
    assert table["mask"].isna().all()
    assert not (tmp_path / "out/masks").exists()


def test_labels_replace_the_values_of_masks(eleven: Pairs, tmp_path: Path) -> None:
    labels = [np.full((9, 12), i + 1, np.uint8) for i in range(11)]
    settings = CopySettings(angles=(0, 45))
    table = write(eleven, settings, tmp_path / "out", labels=labels)
    turned = read_image(tmp_path / "out/masks/3_rot45.png")

    assert (read_image(tmp_path / "out/masks/3.png") == 3).all()
    assert set(np.unique(turned)) == {0, 3}
    assert turned[0, 0] == 0  # not annotated
    assert (table["error"] == "").all()


def test_stacks_and_deep_images_are_written_as_tiff(tmp_path: Path) -> None:
    stack = np.arange(2 * 5 * 6, dtype=np.uint16).reshape(2, 5, 6)
    write_image(tmp_path / "in/s.tif", stack)
    settings = CopySettings(angles=(90,), flip=True)
    table = write([(tmp_path / "in/s.tif", ())], settings, tmp_path / "out")

    assert table["image"].tolist() == ["s_rot90.tif", "s_flip.tif"]
    np.testing.assert_array_equal(
        read_image(tmp_path / "out/s_rot90.tif"), np.rot90(stack, -1, (1, 2))
    )
    np.testing.assert_array_equal(
        read_image(tmp_path / "out/s_flip.tif"), stack[:, ::-1]
    )


def test_files_that_fail_are_rows_and_the_others_go_on(
    eleven: Pairs, tmp_path: Path
) -> None:
    eleven[1][0].write_bytes(b"no picture")
    write_image(eleven[2][1][0], np.zeros((3, 4), np.uint8))
    table = write(eleven[:4], CopySettings(flip=True), tmp_path / "out")
    errors = table.set_index(["source", "flip"])["error"]

    for flip in (False, True):
        assert "no picture" not in errors[str(eleven[0][0]), flip]
        assert "2.png" in errors[str(eleven[1][0]), flip]
        assert "12×9" in errors[str(eleven[2][0]), flip]
        assert errors[str(eleven[3][0]), flip] == ""
    assert len(list((tmp_path / "out/images").iterdir())) == 4


@pytest.mark.parametrize("folder", ["in", "."])
def test_copies_never_mix_with_the_images(
    eleven: Pairs, tmp_path: Path, folder: str
) -> None:
    images = alone(eleven) if folder == "in" else eleven
    if folder == ".":
        (tmp_path / "images").symlink_to(tmp_path / "in", target_is_directory=True)
    before = [image.read_bytes() for image, _ in eleven]

    with pytest.raises(SettingsError, match="another folder"):
        write(images, ALL, tmp_path / folder)
    assert [image.read_bytes() for image, _ in eleven] == before
    assert len(list((tmp_path / "in").iterdir())) == 11


@pytest.mark.parametrize("case", ["odd angle", "several masks"])
def test_the_coding_is_asked_for_where_it_matters(
    eleven: Pairs, tmp_path: Path, case: str
) -> None:
    settings = CopySettings(angles=(0, 45) if case == "odd angle" else (0,))
    pairs: Sequence[Any] = eleven
    if case == "several masks":
        pairs = [(eleven[0][0], (eleven[0][1][0], eleven[1][1][0]))]

    with pytest.raises(SettingsError, match="mask coding"):
        write(list(pairs), settings, tmp_path / "out")


def test_what_is_finished_stays_when_stopped(eleven: Pairs, tmp_path: Path) -> None:
    task = write_copies_task(eleven, ALL, tmp_path / "out")
    steps = [next(task) for _ in range(8)]
    task.close()

    assert [step.done for step in steps] == list(range(1, 9))
    assert steps[0].total == 66
    stored = pd.read_csv(tmp_path / "out/augmented.csv", encoding="utf-8-sig")
    assert len(stored) == 8
    assert all((tmp_path / "out" / name).is_file() for name in stored["image"])


def test_no_image_stays_in_memory(tmp_path: Path) -> None:
    import tracemalloc  # noqa: PLC0415

    side, count = 256, 8
    pairs = []
    for i in range(count):
        write_image(tmp_path / f"in/{i}.png", np.full((side, side, 3), i, np.uint8))
        pairs.append((tmp_path / f"in/{i}.png", ()))
    write(pairs[:1], ALL, tmp_path / "warm")  # imports
    peaks = []
    for few in (1, count):
        tracemalloc.start()
        write(pairs[:few], ALL, tmp_path / f"out{few}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + side * side * 3


@pytest.mark.parametrize("axes", ["YXC", "TYX", "ZYXC"])
def test_axes_and_channels_are_kept(tmp_path: Path, axes: str) -> None:
    image = np.arange(2 * 5 * 6 * 2, dtype=np.uint16).reshape(2, 5, 6, 2)
    image = image[0] if axes == "YXC" else image[..., 0] if axes == "TYX" else image
    write_image(tmp_path / "in/s.tif", image, axes=axes)
    write_image(tmp_path / "m/s.tif", image[..., 0] if "C" in axes else image)
    pairs = [(tmp_path / "in/s.tif", (tmp_path / "m/s.tif",))]
    write(pairs, CopySettings(angles=(90,)), tmp_path / "out")

    rows = axes.index("Y")
    assert describe_image(tmp_path / "out/images/s_rot90.tif").axes == axes
    np.testing.assert_array_equal(
        read_image(tmp_path / "out/images/s_rot90.tif"),
        np.rot90(image, -1, (rows, rows + 1)),
    )
    if "T" in axes:
        assert describe_image(tmp_path / "out/masks/s_rot90.tif").axes == axes


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_pixels_that_are_no_numbers_are_told(tmp_path: Path, value: float) -> None:
    write_image(tmp_path / "in/s.tif", np.full((5, 6), value, np.float32))
    table = write([(tmp_path / "in/s.tif", ())], CopySettings(), tmp_path / "out")

    assert table["error"].str.contains("30 of its 30 pixel values are NaN").all()
    assert not list((tmp_path / "out").glob("*.tif"))


def test_old_copies_never_stay_among_new_ones(eleven: Pairs, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(eleven[:2], ALL, out)
    write(eleven[:2], ALL, out)
    before = sorted(out.rglob("*"))

    for pairs, settings in ((eleven[:1], ALL), (eleven[:2], CopySettings())):
        with pytest.raises(SettingsError, match="must be new or emptied: "):
            write(pairs, settings, out)
    assert sorted(out.rglob("*")) == before
