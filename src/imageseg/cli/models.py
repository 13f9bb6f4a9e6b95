"""``imageseg models``: which models and networks there are and what they are."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseg.architectures import (
    ARCHITECTURES,
    Graph,
    layer_rows,
    measure_reach,
    write_graph,
)
from imageseg.card import model_card
from imageseg.cli import DONE, models_export, models_import
from imageseg.cli.console import print_markdown, print_values
from imageseg.cli.flags import add_output_format
from imageseg.cli.network import add_arguments, network_from
from imageseg.errors import ModelFormatError, SettingsError
from imageseg.forest import feature_names

if TYPE_CHECKING:
    from imageseg.spec import ModelSpec


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="list the bundled models")
    listing.set_defaults(run=run_list)
    info = verbs.add_parser(
        "info", help="describe a model or a network: card, classes, training, layers"
    )
    _configure_info(info)
    for parser_ in (listing, info):
        add_output_format(parser_)
    imports = verbs.add_parser(
        "import", help="make a model file of a Keras, ONNX or bioimage.io model"
    )
    models_import.configure(imports)
    exports = verbs.add_parser(
        "export", help="write a model as ONNX or as bioimage.io package"
    )
    models_export.configure(exports)


def _configure_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model",
        help="name of a bundled model, a model file, or the name of a network "
        f"({', '.join(ARCHITECTURES)})",
    )
    parser.add_argument(
        "--size",
        type=int,
        metavar="PX",
        help="side of the image that the layers' shapes are for (default: 256 pixels, "
        "32 in volumes, or the tile)",
    )
    group = parser.add_argument_group("of a network")
    group.add_argument("--channels", type=int, default=3, help="image channels")
    group.add_argument("--maps", type=int, default=1, help="1 for two classes, else K")
    add_arguments(group)
    parser.set_defaults(run=run_info)


def run_list(options: argparse.Namespace) -> int:
    """Print a line a model."""
    from imageseg.spec import bundled_models, read_spec  # noqa: PLC0415

    specs = {name: read_spec(path) for name, path in bundled_models().items()}
    values = {
        name: {"summary": spec.summary, "licence": model_card(spec).licence}
        for name, spec in specs.items()
    }
    lines = [
        f"{name:12} {value['summary']} · licence {value['licence']}"
        for name, value in values.items()
    ]
    print_values(values, as_json=options.json, text="\n".join(lines))
    return DONE


def run_info(options: argparse.Namespace) -> int:
    """Print a model's card and description, and its layers; or a network's layers."""
    if _is_network(options.model):
        values, lines = _about_network(options)
        print_values(values, as_json=options.json, text="\n".join(lines))
        return DONE
    spec, file = _described(options.model)
    card = model_card(spec)
    graph = write_graph(spec.architecture, spec.inputs, spec.outputs, spec.arguments)
    if options.json:
        values = json.loads(spec.to_json()) | {"facts": card.facts() | file}
        print_values(values | _layer_values(graph, options.size), as_json=True, text="")
        return DONE
    lines = _layer_lines(graph, options.size)
    print_markdown(card.markdown(file | _settings(spec)))
    print("\n".join(lines))
    return DONE


def _is_network(name: str) -> bool:
    from imageseg.spec import bundled_models  # noqa: PLC0415

    taken = name in bundled_models() or Path(name).exists()
    return name in ARCHITECTURES and not taken


def _described(name: str) -> tuple[ModelSpec, dict[str, str]]:
    """Return the description of a model of whatever format, and facts of its file."""
    from imageseg.spec import find_model, read_digest, read_spec  # noqa: PLC0415

    try:
        path = find_model(name)
        spec, digest = read_spec(path), read_digest(path)
    except ModelFormatError:
        if not Path(name).exists():
            raise
        from imageseg.exchange import load_model  # noqa: PLC0415  heavy

        path, model = Path(name), load_model(name)
        spec, digest = model.spec, model.digest()
    return spec, {"Digest": digest, "File": f"{path} ({_size(path)})"}


def _size(path: Path) -> str:
    files = path.rglob("*") if path.is_dir() else [path]
    return f"{sum(file.stat().st_size for file in files) / 1e6:.2f} MB"


def _settings(spec: ModelSpec) -> dict[str, str]:
    """Return what the model was trained with, as far as it tells."""
    settings = spec.provenance.get("settings")
    if not isinstance(settings, dict):
        return {}
    return {"Settings": ", ".join(f"{key} {value}" for key, value in settings.items())}


def _about_network(options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    name = options.model
    settings = network_from(options, name).to_dict()
    graph = write_graph(name, options.channels, options.maps, settings)
    arguments = ", ".join(f"{key}={value}" for key, value in settings.items())
    text = [f"{name}: {ARCHITECTURES[name].help}", f"Arguments: {arguments}", ""]
    values = {"name": name, "arguments": settings} | _layer_values(graph, options.size)
    return values, text + _layer_lines(graph, options.size)


def _layer_values(graph: Graph, size: int | None) -> dict[str, Any]:
    rows = layer_rows(graph, _sides(graph, size))
    reach = measure_reach(graph)
    return {
        "layers": [asdict(row) for row in rows],
        "parameters": sum(row.parameters for row in rows),
        "trainable": sum(row.trainable for row in rows),
        "stride": reach.stride,
        "halo": reach.halo,
        "features": _features(graph),
    }


def _layer_lines(graph: Graph, size: int | None) -> list[str]:
    """Write the layer table, with totals and what tiles need below."""
    rows = layer_rows(graph, _sides(graph, size))
    cells = [("Layer", "Kind", "Shape", "Parameters", "Takes")]
    cells += [
        (
            row.name,
            row.kind,
            " × ".join(map(str, row.shape)),
            f"{row.parameters:,}",
            ", ".join(row.inputs),
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    name, kind, shape, number, _ = widths
    table = [
        f"{a:{name}}  {b:{kind}}  {c:{shape}}  {d:>{number}}  {e}".rstrip()
        for a, b, c, d, e in cells
    ]
    total = sum(row.parameters for row in rows)
    trainable = sum(row.trainable for row in rows)
    reach = measure_reach(graph)
    tiles = (
        f"Tiles start at multiples of {reach.stride} pixels; a pixel is decided by "
        f"at most {reach.halo} around it."
    )
    totals = (
        f"{len(rows)} layers, {total:,} parameters, {trainable:,} of them trainable."
    )
    features = _features(graph)
    listed = ["", f"{len(features)} features:", *features] if features else []
    return [*table, "", totals, tiles, *listed]


def _features(graph: Graph) -> list[str]:
    """Name the features of a pixel classifier; other networks have none."""
    return [
        name
        for node in graph.nodes
        if node.op == "forest"
        for name in feature_names(node.arguments["features"], graph.channels)
    ]


def _sides(graph: Graph, size: int | None) -> tuple[int, ...] | None:
    if size is None:
        return None
    if size < 1:
        raise SettingsError("--size", size, "1 or more")
    return (size,) * graph.dims
