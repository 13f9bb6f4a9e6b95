"""One writer a project; locks of processes that have ended do not count."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from imageseg.errors import ProjectInUseError
from imageseg.project import Project
from imageseg.project.lock import Lock, Owner, read_owner


def written(path: Path, **values: object) -> None:
    """Write the lock of somebody else."""
    mine = {"pid": os.getpid(), "host": socket.gethostname(), "born": "", "token": "x"}
    path.write_text(json.dumps(mine | {"since": "2026-01-02T03:04:05"} | values))


def dead_process() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_second_window_is_told_who_has_the_project(project: Project) -> None:
    with pytest.raises(ProjectInUseError, match="is open elsewhere") as told:
        Project.open(project.folder)

    assert told.value.host == socket.gethostname()
    assert told.value.pid == os.getpid()
    assert told.value.since in str(told.value)
    assert str(pickle.loads(pickle.dumps(told.value))) == str(told.value)  # noqa: S301


def test_closing_makes_room(project: Project) -> None:
    project.close()
    project.close()  # twice is once

    Project.open(project.folder).close()
    assert not (project.folder / "project.lock").exists()


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "project.lock"
    written(path, pid=dead_process())

    lock = Lock.take(path)

    assert read_owner(path) == lock.owner
    assert list(tmp_path.iterdir()) == [path]


def test_a_number_given_to_another_process_is_noticed(tmp_path: Path) -> None:
    if not Owner.me().born:
        pytest.skip("this system does not tell when a process began")
    path = tmp_path / "project.lock"
    written(path, born="1")

    assert read_owner(path).is_gone  # type: ignore[union-attr]
    Lock.take(path)


def test_another_computer_may_be_alive(tmp_path: Path) -> None:
    path = tmp_path / "project.lock"
    written(path, host="server", pid=dead_process())

    with pytest.raises(ProjectInUseError, match="on server"):
        Lock.take(path)
    assert read_owner(Lock.take(path, force=True).path).host == socket.gethostname()  # type: ignore[union-attr]


def test_a_lock_that_is_no_lock_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "project.lock"
    path.write_text("")

    assert read_owner(path) is None
    Lock.take(path)
    assert read_owner(path) is not None


def test_a_writer_whose_lock_was_taken_stops(project: Project) -> None:
    other = Project.open(project.folder, force=True)
    before = (project.folder / "project.json").read_bytes()

    with pytest.raises(ProjectInUseError):
        project.set_status("plot_1", "reviewed")

    assert (project.folder / "project.json").read_bytes() == before
    project.close()
    assert read_owner(project.layout.lock) is not None  # it is not ours to release
    other.close()


def test_a_lock_that_was_deleted_is_made_anew(project: Project) -> None:
    project.layout.lock.unlink()

    project.set_status("plot_1", "reviewed")

    assert read_owner(project.layout.lock) is not None
