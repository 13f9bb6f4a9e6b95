"""Which channels of the images models see."""

from __future__ import annotations

from psygnal import Signal

from imageseg.images import ChannelChoice
from napari_imageseg.items import ImageItem
from napari_imageseg.sources import Source, source_of


class ChannelPick:
    """One choice for all images: they are compared, and taught, by the same channels.

    Attributes
    ----------
    choice
        None leaves it to the model: channels of its names, else the first ones.
    """

    changed = Signal()
    """Other channels are seen."""

    def __init__(self) -> None:
        self.choice: ChannelChoice | None = None

    def __str__(self) -> str:
        return "" if self.choice is None else str(self.choice)

    def use(self, text: str, shown: ImageItem | None = None) -> None:
        """Choose by text, ``"3,1"`` or ``"DAPI,GFP"``; empty leaves it to the model.

        Parameters
        ----------
        text
            As `ChannelChoice.parse` reads it.
        shown
            Image that is to have these channels.

        Raises
        ------
        SettingsError
            It names no channels.
        ShapeMismatchError
            The image lacks one.
        """
        choice = ChannelChoice.parse(text) if text else None
        if choice == self.choice:
            return
        if choice is not None and shown is not None:
            choice.among(shown.channels, shown.channel_names)
        self.choice = choice
        self.changed.emit()

    def source_of(
        self,
        item: ImageItem,
        *,
        copy: bool = False,
        level: int = 0,
        labels: tuple[int, ...] = (),
    ) -> Source:
        """Freeze what a worker needs of an image; see `sources.source_of`."""
        choice = self.choice
        return source_of(item, copy=copy, choice=choice, level=level, labels=labels)
