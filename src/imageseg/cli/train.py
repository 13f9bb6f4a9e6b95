"""``imageseg train``: a model from images and masks."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.classes import CANOPY, ClassScheme
from imageseg.cli import DONE
from imageseg.cli.console import print_values, say, show_progress
from imageseg.cli.data import load_samples
from imageseg.cli.flags import (
    add_data,
    add_output_format,
    add_settings,
    settings_from,
)
from imageseg.errors import SettingsError
from imageseg.settings import TrainSettings, UNetSettings

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel
    from imageseg.training import TrainingResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_data(parser)
    add_classes(parser)
    parser.add_argument("--out", type=Path, required=True, help="model file to write")
    parser.add_argument("--card", type=Path, help="text file kept as model card")
    parser.add_argument("--history", type=Path, help="CSV file for the history")
    add_output_format(parser)
    add_settings(parser, TrainSettings, "training")
    add_settings(parser, UNetSettings, "network (without --start)")
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
        choices=("generic", "canopy"),
        default="generic",
        help="canopy names densities canopy cover and openness",
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
    from imageseg.model import load_model  # noqa: PLC0415  heavy

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
    from imageseg.training import train_task  # noqa: PLC0415  heavy

    card = _card(options.card)  # first: a slip must not cost a training
    start, scheme = beginning(options)
    samples = load_samples(
        options.images, options.masks, n_classes=len(scheme), coding=options.coding
    )
    task = train_task(
        samples,
        settings_from(options, TrainSettings),
        scheme=scheme,
        start=start,
        network=settings_from(options, UNetSettings),
        name=options.out.stem,
    )
    result = show_progress(task, quiet=options.json)
    model = replace(result.model, spec=replace(result.model.spec, card=card))
    path = model.save(options.out)
    _write_history(options.history, result)
    print_values(
        result.model.spec.provenance, as_json=options.json, text=_summary(result)
    )
    say(f"Model in {path}")
    return DONE


def _card(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("--card", str(path), "a text file in UTF-8") from error


def _write_history(path: Path | None, result: TrainingResult) -> None:
    if path is None:
        return
    import pandas as pd  # noqa: PLC0415  heavy

    from imageseg.tables import write_table  # noqa: PLC0415

    write_table(path, pd.DataFrame(asdict(row) for row in result.history))


def _summary(result: TrainingResult) -> str:
    last = result.history[-1]
    text = f"{len(result.history)} epochs, loss {last.loss:.4f}"
    if result.scores is None:
        return f"{text}; nothing was held out, so there is no score."
    dice = ", ".join(
        f"{name} {value:.3f}"
        for name, value in zip(
            result.model.spec.scheme.names, result.scores.dice, strict=True
        )
    )
    return f"{text}; best epoch {result.best_epoch}; Dice on {result.held_out}: {dice}"
