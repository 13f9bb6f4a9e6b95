"""Tasks in a thread: every end is reported, on the main thread."""

from __future__ import annotations

import threading

import pytest
from qtpy.compat import isalive

from imageseg.errors import SettingsError
from imageseg.tasks import Progress
from napari_imageseg.workers import Job, TaskRunner, TaskWorker


class Log:
    """What a runner said, in order."""

    def __init__(self, runner: TaskRunner) -> None:
        self.said: list[tuple] = []
        self.threads: set[int] = set()
        runner.started.connect(lambda title: self._note("started", title))
        runner.progressed.connect(lambda _, p: self._note("progressed", p.done))
        runner.failed.connect(lambda title, e: self._note("failed", title, type(e)))
        runner.cancelled.connect(lambda title: self._note("cancelled", title))
        runner.ended.connect(lambda: self._note("ended"))

    def _note(self, *words) -> None:
        self.said.append(words)
        self.threads.add(threading.get_ident())

    def result(self, value) -> None:
        self._note("result", value)


@pytest.fixture
def runner(qtbot):
    """Return a runner that has come to rest at the end of the test."""
    runner = TaskRunner()
    yield runner
    runner.cancel()
    qtbot.waitUntil(lambda: not runner.busy, timeout=10_000)


@pytest.fixture
def log(runner) -> Log:
    """Return what the runner says."""
    return Log(runner)


class Found(Progress):
    """A step that carries something."""


def counting(steps: int, result: object = "done", kind: type[Progress] = Found):
    for i in range(steps):
        yield kind(done=i, total=steps)
    return result


def raising(error: Exception):
    yield Progress(done=0, total=1)
    raise error


class Waiting:
    """A task that goes on until it is told to, or closed."""

    def __init__(self) -> None:
        self.running, self.go = threading.Event(), threading.Event()
        self.closed = False

    def task(self):
        try:
            while not self.go.is_set():
                self.running.set()
                yield Progress(done=0, total=0)
        finally:
            self.closed = True


def rest(qtbot, runner) -> None:
    qtbot.waitUntil(lambda: not runner.busy, timeout=10_000)


def test_progress_result_and_end_arrive_in_order_on_the_main_thread(
    qtbot, runner, log
) -> None:
    runner.submit("Counting", counting(3), log.result)
    assert runner.busy
    rest(qtbot, runner)

    assert log.said == [
        ("started", "Counting"),
        ("progressed", 0),
        ("progressed", 1),
        ("progressed", 2),
        ("result", "done"),
        ("ended",),
    ]
    assert log.threads == {threading.get_ident()}


@pytest.mark.parametrize("kind", [ValueError, RuntimeError, OSError])
def test_an_exception_may_be_a_result(qtbot, runner, log, kind) -> None:
    error = kind("it is in use")

    def task():
        yield Progress(done=0, total=1)
        return error

    for _ in range(2):  # the lane goes on
        runner.submit("Opening", task(), log.result)
        rest(qtbot, runner)

    assert [said for said in log.said if said[0] != "progressed"] == [
        ("started", "Opening"),
        ("result", error),
        ("ended",),
    ] * 2


def test_mere_counts_are_told_as_often_as_they_can_be_read(qtbot, runner, log) -> None:
    runner.submit("Counting", counting(1000, kind=Progress), log.result)
    rest(qtbot, runner)

    told = [done for word, *done in log.said if word == "progressed"]
    assert told[0] == [0]
    assert len(told) < 100
    assert ("result", "done") in log.said


def test_a_task_goes_on_when_what_it_found_has_been_heard(qtbot, runner, log) -> None:
    """So that whatever goes first because of it is known before the next step."""
    heard: list[int] = []
    before: list[int] = []

    def finding():
        for i in range(5):
            yield Found(done=i, total=5)
            before.append(len(heard))

    runner.submit("Finding", finding(), log.result, lambda p: heard.append(p.done))
    rest(qtbot, runner)

    assert before == [1, 2, 3, 4, 5]


def test_the_task_itself_runs_in_another_thread(qtbot, runner, log) -> None:
    def task():
        yield Progress(done=0, total=1)
        return threading.get_ident()

    results = []
    runner.submit("Working", task(), results.append)
    rest(qtbot, runner)

    assert results != [threading.get_ident()]


def test_the_submitter_hears_of_progress_too(qtbot, runner, log) -> None:
    heard = []
    runner.submit("Counting", counting(2), log.result, lambda p: heard.append(p.done))
    rest(qtbot, runner)

    assert heard == [0, 1]


@pytest.mark.parametrize(
    "error",
    [ValueError("a"), RuntimeError("b"), MemoryError("c"), SettingsError("x", 1, "2")],
    ids=lambda e: type(e).__name__,
)
def test_every_error_is_reported_and_ends_the_task(qtbot, runner, log, error) -> None:
    """Superqt's own worker stays silent after a RuntimeError; torch raises those."""
    runner.submit("Failing", raising(error), log.result)
    rest(qtbot, runner)

    assert log.said[-2:] == [("failed", "Failing", type(error)), ("ended",)]
    assert ("result", None) not in log.said


def test_after_an_error_the_next_task_runs(qtbot, runner, log) -> None:
    runner.submit("Failing", raising(RuntimeError("no")), log.result)
    runner.submit("Counting", counting(1), log.result)
    rest(qtbot, runner)

    assert ("result", "done") in log.said
    assert [words[0] for words in log.said].count("ended") == 1


def test_tasks_run_one_after_another_in_the_order_given(qtbot, runner, log) -> None:
    for title in "abc":
        runner.submit(title, counting(1, title), log.result)
    rest(qtbot, runner)

    starts_and_results = [w for w in log.said if w[0] in ("started", "result")]
    assert starts_and_results == [(w, t) for t in "abc" for w in ("started", "result")]
    assert log.said[-1] == ("ended",)


def test_a_cancelled_task_is_closed_and_says_so(qtbot, runner, log) -> None:
    waiting = Waiting()
    runner.submit("Waiting", waiting.task(), log.result)
    assert waiting.running.wait(10)
    runner.cancel()
    rest(qtbot, runner)

    assert waiting.closed
    assert log.said[-2:] == [("cancelled", "Waiting"), ("ended",)]
    assert "result" not in [w[0] for w in log.said]


def test_cancelling_forgets_what_waits(qtbot, runner, log) -> None:
    waiting = Waiting()
    runner.submit("Waiting", waiting.task(), log.result)
    runner.submit("Counting", counting(1), log.result)
    assert waiting.running.wait(10)
    runner.cancel()
    rest(qtbot, runner)

    assert ("started", "Counting") not in log.said


def test_what_is_submitted_after_a_cancel_runs(qtbot, runner, log) -> None:
    waiting = Waiting()
    runner.submit("Waiting", waiting.task(), log.result)
    assert waiting.running.wait(10)
    runner.cancel()
    runner.submit("Counting", counting(1), log.result)
    rest(qtbot, runner)

    kinds = [w for w in log.said if w[0] != "progressed"]
    assert kinds == [
        ("started", "Waiting"),
        ("cancelled", "Waiting"),
        ("started", "Counting"),
        ("result", "done"),
        ("ended",),
    ]


def test_a_task_cancelled_in_its_last_step_says_so(qtbot, runner, log) -> None:
    """Its result is dropped, so it must not end as if nothing had been asked."""
    at_the_end, go = threading.Event(), threading.Event()

    def task():
        yield Progress(done=0, total=1)
        at_the_end.set()
        go.wait(10)
        return "too late"

    runner.submit("Ending", task(), log.result)
    assert at_the_end.wait(10)
    runner.cancel()
    go.set()
    rest(qtbot, runner)

    assert log.said[-2:] == [("cancelled", "Ending"), ("ended",)]


def test_cancelling_nothing_does_nothing(runner, log) -> None:
    runner.cancel()

    assert log.said == []
    assert not runner.busy


def test_a_closed_runner_delivers_nothing(qtbot, runner, log) -> None:
    waiting = Waiting()
    runner.submit("Waiting", waiting.task(), log.result)
    assert waiting.running.wait(10)
    log.said.clear()
    runner.close()
    qtbot.waitUntil(lambda: waiting.closed, timeout=10_000)
    qtbot.wait(50)

    assert log.said == []
    assert not runner.busy


def test_napari_knows_what_is_running_and_can_stop_it(
    make_napari_viewer, qtbot
) -> None:
    manager = make_napari_viewer().window._task_status_manager
    runner = TaskRunner(announced=True)
    log = Log(runner)
    runner.submit("Training", Waiting().task(), log.result)
    qtbot.waitUntil(manager.is_busy, timeout=10_000)
    assert any("Training" in text for text in manager.get_status())

    manager.cancel_all()
    qtbot.waitUntil(lambda: not runner.busy, timeout=10_000)
    assert ("cancelled", "Training") in log.said
    assert not manager.is_busy()


def test_errors_of_announced_tasks_are_reported_as_others_are(
    make_napari_viewer, qtbot
) -> None:
    manager = make_napari_viewer().window._task_status_manager
    runner = TaskRunner(announced=True)
    log = Log(runner)
    error = SettingsError("tile", 0, "more")
    runner.submit("Predicting", raising(error), log.result)
    qtbot.waitUntil(lambda: not runner.busy, timeout=10_000)

    assert ("failed", "Predicting", SettingsError) in log.said
    assert not manager.is_busy()


def test_a_lane_behind_another_waits_for_it_between_steps(qtbot) -> None:
    first = TaskRunner()
    second, done, hold = TaskRunner(behind=first), [], threading.Event()

    def held():
        yield Progress(done=0, total=0)
        hold.wait(5)

    def steps():
        yield Progress(done=0, total=0)
        done.append(True)

    first.submit("answer", held(), lambda _: None)
    second.submit("train", steps(), lambda _: None)
    qtbot.wait(100)
    assert done == []

    hold.set()
    qtbot.waitUntil(lambda: not (first.busy or second.busy))
    assert done == [True]


def test_a_step_that_outlasts_the_application_ends_in_silence(qtbot) -> None:
    def task():
        yield Progress(done=0, total=1)
        worker.signals.deleteLater()
        qtbot.waitUntil(lambda: not isalive(worker.signals))
        yield Found(done=1, total=1)

    worker = TaskWorker(Job("import", task(), print, None))
    worker.run()

    assert not isalive(worker.signals)


def test_other_errors_leave_the_thread_by_the_signal(qtbot) -> None:
    worker = TaskWorker(
        Job("train", raising(RuntimeError("out of memory")), print, None)
    )
    with qtbot.waitSignal(worker.errored) as told:
        worker.run()

    assert str(told.args[0]) == "out of memory"
