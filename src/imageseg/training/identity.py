"""What must be the same to go on with work that was stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from imageseg.errors import ModelMismatchError


def check_identity(
    path: Path, what: str, found: dict[str, Any], own: dict[str, Any]
) -> None:
    """Compare what a file says of its work with what is asked for.

    Parameters
    ----------
    path
        The file.
    what
        Whose it is, for people: ``"training"``.
    found, own
        As the file says, and as it must be; values are those of JSON.

    Raises
    ------
    ModelMismatchError
        They differ; every difference is named.
    """
    own = json.loads(json.dumps(own))  # JSON has no tuples
    keys = dict.fromkeys([*own, *found])
    changed = [key for key in keys if own.get(key) != found.get(key)]
    if not changed:
        return
    told = "; ".join(f"{key}: {_change(found, own, key)}" for key in changed)
    raise ModelMismatchError(
        f"{path} is of another {what} ({told}). Resume with what it was "
        "started with, or remove it and begin anew."
    )


def _change(found: dict[str, Any], own: dict[str, Any], key: str) -> str:
    old, new = found.get(key), own.get(key)
    if isinstance(old, dict) and isinstance(new, dict):
        names = [n for n in dict.fromkeys([*old, *new]) if old.get(n) != new.get(n)]
        return ", ".join(f"{n} was {old.get(n)}, is {new.get(n)}" for n in names)
    return f"was {old}, is {new}"
