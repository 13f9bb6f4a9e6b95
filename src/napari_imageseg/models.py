"""Which model is in use, and which is proposed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import ImageSegError
from napari_imageseg import jobs
from napari_imageseg.journal import Action
from napari_imageseg.model_labels import labels_by_name, same_classes
from napari_imageseg.proposals import Proposal
from napari_imageseg.workbench import Workbench

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel

NEW_CLASSES = ClassScheme.from_names(["background", "object"])


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    model: SegmentationModel | None
    origin: str
    candidate: Proposal | None
    scheme: ClassScheme
    base: SegmentationModel | None
    start: SegmentationModel | None  # of the candidate


class ModelChoice:
    """The model in use and the one that training proposes.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    """

    # `current` predicts; `base` is what training starts from. They differ while a new
    # model, of which there is none yet, is being taught.

    changed = Signal()
    """Another model, or none, is in use."""
    candidate_changed = Signal()
    """A trained model is proposed, or no longer."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.current: SegmentationModel | None = None
        self.origin = ""
        self.expected = ""
        """The model that is being opened."""
        self.base: SegmentationModel | None = None
        self.candidate: Proposal | None = None
        self.discarded: Proposal | None = None
        """The last that the user did not want."""
        self._decided = False  # whether the user or a project said which, or none
        self._trained_from: SegmentationModel | None = None
        self._parents: list[tuple[SegmentationModel, SegmentationModel | None]] = []
        self._asked = 0  # to open; only the last answer counts

    def decide(self) -> None:
        """Let no model be opened by itself any more."""
        self._decided = True

    def parent_of(self, model: SegmentationModel) -> SegmentationModel | None:
        """Return what a model was trained from in this session."""
        if self.candidate is not None and model is self.candidate.model:
            return self._trained_from
        return next((old for new, old in self._parents if new is model), None)

    def open(self, name_or_path: Path | str, *, automatic: bool = False) -> None:
        """Open a bundled model or a model file.

        Parameters
        ----------
        name_or_path
            Which.
        automatic
            The user did not ask for it: no action to take back, and nothing happens
            once somebody has said which model it is to be, or that there is none.
            Classes that people have made stay, if the model fits them.
        """
        if automatic and self._decided:
            return
        self._asked += 1
        asked, classes = self._asked, self._bench.classes
        shown, moves = classes.scheme, classes.moves
        self.expect(str(name_or_path))

        def done(found: SegmentationModel | ImageSegError) -> None:
            if asked != self._asked:  # another was asked for since
                return
            if automatic and classes.busy:  # what they will be is not known yet
                classes.when_free(partial(done, found))
                return
            self.expected = ""
            if isinstance(found, ImageSegError):
                self._bench.messages.failed.emit("Open model", found)
                self.changed.emit()
            elif not automatic:
                self._opened(found, str(name_or_path))
            elif self.current is None and not self._decided:
                known = shown if moves == classes.moves else None
                self._settle(found, str(name_or_path), known)
            else:  # people have begun something else meanwhile
                self.changed.emit()

        task = jobs.open_model_task(name_or_path)
        self._bench.runners.models.submit("Opening the model", task, done)

    def _settle(
        self, model: SegmentationModel, origin: str, known: ClassScheme | None
    ) -> None:
        """Use a model that nobody asked for, if there is no doubt what it means.

        Parameters
        ----------
        model, origin
            It, and where it comes from.
        known
            The classes of which those shown have only other names and colours, or
            that have some more; None: their labels mean something else.
        """
        own, today = model.spec.scheme, self._bench.classes.scheme
        if today is CANOPY:  # nobody has made any
            self._set(_State(model, origin, None, own, model, None))
            return
        labels = labels_by_name(own, today)
        if labels is None and known is not None and same_classes(own, known):
            labels = tuple(range(1, len(own) + 1))
        if labels is None:
            named = ", ".join(own.names)
            self._bench.messages.notify(
                f"{model.spec.name} is not used: it tells {named} apart, and your "
                "classes are others. Train makes a new model for them; Choose in the "
                "Model section takes this one or another."
            )
            self.changed.emit()
            return
        self._bench.labels.note(model, labels)
        self._set(_State(model, origin, None, today, model, None))

    def expect(self, name: str) -> None:
        """Say which model is being opened."""
        self.expected = name
        self.changed.emit()

    def use(
        self, model: SegmentationModel | None, origin: str = "", title: str = "model"
    ) -> None:
        """Use another model, with its classes, or none."""
        scheme = model.spec.scheme if model is not None else self._bench.classes.scheme
        self._go(title, model, origin, scheme)

    @property
    def at_hand(self) -> list[SegmentationModel]:
        """Those in use, proposed, and trained from, each once."""
        proposed = None if self.candidate is None else self.candidate.model
        models = (self.current, self.base, proposed, self._trained_from)
        return list({id(model): model for model in models if model}.values())

    def new(self) -> None:
        """Start without a model: training will make one for the classes shown."""
        shown = self._bench.classes.scheme
        scheme = shown if self._bench.images.annotated else NEW_CLASSES
        self._go("new model", None, "", scheme)

    def save(self, path: Path) -> None:
        """Write the model in use to a file."""
        if self.current is None:
            reason = "There is no model yet. Train one first."
            self._bench.messages.refuse("Save model", reason)
            return
        model = self.current
        shown = self._bench.classes.scheme
        same = not self._bench.labels.of(model)
        if same and len(model.spec.scheme) == len(shown):  # by today's names
            spec = replace(model.spec, scheme=shown)
            model = replace(model, spec=spec)
        task = jobs.save_model_task(model, path)
        self._bench.runners.errands.submit("Saving the model", task, self._saved)

    def propose(self, proposal: Proposal, start: SegmentationModel | None) -> None:
        """Ask whether to use a trained model.

        Where there was none to lose, it is used until it is better known.
        """
        if self.base is None:
            self._use_meanwhile(proposal)
        self.candidate, self._trained_from = proposal, start
        self.candidate_changed.emit()

    def offer(
        self, proposal: Proposal, start: SegmentationModel | None, title: str
    ) -> None:
        """Ask whether to use a model that was trained before, when people choose it.

        Unlike what a training proposes, that is an action that can be taken back.
        """
        used = self.current if self.base is not None else proposal.model
        shown, base = self._bench.classes.scheme, self.base
        self._change(title, _State(used, self.origin, proposal, shown, base, start))

    def accept(self) -> None:
        """Use the trained model from now on, also to train from."""
        if self.candidate is None:
            return
        model, shown = self.candidate.model, self._bench.classes.scheme
        switched = self.base is not self._trained_from
        self._parents.append((model, self._trained_from))
        other = switched or len(model.spec.scheme) > len(shown)
        other = other and not self._bench.labels.of(model)
        self._go("accepted model", model, "", model.spec.scheme if other else shown)

    def discard(self) -> None:
        """Keep the old model."""
        if self.candidate is None or self._bench.refuses("Model"):
            return
        self.discarded = self.candidate
        shown = self._bench.classes.scheme
        self._go("discarded model", self.base, self.origin, shown)

    def withdraw(self) -> None:
        """Propose no model any more, which is no action of the user."""
        self.candidate = None
        self.candidate_changed.emit()
        if self.current is not self.base:
            self.current = self.base
            self.changed.emit()
            self._forgive()

    def _use_meanwhile(self, proposal: Proposal) -> None:
        self.current, self.origin = proposal.model, ""
        self.changed.emit()
        self._forgive()

    def restore(
        self,
        model: SegmentationModel | None,
        origin: str,
        candidate: Proposal | None = None,
        *,
        switched: bool = False,
    ) -> None:
        """Go to the models of a project, which is no action of the user.

        Parameters
        ----------
        model, origin
            The one in use, and where it comes from.
        candidate
            The one that is proposed.
        switched
            Whether that was trained from another model than the one in use.
        """
        self.decide()
        self._asked += 1
        self.expected = ""
        used = candidate.model if model is None and candidate is not None else model
        scheme, start = self._bench.classes.scheme, None if switched else model
        self._set(_State(used, origin, candidate, scheme, model, start))

    def _opened(self, model: SegmentationModel, origin: str) -> None:
        highest, known = self._bench.images.highest_label, len(model.spec.scheme)
        if highest > known:
            self._bench.messages.refuse(
                "Open model",
                f"{model.spec.name} knows {known} classes, but class {highest} is "
                "annotated. Open a model with as many classes, or train a new one.",
            )
            self.changed.emit()
            return
        self._go("opened model", model, origin, model.spec.scheme)

    def _go(
        self,
        title: str,
        model: SegmentationModel | None,
        origin: str,
        scheme: ClassScheme,
    ) -> None:
        """Change to another model in a way that can be taken back."""
        start = self._trained_from
        self._change(title, _State(model, origin, None, scheme, model, start))

    def _change(self, title: str, state: _State) -> None:
        """Go to another state in a way that can be taken back."""
        if self._bench.refuses("Model"):
            self.changed.emit()
            return
        self.decide()
        other = self._state
        self._switch(state)

        def swap() -> None:  # what was proposed since comes back too
            nonlocal other
            state, other = other, self._state
            self._switch(state)

        self._bench.journal.record(Action(title, swap, swap))

    @property
    def _state(self) -> _State:
        shown, start = self._bench.classes.scheme, self._trained_from
        return _State(
            self.current, self.origin, self.candidate, shown, self.base, start
        )

    def _set(self, state: _State) -> None:
        self.current, self.origin, self.base = state.model, state.origin, state.base
        self._trained_from = state.start
        if state.scheme is not self._bench.classes.scheme:
            self._bench.measurer.use_scheme(state.scheme)
        if state.candidate is not self.candidate:
            self.candidate = state.candidate
            self.candidate_changed.emit()
        self.changed.emit()

    def _switch(self, state: _State) -> None:
        """Go to another state of this session.

        Where `_set` goes to that of a project, images keep what is said of them.
        """
        before = self.current
        self._set(state)
        if self.current is not before:
            self._forgive()

    def _forgive(self) -> None:
        """Forget what the model before could not predict."""
        for item in self._bench.images.known:
            if item.forgive():
                self._bench.images.item_changed.emit(item)

    def _saved(self, path: Path) -> None:
        self.origin = str(path)
        self._bench.messages.notified.emit(f"Model saved as {path}")
        self.changed.emit()
