"""Many files give one row each, whatever happens to some of them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imageseg.batch import (
    Outputs,
    RowProgress,
    _unique_names,
    density_table_task,
    write_prediction,
)
from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import SettingsError
from imageseg.inference import Prediction
from imageseg.settings import PredictSettings
from imageseg.tables import write_table
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


def test_the_files_written_are_told(tmp_path: Path) -> None:
    scheme = ClassScheme.from_names(["a", "b", "c"])
    prediction = Prediction(
        probabilities=np.full((3, 5, 6), 1 / 3, np.float32), scheme=scheme
    )
    outputs = Outputs(folder=tmp_path, probabilities=True)

    files = write_prediction(outputs, "x", np.zeros((5, 6), np.uint8), prediction)

    assert set(files) == set(tmp_path.iterdir())
    assert len(files) == 3


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


names = st.sampled_from(["a", "A", "b", "f_a", "f_a_2", "g_a"])


@given(st.lists(st.builds("{}/{}.{}".format, st.sampled_from("fg"), names, names)))
def test_no_two_outputs_share_a_name_even_where_case_does_not_count(
    files: list[str],
) -> None:
    found = _unique_names([Path(file) for file in files])

    assert len(found) == len(files)
    assert len({name.casefold() for name in found}) == len(files)


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
    rows = [step.row for step in steps if isinstance(step, RowProgress)]
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


def test_a_table_is_read_back_by_pandas_and_opens_in_spreadsheets(
    tmp_path: Path,
) -> None:
    table = pd.DataFrame(
        {
            "image": ["forêt, nord.png", 'gap "2".png'],
            "sky_fraction": [1 / 3, float("nan")],
            "error": ["", "line one\nline two"],
        }
    )

    path = write_table(str(tmp_path / "new" / "density.csv"), table)

    assert path == tmp_path / "new" / "density.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfimage,")
    for encoding in ("utf-8", "utf-8-sig"):
        back = pd.read_csv(path, encoding=encoding, keep_default_na=False)
        assert list(back) == list(table)
        assert back["image"].tolist() == table["image"].tolist()
        assert back["error"].tolist() == table["error"].tolist()
    assert pd.read_csv(path)["sky_fraction"][0] == 1 / 3
