"""Names of results: each its own, and none among the inputs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from pathlib import Path

from imageseg.errors import SettingsError


def unique_names(paths: Sequence[Path]) -> list[str]:
    """Name outputs by stem, and by more where that is not enough.

    Equal stems get the name of their folder in front or their suffix behind, what
    tells them apart, both, or a number. Names that differ in case only are one file
    on some systems.
    """
    same: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        same[path.stem.casefold()].append(path)
    naming = {stem: _naming(group) for stem, group in same.items()}
    names: dict[str, str] = {}
    for path in paths:
        base = naming[path.stem.casefold()](path)
        numbered = (f"{base}_{i}" for i in count(2))
        name = next(n for n in chain([base], numbered) if n.casefold() not in names)
        names[name.casefold()] = name
    return list(names.values())


def _naming(paths: list[Path]) -> Callable[[Path], str]:
    """Return what tells files of one stem apart; by folder if nothing does."""
    ways = (_by_stem, _by_folder, _by_suffix, _by_both)
    return next((way for way in ways if _differ(map(way, paths))), _by_folder)


def _differ(names: Iterable[str]) -> bool:
    return max(Counter(name.casefold() for name in names).values()) == 1


def _by_stem(path: Path) -> str:
    return path.stem


def _by_folder(path: Path) -> str:
    return f"{path.parent.name}_{path.stem}"


def _by_suffix(path: Path) -> str:
    return f"{path.stem}_{path.suffix.removeprefix('.')}"


def _by_both(path: Path) -> str:
    return f"{path.parent.name}_{_by_suffix(path)}"


def protect_inputs(paths: Sequence[Path], folder: Path) -> None:
    """Refuse to write among the inputs, where the next run would read it.

    Raises
    ------
    SettingsError
        The folder holds one of the files.
    """
    folder = folder.resolve()
    for path in paths:
        if folder == path.resolve().parent:
            raise SettingsError(
                "output folder", str(folder), "another folder than that of the images"
            )
