"""Learn from strokes: an answer at once, a network behind it, a proposal at the end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args
from weakref import WeakKeyDictionary, WeakSet

import numpy as np
from psygnal import Signal

from imageseg.annotations import check_annotations
from imageseg.errors import NotEnoughAnnotationsError
from imageseg.forest import PixelMemory
from imageseg.settings import FINE_TUNING, TrainSettings
from imageseg.tasks import Progress
from napari_imageseg import teach_jobs
from napari_imageseg.image_list import Runner
from napari_imageseg.items import ImageItem
from napari_imageseg.looking import Looker
from napari_imageseg.models import ModelChoice
from napari_imageseg.proposals import Proposal
from napari_imageseg.sources import Source
from napari_imageseg.teach_jobs import Depth
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.evaluation import Judgement
    from imageseg.interactive import Answer, Taught
    from imageseg.model import SegmentationModel
    from napari_imageseg.teach_jobs import Lesson

BUDGET = replace(
    FINE_TUNING, epochs=12, steps=12, patience=0, batch=8, patch=128, rate=5e-4
)
"""A fixed number of steps on recent, hard and all other places."""

Speaker = Literal["best", "instant", "network"]
"""Who answers: whoever is better on held-out strokes, or always one of them."""


class Trainer:
    """Trains behind the painting, and lets the best answer meanwhile.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    models
        What it starts from, and who takes what it brings.
    looker
        Shows answers as they come.

    Attributes
    ----------
    settings
        How it trains.
    live
        Whether every stroke is answered.
    depth
        What is seen of stacks.
    speaker
        Who answers.
    answers
        The last of each kind.
    """

    started = Signal()
    epoch_finished = Signal(object)
    """Carries the `EpochProgress`."""
    answered = Signal(object)
    """Somebody speaks; carries the `Answer`."""
    noted = Signal()
    """What the last training was judged on is known, or why it is refused."""

    def __init__(self, bench: Workbench, models: ModelChoice, looker: Looker) -> None:
        self._bench = bench
        self._models = models
        self._looker = looker
        self.settings: TrainSettings = BUDGET
        self.live = False
        self.depth: Depth = "model"
        self.speaker: Speaker = "best"
        self.answers: dict[str, Answer] = {}
        self._speaking: Answer | None = None
        self._memory = PixelMemory()
        self._strokes = 0  # since the training that is running began
        self._unlearned = False  # the newest strokes, by the pixel classifier
        self._proposed_before: Proposal | None = None
        self._proposed: Proposal | None = None  # by the last training, at last
        self._described: WeakSet[ImageItem] = WeakSet()
        self._painted: WeakKeyDictionary[ImageItem, int] = WeakKeyDictionary()
        self.judged_on = ""
        """What the last training was judged on, for people; empty before."""
        self.refused = ""
        """Why its network is not proposed; empty if it is, or before."""

    @property
    def speaking(self) -> Answer | None:
        """Who answers now."""
        if self.speaker == "best":
            return self._speaking
        return self.answers.get(self.speaker)

    def train(self) -> None:
        """Train on all annotated images, from the model in use or from scratch."""
        items = None if self._bench.refuses("Train") else self._annotated()
        if items is None:
            return
        start = self._models.base
        sources = [self._source_of(item) for item in items]
        scheme = self._bench.classes.scheme
        labels = self._bench.labels.of(start)
        task = teach_jobs.teach_task(
            sources, self.settings, scheme, start, self.depth, labels
        )
        self.answers, self._speaking, self._strokes = {}, None, 0
        self._proposed_before = self._models.candidate
        self._proposed, self._unlearned = None, False
        self.refused = ""
        self._looker.begin()
        self.started.emit()
        self._bench.runners.training.submit(
            "Training",
            task,
            partial(self._taught, start),
            partial(self._on_progress, start),
        )

    def stop(self) -> None:
        """Stop training; what was proposed so far stays."""
        self._bench.runners.training.cancel()

    def forget(self) -> None:
        """Let nobody speak who learned other classes."""
        self.answers, self._speaking = {}, None

    def set_live(self, *, live: bool) -> None:
        """Answer again after every stroke, or only when asked."""
        self.live = live
        if live and self._enough():
            self.train()

    def pin(self, speaker: Speaker) -> None:
        """Let one of them speak from now on, or whoever is best."""
        if speaker not in get_args(Speaker):
            raise ValueError(f"speaker is {speaker!r}, not one of {get_args(Speaker)}")
        self.speaker = speaker
        if self.speaking is not None:
            self._say(self.speaking)

    def on_painted(self, item: ImageItem) -> None:
        """Answer to a stroke, in live mode."""
        self._strokes += 1
        self._painted[item] = 1 + max(self._painted.values(), default=0)
        if not (self.live and self._enough()):
            return
        if not self._bench.runners.training.busy:
            self.train()
        elif self.speaking is None or self.speaking.kind == "instant":
            self._answer_live()

    def on_image(self, item: ImageItem | None) -> None:
        """Answer for another image that has no prediction of its own.

        Of a stack, that is left to `on_slice`: which slice is on show is known when the
        image is.
        """
        if item is not None and not item.is_predicted and not item.is_stack:
            self._answer_view()

    def on_slice(self) -> None:
        """Answer for the slice on show of a stack, if it has no prediction yet."""
        item = self._bench.images.current
        if item is None or not item.is_stack or not self._answers:
            return
        if not self._looker.has_answered(item):
            self._answer_view()

    def describe(self, lane: Runner) -> None:
        """Find out what annotated pixels look like, in a lane that nobody waits for.

        After a project is opened that takes longer than the first answer itself.
        """
        items = self._bench.images.annotated
        if self._bench.classes.busy or self._described.issuperset(items):
            return
        if not self._enough():
            return
        start = self._models.base
        seen = None if start is None else start.spec
        task = teach_jobs.describe_task(
            [self._source_of(item).seen_by(seen) for item in items],
            self._bench.classes.scheme,
            self.settings.seed,
        )
        lane.submit("Getting ready", task, lambda _: self._described.update(items))

    @property
    def _answers(self) -> bool:
        """Whether what comes on show is answered."""
        going_on = self.live or self._bench.runners.training.busy
        return self.speaking is not None and going_on and not self._bench.classes.busy

    def _answer_view(self) -> None:
        """Answer for what is on show, without forgetting the newest strokes."""
        speaking = self.speaking
        if speaking is None or not self._answers:
            return
        learning = self._bench.runners.training.busy
        if self._unlearned and learning and speaking.kind == "instant":
            self._answer_live()  # a look would end what learns them
        else:
            model = self.answers.get(speaking.kind, speaking).model  # the newest
            self._looker.look(model, model.spec.name)

    def _answer_live(self) -> None:
        """Teach the pixel classifier the newest strokes, while the network learns."""
        self._unlearned = True
        current = self._bench.images.current
        items = self._bench.images.annotated
        task = teach_jobs.live_task(
            [self._source_of(item) for item in items],
            self._bench.classes.scheme,
            self._bench.channels.source_of(current) if current is not None else None,
            self._looker.visible_box(),
            self._looker.settings,
        )
        self._looker.take_over(task, self._on_live)

    def _on_live(self, answer: Answer) -> None:
        self.answers["instant"], self._unlearned = answer, False

    def _source_of(self, item: ImageItem) -> Source:
        source = self._bench.channels.source_of(item, copy=True)
        return replace(source, memory=self._memory)

    def _annotated(self) -> list[ImageItem] | None:
        """Return the annotated images, those painted on last at the end.

        Without enough, say what is missing.
        """
        items = self._bench.images.annotated
        items.sort(key=lambda item: self._painted.get(item, 0))
        try:
            self._check(items)
        except NotEnoughAnnotationsError as error:
            self._bench.messages.failed.emit("Train", error)
            return None
        return items

    @property
    def missing(self) -> str:
        """What has to be annotated before it can train, for people; empty: nothing."""
        try:
            self._check(self._bench.images.annotated)
        except NotEnoughAnnotationsError as error:
            return str(error)
        return ""

    def _enough(self) -> bool:
        return not self.missing

    def _check(self, items: list[ImageItem]) -> None:
        painted = [np.flatnonzero(item.counts).astype(np.uint8) for item in items]
        check_annotations(painted, self._bench.classes.scheme)

    def _on_progress(self, start: SegmentationModel | None, progress: Progress) -> None:
        if hasattr(progress, "row"):
            self.epoch_finished.emit(progress)
        if hasattr(progress, "answer"):
            self._hear(progress.answer, start)

    def _hear(self, answer: Answer, start: SegmentationModel | None) -> None:
        """Let a better one speak, unless the user has pinned another."""
        self.answers[answer.kind] = answer
        self._speaking = answer
        if self.speaker in ("best", answer.kind):
            self._say(answer)
        if answer.kind != "start":  # that one is in use
            self._propose(answer, start)

    def _propose(
        self,
        answer: Answer,
        start: SegmentationModel | None,
        judgement: Judgement | None = None,
    ) -> None:
        """Ask whether to use it, unless people have said no to it already."""
        if not self._is_discarded(answer):
            before = self.answers.get("start")
            self._proposed = Proposal(answer, before, judgement)
            self._models.propose(self._proposed, start)

    def _is_discarded(self, answer: Answer) -> bool:
        """Say whether this training's last was discarded, and this is no better.

        What it ends with may be what it has proposed before, with other scores.
        """
        last = self._proposed
        if last is None or last is not self._models.discarded or self._models.candidate:
            return False
        old = last.answer
        return old.kind == answer.kind and not answer.dice > old.dice

    def _say(self, answer: Answer) -> None:
        self.answered.emit(answer)
        self._looker.look(answer.model, answer.model.spec.name)

    def _taught(self, start: SegmentationModel | None, lesson: Lesson) -> None:
        taught, judgement = lesson.taught, lesson.judgement
        self.answers.update(taught.answers.items())
        self._note_held_out(taught)
        if taught.best is not self._speaking:
            self._hear(taught.best, start)
        if judgement is not None:
            self._judge(judgement, taught.answers["network"], start)
        if self.live and self._strokes and self._enough():
            self.train()

    def _note_held_out(self, taught: Taught) -> None:
        """Say of images that training was judged on them and did not see them."""
        split, names = taught.split, set()
        if split is not None and split.unit == "images":
            names = {part.name for part in split.validation}
        self.judged_on = "" if split is None else split.text
        for item in self._bench.images.items:
            if item.held_out != (item.name in names):
                item.held_out = item.name in names
                self._bench.images.item_changed.emit(item)
        self.noted.emit()

    def _judge(
        self,
        judgement: Judgement,
        network: Answer,
        start: SegmentationModel | None,
    ) -> None:
        """Propose a network that is better than the model it comes from.

        It is proposed beside a pixel classifier that answers better, too: that one
        knows nothing of other images. One that forgets is not, and it is said why.
        """
        candidate = self._models.candidate
        proposed = (
            candidate is not None
            and candidate is not self._proposed_before
            and candidate.answer.kind == "network"
        )
        if judgement.verdict == "better" or (proposed and judgement.proposed):
            self._propose(network, start, judgement)
        elif proposed:
            self._models.withdraw()
        if not judgement.proposed:
            self.refused = judgement.text
            self.noted.emit()
            self._bench.messages.notified.emit(judgement.text)
