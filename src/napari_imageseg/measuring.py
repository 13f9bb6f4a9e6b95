"""Densities of what was predicted and painted, kept up to date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from psygnal import Signal

from imageseg.density import WHOLE, Density, Region
from napari_imageseg import jobs

if TYPE_CHECKING:
    from imageseg.classes import ClassScheme
    from napari_imageseg.class_choice import ClassChoice
    from napari_imageseg.image_list import ImageList, Runner
    from napari_imageseg.items import ImageItem


class Measurer:
    """Measures images again whenever labels, classes or the region change.

    Parameters
    ----------
    errands
        Where measuring runs.
    images, classes
        What is measured, and under which names.
    """

    region_changed = Signal(Region)

    def __init__(
        self, errands: Runner, images: ImageList, classes: ClassChoice
    ) -> None:
        self._errands = errands
        self._images = images
        self._classes = classes
        self.region: Region = WHOLE
        self._scheme = classes.scheme  # as rows of the table know it
        classes.changed.connect(self._on_classes)

    def set_region(self, region: Region) -> None:
        """Measure in another region from now on, and again what is in the table."""
        self.region = region
        self.region_changed.emit(region)
        self.measure([item for item in self._images.items if item.density is not None])

    def use_scheme(self, scheme: ClassScheme) -> None:
        """Show a model's classes; rows that other models filled keep theirs."""
        self._scheme = scheme
        self._classes.set_scheme(scheme)

    def measure(self, items: Sequence[ImageItem]) -> None:
        """Measure those of the images that have a prediction."""
        shown = self._classes.scheme
        ready = [item for item in items if item.is_predicted]
        rows = [
            jobs.Row(held.prediction, held.annotation, item.scheme or shown, held.away)
            for item in ready
            for held in (item.held(),)
        ]
        if not rows:
            return
        self._errands.submit(
            "Measuring",
            jobs.measure_task(rows, self.region, shown),
            lambda found: self._measured(ready, found),
        )

    def _on_classes(self, scheme: ClassScheme) -> None:
        """Measure rows under the classes just edited again, by their new names."""
        before, self._scheme = self._scheme, scheme
        rows = [item for item in self._images.items if item.scheme == before]
        for item in rows:
            item.scheme = scheme
        self.measure(rows)

    def _measured(
        self, items: Sequence[ImageItem], densities: Sequence[Density]
    ) -> None:
        for item, density in zip(items, densities, strict=True):
            item.density = density
            self._images.item_changed.emit(item)
