"""Classes are merged, removed and put in order, with all labels, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.inference import Prediction
from imageseg.interactive import Answer
from imageseg.project import Project
from imageseg.settings import PredictSettings
from napari_imageseg import class_jobs, room
from napari_imageseg.ahead import _quiet_bench
from napari_imageseg.class_steps import carry_scheme
from napari_imageseg.edits import Edit
from napari_imageseg.items import ImageItem
from napari_imageseg.next_jobs import as_shown
from napari_imageseg.predicting import Predictor
from napari_imageseg.proposals import Proposal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from imageseg.model import SegmentationModel
    from napari_imageseg.class_edits import ClassEditor
    from napari_imageseg.session import Session

    MakeModel = Callable[..., SegmentationModel]
    MakeSession = Callable[..., Session]
    HeldRunner: TypeAlias = Any  # these are of conftest
    InlineRunner: TypeAlias = Any
    Said: TypeAlias = Any

Rows = list[list[int]]
THREE = ClassScheme.from_names(["soil", "grass", "sky"])
PAINTED = [[0, 1, 2, 3], [3, 2, 1, 0]]
SEEN = [[1, 1, 2, 2], [2, 2, 3, 3]]  # by a model that sees three levels of grey
GREY = {1: 0, 2: 128, 3: 255}


def picture(name: str, **values: Any) -> ImageItem:
    grey = np.vectorize(GREY.get)(np.array(SEEN)).astype(np.uint8)
    return ImageItem(name=name, pixels=np.repeat(grey[..., None], 3, -1), **values)


def shown(session: Session) -> ImageItem:
    assert session.images.current is not None
    return session.images.current


def project_of(session: Session) -> Project:
    assert session.keeper.project is not None
    return session.keeper.project


def paint(session: Session, labels: Rows | int) -> None:
    """Paint all of the image on show, as one stroke."""
    item = shown(session)
    found = item.ensure_annotation((2, 4))
    before, box = found.copy(), (slice(0, 2), slice(0, 4))
    found[...] = labels
    session.annotator.record(item, "annotation", Edit(box, before, found.copy()))


def give_model(session: Session, threshold_model: MakeModel) -> None:
    session.models.current = session.models.base = threshold_model(THREE)
    session.classes.set_scheme(THREE)
    session.predictor.settings = PredictSettings(device="cpu", precision="fp32")


@pytest.fixture
def three(session: Session, threshold_model: MakeModel) -> Session:
    """Return a session of three classes with one image, painted and predicted."""
    give_model(session, threshold_model)
    session.images.add(picture("field"))
    session.predictor.predict()
    paint(session, PAINTED)
    return session


@pytest.fixture
def kept(
    make_session: MakeSession,
    threshold_model: MakeModel,
    work: InlineRunner,
    errands: InlineRunner,
    tmp_path: Path,
) -> Session:
    """Return one with a project and two such images, the first one away."""
    session = make_session(work, errands, tmp_path / "home")
    give_model(session, threshold_model)
    for name in ("first", "second"):
        session.images.add(picture(name))
        session.predictor.predict()
        paint(session, PAINTED)
        session.keeper.flush()
    session.keeper.flush()
    assert session.images.items[0].annotation_away
    assert session.images.items[0].prediction_away
    return session


def stored(session: Session) -> Project:
    return Project.open(project_of(session).folder, read_only=True)


def labels(session: Session) -> tuple[Rows, Rows, Rows]:
    item = shown(session)
    assert item.annotation is not None
    assert item.prediction is not None
    assert item.corrected is not None
    return (
        item.annotation.tolist(),
        item.prediction.tolist(),
        item.corrected.tolist(),
    )


def annotation_of(session: Session, image: str) -> Rows | None:
    found = stored(session).annotation(image)
    return None if found is None else found.tolist()


def prediction_of(session: Session, image: str) -> Rows | None:
    found = stored(session).prediction(image)
    return None if found is None else found.tolist()


def fractions(item: ImageItem) -> dict[str, float]:
    assert item.density is not None
    return {name: round(f, 4) for name, f in item.density.fractions.items()}


# -- arrays -------------------------------------------------------------------


def test_merged_pixels_belong_to_the_other_class(three: Session) -> None:
    three.class_editor.merge(3, 2)

    assert three.classes.scheme.names == ("soil", "grass")
    assert labels(three) == (
        [[0, 1, 2, 2], [2, 2, 1, 0]],
        [[1, 1, 2, 2], [2, 2, 2, 2]],
        [[1, 1, 2, 2], [2, 2, 2, 2]],
    )
    assert shown(three).counts[1:4].tolist() == [2, 4, 0]


def test_a_lower_class_is_merged_into_a_higher_one(three: Session) -> None:
    three.class_editor.merge(1, 3)

    assert three.classes.scheme.names == ("grass", "sky")
    assert labels(three)[0] == [[0, 2, 1, 2], [2, 1, 2, 0]]


def test_removed_pixels_are_not_annotated_any_more(three: Session) -> None:
    three.class_editor.remove(2)
    annotation, prediction, _ = labels(three)

    assert three.classes.scheme.names == ("soil", "sky")
    assert annotation == [[0, 1, 0, 2], [2, 0, 1, 0]]
    assert prediction == [[1, 1, 0, 0], [0, 0, 2, 2]]
    assert shown(three).annotated_pixels == 4


def test_where_annotation_goes_the_prediction_shows_again(three: Session) -> None:
    item = shown(three)
    assert item.annotation is not None
    assert item.corrected is not None
    painted = item.corrected.copy()
    painted[0, 0] = 2
    box = slice(0, 2), slice(0, 4)
    before, item.corrected[...] = item.corrected.copy(), painted
    three.annotator.record(item, "prediction", Edit(box, before, painted))
    three.class_editor.remove(2)

    assert item.annotation[0, 0] == 0
    assert item.corrected[0, 0] == 1  # as predicted
    three.journal.undo()
    assert item.corrected[0, 0] == 2


@pytest.mark.parametrize(
    ("label", "position", "names", "annotation"),
    [
        (3, 1, ("sky", "soil", "grass"), [[0, 2, 3, 1], [1, 3, 2, 0]]),
        (1, 3, ("grass", "sky", "soil"), [[0, 3, 1, 2], [2, 1, 3, 0]]),
        (1, 2, ("grass", "soil", "sky"), [[0, 2, 1, 3], [3, 1, 2, 0]]),
    ],
)
def test_moved_classes_take_their_pixels_along(
    three: Session,
    label: int,
    position: int,
    names: tuple[str, ...],
    annotation: list[list[int]],
) -> None:
    three.class_editor.move(label, position)

    assert three.classes.scheme.names == names
    assert labels(three)[0] == annotation


@pytest.mark.parametrize("edit", ["merge", "remove", "move"])
def test_undo_brings_every_pixel_back_and_redo_takes_it(
    three: Session, edit: str
) -> None:
    before = labels(three)
    counts = shown(three).counts[1:].copy()
    if edit == "merge":
        three.class_editor.merge(3, 2)
    elif edit == "remove":
        three.class_editor.remove(2)
    else:
        three.class_editor.move(3, 1)
    after = labels(three)
    three.journal.undo()

    assert labels(three) == before
    assert three.classes.scheme == THREE
    np.testing.assert_array_equal(shown(three).counts[1:], counts)
    assert three.journal.undo_title == "stroke on field"
    three.journal.redo()
    assert labels(three) == after


def test_what_was_done_before_is_still_taken_back_after_it(three: Session) -> None:
    three.class_editor.move(3, 1)
    paint(three, 1)
    for _ in range(2):
        three.journal.undo()
    assert labels(three)[0] == PAINTED
    three.journal.undo()
    assert shown(three).annotated_pixels == 0
    three.journal.undo()
    assert shown(three).prediction is None
    for _ in range(4):
        three.journal.redo()

    assert labels(three)[0] == [[1] * 4, [1] * 4]
    assert labels(three)[1] == [[2, 2, 3, 3], [3, 3, 1, 1]]


def test_labels_that_lie_on_disk_stay_there(
    three: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "free_memory", lambda: 0)
    monkeypatch.setattr(class_jobs, "PART", 4)  # a row at a time
    for expected in ([[1, 1, 2, 2], [2, 2, 2, 2]], SEEN):
        if expected is SEEN:
            three.journal.undo()
        else:
            three.class_editor.merge(3, 2)

        assert isinstance(shown(three).prediction, np.memmap)
        assert isinstance(shown(three).corrected, np.memmap)
        assert labels(three)[1:] == (expected, expected)


def test_layers_share_the_annotation_still(three: Session) -> None:
    shared = shown(three).annotation
    three.class_editor.merge(3, 2)

    assert shown(three).annotation is shared


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda editor: editor.merge(2, 2), "another class"),
        (lambda editor: editor.merge(4, 1), "1 to 3"),
        (lambda editor: editor.remove(0), "1 to 3"),
    ],
)
def test_an_impossible_edit_is_refused(
    three: Session, said: Said, ask: Callable[[ClassEditor], None], told: str
) -> None:
    ask(three.class_editor)

    assert told in said.errors[0][1]
    assert three.classes.scheme == THREE
    assert labels(three)[0] == PAINTED


def test_the_last_two_classes_stay(ready: Session, said: Said) -> None:
    ready.class_editor.remove(1)

    assert "2 to 254" in said.errors[0][1]
    assert len(ready.classes.scheme) == 2


def test_a_move_to_where_it_is_is_no_action(three: Session) -> None:
    three.class_editor.move(2, 2)
    three.class_editor.move(2, 4)

    assert three.journal.undo_title == "stroke on field"


# -- what is said of classes --------------------------------------------------


def test_flags_and_the_chosen_class_go_along(three: Session) -> None:
    three.classes.select(3)
    three.classes.hide(3)
    three.classes.lock(2)
    three.classes.edit(1, excluded=True)
    three.class_editor.move(3, 1)

    assert three.classes.label == 1
    assert three.classes.hidden == {1}
    assert three.classes.locked == {3}
    assert [c.excluded for c in three.classes.scheme] == [False, True, False]
    three.journal.undo()
    assert three.classes.label == 3
    assert three.classes.hidden == {3}
    assert three.classes.locked == {2}
    assert [c.excluded for c in three.classes.scheme] == [True, False, False]


def test_a_merged_class_is_as_the_one_it_became(three: Session) -> None:
    three.classes.select(3)
    three.classes.hide(3)
    three.classes.lock(2)
    three.class_editor.merge(3, 2)

    assert three.classes.label == 2
    assert three.classes.hidden == frozenset()
    assert three.classes.locked == {2}


def test_without_its_class_the_brush_paints_a_neighbour(three: Session) -> None:
    three.classes.select(3)
    three.class_editor.remove(3)

    assert three.classes.label == 2


# -- densities ----------------------------------------------------------------


def test_the_table_follows(three: Session) -> None:
    item = shown(three)  # final labels: 1 1 2 3 / 3 2 1 3
    assert fractions(item) == {"soil": 0.375, "grass": 0.25, "sky": 0.375}
    three.class_editor.merge(3, 2)
    assert fractions(item) == {"soil": 0.375, "grass": 0.625}

    three.journal.undo()
    assert fractions(item) == {"soil": 0.375, "grass": 0.25, "sky": 0.375}


def test_rows_of_other_models_keep_their_names() -> None:
    other = ClassScheme.from_names(["canopy", "sky"])
    edit = THREE.reordered([3, 1, 2])

    assert carry_scheme(other, edit).names == ("sky", "canopy", "sky 2")
    assert carry_scheme(other, THREE.without(1)).names == ("sky", "sky 2")
    assert carry_scheme(other, edit.back).names == ("sky", "grass", "canopy")
    merged = THREE.merge(3, into=2).back
    assert carry_scheme(other, merged).names == ("canopy", "sky", "sky 2")


# -- models -------------------------------------------------------------------


def test_a_model_predicts_the_classes_of_today(three: Session, said: Said) -> None:
    three.class_editor.merge(3, 2)
    three.predictor.predict()

    assert labels(three)[1] == [[1, 1, 2, 2], [2, 2, 2, 2]]
    assert shown(three).scheme == three.classes.scheme
    assert "what it takes for sky is shown as grass" in said.notes[-1]
    assert "the last one anew" in said.notes[-1]


def test_what_a_model_takes_for_a_removed_class_has_none(
    three: Session, said: Said
) -> None:
    three.class_editor.remove(2)
    three.predictor.predict()

    assert labels(three)[1] == [[1, 1, 0, 0], [0, 0, 2, 2]]
    assert "what it takes for grass gets no class" in said.notes[-1]


def test_a_model_predicts_in_todays_order(three: Session, said: Said) -> None:
    three.class_editor.move(3, 1)
    three.predictor.predict()
    assert labels(three)[1] == [[2, 2, 3, 3], [3, 3, 1, 1]]
    assert "another order" in said.notes[-1]

    three.class_editor.move(1, 3)
    three.predictor.predict()
    assert labels(three)[1] == SEEN
    assert three.labels.of(three.models.current) == ()


def test_looks_show_the_classes_of_today(three: Session) -> None:
    three.class_editor.move(3, 1)
    model = three.models.at_hand[0]
    three.looker.look(model, "threshold")

    assert labels(three)[1] == [[2, 2, 3, 3], [3, 3, 1, 1]]


def test_where_to_look_next_knows_the_classes_of_today() -> None:
    told = np.array([0.5, 0.3, 0.2], np.float32).reshape(3, 1, 1)
    prediction = Prediction(probabilities=told, scheme=THREE)
    merged, removed = THREE.merge(3, into=1).after, THREE.without(1).after

    found = as_shown(prediction, merged, (1, 2, 1))
    np.testing.assert_allclose(found.probabilities.ravel(), [0.7, 0.3], rtol=1e-6)
    assert found.scheme == merged
    found = as_shown(prediction, removed, (0, 1, 2))
    np.testing.assert_allclose(found.probabilities.ravel(), [0.6, 0.4], rtol=1e-6)


def test_what_was_ranked_for_other_classes_is_old(three: Session) -> None:
    three.advisor.rank()
    assert three.advisor.is_complete
    three.class_editor.move(3, 1)

    assert three.advisor.is_complete  # ranked again
    place = three.advisor.sights.open
    assert all(len(sight.summary.fractions) == 3 for _, sight in place if sight.summary)


def test_undo_gives_a_model_its_labels_back(three: Session) -> None:
    three.class_editor.move(3, 1)
    three.journal.undo()
    three.predictor.predict()

    assert labels(three)[1] == SEEN


@pytest.mark.parametrize("kind", ["lent", "proposed"])
def test_a_model_trained_since_is_taken_back_with_the_classes(
    three: Session, threshold_model: MakeModel, kind: str
) -> None:
    if kind == "lent":
        three.models.new()
    three.class_editor.move(3, 1)
    learned = threshold_model(three.classes.scheme)  # 1 sky, 2 soil, 3 grass
    answer = Answer(model=learned, kind="network", scores=None, held_out="")
    three.models.propose(Proposal(answer), three.models.base)
    three.journal.undo()
    three.models.accept()
    three.predictor.predict()

    assert three.labels.of(learned) == (3, 1, 2)
    assert labels(three)[1] == [[3, 3, 1, 1], [1, 1, 2, 2]]
    assert three.classes.scheme == THREE


def predict_ahead(session: Session) -> None:
    """Predict the image on show as `Ahead` does: it is no action."""
    bench = _quiet_bench(session, cast("Any", session.runners.work))
    predictor = Predictor(bench, session.models)
    predictor.settings = session.predictor.settings

    def pass_on(item: ImageItem) -> None:
        session.predictor.predicted.emit(item)

    predictor.predicted.connect(pass_on)
    predictor.predict()


def test_what_was_predicted_ahead_has_the_old_classes_after_undo(
    three: Session,
) -> None:
    three.class_editor.move(3, 1)
    three.images.add(picture("next"))
    predict_ahead(three)
    assert labels_predicted(three) == [[2, 2, 3, 3], [3, 3, 1, 1]]
    three.journal.undo()

    assert labels_predicted(three) == SEEN
    assert shown(three).scheme == THREE
    assert fractions(shown(three)) == {"soil": 0.25, "grass": 0.5, "sky": 0.25}


def labels_predicted(session: Session) -> Rows:
    found = shown(session).prediction
    assert found is not None
    rows: Rows = found.tolist()
    return rows


# -- projects -----------------------------------------------------------------


@pytest.fixture
def bare(
    make_session: MakeSession,
    threshold_model: MakeModel,
    work: InlineRunner,
    errands: InlineRunner,
    tmp_path: Path,
) -> Session:
    """Return a session whose project is made with its first image."""
    session = make_session(work, errands, tmp_path / "home")
    give_model(session, threshold_model)
    return session


@pytest.mark.parametrize(
    ("edit", "target", "there", "back"),
    [
        ("move", 1, [[2, 2, 3, 3], [3, 3, 1, 1]], SEEN),
        ("merge", 2, [[1, 1, 2, 2], [2] * 4], [[1, 1, 2, 2], [2] * 4]),
    ],
)
def test_an_edit_made_before_there_was_a_project_is_taken_back(
    bare: Session,
    listen_to: Callable[[Session], Said],
    edit: str,
    target: int,
    there: Rows,
    back: Rows,
) -> None:
    told = listen_to(bare)
    getattr(bare.class_editor, edit)(3, target)
    for name in ("first", "second"):  # the first one goes away
        bare.images.add(picture(name))
        predict_ahead(bare)
        bare.keeper.flush()
    assert bare.images.items[0].prediction_away
    steps = (bare.journal.undo, back), (bare.journal.redo, there)
    for step, expected in (*steps, steps[0]):
        step()
        bare.keeper.flush()

        assert prediction_of(bare, "first") == expected
        assert prediction_of(bare, "second") == expected
        assert labels_predicted(bare) == expected
    assert bare.classes.scheme == THREE
    assert stored(bare).scheme.names == THREE.names
    assert told.errors == []


def test_an_edit_is_not_made_in_the_next_project(
    kept: Session, listen_to: Callable[[Session], Said]
) -> None:
    told = listen_to(kept)
    kept.keeper.hold()
    kept.projects.new()
    kept.class_editor.merge(3, 2)
    kept.keeper.go_on()

    assert "another one now" in told.errors[0][1]
    assert kept.classes.scheme == THREE
    assert kept.keeper.project is None


def test_images_away_are_changed_in_the_project(kept: Session) -> None:
    kept.class_editor.merge(3, 2)
    kept.keeper.flush()

    project = stored(kept)
    assert project.scheme.names == ("soil", "grass")
    for name in ("first", "second"):
        assert annotation_of(kept, name) == [[0, 1, 2, 2], [2, 2, 1, 0]]
        assert prediction_of(kept, name) == [[1, 1, 2, 2], [2, 2, 2, 2]]
    assert [item.counts[1:4].tolist() for item in kept.images.items] == [[2, 4, 0]] * 2
    assert all(
        fractions(item) == {"soil": 0.375, "grass": 0.625} for item in kept.images.items
    )
    kept.images.step(-1)
    assert labels(kept)[0] == [[0, 1, 2, 2], [2, 2, 1, 0]]


@pytest.mark.parametrize("stepping", ["stay", "step"])
@pytest.mark.parametrize("edit", ["merge", "remove", "move"])
def test_images_away_come_back_as_they_were(
    kept: Session, stepping: str, edit: str
) -> None:
    run = {"merge": (3, 2), "remove": (2,), "move": (3, 1)}
    getattr(kept.class_editor, edit)(*run[edit])
    if stepping == "step":
        kept.keeper.flush()
        kept.images.step(-1)
        kept.keeper.flush()
    kept.journal.undo()
    kept.keeper.flush()

    project = stored(kept)
    assert project.scheme.names == THREE.names
    for name in ("first", "second"):
        assert annotation_of(kept, name) == PAINTED
        assert prediction_of(kept, name) == SEEN
    for _ in kept.images.items:
        assert labels(kept)[:2] == (PAINTED, SEEN)
        assert shown(kept).counts[1:4].tolist() == [2, 2, 2]
        kept.images.step(1)
        kept.keeper.flush()


def test_a_model_keeps_its_labels_in_the_project(
    kept: Session, make_session: MakeSession, work: InlineRunner, errands: InlineRunner
) -> None:
    kept.class_editor.remove(1)
    kept.keeper.flush()
    folder = project_of(kept).folder
    assert stored(kept).models[0].labels == (0, 1, 2)
    kept.keeper.finish()
    other = make_session(work, errands)
    other.projects.open(folder)

    assert other.classes.scheme.names == ("grass", "sky")
    assert labels(other)[0] == [[0, 0, 1, 2], [2, 1, 0, 0]]


def test_a_proposed_model_goes_along_and_is_kept_with_its_labels(
    kept: Session, make_model: MakeModel
) -> None:
    answer = Answer(
        model=make_model(classes=3), kind="network", scores=None, held_out=""
    )
    kept.models.propose(Proposal(answer), kept.models.base)
    kept.class_editor.move(3, 1)
    kept.models.accept()
    kept.keeper.flush()

    assert kept.classes.scheme.names == ("sky", "soil", "grass")
    assert [entry.labels for entry in stored(kept).models] == [(2, 3, 1)] * 2


def test_a_project_for_reading_is_not_changed(
    kept: Session,
    make_session: MakeSession,
    listen_to: Callable[[Session], Said],
    work: InlineRunner,
    errands: InlineRunner,
) -> None:
    folder = project_of(kept).folder
    other = make_session(work, errands)
    told = listen_to(other)
    other.projects.open(folder, read_only=True)
    other.class_editor.merge(3, 2)

    assert "reading only" in told.errors[-1][1]
    assert other.classes.scheme == THREE


def test_a_damaged_file_changes_nothing(
    kept: Session, listen_to: Callable[[Session], Said]
) -> None:
    told = listen_to(kept)
    before = labels(kept)
    file = project_of(kept).layout.annotation("first")
    whole = file.read_bytes()
    file.write_bytes(b"no TIFF")
    kept.class_editor.merge(3, 2)

    assert "first.tif" in told.errors[0][1]
    assert labels(kept) == before
    assert kept.classes.scheme == THREE
    assert not kept.classes.busy
    file.write_bytes(whole)
    kept.class_editor.merge(3, 2)
    assert len(kept.classes.scheme) == 2


def test_a_full_disk_leaves_the_classes(
    kept: Session, monkeypatch: pytest.MonkeyPatch, listen_to: Callable[[Session], Said]
) -> None:
    told = listen_to(kept)
    paint(kept, 1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "second.tif")

    with monkeypatch.context() as patched:
        patched.setattr("imageseg.project.saving.write_map", full)
        kept.class_editor.merge(3, 2)
    assert "No space left" in told.errors[0][1]
    assert kept.classes.scheme == THREE

    kept.class_editor.merge(3, 2)
    assert labels(kept)[0] == [[1] * 4] * 2
    assert len(kept.classes.scheme) == 2


def test_images_off_the_list_come_back_with_the_classes_of_today(
    kept: Session,
) -> None:
    for item in list(kept.images.items):
        kept.remover.remove([item])
    kept.journal.clear()  # they are left where they are
    kept.class_editor.move(3, 1)
    kept.images.put_back(dict(enumerate(list(kept.images.off))))
    for item in kept.images.items:
        kept.images.select(item)

        assert labels(kept)[0] == [[0, 2, 3, 1], [1, 3, 2, 0]]
        assert labels(kept)[1] == [[2, 2, 3, 3], [3, 3, 1, 1]]
        assert fractions(item) == {"sky": 0.375, "soil": 0.375, "grass": 0.25}


# -- meanwhile ----------------------------------------------------------------


@pytest.fixture
def slow(
    make_session: MakeSession,
    threshold_model: MakeModel,
    held_runner: Callable[[], HeldRunner],
    inline_runner: Callable[[], InlineRunner],
    tmp_path: Path,
) -> tuple[Session, HeldRunner]:
    """Return a session whose project is written when the lane is released."""
    lane = held_runner()
    session = make_session(inline_runner(), lane, tmp_path / "home")
    give_model(session, threshold_model)
    for name in ("first", "second"):
        session.images.add(picture(name))
        session.predictor.predict()
        paint(session, PAINTED)
        session.keeper.flush()
        lane.release()
    return session, lane


def begin_move(session: Session, lane: HeldRunner) -> None:
    """Have the move of the third class to the first place under way."""
    session.keeper.flush()
    lane.release()
    session.class_editor.move(3, 1)
    assert session.classes.busy


def test_what_is_painted_meanwhile_is_kept_under_its_new_label(
    slow: tuple[Session, HeldRunner],
) -> None:
    session, lane = slow
    begin_move(session, lane)
    paint(session, [[3] * 4, [3, 2, 1, 0]])
    lane.release()
    session.keeper.flush()
    lane.release()

    assert labels(session)[0] == [[1] * 4, [1, 3, 2, 0]]
    assert shown(session).counts[1:4].tolist() == [5, 1, 1]
    assert annotation_of(session, "second") == [[1] * 4, [1, 3, 2, 0]]
    assert session.journal.undo_title == "stroke on second"
    session.journal.undo()
    assert labels(session)[0] == [[0, 2, 3, 1], [1, 3, 2, 0]]
    session.journal.undo()
    lane.release()
    assert labels(session)[0] == PAINTED


def test_what_is_painted_while_it_is_undone_is_kept_too(
    slow: tuple[Session, HeldRunner],
) -> None:
    session, lane = slow
    begin_move(session, lane)
    lane.release()
    session.keeper.flush()
    lane.release()
    session.journal.undo()
    paint(session, [[1] * 4, [1, 3, 2, 0]])
    lane.release()

    assert session.classes.scheme == THREE
    assert labels(session)[0] == [[3] * 4, [3, 2, 1, 0]]
    assert session.journal.undo_title == "stroke on second"


def test_a_failed_edit_loses_no_stroke(slow: tuple[Session, HeldRunner]) -> None:
    session, lane = slow
    begin_move(session, lane)
    project_of(session).layout.annotation("first").write_bytes(b"no TIFF")
    paint(session, 2)
    lane.release()

    assert labels(session)[0] == [[2] * 4] * 2
    assert shown(session).counts[2] == 8
    assert session.classes.scheme == THREE


def test_another_image_is_shown_afterwards(slow: tuple[Session, HeldRunner]) -> None:
    session, lane = slow
    begin_move(session, lane)
    session.images.step(-1)
    lane.release()

    assert shown(session).name == "first"
    assert labels(session)[0] == [[0, 2, 3, 1], [1, 3, 2, 0]]


def test_nothing_else_reads_labels_meanwhile(
    slow: tuple[Session, HeldRunner], listen_to: Callable[[Session], Said]
) -> None:
    session, lane = slow
    told = listen_to(session)
    begin_move(session, lane)
    session.predictor.predict()
    session.trainer.train()
    session.annotator.accept(shown(session))
    session.annotator.erase(shown(session))
    session.models.new()
    session.class_editor.merge(1, 2)
    session.classes.add()
    lane.release()

    assert len(told.errors) == 6
    assert all("being changed" in text for _, text in told.errors)
    assert session.classes.scheme.names == ("sky", "soil", "grass")
    assert labels(session)[0] == [[0, 2, 3, 1], [1, 3, 2, 0]]


def test_classes_wait_for_predictions(
    make_session: MakeSession,
    threshold_model: MakeModel,
    held_runner: Callable[[], HeldRunner],
    errands: InlineRunner,
    listen_to: Callable[[Session], Said],
) -> None:
    work = held_runner()
    session = make_session(work, errands)
    give_model(session, threshold_model)
    session.images.add(picture("field"))
    told = listen_to(session)
    session.predictor.predict()
    session.class_editor.move(3, 1)

    assert "being predicted" in told.errors[0][1]
    assert session.classes.scheme == THREE


def add_class(session: Session, lane: HeldRunner) -> None:
    """Add a fourth class, and have it moved to the first place."""
    session.classes.add()
    for _ in range(2):  # the classes, and then the table
        session.keeper.flush()
        lane.release()
    session.class_editor.move(4, 1)
    assert session.classes.busy


def test_undo_waits_while_classes_are_changed(
    slow: tuple[Session, HeldRunner], listen_to: Callable[[Session], Said]
) -> None:
    session, lane = slow
    told = listen_to(session)
    add_class(session, lane)
    for _ in range(2):  # nothing seems to happen
        session.journal.undo()
    assert told.notes == ["Undo waits until this is done: moving class 4."] * 2
    assert len(session.classes.scheme) == 4
    lane.release()
    session.keeper.flush()
    lane.release()

    assert session.classes.scheme.names == ("soil", "grass", "sky", "class 4")
    assert stored(session).scheme.names == session.classes.scheme.names
    assert annotation_of(session, "first") == PAINTED
    assert labels(session)[0] == PAINTED
    assert session.journal.undo_title == "adding class 4"
    assert session.journal.redo_title == "moving class 4"
    assert told.errors == []


def test_undo_waits_while_classes_are_changed_back(
    slow: tuple[Session, HeldRunner], listen_to: Callable[[Session], Said]
) -> None:
    session, lane = slow
    told = listen_to(session)
    add_class(session, lane)
    lane.release()
    for _ in range(2):
        session.journal.undo()
    lane.release()

    assert told.notes[-1:] == ["Undo waits until this is done: moving class 4."]
    assert session.classes.scheme == THREE
    assert labels(session)[0] == PAINTED
    assert session.journal.redo_title == "adding class 4"


def test_a_stroke_painted_meanwhile_is_taken_back_by_undo_after_it(
    slow: tuple[Session, HeldRunner],
) -> None:
    session, lane = slow
    begin_move(session, lane)
    paint(session, [[3] * 4, [3, 2, 1, 0]])
    session.journal.undo()
    lane.release()

    assert session.classes.scheme.names == ("sky", "soil", "grass")
    assert labels(session)[0] == [[0, 2, 3, 1], [1, 3, 2, 0]]
    assert session.journal.undo_title == "moving sky"


def test_undo_before_a_stroke_does_not_take_that_back(
    slow: tuple[Session, HeldRunner], listen_to: Callable[[Session], Said]
) -> None:
    session, lane = slow
    told = listen_to(session)
    begin_move(session, lane)
    session.journal.undo()
    paint(session, [[3] * 4, [3, 2, 1, 0]])
    lane.release()

    assert "Something else was done" in told.errors[0][1]
    assert labels(session)[0] == [[1] * 4, [1, 3, 2, 0]]
    assert session.journal.undo_title == "stroke on second"


def test_undo_of_an_edit_that_fails_takes_nothing_else_back(
    slow: tuple[Session, HeldRunner],
) -> None:
    session, lane = slow
    begin_move(session, lane)
    before = session.journal.undo_title
    project_of(session).layout.annotation("first").write_bytes(b"no TIFF")
    session.journal.undo()
    lane.release()

    assert session.classes.scheme == THREE
    assert labels(session)[0] == PAINTED
    assert session.journal.undo_title == before == "stroke on second"


def test_an_edit_of_classes_that_are_gone_is_not_made(
    slow: tuple[Session, HeldRunner], listen_to: Callable[[Session], Said]
) -> None:
    session, lane = slow
    told = listen_to(session)
    session.classes.add()
    session.class_editor.move(4, 1)  # waits until it is saved
    session.journal.undo()
    lane.release()
    session.keeper.flush()
    lane.release()

    assert "Something else was done" in told.errors[0][1]
    assert session.classes.scheme == THREE
    assert annotation_of(session, "first") == PAINTED
    assert labels(session)[0] == PAINTED


def moved_and_back(session: Session, lane: HeldRunner) -> None:
    """Have a move of classes behind us that was taken back."""
    begin_move(session, lane)
    lane.release()
    session.journal.undo()
    lane.release()
    assert session.classes.scheme == THREE


def test_images_stay_on_the_list_while_classes_are_changed(
    slow: tuple[Session, HeldRunner], listen_to: Callable[[Session], Said]
) -> None:
    session, lane = slow
    told = listen_to(session)
    moved_and_back(session, lane)
    session.keeper.flush()
    lane.release()
    session.journal.redo()
    assert session.classes.busy
    session.remover.remove([session.images.items[0]])
    lane.release()

    assert "being changed" in told.errors[0][1]
    assert len(session.images) == 2
    assert session.classes.scheme.names == ("sky", "soil", "grass")
    assert labels(session)[0] == [[0, 2, 3, 1], [1, 3, 2, 0]]
    assert session.journal.undo_title == "moving sky"


def test_a_stroke_before_it_begins_ends_what_could_be_done_again(
    slow: tuple[Session, HeldRunner], listen_to: Callable[[Session], Said]
) -> None:
    session, lane = slow
    told = listen_to(session)
    moved_and_back(session, lane)
    session.classes.select(2)  # to be saved
    session.journal.redo()
    assert not session.classes.busy
    paint(session, 2)
    lane.release()

    assert "Something else was done" in told.errors[0][1]
    assert session.classes.scheme == THREE
    assert stored(session).scheme.names == THREE.names
    assert annotation_of(session, "first") == PAINTED
    assert annotation_of(session, "second") == [[2] * 4] * 2
    assert session.journal.undo_title == "stroke on second"


def test_a_stroke_before_it_begins_is_taken_back_first(
    slow: tuple[Session, HeldRunner], listen_to: Callable[[Session], Said]
) -> None:
    session, lane = slow
    told = listen_to(session)
    begin_move(session, lane)
    lane.release()
    session.classes.select(2)  # to be saved
    session.journal.undo()
    assert not session.classes.busy
    paint(session, [[0, 2, 3, 1], [3, 3, 3, 3]])
    lane.release()

    assert "Something else was done" in told.errors[0][1]
    assert session.classes.scheme.names == ("sky", "soil", "grass")
    session.journal.undo()
    assert labels(session)[0] == [[0, 2, 3, 1], [1, 3, 2, 0]]
    session.journal.undo()
    lane.release()
    assert labels(session)[0] == PAINTED
    assert annotation_of(session, "first") == PAINTED


def test_an_edit_asked_for_while_another_project_opens_is_made_in_the_first(
    slow: tuple[Session, HeldRunner],
    make_session: MakeSession,
    inline_runner: Callable[[], InlineRunner],
    tmp_path: Path,
) -> None:
    other = make_session(inline_runner(), inline_runner())
    other.classes.set_scheme(THREE)
    other.images.add(picture("other"))
    paint(other, PAINTED)
    other.keeper.put_into(tmp_path / "next")
    other.keeper.finish()
    session, lane = slow
    first = project_of(session).folder
    paint(session, 2)
    session.keeper.flush()
    session.projects.open(tmp_path / "next")
    session.class_editor.merge(3, 2)
    lane.release()

    assert project_of(session).folder == tmp_path / "next"
    assert session.classes.scheme.names == THREE.names
    assert stored(session).scheme.names == THREE.names
    assert annotation_of(session, "other") == PAINTED
    before = Project.open(first, read_only=True)
    assert before.scheme.names == ("soil", "grass")
    found = before.annotation("first")
    assert found is not None
    assert found.tolist() == [[0, 1, 2, 2], [2, 2, 1, 0]]
