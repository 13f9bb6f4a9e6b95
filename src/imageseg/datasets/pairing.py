"""Pair images with their masks by name, never by position."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import chain, product
from pathlib import Path
from typing import Literal, NamedTuple, Self

MASK_PREFIXES = ("", "mask_", "mask-", "label_", "gt_")
MASK_SUFFIXES = (
    *("", "_mask", "-mask", "_masks", "_labels", "_label", "-labels", "-label"),
    *("_annotation", "_seg", "_gt"),
)
IMAGE_PREFIXES = ("", "image_", "img_")
IMAGE_SUFFIXES = ("", "_image", "-image", "_img")

Several = Literal["numbered", "all", "one"]
"""Which masks of one image are united: ``1_mask_1``, ``1_mask_2``; all; none."""

_PHOTOGRAPHS = (".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".png", ".json")
_NUMBER = re.compile(r"[ _-]?\(?\d+\)?$")


class Pair(NamedTuple):
    """An image and the files that make up its mask."""

    image: Path
    masks: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Which masks belong to which image, and what is left over.

    Attributes
    ----------
    pairs
        Each image with its masks, in the order of the images.
    images_without_mask, masks_without_image
        Files that found no partner.
    ambiguous
        Images with several masks that are not meant together, or whose mask would
        fit another image too; they are not paired.
    absent
        Files that a table names and that are not there.
    unreadable
        Files that are called images and whose content is none.
    """

    pairs: tuple[Pair, ...] = ()
    images_without_mask: tuple[Path, ...] = ()
    masks_without_image: tuple[Path, ...] = ()
    ambiguous: tuple[Path, ...] = ()
    absent: tuple[Path, ...] = ()
    unreadable: tuple[Path, ...] = ()

    @property
    def images(self) -> tuple[Path, ...]:
        """The images that have a mask."""
        return tuple(pair.image for pair in self.pairs)

    @property
    def masks(self) -> tuple[tuple[Path, ...], ...]:
        """The masks of each of them."""
        return tuple(pair.masks for pair in self.pairs)

    def messages(self) -> list[str]:
        """Say of every file that is left out why."""
        reasons = {
            "no mask for": self.images_without_mask,
            "no image for": self.masks_without_image,
            "several masks for": self.ambiguous,
            "there is no file": self.absent,
            "no image in": self.unreadable,
        }
        return [
            f"{reason} {path}; left out."
            for reason, paths in reasons.items()
            for path in paths
        ]

    @classmethod
    def joined(cls, pairings: Iterable[Pairing]) -> Self:
        """Return several pairings as one."""
        found = tuple(pairings)
        return cls(
            **{
                field.name: tuple(
                    chain.from_iterable(getattr(p, field.name) for p in found)
                )
                for field in fields(cls)
            }
        )


def pair_by_stem(
    images: Sequence[Path],
    masks: Sequence[Path],
    *,
    suffixes: Sequence[str] = MASK_SUFFIXES,
    prefixes: Sequence[str] = MASK_PREFIXES,
    several: Several = "numbered",
) -> Pairing:
    """Pair ``1.tif`` with ``1.png``, ``1_mask.tif`` or ``mask_1.tif``.

    Parameters
    ----------
    images, masks
        Files. One that is in both lists (one folder for both) is a mask if its
        name says so or if a photograph has the same stem.
    suffixes, prefixes
        What a mask's stem may have after and before that of its image. Upper and
        lower case are the same.
    several
        Which masks of one image belong together.
    """
    names = _Names(tuple(prefixes), tuple(suffixes))
    images, masks = _told_apart(images, masks, names)
    found = _candidates(images, masks, names)
    claims = Counter(mask for group in found.values() for mask in group)
    sure = {
        image: tuple(group)
        for image, group in found.items()
        if group
        and all(claims[mask] == 1 for mask in group)
        and (len(group) == 1 or _belong_together(group.values(), several))
    }
    used = set(chain.from_iterable(sure.values()))
    return Pairing(
        pairs=tuple(Pair(image, group) for image, group in sure.items()),
        images_without_mask=tuple(i for i, group in found.items() if not group),
        masks_without_image=tuple(mask for mask in masks if mask not in used),
        ambiguous=tuple(i for i, group in found.items() if group and i not in sure),
    )


class _Affix(NamedTuple):
    """What made a file's name that of a mask."""

    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class _Names:
    """What masks may be called."""

    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]

    def images_of(self, mask: Path) -> dict[str, _Affix]:
        """Return the names that the image of a mask may have."""
        stem = _stem(mask)
        found: dict[str, _Affix] = {}
        for affix in map(_Affix._make, product(self.prefixes, self.suffixes)):
            prefix, suffix = (part.casefold() for part in affix)
            ends = [stem, _NUMBER.sub("", stem)] if suffix else [stem]
            for end in ends:
                core = _stripped(end, prefix, suffix)
                if core:
                    found.setdefault(core, affix)
        return found

    def marks(self, path: Path) -> bool:
        """Tell whether a name says that the file is a mask."""
        return any(any(affix) for affix in self.images_of(path).values())


def _stem(path: Path) -> str:
    return path.stem.casefold().removesuffix(".ome")


def _stripped(stem: str, prefix: str, suffix: str) -> str:
    if not (stem.startswith(prefix) and stem.endswith(suffix)):
        return ""
    return stem[len(prefix) : len(stem) - len(suffix)]


def _candidates(
    images: Sequence[Path], masks: Sequence[Path], names: _Names
) -> dict[Path, dict[Path, _Affix]]:
    """Return the masks whose names fit each image.

    Only images that find none by their own name try it without ``img_`` and the like.
    """
    by_name: dict[str, dict[Path, _Affix]] = defaultdict(dict)
    for mask in masks:
        for name, affix in names.images_of(mask).items():
            by_name[name][mask] = affix
    found = {image: _gathered(by_name, _own_names(image)) for image in images}
    taken = set(chain.from_iterable(found.values()))
    for image in [image for image, group in found.items() if not group]:
        group = _gathered(by_name, _short_names(image))
        found[image] = {m: affix for m, affix in group.items() if m not in taken}
    return found


def _own_names(image: Path) -> set[str]:
    return {_stem(image), image.name.casefold()}


def _short_names(image: Path) -> set[str]:
    affixes = product(IMAGE_PREFIXES, IMAGE_SUFFIXES)
    return {_stripped(_stem(image), *affix) for affix in affixes} - {""}


def _gathered(
    by_name: dict[str, dict[Path, _Affix]], names: Iterable[str]
) -> dict[Path, _Affix]:
    found: dict[Path, _Affix] = {}
    for name in names:
        found |= by_name.get(name, {})
    return found


def _belong_together(affixes: Iterable[_Affix], several: Several) -> bool:
    kinds = set(affixes)
    numbered = len(kinds) == 1 and all(affix.suffix for affix in kinds)
    return several == "all" or (several == "numbered" and numbered)


def _told_apart(
    images: Sequence[Path], masks: Sequence[Path], names: _Names
) -> tuple[list[Path], list[Path]]:
    """Make an image or a mask of each file that is in both lists."""
    shared = set(images) & set(masks)
    if not shared:
        return list(dict.fromkeys(images)), list(dict.fromkeys(masks))
    called = {
        name
        for mask in masks
        for name, affix in names.images_of(mask).items()
        if any(affix)
    }
    by_stem: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for path in shared:
        by_stem[path.parent, _stem(path)].append(path)
    own = {
        path
        for path in shared
        if _stem(path) not in called
        and (
            names.marks(path)
            or path not in _likeliest(by_stem[path.parent, _stem(path)])
        )
    }
    return (
        [path for path in dict.fromkeys(images) if path not in own],
        [path for path in dict.fromkeys(masks) if path in own or path not in shared],
    )


def _likeliest(paths: list[Path]) -> list[Path]:
    """Return those of several files of one stem whose format is most a photograph's."""
    known = [p for p in paths if p.suffix.lower() in _PHOTOGRAPHS]
    if len(known) < len(paths) or len(paths) < 2:
        return paths
    ranks = {path: _PHOTOGRAPHS.index(path.suffix.lower()) for path in paths}
    return [path for path in paths if ranks[path] == min(ranks.values())]
