"""Find image files in folders, in the order people count."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from imageseg.errors import ImageReadError, SettingsError
from imageseg.images.formats import IMAGE_SUFFIXES, is_image, is_zarr, reason


def natural_key(path: Path | str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key under which ``img2`` comes before ``img10``."""
    parts = re.split(r"(\d+)", str(path).casefold())
    return tuple((1, int(p), p) if p.isdecimal() else (0, 0, p) for p in parts)


def find_images(
    paths: Iterable[Path | str],
    include: str | None = None,
    exclude: str | None = None,
) -> list[Path]:
    r"""List the images among files and, recursively, in folders.

    Files that are named stay in the list even if they are no images, so that
    whoever reads them can say what is wrong; inside folders files are taken that
    are images by their content, or are called so, and hidden ones never. An
    OME-Zarr folder is one image.

    Parameters
    ----------
    paths
        Files and folders.
    include, exclude
        Regular expressions, as ``r"_mask\."``; only images in whose name `include`
        is found, and `exclude` is not, are listed. The name is the path below the
        folder that was given, with forward slashes.

    Returns
    -------
    files
        In the order given; each folder in natural order; no file twice.

    Raises
    ------
    ImageReadError
        A path does not exist, or a folder cannot be opened.
    SettingsError
        A regular expression is none.
    """
    wanted = is_wanted(include, exclude)
    found: dict[Path, None] = {}
    for path, name in _named(map(Path, paths)):
        if wanted(name):
            found[path] = None
    return list(found)


def is_wanted(include: str | None, exclude: str | None) -> Callable[[str], bool]:
    """Return what chooses names by two regular expressions; see `find_images`.

    Raises
    ------
    SettingsError
        A regular expression is none.
    """
    wanted, unwanted = _compiled("include", include), _compiled("exclude", exclude)

    def choose(name: str) -> bool:
        left_out = unwanted is not None and unwanted.search(name)
        return not left_out and (wanted is None or bool(wanted.search(name)))

    return choose


def _named(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """List images with their names below what was given."""
    for path in paths:
        if path.is_dir() and not is_zarr(path):
            for file in _in_folder(path):
                yield file, file.relative_to(path).as_posix()
        elif path.exists():
            yield path, path.name
        else:
            raise ImageReadError(path, "there is no such file or folder.")


def _in_folder(folder: Path) -> list[Path]:
    return sorted(
        (path for path in _walk(folder) if _is_called_image(path) or is_image(path)),
        key=lambda path: natural_key(path.relative_to(folder)),
    )


def _walk(folder: Path) -> Iterator[Path]:
    """List the files below a folder, and Zarr folders as if they were files."""
    for root, folders, files in os.walk(folder, onerror=_refuse):
        below = [Path(root, name) for name in folders if not name.startswith(".")]
        zarrs = {path for path in below if is_zarr(path)}
        folders[:] = [path.name for path in below if path not in zarrs]
        yield from zarrs
        for name in files:
            path = Path(root, name)
            if not name.startswith(".") and path.is_file():
                yield path


def _refuse(error: OSError) -> NoReturn:
    raise ImageReadError(
        error.filename, f"{reason(error)}. Ask for the right to open this folder."
    ) from error


def _is_called_image(path: Path) -> bool:
    """Keep what claims to be an image and is none: its reader says so by name."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def _compiled(field: str, pattern: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern) if pattern else None
    except re.error as error:
        raise SettingsError(
            field, pattern, f"a regular expression ({error})"
        ) from error
