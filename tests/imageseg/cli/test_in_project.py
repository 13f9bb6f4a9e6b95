"""``imageseg predict PROJECT`` and ``density PROJECT`` work with what is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from imageseg.classes import CANOPY
from imageseg.cli import main
from imageseg.model import load_model
from imageseg.project import Changes, Project, Story
from imageseg.settings import PredictSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel

Captured = pytest.CaptureFixture[str]


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture
def folder(
    tmp_path: Path,
    photos: Any,
    threshold_model: Callable[..., SegmentationModel],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Make a project whose model knows sky by its brightness."""
    model = threshold_model(CANOPY)
    monkeypatch.setattr(
        "imageseg.model.load_model",
        lambda path: model if path.stem == "threshold" else load_model(path),
    )
    settings = PredictSettings(device="cpu", precision="fp32")
    with Project.create(tmp_path / "plots", CANOPY) as project:
        project.add_images(sorted(photos.images.iterdir()))
        project.add_model(model, Story(accepted=True))
        project.save(Changes(predict=settings))
    return tmp_path / "plots"


def test_predictions_and_densities_are_kept_in_the_project(
    folder: Path, capsys: Captured
) -> None:
    assert run("predict", folder) == 0

    with Project.open(folder) as project:
        assert [image.status for image in project.images] == ["predicted"] * 2
        assert {image.predicted_by for image in project.images} == {project.model}
        labels = project.prediction("1")
        assert (labels[:10] == 2).all()
        assert (labels[10:] == 1).all()
        assert project.confidence("1") is None
        table = project.densities()
    assert table["image"].tolist() == ["1", "2"]
    assert table["sky_fraction"].tolist() == [0.25, 0.5]
    assert (folder / "density_summary.csv").is_file()
    assert "2 images done" in capsys.readouterr().err


def test_only_what_the_model_has_not_predicted_is_predicted(
    folder: Path, capsys: Captured
) -> None:
    assert run("predict", folder, "--include", "^1", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 1
    assert run("predict", folder, "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["image"] for row in rows] == ["2"]
    with Project.open(folder, read_only=True) as project:
        assert project.densities()["sky_fraction"].tolist() == [0.25, 0.5]
    assert run("predict", folder) == 0
    assert "--again" in capsys.readouterr().err
    assert run("predict", folder, "--again", "--json", "--probabilities") == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    with Project.open(folder, read_only=True) as project:
        assert project.confidence("1").shape == (40, 40)


def test_painted_pixels_are_the_truth(folder: Path) -> None:
    painted = np.zeros((40, 40), np.uint8)
    painted[:20] = 1  # the sky of the first photograph was a roof
    with Project.open(folder) as project:
        project.save_annotation("1", painted)

    run("predict", folder)

    with Project.open(folder) as project:
        assert project.densities()["sky_fraction"].tolist() == [0, 0.5]
        assert (project.prediction("1")[:10] == 2).all()
        assert project.image("1").status == "annotated"


def test_density_measures_what_is_predicted_in_the_region_of_the_project(
    folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    with Project.open(folder) as project:
        project.save(Changes(region="40x10+0+0"))
    run("predict", folder, "--include", "^1")
    capsys.readouterr()

    status = run("density", folder, "--table", tmp_path / "t.csv")

    assert status == 1
    assert "2.png is not predicted yet" in capsys.readouterr().err
    table = pd.read_csv(tmp_path / "t.csv")
    assert table["sky_fraction"].tolist()[0] == 1
    assert run("predict", folder) == 0
    assert run("density", folder, "--region", "whole") == 0
    with Project.open(folder, read_only=True) as project:
        assert project.densities()["sky_fraction"].tolist() == [0.25, 0.5]


def test_a_missing_image_has_its_error_and_the_others_go_on(
    folder: Path, photos: Any, capsys: Captured
) -> None:
    (photos.images / "1.png").unlink()

    assert run("predict", folder) == 1

    assert "1.png" in capsys.readouterr().err
    with Project.open(folder) as project:
        assert [image.predicted for image in project.images] == [False, True]
        table = project.densities()
    assert "1.png" in table["error"][0]
    assert table["sky_fraction"][1] == 0.5


def test_classes_of_a_model_go_by_their_names(folder: Path) -> None:
    with Project.open(folder) as project:
        project.reorder_classes([2, 1])
    run("predict", folder)
    with Project.open(folder) as project:
        assert project.scheme.names == ("sky", "canopy")
        assert (project.prediction("1")[:10] == 1).all()
        table = project.densities()
    assert table["sky_fraction"].tolist() == [0.25, 0.5]


def test_a_model_of_other_classes_is_refused(
    folder: Path, make_model: Callable[..., SegmentationModel], capsys: Captured
) -> None:
    other = make_model(3, filters=2, blocks=1).save(folder.parent / "other")

    assert run("predict", folder, "--model", other) == 2
    assert "class 1, class 2, class 3" in capsys.readouterr().err


def test_pictures_of_a_project_are_written_elsewhere_with_out(
    folder: Path, tmp_path: Path
) -> None:
    before = sorted(folder.rglob("*"))

    assert run("predict", folder, "--out", tmp_path / "out") == 0

    assert (tmp_path / "out" / "1_labels.png").is_file()
    assert sorted(folder.rglob("*")) == before


def test_where_nothing_is_predicted_it_is_said_what_to_run(
    folder: Path, capsys: Captured
) -> None:
    assert run("density", folder) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "None of 2 images is predicted yet." in told.err
    assert f"`imageseg predict {folder}`" in told.err

    assert run("density", folder, "--include", "1") == 2
    assert "The image is not predicted yet." in capsys.readouterr().err


def test_where_little_is_painted_and_nothing_predicted_no_table_is_made_up(
    folder: Path, capsys: Captured
) -> None:
    with Project.open(folder) as project:
        labels = np.zeros(project.pixels("1").shape[:2], np.uint8)
        labels[0] = 1
        project.save(Changes(annotations={"1": labels}))

    assert run("density", folder) == 1
    told = capsys.readouterr()
    assert "Empty" not in told.out
    assert "1.png is not predicted yet" in told.err
    assert f"`imageseg predict {folder}` predicts" in told.err


def test_a_project_without_a_model_says_so(
    tmp_path: Path, photos: Any, capsys: Captured
) -> None:
    with Project.create(tmp_path / "p", CANOPY) as project:
        project.add_images(photos.images.iterdir())

    assert run("predict", tmp_path / "p") == 2
    told, use = (
        capsys.readouterr().err,
        f"`imageseg project use {tmp_path / 'p'} MODEL`",
    )
    assert "uses no model yet" in told
    assert use in told
    assert f"`imageseg train {tmp_path / 'p'}`" in told
    assert run("predict", tmp_path / "p", "--out", tmp_path / "out") == 2
    assert use in capsys.readouterr().err
    assert run("predict", tmp_path / "p", photos.images) == 2
    assert run("predict", photos.images) == 2
    assert "--out" in capsys.readouterr().err
