"""All that is done is written as it happens, and memory holds what is shown."""

from __future__ import annotations

import json

import numpy as np
import pytest

from imageseg.interactive import Answer
from imageseg.project import Project
from napari_imageseg.proposals import Proposal


@pytest.fixture
def home(tmp_path):
    """Return where projects without a name lie."""
    return tmp_path / "home"


@pytest.fixture
def kept(make_session, with_model, work, errands, home):
    """Return a session behind which there is a project."""
    return with_model(make_session(work, errands, home))


@pytest.fixture
def opened(kept, photos):
    """Return it with three photographs, the first shown."""
    kept.images.open_paths([photos])
    kept.keeper.flush()
    return kept


def stored(session) -> Project:
    """Read the project as another program would."""
    return Project.open(session.keeper.project.folder, read_only=True)


def test_nothing_is_made_before_there_is_an_image(kept, home) -> None:
    kept.keeper.flush()

    assert kept.keeper.is_saved
    assert not home.exists()


def test_images_are_in_a_project_from_the_start(opened, photos, home) -> None:
    project = stored(opened)

    assert project.folder.parent == home
    assert [image.name for image in project.images] == [
        "plot_1.png",
        "plot_2.png",
        "plot_10.png",
    ]
    assert project.current == "plot_1"
    assert opened.keeper.is_unnamed
    assert opened.keeper.name == ""
    assert opened.keeper.is_saved


def test_strokes_are_written(opened, paint_row) -> None:
    paint_row(opened, 3, 2)
    assert not opened.keeper.is_saved
    opened.keeper.flush()

    expected = np.zeros((8, 10), np.uint8)
    expected[3] = 2
    np.testing.assert_array_equal(stored(opened).annotation("plot_1"), expected)
    assert stored(opened).image("plot_1").status == "annotated"
    assert opened.keeper.is_saved


def test_an_annotation_that_is_erased_is_gone(opened, paint_row) -> None:
    paint_row(opened, 3, 2)
    opened.keeper.flush()
    opened.annotator.erase(opened.images.current)
    opened.keeper.flush()

    assert stored(opened).annotation("plot_1") is None


def test_predictions_and_their_undoing_are_written(opened) -> None:
    opened.predictor.predict(everything=True)
    opened.keeper.flush()
    found = stored(opened)
    for item in opened.images.items:
        assert found.image(item.id).status == "predicted"
        assert (found.prediction(item.id) == 2).sum() == 10 * (
            int(item.name.split("_")[1]) % 8
        )
    assert found.image("plot_2").predicted_by == found.model

    opened.journal.undo()
    opened.keeper.flush()
    assert [image.status for image in stored(opened).images] == ["new"] * 3
    assert stored(opened).prediction("plot_2") is None


def test_the_density_table_is_a_file_of_the_project(opened) -> None:
    opened.predictor.predict(everything=True)
    opened.keeper.flush()
    table = stored(opened).densities()

    assert table["bright_fraction"].tolist() == [1 / 8, 2 / 8, 2 / 8]


def test_only_the_image_shown_is_in_memory(opened, paint_row) -> None:
    opened.predictor.predict(everything=True)
    paint_row(opened, 3, 2)
    opened.images.step(1)
    first, second, third = opened.images.items
    assert first.annotation is not None  # not written yet

    opened.keeper.flush()
    assert first.annotation is first.prediction is first.pixels is None
    assert third.prediction is third.packed is None
    assert second.prediction is not None
    assert first.status == "annotated"
    assert first.annotated_share == 1 / 8
    assert [item.is_predicted for item in opened.images.items] == [True] * 3


def test_an_image_comes_back_as_it_was_left(opened, paint_row) -> None:
    opened.predictor.predict()
    paint_row(opened, 3, 2)
    item = opened.images.current
    annotation, prediction = item.annotation.copy(), item.prediction.copy()
    opened.images.step(1)
    opened.keeper.flush()
    opened.images.step(-1)

    assert opened.images.current is item
    np.testing.assert_array_equal(item.annotation, annotation)
    np.testing.assert_array_equal(item.prediction, prediction)
    assert (item.corrected[3] == 2).all()
    assert item.counts[2] == 10
    assert not item.is_away


def test_a_stroke_on_an_image_put_away_is_taken_back(opened, paint_row) -> None:
    opened.predictor.predict()
    paint_row(opened, 3, 2)
    first = opened.images.current
    opened.images.step(1)
    opened.keeper.flush()
    opened.journal.undo()

    assert opened.images.current is first
    assert first.annotated_pixels == 0
    assert not first.annotation.any()
    np.testing.assert_array_equal(first.corrected, first.prediction)
    opened.journal.redo()
    assert (first.annotation[3] == 2).all()
    opened.keeper.flush()
    assert stored(opened).image("plot_1").counts == (70, 0, 10)


def test_predictions_of_images_put_away_come_back(opened) -> None:
    opened.predictor.predict(everything=True)
    opened.keeper.flush()
    before = [stored(opened).prediction(i.id) for i in opened.images.items]
    opened.predictor.settings = opened.predictor.settings
    opened.models.current.network.threshold = 0
    opened.predictor.predict(everything=True)
    opened.keeper.flush()
    opened.journal.undo()
    opened.keeper.flush()

    for item, labels in zip(opened.images.items, before, strict=True):
        np.testing.assert_array_equal(stored(opened).prediction(item.id), labels)


def test_what_is_put_away_is_learned_from_and_predicted(
    opened, work, errands, paint_row
) -> None:
    paint_row(opened, 0, 2)
    paint_row(opened, 7, 1)
    opened.images.step(1)
    opened.keeper.flush()
    opened.trainer.train()
    opened.predictor.predict(everything=True)

    assert set(opened.trainer.answers) >= {"instant"}
    assert work.failures == errands.failures == []


def test_an_undo_without_its_file_says_so_and_can_be_tried_again(
    opened, paint_row
) -> None:
    told = []
    opened.messages.failed.connect(lambda _, error: told.append(str(error)))
    paint_row(opened, 3, 2)
    opened.images.step(1)
    opened.keeper.flush()
    file = opened.keeper.project.layout.annotation("plot_1")
    whole = file.read_bytes()
    file.write_bytes(b"no TIFF")
    opened.journal.undo()
    assert "plot_1.tif" in told[0]
    assert opened.journal.undo_title == "stroke on plot_1"

    file.write_bytes(whole)
    opened.journal.undo()
    assert opened.images.items[0].annotated_pixels == 0


def test_a_full_disk_loses_nothing_and_is_told_once(
    opened, monkeypatch, paint_row
) -> None:
    told = []
    opened.messages.failed.connect(lambda _, error: told.append(str(error)))
    paint_row(opened, 3, 2)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "annotations/plot_1.tif")

    with monkeypatch.context() as patched:
        patched.setattr("imageseg.project.saving.write_map", full)
        opened.keeper.flush()
        opened.images.step(1)
        opened.keeper.flush()
    assert len(told) == 1
    assert "No space left" in told[0]
    assert opened.images.items[0].annotation is not None

    opened.keeper.flush()
    assert (stored(opened).annotation("plot_1")[3] == 2).all()
    assert opened.keeper.is_saved


def test_the_model_in_use_is_in_the_lineage(opened) -> None:
    project = stored(opened)

    assert [entry.id for entry in project.models] == [project.model]
    assert project.entry(project.model).accepted


def test_an_accepted_model_names_its_parent(opened, make_model) -> None:
    first = stored(opened).model
    answer = Answer(model=make_model(), kind="network", scores=None, held_out="nothing")
    opened.models.propose(Proposal(answer), opened.models.base)
    opened.models.accept()
    opened.keeper.flush()

    project = stored(opened)
    assert project.entry(project.model).parent == first
    opened.journal.undo()
    opened.keeper.flush()
    assert stored(opened).model == first
    assert len(stored(opened).models) == 2


def test_settings_region_and_classes_are_written(opened) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from imageseg.density import parse_region  # noqa: PLC0415

    opened.trainer.settings = replace(opened.trainer.settings, epochs=7)
    opened.measurer.set_region(parse_region("circle"))
    opened.classes.add()
    opened.keeper.flush()

    project = stored(opened)
    assert project.train_settings.epochs == 7
    assert project.region == "circle"
    assert project.scheme.names == ("dark", "bright", "class 3")


def test_a_model_of_fewer_classes_leaves_those_there_were(opened) -> None:
    opened.classes.add()
    opened.keeper.flush()
    opened.models.use(opened.models.current)
    opened.keeper.flush()

    assert opened.keeper.is_saved
    assert stored(opened).scheme.names == ("dark", "bright", "class 3")
    assert len(opened.classes.scheme) == 2


def test_an_image_taken_off_the_list_is_kept_aside_at_the_end(opened) -> None:
    opened.predictor.predict()
    opened.keeper.flush()
    opened.images.remove(opened.images.current)
    opened.keeper.flush()
    project = opened.keeper.project
    opened.keeper.finish()

    left = Project.open(project.folder, read_only=True)
    assert [image.id for image in left.images] == ["plot_2", "plot_10"]
    assert (project.layout.removed / "predictions/plot_1.tif").exists()


def test_an_image_off_the_list_stays_off_when_nobody_closed_the_project(
    opened, make_session, work, errands, paint_row
) -> None:
    paint_row(opened, 3, 2)
    opened.remover.remove([opened.images.current])
    opened.keeper.flush()
    project = opened.keeper.project
    assert stored(opened).annotation("plot_1").any()  # strokes not written before
    project.close()  # as if the session had been killed
    again = make_session(work, errands)
    again.projects.open(project.folder)

    assert [item.name for item in again.images.items] == ["plot_2", "plot_10"]
    again.keeper.finish()
    assert (project.layout.removed / "annotations/plot_1.tif").exists()


@pytest.mark.parametrize("flushed", [False, True])
def test_an_image_comes_back_with_all_that_was_made_of_it(
    opened, paint_row, flushed
) -> None:
    first, second, _ = opened.images.items
    opened.predictor.predict()
    paint_row(opened, 3, 2)
    painted, density = first.annotation.copy(), first.density
    opened.remover.remove([first])
    if flushed:
        opened.keeper.flush()
        assert first.annotation is None  # the project has it
    assert opened.images.current is second
    opened.journal.undo()
    opened.keeper.flush()

    assert opened.images.items.index(first) == 0
    assert opened.images.current is first
    np.testing.assert_array_equal(first.annotation, painted)
    assert first.prediction is not None
    assert first.density == density
    assert next(image.id for image in stored(opened).images) == "plot_1"
    np.testing.assert_array_equal(stored(opened).annotation("plot_1"), painted)
    assert "off" not in stored(opened).view["images"]["plot_1"]


def test_opening_its_file_brings_an_image_back_too(opened, photos, paint_row) -> None:
    first = opened.images.current
    paint_row(opened, 3, 2)
    opened.keeper.flush()
    opened.remover.remove([first])
    opened.images.open_paths([photos])
    opened.journal.undo()  # nothing is left to bring back

    assert [item.name for item in opened.images.items] == [
        "plot_2",
        "plot_10",
        "plot_1",
    ]
    assert opened.images.current is first
    assert first.annotated_pixels == 10


def test_a_layer_without_a_file_is_written_as_one(kept, make_item) -> None:
    kept.images.add(make_item("layer", scale=(0.5, 0.5), units=("um", "um")))
    kept.keeper.flush()

    project = stored(kept)
    assert project.image("layer").path.parent == project.layout.images
    np.testing.assert_array_equal(project.pixels("layer"), kept.images.current.pixels)
    assert project.image("layer").space.scale == (0.5, 0.5)


def test_what_is_painted_while_it_is_written_is_written_next(
    make_session, with_model, held_runner, home, photos, paint_row
) -> None:
    runner = held_runner()
    session = with_model(make_session(runner, runner, home))
    session.images.open_paths([photos])
    runner.release()
    paint_row(session, 1, 1)
    session.keeper.flush()
    paint_row(session, 2, 2)
    runner.release()
    assert session.images.current.id == "plot_1"
    assert not session.keeper.is_saved

    session.keeper.flush()
    runner.release()
    labels = stored(session).annotation("plot_1")
    assert [labels[1, 0], labels[2, 0]] == [1, 2]


def test_a_session_without_a_home_keeps_nothing(session, make_item) -> None:
    session.images.add(make_item())
    session.keeper.flush()

    assert session.keeper.project is None
    assert session.keeper.is_saved


def test_the_description_tells_where_the_user_was(opened) -> None:
    opened.drafter.view_of = lambda: {"zoom": 3.5}
    opened.classes.select(2)
    opened.keeper.flush()
    view = json.loads(stored(opened).layout.description.read_text("utf-8"))["view"]

    assert view["front"] == {"zoom": 3.5}
    assert view["label"] == 2


def test_finishing_gives_the_project_back(opened, paint_row) -> None:
    paint_row(opened, 1, 1)
    opened.keeper.flush()
    project = opened.keeper.project
    opened.keeper.finish()

    assert not project.layout.lock.exists()
    assert project.layout.description.exists()


def test_a_list_of_images_of_which_nothing_was_made_is_not_kept(opened, home) -> None:
    opened.keeper.finish()

    assert list(home.iterdir()) == []


def test_strokes_and_their_time_stand_in_the_ledger(
    opened, monkeypatch, paint_row
) -> None:
    clock = iter([100.0, 104.0, 109.5, 120.0])
    monkeypatch.setattr("napari_imageseg.drafting.time.time", lambda: next(clock))
    paint_row(opened, 1, 1)
    paint_row(opened, 2, 1)
    opened.keeper.flush()
    paint_row(opened, 3, 1)
    opened.images.step(1)
    paint_row(opened, 3, 2)
    opened.keeper.flush()

    rows = [(r.image, r.strokes, r.seconds) for r in stored(opened).effort()]
    assert rows == [("plot_1", 2, 4.0), ("plot_1", 1, 5.5), ("plot_2", 1, 10.5)]


def test_who_waits_second_waits_for_what_the_first_holds(opened) -> None:
    keeper, order = opened.keeper, []

    def first() -> None:
        order.append("first")
        keeper.hold()

    keeper.hold()
    keeper.when_saved(first)
    keeper.when_saved(lambda: order.append("second"))
    keeper.go_on()
    assert order == ["first"]
    keeper.go_on()

    assert order == ["first", "second"]
