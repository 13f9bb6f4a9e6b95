"""What a description says, field by field: a damaged field harms no other."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar, get_args

import numpy as np

from imageseg.classes import ClassDef, ClassScheme, Context, default_colours
from imageseg.errors import SettingsError
from imageseg.images import as_choice
from imageseg.project.contents import (
    STATUSES,
    Contents,
    ModelEntry,
    ProjectImage,
    Space,
    Status,
    Whereabouts,
)
from imageseg.project.contents import Kind as ModelKind
from imageseg.project.fields import (
    FAR,
    Fields,
    Kind,
    MalformedError,
    anything_named,
    integer,
    many,
    named,
    number,
    one_of,
    optional,
    text,
    truth,
)
from imageseg.settings import Checked, PredictSettings, TrainSettings, setting_fields
from imageseg.settings.base import check_value

OWN = frozenset(
    {
        *("format", "version", "software", "saved", "scheme", "current", "region"),
        *("predict", "train", "model", "proposed", "models", "view", "images"),
    }
)
LABELS = 256  # of uint8
_CLASS = frozenset({"id", "name", "colour", "excluded"})
_IMAGE = frozenset(
    {
        *("id", "name", "path", "absolute", "size", "mtime_ns", "status"),
        *("predicted_by", "counts", "space"),
    }
)
_SPACE, _MODEL = frozenset(Space.__slots__), frozenset(ModelEntry.__slots__)
_DIMS = 8  # axes of an image at most
S = TypeVar("S", bound=Checked)


def contents_from(values: Mapping[str, Any]) -> Contents:
    """Read a description.

    Raises
    ------
    MalformedError
        Classes or images are not as they have to be, or two models have one id.
    """
    fields = Fields(values, "", [])
    fields.need("scheme", anything_named)
    fields.need("images", many(anything_named))
    scheme = scheme_from(fields.inner("scheme"))
    images = tuple(map(_image, fields.each("images")))
    models = tuple(_model(one, len(scheme)) for one in fields.each("models"))
    _check_ids("images", [image.id for image in images])
    _check_ids("models", [entry.id for entry in models])
    return Contents(
        scheme=scheme,
        images=images,
        current=fields.get("current", text, ""),
        region=fields.get("region", text, "whole"),
        predict=_settings(PredictSettings, fields.inner("predict")),
        train=_settings(TrainSettings, fields.inner("train")),
        model=fields.get("model", text, ""),
        proposed=fields.get("proposed", text, ""),
        models=models,
        view=_view(fields.inner("view")),
        unknown={key: value for key, value in values.items() if key not in OWN},
        problems=tuple(fields.problems),
    )


def scheme_from(fields: Fields) -> ClassScheme:
    """Read classes; colours and exclusions may be malformed, the rest may not.

    Raises
    ------
    MalformedError
        Numbers or names are missing, or are not as they have to be.
    """
    fields.need("classes", many(anything_named))
    fields.note_others({"context", "classes"})
    listed = fields.each("classes")
    colours = default_colours(len(listed))
    contexts: tuple[Context, ...] = get_args(Context)
    context: Context = fields.get("context", one_of(*contexts), "generic")
    try:
        return ClassScheme(tuple(map(_class, listed, colours)), context)
    except SettingsError as error:
        raise MalformedError(f"{fields.name}: {error}") from error


def _class(fields: Fields, colour: str) -> ClassDef:
    fields.note_others(_CLASS)
    return ClassDef(
        id=fields.need("id", integer(1)),
        name=fields.need("name", text),
        colour=fields.get("colour", _colour, colour),
        excluded=fields.get("excluded", truth, False),
    )


def _image(fields: Fields) -> ProjectImage:
    """Read an image; its file is to be found yet."""
    fields.note_others(_IMAGE)
    image_id = fields.need("id", _file_name)
    where = Whereabouts(
        relative=fields.need("path", text),
        absolute=fields.need("absolute", text),
        size=fields.get("size", _COUNT, 0),
        mtime_ns=fields.get("mtime_ns", _TIME, 0),
    )
    return ProjectImage(
        id=image_id,
        name=fields.get("name", text, image_id),
        file=where.absolute,
        whereabouts=where,
        status=fields.get("status", _STATUS, "new"),
        predicted_by=fields.get("predicted_by", text, ""),
        counts=fields.get("counts", _COUNTS, ()),
        space=_space(fields.inner("space")) if "space" in fields.values else Space(),
    )


def _space(fields: Fields) -> Space:
    fields.note_others(_SPACE)
    return Space(
        axes=fields.get("axes", _axes, ""),
        scale=fields.get("scale", _SIZES, ()),
        translate=fields.get("translate", _LENGTHS, ()),
        units=fields.get("units", _NAMES, ()),
        axis_labels=fields.get("axis_labels", _NAMES, ()),
        rotate=fields.get("rotate", _square, ()),
        shear=fields.get("shear", _LENGTHS, ()),
        affine=fields.get("affine", _square, ()),
    )


def _model(fields: Fields, classes: int) -> ModelEntry:
    fields.note_others(_MODEL)
    model_id = fields.need("id", _file_name)
    kinds: tuple[ModelKind, ...] = get_args(ModelKind)
    return ModelEntry(
        id=model_id,
        name=fields.get("name", text, model_id),
        kind=fields.get("kind", one_of(*kinds), "network"),
        parent=fields.get("parent", text, ""),
        created=fields.get("created", _date, ""),
        accepted=fields.get("accepted", truth, False),
        scores=fields.get("scores", _scores, {}),
        held_out=fields.get("held_out", text, ""),
        labels=fields.get("labels", many(integer(0, classes), LABELS), ()),
        note=fields.get("note", text, ""),
        kept=fields.get("kept", truth, False),
    )


def _settings(cls: type[S], fields: Fields) -> S:
    """Rebuild settings; fields that are missing or no longer allowed get defaults."""
    good = {}
    for found in setting_fields(cls):
        if found.name in fields.values:
            value = fields.values[found.name]
            try:
                check_value(found, value)
            except SettingsError as error:
                fields.note(found.name, value, error.expected)
                continue
            good[found.name] = value
    return cls(**good)


def _view(fields: Fields) -> dict[str, Any]:
    """Read what a front end wrote: what the engine reads of it too is checked."""
    view = dict(fields.values)
    if "channels" in view:
        view["channels"] = fields.get("channels", channels_text, "")
    if "images" in view:
        told = fields.inner("images")
        view["images"] = {
            name: _told(told.inner(name))
            for name, values in told.values.items()
            if told.get(name, anything_named, None) is not None
        }
    return view


def _told(fields: Fields) -> dict[str, Any]:
    """Read what a front end wrote of an image."""
    told = dict(fields.values)
    if "off" in told:
        told["off"] = fields.get("off", truth, False)
    if "channels" in told:
        names: tuple[str, ...] = fields.get("channels", many(text), ())
        told["channels"] = list(names)
    return told


def _check_ids(what: str, ids: Collection[str]) -> None:
    """Refuse two of one id: they would write into the same files."""
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise MalformedError(f"two {what} have the id {one!r}")
        seen.add(one)


# -- kinds --------------------------------------------------------------------


def classes(value: object) -> ClassScheme:
    """Take classes, all of whose fields are as they have to be."""
    fields = Fields(anything_named(value), "", [])
    try:
        found = scheme_from(fields)
    except MalformedError as error:
        raise MalformedError("classes, as scheme") from error
    if fields.problems:
        raise MalformedError("classes, as scheme")
    return found


def channels_text(value: object) -> str:
    """Take a choice of channels; empty for none."""
    found = text(value)
    try:
        as_choice(found or None)
    except SettingsError as error:
        raise MalformedError(error.expected) from error
    return found


def _file_name(value: object) -> str:
    found = text(value)
    if not found or found.startswith(".") or re.search(r"[/\\]", found):
        raise MalformedError("the name of a file")
    return found


def _colour(value: object) -> str:
    found = text(value)
    if re.fullmatch(r"#[0-9a-fA-F]{6}", found) is None:
        raise MalformedError("of the form #rrggbb")
    return found


def _axes(value: object) -> str:
    found = text(value)
    if found and not {"Y", "X"} <= set(found) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        raise MalformedError("a letter for each axis, Y and X among them")
    return found


def _size(value: object) -> float:
    """Take a length of a pixel; a negative one turns an axis around."""
    found = _NUMBER(value)
    if abs(found) < 1 / FAR:
        raise MalformedError("a number that is not 0")
    return found


def _square(value: object) -> tuple[tuple[float, ...], ...]:
    rows = _ROWS(value)
    if any(len(row) != len(rows) for row in rows):
        raise MalformedError("a square matrix")
    if rows and abs(np.linalg.det(rows)) < 1 / FAR:
        raise MalformedError("a matrix that can be inverted")
    return rows


def _date(value: object) -> str:
    found = text(value)
    try:
        datetime.fromisoformat(found or "2000-01-01")
    except ValueError as error:
        raise MalformedError("a date of ISO 8601") from error
    return found


def _scores(value: object) -> dict[str, Any]:
    """Take what a model reached: an object of which Dice are read by windows."""
    found = anything_named(value)
    if "dice" in found:
        named(optional(number()))(found["dice"])
    return found


# Made once: there may be thousands of images.
_COUNT, _TIME = integer(), integer(-(1 << 63))
_COUNTS = many(integer(0, int(FAR)), LABELS)
_STATUS: Kind[Status] = one_of(*STATUSES)
_NUMBER = number()
_LENGTHS, _SIZES = many(_NUMBER, _DIMS**2), many(_size, _DIMS)
_NAMES = many(text, _DIMS)
_ROWS = many(many(_NUMBER, _DIMS + 1), _DIMS + 1)
