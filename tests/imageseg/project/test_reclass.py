"""An edit of classes takes every label along, as a whole, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from imageseg.errors import ImageReadError, ProjectError
from imageseg.model import SegmentationModel
from imageseg.project import Changes, NewPrediction, Project, Story
from imageseg.project.journal import Journal


@pytest.fixture
def painted(project: Project, strokes: np.ndarray) -> Project:
    """Return a project with two annotations and a prediction."""
    project.save(
        Changes(
            annotations={"plot_1": strokes, "plot_2": np.full((4, 4), 1, np.uint8)},
            predictions={"plot_3": NewPrediction(labels=np.full((4, 4), 3, np.uint8))},
        )
    )
    return project


def kept_labels(project: Project) -> dict[str, np.ndarray | None]:
    """Return all label arrays of a project."""
    found = {i.id: project.annotation(i.id) for i in project.images}
    return found | {f"{i.id}?": project.prediction(i.id) for i in project.images}


def assert_same(one: dict, other: dict) -> None:
    assert one.keys() == other.keys()
    for name, labels in one.items():
        assert np.array_equal(labels, other[name]), name


def test_merging_takes_annotations_predictions_and_counts_along(
    painted: Project, strokes: np.ndarray
) -> None:
    painted.merge_classes(1, into=2)

    assert painted.scheme.names == ("leaf", "stem")
    expected = np.select([strokes == 0, strokes == 3], [0, 2], 1)
    assert np.array_equal(painted.annotation("plot_1"), expected)
    assert (painted.annotation("plot_2") == 1).all()
    assert (painted.prediction("plot_3") == 2).all()
    assert painted.image("plot_1").counts == (544, 26, 30)


@pytest.mark.parametrize(
    "edit",
    [
        lambda project: project.merge_classes(1, into=2),
        lambda project: project.merge_classes(3, into=1),
        lambda project: project.remove_class(1),
        lambda project: project.reorder_classes([3, 1, 2]),
    ],
)
def test_undo_brings_everything_back(
    painted: Project, edit: Callable[[Project], None]
) -> None:
    before, contents = kept_labels(painted), painted.contents
    edit(painted)
    painted.undo_classes()

    assert painted.contents == contents
    assert_same(kept_labels(painted), before)
    with pytest.raises(ProjectError, match="no change of classes"):
        painted.undo_classes()


def test_edits_are_undone_one_after_the_other(painted: Project) -> None:
    before = kept_labels(painted)
    painted.reorder_classes([2, 3, 1])
    between = kept_labels(painted)
    painted.merge_classes(1, into=3)

    painted.undo_classes()
    assert_same(kept_labels(painted), between)
    painted.undo_classes()
    assert_same(kept_labels(painted), before)


def test_undo_keeps_what_was_painted_and_named_since(
    painted: Project, strokes: np.ndarray
) -> None:
    painted.merge_classes(1, into=2)
    since = painted.annotation("plot_1").copy()
    since[0, :4] = (1, 2, 3, 3)
    since[15, 0] = 0
    scheme = painted.scheme.changed(2, name="trunk").with_class("fruit")
    painted.save(Changes(scheme=scheme, annotations={"plot_1": since}))

    painted.undo_classes()

    assert painted.scheme.names == ("soil", "leaf", "trunk", "fruit")
    expected = strokes.copy()
    expected[0, :4] = (2, 3, 4, 4)
    expected[15, 0] = 0
    assert np.array_equal(painted.annotation("plot_1"), expected)


def test_models_remember_what_their_classes_are_called_now(
    painted: Project, make_model: Callable[..., SegmentationModel]
) -> None:
    model = make_model(3, filters=2, blocks=1)
    entry = painted.add_model(model, Story(accepted=True))
    assert entry.fits

    painted.merge_classes(1, into=3)
    assert painted.entry(entry.id).labels == (2, 1, 2)
    assert not painted.entry(entry.id).fits
    painted.undo_classes()
    assert painted.entry(entry.id).labels == (1, 2, 3)


def test_a_damaged_file_stops_the_edit_before_anything_changes(
    painted: Project,
) -> None:
    path = painted.folder / "annotations" / "plot_2.tif"
    path.write_bytes(b"II*\x00 and no more")
    before = painted.annotation("plot_1")

    with pytest.raises(ImageReadError, match=r"plot_2\.tif"):
        painted.merge_classes(1, into=2)

    assert painted.scheme.names == ("soil", "leaf", "stem")
    assert np.array_equal(painted.annotation("plot_1"), before)
    assert not (painted.folder / "journal").exists()


def test_closing_an_edit_leaves_everything_as_it_was(painted: Project) -> None:
    before, contents = kept_labels(painted), painted.contents
    task = painted.edit_classes_task(painted.scheme.merge(1, into=2))
    next(task)
    with pytest.raises(ProjectError, match="being changed"):
        painted.save()
    next(task)
    task.close()

    assert painted.contents == contents
    assert_same(kept_labels(painted), before)
    painted.save()


def test_an_edit_of_other_classes_is_refused(painted: Project) -> None:
    edit = painted.scheme.merge(1, into=2)
    painted.save(Changes(scheme=painted.scheme.with_class("fruit")))

    with pytest.raises(ProjectError, match="have changed"):
        list(painted.edit_classes_task(edit))


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_an_edit_killed_while_files_move_is_seen_as_done_and_completed(
    painted: Project, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    done, replace = [], Path.replace

    def dying(path: Path, target: Path) -> Path:
        if "journal/new" in path.as_posix() and not path.name.startswith("."):
            if len(done) == moved:
                raise Killed
            done.append(path)
        return replace(path, target)

    expected = _after(painted, monkeypatch, dying)
    with Project.open(painted.folder, read_only=True) as reader:
        assert reader.scheme.names == ("leaf", "stem")
        assert_same(kept_labels(reader), expected)
        assert (reader.folder / "journal").exists()
    with Project.open(painted.folder) as again:
        assert again.scheme.names == ("leaf", "stem")
        assert_same(kept_labels(again), expected)
        assert not (again.folder / "journal").exists()
        again.undo_classes()
        assert again.scheme.names == ("soil", "leaf", "stem")


def _after(project: Project, monkeypatch: pytest.MonkeyPatch, dying) -> dict:
    """Kill an edit; return the labels it would have led to."""
    before = kept_labels(project)
    complete = Journal.complete
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dying)
        calls = []

        def once(journal: Journal) -> None:
            if not calls:
                calls.append(journal)
                complete(journal)

        patch.setattr(Journal, "complete", once)
        with pytest.raises(Killed):
            project.merge_classes(1, into=2)
    project.close()
    table = np.array([0, 1, 1, 2], np.uint8)
    return {k: None if v is None else table[v] for k, v in before.items()}
