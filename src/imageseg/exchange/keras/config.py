"""The layers of a Keras model and who takes whose output, for all versions alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from imageseg.errors import ModelFormatError

_MALFORMED = (
    *(KeyError, TypeError, AttributeError, IndexError, ValueError),
    RecursionError,
)

MODELS = ("Functional", "Model", "Sequential")
"""Classes that hold layers."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a layer takes: an output of one call of another layer."""

    layer: str
    call: int
    output: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as Keras describes it.

    Attributes
    ----------
    name
        Unique in its model.
    kind
        Keras' class.
    config
        Its settings.
    calls
        What it takes, once for every time it is used.
    """

    name: str
    kind: str
    config: dict[str, Any]
    calls: tuple[tuple[Source, ...], ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Layers, and where data enter and leave."""

    layers: tuple[Layer, ...]
    inputs: tuple[Source, ...]
    outputs: tuple[Source, ...]


def read_model(config: dict[str, Any]) -> Model:
    """Read a model's description as in `model_config` or ``config.json``.

    Raises
    ------
    ModelFormatError
        It is no functional or sequential model, or something is missing.
    """
    kind = config.get("class_name")
    if kind not in MODELS:
        raise ModelFormatError(
            f"Its class is {kind!r}; only models built of layers (functional or "
            "sequential) can be opened, as code in a file is never run."
        )
    try:
        inner = config["config"]
        if kind == "Sequential":
            layers = inner if isinstance(inner, list) else inner["layers"]
            return _read_sequence(layers)
        return _read_functional(inner)
    except _MALFORMED as error:
        raise ModelFormatError(
            f"The description of its layers is damaged ({type(error).__name__}: "
            f"{error}). Save the model again with Keras."
        ) from error


def input_shape(layer: Layer) -> tuple[int | None, ...]:
    """Return (Y, X, C) or (Z, Y, X, C) of an input layer; None where sizes are free.

    Raises
    ------
    ModelFormatError
        The file does not say.
    """
    shape = layer.config.get("batch_shape") or layer.config.get("batch_input_shape")
    if not shape:
        raise ModelFormatError(
            f"The layer {layer.name!r} does not say what images it takes. Build the "
            "model with an input shape and save it again."
        )
    return tuple(shape[1:])


def _read_functional(config: dict[str, Any]) -> Model:
    raw = [
        (entry, [*map(_sources, entry["inbound_nodes"])]) for entry in config["layers"]
    ]
    ends = [tuple(_sources(config[key])) for key in ("input_layers", "output_layers")]
    used: dict[str, set[int]] = {}
    for _, calls in raw:
        for source in (s for call in calls for s in call):
            used.setdefault(source.layer, set()).add(source.call)
    for source in (s for end in ends for s in end):
        used.setdefault(source.layer, set()).add(source.call)
    order = {name: sorted(calls) for name, calls in used.items()}

    def numbered(sources: list[Source] | tuple[Source, ...]) -> tuple[Source, ...]:
        """Count calls from 0; those of nested models start at 1 in some versions."""
        return tuple(
            Source(s.layer, order[s.layer].index(s.call), s.output) for s in sources
        )

    layers = tuple(
        _layer(entry, tuple(map(numbered, calls)) or ((),)) for entry, calls in raw
    )
    return Model(layers, numbered(ends[0]), numbered(ends[1]))


def _read_sequence(entries: list[dict[str, Any]]) -> Model:
    first = entries[0]
    if first["class_name"] != "InputLayer":
        entry = {
            "class_name": "InputLayer",
            "config": first["config"] | {"name": "input"},
        }
        entries = [entry, *entries]
    layers = [_layer(entries[0], ((),))]
    for entry in entries[1:]:
        layers.append(_layer(entry, ((Source(layers[-1].name, 0),),)))
    ends = (Source(layers[0].name, 0),), (Source(layers[-1].name, 0),)
    return Model(tuple(layers), *ends)


def _layer(entry: dict[str, Any], calls: tuple[tuple[Source, ...], ...]) -> Layer:
    config = entry["config"]
    nested = entry["class_name"] in MODELS
    if not isinstance(config, dict) and not nested:
        raise TypeError(f"a layer's settings are {config!r}")
    name = entry.get("name") or config["name"]
    return Layer(
        str(name), str(entry["class_name"]), entry if nested else config, calls
    )


def _sources(value: object) -> list[Source]:
    """Find what a call takes: [name, call, output, …] or Keras 3's tensors."""
    return [*_walk(value)]


def _walk(value: object) -> Iterator[Source]:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            yield from _walk(value["config"]["keras_history"])
        else:
            for inner in value.values():
                yield from _walk(inner)
    elif isinstance(value, list | tuple):
        if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
            yield Source(value[0], value[1], int(value[2]))
        else:
            for inner in value:
                yield from _walk(inner)
