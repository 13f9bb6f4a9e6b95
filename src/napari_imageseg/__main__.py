"""``python -m napari_imageseg``: napari with our docks and a sample photograph."""

from __future__ import annotations

import sys
from pathlib import Path

import napari

from napari_imageseg.docks import DensityDock, SegmentDock

WINDOW = (1280, 800)


def open_docks(viewer: napari.Viewer) -> tuple[SegmentDock, DensityDock]:
    """Dock both widgets into a viewer."""
    segment, density = SegmentDock(viewer), DensityDock(viewer)
    viewer.window.add_dock_widget(segment, name="Segment", area="right")
    viewer.window.add_dock_widget(density, name="Density", area="bottom")
    return segment, density


def main(arguments: list[str]) -> None:
    """Open the files named, or a sample."""
    viewer = napari.Viewer(title="napari-imageseg")
    viewer.window.resize(*WINDOW)
    segment, _ = open_docks(viewer)
    if arguments:
        segment.images.open([Path(a) for a in arguments])
    else:
        segment.images.open_sample()
    napari.run()


if __name__ == "__main__":
    main(sys.argv[1:])
