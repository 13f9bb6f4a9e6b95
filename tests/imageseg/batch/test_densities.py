"""Many files give one row each, whatever happens to some of them."""

from __future__ import annotations

import errno
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from imageseg.batch import Outputs, RowProgress, densities, density_table_task
from imageseg.classes import CANOPY
from imageseg.density import parse_region, quadrats
from imageseg.errors import SettingsError
from imageseg.settings import PredictSettings
from imageseg.tasks import drain

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel
    from imageseg.tasks import Progress

    MakeModel = Callable[..., SegmentationModel]

CPU = PredictSettings(device="cpu", precision="fp32", tile=32)


def photo(path: Path, bright: int, side: int = 40) -> Path:
    """Write a dark photograph of which so many first rows are bright."""
    pixels = np.full((side, side, 3), 20, np.uint8)
    pixels[:bright] = 240
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def run(paths: list[Path], model: SegmentationModel, **options: Any) -> pd.DataFrame:
    return drain(density_table_task(paths, model, settings=CPU, **options))


@pytest.fixture
def model(threshold_model: MakeModel) -> SegmentationModel:
    return threshold_model()


def test_every_input_has_its_row_with_its_densities(
    tmp_path: Path, model: SegmentationModel
) -> None:
    paths = [photo(tmp_path / f"{n}.png", n) for n in (10, 40, 0)]

    table = run(paths, model)

    assert table["image"].tolist() == [str(p) for p in paths]
    assert table["bright_fraction"].tolist() == [0.25, 1.0, 0.0]
    assert table["dark_fraction"].tolist() == [0.75, 0.0, 1.0]
    assert (table["pixels"] == 1600).all()
    assert (table["region"] == "whole").all()
    assert (table["model"] == "threshold").all()
    assert (table["error"] == "").all()
    assert table.columns[-1] == "error"


def test_the_region_decides_what_is_counted(
    tmp_path: Path, threshold_model: MakeModel
) -> None:
    path = photo(tmp_path / "a.png", 20)

    table = run([path], threshold_model(CANOPY), region="circle 0.5")

    assert table["region"].tolist() == ["circle 0.5"]
    assert table["pixels"].tolist() == [316]  # centres within 10 of the middle
    assert table["openness"].tolist() == [0.5]
    assert table["canopy_closure"].tolist() == [0.5]


def test_files_that_fail_are_named_and_the_others_done(
    tmp_path: Path, model: SegmentationModel
) -> None:
    good = [photo(tmp_path / "a.png", 10), photo(tmp_path / "z.png", 20)]
    (tmp_path / "text.png").write_text("no image at all")
    (tmp_path / "cut.png").write_bytes(good[0].read_bytes()[:60])
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(tmp_path / "grey.png")
    bad = [tmp_path / n for n in ("text.png", "cut.png", "grey.png", "gone.png")]

    table = run([good[0], *bad, good[1]], model)

    assert table["bright_fraction"].isna().tolist() == [False, *[True] * 4, False]
    assert table["error"].eq("").tolist() == [True, *[False] * 4, True]
    reasons = table["error"].tolist()
    assert "text.png: it is no PNG" in reasons[1]
    assert "cut.png: it is damaged" in reasons[2]
    assert "takes 3 channels" in reasons[3]
    assert "has one channel" in reasons[3]
    assert "gone.png" in reasons[4]


def test_a_table_of_failures_only_still_names_them(
    tmp_path: Path, model: SegmentationModel
) -> None:
    table = run([tmp_path / "gone.png"], model)

    assert list(table) == ["image", "model", "error"]
    assert "gone.png" in table["error"][0]


def test_no_files_give_an_empty_table(model: SegmentationModel) -> None:
    table = run([], model)

    assert list(table) == ["image", "model", "error"]
    assert table.empty


def test_labels_and_overlay_are_written_at_the_size_of_the_image(
    tmp_path: Path, model: SegmentationModel
) -> None:
    path = tmp_path / "in" / "a.b.png"
    path.parent.mkdir()
    pixels = np.full((30, 50, 3), 20, np.uint8)
    pixels[:, 35:] = 240
    Image.fromarray(pixels).save(path)
    out = tmp_path / "new" / "out"

    run([path], model, outputs=Outputs(folder=out))

    assert sorted(p.name for p in out.iterdir()) == [
        "a.b_labels.png",
        "a.b_overlay.png",
    ]
    with Image.open(out / "a.b_labels.png") as file:
        labels = np.asarray(file)
    np.testing.assert_array_equal(labels, np.where(pixels[..., 0] > 128, 2, 1))
    with Image.open(out / "a.b_overlay.png") as file:
        assert (file.size, file.mode) == ((50, 30), "RGB")


def test_probabilities_are_written_when_asked_for(
    tmp_path: Path, model: SegmentationModel
) -> None:
    path = photo(tmp_path / "a.png", 10)
    out = tmp_path / "out"

    run([path], model, outputs=Outputs(folder=out, probabilities=True))

    probabilities = tifffile.imread(out / "a_probabilities.tif")
    assert probabilities.shape == (2, 40, 40)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, atol=1e-6)
    bright = 1 / (1 + np.exp(-20 * (240 / 255 - 0.5)))
    np.testing.assert_allclose(probabilities[1, :10], bright, rtol=1e-5)


def test_stacks_are_written_as_tiff_without_overlay(
    tmp_path: Path, threshold_model: MakeModel
) -> None:
    stack = np.zeros((3, 33, 40), np.uint8)
    stack[1] = 200
    path = tmp_path / "in.tif"
    tifffile.imwrite(path, stack, photometric="minisblack")
    out = tmp_path / "out"

    table = run([path], threshold_model(channels=1), outputs=Outputs(folder=out))

    assert [p.name for p in out.iterdir()] == ["in_labels.tif"]
    labels = tifffile.imread(out / "in_labels.tif")
    np.testing.assert_array_equal(labels, np.where(stack > 128, 2, 1))
    assert table["bright_fraction"][0] == pytest.approx(1 / 3)
    assert table["pixels"][0] == stack.size


def test_equal_names_in_different_folders_do_not_overwrite_each_other(
    tmp_path: Path, model: SegmentationModel
) -> None:
    paths = [photo(tmp_path / f"{n}/a.png", n) for n in (10, 20)]
    paths += [photo(tmp_path / "deep/10/a.png", 30), photo(tmp_path / "10/b.png", 40)]
    out = tmp_path / "out"

    run(paths, model, outputs=Outputs(folder=out))

    bright = {}
    for file in out.glob("*_labels.png"):
        with Image.open(file) as image:
            bright[file.name] = int((np.asarray(image)[:, 0] == 2).sum())
    assert bright == {
        "10_a_labels.png": 10,
        "20_a_labels.png": 20,
        "10_a_2_labels.png": 30,
        "b_labels.png": 40,
    }


def test_the_table_names_the_label_image_of_each_row(
    tmp_path: Path, model: SegmentationModel
) -> None:
    paths = [photo(tmp_path / "in" / f"a.{end}", 20) for end in ("png", "bmp")]
    out = tmp_path / "out"

    table = run([tmp_path / "gone.png", *paths], model, outputs=Outputs(folder=out))

    assert list(table)[:3] == ["image", "model", "output"]
    assert table["output"].isna().tolist() == [True, False, False]
    assert table["output"].tolist()[1:] == ["a_png_labels.png", "a_bmp_labels.png"]
    assert {p.name for p in out.glob("*_labels.*")} == set(table["output"].dropna())


def test_without_outputs_there_is_no_name_of_one(
    tmp_path: Path, model: SegmentationModel
) -> None:
    assert "output" not in run([photo(tmp_path / "a.png", 20)], model)


def test_results_are_not_written_among_the_images(
    tmp_path: Path, model: SegmentationModel
) -> None:
    path = photo(tmp_path / "in" / "a.png", 10)
    folder = tmp_path / "in" / ".." / "in"

    with pytest.raises(SettingsError, match="another folder than that of the images"):
        run([path], model, outputs=Outputs(folder=folder))

    assert list((tmp_path / "in").iterdir()) == [path]


def test_the_folder_of_the_images_is_known_by_any_of_its_names(
    tmp_path: Path, model: SegmentationModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(tmp_path / "a.png", 10)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SettingsError, match="another folder"):
        run([Path("a.png")], model, outputs=Outputs(folder=tmp_path))
    with pytest.raises(SettingsError, match="another folder"):
        run([tmp_path / "a.png"], model, outputs=Outputs(folder=Path()))


def test_a_region_that_makes_no_sense_stops_before_anything_is_read(
    tmp_path: Path, model: SegmentationModel
) -> None:
    with pytest.raises(SettingsError, match="region is 'square'"):
        next(density_table_task([tmp_path / "gone.png"], model, region="square"))


def test_a_folder_that_takes_no_files_is_the_error_of_the_row(
    tmp_path: Path, model: SegmentationModel
) -> None:
    path = photo(tmp_path / "a.png", 10)
    (tmp_path / "out").write_text("a file stands where the folder should be")

    table = run([path], model, outputs=Outputs(folder=tmp_path / "out"))

    assert "out" in table["error"][0]


def test_progress_rises_to_the_end_and_brings_each_row(
    tmp_path: Path, model: SegmentationModel
) -> None:
    paths = [photo(tmp_path / f"{n}.png", n, side=70) for n in (10, 20)]
    paths.insert(1, tmp_path / "gone.png")
    steps: list[Progress] = []

    table = drain(density_table_task(paths, model, settings=CPU), steps.append)

    assert all(a.fraction <= b.fraction for a, b in pairwise(steps))
    assert steps[-1].done == steps[-1].total == 3
    found = [step.found.rows for step in steps if isinstance(step, RowProgress)]
    rows = [row for rows in found for row in rows]
    assert [row["image"] for row in rows] == table["image"].tolist()
    assert [bool(row["error"]) for row in rows] == [False, True, False]
    assert len(steps) > 2 * 4  # 70 pixels are nine tiles of 32
    assert steps[0].message.startswith("10.png: tile 1 of")


def test_closing_the_task_leaves_what_is_finished(
    tmp_path: Path, model: SegmentationModel
) -> None:
    paths = [photo(tmp_path / "in" / f"{n}.png", n) for n in (10, 20)]
    out = tmp_path / "out"
    task = density_table_task(paths, model, settings=CPU, outputs=Outputs(folder=out))

    while not isinstance(next(task), RowProgress):
        pass
    task.close()

    assert {p.name for p in out.iterdir()} == {"10_labels.png", "10_overlay.png"}


def test_the_table_is_on_disk_while_the_others_are_still_to_come(
    tmp_path: Path, model: SegmentationModel
) -> None:
    paths = [photo(tmp_path / "in" / f"{n}.png", n) for n in (10, 20, 30)]
    table = tmp_path / "new" / "t.csv"
    task = density_table_task(paths, model, settings=CPU, outputs=Outputs(table=table))

    while not isinstance(next(task), RowProgress):
        pass
    assert pd.read_csv(table)["bright_fraction"].tolist() == [0.25]
    while not isinstance(next(task), RowProgress):
        pass
    task.close()

    assert pd.read_csv(table)["bright_fraction"].tolist() == [0.25, 0.5]
    assert [p.name for p in table.parent.iterdir()] == ["t.csv"]


def test_control_c_inside_a_file_leaves_the_rows_before_it(
    tmp_path: Path, model: SegmentationModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [photo(tmp_path / f"{n}.png", n) for n in (10, 20, 30)]
    original = densities.read_seen

    def interrupted(path: Path, *seen: Any) -> Any:
        if path == paths[2]:
            raise KeyboardInterrupt
        return original(path, *seen)

    monkeypatch.setattr(densities, "read_seen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(paths, model, outputs=Outputs(table=tmp_path / "t.csv"))

    assert pd.read_csv(tmp_path / "t.csv")["bright_fraction"].tolist() == [0.25, 0.5]


def test_a_full_disk_stops_the_batch_and_keeps_its_rows(
    tmp_path: Path, model: SegmentationModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [photo(tmp_path / "in" / f"{n}.png", n) for n in (10, 20, 30)]
    original, out = densities.write_prediction, tmp_path / "out"

    def full(folder: Path, name: str, *rest: Any, **options: Any) -> Any:
        if name == "20":
            raise OSError(errno.ENOSPC, "No space left on device", "20_labels.png")
        return original(folder, name, *rest, **options)

    monkeypatch.setattr(densities, "write_prediction", full)
    with pytest.raises(OSError, match="No space left on device"):
        run(paths, model, outputs=Outputs(folder=out, table=tmp_path / "t.csv"))

    assert pd.read_csv(tmp_path / "t.csv")["bright_fraction"].tolist() == [0.25]
    assert (out / "10_labels.png").exists()


def test_a_file_too_large_for_the_memory_is_a_row_with_its_reason(
    tmp_path: Path, model: SegmentationModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [photo(tmp_path / f"{n}.png", n) for n in (10, 20)]
    original = densities.read_seen

    def too_large(path: Path, *seen: Any) -> Any:
        if path == paths[0]:
            raise MemoryError("Unable to allocate 93 GiB")
        return original(path, *seen)

    monkeypatch.setattr(densities, "read_seen", too_large)
    table = run(paths, model)

    assert table["error"].tolist() == ["Unable to allocate 93 GiB", ""]
    assert table["bright_fraction"][1] == 0.5


def test_several_regions_are_several_rows(
    tmp_path: Path, model: SegmentationModel
) -> None:
    paths = [photo(tmp_path / "a.png", 20), tmp_path / "gone.png"]

    table = run(paths, model, region=lambda _path, _image: quadrats(rows=2, columns=1))

    assert table["image"].tolist() == [str(paths[0])] * 2 + [str(paths[1])]
    assert table["region"].tolist()[:2] == ["row 1 column 1", "row 2 column 1"]
    assert table["bright_fraction"].tolist()[:2] == [1, 0]
    assert table["error"].eq("").tolist() == [True, True, False]


def test_each_image_may_have_its_own_region(
    tmp_path: Path, model: SegmentationModel
) -> None:
    paths = [photo(tmp_path / "a.png", 20), photo(tmp_path / "b.png", 20)]
    boxes = {"a": "40x20+0+0", "b": "40x20+0+20"}
    seen = []

    def find(path: Path, image: np.ndarray) -> list:
        seen.append(image.shape)
        return [parse_region(boxes[path.stem])]

    table = run(paths, model, region=find)

    assert table["bright_fraction"].tolist() == [1, 0]
    assert seen == [(40, 40, 3)] * 2


def test_a_region_that_does_not_fit_is_the_error_of_its_image(
    tmp_path: Path, model: SegmentationModel
) -> None:
    paths = [photo(tmp_path / "a.png", 10, side=20), photo(tmp_path / "b.png", 10)]

    table = run(paths, model, region="30x30+0+0")

    assert "does not fit an image of 20×20 pixels" in table["error"][0]
    assert table["pixels"].tolist()[1] == 900
