"""Which files are prepared, and what the results are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from imageseg.datasets.layouts import IMAGE_FOLDERS
from imageseg.errors import SettingsError
from imageseg.images.write import refuse_leftovers

Masks = tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An image to prepare.

    Attributes
    ----------
    image
        Its file.
    masks
        The files of its mask; several are parts of one.
    name
        What its results are called: a path without suffix below the folder
        written to.
    """

    image: Path
    masks: Masks = ()
    name: str


def list_sources(
    images: Sequence[Path],
    roots: Sequence[Path] = (),
    masks: Mapping[Path, Masks] | None = None,
) -> list[Source]:
    """Name the results after the images, with the folders they lie in.

    Parameters
    ----------
    images
        Image files.
    roots
        Folders given; the folders below them are mirrored, those of several
        roots under the roots' names.
    masks
        The mask files of each image; images without are left out, and folders
        that only say ``images`` do not count. None prepares images alone.

    Returns
    -------
    sources
        Names are unique also where case does not count: ``a.jpg`` and ``a.png``
        become ``a_jpg`` and ``a_png``.
    """
    if masks is not None:
        images = [image for image in images if masks.get(image)]
    below = [_below(image, roots) for image in images]
    names = _unique(below if masks is None else [_short(path) for path in below])
    return [
        Source(image=image, masks=masks[image] if masks else (), name=name)
        for image, name in zip(images, names, strict=True)
    ]


def without_results(
    paths: Sequence[Path], roots: Sequence[Path], out: Path
) -> list[Path]:
    """Leave out what lies in a folder of results below the images' own folders.

    So no run prepares the results of the one before.
    """
    out = out.resolve()
    if not any(root.resolve() in out.parents for root in roots):
        return list(paths)
    return [path for path in paths if out not in path.resolve().parents]


def check_folder(sources: Sequence[Source], out: Path, *, tiled: bool = False) -> None:
    """Refuse to write among images or masks, where results would mix with them.

    Results of an earlier run may be there if all are written anew; of tiles that
    is not known before, so they need an empty folder.

    Raises
    ------
    SettingsError
        A result would come to lie beside an image, a mask or an old result.
    """
    inputs = {p.parent for s in sources for p in (s.image, *s.masks)}
    targets = {
        (out / kind / source.name).parent
        for source in sources
        for kind in (("images", "masks") if source.masks else ("",))
    }
    if {p.resolve() for p in inputs} & {p.resolve() for p in targets}:
        raise SettingsError(
            "output folder", str(out), "another folder than that of the images"
        )
    stems = [] if tiled else [stem for source in sources for stem in _stems(source)]
    refuse_leftovers(out, sorted(targets), stems)


def _stems(source: Source) -> list[str]:
    """Return what the files of a result are called, image and masks."""
    name, n = Path(source.name).name, len(source.masks)
    return [name, *(f"{name}_mask_{i + 1}" for i in range(n) if n > 1)]


def _below(image: Path, roots: Sequence[Path]) -> Path:
    folders = [root for root in roots if root.is_dir()]
    for root in folders:
        if image != root and image.is_relative_to(root):
            inside = image.relative_to(root)
            return Path(root.name) / inside if len(folders) > 1 else inside
    return Path(image.name)


def _short(path: Path) -> Path:
    kept = [part for part in path.parts[:-1] if part.casefold() not in IMAGE_FOLDERS]
    return Path(*kept, path.name)


def _unique(paths: Sequence[Path]) -> list[str]:
    plain = [path.with_suffix("").as_posix() for path in paths]
    often = Counter(name.casefold() for name in plain)
    taken: dict[str, str] = {}
    for path, name in zip(paths, plain, strict=True):
        alone = often[name.casefold()] == 1
        base = name if alone else f"{name}_{path.suffix.removeprefix('.')}"
        numbered = (f"{base}_{i}" for i in count(2))
        free = next(n for n in chain([base], numbered) if n.casefold() not in taken)
        taken[free.casefold()] = free
    return list(taken.values())
