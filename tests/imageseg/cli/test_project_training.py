"""``imageseg train PROJECT`` goes on with what was painted."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.cli import main
from imageseg.model import load_model
from imageseg.project import Changes, Project, Story
from imageseg.settings import TrainSettings
from imageseg.spec import read_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel

Captured = pytest.CaptureFixture[str]
SETTINGS = TrainSettings(
    epochs=1, steps=2, batch=1, patch=32, validation=0, device="cpu", precision="fp32"
)
TINY = ("--filters", "2", "--blocks", "2")


def train(*arguments: object) -> int:
    return main(["train", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path, photos: Any) -> Path:
    """Make a project in which the two photographs are painted."""
    scheme = ClassScheme.from_names(["leaf", "gap"])
    with Project.create(tmp_path / "plots", scheme) as project:
        project.add_images(sorted(photos.images.iterdir()))
        painted = {}
        for name in ("1", "2"):
            with Image.open(photos.masks / f"{name}_mask.png") as mask:
                painted[name] = np.where(np.asarray(mask) > 0, 2, 1).astype(np.uint8)
        project.save(Changes(annotations=painted, train=SETTINGS))
    return tmp_path / "plots"


def test_a_candidate_joins_the_lineage(folder: Path, capsys: Captured) -> None:
    assert train(folder, *TINY, "--json") == 0

    story = json.loads(capsys.readouterr().out)
    assert story["settings"]["steps"] == 2
    assert story["images"] == ["1", "2"]
    with Project.open(folder) as project:
        (entry,) = project.models
        assert (entry.id, entry.parent, entry.accepted) == ("plots", "", False)
        assert project.model == ""
        assert project.load_model("plots").spec.scheme == project.scheme
    assert list((folder / "training").iterdir()) == []


def test_training_goes_on_from_the_model_in_use_and_flags_come_first(
    folder: Path,
) -> None:
    train(folder, *TINY)
    with Project.open(folder) as project:
        project.use_model("plots")

    assert train(folder, "--steps", "3") == 0

    with Project.open(folder) as project:
        first, second = project.models
        assert (second.id, second.parent) == ("plots-2", "plots")
        told = read_spec(project.model_file("plots-2")).provenance
        parent = project.load_model("plots").digest()
    assert told["settings"]["steps"] == 3
    assert told["settings"]["epochs"] == 1
    assert told["parent"] == {"name": "plots", "digest": parent}
    assert project.model == first.id


def test_a_proposed_model_is_no_beginning_and_stays_proposed(folder: Path) -> None:
    train(folder, *TINY)
    with Project.open(folder) as project:
        project.use_model("plots")
        file = project.model_file("plots")
        proposed = project.add_model(file, Story(parent="plots", proposed=True)).id

    assert train(folder, *TINY) == 0

    with Project.open(folder) as project:
        assert (project.model, project.proposed) == ("plots", proposed)
        assert "plots-3" in {entry.id for entry in project.models}
        assert [entry.parent for entry in project.models] == ["", "plots", "plots"]


def test_start_and_network_choose_what_training_begins_with(folder: Path) -> None:
    train(folder, *TINY)
    with Project.open(folder) as project:
        project.use_model("plots")

    train(folder, *TINY, "--start", "none")
    train(folder, *TINY, "--network", "unet")

    with Project.open(folder) as project:
        assert [entry.parent for entry in project.models] == ["", "", ""]


def test_images_for_validation_score_both_models_and_teach_neither(
    folder: Path, capsys: Captured
) -> None:
    with Project.open(folder) as project:
        project.set_status("2", "validation")
    train(folder, *TINY)
    with Project.open(folder) as project:
        project.use_model("plots")
    train(folder)

    with Project.open(folder) as project:
        _, second = project.models
        told = read_spec(project.model_file("plots-2")).provenance
    assert told["images"] == ["1"]
    assert second.held_out == "1 validation image"
    assert set(second.scores["dice"]) == {"leaf", "gap"}
    assert second.note.startswith("mean Dice ")
    assert "; plots: " in second.note
    assert "on 1 image with pixels that the new model did not learn from" in second.note


def test_out_leaves_the_project_as_it_is(folder: Path, tmp_path: Path) -> None:
    with Project.open(folder):  # also beside a window that has it open
        status = train(folder, *TINY, "--out", tmp_path / "m.safetensors")

    assert status == 0
    assert read_spec(tmp_path / "m.safetensors").scheme.names == ("leaf", "gap")
    with Project.open(folder) as project:
        assert project.models == ()


def test_classes_that_were_edited_begin_anew(
    folder: Path, make_model: Callable[..., SegmentationModel], capsys: Captured
) -> None:
    with Project.open(folder) as project:
        project.add_model(make_model(filters=2, blocks=1), Story(accepted=True))
        project.reorder_classes([2, 1])

    assert train(folder) == 0

    assert "The classes have changed since tiny was trained" in capsys.readouterr().err
    with Project.open(folder) as project:
        told = read_spec(project.model_file("plots")).provenance
    assert told["settings"]["memory"] == 0


def test_what_cannot_be_trained_says_why(
    folder: Path, photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    assert train(folder, "--classes", "a", "b") == 2
    assert "--classes" in capsys.readouterr().err
    assert train(*TINY) == 2
    assert "--images" in capsys.readouterr().err
    assert train(*photos.data, "--classes", "a", "b") == 2
    assert "--out" in capsys.readouterr().err
    with Project.create(tmp_path / "empty", ClassScheme.from_names(["a", "b"])):
        pass
    assert train(tmp_path / "empty") == 2
    assert "Nothing is annotated" in capsys.readouterr().err
    (photos.images / "1.png").unlink()
    assert train(folder, *TINY) == 2
    assert "1.png" in capsys.readouterr().err


def test_what_is_trained_is_proposed_with_what_speaks_for_it(
    folder: Path, capsys: Captured
) -> None:
    assert train(folder, *TINY) == 0
    with Project.open(folder) as project:
        assert project.proposed == "plots"  # there is nothing to compare it with
        project.use_model("plots")
    capsys.readouterr()
    assert train(folder) == 0
    told = capsys.readouterr().err

    with Project.open(folder) as project:
        entry = project.entry("plots-2")
        assert project.proposed == entry.id
    assert "mean Dice" in entry.note
    assert "on 2 images that the new model learned from; none is held out" in entry.note
    assert f"The plugin asks whether to use it. {entry.note}" in told


def test_one_that_forgets_is_not_proposed_and_it_is_said_why(
    folder: Path,
    threshold_model: Callable[..., SegmentationModel],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    """In these photographs all that is bright is a gap; two steps do not learn that."""
    with Project.open(folder) as project:
        knows = threshold_model(project.scheme)
        project.add_model(knows, Story(accepted=True))
    monkeypatch.setattr(
        "imageseg.model.load_model",
        lambda path: knows if path.stem == "threshold" else load_model(path),
    )
    assert train(folder, *TINY, "--start", "none") == 0
    told = capsys.readouterr().err

    with Project.open(folder) as project:
        (_, entry) = project.models
        assert project.proposed == ""
    assert entry.note.startswith("Not proposed, it forgets: ")
    assert entry.note in told


def test_a_model_of_other_channels_in_use_is_nothing_to_compare_with(
    folder: Path, make_model: Callable[..., SegmentationModel]
) -> None:
    with Project.open(folder) as project:
        grey = make_model(channels=1, filters=2, blocks=1)
        project.add_model(grey, Story(accepted=True))
    assert train(folder, *TINY, "--start", "none") == 0

    with Project.open(folder) as project:
        assert project.proposed == "plots"


@pytest.mark.slow
def test_a_training_that_is_stopped_leaves_its_best_as_candidate(
    folder: Path, interruptible: list[str]
) -> None:
    history = folder.parent / "history.csv"
    command = [
        *(*interruptible, "train", str(folder), *TINY, "--epochs", "5000"),
        *("--patience", "0", "--history", str(history)),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)  # noqa: S603  our own
    while not history.exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)

    assert process.returncode == 130
    assert b"is a candidate in" in told
    with Project.open(folder) as project:
        assert [entry.id for entry in project.models] == ["plots"]
