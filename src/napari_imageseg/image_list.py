"""The list of images and which of them is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakSet

import numpy as np
from psygnal import Signal

from imageseg.tasks import Progress, Task
from napari_imageseg import jobs
from napari_imageseg.held import Loaded
from napari_imageseg.items import ImageItem, unique_name
from napari_imageseg.sources import Pixels, source_of


class Runner(Protocol):
    """Runs tasks one after another and answers on the main thread."""

    @property
    def busy(self) -> bool:
        """Whether a task is running or waiting."""

    def submit(
        self,
        title: str,
        task: Task[Any],
        on_result: Callable[[Any], None],
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        """Run a task when those before it have ended."""

    def cancel(self) -> None:
        """Stop the running task and forget those waiting."""


class ImageList:
    """Images in order, one of them shown.

    Parameters
    ----------
    errands
        Reads files in the background.
    """

    changed = Signal()
    """Images were added or removed."""
    removed = Signal(object)
    """An image was taken off the list."""
    returned = Signal(object)
    """An image that was taken off is on the list again."""
    current_changed = Signal(object)
    """Another image, or none, is shown."""
    item_changed = Signal(object)
    """Status, annotation or density of an image changed."""
    nothing_found = Signal()
    """A folder was opened that holds no images."""
    unreadable = Signal(object, Exception)
    """An image was to be shown that cannot be read; carries it, and why."""

    def __init__(self, errands: Runner) -> None:
        self._errands = errands
        self.items: list[ImageItem] = []
        self.off: list[ImageItem] = []
        """Images taken off the list, which can come back with all that was made."""
        self.current: ImageItem | None = None
        self._wanted: ImageItem | None = None  # chosen last, maybe still being read
        self._held = False
        self._unreadable: WeakSet[ImageItem] = WeakSet()
        self._to_bring: list[tuple[ImageItem, Callable[[Exception | None], object]]]
        self._to_bring = []

    @property
    def in_hand(self) -> set[ImageItem]:
        """Images whose arrays belong into memory: the one shown and the one chosen."""
        return {item for item in (self.current, self._wanted) if item is not None}

    @property
    def known(self) -> list[ImageItem]:
        """Images on the list, and those taken off it."""
        return [*self.items, *self.off]

    def __len__(self) -> int:
        return len(self.items)

    @property
    def annotated(self) -> list[ImageItem]:
        """Images with annotated pixels."""
        return [item for item in self.items if item.annotated_pixels]

    @property
    def highest_label(self) -> int:
        """The highest class annotated anywhere; 0 if nothing is."""
        found = [np.flatnonzero(item.counts) for item in self.annotated]
        return max((int(labels[-1]) for labels in found), default=0)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Add image files and the images in folders; the first new one is shown."""
        self._errands.submit("Opening images", jobs.find_task(paths), self._add_paths)

    def add(self, item: ImageItem) -> None:
        """Add an image that is in memory and show it."""
        item.name = unique_name(item.name, {other.name for other in self.items})
        self.items.append(item)
        self.changed.emit()
        self.select(item)

    def open_sample(self) -> None:
        """Add the generated canopy photograph."""
        self._errands.submit(
            "Making the sample",
            jobs.sample_task(),
            lambda sample: self.add(ImageItem(name=sample.name, pixels=sample.image)),
        )

    def remove(self, item: ImageItem) -> None:
        """Take an image off the list; its file stays."""
        position = self.items.index(item)
        self.items.remove(item)
        self.off.append(item)
        if item is self._wanted:
            self._wanted = None
        self.removed.emit(item)
        self.changed.emit()
        if item is not self.current:
            return
        self._show(None)
        if self.items:
            self.select(self.items[min(position, len(self.items) - 1)])

    def put_back(self, items: Mapping[int, ImageItem]) -> None:
        """Put images that were taken off back to their places.

        Parameters
        ----------
        items
            By their places in the list.
        """
        for place, item in sorted(items.items()):
            if item in self.off:  # opening its file may have brought it back
                self._return(item, place)
        self.changed.emit()

    def replace(
        self,
        items: Sequence[ImageItem],
        current: ImageItem | None,
        off: Sequence[ImageItem] = (),
    ) -> None:
        """Show other images instead of all there are; those `off` may come back."""
        self._wanted = None
        self._show(None)
        self.items, self.off = list(items), list(off)
        self.changed.emit()
        if current is not None:
            self.select(current)

    def select(self, item: ImageItem) -> None:
        """Show an image; what is not in memory is read first, in the background."""
        self._wanted = item
        if self._held:
            return
        if item.pixels is not None and not item.is_away:
            self._show(item)
            return
        source = source_of(item) if item.pixels is None else None
        self._errands.submit(
            f"Reading {item.name}",
            jobs.load_task(source, item.name, item.held()),
            partial(self._loaded, item, item.away_times),
        )

    def bring(
        self, item: ImageItem, then: Callable[[Exception | None], object]
    ) -> None:
        """Have the labels of an image in memory; show it if they were not.

        Parameters
        ----------
        item
            The image.
        then
            Called when they are there, or with the reason why they are not.
        """
        if not item.is_away:
            then(None)
            return
        if self._held:
            self._to_bring.append((item, then))
            return
        self._errands.submit(
            f"Reading {item.name}",
            jobs.load_labels_task(item.name, item.held()),
            partial(self._brought, item, then, item.away_times),
        )

    def hold(self) -> None:
        """Show no other image, and bring no labels into memory, until `go_on`."""
        self._held = True
        for item in self.known:
            item.away_times += 1  # what is being read now is old

    def go_on(self) -> None:
        """Show the image that was chosen meanwhile."""
        self._held = False
        waiting, self._to_bring = self._to_bring, []
        for item, then in waiting:
            self.bring(item, then)
        if self._wanted is not None and self._wanted is not self.current:
            self.select(self._wanted)

    def step(self, by: int) -> None:
        """Show the next image (1) or the one before (-1), round and round."""
        if not self.items:
            return
        last = self._wanted if self._wanted in self.items else self.current
        at = self.items.index(last) if last in self.items else -by
        self.select(self.items[(at + by) % len(self.items)])

    def step_to_do(self) -> bool:
        """Show the next image that is not reviewed; say whether there is one."""
        at = self.items.index(self.current) if self.current in self.items else -1
        following = self.items[at + 1 :] + self.items[: at + 1]
        for item in following:
            if item.status != "reviewed":
                self.select(item)
                return True
        return False

    def _add_paths(self, paths: Sequence[Path]) -> None:
        listed = {item.path for item in self.items}
        off = {item.path: item for item in self.off if item.path is not None}
        taken = {item.name for item in self.items}
        added = []
        for path in (p for p in paths if p not in listed):
            if path in off:
                self._return(off[path], len(self.items))
            else:
                name = unique_name(path.stem, taken)
                self.items.append(ImageItem(name=name, path=path))
            added.append(self.items[-1])
            taken.add(added[-1].name)
        self.changed.emit()
        if added:
            self.select(added[0])
        elif not paths:
            self.nothing_found.emit()

    def _return(self, item: ImageItem, place: int) -> None:
        self.off.remove(item)
        item.name = unique_name(item.name, {other.name for other in self.items})
        self.items.insert(place, item)
        self.returned.emit(item)

    def _loaded(
        self,
        item: ImageItem,
        times: int,
        found: tuple[Pixels | None, Loaded] | Exception,
    ) -> None:
        if item not in self.items:
            return
        self._note_reading(item, found)
        if item is not self._wanted or isinstance(found, Exception):
            return
        if item.away_times != times:  # its labels were in memory meanwhile
            self.select(item)
            return
        read, labels = found
        item.come_back(labels)
        if read is not None:
            item.pixels, item.axes = read.array, read.axes
            item.channel_names = read.channel_names or item.channel_names
            item.pixel_size = read.pixel_size
        self._show(item)

    def _note_reading(self, item: ImageItem, found: object) -> None:
        """Mark an image that cannot be read; show the next one if there is none yet."""
        if not isinstance(found, Exception):
            if item in self._unreadable:
                self._unreadable.discard(item)
                item.error = ""
                self.item_changed.emit(item)
            return
        self._unreadable.add(item)
        item.error = str(found)
        self.item_changed.emit(item)
        self.unreadable.emit(item, found)
        if item is self._wanted and self.current is None:
            rest = self.items[self.items.index(item) + 1 :]
            following = next((one for one in rest if not one.error), None)
            if following is not None:
                self.select(following)

    def _brought(
        self,
        item: ImageItem,
        then: Callable[[Exception | None], object],
        times: int,
        found: Loaded | Exception,
    ) -> None:
        if isinstance(found, Exception):
            then(found)
        elif item.away_times != times:
            self.bring(item, then)
        else:
            item.come_back(found)
            then(None)
            if item in self.items and item is not self.current:
                self.select(item)

    def _show(self, item: ImageItem | None) -> None:
        before, self.current = self.current, item
        if before is not None and before is not item and before.path is not None:
            before.pixels = None  # its file still has them
        self.current_changed.emit(item)
