"""Take images off the list, in a way that can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from napari_imageseg.items import ImageItem
from napari_imageseg.journal import Action
from napari_imageseg.workbench import Workbench


class Remover:
    """Takes images off the list, and brings them back with all that was made of them.

    Parameters
    ----------
    bench
        What it shares with the other parts of a session.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def remove(self, items: Sequence[ImageItem]) -> None:
        """Take images off the list: one action, whose undo restores their places."""
        images = self._bench.images
        wanted = set(items)
        places = {i: item for i, item in enumerate(images.items) if item in wanted}
        if not places or self._bench.refuses("Remove images"):
            return
        gone, shown = list(places.values()), images.current

        def undo() -> None:
            images.put_back(places)
            if shown in gone and shown in images.items:
                images.select(shown)

        def redo() -> None:
            for item in gone:
                if item in images.items:
                    images.remove(item)

        redo()
        what = gone[0].name if len(gone) == 1 else f"{len(gone)} images"
        kept = sum(map(_nbytes, gone))
        self._bench.journal.record(Action(f"removal of {what}", undo, redo, kept))
        self._tell(what, gone)

    def _tell(self, what: str, gone: Sequence[ImageItem]) -> None:
        if any(item.annotated_pixels for item in gone):
            its, it = ("its", "it") if len(gone) == 1 else ("their", "them")
            self._bench.messages.notified.emit(
                f"{what} taken off the list, with {its} strokes. Undo brings {it} back."
            )


def _nbytes(item: ImageItem) -> int:
    """Return the memory that an image off the list keeps."""
    pixels = item.pixels if item.path is None else None
    arrays = (pixels, item.annotation, item.prediction, item.corrected)
    return sum(int(a.nbytes) for a in arrays if a is not None)
