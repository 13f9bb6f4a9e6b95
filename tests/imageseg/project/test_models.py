"""Which model is proposed, and what becomes of one that is no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from imageseg.errors import ProjectError
from imageseg.project import Changes, NewPrediction, Project, Story

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel

    MakeModel = Callable[..., SegmentationModel]

PROPOSED = Story(proposed=True)


@pytest.fixture
def models(make_model: MakeModel) -> list[SegmentationModel]:
    """Return three models of one name, which differ."""
    return [make_model(3, filters=2, blocks=1, seed=seed) for seed in range(3)]


def files(project: Project) -> list[str]:
    return sorted(path.stem for path in project.layout.models.iterdir())


def reopened(project: Project) -> Project:
    """Read what another program would."""
    return Project.open(project.folder, read_only=True)


def test_a_proposed_model_is_there_again(
    project: Project, models: list[SegmentationModel]
) -> None:
    used = project.add_model(models[0], Story(accepted=True))
    story = Story(parent=used.id, proposed=True, note="Better: 0.7 before, 0.8 after.")
    entry = project.add_model(models[1], story)
    again = reopened(project)

    assert (again.model, again.proposed) == (used.id, entry.id)
    assert not again.entry(entry.id).accepted
    assert again.entry(entry.id).note == story.note
    assert again.load_model(entry.id).digest() == models[1].digest()
    assert again.load_model().digest() == models[0].digest()


def test_a_newer_one_takes_the_place_of_the_one_before(
    project: Project, models: list[SegmentationModel]
) -> None:
    for model in models:
        entry = project.add_model(model, PROPOSED)
        assert files(project) == [entry.id]
        assert [known.id for known in reopened(project).models] == [entry.id]
    assert reopened(project).load_model(entry.id).digest() == models[-1].digest()


def test_one_that_is_proposed_no_more_is_gone(
    project: Project, models: list[SegmentationModel]
) -> None:
    project.add_model(models[0], PROPOSED)
    project.propose_model()

    assert files(project) == []
    again = reopened(project)
    assert (again.models, again.proposed) == ((), "")


def test_an_accepted_one_is_the_same_entry_and_stays(
    project: Project, models: list[SegmentationModel]
) -> None:
    entry = project.add_model(models[0], PROPOSED)
    project.use_model(entry.id)
    again = reopened(project)
    assert (again.model, again.proposed) == (entry.id, "")
    assert [(known.id, known.accepted) for known in again.models] == [(entry.id, True)]

    project.propose_model(entry.id)  # as after undo
    project.add_model(models[1], PROPOSED)
    assert [known.id for known in project.models] == [entry.id, "tiny-2"]


def test_one_that_another_comes_from_stays(
    project: Project, models: list[SegmentationModel]
) -> None:
    first = project.add_model(models[0], PROPOSED)
    second = project.add_model(models[1], Story(parent=first.id, proposed=True))

    assert files(project) == [first.id, second.id]


def test_candidates_that_nobody_proposes_are_left_alone(
    project: Project, models: list[SegmentationModel]
) -> None:
    """As those of ``imageseg train``, of which people choose one."""
    kept = project.add_model(models[0])
    project.add_model(models[1], PROPOSED)
    project.propose_model()

    assert files(project) == [kept.id]


def test_a_candidate_that_is_proposed_is_one_again_when_it_is_no_more(
    project: Project, models: list[SegmentationModel]
) -> None:
    kept = project.add_model(models[0])
    project.propose_model(kept.id, "Better.")
    assert reopened(project).proposed == kept.id
    newer = project.add_model(models[1], PROPOSED)
    assert files(project) == [kept.id, newer.id]
    project.propose_model(kept.id)
    assert files(project) == [kept.id]
    project.propose_model()
    again = reopened(project)

    assert (again.proposed, files(again)) == ("", [kept.id])
    assert again.entry(kept.id).note == "Better."


def test_why_one_is_not_proposed_is_noted(
    project: Project, models: list[SegmentationModel]
) -> None:
    entry = project.add_model(models[0])
    project.note_model(entry.id, "It forgets.")
    again = reopened(project)

    assert (again.proposed, again.entry(entry.id).note) == ("", "It forgets.")


def test_what_speaks_for_it_may_be_said_later(
    project: Project, models: list[SegmentationModel]
) -> None:
    entry = project.add_model(models[0], PROPOSED)
    project.propose_model(entry.id, "Better.")

    assert reopened(project).entry(entry.id).note == "Better."
    with pytest.raises(ProjectError, match="no model 'other'"):
        project.propose_model("other")
    assert reopened(project).proposed == entry.id


def test_the_id_of_one_that_is_gone_is_not_taken_while_it_is_told_of(
    project: Project, models: list[SegmentationModel], strokes: np.ndarray
) -> None:
    first = project.add_model(models[0], PROPOSED)
    new = NewPrediction(labels=strokes, model=first.id)
    project.save(Changes(predictions={"plot_1": new}))
    project.merge_classes(1, into=3)
    second = project.add_model(models[1], PROPOSED)
    third = project.add_model(models[2], PROPOSED)

    assert len({first.id, second.id, third.id}) == 3
    project.save(Changes(predictions={"plot_1": None}))
    assert project.free_model_id("tiny") != first.id  # undo gives it its labels back
    project.undo_classes()
    assert project.free_model_id("tiny") == first.id


@pytest.mark.parametrize("lost", ["file", "entry"])
def test_a_project_opens_without_the_model_that_it_proposes(
    project: Project, models: list[SegmentationModel], lost: str
) -> None:
    """As the description before the last save may, whose model was deleted since."""
    entry = project.add_model(models[0], PROPOSED)
    if lost == "file":
        project.model_file(entry.id).unlink()
    else:
        path = project.layout.description
        values: dict[str, Any] = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps(values | {"models": []}), "utf-8")
    project.close()

    with Project.open(project.folder) as again:
        assert again.proposed == ""
        again.add_model(models[1], PROPOSED)


def test_a_kill_before_the_file_is_deleted_leaves_a_whole_project(
    project: Project, models: list[SegmentationModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = project.add_model(models[0], PROPOSED)
    file, unlink = project.model_file(first.id), Path.unlink

    def killed(path: Path, *, missing_ok: bool = False) -> None:
        if path == file:
            raise KeyboardInterrupt
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            project.add_model(models[1], PROPOSED)
    again = reopened(project)

    assert first.id not in {entry.id for entry in again.models}
    assert again.load_model(again.proposed).digest() == models[1].digest()
