"""What a training leaves on disk while it runs, and when it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli.console import complain, say
from imageseg.errors import TrainingDivergedError
from imageseg.tasks import Task

if TYPE_CHECKING:
    from imageseg.training import EpochRow, TrainingResult


@dataclass(slots=True)
class Files:
    """The files of a training.

    Attributes
    ----------
    out
        The model file.
    card
        Text kept in it.
    history
        CSV file that grows with every epoch; None for none.
    names
        Of the classes, for its columns.
    writing
        Whether this process writes files, of several that train together.
    """

    out: Path
    card: str
    history: Path | None
    names: Sequence[str]
    writing: bool = True
    so_far: Callable[[], TrainingResult] | None = None

    @property
    def checkpoint(self) -> Path:
        """The file that an interrupted training is resumed from."""
        return self.out.with_name(f"{self.out.name.removesuffix(_MODEL)}.checkpoint")

    def watched(self, task: Task[TrainingResult]) -> Task[TrainingResult]:
        """Write the history after every epoch, and remember the best model."""
        from imageseg.training import EpochProgress  # noqa: PLC0415  heavy

        while True:
            try:
                progress = next(task)
            except StopIteration as stop:
                result: TrainingResult = stop.value
                return result
            if isinstance(progress, EpochProgress):
                self.so_far = progress.so_far
                self._write_history(progress.rows)
                complain([progress.warning] if progress.warning else [])
            yield progress

    @contextmanager
    def keeping_the_best(self) -> Iterator[None]:
        """Save the best model so far if training is stopped or diverges."""
        try:
            yield
        except (KeyboardInterrupt, TrainingDivergedError):
            if self.so_far is not None and self.writing:
                result = self.so_far()
                path = self.save(result)
                say(
                    f"The best model so far, of epoch {result.best_epoch}, is in {path}"
                )
            raise

    def finish(self, result: TrainingResult) -> Path:
        """Write model and history; the checkpoint has done its duty."""
        path = self.save(result)
        if self.writing:
            self.checkpoint.unlink(missing_ok=True)
        return path

    def save(self, result: TrainingResult) -> Path:
        """Write the model, and the history from its first epoch."""
        if not self.writing:
            return self.out
        self._write_history(result.history)
        model = result.model
        return replace(model, spec=replace(model.spec, card=self.card)).save(self.out)

    def _write_history(self, rows: Sequence[EpochRow]) -> None:
        if self.history is None or not self.writing:
            return
        from imageseg.tables import write_table  # noqa: PLC0415  heavy
        from imageseg.training import history_table  # noqa: PLC0415

        write_table(self.history, history_table(rows, self.names))


_MODEL = ".safetensors"
