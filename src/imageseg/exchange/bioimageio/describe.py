"""The description of a package: what a bioimage.io rdf.yaml says of a model.

Specification: https://bioimage-io.github.io/spec-bioimage-io, model 0.5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from imageseg.architectures import Graph, Reach, measure_reach, write_graph
from imageseg.card import ModelCard
from imageseg.classes import ClassScheme
from imageseg.exchange.onnx import OPSET
from imageseg.spec import ModelSpec

FORMAT_VERSION = "0.5.4"
IMAGE, PROBABILITIES = "image", "probabilities"

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s,;)]*\w")
_URL = re.compile(r"https?://[^\s,;)]+\w")
_LONGEST_NAME, _LONGEST_TEXT = 64, 512
_WIDEST_HALO = {2: 1 << 14, 3: 24}
_LOW, _HIGH = 1.0, 99.8  # percentiles, as of our own normalisation

Entry = dict[str, Any]


def describe(
    spec: ModelSpec, card: ModelCard, files: dict[str, str], digest: str
) -> Entry:
    """Return the description.

    Parameters
    ----------
    spec
        Of the model.
    card
        With licence and authors.
    files
        Name to SHA-256 of all files of the package.
    digest
        Of the weights.
    """

    def file(name: str) -> Entry:
        return {"source": name, "sha256": files[name]}

    return {
        "type": "model",
        "format_version": FORMAT_VERSION,
        "name": plain_name(spec.name),
        "description": _sentence(card),
        "authors": [{"name": name} for name in card.authors],
        "cite": [c for text in card.citations if (c := _citation(text))],
        "license": card.licence,
        "documentation": file("README.md"),
        "covers": [file("cover.png")],
        "tags": ["segmentation", spec.architecture, "napari-imageseg"],
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": [_input(spec) | {"test_tensor": file("test-input.npy")}],
        "outputs": [_output(spec) | {"test_tensor": file("test-output.npy")}],
        "weights": {"onnx": file("weights.onnx") | {"opset_version": OPSET}},
        "attachments": [file("model.safetensors")],
        "config": {"imageseg": {"model": "model.safetensors", "digest": digest}},
    }


def plain_name(name: str) -> str:
    """Return a name of the letters that bioimage.io allows, 5 to 64 of them."""
    plain = re.sub(r"[^A-Za-z0-9_+\- ()]+", " ", name).strip()[:_LONGEST_NAME]
    return plain if len(plain) >= 5 else f"imageseg {plain or 'model'}"


def smallest_sides(spec: ModelSpec) -> tuple[int, ...]:
    """Return the smallest image that has a pixel beyond all halos."""
    graph, reach = _reach(spec)
    side = -(-(2 * _halo(spec) + 1) // reach.stride) * reach.stride
    return (side,) * graph.dims


def _halo(spec: ModelSpec) -> int:
    """Return what tiles lose at their border; of volumes what a test image can have."""
    graph, reach = _reach(spec)
    return min(reach.halo, _WIDEST_HALO[graph.dims])


def _reach(spec: ModelSpec) -> tuple[Graph, Reach]:
    graph = write_graph(spec.architecture, spec.inputs, spec.outputs, spec.arguments)
    return graph, measure_reach(graph)


def _input(spec: ModelSpec) -> Entry:
    graph, reach = _reach(spec)
    return {
        "id": IMAGE,
        "description": "Image; other whole numbers than 8 bits: scale by their largest",
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": _channel_names(spec)},
            *(
                {
                    "type": "space",
                    "id": axis,
                    "size": {"min": smallest, "step": reach.stride},
                }
                for axis, smallest in zip(
                    "zyx"[-graph.dims :], smallest_sides(spec), strict=True
                )
            ),
        ],
        "data": _values(spec),
        "preprocessing": _preprocessing(spec),
    }


def _channel_names(spec: ModelSpec) -> list[str]:
    """Name every map; those of neighbouring slices by where these lie."""
    usual = {1: ["grey"], 3: ["red", "green", "blue"]}
    default = [f"channel_{k}" for k in range(1, spec.channels + 1)]
    names = list(spec.channel_names) or usual.get(spec.channels, default)
    if not spec.neighbours:
        return names
    steps = range(-spec.neighbours, spec.neighbours + 1)
    return [f"{name} of slice {step:+d}" for step in steps for name in names]


def _values(spec: ModelSpec) -> Entry:
    if spec.normalisation == "range":
        return {"type": "uint8", "range": [0, 255]}
    return {"type": "float32"}


def _preprocessing(spec: ModelSpec) -> list[Entry]:
    """List the steps; types are converted back unless the last step says no."""
    last = {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}
    if spec.normalisation == "range":
        first = {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}
        return [first, {"id": "scale_linear", "kwargs": {"gain": 1 / 255}}, last]
    percentiles = {"min_percentile": _LOW, "max_percentile": _HIGH}
    axes = ["channel", *"zyx"[-_reach(spec)[0].dims :]]
    return [
        {"id": "scale_range", "kwargs": percentiles | {"axes": axes}},
        {"id": "clip", "kwargs": {"min": 0.0, "max": 1.0}},
        last,
    ]


def _output(spec: ModelSpec) -> Entry:
    graph, _ = _reach(spec)
    halo = {"halo": _halo(spec)} if _halo(spec) else {}
    return {
        "id": PROBABILITIES,
        "description": "Probability of each class; they add up to 1",
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": class_names(spec.scheme)},
            *(
                {
                    "type": "space",
                    "id": axis,
                    "size": {"tensor_id": IMAGE, "axis_id": axis},
                    **halo,
                }
                for axis in "zyx"[-graph.dims :]
            ),
        ],
        "data": {"type": "float32", "range": [0.0, 1.0]},
    }


def class_names(scheme: ClassScheme) -> list[str]:
    """Return class names that programs take as identifiers, all different."""
    names: list[str] = []
    for c in scheme:
        name = re.sub(r"\W+", "_", c.name, flags=re.ASCII).strip("_")
        if not name.isidentifier() or name in names:
            name = f"class_{c.id}_{name}".rstrip("_")
        names.append(name)
    return names


def _sentence(card: ModelCard) -> str:
    """Return the first paragraph of the card, or its summary."""
    paragraphs: Sequence[str] = [
        " ".join(part.split())
        for part in card.text.split("\n\n")
        if not part.startswith("#")
    ]
    first = next(filter(None, paragraphs), card.summary)
    short = len(first) <= _LONGEST_TEXT
    return first if short else first[: _LONGEST_TEXT - 1] + "…"


def _citation(text: str) -> Entry | None:
    """Return an entry with its address; those without stand in the README alone."""
    if doi := _DOI.search(text):
        return {"text": text, "doi": doi[0]}
    if url := _URL.search(text):
        return {"text": text, "url": url[0]}
    return None
