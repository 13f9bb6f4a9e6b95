"""Run tasks in a thread: progress, cancel, results on the main thread."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from napari.qt.threading import create_worker
from psygnal import Signal
from qtpy import API_NAME
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QThread, QTimer
from qtpy.QtCore import Signal as QtSignal  # type: ignore[attr-defined]  # no stub
from superqt.utils import WorkerBase
from superqt.utils._qthreading import WorkerBaseSignals

from imageseg.tasks import Progress, Task
from napari_imageseg.importing import unhurried_imports

_NICE = 10
_PAUSE = 0.01  # s
_APART = 0.2  # s between steps that are told: more cannot be read, but are drawn
_HEARD = 0.5  # s to wait at most until somebody has made something of an answer


class _Signals(WorkerBaseSignals):
    yielded = QtSignal(object)
    aborted = QtSignal()


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A task and who waits for it."""

    title: str
    task: Task[Any]
    on_result: Callable[[Any], None]
    on_progress: Callable[[Progress], None] | None

    def __str__(self) -> str:
        """What napari says of it when it is closed meanwhile."""
        return self.title


class TaskWorker(WorkerBase[Any]):
    """Drain one task in a thread.

    superqt's own generator worker takes a `RuntimeError` for a deleted widget
    and ends silently; torch raises them for what users must hear about. Here
    every error is reported, and a cancelled task is closed at once. Steps that carry
    more than a count are all told, others as often as they can be read. After the
    former the task goes on when they have been heard: what they give rise to on a lane
    that goes first is then known.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(SignalsClass=_Signals)
        self._task = job.task
        self.waits: Callable[[], bool] = bool
        """Whether something else goes first; asked between steps."""
        self.hurried: Callable[[], bool] | None = None
        """Whether somebody waits for what it imports; None hurries always."""
        self.heard = threading.Event()
        """Set when the main thread has taken a step."""

    def run(self) -> None:
        """Run in the thread, and end in silence if the application is gone.

        A step that cannot be stopped, as the import of torch, may outlast it; an error
        that leaves a thread of Qt's ends the process with a crash.
        """
        try:
            super().run()
        except RuntimeError:
            if isalive(self.signals):  # type: ignore[no-untyped-call]
                raise

    def work(self) -> Any:  # noqa: ANN401  whatever the task ends in
        """Run in the thread; `returned` carries the result in a tuple.

        By itself an exception that is the result of a task would be raised by superqt,
        or, if it is a `RuntimeError`, end the lane.
        """
        give_way()
        result, told = None, 0.0
        hurried = self.hurried
        importing = nullcontext() if hurried is None else unhurried_imports(hurried)
        with closing(self._task) as task, importing:
            while not self.abort_requested:
                if self.waits():
                    time.sleep(_PAUSE)
                    continue
                try:
                    progress = next(task)
                except StopIteration as stop:
                    result = stop.value
                    break
                if type(progress) is not Progress:
                    self.heard.clear()
                    self.yielded.emit(progress)
                    self.heard.wait(_HEARD)
                elif time.monotonic() >= told + _APART:
                    told = time.monotonic()
                    self.yielded.emit(progress)
        if self.abort_requested:  # in the last step too: superqt drops the result
            self.aborted.emit()
        return (result,)


class TaskRunner(QObject):
    """Runs tasks one after another; everything it calls is on the main thread.

    Parameters
    ----------
    announced
        Whether napari asks before it closes while a task is running.
    behind
        A lane whose tasks go first: between steps, those of this one wait for them.

    Attributes
    ----------
    hurried
        Whether somebody waits for what tasks of this lane import; otherwise they take
        their time over it. None, as at first: always.
    """

    started = Signal(str)
    progressed = Signal(str, Progress)
    failed = Signal(str, Exception)
    cancelled = Signal(str)
    ended = Signal()

    def __init__(
        self, *, announced: bool = False, behind: TaskRunner | None = None
    ) -> None:
        super().__init__()
        self._announced = announced
        self._behind = behind
        self.hurried: Callable[[], bool] | None = None
        self._queue: deque[Job] = deque()
        self._job: Job | None = None
        self._worker: TaskWorker | None = None

    @property
    def busy(self) -> bool:
        """Whether a task is running or waiting."""
        return self._job is not None

    def submit(
        self,
        title: str,
        task: Task[Any],
        on_result: Callable[[Any], None],
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        """Run a task when those before it have ended.

        Parameters
        ----------
        title
            What is being done, for people.
        task
            It must hold copies or frozen values only.
        on_result, on_progress
            Called on the main thread.
        """
        self._queue.append(Job(title, task, on_result, on_progress))
        if not self.busy:
            self._start_next()

    def cancel(self) -> None:
        """Stop the running task at its next step and forget those waiting."""
        self._queue.clear()
        if self._worker is not None:
            self._worker.quit()

    def close(self) -> None:
        """Cancel, and deliver nothing any more."""
        self.cancel()
        self._job = None

    def _start_next(self) -> None:
        self._job = self._queue.popleft()
        self._worker = worker = self._make_worker(self._job)
        if self._behind is not None:
            worker.waits = partial(getattr, self._behind, "busy")
        worker.hurried = self.hurried
        worker.yielded.connect(self._on_yielded)
        worker.returned.connect(self._on_returned)
        worker.errored.connect(self._on_errored)
        worker.aborted.connect(self._on_aborted)  # type: ignore[arg-type]  # no argument
        worker.finished.connect(self._on_finished)  # type: ignore[arg-type]  # likewise
        self.started.emit(self._job.title)
        worker.start()

    def _make_worker(self, job: Job) -> TaskWorker:
        if not self._announced:
            return TaskWorker(job)
        worker: TaskWorker = create_worker(
            job, _worker_class=TaskWorker, _start_thread=False, _ignore_errors=True
        )
        if API_NAME == "PySide6":  # gives napari's slot an error that it does not take
            worker.errored.disconnect()
        return worker

    def _on_yielded(self, progress: Progress) -> None:
        job, worker = self._job, self._worker
        if job is None or worker is None or worker.abort_requested:
            return
        self.progressed.emit(job.title, progress)
        if job.on_progress is not None:
            job.on_progress(progress)
        if type(progress) is not Progress:
            worker.heard.set()

    def _on_returned(self, result: tuple[object]) -> None:
        if self._job is not None:
            self._job.on_result(*result)

    def _on_errored(self, error: Exception) -> None:
        if self._job is not None:
            self.failed.emit(self._job.title, error)

    def _on_aborted(self) -> None:
        if self._job is not None:
            self.cancelled.emit(self._job.title)

    def _on_finished(self) -> None:
        closed = self._job is None
        self._job = self._worker = None
        if closed:
            return
        if self._queue:
            self._start_next()
        else:
            self.ended.emit()


def give_way() -> None:
    """Let the window go first where all processors are busy.

    The threads that torch starts from this one inherit it. On Linux, Qt's priorities do
    nothing, and a thread has a nice value of its own.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    else:
        QThread.currentThread().setPriority(QThread.Priority.LowPriority)


def stop_timer(timer: QTimer) -> None:
    """Stop a timer, which Qt may have deleted with the application."""
    if isalive(timer):  # type: ignore[no-untyped-call]
        timer.stop()
