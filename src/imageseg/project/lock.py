"""One writer a project: who it is, and whether it still lives."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from imageseg.errors import ProjectInUseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who writes in a project.

    Attributes
    ----------
    pid, host
        The process and its computer.
    since
        When it opened the project, ISO 8601.
    born
        When the process began, as the system counts; empty where it does not tell.
        A number of a dead process may be given to another one.
    token
        Tells two windows of one process apart.
    """

    pid: int
    host: str
    since: str
    born: str
    token: str

    @classmethod
    def me(cls) -> Self:
        """Return this process, now."""
        return cls(
            pid=os.getpid(),
            host=socket.gethostname(),
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            born=_born(os.getpid()),
            token=secrets.token_hex(8),
        )

    @property
    def is_gone(self) -> bool:
        """Whether it has certainly ended; of other computers nobody knows."""
        if self.host != socket.gethostname():
            return False
        if not _is_alive(self.pid):
            return True
        return bool(self.born) and self.born != _born(self.pid)


@dataclass(slots=True)
class Lock:
    """The right to write in a project.

    Attributes
    ----------
    path
        The file that says so.
    owner
        We.
    """

    path: Path
    owner: Owner

    @classmethod
    def take(cls, path: Path, *, force: bool = False) -> Self:
        """Take the lock; that of a process which has ended is taken over.

        Parameters
        ----------
        path
            Of the lock file.
        force
            Take it from whoever has it.

        Raises
        ------
        ProjectInUseError
            Another writer has it.
        OSError
            The folder cannot be written.
        """
        lock = cls(path, Owner.me())
        while not lock._created():
            owner = read_owner(path)
            if owner is not None and not (force or owner.is_gone):
                raise _in_use(path, owner)
            _discard(path, owner)
        return lock

    def check(self) -> None:
        """Make sure that the lock is still ours.

        Raises
        ------
        ProjectInUseError
            It was taken over.
        """
        owner = read_owner(self.path)
        if owner is not None and owner.token != self.owner.token:
            raise _in_use(self.path, owner)
        if owner is None and not self._created():
            self.check()

    def release(self) -> None:
        """Give it back, if it is ours."""
        owner = read_owner(self.path)
        if owner is not None and owner.token == self.owner.token:
            self.path.unlink(missing_ok=True)

    def _created(self) -> bool:
        """Create the file, which only one can; it is never seen half-written."""
        draft = self.path.with_name(f".lock-{secrets.token_hex(4)}")
        draft.write_text(json.dumps(asdict(self.owner)), "utf-8")
        try:
            return _only_one(draft, self.path)
        finally:
            draft.unlink(missing_ok=True)


def read_owner(path: Path) -> Owner | None:
    """Return who has a lock; None if there is none, or nobody can read it."""
    try:
        return Owner(**json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _only_one(draft: Path, path: Path) -> bool:
    """Give the draft its name unless it is taken."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(draft.read_text("utf-8"))
        except FileExistsError:
            return False
    return True


def _discard(path: Path, owner: Owner | None) -> None:
    """Remove a lock, unless somebody has taken it since it was read."""
    aside = path.with_name(f".lock-{secrets.token_hex(4)}")
    with contextlib.suppress(FileNotFoundError):
        path.rename(aside)
        if read_owner(aside) != owner:
            _only_one(aside, path)
        aside.unlink()


def _in_use(path: Path, owner: Owner) -> ProjectInUseError:
    return ProjectInUseError(path.parent, owner.host, owner.pid, owner.since)


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _is_alive_on_windows(pid: int) -> bool:
    """Ask without a signal: there, signal 0 ends the process."""
    import ctypes  # noqa: PLC0415  only there

    query, still_active = 0x1000, 259
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  absent elsewhere
    handle = kernel.OpenProcess(query, False, pid)  # noqa: FBT003  C has no keywords
    if not handle:
        return False
    code = ctypes.c_ulong()
    told = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return not told or code.value == still_active


def _born(pid: int) -> str:
    """Return when a process began, in ticks since the start of the system (proc(5))."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]
