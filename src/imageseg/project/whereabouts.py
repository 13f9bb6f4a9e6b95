"""Image files found again, also after folders have moved."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from imageseg.images import is_zarr
from imageseg.project.contents import ProjectImage, Whereabouts
from imageseg.tasks import Progress, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocated:
    """What a search for image files found.

    Attributes
    ----------
    found
        Images with their new paths.
    missing
        Those that are in no folder searched.
    ambiguous
        Those of which there are several files alike; they are left as they are.
    """

    found: tuple[ProjectImage, ...] = ()
    missing: tuple[ProjectImage, ...] = ()
    ambiguous: tuple[ProjectImage, ...] = ()


def whereabouts_of(path: Path, root: Path) -> Whereabouts:
    """Describe where a file is, seen from the project's folder.

    Raises
    ------
    OSError
        There is no such file.
    """
    path = path.absolute()
    told = path.stat()
    whole = path.is_dir()
    return Whereabouts(
        relative=_relative(path, root.absolute()),
        absolute=str(path),
        size=0 if whole else told.st_size,
        mtime_ns=0 if whole else told.st_mtime_ns,
    )


def moved(image: ProjectImage, path: Path, root: Path) -> ProjectImage:
    """Return an image at another path, or seen from another project's folder."""
    where = replace(
        image.whereabouts,
        relative=_relative(path.absolute(), root.absolute()),
        absolute=str(path.absolute()),
    )
    return replace(image, file=str(path.absolute()), whereabouts=where)


class Finder:
    """Tells where image files are: beside the project, or where they were.

    Only folders are looked at, each once: a project of thousands of images on a
    slow drive opens at once.

    Parameters
    ----------
    root
        Of the project.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._places: dict[str, str] = {}

    def find(self, where: Whereabouts) -> str:
        """Return the path of a file that may be there."""
        if not where.relative:
            return where.absolute
        folder, _, name = where.relative.rpartition("/")
        if folder not in self._places:
            self._places[folder] = self._look(folder)
        place = self._places[folder]
        return f"{place}{os.sep}{name}" if place else where.absolute

    def _look(self, folder: str) -> str:
        """Return a folder's path, or nothing if it is not there."""
        place = os.path.normpath(self._root / folder)
        return place if Path(place).is_dir() else ""


def problem(image: ProjectImage) -> str:
    """Look at an image's file: return what is wrong with it, or nothing."""
    where = image.whereabouts
    try:
        told = image.path.stat()
    except OSError:
        return f"{image.path} is missing. Locate its folder, or put it back."
    if where.size and told.st_size != where.size:
        return f"{image.path} has changed since it was added to the project."
    return ""


def check_task(images: Sequence[ProjectImage]) -> Task[dict[str, str]]:
    """Look at all image files.

    Returns
    -------
    problems
        What is wrong, by image; those that are well are not in it.
    """
    found = {}
    for i, image in enumerate(images):
        yield Progress(done=i, total=len(images), message=image.name)
        wrong = problem(image)
        if wrong:
            found[image.id] = wrong
    return found


def relocate_task(
    images: Sequence[ProjectImage], folder: Path, root: Path
) -> Task[Relocated]:
    """Search a folder for files that are not where they were.

    A file is known by its name and its size, of several by the time it was written,
    then by the folders it lay in.

    Parameters
    ----------
    images
        Those to be found.
    folder
        Where to look, subfolders included.
    root
        Of the project.
    """
    lost = [image for image in images if not image.path.exists()]
    names = {_name(image) for image in lost}
    seen: dict[str, list[Path]] = defaultdict(list)
    for i, (path, file) in enumerate(_files(folder)):
        if i % 1000 == 0:
            yield Progress(done=0, total=0, message=f"searching {path.parent}")
        if file in names:
            seen[file].append(path)
    found: list[ProjectImage] = []
    missing: list[ProjectImage] = []
    ambiguous: list[ProjectImage] = []
    for image in lost:
        candidates = _alike(image, seen[_name(image)])
        if len(candidates) == 1:
            where = whereabouts_of(candidates[0], root)
            found.append(
                replace(image, file=str(candidates[0]), whereabouts=where, error="")
            )
        else:
            (ambiguous if candidates else missing).append(image)
    return Relocated(
        found=tuple(found), missing=tuple(missing), ambiguous=tuple(ambiguous)
    )


def _files(folder: Path) -> Iterable[tuple[Path, str]]:
    for place, folders, files in os.walk(folder):
        here = Path(place)
        stores = [name for name in folders if is_zarr(here / name)]
        folders[:] = sorted(set(folders) - set(stores))
        for name in (*files, *stores):
            yield here / name, name.casefold()


def _name(image: ProjectImage) -> str:
    where = image.whereabouts
    return PurePosixPath(where.absolute.replace("\\", "/")).name.casefold()


def _alike(image: ProjectImage, paths: Sequence[Path]) -> Sequence[Path]:
    """Return the files that may be the image's: one, if they can be told apart."""
    where = image.whereabouts
    same = [path for path in paths if not where.size or _size(path) == where.size]
    exact = [path for path in same if path.stat().st_mtime_ns == where.mtime_ns]
    same = exact or same
    if len(same) < 2:
        return same
    old = where.absolute.replace("\\", "/").split("/")
    common = [_shared_end(old, path.parts) for path in same]
    return [path for path, n in zip(same, common, strict=True) if n == max(common)]


def _size(path: Path) -> int:
    return path.stat().st_size


def _shared_end(old: Sequence[str], new: Sequence[str]) -> int:
    shared = 0
    for a, b in zip(reversed(old), reversed(new), strict=False):
        if a != b:
            break
        shared += 1
    return shared


def _relative(path: Path, root: Path) -> str:
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive
        return ""
