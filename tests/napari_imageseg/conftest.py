"""Runners without threads, tiny models, and a session to try things on."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

# The engine is tested alone too, where there is no napari to test a plugin in.
if find_spec("napari") is None:
    collect_ignore_glob = ["*"]

from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import Task, drain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from napari.components import ViewerModel

    from imageseg.model import SegmentationModel
    from napari_imageseg.items import ImageItem
    from napari_imageseg.layers import LayerBook
    from napari_imageseg.session import Session

DARK_BRIGHT = ClassScheme.from_names(["dark", "bright"])


class InlineRunner:
    """Runs every task at once and keeps what went wrong."""

    busy = False

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.failures: list[tuple[str, Exception]] = []

    def submit(
        self,
        title: str,
        task: Task[Any],
        on_result: Callable[[Any], None],
        on_progress: Callable[[Any], None] | None = None,
    ) -> None:
        self.titles.append(title)
        try:
            result = drain(task, on_progress)
        except Exception as error:  # noqa: BLE001  as the real one: whatever it is
            self.failures.append((title, error))
            return
        on_result(result)

    def cancel(self) -> None:
        """Nothing is ever running."""


class HeldRunner(InlineRunner):
    """Keeps tasks until they are released, as if the machine were busy."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[tuple[Any, ...]] = []

    @property
    def busy(self) -> bool:  # type: ignore[override]
        return bool(self.jobs)

    def submit(self, *job: Any) -> None:
        self.jobs.append(job)

    def cancel(self) -> None:
        self.jobs.clear()

    def release(self) -> None:
        """Run what was submitted, and what that submits."""
        while self.jobs:
            super().submit(*self.jobs.pop(0))


class Said:
    """What a session told its user."""

    def __init__(self, session: Session) -> None:
        self.notes: list[str] = []
        self.errors: list[tuple[str, str]] = []
        session.messages.notified.connect(self.notes.append)
        session.messages.failed.connect(self._on_failed)

    def _on_failed(self, title: str, error: Exception) -> None:
        self.errors.append((title, str(error)))


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep projects without a name out of the user's folders."""
    monkeypatch.setattr(
        "napari_imageseg.sessions.scratch_home", lambda: tmp_path / "unsaved"
    )


@pytest.fixture
def inline_runner() -> type[InlineRunner]:
    """Return the runner that runs at once."""
    return InlineRunner


@pytest.fixture
def held_runner() -> type[HeldRunner]:
    """Return the runner that waits for `release`."""
    return HeldRunner


@pytest.fixture
def work() -> InlineRunner:
    """Return the lane for long work."""
    return InlineRunner()


@pytest.fixture
def errands() -> InlineRunner:
    """Return the lane for errands."""
    return InlineRunner()


@pytest.fixture
def session(work: InlineRunner, errands: InlineRunner) -> Session:
    """Return a session without a model whose settings suit tests."""
    return _session(work, errands)


@pytest.fixture
def make_session() -> Callable[..., Session]:
    """Build sessions over other runners."""
    return _session


def _session(
    work: InlineRunner,
    errands: InlineRunner,
    home: Path | None = None,
    ranking: InlineRunner | None = None,
) -> Session:
    from napari_imageseg.session import Session  # noqa: PLC0415
    from napari_imageseg.workbench import Runners  # noqa: PLC0415

    lanes = Runners(
        work=work,
        training=work,
        looks=work,
        errands=errands,
        models=errands,
        ranking=InlineRunner() if ranking is None else ranking,
        saving=errands,
    )
    session = Session(lanes, home)
    session.predictor.settings = PredictSettings(device="cpu", precision="fp32")
    session.trainer.settings = TrainSettings(
        epochs=1, steps=1, batch=1, patch=32, validation=0.0, device="cpu"
    )
    return session


@pytest.fixture
def said(session: Session) -> Said:
    """Return what the session tells its user."""
    return Said(session)


@pytest.fixture
def listen_to() -> type[Said]:
    """Note what other sessions tell their users."""
    return Said


@pytest.fixture
def with_model(
    threshold_model: Callable[..., SegmentationModel],
) -> Callable[[Session], Session]:
    """Give a session the model that tells dark from bright."""

    def give(session: Session) -> Session:
        session.models.current = session.models.base = threshold_model(DARK_BRIGHT)
        session.classes.set_scheme(DARK_BRIGHT)
        session.models.changed.emit()
        return session

    return give


@pytest.fixture
def ready(session: Session, with_model: Callable[[Session], Session]) -> Session:
    """Return a session with a model that tells dark from bright."""
    return with_model(session)


@pytest.fixture
def make_item() -> Callable[..., ImageItem]:
    """Build images of which so many first rows are bright."""

    def build(name: str = "plot", bright: int = 2, **values: Any) -> ImageItem:
        from napari_imageseg.items import ImageItem  # noqa: PLC0415

        return ImageItem(name=name, pixels=half_bright(bright), **values)

    return build


def half_bright(rows: int, shape: tuple[int, int] = (8, 10)) -> np.ndarray:
    pixels = np.full((*shape, 3), 20, np.uint8)
    pixels[:rows] = 240
    return pixels


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder with three photographs whose names people count."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in (10, 2, 1):
        pixels = half_bright(number % 8)
        Image.fromarray(pixels).save(folder / f"plot_{number}.png")
    return folder


@pytest.fixture
def paint_row() -> Callable[[Session, int, int], None]:
    """Paint a row of the current image as a brush does."""

    def paint(session: Session, row: int, label: int) -> None:
        from napari_imageseg.edits import Edit  # noqa: PLC0415

        item = session.images.current
        labels = item.ensure_annotation(item.pixels.shape[:2])
        box = slice(row, row + 1), slice(0, labels.shape[1])
        before = labels[box].copy()
        labels[box] = label
        edit = Edit(box, before, labels[box].copy())
        session.annotator.record(item, "annotation", edit)

    return paint


@pytest.fixture
def viewer(qapp: object) -> ViewerModel:
    """Return a viewer without a window; timers of ours need an application."""
    from napari.components import ViewerModel  # noqa: PLC0415  heavy

    return ViewerModel()


@pytest.fixture
def book(viewer: ViewerModel, ready: Session) -> Iterator[LayerBook]:
    """Return the layers of a session with a model."""
    from napari_imageseg.layers import LayerBook  # noqa: PLC0415  heavy

    book = LayerBook(viewer, ready)
    yield book
    book.close()
