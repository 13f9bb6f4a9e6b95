"""A model trained on a project joins its lineage, and people are asked about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli.console import count, say, show_progress
from imageseg.errors import ModelMismatchError

if TYPE_CHECKING:
    from imageseg.evaluation import Evaluation, Judgement
    from imageseg.images import ChannelChoice
    from imageseg.model import SegmentationModel
    from imageseg.project import ModelEntry, Project, Story
    from imageseg.training import FileSample, HeldOut


@dataclass(slots=True, eq=False)
class Candidate:
    """A model file on its way into a project.

    Attributes
    ----------
    project
        Open for writing.
    path
        The file, which is moved.
    parent
        The model that it comes from, by its id; empty for none.
    picked
        The channels that it sees; None leaves that to it.
    entry
        It in the lineage, once it is there.
    """

    project: Project
    path: Path
    parent: str
    picked: ChannelChoice | None
    entry: ModelEntry | None = None

    def take_in(self) -> None:
        """Make it a candidate, with its scores on the images kept for validation."""
        from imageseg.project import Story  # noqa: PLC0415  heavy

        validation = self._validation()
        story = self._scored(validation) if validation else Story(parent=self.parent)
        self.entry = entry = self.project.add_model(self.path, story)
        self.path.unlink()
        held_out = f" on {entry.held_out}: {entry.note}" if entry.note else ""
        say(f"{entry.id} is a candidate in {self.project.folder}{held_out}.")
        say(
            "Accept it in the plugin, or with: "
            f"imageseg project use {self.project.folder} {entry.id}"
        )

    def propose(self, samples: Sequence[FileSample], split: HeldOut | None) -> None:
        """Have the plugin ask whether to use it, unless it forgets, as training there.

        A model that is proposed already stays so: nobody has answered yet.

        Parameters
        ----------
        samples, split
            What it has learned, and what was held out of that.
        """
        entry, proposed = self.entry, self.project.proposed
        if entry is None:
            return
        if proposed:
            say(f"{proposed} is proposed already; accept or discard that one first.")
            return
        judged = self._judged(entry, samples, split)
        text = "" if judged is None else judged.text
        note = ". ".join(filter(None, (entry.note, text)))
        if judged is None or judged.proposed:
            self.project.propose_model(entry.id, note)
            say(" ".join(filter(None, ("The plugin asks whether to use it.", text))))
        else:
            self.project.note_model(entry.id, note)
            say(text)

    def _judged(
        self, entry: ModelEntry, samples: Sequence[FileSample], split: HeldOut | None
    ) -> Judgement | None:
        """Compare it with the model in use; None if there is none like it."""
        from imageseg.evaluation import guard_task  # noqa: PLC0415  heavy

        project, validation = self.project, self._validation()
        if not project.model or not project.entry(project.model).fits:
            return None
        task = guard_task(
            project.load_model(),
            project.load_model(entry.id),
            [*samples, *validation],
            project.predict_settings,
            split=None if validation else split,  # it knows nothing of these images
        )
        try:
            return show_progress(task)
        except ModelMismatchError:
            return None

    def _validation(self) -> list[FileSample]:
        """Return the images that are kept for validation."""
        from imageseg.project import VALIDATION  # noqa: PLC0415  heavy

        found = self.project.samples(VALIDATION)
        return [sample.with_choice(self.picked) for sample in found]

    def _scored(self, samples: Sequence[FileSample]) -> Story:
        """Score it, and the one before it, on the images kept for validation."""
        from imageseg.model import load_model  # noqa: PLC0415  heavy
        from imageseg.project import Story  # noqa: PLC0415

        project, parent = self.project, self.parent
        pooled = self._evaluated(load_model(self.path), samples).pooled
        dice = zip(project.scheme.names, pooled.dice.tolist(), strict=True)
        known = {name: round(d, 4) for name, d in dice if not math.isnan(d)}
        mean = round(pooled.mean_dice, 4)
        note = f"mean Dice {mean:.3f}"
        if parent and project.entry(parent).fits:
            before = project.load_model(parent)
            if len(before.spec.scheme) == len(project.scheme):
                earlier = self._evaluated(before, samples).pooled.mean_dice
                note += f"; {parent}: {earlier:.3f}"
        return Story(
            parent=parent,
            scores={"dice": known, "mean_dice": mean},
            held_out=count(len(samples), "validation image"),
            note=note,
        )

    def _evaluated(
        self, model: SegmentationModel, samples: Sequence[FileSample]
    ) -> Evaluation:
        from imageseg.evaluation import evaluate_task  # noqa: PLC0415  heavy

        settings = self.project.predict_settings
        return show_progress(evaluate_task(model, samples, settings))
