"""``imageseg models import``: a Keras model becomes a model file of ours."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from imageseg.classes import CANOPY, ClassScheme, Context
from imageseg.cli import DONE
from imageseg.cli.console import say
from imageseg.errors import SettingsError

if TYPE_CHECKING:
    from imageseg.exchange.keras import KerasOptions


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, help="Keras file: .h5 or .keras")
    parser.add_argument(
        "--out", type=Path, help="model file to write (default: beside the Keras file)"
    )
    parser.add_argument("--name", default="", help="name of the model")
    group = parser.add_argument_group("what the file does not tell")
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
    from imageseg.exchange.keras import import_keras  # noqa: PLC0415  heavy

    model = import_keras(options.file, _keras_options(options))
    path = model.save(options.out or options.file.with_suffix(".safetensors"))
    say(f"{model.spec.card}\nClasses: {', '.join(model.spec.scheme.names)}.")
    say(f"Written: {path}")
    return DONE


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
