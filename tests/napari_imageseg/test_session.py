"""The state behind the docks, without Qt: what each action does and says."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.density import WHOLE, CentredCircle
from imageseg.masks import read_labels
from imageseg.model import load_model
from napari_imageseg.items import ImageItem
from napari_imageseg.models import NEW_CLASSES

DARK, BRIGHT = 1, 2


@pytest.fixture
def slow(make_session, held_runner, inline_runner, with_model):
    """Return a session whose long work waits, and the runner that keeps it."""
    work = held_runner()
    return with_model(make_session(work, inline_runner())), work


def annotate(session, item, rows: dict[int, int]) -> None:
    """Paint whole rows, as layers would."""
    annotation = item.ensure_annotation(item.pixels.shape[:2])
    for row, label in rows.items():
        annotation[row] = label
    session.annotator.recount(item)


def count(signal) -> list:
    calls: list = []
    signal.connect(lambda *values: calls.append(values))
    return calls


# -- predicting ------------------------------------------------------------------


def test_predicting_without_an_image_says_what_to_do(ready, said, work) -> None:
    ready.predictor.predict()
    ready.predictor.predict(everything=True)

    assert (
        said.errors == [("Predict", "There is no image. Open photographs first.")] * 2
    )
    assert work.titles == []


def test_predicting_without_a_model_says_what_to_do(session, said, make_item) -> None:
    session.images.add(make_item())
    session.predictor.predict()

    assert said.errors == [("Predict", "There is no model. Open one, or train one.")]


def test_a_prediction_comes_with_labels_density_and_the_models_name(
    ready, said, work, make_item
) -> None:
    told = count(ready.predictor.predicted)
    item = make_item(bright=2)
    ready.images.add(item)
    ready.predictor.predict()

    np.testing.assert_array_equal(item.prediction[:2], BRIGHT)
    np.testing.assert_array_equal(item.prediction[2:], DARK)
    assert item.density.fractions == {"dark": 0.75, "bright": 0.25}
    assert item.predicted_by == "threshold"
    assert told == [(item,)]
    assert work.titles == ["Predicting plot"]
    assert said.errors == []


def test_only_the_image_shown_is_predicted(ready, make_item) -> None:
    first, second = make_item("a"), make_item("b")
    ready.images.add(first)
    ready.images.add(second)
    ready.predictor.predict()

    assert [i.status for i in ready.images.items] == ["new", "predicted"]


def test_of_all_images_the_bad_one_has_an_error_and_the_others_are_done(
    ready, said, errands, photos
) -> None:
    ready.images.open_paths([photos])
    (photos / "plot_2.png").write_bytes(b"no image")
    ready.predictor.predict(everything=True)

    good, bad, last = ready.images.items
    assert [good.status, bad.status, last.status] == ["predicted", "new", "predicted"]
    assert "plot_2.png" in bad.error
    assert good.error == last.error == ""
    titles = [title for title, _ in said.errors]
    assert titles == ["Predict plot_2", "Predict"]
    assert said.errors[-1][1] == "1 of 3 images failed; the table says why."


def test_a_prediction_that_works_again_clears_the_error(ready, make_item) -> None:
    item = make_item(error="could not be read")
    ready.images.add(item)
    ready.predictor.predict()

    assert item.error == ""


def test_an_image_removed_meanwhile_gets_no_prediction(slow, make_item) -> None:
    session, work = slow
    told = count(session.predictor.predicted)
    item = make_item()
    session.images.add(item)
    session.predictor.predict()
    session.images.remove(item)
    work.release()

    assert item.prediction is None
    assert told == []


def test_what_was_painted_while_predicting_counts_in_the_density(
    slow, make_item
) -> None:
    session, work = slow
    item = make_item(bright=2)
    session.images.add(item)
    session.predictor.predict()
    annotate(session, item, {7: BRIGHT})
    work.release()

    assert item.density.fractions["bright"] == 3 / 8


def test_a_region_chosen_while_predicting_is_measured(slow, make_item) -> None:
    session, work = slow
    item = make_item()
    session.images.add(item)
    session.predictor.predict()
    session.measurer.set_region(CentredCircle(0.5))
    work.release()

    assert item.density.region == CentredCircle(0.5)


def test_a_class_the_model_does_not_know_is_measured_as_annotated(
    ready, said, make_item
) -> None:
    """A third class is added and painted; the model of two still predicts."""
    item = make_item(bright=2)
    ready.images.add(item)
    ready.classes.add()
    annotate(ready, item, {7: 3})
    ready.predictor.predict()

    assert said.errors == []
    assert item.density.fractions == {"dark": 5 / 8, "bright": 2 / 8, "class 3": 1 / 8}


def test_renamed_classes_have_their_names_in_densities(ready, make_item) -> None:
    before, after = make_item("before"), make_item("after")
    ready.images.add(before)
    ready.predictor.predict()
    ready.classes.set_scheme(ready.classes.scheme.changed(2, name="glare"))
    ready.images.add(after)
    ready.predictor.predict()

    assert list(after.density.fractions) == ["dark", "glare"]
    assert list(before.density.fractions) == ["dark", "glare"]


def test_rows_of_another_model_keep_their_classes(
    ready, errands, make_model, make_item, tmp_path
) -> None:
    item = make_item(bright=2)
    ready.images.add(item)
    ready.predictor.predict()
    ready.models.open(make_model(3).save(tmp_path / "three.safetensors"))
    ready.measurer.set_region(CentredCircle())

    assert list(item.density.fractions) == ["dark", "bright"]
    assert errands.failures == []


def test_rows_of_more_classes_outlive_a_model_of_fewer(
    session, errands, make_model, make_item, tmp_path
) -> None:
    session.models.open(make_model(3).save(tmp_path / "three.safetensors"))
    item = make_item()
    session.images.add(item)
    session.predictor.predict()
    item.set_prediction(np.full_like(item.prediction, 3), "tiny")
    session.models.open(make_model(2).save(tmp_path / "two.safetensors"))
    session.measurer.set_region(CentredCircle())

    assert item.density.fractions["class 3"] == 1.0
    assert errands.failures == []


# -- annotations and regions -----------------------------------------------------


def test_the_density_follows_painting_and_the_annotation_wins(ready, make_item) -> None:
    item = make_item(bright=2)
    ready.images.add(item)
    ready.predictor.predict()
    changes = count(ready.images.item_changed)
    annotate(ready, item, {0: DARK})

    assert item.annotated_pixels == 10
    assert item.status == "annotated"
    assert item.density.fractions["bright"] == 1 / 8
    assert changes
    np.testing.assert_array_equal(item.prediction[0], BRIGHT)


def test_painting_on_what_is_not_predicted_measures_nothing(
    ready, errands, make_item
) -> None:
    item = make_item()
    ready.images.add(item)
    annotate(ready, item, {0: DARK})

    assert item.density is None
    assert "Measuring" not in errands.titles


def test_another_region_changes_all_rows(ready, make_item) -> None:
    for name in "abc":
        ready.images.add(make_item(name))
    ready.images.select(ready.images.items[0])
    ready.predictor.predict(everything=True)
    told = count(ready.measurer.region_changed)
    ready.images.items[2].density = None
    ready.measurer.set_region(CentredCircle())

    regions = [item.density and item.density.region for item in ready.images.items]
    assert regions == [CentredCircle(), CentredCircle(), None]
    assert told == [(CentredCircle(),)]
    assert ready.measurer.region == CentredCircle() != WHOLE


def test_getting_ready_is_an_errand_that_leaves_nothing(session, errands) -> None:
    session.ready_layers()

    assert errands.titles == ["Getting ready"]
    assert errands.failures == []
    assert not session.images.items


# -- models ----------------------------------------------------------------------


def test_opening_a_model_brings_its_classes(session, make_model, tmp_path) -> None:
    path = make_model(3).save(tmp_path / "three.safetensors")
    told = count(session.models.changed)
    session.models.open(path)

    assert session.models.current.spec.name == "tiny"
    assert session.models.origin == str(path)
    assert session.classes.scheme == session.models.current.spec.scheme
    assert len(told) == 2  # that it is being opened, and that it is there
    assert session.models.expected == ""


def test_a_model_of_fewer_classes_than_annotated_is_refused(
    session, said, make_model, make_item, tmp_path
) -> None:
    session.models.open(make_model(3).save(tmp_path / "three.safetensors"))
    old, item = session.models.current, make_item()
    session.images.add(item)
    annotate(session, item, {0: 3})
    session.models.open(make_model(2).save(tmp_path / "two.safetensors"))

    assert session.models.current is old
    assert len(session.classes.scheme) == 3
    ((title, reason),) = said.errors
    assert title == "Open model"
    assert "knows 2 classes, but class 3 is annotated" in reason


def test_a_model_opened_by_itself_is_no_action_and_no_rival(
    session, make_model, tmp_path
) -> None:
    path = make_model(3).save(tmp_path / "three.safetensors")
    session.models.open(path, automatic=True)
    first = session.models.current
    assert first is not None
    session.models.open(path, automatic=True)

    assert session.models.current is first
    assert session.journal.undo_title == ""


def test_classes_that_people_make_while_a_model_opens_by_itself_are_kept(
    make_session, work, held_runner, make_model, tmp_path, listen_to
) -> None:
    path = make_model(3).save(tmp_path / "three.safetensors")
    errands = held_runner()
    session = make_session(work, errands)
    session.models.open(path, automatic=True)
    session.classes.add()
    mine, told = session.classes.scheme, listen_to(session)
    errands.release()

    assert session.classes.scheme is mine
    assert session.models.current is None
    assert session.models.expected == ""
    assert told.notes[0].startswith(
        "tiny is not used: it tells class 1, class 2, class 3 apart"
    )


def test_a_file_that_is_no_model_leaves_the_old_one(ready, said, tmp_path) -> None:
    old = ready.models.current
    (tmp_path / "x.safetensors").write_bytes(b"no model")
    ready.models.open(tmp_path / "x.safetensors")

    assert ready.models.current is old
    assert ready.models.expected == ""
    assert "x.safetensors" in said.errors[0][1]


def test_a_new_model_starts_with_two_plain_classes(ready) -> None:
    ready.models.new()

    assert ready.models.current is None
    assert ready.classes.scheme == NEW_CLASSES


def test_a_new_model_keeps_the_classes_that_are_annotated(ready, make_item) -> None:
    scheme = ready.classes.scheme
    item = make_item()
    ready.images.add(item)
    annotate(ready, item, {0: DARK})
    ready.models.new()

    assert ready.models.current is None
    assert ready.classes.scheme == scheme


def test_saving_without_a_model_says_so(session, said, tmp_path) -> None:
    session.models.save(tmp_path / "x.safetensors")

    assert said.errors == [("Save model", "There is no model yet. Train one first.")]


def test_a_saved_model_says_where_it_is(session, said, make_model, tmp_path) -> None:
    session.models.current = make_model()
    session.models.save(tmp_path / "mine")

    path = tmp_path / "mine.safetensors"
    assert load_model(path).digest() == session.models.current.digest()
    assert session.models.origin == str(path)
    assert said.notes == [f"Model saved as {path}"]


# -- training --------------------------------------------------------------------


def test_training_on_nothing_says_what_to_paint(ready, said, work, make_item) -> None:
    ready.images.add(make_item())
    ready.trainer.train()

    ((title, reason),) = said.errors
    assert title == "Train"
    assert "Paint a few strokes of each class" in reason
    assert work.titles == []


def test_training_on_one_class_asks_for_a_second(ready, said, work, make_item) -> None:
    item = make_item()
    ready.images.add(item)
    annotate(ready, item, {0: BRIGHT})
    ready.trainer.train()

    assert "Only bright is annotated" in said.errors[0][1]
    assert work.titles == []


def sources_of(task) -> list:
    return task.gi_frame.f_locals["sources"]


def test_painting_meanwhile_changes_nothing_in_the_training(slow, make_item) -> None:
    session, work = slow
    item = make_item()
    session.images.add(item)
    annotate(session, item, {0: BRIGHT, 7: DARK})
    session.trainer.train()
    (source,) = sources_of(work.jobs[0][1])
    frozen = source.annotation.copy()
    annotate(session, item, {3: BRIGHT, 7: 0})

    np.testing.assert_array_equal(source.annotation, frozen)
    assert not np.shares_memory(source.annotation, item.annotation)


def test_only_annotated_images_are_trained_on(slow, make_item) -> None:
    session, work = slow
    for name in "ab":
        session.images.add(make_item(name))
    annotate(session, session.images.items[1], {0: BRIGHT, 7: DARK})
    session.trainer.train()

    assert [s.name for s in sources_of(work.jobs[0][1])] == ["b"]


def test_cancelling_drops_the_work_and_keeps_the_rest(slow, make_item) -> None:
    session, work = slow
    session.images.add(make_item())
    model = session.models.current
    session.predictor.predict()
    session.cancel()

    assert not work.busy
    assert session.models.current is model
    assert session.images.items[0].prediction is None


def test_closing_stops_both_lanes(make_session, held_runner, make_item, photos) -> None:
    work, errands = held_runner(), held_runner()
    session = make_session(work, errands)
    session.images.open_paths([photos])
    session.close()

    assert not work.busy
    assert not errands.busy


def test_an_empty_folder_is_mentioned(session, said, tmp_path) -> None:
    session.images.open_paths([tmp_path])

    assert said.notes == ["There are no PNG, JPEG, TIFF, BMP or GIF images there."]


def test_annotations_are_saved_as_labels_that_read_back(session, tmp_path) -> None:
    annotation = np.zeros((6, 8), np.uint8)
    annotation[0, :3], annotation[5, 2:] = 1, 2
    item = ImageItem(
        name="photo", pixels=np.zeros((6, 8, 3), np.uint8), annotation=annotation
    )
    item.count_annotated()
    session.images.add(item)

    session.save_annotations(tmp_path)

    (labels,) = read_labels([tmp_path / "photo_labels.tif"], 2, coding="labels")
    np.testing.assert_array_equal(labels, annotation)


def test_saving_masks_without_any_says_so(session, tmp_path) -> None:
    failures: list[str] = []
    session.messages.failed.connect(lambda _, error: failures.append(str(error)))

    session.save_annotations(tmp_path)

    assert "Nothing is annotated" in failures[0]
