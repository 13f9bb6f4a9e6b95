"""Writing so that nothing half-written is ever seen."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _default_mode() -> int:
    """Return the permissions of new files; the umask can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


_MODE = _default_mode()

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path` that replaces it when the block succeeds.

    Readers see the old file or the new one, never a part; after an error the
    old file stands and the temporary one is gone. The temporary name keeps the
    suffix, so that writers which look at it choose the right format.

    Raises
    ------
    OSError
        The block failed to write; it names `path`, and what to do on a full disk.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    name = f".{path.stem[:40]}-{secrets.token_hex(4)}{path.suffix}"
    temporary = path.with_name(name)
    try:
        yield temporary
        temporary.chmod(_MODE)  # some writers keep their files to themselves
        temporary.replace(path)
    except OSError as error:
        if error.errno is None or error.filename not in {None, str(temporary)}:
            raise  # of another file
        raise OSError(error.errno, _advice(error), str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _advice(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.errno in DISK_FULL:
        reason += "; make room or write to another disk. What was there is kept"
    return reason
