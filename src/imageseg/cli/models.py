"""``imageseg models``: which models there are and what they are."""

from __future__ import annotations

import argparse

from imageseg.cli import DONE
from imageseg.cli.console import print_values
from imageseg.cli.flags import add_output_format


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="list the bundled models")
    listing.set_defaults(run=run_list)
    info = verbs.add_parser("info", help="describe a model: card, classes, training")
    info.add_argument("model", help="name of a bundled model, or a model file")
    info.set_defaults(run=run_info)
    for parser_ in (listing, info):
        add_output_format(parser_)


def run_list(options: argparse.Namespace) -> int:
    """Print a line a model."""
    from imageseg.spec import bundled_models, read_spec  # noqa: PLC0415

    specs = {name: read_spec(path) for name, path in bundled_models().items()}
    lines = [f"{name:12} {spec.summary}" for name, spec in specs.items()]
    values = {name: spec.summary for name, spec in specs.items()}
    print_values(values, as_json=options.json, text="\n".join(lines))
    return DONE


def run_info(options: argparse.Namespace) -> int:
    """Print a model's card and its description."""
    import json  # noqa: PLC0415

    from imageseg.spec import find_model, read_spec  # noqa: PLC0415

    spec = read_spec(find_model(options.model))
    values = json.loads(spec.to_json())
    text = [f"{spec.name}: {spec.summary}", ""]
    text += [spec.card.strip(), ""] if spec.card else []
    text += ["Training:", json.dumps(spec.provenance, indent=2, ensure_ascii=False)]
    print_values(values, as_json=options.json, text="\n".join(text))
    return DONE
