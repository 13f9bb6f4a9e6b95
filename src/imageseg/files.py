"""Writing so that nothing half-written is ever seen."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path` that replaces it when the block succeeds.

    Readers see the old file or the new one, never a part; after an error the
    old file stands and the temporary one is gone. The temporary name keeps the
    suffix, so that writers which look at it choose the right format.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    name = f".{path.stem[:40]}-{secrets.token_hex(4)}{path.suffix}"
    temporary = path.with_name(name)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
