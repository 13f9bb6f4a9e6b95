"""Projects opened, named, moved and exchanged, each as it was left."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from imageseg.density import parse_region
from imageseg.interactive import Answer
from imageseg.project import Project
from napari_imageseg.items import ImageItem
from napari_imageseg.proposals import Proposal


@pytest.fixture
def home(tmp_path):
    """Return where projects without a name lie."""
    return tmp_path / "home"


@pytest.fixture
def make(make_session, make_model, work, errands, home):
    """Build sessions as of several starts of napari."""

    def build():
        session = make_session(work, errands, home)
        model = make_model()
        session.models.restore(model, "")
        session.classes.set_scheme(model.spec.scheme)
        return session

    return build


@pytest.fixture
def worked(make, photos, paint_row):
    """Return a session in which something of everything was done."""
    session = make()
    session.images.open_paths([photos])
    session.predictor.predict(everything=True)
    paint_row(session, 3, 2)
    session.images.step(1)
    paint_row(session, 0, 1)
    session.annotator.review(session.images.current, reviewed=True)
    session.classes.select(2)
    session.classes.hide(1)
    session.classes.lock(1)
    session.appearance.set(opacity=0.25, contours=True)
    session.measurer.set_region(parse_region("circle"))
    session.trainer.settings = replace(session.trainer.settings, epochs=7)
    session.drafter.view_of = lambda: {"zoom": 3.5}
    session.keeper.flush()
    return session


@pytest.fixture
def leave_behind():
    """Return what makes a project look as if its window had been killed."""

    def leave(project: Project) -> None:
        lock = project.layout.lock
        owner = json.loads(lock.read_text("utf-8"))
        lock.write_text(json.dumps({**owner, "born": "long ago"}), "utf-8")

    return leave


def state(session) -> dict:
    """Return all that a project has to bring back."""
    images = session.images
    arrays = []
    for item in images.items:
        loaded = item.held().load()
        arrays.append((loaded.annotation, loaded.prediction))
    return {
        "images": [
            (i.name, i.path, i.status, i.reviewed, i.predicted_by, i.annotated_share)
            for i in images.items
        ],
        "densities": [
            (i.density.row(), dict(i.density.counts)) for i in images.items if i.density
        ],
        "counts": [i.counts.tolist()[1:] for i in images.items],
        "arrays": [
            [
                None if labels is None or not labels.any() else labels.tolist()
                for labels in pair
            ]
            for pair in arrays
        ],
        "current": images.current.name,
        "classes": (session.classes.scheme, session.classes.label),
        "appearance": session.appearance.to_dict(),
        "hidden": (set(session.classes.hidden), set(session.classes.locked)),
        "region": str(session.measurer.region),
        "settings": (session.predictor.settings, session.trainer.settings),
        "model": session.models.current.digest(),
    }


def test_a_project_opens_as_it_was_left(worked, make) -> None:
    left = state(worked)
    folder = worked.keeper.project.folder
    worked.keeper.finish()
    session, views = make(), []
    session.projects.opened.connect(views.append)
    session.projects.open(folder)

    assert state(session) == left
    assert views[0]["front"] == {"zoom": 3.5}
    assert session.keeper.is_saved
    assert not session.journal.undo_title
    current = session.images.current
    np.testing.assert_array_equal(current.corrected[0], 1)


def test_what_was_opened_goes_on(worked, make, paint_row) -> None:
    folder = worked.keeper.project.folder
    worked.keeper.finish()
    session = make()
    session.projects.open(folder)
    paint_row(session, 5, 2)
    session.keeper.flush()

    labels = Project.open(folder, read_only=True).annotation("plot_2")
    assert [labels[0, 0], labels[5, 0]] == [1, 2]
    session.journal.undo()
    assert session.images.current.counts[2] == 0


def test_a_project_without_a_name_moves_to_its_folder(
    worked, home, tmp_path, paint_row
) -> None:
    left, scratch = state(worked), worked.keeper.project.folder
    worked.projects.save_as(tmp_path / "named")

    assert worked.keeper.name == "named"
    assert not worked.keeper.is_unnamed
    assert not scratch.exists()
    assert state(worked) == left
    paint_row(worked, 5, 2)
    worked.keeper.flush()
    assert (
        Project.open(tmp_path / "named", read_only=True).annotation("plot_2")[5, 0] == 2
    )


def test_a_named_project_is_copied(worked, tmp_path, paint_row) -> None:
    worked.projects.save_as(tmp_path / "first")
    worked.projects.save_as(tmp_path / "second")
    paint_row(worked, 5, 2)
    worked.keeper.flush()

    labels = [
        Project.open(tmp_path / name, read_only=True).annotation("plot_2")[5, 0]
        for name in ("first", "second")
    ]
    assert labels == [0, 2]


def test_saving_over_another_project_is_refused(worked, tmp_path, listen_to) -> None:
    said = listen_to(worked)
    worked.projects.save_as(tmp_path / "first")
    worked.projects.save_as(tmp_path / "second")
    worked.projects.save_as(tmp_path / "first")

    assert worked.keeper.name == "second"
    assert "is a project already" in said.errors[0][1]


def test_another_window_is_told(worked, make) -> None:
    folder = worked.keeper.project.folder
    other, asked = make(), []
    other.projects.in_use.connect(lambda where, _: asked.append(where))
    other.projects.open(folder)
    assert asked == [folder]
    assert not other.images.items

    other.projects.open(folder, read_only=True)
    assert len(other.images.items) == 3
    assert other.keeper.read_only


def test_what_is_painted_in_a_project_for_reading_is_not_dropped(
    worked, make, tmp_path, listen_to, paint_row
) -> None:
    folder = worked.keeper.project.folder
    other = make()
    said = listen_to(other)
    other.projects.open(folder, read_only=True)
    paint_row(other, 5, 2)
    other.images.step(1)
    other.keeper.flush()
    other.projects.new()
    assert "Save it as another project first" in said.errors[0][1]
    assert len(other.images.items) == 3

    other.projects.save_as(tmp_path / "mine")
    other.keeper.flush()
    labels = Project.open(tmp_path / "mine", read_only=True).annotation("plot_2")
    assert labels[5, 0] == 2
    assert Project.open(folder, read_only=True).annotation("plot_2")[5, 0] == 0


def test_a_new_project_is_empty_and_the_one_before_is_saved(worked, paint_row) -> None:
    paint_row(worked, 6, 1)
    before = worked.keeper.project
    worked.projects.new()

    assert worked.keeper.project is None
    assert not worked.images.items
    assert not before.layout.lock.exists()
    again = Project.open(before.folder, read_only=True)
    assert again.annotation("plot_2")[6, 0] == 1


def test_unsaved_work_is_offered_at_the_next_start(worked, make) -> None:
    folder = worked.keeper.project.folder
    other = make()
    other.projects.look_for_unsaved()
    assert other.projects.unsaved == ()  # it is open

    worked.keeper.finish()
    other.projects.look_for_unsaved()
    (found,) = other.projects.unsaved
    assert found.folder == folder
    assert (found.images, found.annotated) == (3, 2)


def test_a_list_of_images_left_by_a_window_that_was_killed_goes(
    make, photos, home, leave_behind
) -> None:
    for _ in range(2):
        session = make()
        session.images.open_paths([photos])
        session.keeper.flush()
    bare, painted = (Project.open(one, read_only=True) for one in home.iterdir())
    painted.layout.annotations.mkdir(exist_ok=True)
    labels = painted.layout.annotations / "plot_1.tif"
    labels.write_bytes(b"not told of yet")
    other = make()
    other.projects.look_for_unsaved()
    assert other.projects.unsaved == ()
    assert bare.folder.exists()  # its window may go on

    for project in (bare, painted):
        leave_behind(project)
    other.projects.look_for_unsaved()
    assert not bare.folder.exists()
    assert [found.folder for found in other.projects.unsaved] == [painted.folder]
    assert labels.exists()


def test_a_folder_that_is_no_project_says_so(
    worked, tmp_path, listen_to, paint_row
) -> None:
    said = listen_to(worked)
    worked.projects.open(tmp_path)

    assert "is no project" in said.errors[0][1]
    assert len(worked.images.items) == 3
    paint_row(worked, 6, 1)
    worked.keeper.flush()
    assert worked.keeper.is_saved


def test_the_project_that_is_open_is_not_opened_again(worked, listen_to) -> None:
    said = listen_to(worked)
    worked.projects.open(worked.keeper.project.folder)

    assert "open already" in said.notes[0]


def test_what_a_model_could_not_predict_is_known_until_there_is_another(
    worked, make, make_model
) -> None:
    folder, (first, second, *_) = worked.keeper.project.folder, worked.images.items
    first.fail("It has too few channels.", of_model=True)
    second.fail("It is damaged.", of_model=False)
    for item in (first, second):
        worked.images.item_changed.emit(item)
    worked.keeper.flush()
    worked.keeper.finish()
    session = make()
    session.projects.open(folder)
    found = [[item.error for item in session.images.items]]
    session.models.use(make_model(), "other")
    found.append([item.error for item in session.images.items])

    assert found == [
        ["It has too few channels.", "It is damaged.", ""],
        ["", "It is damaged.", ""],
    ]


def test_moved_images_are_missing_until_they_are_located(
    worked, make, photos, listen_to, tmp_path
) -> None:
    folder = worked.keeper.project.folder
    worked.keeper.finish()
    photos.rename(tmp_path / "moved")
    session = make()
    said = listen_to(session)
    session.projects.open(folder)
    assert all("missing" in item.error for item in session.images.items)
    assert "3 images are not where they were" in said.notes[0]

    session.projects.locate(tmp_path / "moved")
    assert [item.error for item in session.images.items] == [""] * 3
    session.images.select(session.images.items[0])
    assert session.images.current.pixels is not None


def test_a_moved_project_opens_with_its_images(worked, make, photos, tmp_path) -> None:
    worked.projects.save_as(photos / "project")
    left = state(worked)
    worked.keeper.finish()
    photos.rename(tmp_path / "elsewhere")
    session = make()
    session.projects.open(tmp_path / "elsewhere" / "project")

    found = state(session)
    assert [i[1] for i in found.pop("images")] == [
        tmp_path / "elsewhere" / path.name for _, path, *_ in left.pop("images")
    ]
    assert found == left


def test_an_earlier_model_is_one_click_away_and_can_be_undone(
    worked, make_model
) -> None:
    first = worked.projects.lineage[0]
    before = worked.models.current
    answer = Answer(
        model=make_model(seed=1), kind="network", scores=None, held_out="nothing"
    )
    worked.models.propose(Proposal(answer), worked.models.base)
    worked.models.accept()
    worked.keeper.flush()
    assert len(worked.projects.lineage) == 2
    worked.projects.use_model(first.id)
    worked.keeper.flush()

    assert worked.models.current.digest() == before.digest()
    assert worked.keeper.project.model == first.id
    assert len(worked.projects.lineage) == 2
    worked.journal.undo()
    worked.keeper.flush()
    assert worked.keeper.project.model == worked.projects.lineage[1].id


def test_a_model_of_other_classes_is_not_gone_back_to(worked, listen_to) -> None:
    said = listen_to(worked)
    project = worked.keeper.project
    first = project.models[0]
    project.reorder_classes([2, 1])
    worked.projects.use_model(first.id)

    assert "merged or reordered" in said.errors[0][1]


def test_an_earlier_model_is_not_gone_back_to_if_classes_change_while_it_opens(
    worked, held_runner, listen_to
) -> None:
    said, used = listen_to(worked), worked.models.current
    slow = held_runner()
    object.__setattr__(worked.runners, "models", slow)
    worked.projects.use_model(worked.keeper.project.models[0].id)
    worked.class_editor.move(2, 1)
    names = worked.classes.scheme.names
    slow.release()

    assert "merged or reordered" in said.errors[0][1]
    assert worked.models.current is used
    assert worked.classes.scheme.names == names


def test_an_earlier_model_is_not_taken_into_the_next_project(
    worked, held_runner
) -> None:
    slow = held_runner()
    object.__setattr__(worked.runners, "models", slow)
    worked.projects.use_model(worked.keeper.project.models[0].id)
    worked.projects.new()
    used = worked.models.current
    slow.release()

    assert worked.models.current is used


def test_layers_come_back_with_all_channels_where_they_lay(make) -> None:
    rng = np.random.default_rng(0)
    red, green = rng.integers(0, 60_000, (2, 3, 8, 10), dtype=np.uint16)
    turned = np.array([[1.0, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
    lies = {
        "axes": "ZYX",
        "scale": (2.0, 0.5, 0.5),
        "axis_labels": ("z", "row", "column"),
        "rotate": turned,
        "shear": np.array([0.1, 0, 0.2]),
        "affine": np.diag([1.0, 2, 3, 1]),
        "channel_names": ("red", "green"),
    }
    session = make()
    session.images.add(ImageItem(name="cells", pixels=red, others=(green,), **lies))
    session.annotator.review(session.images.current, reviewed=True)
    session.channels.use("2,1")
    session.keeper.flush()
    folder = session.keeper.project.folder
    session.keeper.finish()
    again = make()
    again.projects.open(folder)
    item = again.images.current

    assert item.axes == "ZYXC"
    np.testing.assert_array_equal(item.pixels, np.stack([red, green], axis=-1))
    assert item.channel_names == ("red", "green")
    assert (item.scale, item.axis_labels) == (lies["scale"], lies["axis_labels"])
    for name in ("rotate", "shear", "affine"):
        np.testing.assert_array_equal(getattr(item, name), lies[name])
    assert str(again.channels) == "2,1"
