"""``project.json``: read, checked, and written so that the last good one stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imageseg._version import __version__
from imageseg.classes import ClassScheme
from imageseg.errors import ProjectFormatError
from imageseg.project.contents import (
    Contents,
    ModelEntry,
    ProjectImage,
    settings_of,
)
from imageseg.project.disk import DESCRIPTION, Layout, keep_copy, set_aside, write_text
from imageseg.settings import PredictSettings, TrainSettings

FORMAT = "imageseg-project"
VERSION = 1
_OWN = frozenset(
    {
        *("format", "version", "software", "saved", "scheme", "current", "region"),
        *("predict", "train", "model", "proposed", "models", "view", "images"),
    }
)


def is_project(path: Path | str) -> bool:
    """Tell whether a folder is a project, or a file the description of one."""
    path = Path(path)
    return path.name == DESCRIPTION if path.is_file() else (path / DESCRIPTION).exists()


def layout_of(path: Path | str) -> Layout:
    """Return the layout of a project's folder, or of its description."""
    path = Path(path)
    return Layout(path.parent if path.name == DESCRIPTION else path)


def read_document(layout: Layout, *, previous: bool = False) -> Contents:
    """Read the description of a project.

    Parameters
    ----------
    layout
        Of the project.
    previous
        Read that before the last save.

    Raises
    ------
    ProjectFormatError
        There is none, it is damaged, or from a newer version.
    """
    path = layout.previous if previous else layout.description
    try:
        return contents_of(path.read_text("utf-8"), path)
    except FileNotFoundError as error:
        raise _missing(layout, path) from error
    except ProjectFormatError as error:
        if not previous and layout.previous.is_file():
            error.previous = layout.previous
        raise
    except OSError as error:
        raise ProjectFormatError(f"Cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise _damaged(layout, path, "it is no text") from error


def contents_of(text: str, path: Path) -> Contents:
    """Turn the text of a description into contents.

    Raises
    ------
    ProjectFormatError
        It is damaged, of something else, or from a newer version.
    """
    layout = Layout(path.parent)
    try:
        values = json.loads(text)
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise _damaged(layout, path, "it describes no imageseg project")
        _check_version(values.get("version"), path)
        return _contents(values)
    except ProjectFormatError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(layout, path, f"{type(error).__name__}: {error}") from error


def text_of(contents: Contents) -> str:
    """Return the text of a description: a line for each image and each model."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "software": f"napari-imageseg {__version__}",
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        "scheme": contents.scheme.to_dict(),
        "current": contents.current,
        "region": contents.region,
        "predict": contents.predict.to_dict(),
        "train": contents.train.to_dict(),
        "model": contents.model,
        "proposed": contents.proposed,
        "view": contents.view,
        **contents.unknown,
    }
    lines = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
    lines.append(_listed("models", [entry.to_dict() for entry in contents.models]))
    lines.append(_listed("images", [image.to_dict() for image in contents.images]))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write_document(layout: Layout, contents: Contents) -> None:
    """Write the description; the one before stays beside it.

    Raises
    ------
    OSError
        It cannot be written; the one that was there stands.
    """
    if layout.description.exists():
        keep_copy(layout.description, layout.previous)
    write_text(layout.description, text_of(contents))


def restore_previous(layout: Layout) -> Path | None:
    """Put the description before the last save back in place.

    Returns
    -------
    kept
        Where the other one, which may be damaged, is now.

    Raises
    ------
    ProjectFormatError
        The one before cannot be read either.
    """
    read_document(layout, previous=True)
    text = layout.previous.read_text("utf-8")
    kept = None
    if layout.description.exists():
        replaced = layout.root / "project-replaced.json"
        keep_copy(layout.description, replaced)
        kept = set_aside(replaced, layout.removed)
    write_text(layout.description, text)
    return kept


def _contents(values: dict[str, Any]) -> Contents:
    return Contents(
        scheme=ClassScheme.from_dict(values["scheme"]),
        images=tuple(map(ProjectImage.from_dict, values["images"])),
        current=str(values.get("current", "")),
        region=str(values.get("region", "whole")),
        predict=settings_of(PredictSettings, values.get("predict", {})),
        train=settings_of(TrainSettings, values.get("train", {})),
        model=str(values.get("model", "")),
        proposed=str(values.get("proposed", "")),
        models=tuple(map(ModelEntry.from_dict, values.get("models", ()))),
        view=dict(values.get("view", {})),
        unknown={key: value for key, value in values.items() if key not in _OWN},
    )


def _check_version(version: object, path: Path) -> None:
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"version {version!r}")
    if version > VERSION:
        raise ProjectFormatError(
            f"{path} was written by a newer imageseg (project format {version}; this "
            f"program reads up to {VERSION}). Update napari-imageseg to open it."
        )


def _missing(layout: Layout, path: Path) -> ProjectFormatError:
    return ProjectFormatError(
        f"{layout.root} is no project: there is no {path.name} in it. Choose the "
        "folder of a project, or create one."
    )


def _damaged(layout: Layout, path: Path, reason: str) -> ProjectFormatError:
    advice = "Get it from a backup; annotations and models beside it are untouched."
    if path != layout.previous and layout.previous.is_file():
        advice = (
            f"The state before the last save is kept in {layout.previous.name}: "
            f"imageseg project restore {layout.root} takes it."
        )
    return ProjectFormatError(f"{path} is damaged ({reason}). {advice}")


def _listed(key: str, values: list[dict[str, Any]]) -> str:
    rows = ",\n".join(map(_json, values))
    return f"{_json(key)}: [\n{rows}\n]" if rows else f"{_json(key)}: []"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
