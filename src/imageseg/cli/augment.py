"""``imageseg augment``: turned, mirrored and recoloured copies, or a look at them."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from imageseg.augmentation import AugmentSettings, preset
from imageseg.classes import CANOPY, MAX_CLASSES, ClassScheme
from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.console import complain, count, print_table, say, show_progress
from imageseg.cli.flags import (
    add_coding,
    add_output_format,
    add_paths,
    add_settings,
    images_from,
)
from imageseg.errors import ImageReadError, SettingsError
from imageseg.settings import Augmentation, setting_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imageseg.augmentation.copies import CopySettings
    from imageseg.datasets import Pair
    from imageseg.masks import Labels

_COLOURS = {"brightness": (90, 110), "saturation": (95, 105), "hue": (80, 120)}
_SHOWN = ["source", "image", "rotation", "flip", "flop", "width", "height"]
_EXAMPLE = ("background", "object")


def add_augmentation(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every random change, in place of what the preset says."""
    add_settings(parser, AugmentSettings, "random changes (default: the preset's)")
    names = [field.name for field in setting_fields(AugmentSettings)]
    parser.set_defaults(**dict.fromkeys(names))


def augmentation_from(options: argparse.Namespace) -> AugmentSettings | None:
    """Return the preset with the changes that were given; None if none was.

    Raises
    ------
    SettingsError
        A value is out of range.
    """
    given = given_changes(options)
    return replace(preset(options.augmentation), **given) if given else None


def given_changes(options: argparse.Namespace) -> dict[str, Any]:
    """Return the random changes that were given, by name."""
    names = [field.name for field in setting_fields(AugmentSettings)]
    values = {name: getattr(options, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_paths(parser)
    parser.add_argument(
        "--masks",
        type=Path,
        nargs="+",
        default=[],
        help="mask files or folders, paired by name; they move with their images",
    )
    add_coding(parser)
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument(
        "--out",
        type=Path,
        help="folder to write a fixed set of copies to; with masks to images/ and "
        "masks/",
    )
    either.add_argument(
        "--preview",
        type=Path,
        metavar="PNG",
        help="picture to write of what training changes of the first image",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers")
    add_output_format(parser)
    _add_preview(parser)
    _add_copies(parser)
    parser.set_defaults(run=run)


def _add_copies(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a fixed set of copies (--out)")
    group.add_argument(
        "--angles",
        type=float,
        nargs="*",
        default=[0.0],
        help="a copy turned clockwise by each; 0 is the image itself",
    )
    group.add_argument("--flip", action="store_true", help="a copy upside down")
    group.add_argument("--flop", action="store_true", help="a copy mirrored sideways")
    group.add_argument(
        "--fraction",
        type=float,
        default=0.0,
        help="share of the copies whose colours change",
    )
    for name, (low, high) in _COLOURS.items():
        group.add_argument(
            f"--{name}",
            type=float,
            nargs="+",
            metavar="PERCENT",
            help=f"two limits of the {name} of copies (default: {low} {high}; 100 "
            "changes nothing); for --preview one, the largest change",
        )


def _add_preview(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what training changes (--preview)")
    group.add_argument(
        "--augmentation",
        choices=get_args(Augmentation),
        default="photo",
        help="preset of `imageseg train`",
    )
    group.add_argument(
        "--classes",
        nargs="+",
        metavar="NAME",
        default=_EXAMPLE,
        help="class names in order of their ids, for the colours",
    )
    parser.conflict_handler = "resolve"  # copies take two values for a colour
    add_augmentation(parser)


def run(options: argparse.Namespace) -> int:
    """Write copies, or a picture of random changes."""
    pairs = _pairs(options)
    return _write_copies(options, pairs) if options.out else _preview(options, pairs)


def _pairs(options: argparse.Namespace) -> list[Pair]:
    """List the images with their masks, without the copies of an earlier run."""
    from imageseg.cli.data import find_pairs  # noqa: PLC0415  only with masks
    from imageseg.datasets import Pair  # noqa: PLC0415  heavy
    from imageseg.preparation import without_results  # noqa: PLC0415

    images = images_from(options)
    if options.out:
        images = without_results(images, options.paths, options.out)
    if not images:
        raise ImageReadError(options.paths[0], "it holds but the copies in --out.")
    if options.masks:
        return list(find_pairs(images, options.masks).pairs)
    return [Pair(image, ()) for image in images]


def _write_copies(options: argparse.Namespace, pairs: Sequence[Pair]) -> int:
    from imageseg.augmentation.offline import write_copies_task  # noqa: PLC0415  heavy

    settings = _copy_settings(options)
    complain(settings.remarks())
    labels = (
        _labels(options, pairs) if _needs_labels(options, settings, pairs) else None
    )
    task = write_copies_task(pairs, settings, options.out, labels=labels)
    table = show_progress(task, quiet=options.json)
    print_table(table if options.json else table[_SHOWN], as_json=options.json)
    if (table["width"] != table["height"])[table["rotation"] % 180 != 0].any():
        complain(["Images that are not square change width and height when turned."])
    failed = table[table["error"] != ""]
    named = failed[["source", "error"]].drop_duplicates().itertuples(index=False)
    complain([f"{source}: {error}" for source, error in named])
    say(f"{count(len(table) - len(failed), 'image')} in {options.out}")
    return SOME_FAILED if len(failed) else DONE


def _copy_settings(options: argparse.Namespace) -> CopySettings:
    from imageseg.augmentation.copies import CopySettings  # noqa: PLC0415  heavy

    limits = {name: getattr(options, name) or usual for name, usual in _COLOURS.items()}
    for name, values in limits.items():
        if len(values) != 2:
            raise SettingsError(f"--{name}", values, "two per cents with --out: 90 110")
    return CopySettings(
        angles=tuple(options.angles),
        flip=options.flip,
        flop=options.flop,
        fraction=options.fraction,
        seed=options.seed,
        **{name: (low, high) for name, (low, high) in limits.items()},
    )


def _preview(options: argparse.Namespace, pairs: Sequence[Pair]) -> int:
    from imageseg.images import read_image, write_image  # noqa: PLC0415  heavy
    from imageseg.training.preview import preview as draw  # noqa: PLC0415

    image, masks = pairs[0]
    canopy = tuple(options.classes) == CANOPY.names
    given = vars(options) | {name: _largest(options, name) for name in _COLOURS}
    picture = draw(
        read_image(image),
        _labels(options, pairs[:1])[0] if masks else None,
        augmentation_from(argparse.Namespace(**given)) or options.augmentation,
        CANOPY if canopy else ClassScheme.from_names(options.classes),
        seed=options.seed,
    )
    write_image(options.preview, picture)
    say(f"Changes of {image} in {options.preview}")
    return DONE


def _largest(options: argparse.Namespace, name: str) -> float | None:
    """Return the largest change of a colour, if it is given."""
    values = getattr(options, name)
    if values and len(values) != 1:
        raise SettingsError(f"--{name}", values, "one per cent with --preview: 20")
    return values[0] if values else None


def _needs_labels(
    options: argparse.Namespace, settings: CopySettings, pairs: Sequence[Pair]
) -> bool:
    """Tell whether masks cannot keep the values that they hold."""
    several = any(len(pair.masks) > 1 for pair in pairs)
    cornered = any(pair.masks for pair in pairs) and not settings.is_lossless
    return options.coding.kind != "auto" or several or cornered


def _labels(options: argparse.Namespace, pairs: Sequence[Pair]) -> Sequence[Labels]:
    """Read masks one by one as what their coding says, guessed if it is not said."""
    from imageseg.masks import LabelReader, guess_task  # noqa: PLC0415  heavy

    masks = [pair.masks for pair in pairs]
    named = options.preview is not None
    n_classes = len(options.classes) if named else None
    coding = options.coding
    if coding.kind == "auto":
        guess = show_progress(guess_task(masks, n_classes), quiet=options.json)
        coding = guess.coding or coding
        if options.out:
            say(f"Masks are read as {coding}, and written as labels.")
    return LabelReader(masks, n_classes or MAX_CLASSES, coding=coding)
