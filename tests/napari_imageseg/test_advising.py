"""Where to look next, against numbers worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.density import parse_region
from imageseg.guidance.effect import folded_mean
from imageseg.inference import Prediction
from imageseg.project.fields import Fields, many
from imageseg.tasks import drain
from napari_imageseg import next_jobs
from napari_imageseg.items import ImageItem
from napari_imageseg.next_jobs import as_shown, rank_task
from napari_imageseg.sources import source_of
from napari_imageseg.stopping import Rounds, covers, stop_text

# The model of these tests says p(bright) = 1 / (1 + exp(-20 (v - 0.5))) of a pixel of
# value v: of one that is half bright it is undecided, of a black one it is sure.
UNDECIDED, RATHER_DARK, SURE = 127, 110, 0


def grey(name: str, value: int, shape: tuple[int, ...] = (32, 32)) -> ImageItem:
    return ImageItem(name=name, pixels=np.full((*shape, 3), value, np.uint8))


def effect_of(value: int, pixels: int) -> float:
    """Return the expected change of an image of one value, as docs/guidance.md says.

    m = Σ (p - y) and s² = 256 Σ p (1 - p), for the one class as for the other.
    """
    p = 1 / (1 + np.exp(-20 * (value / 255 - 0.5)))
    m, s = pixels * (p - (p >= 0.5)), np.sqrt(256 * pixels * p * (1 - p))
    return float(folded_mean(np.array(m), np.array(s))) / pixels


@pytest.fixture
def three(ready):
    """Return a session with three images, the most useful of which is in the midst."""
    for name, value in (("a", RATHER_DARK), ("b", UNDECIDED), ("c", SURE)):
        ready.images.add(grey(name, value))
    ready.images.select(ready.images.items[0])
    return ready


def order(session) -> str:
    return "".join(item.name for item in session.advisor.ranking)


def paint(session, item: ImageItem) -> None:
    item.ensure_annotation((32, 32))[:] = 1
    session.annotator.recount(item)


def test_images_are_ranked_by_what_they_change_in_the_mean(three) -> None:
    assert order(three) == ""
    three.advisor.rank()

    assert order(three) == "bac"
    worth = {item.name: item.worth for item in three.images.items}
    assert worth["b"] == pytest.approx(effect_of(UNDECIDED, 1024) / 3, rel=1e-3)
    assert worth["a"] == pytest.approx(effect_of(RATHER_DARK, 1024) / 3, rel=1e-3)
    assert worth["c"] == pytest.approx(0, abs=1e-3)
    assert all(item.status == "new" for item in three.images.items)


def test_what_is_reviewed_is_open_no_more_but_counts_in_the_mean(three) -> None:
    three.annotator.review(three.images.items[0], reviewed=True)
    three.advisor.rank()

    assert [item.worth for item in three.images.items] == [
        0.0,
        pytest.approx(effect_of(UNDECIDED, 1024) / 3, rel=1e-3),
        pytest.approx(0, abs=1e-3),
    ]


def test_one_goes_to_the_best_image_and_then_to_the_next(three) -> None:
    pointed = []
    three.advisor.pointed.connect(pointed.append)
    three.advisor.go()  # ranks first

    assert three.images.current.name == "b"
    assert three.images.current.status == "predicted"
    assert pointed[-1].place.box == (slice(0, 32), slice(0, 32))
    assert pointed[-1].images == 3
    assert pointed[-1].share == pytest.approx(pointed[-1].worth)
    three.advisor.go()
    assert three.images.current.name == "a"
    assert pointed[-1].item.name == "a"


def test_a_place_is_pointed_at_until_one_goes_elsewhere(three) -> None:
    three.advisor.go()
    three.images.step(1)

    assert three.advisor.pointer is None


def test_within_an_image_the_best_square_is_first(ready) -> None:
    pixels = np.zeros((300, 300, 3), np.uint8)
    pixels[256:, 256:] = UNDECIDED
    pixels[:256, 256:] = RATHER_DARK
    ready.images.add(ImageItem(name="plot", pixels=pixels))
    ready.advisor.go()
    first = ready.advisor.pointer.place.box
    ready.advisor.go()
    second = ready.advisor.pointer.place.box

    assert first == (slice(0, 256), slice(256, 300))  # larger, if not as undecided
    assert second == (slice(256, 300), slice(256, 300))


def test_in_a_stack_a_place_is_in_a_slice(ready) -> None:
    pixels = np.zeros((3, 32, 32, 3), np.uint8)
    pixels[1] = UNDECIDED
    ready.images.add(ImageItem(name="stack", pixels=pixels, axes="ZYXC"))
    ready.advisor.go()

    assert ready.advisor.pointer.place.box == (slice(1, 2), slice(0, 32), slice(0, 32))


def test_strokes_make_a_ranking_old_for_their_image_only(three, work) -> None:
    three.advisor.rank()
    a, b, _ = three.images.items
    paint(three, b)

    assert three.advisor.sights.wanted() == [b]
    three.advisor.go()  # and looks at the painted one again
    assert three.images.current is a
    assert b.worth == pytest.approx(0, abs=1e-9)
    assert order(three)[0] == "a"


def test_a_region_is_all_that_counts(ready) -> None:
    pixels = np.full((32, 32, 3), UNDECIDED, np.uint8)
    pixels[8:24, 8:24] = SURE
    ready.images.add(ImageItem(name="plot", pixels=pixels))
    ready.advisor.rank()
    everywhere = ready.images.current.worth
    ready.measurer.set_region(parse_region("16x16+8+8"))  # cheap: ranked again

    assert everywhere > 0.1
    assert ready.images.current.worth < everywhere / 10


def test_another_model_is_asked_by_itself_only_while_that_is_cheap(
    three, threshold_model
) -> None:
    three.advisor.rank()
    three.models.use(threshold_model(three.classes.scheme))
    assert order(three) == "bac"
    three.advisor.seconds = 60.0
    three.models.use(threshold_model(three.classes.scheme))

    assert order(three) == ""
    assert not three.advisor.is_complete


def test_nothing_is_ranked_that_nobody_asked_for(three, threshold_model) -> None:
    three.models.use(threshold_model(three.classes.scheme))
    three.advisor.go_on()

    assert order(three) == ""


@pytest.fixture
def lanes(make_session, with_model, held_runner, inline_runner):
    """Return a session with three images, its lane of work and that of ranking."""
    work, ranking = held_runner(), held_runner()
    session = with_model(make_session(work, inline_runner(), None, ranking))
    for name, value in (("a", RATHER_DARK), ("b", UNDECIDED), ("c", SURE)):
        session.images.add(grey(name, value))
    return session, work, ranking


def test_ranking_waits_for_what_is_waited_for(lanes) -> None:
    session, work, ranking = lanes
    session.predictor.predict()
    session.advisor.go()

    assert session.advisor.waiting
    assert not ranking.jobs
    work.release()
    session.advisor.go_on()
    assert session.advisor.left == 3
    session.advisor.give_way("Training")
    assert session.advisor.waiting
    assert not ranking.jobs
    assert not session.advisor.left
    session.advisor.go_on()
    ranking.release()
    assert session.images.current.name == "b"


def test_whoever_goes_elsewhere_or_paints_is_not_led_away(lanes) -> None:
    session, _, ranking = lanes
    session.advisor.go()
    session.images.select(session.images.items[0])
    ranking.release()

    assert session.images.current.name == "a"
    assert order(session) == "bac"


def test_ranking_can_be_stopped(lanes) -> None:
    session, _, ranking = lanes
    session.advisor.rank()
    session.advisor.stop()

    assert not ranking.jobs
    assert session.advisor.left == 0
    assert not session.advisor.waiting


def test_without_a_model_it_is_said_what_is_missing(session, said, make_item) -> None:
    session.images.add(make_item())
    session.advisor.go()

    assert said.errors[0][0] == "Where next"


def test_an_image_that_cannot_be_read_is_told_of_and_the_rest_ranked(
    three, said, tmp_path
) -> None:
    three.images.items.append(ImageItem(name="gone", path=tmp_path / "gone.png"))
    three.advisor.rank()

    assert order(three) == "bac"
    assert said.notes == [
        "1 of the images could not be ranked. Predict them to see why."
    ]
    assert three.advisor.is_complete  # it is not tried again and again


def test_where_nothing_is_open_it_is_said(ready, said) -> None:
    ready.images.add(grey("a", SURE))
    paint(ready, ready.images.current)
    ready.advisor.go()

    assert "nothing is left" in said.notes[0]
    assert ready.advisor.pointer is None


def test_classes_that_a_model_does_not_know_have_no_probability() -> None:
    found = Prediction(
        probabilities=np.full((2, 4, 4), 0.5, np.float32),
        scheme=ClassScheme.from_names(["a", "b"]),
    )
    shown = as_shown(found, ClassScheme.from_names(["x", "y", "z"]))

    assert shown.scheme.names == ("x", "y", "z")
    assert shown.probabilities[:, 0, 0].tolist() == [0.5, 0.5, 0.0]
    assert as_shown(shown, found.scheme) is shown


def test_a_ranking_goes_on_where_a_class_is_painted_that_the_model_lacks(three) -> None:
    three.classes.add()
    b = three.images.items[1]
    b.ensure_annotation((32, 32))[:16] = 3
    three.annotator.recount(b)
    three.advisor.rank()

    assert b.worth == pytest.approx(_half_open(), rel=1e-3)


def _half_open() -> float:
    """Half of 1024 pixels is open, with p = q and the other half of a third class."""
    p = 1 / (1 + np.exp(-20 * (UNDECIDED / 255 - 0.5)))
    m, s = 512 * p, 16 * np.sqrt(512 * p * (1 - p))
    return float(folded_mean(np.array(m), np.array(s))) / 1024 / 3


def test_the_task_keeps_few_places(ready, monkeypatch) -> None:
    monkeypatch.setattr(next_jobs, "MOST_PLACES", 1)
    item = grey("wide", UNDECIDED, (16, 600))
    found = []
    task = rank_task(
        ready.models.current,
        [source_of(item)],
        ready.measurer.region,
        ready.classes.scheme,
        ready.predictor.settings,
    )
    drain(task, lambda p: found.append(p) if hasattr(p, "sight") else None)

    assert [len(progress.sight.places) for progress in found] == [1]


class TestWhenToStop:
    """Of rounds with one image each, and means that are easy to tell."""

    def advise(self, *means: float):
        rounds = Rounds()
        for i, mean in enumerate(means):
            rounds.add(object(), "a", {"bright": mean, "dark": 1 - mean}, annotated=i)
        return rounds.advice()

    def test_it_is_not_known_before_three_changes(self) -> None:
        assert "needed from 3 more rounds" in stop_text(self.advise())
        assert "needed from 1 more round " in stop_text(self.advise(0.4, 0.5, 0.6))

    def test_a_cover_that_stays_needs_no_more_images(self) -> None:
        assert stop_text(self.advise(0.4, 0.401, 0.4, 0.401)) == (
            "3 more images would change the mean cover by less than 1 point: "
            "you may stop."
        )

    def test_a_cover_that_jumps_may_change_still(self) -> None:
        """s² = 0.01, t = 2.353 for 3 changes at 90 %: 2.353 · 0.1 · √3 = 40.8 %."""
        assert stop_text(self.advise(0.4, 0.5, 0.4, 0.5)) == (
            "3 more images may still change the mean cover by 40.8 points."
        )

    def test_going_back_to_a_model_forgets_what_came_after(self) -> None:
        rounds, first = Rounds(), object()
        rounds.add(first, "a", {"bright": 0.1}, annotated=1)
        rounds.add(object(), "a", {"bright": 0.9}, annotated=2)
        rounds.add(first, "b", {"bright": 0.1}, annotated=1)

        assert rounds.advice().changes == ()
        assert rounds.common == {"a", "b"}

    def test_rounds_outlive_a_session(self) -> None:
        """As changes of 0.1, 0.2 and 0.05 do, the last by a model opened again."""
        rounds, ids = Rounds(), {}
        for i, mean in enumerate((0.4, 0.5, 0.7)):
            model = object()
            ids[model] = f"model {i}"
            rounds.add(model, "a", {"bright": mean}, annotated=3 * i)
        kept = json.loads(json.dumps(rounds.told(lambda model: ids.get(model, ""))))
        again, last, new = Rounds(), object(), object()
        again.restore([covers(told) for told in kept])
        again.recognise(last, "model 2")
        again.add(last, "b", {"bright": 0.7}, annotated=6)
        again.add(new, "a", {"bright": 0.65}, annotated=9)

        assert again.common == {"a"}
        assert again.advice().changes == pytest.approx((0.1, 0.2, -0.05))
        assert [t["model"] for t in again.told(lambda _: "")] == list(ids.values())

    @pytest.mark.parametrize(
        "text",
        [
            "null",
            "7",
            '"all"',
            '{"model": "a"}',
            "[3]",
            '["round"]',
            "[[1, 2]]",
            "[{}]",
            '[{"model": "a", "annotated": null, "shares": {}}]',
            '[{"model": "a", "annotated": "many", "shares": {}}]',
            '[{"model": "a", "annotated": Infinity, "shares": {}}]',
            '[{"model": "a", "annotated": 1, "shares": ["plot"]}]',
            '[{"model": "a", "annotated": 1, "shares": {"plot": 0.5}}]',
            '[{"model": "a", "annotated": 1, "shares": {"plot": {"sky": "half"}}}]',
            '[{"model": "a", "annotated": 1, "shares": {"plot": {"sky": null}}}]',
            '[{"model": "a", "annotated": 1, "shares": {"plot": {"sky": NaN}}}]',
            '[{"model": "a", "annotated": 1, "shares": {"plot": {"sky": 50}}}]',
        ],
    )
    def test_of_rounds_in_another_form_none_is_known(self, text) -> None:
        whole = {"model": "a", "annotated": 1, "shares": {"plot": {"sky": 0.5}}}
        rounds, told = Rounds(), json.loads(text)
        rounds.add(object(), "plot", {"sky": 0.1}, annotated=1)  # of another project
        all_ = [whole, *told] if isinstance(told, list) else told
        view = Fields({"rounds": all_}, "view", [])
        rounds.restore(view.get("rounds", many(covers), ()))

        assert view.problems[0].startswith("view.rounds is ")
        assert rounds.size == ()
        assert rounds.advice().changes == ()
        assert rounds.told(lambda _: "") == []
        rounds.restore([covers(whole)])
        assert rounds.told(lambda _: "") == [whole]


def test_models_that_are_accepted_make_rounds(three, threshold_model) -> None:
    three.advisor.rank()
    for _ in range(3):
        three.models.use(threshold_model(three.classes.scheme))

    rounds = three.advisor.sights.rounds
    assert rounds.common == {"a", "b", "c"}
    assert rounds.advice().changes == (0.0, 0.0, 0.0)
    assert rounds.advice().stop
