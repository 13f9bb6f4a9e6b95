"""Names of results: each its own, and none among the inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

from imageseg.errors import SettingsError


def unique_names(paths: Sequence[Path]) -> list[str]:
    """Name outputs by stem; equal stems get the name of their folder, then a number.

    Names that differ in case only are one file on some systems.
    """
    stems = Counter(path.stem.casefold() for path in paths)
    names: dict[str, str] = {}
    for path in paths:
        alone = stems[path.stem.casefold()] == 1
        base = path.stem if alone else f"{path.parent.name}_{path.stem}"
        numbered = (f"{base}_{i}" for i in count(2))
        name = next(n for n in chain([base], numbered) if n.casefold() not in names)
        names[name.casefold()] = name
    return list(names.values())


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
