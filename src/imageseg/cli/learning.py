"""One training, whatever its samples are from, and what is said of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli.augment import augmentation_from
from imageseg.cli.console import print_values, show_progress
from imageseg.cli.fitting import Files
from imageseg.cli.flags import settings_from
from imageseg.cli.network import network_from
from imageseg.errors import SettingsError
from imageseg.settings import TrainSettings

if TYPE_CHECKING:
    from imageseg.classes import ClassScheme
    from imageseg.metrics import Scores
    from imageseg.model import SegmentationModel
    from imageseg.training import FileSample, Group, TrainingResult


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What a training begins with.

    Attributes
    ----------
    samples
        Annotated images.
    scheme
        The classes.
    start
        Model to go on from; None for a new one.
    """

    samples: Sequence[FileSample]
    scheme: ClassScheme
    start: SegmentationModel | None


def train(
    options: argparse.Namespace, given: Given, files: Files, group: Group
) -> tuple[TrainingResult, Path]:
    """Train, and write the model.

    Parameters
    ----------
    options
        Of `imageseg train`.
    given
        Samples, classes, start model.
    files
        Where the model goes.
    group
        The processes that train together.
    """
    from imageseg.training import train_task  # noqa: PLC0415  heavy

    task = train_task(
        given.samples,
        settings_from(options, TrainSettings),
        scheme=given.scheme,
        start=given.start,
        network=network_from(options, options.network),
        encoder=options.encoder,
        augment=augmentation_from(options),
        name=files.out.stem,
        checkpoint=files.checkpoint,
        resume=options.resume,
        group=group,
    )
    with files.keeping_the_best():
        result = show_progress(files.watched(task), quiet=options.json)
    return result, files.finish(result)


def tell(result: TrainingResult, options: argparse.Namespace) -> None:
    """Print how a model came to be."""
    story = result.model.spec.provenance
    print_values(story, as_json=options.json, text=_summary(result))


def card_from(path: Path | None) -> str:
    """Read the text that is kept as model card.

    Raises
    ------
    SettingsError
        It is no text.
    """
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
