"""Strokes in, answers out: at once, behind it, and live."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.interactive import Answer
from imageseg.metrics import Scores
from imageseg.training import pixels
from napari_imageseg.items import ImageItem
from napari_imageseg.models import NEW_CLASSES
from napari_imageseg.proposals import Proposal

DARK, BRIGHT = 1, 2


def scene() -> np.ndarray:
    """Return a grey picture whose left half is dark, with noise."""
    noise = np.random.default_rng(0).normal(0, 10, (96, 160))
    return np.clip(np.where(np.arange(160) < 80, 60, 180) + noise, 0, 255).astype(
        np.uint8
    )


def paint(session, item: ImageItem, rows: slice = slice(0, 96, 8)) -> None:
    """Annotate both halves in thin rows."""
    annotation = item.ensure_annotation((96, 160))
    annotation[rows, 4:70], annotation[rows, 90:156] = DARK, BRIGHT
    session.annotator.recount(item)


@pytest.fixture
def plot(session) -> ImageItem:
    """Return an image on show, with strokes, in a session without a model."""
    session.models.new()
    item = ImageItem(name="plot", pixels=scene())
    session.images.add(item)
    paint(session, item)
    return item


@pytest.fixture
def tuned(session, make_model) -> Proposal:
    """Return what training a tiny model proposes."""
    session.models.use(make_model(channels=1), "tiny")
    item = ImageItem(name="plot", pixels=scene())
    session.images.add(item)
    paint(session, item)
    session.trainer.train()
    return session.models.candidate


def count(signal) -> list:
    seen: list = []
    signal.connect(lambda *values: seen.append(values))
    return seen


def test_the_first_answer_is_the_instant_models_and_is_shown(session, plot) -> None:
    told = count(session.trainer.answered)
    session.trainer.train()
    ((first,), *_) = told

    assert first.kind == "instant"
    assert (plot.prediction[:, :70] == DARK).mean() > 0.95
    assert (plot.prediction[:, 90:] == BRIGHT).mean() > 0.95


def test_what_is_annotated_is_described_once_before_it_is_learned(
    session, plot, monkeypatch, inline_runner
) -> None:
    described = []
    compute = pixels.feature_planes

    def noted(*args):
        described.append(args)
        return compute(*args)

    monkeypatch.setattr(pixels, "feature_planes", noted)
    lane = inline_runner()
    for _ in range(2):
        session.trainer.describe(lane)
    assert lane.titles == ["Getting ready"]
    assert described

    described.clear()
    answered = count(session.trainer.answered)
    session.trainer.train()
    assert answered[0][0].kind == "instant"
    assert described == []


def test_what_cannot_be_read_is_not_told_before_anybody_asks(
    session, plot, tmp_path, inline_runner
) -> None:
    plot.path, plot.pixels = tmp_path / "gone.png", None
    lane = inline_runner()
    session.trainer.describe(lane)

    assert lane.failures == []


def test_a_new_model_is_used_as_soon_as_it_answers(session, plot) -> None:
    session.trainer.train()

    assert session.models.current is session.models.candidate.model
    assert session.models.current.spec.scheme == NEW_CLASSES
    assert session.models.base is None
    session.models.accept()
    assert session.models.base is session.models.current
    session.journal.undo()
    assert session.models.base is None


def test_what_was_predicted_before_training_comes_back_with_undo(session, plot) -> None:
    session.trainer.train()
    assert plot.prediction is not None
    session.journal.undo()

    assert plot.prediction is None
    assert plot.status == "annotated"


def test_training_tells_of_its_start_and_of_every_epoch(session, plot) -> None:
    starts, epochs = (
        count(session.trainer.started),
        count(session.trainer.epoch_finished),
    )
    session.trainer.train()

    assert len(starts) == 1
    assert [progress.row.epoch for (progress,) in epochs] == [1]


def test_a_trained_model_is_proposed_while_the_old_one_stays(session, tuned) -> None:
    assert tuned.answer.kind in ("instant", "network")
    assert session.models.current.spec.name == "tiny"
    assert session.models.base is session.models.current


def test_an_accepted_candidate_is_the_model(session, tuned) -> None:
    told = count(session.models.changed)
    session.models.accept()

    assert session.models.current is tuned.model
    assert session.models.candidate is None
    assert len(told) == 1


def test_a_discarded_candidate_leaves_the_old_model(session, tuned) -> None:
    old, told = session.models.current, count(session.models.candidate_changed)
    session.models.discard()

    assert session.models.current is old
    assert session.models.candidate is None
    assert len(told) == 1


def test_a_discarded_new_model_leaves_none(session, plot) -> None:
    session.trainer.train()
    session.models.discard()

    assert session.models.current is None


def test_a_candidate_of_more_classes_brings_them(session, tuned) -> None:
    """The classes shown have become fewer while a model of more was trained."""
    session.classes.set_scheme(ClassScheme.from_names(["a", "b"]))
    object.__setattr__(tuned.model.spec, "scheme", ClassScheme.from_names("abc"))
    session.models.accept()

    assert session.classes.scheme.names == ("a", "b", "c")


def test_accepting_nothing_changes_nothing(ready) -> None:
    old, told = ready.models.current, count(ready.models.changed)
    ready.models.accept()

    assert ready.models.current is old
    assert told == []


def test_a_model_for_other_images_is_nothing_to_start_from(
    session, make_model, plot
) -> None:
    session.models.use(make_model(channels=3), "colour")
    session.trainer.train()

    assert set(session.trainer.answers) <= {"instant", "network"}
    assert session.models.candidate.model.spec.channels == 1
    assert session.models.current.spec.channels == 3


def test_a_pinned_one_speaks_however_good_another_is(session, plot) -> None:
    session.trainer.train()
    told = count(session.trainer.answered)
    for kind in ("network", "instant"):
        session.trainer.pin(kind)
        assert session.trainer.speaking is session.trainer.answers[kind]
        assert plot.predicted_by == session.trainer.answers[kind].model.spec.name
    assert len(told) == 2
    session.trainer.pin("best")
    assert session.trainer.speaking is not None

    with pytest.raises(ValueError, match="loudest"):
        session.trainer.pin("loudest")


def test_live_mode_answers_to_every_stroke(session, plot) -> None:
    session.trainer.set_live(live=True)
    told = count(session.trainer.answered)
    plot.prediction[:] = BRIGHT
    paint(session, plot, slice(2, 96, 10))

    assert told
    assert (plot.prediction[:, :70] == DARK).mean() > 0.95


def test_live_mode_waits_for_a_second_class(session, said) -> None:
    session.models.new()
    item = ImageItem(name="plot", pixels=scene())
    session.images.add(item)
    session.trainer.set_live(live=True)
    item.ensure_annotation((96, 160))[:4] = DARK
    session.annotator.recount(item)

    assert said.errors == []
    assert item.prediction is None


def test_strokes_during_training_are_answered_live(
    make_session, inline_runner, held_runner
) -> None:
    """The pixel classifier follows every stroke while a network is learning."""
    session = make_session(inline_runner(), inline_runner())
    training = held_runner()
    object.__setattr__(session.runners, "training", training)
    session.models.new()
    item = ImageItem(name="plot", pixels=scene())
    session.images.add(item)
    paint(session, item)
    session.trainer.set_live(live=True)
    assert training.busy
    assert item.prediction is None
    paint(session, item, slice(2, 96, 10))

    assert (item.prediction[:, 90:] == BRIGHT).mean() > 0.95
    assert session.trainer.answers["instant"].kind == "instant"


def test_another_image_is_answered_while_training_goes_on(
    make_session, inline_runner, held_runner, make_model
) -> None:
    session = make_session(inline_runner(), inline_runner())
    training = held_runner()
    object.__setattr__(session.runners, "training", training)
    session.images.add(ImageItem(name="first", pixels=scene()))
    paint(session, session.images.current)
    session.trainer.train()
    answer = Answer(
        model=make_model(channels=1), kind="instant", scores=None, held_out=""
    )
    session.trainer._hear(answer, None)
    second = ImageItem(name="second", pixels=scene())
    session.images.add(second)

    assert second.predicted_by == "tiny"


@pytest.fixture
def scored(make_model):
    """Return answers whose classes both have the same Dice."""

    def answer(kind: str, dice: float) -> Answer:
        right, wrong = round(100 * dice), round(100 * (1 - dice))
        matrix = np.array([[right, wrong], [wrong, right]])
        scores = Scores(matrix)
        assert scores.mean_dice == pytest.approx(dice)
        model = make_model(channels=1)
        return Answer(model=model, kind=kind, scores=scores, held_out="2 blocks")

    return answer


class Verdict:
    """Stand in for a judgement."""

    def __init__(self, verdict: str) -> None:
        self.verdict, self.proposed = verdict, verdict != "forgets"
        self.text = f"{verdict}: plot 0.9 before, 0.5 after"


@pytest.mark.parametrize("speaking", ["network", "instant"])
@pytest.mark.parametrize("verdict", ["better", "no better", "forgets"])
def test_what_is_proposed_at_the_end_follows_the_judgement(
    session, tuned, said, speaking, verdict
) -> None:
    answers, base = session.trainer.answers, session.models.base
    session.models.propose(Proposal(answers[speaking]), base)
    judgement = Verdict(verdict)
    session.trainer._judge(judgement, answers["network"], base)
    candidate = session.models.candidate

    kind = None if candidate is None else candidate.answer.kind
    expected = {
        ("network", "better"): "network",
        ("network", "no better"): "network",
        ("network", "forgets"): None,
        ("instant", "better"): "network",
        ("instant", "no better"): "instant",
        ("instant", "forgets"): "instant",
    }
    assert kind == expected[speaking, verdict]
    judged = candidate is not None and candidate.judgement is judgement
    assert judged == (kind == "network")
    told = [judgement.text] if verdict == "forgets" else []
    assert said.notes == told
    assert [session.trainer.refused] == (told or [""])


@pytest.mark.parametrize(
    ("kind", "dice", "asked"),
    [
        ("network", 0.8, False),  # what training ended with is what it had
        ("network", 0.7, False),
        ("network", 0.9, True),
        ("instant", 0.7, True),  # the other one was discarded
    ],
)
def test_a_discarded_network_is_not_proposed_again_at_the_end(
    session, tuned, scored, kind, dice, asked
) -> None:
    base, trainer = session.models.base, session.trainer
    trainer._hear(scored(kind, 0.8), base)
    session.models.discard()
    trainer._judge(Verdict("better"), scored("network", dice), base)

    assert (session.models.candidate is not None) == asked


def test_what_was_discarded_before_says_nothing_of_the_next_training(
    session, tuned, scored
) -> None:
    session.trainer._hear(scored("network", 0.9), session.models.base)
    session.models.discard()
    session.trainer.train()

    assert session.models.candidate is not None


def test_another_candidate_that_is_discarded_says_nothing_of_this_training(
    session, tuned, scored
) -> None:
    base, trainer = session.models.base, session.trainer
    trainer._hear(scored("network", 0.8), base)
    session.models.propose(Proposal(scored("network", 0.9)), base)
    session.models.discard()
    trainer._judge(Verdict("better"), scored("network", 0.7), base)

    assert session.models.candidate is not None


def test_after_training_the_network_was_compared_image_by_image(
    session, tuned, monkeypatch
) -> None:
    judged = []
    monkeypatch.setattr(
        session.trainer, "_judge", lambda judgement, *_: judged.append(judgement)
    )
    session.trainer.train()

    assert [[row.image for row in judgement.rows] for judgement in judged] == [["plot"]]


def test_images_that_training_did_not_see_say_so(session) -> None:
    """Of five images and more, whole ones are held out."""
    session.models.new()
    for i in range(5):
        item = ImageItem(name=f"plot {i}", pixels=scene())
        session.images.add(item)
        paint(session, item)
    session.trainer.settings = replace(session.trainer.settings, validation=0.2)
    told = count(session.trainer.noted)
    session.trainer.train()

    assert len(told) == 1
    assert session.trainer.judged_on == "1 held-out image"
    assert sum(item.held_out for item in session.images.items) == 1
    session.trainer.settings = replace(session.trainer.settings, validation=0.0)
    session.trainer.train()
    assert not any(item.held_out for item in session.images.items)


def test_images_painted_on_last_are_given_last(session, make_item, paint_row) -> None:
    for name in "abc":
        session.images.add(make_item(name))
        paint_row(session, 0, 1)
        paint_row(session, 7, 2)
    session.images.select(session.images.items[0])
    paint_row(session, 3, 2)

    assert [item.name for item in session.trainer._annotated()] == ["b", "c", "a"]
