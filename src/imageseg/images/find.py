"""Find image files in folders, in the order people count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from imageseg.errors import ImageReadError
from imageseg.images.read import sniff


def natural_key(path: Path | str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key under which ``img2`` comes before ``img10``."""
    parts = re.split(r"(\d+)", str(path).casefold())
    return tuple((1, int(p), p) if p.isdecimal() else (0, 0, p) for p in parts)


def find_images(paths: Iterable[Path | str]) -> list[Path]:
    """List the images among files and, recursively, in folders.

    Files that are named stay in the list even if they are no images, so that
    whoever reads them can say what is wrong; inside folders only files whose
    content is that of an image are taken, and hidden ones never.

    Returns
    -------
    files
        In the order given; each folder in natural order; no file twice.

    Raises
    ------
    ImageReadError
        A path does not exist.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            found.update(dict.fromkeys(_in_folder(path)))
        elif path.exists():
            found[path] = None
        else:
            raise ImageReadError(path, "there is no such file or folder.")
    return list(found)


def _in_folder(folder: Path) -> list[Path]:
    files = (
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return sorted(
        (path for path in files if _is_image(path)),
        key=lambda path: natural_key(path.relative_to(folder)),
    )


def _is_image(path: Path) -> bool:
    try:
        return sniff(path) is not None
    except ImageReadError:
        return True  # unreadable, not absent: let the reader name it
