"""Whatever stands in ``project.json``: it opens, or it is said what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imageseg.errors import ProjectFormatError
from imageseg.model import SegmentationModel
from imageseg.project import Changes, Project, Space, Story, copy_task
from imageseg.project.document import text_of
from imageseg.project.fields import problems_text
from imageseg.tasks import drain

Damage = Callable[..., Iterator[tuple[str, Any]]]
SPACE = Space(
    axes="YX",
    scale=(0.5, 0.5),
    translate=(1.0, 2.0),
    units=("um", "um"),
    axis_labels=("y", "x"),
    rotate=((1.0, 0.0), (0.0, 1.0)),
    shear=(0.1,),
    affine=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
)
ESSENTIAL = (
    *("format", "version", "scheme", "scheme.classes", "scheme.classes.0"),
    *("scheme.classes.0.id", "scheme.classes.0.name"),
    *("images", "images.0", "images.0.id", "images.0.path", "images.0.absolute"),
    *("models.0", "models.0.id"),
)

ALIKE = r"(train|predict)\.(?!device|epochs|rate|flips)"  # settings; a few will do
WHOLE = r"(\.(channels|counts|scores|labels|space\.\w+))\..*"  # of one piece


@pytest.fixture
def description(
    project: Project, strokes: np.ndarray, make_model: Callable[..., SegmentationModel]
) -> dict[str, Any]:
    """Return a description in which every field has a value, and close its project."""
    scores = {"dice": {"soil": 0.5, "leaf": None}}
    story = Story(accepted=True, scores=scores, held_out="plot_2", note="better")
    project.add_model(make_model(classes=3), story)
    told = {"plot_1": {"channels": ["red", "green", "blue"], "off": False}}
    project.save(
        Changes(
            annotations={"plot_1": strokes},
            spaces={"plot_1": SPACE},
            current="plot_1",
            view={"images": told, "channels": "1,2,3"},
        )
    )
    project.close()
    values: dict[str, Any] = json.loads(project.layout.description.read_text("utf-8"))
    values["images"][0]["predicted_by"] = values["models"][0]["id"]
    return values


def write(project: Project, values: object) -> None:
    project.layout.description.write_text(json.dumps(values), "utf-8")


def read(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.layout.description.read_text("utf-8"))
    return found


def use(project: Project) -> None:
    """Ask for all that is read of a description."""
    for image in project.images:
        project.channel_names(image.id)
    for entry in project.models:
        assert entry.fits
        assert entry.mapping[0] == 0
    assert len(project.samples()) <= 1
    list(project.check_task())


def leaves(values: Any, name: str = "") -> dict[str, Any]:
    """Return all that a JSON value holds, by the names of `damaged`."""
    if isinstance(values, dict):
        parts = values.items()
    elif isinstance(values, list):
        parts = dict(enumerate(values)).items()
    else:
        return {name: values}
    found = {}
    for key, value in parts:
        found |= leaves(value, f"{name}.{key}" if name else str(key))
    return found


def rest(values: Any, name: str) -> dict[str, Any]:
    """Return all of a description that damage of this part leaves as it is."""
    what = name.split(".", maxsplit=1)[0]
    name = re.sub(WHOLE, r"\1", name)
    gone = {"images": "current", "models": "model"}.get(what, name)
    left = ("software", "saved", gone)
    return {
        key: value
        for key, value in leaves(values).items()
        if not f"{key}.".startswith(f"{name}.") and key not in left
    }


def test_every_field_may_be_damaged(
    project: Project, description: dict[str, Any], damaged: Damage, wrong: object
) -> None:
    opened, said = 0, []
    for name, values in damaged(description, wrong):
        if re.match(ALIKE, name):
            continue
        write(project, values)
        try:
            seen = Project.open(project.folder, read_only=True)
        except ProjectFormatError as error:
            assert name in ESSENTIAL, name
            said.append((name, str(error)))
            continue
        opened += 1

        use(seen)
        assert all(name.split(".")[0] in told for told in seen.problems), name
        saved = json.loads(text_of(seen.contents))
        if name not in ("images", "images.0.id"):  # it is another one
            assert rest(saved, name) == rest(description, name), name
    assert opened > 60
    for name, told in said:
        assert str(project.layout.description) in told
        assert name.split(".")[0] in told


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", 3, "images[1].name is 3 and must be a text"),
        ("space", {"scale": [0, 1]}, "images[1].space.scale is [0, 1] and must be"),
        ("counts", [1] * 257, "images[1].counts is"),
        ("counts", [float("nan")], "images[1].counts is"),
        ("size", 10**30, "and must be a whole number from 0 to"),
        ("weather", "rain", "images[1].weather is not known"),
        ("status", "seen", "must be one of"),
        ("predicted_by", "\0", "must be a text"),
        ("predicted_by", "\ud800", "must be a text"),
    ],
)
def test_what_is_replaced_is_told_and_kept(
    project: Project,
    description: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    field: str,
    value: object,
    said: str,
) -> None:
    description["images"][1][field] = value
    description["lab"] = "kept \ud800"
    write(project, description)
    before = project.layout.description.read_bytes()
    with Project.open(project.folder) as opened:
        (told,) = opened.problems
        assert said in told
        assert str(project.layout.description) in caplog.text
        opened.set_status("plot_3", "reviewed")
        assert opened.problems == ()
        opened.set_status("plot_3", "new")

    kept = list(project.layout.removed.iterdir())
    assert [path.read_bytes() for path in kept] == [before]
    saved = rest(read(project), f"images.1.{field}")
    assert saved == rest(description, f"images.1.{field}")
    with Project.open(project.folder) as again:
        assert again.problems == ()


def test_channels_that_are_none_are_those_of_the_model(
    project: Project, description: dict[str, Any]
) -> None:
    description["view"]["channels"] = "red,,blue"
    write(project, description)
    seen = Project.open(project.folder, read_only=True)

    assert "view.channels" in seen.problems[0]
    assert seen.channels is None


def test_an_edit_of_classes_keeps_what_was_replaced_too(
    project: Project, description: dict[str, Any]
) -> None:
    description["scheme"]["classes"][0]["colour"] = "brown"
    write(project, description)
    before = project.layout.description.read_bytes()
    with Project.open(project.folder) as opened:
        opened.merge_classes(3, into=2)

    (kept,) = project.layout.removed.iterdir()
    assert kept.read_bytes() == before
    assert read(project)["scheme"]["classes"][0]["colour"] == "#1b2a33"


def test_a_copy_keeps_what_was_replaced_too(
    project: Project, description: dict[str, Any], tmp_path: Path
) -> None:
    write(project, description | {"region": 3})
    with (
        Project.open(project.folder) as opened,
        drain(copy_task(opened, tmp_path / "copy")) as copy,
    ):
        (kept,) = copy.layout.removed.iterdir()

        assert kept.read_bytes() == project.layout.description.read_bytes()
        assert copy.problems == ()


@pytest.mark.parametrize("name", ["../plot_1", "a/b", "a\\b", ".", ".plot_1", ""])
def test_no_file_outside_the_project_is_an_images(
    project: Project, description: dict[str, Any], name: str
) -> None:
    description["images"][0]["id"] = name
    write(project, description)

    with pytest.raises(ProjectFormatError, match=r"images\[0\].id"):
        Project.open(project.folder)


@pytest.mark.parametrize("what", ["images", "models"])
def test_two_of_one_name_are_refused(
    project: Project, description: dict[str, Any], what: str
) -> None:
    description[what].append(description[what][0])
    write(project, description)

    with pytest.raises(ProjectFormatError, match=f"two {what} have the id"):
        Project.open(project.folder)


def test_many_problems_are_told_in_short() -> None:
    told = problems_text("project.json", [f"field {i} is wrong" for i in range(9)])

    assert "field 4 is wrong; and 4 more. Defaults" in told
    assert "field 5" not in told
