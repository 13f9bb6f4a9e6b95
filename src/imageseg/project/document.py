"""``project.json``: read, checked, and written so that the last good one stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imageseg._version import __version__
from imageseg.errors import ProjectFormatError
from imageseg.project.contents import Contents
from imageseg.project.disk import DESCRIPTION, Layout, keep_copy, set_aside, write_text
from imageseg.project.fields import is_writable
from imageseg.project.reading import contents_from

FORMAT = "imageseg-project"
VERSION = 1


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
        found = values.get("format") if isinstance(values, dict) else None
        if found != FORMAT:
            reason = f"it describes no imageseg project: its format is {found!r}"
            raise _damaged(layout, path, reason)
        _check_version(values.get("version"), path)
        return contents_from(values)
    except ProjectFormatError:
        raise
    except (ValueError, RecursionError) as error:
        raise _damaged(layout, path, str(error)) from error


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
    kept = keep_replaced(layout)
    write_text(layout.description, text)
    return kept


def keep_replaced(layout: Layout, other: Layout | None = None) -> Path | None:
    """Keep the description as it is now among what was removed.

    Parameters
    ----------
    layout
        Of the project.
    other
        Of the project that keeps it; None: this one.

    Returns
    -------
    kept
        Where; None if there is none.
    """
    if not layout.description.exists():
        return None
    keeper = other or layout
    replaced = keeper.root / "project-replaced.json"
    keep_copy(layout.description, replaced)
    return set_aside(replaced, keeper.removed)


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
    """Write letters as they are, unless other programs left what is none."""
    found = json.dumps(value, ensure_ascii=False)
    return found if is_writable(found) else json.dumps(value)
