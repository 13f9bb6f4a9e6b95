"""``imageseg train``: a model from images and masks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from imageseg.classes import CANOPY, ClassScheme, Context
from imageseg.cli import DONE
from imageseg.cli.augment import add_augmentation, augmentation_from
from imageseg.cli.console import print_values, say, show_progress
from imageseg.cli.data import file_samples
from imageseg.cli.fitting import Files
from imageseg.cli.flags import (
    add_data,
    add_groups,
    add_output_format,
    add_settings,
    settings_from,
)
from imageseg.cli.network import add_network, network_from
from imageseg.errors import SettingsError
from imageseg.settings import TrainSettings

if TYPE_CHECKING:
    from imageseg.metrics import Scores
    from imageseg.model import SegmentationModel
    from imageseg.training import Group, TrainingResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_data(parser)
    add_classes(parser)
    parser.add_argument("--out", type=Path, required=True, help="model file to write")
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
        There are neither classes nor a start model, or they differ in order.
    """
    from imageseg.exchange import load_model  # noqa: PLC0415  heavy

    start = load_model(options.start) if options.start else None
    if options.classes:
        _check_order(options.classes, start)
        return start, _scheme(options)
    if start is None:
        raise SettingsError("--classes", None, "given when there is no --start")
    return start, start.spec.scheme


def _check_order(classes: list[str], start: SegmentationModel | None) -> None:
    """Refuse the start model's own classes in another order: ids would swap."""
    known = start.spec.scheme.names if start else ()
    if set(classes) == set(known) and tuple(classes) != known:
        order = ", ".join(known)
        raise SettingsError("--classes", classes, f"in the order of --start: {order}")


def _scheme(options: argparse.Namespace) -> ClassScheme:
    """Return the classes asked for, in the canopy's own colours if they are its."""
    if options.context == "canopy" and tuple(options.classes) == CANOPY.names:
        return CANOPY
    return ClassScheme.from_names(options.classes, options.context)


def run(options: argparse.Namespace) -> int:
    """Train and write the model."""
    from imageseg.training import joined_group  # noqa: PLC0415  heavy

    card = _card(options.card)  # first: a slip must not cost a training
    with joined_group() as group:
        _train(options, card, group)
    return DONE


def _train(options: argparse.Namespace, card: str, group: Group) -> None:
    from imageseg.training import train_task  # noqa: PLC0415  heavy

    start, scheme = beginning(options)
    files = Files(options.out, card, options.history, scheme.names, group.first)
    task = train_task(
        file_samples(options, scheme),
        settings_from(options, TrainSettings),
        scheme=scheme,
        start=start,
        network=network_from(options, options.network),
        encoder=options.encoder,
        augment=augmentation_from(options),
        name=options.out.stem,
        checkpoint=files.checkpoint,
        resume=options.resume,
        group=group,
    )
    with files.keeping_the_best():
        result = show_progress(files.watched(task), quiet=options.json)
    path = files.finish(result)
    if group.first:
        story = result.model.spec.provenance
        print_values(story, as_json=options.json, text=_summary(result))
        say(f"Model in {path}")


def _card(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("--card", str(path), "a text file in UTF-8") from error


def _summary(result: TrainingResult) -> str:
    last = result.history[-1]
    text = f"{len(result.history)} epochs, loss {last.loss:.4f}"
    if result.scores is None:
        text = f"{text}; nothing was held out, so there is no score."
    else:
        dice = _dice(result, result.scores, result.held_out)
        text = f"{text}; best epoch {result.best_epoch}; {dice}"
    if result.test_scores is not None:
        text += f"\n{_dice(result, result.test_scores, result.tested)}"
    return text


def _dice(result: TrainingResult, scores: Scores, where: str) -> str:
    names = result.model.spec.scheme.names
    dice = [f"{n} {d:.3f}" for n, d in zip(names, scores.dice, strict=True)]
    return f"Dice on {where}: {', '.join(dice)}"
