"""``imageseg models import``: a model of another format becomes a file of ours."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from imageseg.classes import CANOPY, ClassScheme, Context
from imageseg.cli import DONE
from imageseg.cli.console import say
from imageseg.cli.models_export import add_statements
from imageseg.errors import SettingsError

if TYPE_CHECKING:
    from imageseg.exchange.keras import KerasOptions
    from imageseg.spec import ModelSpec


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "file",
        type=Path,
        help="Keras file (.h5, .keras); or ONNX file or bioimage.io package of ours",
    )
    parser.add_argument(
        "--out", type=Path, help="model file to write (default: beside the other)"
    )
    parser.add_argument("--name", default="", help="name of the model")
    add_statements(parser, "whose it is")
    group = parser.add_argument_group("what a Keras file does not tell")
    group.add_argument(
        "--classes",
        nargs="+",
        metavar="CLASS",
        help="class names, of 0, 1, 2 … in Keras",
    )
    group.add_argument(
        "--context",
        choices=get_args(Context),
        default="generic",
        help="what is photographed; decides how densities are named",
    )
    group.add_argument(
        "--scale",
        choices=("auto", "0-1", "0-255"),
        default="auto",
        help="values of the images it was trained on",
    )
    group.add_argument(
        "--channels",
        choices=("auto", "rgb", "bgr"),
        default="auto",
        help="order of their colours; OpenCV reads BGR",
    )
    group.add_argument(
        "--network", default="", help="network of a file that holds weights only"
    )
    group.add_argument(
        "--arguments",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="what that network was built with, as filters=32 blocks=4",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Import a model, save it, and say what it is."""
    from imageseg.exchange import load_model  # noqa: PLC0415  heavy
    from imageseg.model import SegmentationModel  # noqa: PLC0415

    model = load_model(options.file, _keras_options(options))
    spec = _stated(model.spec.renamed(options.name or model.spec.name), options)
    out = options.out or options.file.with_suffix(".safetensors")
    path = SegmentationModel(model.network, spec).save(out)
    say(f"{spec.card.strip()}\nClasses: {', '.join(spec.scheme.names)}.")
    say(f"Written: {path}")
    return DONE


def _stated(spec: ModelSpec, options: argparse.Namespace) -> ModelSpec:
    """Add to a description what the user says of its origin."""
    told = {
        "authors": options.author,
        "licence": options.licence,
        "citations": options.cite,
    }
    given = {key: value for key, value in told.items() if value}
    return replace(spec, provenance=spec.provenance | given)


def _keras_options(options: argparse.Namespace) -> KerasOptions:
    from imageseg.exchange.keras import KerasOptions  # noqa: PLC0415  heavy

    return KerasOptions(
        network=options.network,
        arguments=dict(map(_argument, options.arguments)),
        scale=options.scale,
        channels=options.channels,
        scheme=_scheme(options.classes, options.context),
        name=options.name,
    )


def _scheme(names: list[str] | None, context: Context) -> ClassScheme | None:
    if not names:
        return None
    if tuple(names) == CANOPY.names and context in ("generic", CANOPY.context):
        return CANOPY
    return ClassScheme.from_names(names, context)


def _argument(text: str) -> tuple[str, Any]:
    """Split ``filters=32``; numbers and booleans are what JSON takes for such."""
    name, sign, value = text.partition("=")
    if not sign:
        raise SettingsError("arguments", text, "of the form NAME=VALUE")
    try:
        return name, json.loads(value.lower())
    except ValueError:
        return name, value
