"""Outlines in labelme files whose names no class has."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from imageseg.datasets.findings import Finding


def unnamed(
    outlined: Mapping[Path, Sequence[str]], names: Sequence[str]
) -> Iterator[Finding]:
    """Name labelme files with outlines of no class, and the classes they need.

    Parameters
    ----------
    outlined
        The names in each file.
    names
        Of the classes; those of the outlines follow them, in the order of the files.
    """
    classes = {name.casefold(): name for name in names or ("background",)}
    missing = {
        path: list(dict.fromkeys(n for n in found if n.casefold() not in classes))
        for path, found in outlined.items()
    }
    for name in (name for found in missing.values() for name in found):
        classes.setdefault(name.casefold(), name)
    proposal = " ".join(map(shlex.quote, classes.values()))
    for path, found in missing.items():
        if found:
            yield Finding(
                severity="error",
                kind="class names",
                path=path,
                what=f"it outlines {', '.join(map(repr, found))}, which no class is "
                "called",
                advice=f"Name the classes: --classes {proposal}",
            )
