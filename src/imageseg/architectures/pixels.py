"""The pixel classifier as a network of one layer."""

from __future__ import annotations

from imageseg.architectures.graph import Builder, Graph
from imageseg.forest import ForestSettings


def forest(channels: int, outputs: int, settings: ForestSettings) -> Graph:
    """Write down the pixel classifier."""
    g = Builder(channels)
    return g.graph(
        g.add(
            "forest",
            g.input,
            filters=outputs,
            features=settings.features,
            trees=settings.trees,
        )
    )
