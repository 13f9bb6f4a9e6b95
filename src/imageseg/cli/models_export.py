"""``imageseg models export``: a model for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from imageseg.cli import DONE
from imageseg.cli.console import say

_FORMATS = {"onnx": ".onnx", "bioimageio": ".zip"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", help="name of a bundled model, or a model file")
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        required=True,
        help="onnx: one file that takes values 0 to 1 and gives probabilities; "
        "bioimageio: a package with test images, cover and card",
    )
    parser.add_argument(
        "--out", type=Path, help="file to write (default: in this folder)"
    )
    add_statements(parser, "of a package, where the model does not state it")
    parser.set_defaults(run=run)


def add_statements(parser: argparse.ArgumentParser, title: str) -> None:
    """Add the flags that tell whose a model is."""
    group = parser.add_argument_group(title)
    group.add_argument(
        "--author", action="append", default=[], help="name; once for each author"
    )
    group.add_argument(
        "--licence", default="", help="SPDX identifier, as MIT or CC-BY-4.0"
    )
    group.add_argument(
        "--cite",
        action="append",
        default=[],
        metavar="TEXT",
        help="publication, with its DOI or address; once for each",
    )


def run(options: argparse.Namespace) -> int:
    """Export a model and say where to."""
    from imageseg.exchange import load_model  # noqa: PLC0415  heavy

    model = load_model(options.model)
    out = options.out or Path(Path(options.model).stem + _FORMATS[options.format])
    if options.format == "onnx":
        from imageseg.exchange.onnx import export_onnx  # noqa: PLC0415

        path = export_onnx(model, out)
    else:
        from imageseg.exchange.bioimageio import (  # noqa: PLC0415
            PackageOptions,
            export_package,
        )

        told = PackageOptions(
            authors=tuple(options.author),
            licence=options.licence,
            citations=tuple(options.cite),
        )
        path = export_package(model, out, told)
    say(f"Written: {path}")
    return DONE
