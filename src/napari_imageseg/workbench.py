"""What the parts of a session share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from napari_imageseg.channel_pick import ChannelPick
from napari_imageseg.class_choice import ClassChoice
from napari_imageseg.image_list import ImageList, Runner
from napari_imageseg.journal import Journal
from napari_imageseg.measuring import Measurer
from napari_imageseg.messages import Messages
from napari_imageseg.model_labels import ModelLabels


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Runners:
    """Lanes; in each, one task at a time.

    Attributes
    ----------
    work
        What users wait for: predicting images.
    training
        What goes on behind it.
    looks
        Quick answers to what is on show; a newer one makes the others pointless.
    errands
        Reading, measuring.
    models
        Opening models, which may load torch first: no image waits for that.
    ranking
        What nobody waits for, and gives way to all that is waited for.
    saving
        Writing into the project; it is never stopped.
    """

    work: Runner
    training: Runner
    looks: Runner
    errands: Runner
    models: Runner
    ranking: Runner
    saving: Runner

    def __iter__(self) -> Iterator[Runner]:
        """Go through those that may be stopped."""
        quick = self.looks, self.errands, self.models, self.ranking
        return iter((self.work, self.training, *quick))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Workbench:
    """Where the parts of a session meet.

    Attributes
    ----------
    runners
        Where tasks run.
    images, channels, classes
        What is worked on, what is seen of it, and what is told apart in it.
    measurer
        Whose densities follow what is done.
    journal
        Where it can be taken back.
    messages
        What is told to the user.
    labels
        What the labels of models mean.
    """

    runners: Runners
    images: ImageList
    channels: ChannelPick
    classes: ClassChoice
    measurer: Measurer
    journal: Journal
    messages: Messages
    labels: ModelLabels

    def refuses(self, title: str) -> bool:
        """Say whether something has to wait for an edit of classes, and tell so."""
        if self.classes.busy:
            reason = "The classes are being changed. Try again in a moment."
            self.messages.refuse(title, reason)
        return self.classes.busy

    @classmethod
    def over(cls, runners: Runners) -> Workbench:
        """Return an empty workbench."""
        images = ImageList(runners.errands)
        journal, messages = Journal(images.bring), Messages()
        journal.failed.connect(messages.fail)
        journal.waits.connect(messages.notify)
        classes = ClassChoice(journal)
        return cls(
            runners=runners,
            images=images,
            channels=ChannelPick(),
            classes=classes,
            measurer=Measurer(runners.errands, images, classes),
            journal=journal,
            messages=messages,
            labels=ModelLabels(),
        )
