"""``imageseg train``: a model from images and masks."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from imageseg.classes import CANOPY, ClassScheme, Context
from imageseg.cli import DONE
from imageseg.cli.augment import add_augmentation
from imageseg.cli.console import say
from imageseg.cli.data import file_samples
from imageseg.cli.fitting import Files
from imageseg.cli.flags import (
    add_channels,
    add_data,
    add_groups,
    add_output_format,
    add_settings,
    channels_from,
)
from imageseg.cli.learning import Given, card_from, tell, train
from imageseg.cli.network import add_network
from imageseg.cli.project_training import train_project
from imageseg.errors import SettingsError
from imageseg.settings import TrainSettings

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "project",
        type=Path,
        nargs="?",
        help="folder of a project: its annotated images, its settings, its model to go "
        "on from; the new model joins its lineage as a candidate",
    )
    add_data(parser, required=False)
    add_channels(parser)
    add_classes(parser)
    parser.add_argument(
        "--out", type=Path, help="model file to write; a project takes it in without"
    )
    parser.add_argument("--card", type=Path, help="text file kept as model card")
    parser.add_argument(
        "--history", type=Path, help="CSV file for the history, written every epoch"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on after the last finished epoch of a training that was stopped, from "
        "the file OUT.checkpoint",
    )
    add_groups(parser)
    add_output_format(parser)
    add_settings(parser, TrainSettings, "training")
    add_augmentation(parser)
    add_network(parser, "network (without --start)")
    parser.add_argument(
        "--encoder",
        type=Path,
        metavar="FILE",
        help="weights of a ResNet for --network resnet: a .safetensors file with the "
        "names of torchvision or timm",
    )
    parser.set_defaults(run=run)


def add_classes(parser: argparse.ArgumentParser) -> None:
    """Declare what training begins with."""
    parser.add_argument("--start", help="model to go on from: bundled name or file")
    parser.add_argument(
        "--classes",
        nargs="+",
        metavar="NAME",
        help="class names in order of their ids; without it those of --start",
    )
    add_context(parser)


def add_context(parser: argparse.ArgumentParser) -> None:
    """Declare what is photographed."""
    parser.add_argument(
        "--context",
        choices=get_args(Context),
        default="generic",
        help="what is photographed; canopy and hemispherical name the densities of a "
        "class sky, understory those of a class sheet",
    )


def beginning(
    options: argparse.Namespace,
) -> tuple[SegmentationModel | None, ClassScheme]:
    """Return the start model, if there is one, and the classes to tell apart.

    Raises
    ------
    SettingsError
        There are neither classes nor a start model, or they differ in order; the
        start model takes another number of channels than are picked.
    """
    from imageseg.exchange import load_model  # noqa: PLC0415  heavy

    start = load_model(options.start) if options.start else None
    if start is not None:
        channels_from(options, start.spec)
    if options.classes:
        _check_order(options.classes, start)
        return start, scheme_of(options.classes, options.context)
    if start is None:
        raise SettingsError("--classes", None, "given when there is no --start")
    return start, start.spec.scheme


def _check_order(classes: list[str], start: SegmentationModel | None) -> None:
    """Refuse the start model's own classes in another order: ids would swap."""
    known = start.spec.scheme.names if start else ()
    if set(classes) == set(known) and tuple(classes) != known:
        order = ", ".join(known)
        raise SettingsError("--classes", classes, f"in the order of --start: {order}")


def scheme_of(names: Sequence[str], context: Context) -> ClassScheme:
    """Return the classes asked for, in the canopy's own colours if they are its."""
    if context == "canopy" and tuple(names) == CANOPY.names:
        return CANOPY
    return ClassScheme.from_names(names, context)


def run(options: argparse.Namespace) -> int:
    """Train and write the model."""
    from imageseg.training import joined_group  # noqa: PLC0415  heavy

    card = card_from(options.card)  # first: a slip must not cost a training
    with joined_group() as group:
        if options.project is not None:
            train_project(options, card, group)
            return DONE
        _check_data(options)
        start, scheme = beginning(options)
        files = Files(options.out, card, options.history, scheme.names, group.first)
        given = Given(file_samples(options, scheme), scheme, start)
        result, path = train(options, given, files, group)
        if group.first:
            tell(result, options)
            say(f"Model in {path}")
    return DONE


def _check_data(options: argparse.Namespace) -> None:
    """Refuse a command line that lacks images or the model's file."""
    if not options.images:
        raise SettingsError("--images", None, "given, or a project in its place")
    if options.out is None:
        raise SettingsError("--out", None, "given: the model file to write")
