"""``imageseg samples``: generated images with known truth."""

from __future__ import annotations

import argparse
from pathlib import Path

from imageseg.cli import DONE
from imageseg.cli.console import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", choices=("canopy", "microscopy", "stack"))
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--count", type=int, default=1, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    parser.add_argument(
        "--shrink",
        type=int,
        default=1,
        help="average so many pixels by so many into one",
    )
    parser.add_argument(
        "--masks", type=Path, help="folder for the true labels; without it none"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write images, and their truth if asked for."""
    from imageseg.images import write_image, write_labels  # noqa: PLC0415  heavy
    from imageseg.samples import SAMPLES, shrink  # noqa: PLC0415

    for seed in range(options.seed, options.seed + options.count):
        sample = shrink(SAMPLES[options.name](seed=seed), options.shrink)
        suffix = "tif" if options.name == "stack" else "png"
        file = f"{options.name}_{seed:02}.{suffix}"
        write_image(options.out / file, sample.image)
        if options.masks:
            write_labels(options.masks / file, sample.labels)
        say(f"{options.out / file}")
    return DONE
