"""What was saved is there again, and nothing else has changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from imageseg.classes import ClassScheme
from imageseg.errors import (
    ImageReadError,
    ProjectError,
    ProjectFormatError,
    SettingsError,
    ShapeMismatchError,
)
from imageseg.project import Changes, EffortRow, Project, Space, Story
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.spec import bundled_models
from imageseg.tasks import drain


def state_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file with its time and its bytes, but for the lock."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and path.name != "project.lock"
    }


def test_a_new_project_is_empty_and_opens(folder: Path) -> None:
    scheme = ClassScheme.from_names(["a", "b"], colours=["#000000", "#ffffff"])
    Project.create(folder, scheme).close()

    with Project.open(folder) as project:
        assert project.scheme == scheme
        assert project.images == project.models == ()
        assert (project.current, project.model, project.region) == ("", "", "whole")


def test_a_project_is_not_made_over_another(project: Project, folder: Path) -> None:
    with pytest.raises(ProjectError, match="a project already"):
        Project.create(folder, project.scheme)


def test_a_folder_without_a_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectFormatError, match="is no project"):
        Project.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_everything_is_there_again(project: Project, strokes: np.ndarray) -> None:
    scheme = project.scheme.changed(2, colour="#123456", excluded=True)
    view = {"camera": {"zoom": 2.5, "center": [0, 1.5]}, "class": 3}
    changes = Changes(
        scheme=scheme.with_class("fruit"),
        annotations={"plot_1": strokes},
        statuses={"plot_3": "validation"},
        spaces={"plot_2": Space(axes="YX", scale=(0.5, 0.5), units=("mm", "mm"))},
        order=("plot_3", "plot_1", "plot_2"),
        current="plot_1",
        region="circle",
        predict=PredictSettings(tile=256),
        train=TrainSettings(epochs=7),
        view=view,
    )
    project.save(changes)
    project.close()

    with Project.open(project.folder / "project.json") as again:
        assert again.contents == project.contents
        assert again.scheme.names == ("soil", "leaf", "stem", "fruit")
        assert again.scheme[2].excluded
        assert [image.id for image in again.images] == ["plot_3", "plot_1", "plot_2"]
        assert [i.status for i in again.images] == ["validation", "annotated", "new"]
        assert again.image("plot_1").counts == (600 - 56, 6, 20, 30, 0)
        assert again.view == view
        assert (again.predict_settings.tile, again.train_settings.epochs) == (256, 7)
        assert np.array_equal(again.annotation("plot_1"), strokes)
        assert again.annotation("plot_2") is None


@pytest.mark.parametrize("read_only", [True, False])
def test_opening_changes_nothing(
    project: Project, strokes: np.ndarray, *, read_only: bool
) -> None:
    project.save_annotation("plot_1", strokes)
    project.close()
    before = state_of(project.folder)

    Project.open(project.folder, read_only=read_only).close()

    assert state_of(project.folder) == before
    assert not (project.folder / "project.lock").exists()


@pytest.mark.parametrize(
    "shape", [(1, 1), (3, 5, 3), (1, 4, 7), (4, 1, 3), (2, 3, 4, 5)]
)
def test_labels_come_back_in_their_shape(
    project: Project, shape: tuple[int, ...]
) -> None:
    labels = np.random.default_rng(0).integers(1, 4, shape, dtype=np.uint8)

    project.save_annotation("plot_1", labels)

    back = project.annotation("plot_1")
    assert back is not None
    assert back.shape == shape
    assert np.array_equal(back, labels)


def test_an_annotation_is_a_small_tiff_that_others_read(project: Project) -> None:
    labels = np.zeros((500, 700), np.uint8)
    labels[100:120, 30:600] = 2

    project.save_annotation("plot_1", labels)

    path = project.folder / "annotations" / "plot_1.tif"
    assert np.array_equal(tifffile.imread(path), labels)
    assert path.stat().st_size < 5000


def test_saving_one_annotation_writes_no_other_file(
    project: Project, strokes: np.ndarray
) -> None:
    project.save_annotation("plot_1", strokes)
    before = state_of(project.folder)

    project.save_annotation("plot_2", strokes)

    after = state_of(project.folder)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"annotations/plot_2.tif", "project.json", "project.json.bak"}


def test_an_erased_annotation_is_no_annotation(
    project: Project, strokes: np.ndarray
) -> None:
    project.save_annotation("plot_1", strokes)
    project.save_annotation("plot_1", np.zeros_like(strokes))

    assert project.image("plot_1").status == "new"
    assert project.annotation("plot_1") is None


def test_a_prediction_keeps_model_and_confidence(project: Project) -> None:
    labels = np.full((20, 30), 2, np.uint8)
    sure = np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30)

    project.save_prediction("plot_1", labels, "net", sure)

    image = project.image("plot_1")
    assert (image.status, image.predicted_by) == ("predicted", "net")
    assert np.array_equal(project.prediction("plot_1"), labels)
    assert np.abs(project.confidence("plot_1") - sure).max() <= 0.5 / 255 + 1e-6
    project.save_prediction("plot_1", labels)
    assert project.confidence("plot_1") is None


def test_what_people_decided_stays_when_files_come(
    project: Project, strokes: np.ndarray
) -> None:
    project.set_status("plot_1", "reviewed")
    project.save_annotation("plot_1", strokes)

    assert project.image("plot_1").status == "reviewed"


def test_an_annotation_that_the_description_does_not_know_is_found(
    project: Project, strokes: np.ndarray
) -> None:
    text = (project.folder / "project.json").read_text()
    project.save_annotation("plot_1", strokes)
    project.close()
    (project.folder / "project.json").write_text(text)  # as after a kill in between

    with Project.open(project.folder) as again:
        assert again.image("plot_1").status == "annotated"


def test_a_damaged_annotation_is_named_and_kept(
    project: Project, strokes: np.ndarray
) -> None:
    project.save_annotation("plot_1", strokes)
    project.save_annotation("plot_2", strokes)
    path = project.folder / "annotations" / "plot_1.tif"
    path.write_bytes(path.read_bytes()[:100])
    damaged = path.read_bytes()
    project.close()

    with Project.open(project.folder) as again:
        with pytest.raises(ImageReadError, match=r"plot_1\.tif"):
            again.annotation("plot_1")
        assert "plot_1.tif" in again.image("plot_1").error
        assert np.array_equal(again.annotation("plot_2"), strokes)
        again.save_annotation("plot_1", strokes)
        assert np.array_equal(again.annotation("plot_1"), strokes)
    kept = project.folder / "removed" / "annotations" / "plot_1.tif"
    assert kept.read_bytes() == damaged


def test_changes_that_do_not_fit_write_nothing(
    project: Project, strokes: np.ndarray
) -> None:
    before = state_of(project.folder)
    two = ClassScheme.from_names(["a", "b"])
    wrong = [
        (Changes(annotations={"plot_1": strokes, "nobody": strokes}), ProjectError),
        (Changes(annotations={"plot_1": strokes + 1}), ProjectError),
        (Changes(annotations={"plot_1": strokes}, scheme=two), SettingsError),
        (Changes(annotations={"plot_1": strokes}, order=("plot_1",)), SettingsError),
        (Changes(annotations={"plot_1": strokes}, current="nobody"), ProjectError),
        (Changes(annotations={"plot_1": strokes}, model="nobody"), ProjectError),
        (Changes(annotations={"plot_1": strokes}, view={"a": {1}}), SettingsError),
        (Changes(annotations={"plot_1": strokes.astype(int)}), ShapeMismatchError),
        (Changes(statuses={"plot_1": "done"}), SettingsError),  # type: ignore[dict-item]
    ]
    for changes, error in wrong:
        with pytest.raises(error):
            project.save(changes)

    assert state_of(project.folder) == before


def test_closing_a_save_keeps_what_is_written(
    project: Project, strokes: np.ndarray
) -> None:
    changes = Changes(annotations={"plot_1": strokes, "plot_2": strokes}, region="0.5")
    task = project.save_task(changes)
    next(task)
    next(task)  # plot_1 is written
    task.close()

    assert [image.status for image in project.images] == ["annotated", "new", "new"]
    assert project.region == "whole"
    project.save(changes)
    assert project.image("plot_2").annotated


def test_a_reader_beside_a_writer_cannot_write(
    project: Project, strokes: np.ndarray
) -> None:
    reader = Project.open(project.folder, read_only=True)
    with pytest.raises(ProjectError, match="reading only"):
        reader.save_annotation("plot_1", strokes)

    project.save_annotation("plot_1", strokes)
    assert reader.image("plot_1").status == "new"
    reader.reload()
    assert reader.image("plot_1").status == "annotated"


def test_removing_an_image_keeps_what_was_painted(
    project: Project, photos: Path, strokes: np.ndarray
) -> None:
    project.save(Changes(annotations={"plot_1": strokes}, current="plot_1"))
    project.remove_image("plot_1")

    assert [image.id for image in project.images] == ["plot_2", "plot_3"]
    assert project.current == ""
    assert (photos / "plot_1.png").is_file()
    kept = project.folder / "removed" / "annotations" / "plot_1.tif"
    assert np.array_equal(tifffile.imread(kept), strokes)
    project.add_images([photos / "plot_1.png"])
    assert project.annotation("plot_1") is None


def test_models_have_a_lineage(project: Project, tmp_path: Path, make_model) -> None:
    model = make_model(filters=2, blocks=1)
    first = project.add_model(model, Story(accepted=True, scores={"dice": 0.5}))
    second = project.add_model(model, Story(parent=first.id, held_out="2 images"))

    assert project.model == first.id
    assert (second.id, second.parent, second.accepted) == ("tiny-2", first.id, False)
    assert (first.kind, first.scores) == ("network", {"dice": 0.5})
    project.use_model(second.id)
    project.close()
    with Project.open(project.folder) as again:
        assert again.model == second.id
        assert again.entry(second.id).accepted
        assert again.load_model().digest() == model.digest()
        with pytest.raises(ProjectError, match="in use"):
            again.remove_model(second.id)
        again.remove_model(first.id)
        assert [entry.id for entry in again.models] == [second.id]
        assert (again.folder / "removed" / "models" / "tiny.safetensors").is_file()


def test_a_bundled_model_is_copied(project: Project) -> None:
    entry = project.add_model("canopy", Story(accepted=True))

    copy = project.model_file(entry.id)
    assert copy.read_bytes() == bundled_models()["canopy"].read_bytes()
    assert entry.name == "canopy"


def test_samples_are_what_is_annotated_and_not_for_validation(
    project: Project, strokes: np.ndarray
) -> None:
    project.save(
        Changes(
            annotations={
                "plot_1": strokes,
                "plot_2": strokes[:, :24],
                "plot_3": strokes,
            },
            statuses={"plot_2": "validation"},
        )
    )
    samples = project.samples()

    assert [sample.name for sample in samples] == ["plot_1", "plot_3"]
    assert samples[0].image.shape == (20, 30, 3)
    assert np.array_equal(samples[0].labels, strokes)
    assert [s.name for s in project.samples(("validation",))] == ["plot_2"]


def test_settings_and_keys_of_other_programs_survive(project: Project) -> None:
    project.close()
    path = project.folder / "project.json"
    values = json.loads(path.read_text())
    values |= {"lab": {"tree": 7}}
    values["train"] |= {"epochs": -3, "unheard_of": 1, "rate": 0.01}
    path.write_text(json.dumps(values))

    with Project.open(project.folder) as again:
        assert again.train_settings == TrainSettings(rate=0.01)
        again.save()
    assert json.loads(path.read_text())["lab"] == {"tree": 7}


def test_the_ledger_grows(project: Project) -> None:
    row = EffortRow(action="paint", image="plot_1", seconds=4.5, strokes=3)
    project.save(Changes(effort=(row,)))
    project.save(Changes(effort=(EffortRow(action="train", accuracy=0.75),)))

    first, second = project.effort()
    assert (first.action, first.seconds, first.strokes) == ("paint", 4.5, 3)
    assert (second.action, second.accuracy, second.image) == ("train", 0.75, "")
    assert first.time.startswith("20")


def test_a_moved_project_finds_images_that_moved_with_it(
    project: Project, tmp_path: Path, photos: Path
) -> None:
    project.close()
    there = tmp_path / "there"
    there.mkdir()
    for name in ("project", "photos"):
        shutil.move(tmp_path / name, there / name)

    with Project.open(there / "project") as again:
        assert again.image("plot_1").path == there / "photos" / "plot_1.png"
        assert again.pixels("plot_1").shape == (20, 30, 3)
        assert drain(again.check_task()) == {}


def test_a_project_that_moved_alone_finds_images_where_they_were(
    project: Project, tmp_path: Path, photos: Path
) -> None:
    project.close()
    shutil.move(tmp_path / "project", tmp_path / "a" / "b" / "project")

    with Project.open(tmp_path / "a" / "b" / "project") as again:
        assert again.image("plot_1").path == photos / "plot_1.png"


def test_images_that_moved_alone_are_located(
    project: Project, tmp_path: Path, photos: Path
) -> None:
    shutil.move(photos, tmp_path / "elsewhere" / "deep")
    problems = drain(project.check_task())
    assert set(problems) == {"plot_1", "plot_2", "plot_3"}
    assert "missing" in project.image("plot_1").error

    found = project.relocate(tmp_path / "elsewhere")

    assert len(found.found) == 3
    assert (
        project.image("plot_1").path == tmp_path / "elsewhere" / "deep" / "plot_1.png"
    )
    assert drain(project.check_task()) == {}
    assert project.image("plot_1").error == ""


def test_what_is_off_the_list_is_nothing_to_learn_from(
    project: Project, strokes: np.ndarray
) -> None:
    annotations = {"plot_1": strokes, "plot_2": strokes}
    off = {"images": {"plot_2": {"off": True}, "plot_3": {}}}
    project.save(Changes(annotations=annotations, view=off))

    assert project.off == {"plot_2"}
    assert [image.id for image in project.listed] == ["plot_1", "plot_3"]
    assert [sample.name for sample in project.samples()] == ["plot_1"]
