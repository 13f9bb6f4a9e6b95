"""Architectures are found by name and take their own arguments."""

from __future__ import annotations

import pytest

from imageseg.architectures import ARCHITECTURES, Builder, write_graph
from imageseg.errors import ModelFormatError, SettingsError
from imageseg.settings import setting_fields


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(
    ("channels", "outputs"), [(1, 1), (3, 1), (7, 5)], ids=["grey", "RGB", "seven"]
)
def test_every_architecture_takes_any_channels_and_classes(
    name: str, channels: int, outputs: int
) -> None:
    graph = write_graph(name, channels, outputs, {})
    softmax_for_two = name in {"platypus", "tile1", "tile2", "tile3"}

    assert graph.channels == channels
    assert graph.maps == (2 if softmax_for_two and outputs == 1 else outputs)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_argument_is_explained(name: str) -> None:
    entry = ARCHITECTURES[name]

    assert entry.help
    assert all(
        f.setting.label and f.setting.help for f in setting_fields(entry.settings)
    )
    assert entry.settings.__doc__


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_no_graph_ends_in_an_activation(name: str) -> None:
    graph = write_graph(name, 3, 4, {})
    last = next(node for node in graph.nodes if node.name == graph.outputs[0])

    assert last.arguments.get("activation", "linear") == "linear"


def test_an_unknown_architecture_lists_the_known_ones() -> None:
    with pytest.raises(ModelFormatError, match=r"'vgg' is unknown.*unet"):
        write_graph("vgg", 3, 1, {})


def test_an_unknown_argument_is_a_format_error() -> None:
    with pytest.raises(ModelFormatError, match=r"'unet'.*width"):
        write_graph("unet", 3, 1, {"width": 3})


def test_an_argument_out_of_range_is_a_settings_error() -> None:
    with pytest.raises(SettingsError, match="filters"):
        write_graph("unet", 3, 1, {"filters": 0})


def test_a_stored_graph_is_used_as_it_is() -> None:
    graph = write_graph("platypus", 3, 1, {})

    assert write_graph("graph", 3, 1, {"graph": graph.to_dict()}) == graph


def test_a_stored_graph_learns_other_classes() -> None:
    graph = write_graph("unetpp", 3, 1, {"deep_supervision": True})
    wider = write_graph("graph", 3, 4, {"graph": graph.to_dict()})

    assert wider == write_graph("unetpp", 3, 4, {"deep_supervision": True})


@pytest.mark.parametrize("graph", [None, [], "unet"])
def test_a_graph_that_is_missing_is_a_format_error(graph: object) -> None:
    with pytest.raises(ModelFormatError, match="does not hold it"):
        write_graph("graph", 3, 1, {"graph": graph})


def test_a_stored_graph_of_other_channels_is_refused() -> None:
    g = Builder(1)
    graph = g.graph(g.add("conv", g.input, filters=1, kernel=1))

    with pytest.raises(ModelFormatError, match="1 channel"):
        write_graph("graph", 3, 1, {"graph": graph.to_dict()})


CONV = {"filters": 1, "kernel": 3}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"filters": "many"}, id="filters no number"),
        pytest.param({"stride": 0}, id="no stride"),
        pytest.param({"stride": 10**9}, id="stride out of all measure"),
        pytest.param({"kernel": [3]}, id="one axis"),
        pytest.param({"kernel": {}}, id="kernel no number"),
        pytest.param({"padding": 3}, id="padding no word"),
        pytest.param({"colour": "red"}, id="unknown argument"),
    ],
)
def test_a_stored_graph_with_damaged_arguments_is_a_format_error(
    arguments: dict[str, object],
) -> None:
    g = Builder(3)
    graph = g.graph(g.add("conv", g.input, **CONV | arguments))

    with pytest.raises(ModelFormatError):
        write_graph("graph", 3, 1, {"graph": graph.to_dict()})


@pytest.mark.parametrize(
    "values", [{"channels": 0}, {"dims": 4}, {"tile": -1}, {"dims": 3, "tile": 50}]
)
def test_a_graph_of_impossible_images_is_a_format_error(values: dict[str, int]) -> None:
    graph = write_graph("unet", 3, 1, {}).to_dict() | values

    with pytest.raises(ModelFormatError):
        write_graph("graph", 3, 1, {"graph": graph})
