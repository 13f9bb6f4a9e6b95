"""``imageseg models``: which models and networks there are and what they are."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from imageseg.architectures import (
    ARCHITECTURES,
    Graph,
    layer_rows,
    measure_reach,
    write_graph,
)
from imageseg.cli import DONE, models_import
from imageseg.cli.console import print_values
from imageseg.cli.flags import add_output_format
from imageseg.cli.network import add_arguments, network_from
from imageseg.errors import ModelFormatError, SettingsError

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
    imports = verbs.add_parser("import", help="make a model file of a Keras model")
    models_import.configure(imports)


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
    lines = [f"{name:12} {spec.summary}" for name, spec in specs.items()]
    values = {name: spec.summary for name, spec in specs.items()}
    print_values(values, as_json=options.json, text="\n".join(lines))
    return DONE


def run_info(options: argparse.Namespace) -> int:
    """Print a model's card and description, and its layers; or a network's layers."""
    from imageseg.spec import find_model, read_spec  # noqa: PLC0415

    try:
        path = find_model(options.model)
    except ModelFormatError:
        if options.model not in ARCHITECTURES:
            raise
        values, text = _about_network(options)
    else:
        values, text = _about_model(read_spec(path), options.size)
    print_values(values, as_json=options.json, text="\n".join(text))
    return DONE


def _about_model(spec: ModelSpec, size: int | None) -> tuple[dict[str, Any], list[str]]:
    import json  # noqa: PLC0415

    graph = write_graph(spec.architecture, spec.channels, spec.outputs, spec.arguments)
    text = [f"{spec.name}: {spec.summary}", ""]
    text += [spec.card.strip(), ""] if spec.card else []
    text += ["Training:", json.dumps(spec.provenance, indent=2, ensure_ascii=False), ""]
    values: dict[str, Any] = json.loads(spec.to_json())
    return values | _layer_values(graph, size), text + _layer_lines(graph, size)


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
    return [*table, "", totals, tiles]


def _sides(graph: Graph, size: int | None) -> tuple[int, ...] | None:
    if size is None:
        return None
    if size < 1:
        raise SettingsError("--size", size, "1 or more")
    return (size,) * graph.dims
