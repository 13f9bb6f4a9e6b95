"""A model that training proposes outlives the session, until somebody decides."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from imageseg.cli import main
from imageseg.interactive import Answer
from imageseg.metrics import Scores
from imageseg.project import Project
from imageseg.tasks import drain
from napari_imageseg.proposals import Proposal

ROWS = {0: 2, 6: 1}


def scores(*matrix: list[int]) -> Scores:
    return Scores(np.array(matrix))


def proposal(model, **values) -> Proposal:
    """Return one whose Dice are 2·6 / (2·6 + 1 + 1) = 0.86 and 0.80."""
    known = scores([6, 1], [1, 4]) if len(model.spec.scheme) == 2 else None
    answer = Answer(
        model=model,
        kind="network",
        scores=known,
        held_out="2 held-out blocks",
    )
    return Proposal(answer, **values)


@pytest.fixture
def start(make_session, work, errands, tmp_path):
    """Begin sessions, as napari does when it is started."""
    return lambda: make_session(work, errands, tmp_path / "home")


@pytest.fixture
def with_strokes(photos, paint_row):
    """Return what opens images in a session, paints, and saves."""

    def begun(session):
        session.images.open_paths([photos])
        for row, label in ROWS.items():
            paint_row(session, row, label)
        session.keeper.flush()
        return session

    return begun


@pytest.fixture
def opened(start, make_model, with_strokes):
    """Return a session with a model in use, images and strokes, saved."""
    session = start()
    session.models.restore(make_model(), "")
    session.classes.set_scheme(session.models.base.spec.scheme)
    return with_strokes(session)


@pytest.fixture
def new(start, with_strokes):
    """Return a session without a model, with strokes, saved."""
    session = start()
    session.models.new()
    return with_strokes(session)


@pytest.fixture
def reopen(start):
    """Close a session, and open its project in another."""

    def again(session):
        session.keeper.flush()
        folder = session.keeper.project.folder
        session.keeper.finish()
        other = start()
        other.projects.open(folder)
        return other

    return again


def stored(session) -> Project:
    """Read the project as another program would."""
    return Project.open(session.keeper.project.folder, read_only=True)


def files(session) -> list[str]:
    return sorted(path.stem for path in session.keeper.project.layout.models.iterdir())


def predicted(session) -> np.ndarray:
    session.predictor.predict()
    return session.images.current.prediction.copy()


def said_of(model, pixels) -> np.ndarray:
    """Ask the network itself, without tiles, looks or sessions."""
    from imageseg.inference import predict_task  # noqa: PLC0415
    from imageseg.settings import PredictSettings  # noqa: PLC0415

    settings = PredictSettings(device="cpu", precision="fp32")
    return drain(predict_task(model, pixels, settings)).labels


def test_it_is_proposed_again(opened, make_model, reopen) -> None:
    used, better = opened.models.base, make_model(seed=1)
    before = Answer(
        model=used, kind="start", scores=scores([4, 2], [2, 3]), held_out="2 blocks"
    )
    opened.models.propose(proposal(better, before=before), used)
    left = opened.models.candidate.text
    again = reopen(opened)
    found = again.models.candidate

    assert again.models.base.digest() == used.digest()
    assert again.models.current is again.models.base
    assert found.model.digest() == better.digest()
    assert found.answer.kind == "network"
    assert found.text == left
    assert "0.86 (was 0.67)" in left
    assert again.keeper.is_saved
    pixels = again.images.current.pixels
    expected = said_of(better, pixels)
    np.testing.assert_array_equal(said_of(found.model, pixels), expected)
    again.models.accept()
    np.testing.assert_array_equal(predicted(again), expected)


def test_a_new_model_predicts_again_before_it_is_accepted(
    new, make_model, reopen
) -> None:
    model = make_model(seed=1)
    new.models.propose(proposal(model), None)
    expected = predicted(new)
    again = reopen(new)

    assert again.models.base is None
    assert again.models.current is again.models.candidate.model
    assert stored(again).model == ""
    np.testing.assert_array_equal(predicted(again), expected)
    np.testing.assert_array_equal(expected, said_of(model, again.images.current.pixels))
    again.models.discard()
    assert again.models.current is None


def test_what_training_brings_is_proposed_again(new, reopen) -> None:
    new.trainer.train()
    left = new.models.candidate
    again = reopen(new)

    assert again.models.candidate.model.digest() == left.model.digest()
    assert again.models.candidate.answer.kind == left.answer.kind
    assert again.models.candidate.text == left.text


@pytest.mark.parametrize("closed", [False, True])
def test_accepting_it_makes_no_second_copy(opened, make_model, reopen, closed) -> None:
    first, better = stored(opened).model, make_model(seed=1)
    opened.models.propose(proposal(better), opened.models.base)
    opened.keeper.flush()
    written = files(opened)
    session = reopen(opened) if closed else opened
    assert len(written) == 2
    session.models.accept()
    session.keeper.flush()
    project = stored(session)

    assert files(session) == written
    assert project.proposed == ""
    assert project.load_model().digest() == better.digest()
    assert project.entry(project.model).parent == first
    assert project.entry(project.model).accepted


def test_nothing_is_written_after_every_epoch(
    opened, make_model, held_runner, reopen
) -> None:
    training = held_runner()
    object.__setattr__(opened.runners, "training", training)
    opened.trainer.train()
    assert training.busy
    for seed in (1, 2):
        opened.models.propose(proposal(make_model(seed=seed)), opened.models.base)
        assert opened.keeper.is_saved
        opened.keeper.flush()
    assert len(files(opened)) == 1

    training.cancel()
    opened.keeper.flush()
    assert len(files(opened)) == 2
    best = make_model(seed=2).digest()
    assert reopen(opened).models.candidate.model.digest() == best


@pytest.mark.parametrize("leave", ["close", "exchange"])
def test_the_best_of_a_running_training_is_kept_at_the_end(
    opened, make_model, held_runner, start, leave
) -> None:
    object.__setattr__(opened.runners, "training", held_runner())
    opened.trainer.train()
    best = make_model(seed=1)
    opened.models.propose(proposal(best), opened.models.base)
    folder = opened.keeper.project.folder
    if leave == "close":
        opened.keeper.flush_all()
        opened.keeper.finish()
    else:
        opened.projects.new()

    project = Project.open(folder, read_only=True)
    assert project.load_model(project.proposed).digest() == best.digest()


def test_newer_ones_and_discarded_ones_leave_no_files(opened, make_model) -> None:
    (used,) = files(opened)
    for seed in (1, 2, 3):
        opened.models.propose(proposal(make_model(seed=seed)), opened.models.base)
        opened.keeper.flush()
        assert len(files(opened)) == 2
    newest = make_model(seed=3).digest()
    assert stored(opened).load_model(stored(opened).proposed).digest() == newest
    opened.models.discard()
    opened.keeper.flush()

    assert files(opened) == [used]
    assert stored(opened).proposed == ""


@pytest.fixture
def learning(opened, make_model, held_runner):
    """Return a session with a written proposal, in which a training is running."""
    opened.models.propose(proposal(make_model(seed=1)), opened.models.base)
    opened.keeper.flush()
    object.__setattr__(opened.runners, "training", held_runner())
    opened.trainer.train()
    assert stored(opened).proposed
    return opened


@pytest.mark.parametrize("between", ["saved", "not saved"])
def test_a_discarded_one_is_gone_before_training_ends(
    learning, make_model, between
) -> None:
    used = stored(learning).model
    learning.models.discard()
    if between == "saved":
        learning.keeper.flush()
    newer = make_model(seed=2)
    learning.models.propose(proposal(newer), learning.models.base)
    learning.keeper.flush()

    assert files(learning) == [used]
    assert stored(learning).proposed == ""
    learning.runners.training.cancel()
    learning.keeper.flush()
    project = stored(learning)
    assert project.load_model(project.proposed).digest() == newer.digest()


def test_one_that_was_written_at_the_end_of_a_wait_is_gone_too(
    learning, make_model
) -> None:
    """What `hurry` has written of a running training is discarded like any other."""
    for seed in (2, 3):
        learning.models.propose(proposal(make_model(seed=seed)), learning.models.base)
        if seed == 2:
            learning.keeper.flush_all()
            learning.models.discard()
    learning.keeper.flush()

    assert stored(learning).proposed == ""


def test_undo_during_training_has_a_discarded_one_written_again(learning) -> None:
    written, candidate = stored(learning).proposed, learning.models.candidate
    learning.models.discard()
    learning.keeper.flush()
    learning.journal.undo()
    learning.keeper.flush()

    assert learning.models.candidate is candidate
    assert stored(learning).proposed == written


def test_an_opened_project_keeps_its_proposal_while_training_begins(
    opened, make_model, reopen, held_runner
) -> None:
    opened.models.propose(proposal(make_model(seed=1)), opened.models.base)
    opened.keeper.flush()
    written = stored(opened).proposed
    again = reopen(opened)
    object.__setattr__(again.runners, "training", held_runner())
    again.trainer.train()
    again.models.propose(proposal(make_model(seed=2)), again.models.base)
    again.classes.select(2)
    again.keeper.flush()

    assert stored(again).proposed == written


def test_undo_brings_a_discarded_one_back(opened, make_model, reopen) -> None:
    better = make_model(seed=1)
    opened.models.propose(proposal(better), opened.models.base)
    opened.keeper.flush()
    written = stored(opened).proposed
    opened.models.discard()
    opened.keeper.flush()
    assert opened.journal.undo_title == "discarded model"
    opened.journal.undo()
    assert opened.models.candidate.model is better
    again = reopen(opened)

    assert again.models.candidate.model.digest() == better.digest()
    assert stored(again).proposed == written
    assert stored(again).entry(written).parent == stored(again).model


def test_undo_of_accepting_proposes_it_again(opened, make_model, reopen) -> None:
    used, better = opened.models.base, make_model(seed=1)
    opened.models.propose(proposal(better), used)
    opened.keeper.flush()
    opened.models.accept()
    opened.keeper.flush()
    opened.journal.undo()
    again = reopen(opened)

    assert again.models.base.digest() == used.digest()
    assert again.models.candidate.model.digest() == better.digest()
    assert len(files(again)) == 2


def test_what_was_proposed_after_a_change_of_model_comes_back_with_redo(
    opened, make_model
) -> None:
    opened.models.use(make_model(seed=5), "other", "opened model")
    better = make_model(seed=1)
    opened.models.propose(proposal(better), opened.models.base)
    opened.keeper.flush()
    opened.journal.undo()
    opened.keeper.flush()
    assert stored(opened).proposed == ""
    opened.journal.redo()
    opened.keeper.flush()

    assert opened.models.candidate.model is better
    project = stored(opened)
    assert project.load_model(project.proposed).digest() == better.digest()


def test_the_menu_accepts_it(opened, make_model) -> None:
    better = make_model(seed=1)
    opened.models.propose(proposal(better), opened.models.base)
    opened.keeper.flush()
    assert opened.projects.proposed_id == stored(opened).proposed
    opened.projects.use_model(opened.projects.proposed_id)
    opened.keeper.flush()

    assert opened.models.base is better
    assert len(files(opened)) == 2


def test_its_labels_are_right_after_an_edit_of_classes(new, make_model, reopen) -> None:
    new.classes.add()
    new.models.propose(proposal(make_model(classes=3, seed=1)), None)
    new.class_editor.move(3, 1)
    expected = predicted(new)
    again = reopen(new)
    model = again.models.candidate.model

    assert again.labels.of(model) == (2, 3, 1)
    np.testing.assert_array_equal(predicted(again), expected)
    told = said_of(model, again.images.current.pixels)
    np.testing.assert_array_equal(expected, np.array([0, 2, 3, 1])[told])
    again.class_editor.move(3, 1)
    again.keeper.flush()
    assert stored(again).entry(stored(again).proposed).labels == (3, 1, 2)


def test_one_that_came_back_keeps_its_labels_when_classes_do(
    new, make_model, reopen
) -> None:
    new.classes.add()
    model = make_model(classes=3, seed=1)
    new.models.propose(proposal(model), None)
    new.class_editor.merge(1, into=3)
    new.models.discard()
    new.keeper.flush()
    new.journal.undo()
    new.keeper.flush()
    new.journal.undo()
    again = reopen(new)

    assert new.labels.of(model) == ()
    assert again.labels.of(again.models.candidate.model) == ()


def test_what_speaks_for_it_later_is_kept_too(opened, make_model, reopen) -> None:
    told = proposal(make_model(seed=1))
    opened.models.propose(told, opened.models.base)
    opened.keeper.flush()
    judged = replace(told, said="Better: mean Dice 0.70 before, 0.80 after.")
    opened.models.propose(judged, opened.models.base)
    again = reopen(opened)

    assert again.models.candidate.text == judged.said
    assert len(files(again)) == 2


def test_one_of_another_program_says_what_is_known(opened, make_model, reopen) -> None:
    from imageseg.project import Story  # noqa: PLC0415

    project = opened.keeper.project
    dice = {"class 1": 0.5, "class 2": None}
    story = Story(proposed=True, scores={"dice": dice}, held_out="3 images")
    project.add_model(make_model(seed=1), story)
    again = reopen(opened)
    assert again.models.candidate.text == "Dice: class 1 0.50, on 3 images."
    again.keeper.project.add_model(make_model(seed=2), Story(proposed=True))

    assert reopen(again).models.candidate.text == (
        "It has no score: nothing is held out."
    )


@pytest.fixture
def trained(opened, start):
    """Return a session with a project on which the command line has trained."""
    folder = opened.keeper.project.folder
    used = opened.keeper.project.model
    settings = replace(opened.trainer.settings, precision="fp32")
    opened.trainer.settings = settings
    opened.keeper.flush()
    opened.keeper.finish()
    assert main(["train", str(folder), "--seed", "3"]) == 0
    session = start()
    session.projects.open(folder)
    assert session.projects.model_id == used
    return session


def test_what_the_command_line_trained_is_asked_about(trained) -> None:
    project, found = stored(trained), trained.models.candidate
    entry = project.entry(project.proposed)

    assert found.model.digest() == project.load_model(entry.id).digest()
    assert found.text == entry.note
    assert "mean Dice" in found.text
    assert entry.parent == project.model
    trained.comparer.start()
    np.testing.assert_array_equal(
        trained.comparer.current.after,
        said_of(found.model, trained.images.current.pixels),
    )
    trained.models.accept()
    trained.keeper.flush()
    assert (stored(trained).model, stored(trained).proposed) == (entry.id, "")


def test_what_the_command_line_trained_is_kept_when_it_is_discarded(
    trained, reopen
) -> None:
    written, there = stored(trained).proposed, files(trained)
    trained.models.discard()
    trained.keeper.flush()
    assert stored(trained).proposed == ""
    assert files(trained) == there
    again = reopen(trained)

    assert again.models.candidate is None
    again.projects.use_model(written)  # from the list of earlier models
    again.keeper.flush()
    digest = stored(again).load_model(written).digest()
    assert again.models.candidate.model.digest() == digest
    assert again.models.base.digest() != digest
    assert stored(again).proposed == written
    assert again.journal.undo_title.startswith("candidate ")
    again.journal.undo()
    again.keeper.flush()
    assert again.models.candidate is None
    assert files(again) == there


def test_what_is_proposed_next_leaves_what_the_command_line_trained(
    trained, make_model
) -> None:
    there = files(trained)
    trained.models.propose(proposal(make_model(seed=9)), trained.models.base)
    trained.keeper.flush()

    assert set(files(trained)) > set(there)


def test_a_candidate_that_is_chosen_takes_back_nothing_for_good(
    opened, make_model
) -> None:
    other = opened.keeper.project.add_model(make_model(seed=4)).id
    better = make_model(seed=1)
    opened.models.propose(proposal(better), opened.models.base)
    opened.keeper.flush()
    written = stored(opened).proposed
    opened.projects.use_model(other)
    opened.keeper.flush()
    assert stored(opened).proposed == other
    opened.journal.undo()
    opened.keeper.flush()

    assert opened.models.candidate.model is better
    assert stored(opened).proposed == written
    assert other in files(opened)


def test_a_candidate_predicts_meanwhile_where_there_is_no_model(
    new, make_model
) -> None:
    other = new.keeper.project.add_model(make_model(seed=4)).id
    new.projects.use_model(other)

    assert new.models.base is None
    assert new.models.current is new.models.candidate.model


def test_a_damaged_one_is_told_and_left_alone(
    opened, make_model, start, listen_to
) -> None:
    opened.models.propose(proposal(make_model(seed=1)), opened.models.base)
    opened.keeper.flush()
    project = opened.keeper.project
    file = project.model_file(project.proposed)
    opened.keeper.finish()
    file.write_bytes(b"no model")
    again = start()
    said = listen_to(again)
    again.projects.open(project.folder)
    again.classes.select(2)
    again.keeper.flush()

    assert again.models.candidate is None
    assert again.models.base is not None
    assert len(said.errors) == 1
    assert file.read_bytes() == b"no model"
    assert stored(again).proposed == file.stem


def test_until_they_are_opened_models_of_a_project_are_left_alone(
    opened, make_model, start, held_runner
) -> None:
    better = make_model(seed=1)
    opened.models.propose(proposal(better), opened.models.base)
    opened.keeper.flush()
    left, folder = stored(opened), opened.keeper.project.folder
    opened.keeper.finish()
    slow = held_runner()
    session = start()
    object.__setattr__(session.runners, "errands", slow)
    session.models.restore(make_model(seed=7), "")
    session.models.propose(proposal(make_model(seed=8)), session.models.base)
    session.projects.open(folder)
    assert slow.busy
    session.classes.select(2)
    session.keeper.flush()

    found = stored(session)
    assert (found.model, found.proposed) == (left.model, left.proposed)
    assert found.models == left.models
    slow.release()
    assert session.models.candidate.model.digest() == better.digest()


def test_models_of_a_project_fit_classes_that_were_moved_while_they_opened(
    opened, start, held_runner
) -> None:
    folder = opened.keeper.project.folder
    opened.keeper.finish()
    slow, session = held_runner(), start()
    object.__setattr__(session.runners, "models", slow)
    session.projects.open(folder)
    assert session.models.expected
    session.class_editor.move(2, 1)
    slow.release()

    assert session.classes.scheme.names == ("class 2", "class 1")
    assert session.labels.of(session.models.base) == (2, 1)
    said = said_of(session.models.base, session.images.current.pixels)
    np.testing.assert_array_equal(predicted(session), np.array([0, 2, 1])[said])


@pytest.fixture
def opening(start, with_strokes, make_model, held_runner):
    """Return a session with three classes whose project's model is being opened."""
    first = start()
    first.models.restore(make_model(classes=3), "")
    first.classes.set_scheme(first.models.base.spec.scheme)
    folder = with_strokes(first).keeper.project.folder
    first.keeper.finish()
    slow, session = held_runner(), start()
    object.__setattr__(session.runners, "models", slow)
    session.projects.open(folder)
    assert session.models.expected
    return session, slow


EDITS = pytest.mark.parametrize(
    ("edit", "there"),
    [
        (lambda editor: editor.merge(3, 2), (1, 2, 2)),
        (lambda editor: editor.merge(1, 3), (2, 1, 2)),
        (lambda editor: editor.remove(1), (0, 1, 2)),
        (lambda editor: editor.move(3, 1), (2, 3, 1)),
    ],
    ids=["merged", "merged upwards", "removed", "moved"],
)


@EDITS
def test_models_of_a_project_fit_classes_that_came_back_since_they_opened(
    opening, edit, there
) -> None:
    session, slow = opening
    edit(session.class_editor)
    slow.release()
    assert session.labels.of(session.models.base) == there
    for step, labels in [("undo", ()), ("redo", there), ("undo", ())]:
        getattr(session.journal, step)()
        session.keeper.flush()

        assert session.labels.of(session.models.base) == labels
        assert stored(session).models[0].labels == (labels or (1, 2, 3))
    said = said_of(session.models.base, session.images.current.pixels)
    np.testing.assert_array_equal(predicted(session), said)


def test_models_of_a_project_fit_classes_after_each_of_several_edits_came_back(
    opening,
) -> None:
    session, slow = opening
    session.classes.add()
    session.class_editor.merge(3, 2)
    session.class_editor.move(3, 1)
    slow.release()
    known = [session.labels.of(session.models.base)]
    for _ in range(2):
        session.journal.undo()
        known.append(session.labels.of(session.models.base))

    assert known == [(2, 3, 3), (1, 2, 2), ()]


@pytest.mark.parametrize("step", ["edit", "undo"])
@EDITS
def test_models_of_a_project_wait_for_an_edit_of_classes(
    opening, held_runner, step, edit, there
) -> None:
    session, slow = opening
    saving = held_runner()
    if step == "undo":
        edit(session.class_editor)
    object.__setattr__(session.runners, "saving", saving)
    if step == "undo":
        session.journal.undo()
    else:
        edit(session.class_editor)
    _, task, then = saving.jobs.pop()
    written = drain(task)  # the answer is on its way
    slow.release()
    assert session.models.base is None
    then(written)

    expected = () if step == "undo" else there
    assert session.labels.of(session.models.base) == expected
    assert stored(session).models[0].labels == (expected or (1, 2, 3))


def test_a_training_that_forgets_leaves_what_was_proposed_before(
    opened, make_model
) -> None:
    earlier = proposal(make_model(seed=1))
    opened.models.propose(earlier, opened.models.base)
    opened.trainer._proposed_before = earlier  # as `train` notes it

    class Forgets:
        verdict, proposed, text = "forgets", False, "it forgets"

    network = proposal(make_model(seed=2)).answer
    opened.trainer._judge(Forgets(), network, opened.models.base)

    assert opened.models.candidate is earlier


def test_a_new_project_leaves_it_in_the_one_before(opened, make_model) -> None:
    opened.models.propose(proposal(make_model(seed=1)), opened.models.base)
    opened.keeper.flush()
    before = opened.keeper.project.folder
    opened.projects.new()

    assert opened.models.candidate is None
    assert Project.open(before, read_only=True).proposed


def test_covers_said_by_earlier_models_are_known_again(
    opened, make_model, reopen
) -> None:
    def say(session, share: float) -> None:
        rounds = session.advisor.sights.rounds
        rounds.add(session.models.base, "plot", {"sky": share}, annotated=1)
        session.keeper.flush()

    say(opened, 0.2)
    opened.models.use(make_model(seed=1))
    opened.keeper.flush()
    say(opened, 0.3)
    again = reopen(opened)
    say(again, 0.35)

    assert again.advisor.sights.rounds.advice().changes == pytest.approx((0.15,))
    assert again.keeper.is_saved


def test_a_project_with_rounds_in_another_form_opens_without_them(
    opened, start
) -> None:
    opened.keeper.flush()
    project = opened.keeper.project
    opened.keeper.finish()
    path = project.layout.description
    values = json.loads(path.read_text("utf-8"))
    values["view"]["rounds"] = {"plot": 0.2}
    path.write_text(json.dumps(values), "utf-8")
    other = start()
    other.projects.open(project.folder)

    assert [item.name for item in other.images.items]
    assert other.models.base is not None
    assert other.advisor.sights.rounds.size == ()
