"""Find the images and masks of a data set, however its folders are laid out."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from imageseg.datasets.pairing import (
    MASK_PREFIXES,
    MASK_SUFFIXES,
    Pair,
    Pairing,
    Several,
    pair_by_stem,
)
from imageseg.errors import ImageReadError
from imageseg.images import find_images, is_image, natural_key
from imageseg.masks import is_labelme

IMAGE_FOLDERS = frozenset({"images", "image", "imgs", "img", "photos"})
MASK_FOLDERS = frozenset({"masks", "mask", "labels", "label", "annotations", "gt"})
TABLES = frozenset({".csv", ".tsv"})


def find_samples(
    images: Path | Sequence[Path],
    masks: Path | Sequence[Path] = (),
    *,
    suffixes: Sequence[str] = MASK_SUFFIXES,
    prefixes: Sequence[str] = MASK_PREFIXES,
    several: Several = "numbered",
) -> Pairing:
    """Find and pair the images and masks of a data set.

    With `masks`, both are files or folders, paired by name; of folders that hold
    equal folders, each is paired by itself. Without, `images` is one of

    - a table (CSV or TSV) with the columns ``images`` and ``masks``: paths from
      where the table lies, several masks of one image parted by ``;``;
    - a folder with ``images`` and ``masks`` in it;
    - a folder with a folder for each sample, with ``images`` and ``masks`` in it:
      all masks beside a single image are its mask;
    - a folder that holds images and masks together, told apart by their names.

    Outlines drawn in labelme (``1.json``) count where no picture is a mask.

    Parameters
    ----------
    images, masks
        Files and folders.
    suffixes, prefixes, several
        As in `pair_by_stem`.

    Raises
    ------
    ImageReadError
        A path does not exist, or a table cannot be understood.
    """
    pair = partial(pair_by_stem, suffixes=suffixes, prefixes=prefixes, several=several)
    images, masks = _as_list(images), _as_list(masks)
    found = (
        _two_folders(images, masks, pair)
        if masks
        else Pairing.joined(_by_itself(path, pair) for path in images)
    )
    return replace(found, unreadable=tuple(_impostors([*images, *masks])))


def read_pairs(table: Path) -> Pairing:
    """Read the images and masks that a table names; rows of one image count as one.

    Raises
    ------
    ImageReadError
        It is no table with the columns ``images`` and ``masks``.
    """
    named: dict[Path, list[Path]] = defaultdict(list)
    for image, masks in _rows(table):
        named[image] += [mask for mask in masks if mask not in named[image]]
    every = [*named, *chain.from_iterable(named.values())]
    absent = dict.fromkeys(path for path in every if not path.is_file())
    there = [path for path in named if path not in absent]
    whole = [path for path in there if absent.keys().isdisjoint(named[path])]
    pairs = [Pair(path, tuple(named[path])) for path in whole if named[path]]
    used = set(chain.from_iterable(pair.masks for pair in pairs))
    masks_there = dict.fromkeys(m for m in every[len(named) :] if m not in absent)
    return Pairing(
        pairs=tuple(pairs),
        images_without_mask=tuple(
            p for p in there if p not in {q.image for q in pairs}
        ),
        masks_without_image=tuple(m for m in masks_there if m not in used),
        absent=tuple(absent),
    )


def _as_list(paths: Path | Sequence[Path]) -> list[Path]:
    return [paths] if isinstance(paths, Path) else list(paths)


def _by_itself(path: Path, pair: partial[Pairing]) -> Pairing:
    if path.suffix.lower() in TABLES:
        return read_pairs(path)
    folders = _sample_folders(path) if path.is_dir() else []
    if folders == [path]:
        return _two_folders(
            [_child(path, IMAGE_FOLDERS)], [_child(path, MASK_FOLDERS)], pair
        )
    if folders:
        return Pairing.joined(_sample(folder, pair) for folder in folders)
    files = _pictures([path])
    found = pair(files, files)
    return (
        found if found.pairs else _with_outlines(found, files, _outlines([path]), pair)
    )


def _two_folders(
    images: list[Path], masks: list[Path], pair: partial[Pairing]
) -> Pairing:
    outlines = [path for path in masks if path.is_file() and is_labelme(path)]
    pictures = _pictures(path for path in masks if path not in outlines)
    files = _pictures(images)
    found = _by_folder(files, pictures, images, masks, pair)
    if found.pairs:
        return found
    return _with_outlines(found, files, outlines or _outlines(masks), pair)


def _by_folder(
    files: list[Path],
    pictures: list[Path],
    images: list[Path],
    masks: list[Path],
    pair: partial[Pairing],
) -> Pairing:
    """Pair folder by folder if images and masks lie in equal ones."""
    a, b = _grouped(files, images), _grouped(pictures, masks)
    if len(a) < 2 or set(a) != set(b) or images == masks:
        return pair(files, pictures)
    return Pairing.joined(pair(a[folder], b[folder]) for folder in a)


def _grouped(files: list[Path], roots: list[Path]) -> dict[Path, list[Path]]:
    groups: dict[Path, list[Path]] = defaultdict(list)
    for file in files:
        root = next((r for r in roots if r in file.parents), file.parent)
        groups[file.parent.relative_to(root)].append(file)
    return groups


def _with_outlines(
    found: Pairing, files: list[Path], outlines: list[Path], pair: partial[Pairing]
) -> Pairing:
    return pair(files, outlines) if outlines else found


def _outlines(paths: list[Path]) -> list[Path]:
    found = [file for path in paths if path.is_dir() for file in path.rglob("*.json")]
    return sorted(found, key=natural_key)


def _impostors(paths: list[Path]) -> list[Path]:
    """Return the files in folders that are called images and are none."""
    every = find_images(path for path in paths if path.is_dir())
    return [path for path in every if not is_image(path)]


def _pictures(paths: Iterable[Path]) -> list[Path]:
    """List images as `find_images` does, without what folders hold by mistake."""
    named = set(paths := list(paths))
    return [path for path in find_images(paths) if path in named or is_image(path)]


def _sample_folders(root: Path) -> list[Path]:
    """Return the folders that hold a folder of images beside one of masks."""
    found = []
    for folder, children, _ in os.walk(root):
        names = {child.casefold() for child in children}
        if names & IMAGE_FOLDERS and names & MASK_FOLDERS:
            found.append(Path(folder))
            children.clear()
    return sorted(found, key=natural_key)


def _child(folder: Path, names: frozenset[str]) -> Path:
    children = sorted(path for path in folder.iterdir() if path.is_dir())
    return next(path for path in children if path.name.casefold() in names)


def _sample(folder: Path, pair: partial[Pairing]) -> Pairing:
    """Pair what lies in the folder of one sample."""
    images = _pictures([_child(folder, IMAGE_FOLDERS)])
    masks = _pictures([_child(folder, MASK_FOLDERS)])
    if len(images) == 1 and masks:
        return Pairing(pairs=(Pair(images[0], tuple(masks)),))
    return pair(images, masks)


def _rows(table: Path) -> list[tuple[Path, list[Path]]]:
    try:
        text = table.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImageReadError(table, "it is no table in UTF-8.") from error
    header = text.partition("\n")[0]
    delimiter = max(",\t;", key=header.count)
    rows = csv.DictReader(text.splitlines(), delimiter=delimiter)
    columns = {
        name.strip().casefold().rstrip("s"): name for name in rows.fieldnames or ()
    }
    if not {"image", "mask"} <= set(columns):
        raise ImageReadError(table, "it needs the columns images and masks.")
    found = []
    for row in rows:
        image, masks = (row[columns[key]] or "" for key in ("image", "mask"))
        listed = [table.parent / m.strip() for m in masks.split(";") if m.strip()]
        if image.strip():
            found.append((table.parent / image.strip(), listed))
    return found
