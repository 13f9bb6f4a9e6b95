"""The table of architectures: a name, its settings and how it is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imageseg.architectures.classic import (
    ClassicSettings,
    Lab10Settings,
    ZhixuhaoSettings,
    classic,
    lab10,
    zhixuhao,
)
from imageseg.architectures.graph import Graph
from imageseg.architectures.habitatnet import HabitatNetSettings, habitatnet
from imageseg.architectures.keras_unet import (
    CustomSettings,
    UNet3DSettings,
    VanillaSettings,
    custom,
    unet3d,
    vanilla,
)
from imageseg.architectures.pixels import forest
from imageseg.architectures.resnet import ResNetSettings, resnet
from imageseg.architectures.satellite import SatelliteSettings, satellite
from imageseg.architectures.summary import layer_rows
from imageseg.architectures.tiles import (
    Tile1Settings,
    Tile2Settings,
    Tile3Settings,
    tile1,
    tile2,
    tile3,
)
from imageseg.architectures.unet import PlatypusSettings, platypus, unet
from imageseg.architectures.unetpp import UNetPlusPlusSettings, unetpp
from imageseg.errors import ModelFormatError, SettingsError
from imageseg.forest import ForestSettings
from imageseg.settings import Checked, UNetSettings

GRAPH = "graph"
"""The architecture of imported models: its argument `graph` holds the layers."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """One row of the table.

    Attributes
    ----------
    settings
        Class of its arguments; each architecture has its own.
    write
        Writes the graph for (channels, outputs, settings).
    help
        One line for people.
    """

    settings: type[Checked]
    write: Callable[[int, int, Any], Graph]  # each takes its own settings
    help: str


ARCHITECTURES: dict[str, Architecture] = {
    "unet": Architecture(UNetSettings, unet, "imageseg's U-Net (versions 0.4 and 0.5)"),
    "unetpp": Architecture(UNetPlusPlusSettings, unetpp, "U-Net++, nested skips"),
    "resnet": Architecture(
        ResNetSettings, resnet, "U-Net with a ResNet (ImageNet weights) as encoder"
    ),
    "custom": Architecture(
        CustomSettings, custom, "keras-unet's U-Net with dropout and attention"
    ),
    "classic": Architecture(
        ClassicSettings, classic, "64-filter U-Net of r-tensorflow"
    ),
    "vanilla": Architecture(
        VanillaSettings, vanilla, "U-Net without padding, as first published"
    ),
    "satellite": Architecture(
        SatelliteSettings, satellite, "keras-unet's U-Net for satellite pictures"
    ),
    "habitatnet": Architecture(
        HabitatNetSettings, habitatnet, "Habitat-Net for canopy and understory"
    ),
    "platypus": Architecture(
        PlatypusSettings, platypus, "U-Net of the R package platypus"
    ),
    "lab10": Architecture(Lab10Settings, lab10, "U-Net with dropout inside its blocks"),
    "zhixuhao": Architecture(
        ZhixuhaoSettings, zhixuhao, "zhixuhao's U-Net, which enlarges plainly"
    ),
    "unet3d": Architecture(UNet3DSettings, unet3d, "U-Net of volumes"),
    "tile1": Architecture(Tile1Settings, tile1, "one class a tile: one convolution"),
    "tile2": Architecture(Tile2Settings, tile2, "one class a tile: pooled"),
    "tile3": Architecture(Tile3Settings, tile3, "one class a tile: two convolutions"),
    "forest": Architecture(
        ForestSettings, forest, "pixel classifier: features and trees, instantly"
    ),
}


def write_graph(
    architecture: str, channels: int, outputs: int, arguments: dict[str, Any]
) -> Graph:
    """Write down a network by name.

    Parameters
    ----------
    architecture
        Name in the table, or ``"graph"`` for the graph in ``arguments["graph"]``.
    channels
        Image channels.
    outputs
        Maps: 1 for two classes, else one a class. Some architectures give two
        maps for two classes all the same.
    arguments
        Of the architecture; the others have their defaults.

    Raises
    ------
    ModelFormatError
        The name or an argument is unknown, or a given graph does not fit.
    SettingsError
        An argument is out of range.
    """
    if architecture == GRAPH:
        return _given_graph(channels, outputs, arguments)
    if architecture not in ARCHITECTURES:
        raise ModelFormatError(
            f"The architecture {architecture!r} is unknown; this version has "
            f"{', '.join(ARCHITECTURES)}. Update napari-imageseg if the model is newer."
        )
    entry = ARCHITECTURES[architecture]
    try:
        settings = entry.settings(**arguments)
    except TypeError as error:
        raise ModelFormatError(
            f"The architecture {architecture!r} takes other arguments ({error})."
        ) from error
    return entry.write(channels, outputs, settings)


def architecture_of(settings: Checked) -> str:
    """Return the name of the architecture that such arguments are of.

    Raises
    ------
    SettingsError
        They are of none.
    """
    for name, entry in ARCHITECTURES.items():
        if type(settings) is entry.settings:
            return name
    known = ", ".join(entry.settings.__name__ for entry in ARCHITECTURES.values())
    raise SettingsError("network", settings, f"one of {known}")


def _given_graph(channels: int, outputs: int, arguments: dict[str, Any]) -> Graph:
    """Rebuild a stored graph; for other classes its last layers get other maps."""
    values = arguments.get("graph")
    if not isinstance(values, dict):
        raise ModelFormatError("The model file names a network but does not hold it.")
    graph = Graph.from_dict(values)
    if graph.channels != channels:
        raise ModelFormatError(
            f"The model's network takes {graph.channels} channel(s), its description "
            f"says {channels}."
        )
    fitting = {outputs, 2} if outputs == 1 else {outputs}
    return graph if _checked_maps(graph) in fitting else graph.with_maps(outputs)


def _checked_maps(graph: Graph) -> int:
    """Count the maps after a look at all layers: a damaged file may say anything."""
    try:
        layer_rows(graph)
        maps = graph.maps
    except ModelFormatError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ModelFormatError(
            f"The network inside the model file is damaged ({error})."
        ) from error
    return maps
