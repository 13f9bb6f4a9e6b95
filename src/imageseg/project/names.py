"""File names that every system takes and no two images share."""

from __future__ import annotations

import re
from collections.abc import Collection

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 100  # characters; some file systems count 255 bytes


def safe_name(wanted: str) -> str:
    """Return a name that can be a file's on Windows, macOS and Linux."""
    name = _FORBIDDEN.sub("_", wanted)[:_LONGEST].strip(" .")
    return f"_{name}" if not name or _DEVICES.fullmatch(name) else name


def unique_name(wanted: str, taken: Collection[str]) -> str:
    """Return a safe name, with a number if it is taken.

    Parameters
    ----------
    wanted
        As somebody calls it.
    taken
        Names that are there, casefolded: many file systems do not tell ``A`` from
        ``a``.
    """
    stem = name = safe_name(wanted)
    number = 2
    while name.casefold() in taken:
        name, number = f"{stem}-{number}", number + 1
    return name
