"""A project's models: taken in, taken into use, proposed, taken out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.errors import ProjectError
from imageseg.project.contents import Contents, ModelEntry
from imageseg.project.disk import set_aside
from imageseg.project.journal import models_told
from imageseg.project.lineage import Story, entry_of, write_model
from imageseg.project.names import unique_name
from imageseg.project.writer import ProjectWriter

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel


class ProjectModels(ProjectWriter):
    """A project with its lineage of models.

    At most one of them is proposed: training made it, and people are to say whether it
    is taken into use. One that is proposed no more is deleted, unless it was taken into
    use, another was trained from it, or it was a candidate before.
    """

    def add_model(
        self, model: SegmentationModel | Path | str, story: Story | None = None
    ) -> ModelEntry:
        """Write a model into the lineage.

        Parameters
        ----------
        model
            A model, a model file or the name of a bundled model; files are copied.
        story
            Where it comes from; by default it is a candidate without a parent.

        Raises
        ------
        ModelFormatError
            There is no such model, or it is none of ours.
        ProjectError
            The parent is not in the lineage.
        """
        story = story or Story()
        with self.writing():
            if story.parent:
                self.entry(story.parent)
            named = model.stem if isinstance(model, Path) else model
            name = named if isinstance(named, str) else named.spec.name
            taken = {entry.id for entry in self.models}
            back = story.id and story.id not in taken
            model_id = story.id if back else self.free_model_id(Path(name).stem)
            spec = write_model(self.layout.model(model_id), model)
            entry = entry_of(model_id, spec, story, self.scheme)
            in_use = entry.id if story.accepted else self.model
            models = (*self.models, entry)
            contents = replace(self._contents, models=models, model=in_use)
            if story.proposed:
                self._propose(contents, entry.id)
            else:
                self.commit(contents)
        return entry

    def free_model_id(self, name: str) -> str:
        """Return the id that a new model of this name gets.

        It is not that of a model that is gone either, as long as predictions, other
        models or edits of classes tell of that one.
        """
        told = {image.predicted_by for image in self.images}
        told |= {entry.parent for entry in self.models} | models_told(self.layout)
        told |= {entry.id for entry in self.models}
        return unique_name(name, {model_id.casefold() for model_id in told})

    def use_model(self, model_id: str) -> None:
        """Take a model of the lineage into use; a candidate is accepted by it."""
        with self.writing():
            accepted = replace(self.entry(model_id), accepted=True)
            contents = replace(self._contents.with_model(accepted), model=model_id)
            if model_id == self.proposed:
                contents = replace(contents, proposed="")
            self.commit(contents)

    def propose_model(self, model_id: str = "", note: str | None = None) -> None:
        """Have people asked, whenever the project is opened, whether to use a model.

        Parameters
        ----------
        model_id
            The model; empty: none is proposed any more.
        note
            Why; None leaves what is noted of it.
        """
        with self.writing():
            contents = self._contents
            if model_id:
                entry = self.entry(model_id)
                kept = entry.kept or model_id != self.proposed
                told = entry.note if note is None else note
                contents = contents.with_model(replace(entry, kept=kept, note=told))
            self._propose(contents, model_id)

    def note_model(self, model_id: str, note: str) -> None:
        """Say why a model was not proposed."""
        with self.writing():
            noted = replace(self.entry(model_id), note=note)
            self.commit(self._contents.with_model(noted))

    def remove_model(self, model_id: str) -> None:
        """Take a model out of the lineage; its file is kept in ``removed``.

        Raises
        ------
        ProjectError
            It is in use.
        """
        with self.writing():
            if self.entry(model_id).id == self.model:
                raise ProjectError(f"{model_id} is in use. Use another model first.")
            self.commit(_without(self._contents, model_id))
            set_aside(self.layout.model(model_id), self.layout.removed / "models")

    def _propose(self, contents: Contents, model_id: str) -> None:
        """Write which model is proposed; delete the one before if nobody needs it.

        The description goes first: a kill leaves a file too many, never one too few.
        """
        if model_id:
            contents.entry(model_id)
        before = contents.proposed
        contents = replace(contents, proposed=model_id)
        spare = before not in ("", model_id) and _is_spare(contents, before)
        self.commit(_without(contents, before) if spare else contents)
        if spare:
            self.layout.model(before).unlink(missing_ok=True)


def _is_spare(contents: Contents, model_id: str) -> bool:
    """Say whether a model is there only because it was proposed."""
    entry = contents.entry(model_id)
    used = entry.accepted or entry.kept or contents.model == model_id
    return not (used or any(entry.parent == model_id for entry in contents.models))


def _without(contents: Contents, model_id: str) -> Contents:
    models = tuple(entry for entry in contents.models if entry.id != model_id)
    proposed = "" if contents.proposed == model_id else contents.proposed
    return replace(contents, models=models, proposed=proposed)
