"""The command line: every button of the plugin as a command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from imageseg._version import __version__
from imageseg.errors import ImageSegError

_VERBS = {
    "images": "list images with their sizes, channels and pixel sizes",
    "prepare": "crop, resize and tile images and masks, or check them",
    "augment": "write turned, mirrored and recoloured copies, or a picture of changes",
    "predict": "write label images, overlays and a density table",
    "density": "write the density table only",
    "train": "train a model on images and masks, from scratch or from another",
    "next": "rank images, and places in them, by what annotating them would change",
    "evaluate": "score models on images with masks, beside baselines",
    "crossval": "score the training itself, leaving images out in turn",
    "search": "train with many settings and rank them",
    "figures": "draw contact sheets, comparisons, overlays and plots",
    "models": "list, describe, import and export models",
    "project": "create, describe and restore projects",
    "samples": "write sample images with known truth",
}

DONE, SOME_FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    status
        0 done, 1 some items failed (each is named), 2 wrong use, 130 interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser(arguments[0] if arguments else "")
    options = parser.parse_args(arguments)
    options.arguments = arguments[1:]
    try:
        return int(options.run(options))
    except (ImageSegError, OSError) as error:  # as of a folder that takes no files
        print(f"imageseg: {error}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("imageseg: stopped; what was finished is kept.", file=sys.stderr)
        return INTERRUPTED


def build_parser(verb: str) -> argparse.ArgumentParser:
    """Build the parser; only the verb in use has its options built."""
    parser = argparse.ArgumentParser(
        prog="imageseg",
        description="Segment images with a U-Net you teach, and measure densities.",
        epilog="imageseg VERB --help tells more about each.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, text in _VERBS.items():
        sub = verbs.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            formatter_class=_Help,
        )
        if name == verb:
            import_module(f"{__name__}.{name}").configure(sub)
            sub.set_defaults(parser=sub)
    return parser


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Tell defaults where there are any."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False:
            return action.help
        return super()._get_help_string(action)
