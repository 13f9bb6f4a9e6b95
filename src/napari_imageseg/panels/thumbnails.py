"""Small pictures of images, made in the background for rows that are looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtGui import QColor, QIcon, QImage, QPixmap

from imageseg.errors import ImageSegError
from imageseg.images import small_copy, thumbnail
from imageseg.tasks import Progress, Task
from napari_imageseg.image_list import Runner
from napari_imageseg.items import ImageItem

SIDE = 40
_MOST_KEPT = 2000
_AT_ONCE = 8  # then what has come into view meanwhile goes first


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made(Progress):
    item: ImageItem
    pixels: NDArray[np.uint8] | None


class Thumbnails:
    """Icons of images, as they get ready.

    Parameters
    ----------
    lane
        Where they are made; nothing else should wait in it.
    """

    ready = Signal(object)
    """Carries the image whose icon is there."""

    def __init__(self, lane: Runner) -> None:
        self._lane = lane
        self._icons: OrderedDict[ImageItem, QIcon] = OrderedDict()
        self._wanted: OrderedDict[ImageItem, None] = OrderedDict()
        self._blank = _blank_icon()

    def icon(self, item: ImageItem) -> QIcon:
        """Return an image's icon; a blank one until it is made."""
        if item in self._icons:
            self._icons.move_to_end(item)
            return self._icons[item]
        self._wanted[item] = None
        self._wanted.move_to_end(item)
        if not self._lane.busy:
            self._make()
        return self._blank

    def _make(self) -> None:
        """Begin with those asked for last: they are on show."""
        batch = [self._wanted.popitem()[0] for _ in range(_AT_ONCE) if self._wanted]
        if batch:
            self._lane.submit("Thumbnails", _task(batch), self._next, self._take)

    def _take(self, progress: Progress) -> None:
        if not isinstance(progress, _Made):
            return
        pixels = progress.pixels
        self._icons[progress.item] = self._blank if pixels is None else _icon(pixels)
        while len(self._icons) > _MOST_KEPT:
            self._icons.popitem(last=False)
        self.ready.emit(progress.item)

    def _next(self, _: object) -> None:
        self._make()


def _task(items: Sequence[ImageItem]) -> Task[None]:
    for i, item in enumerate(items):
        try:
            pixels = _small(item)
        except (ImageSegError, OSError):  # reading it for work will say why
            pixels = None
        yield _Made(done=i + 1, total=len(items), item=item, pixels=pixels)


def _small(item: ImageItem) -> NDArray[np.uint8] | None:
    if item.path is not None:
        return thumbnail(item.path, 2 * SIDE)  # sharp on dense screens
    if item.pixels is None:
        return None
    pixels = item.pixels
    colour = pixels.ndim > 2 and pixels.shape[-1] == 3
    for _ in range(pixels.ndim - (3 if colour else 2)):
        pixels = pixels[len(pixels) // 2]
    return small_copy(np.asarray(pixels), 2 * SIDE)


def _icon(pixels: NDArray[np.uint8]) -> QIcon:
    height, width = pixels.shape[:2]
    data = pixels.tobytes()
    image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return QIcon(QPixmap.fromImage(image))  # copies the pixels


def _blank_icon() -> QIcon:
    pixmap = QPixmap(2 * SIDE, 2 * SIDE)
    pixmap.fill(QColor(128, 128, 128, 60))
    return QIcon(pixmap)
