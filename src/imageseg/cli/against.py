"""``imageseg evaluate --against``: a candidate beside the model in use."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from imageseg.cli import DONE
from imageseg.cli.console import print_table, print_values, say, show_progress
from imageseg.cli.data import file_samples
from imageseg.cli.flags import channels_from, settings_from
from imageseg.errors import SettingsError
from imageseg.settings import PredictSettings

if TYPE_CHECKING:
    from imageseg.spec import ModelSpec

_ALONE = ("baselines", "metrics", "out", "baseline_images")  # of other comparisons


def run(options: argparse.Namespace) -> int:
    """Compare two models on annotated images and say which to keep."""
    from imageseg.evaluation import guard_task  # noqa: PLC0415  heavy
    from imageseg.exchange import load_model  # noqa: PLC0415
    from imageseg.tables import write_table  # noqa: PLC0415

    _check(options)
    current, candidate = load_model(options.against), load_model(options.model[0])
    _check_channels(options, current.spec, candidate.spec)
    samples = file_samples(options, candidate.spec.scheme)
    task = guard_task(
        current, candidate, samples, settings_from(options, PredictSettings)
    )
    judged = show_progress(task, quiet=options.json)
    table = judged.table()
    if options.json:
        rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
        values = {"verdict": judged.verdict, "text": judged.text, "images": rows}
        print_values(values, as_json=True, text="")
    else:
        print_table(table, as_json=False)
        print(judged.text)
    if options.table:
        say(f"Changes in {write_table(options.table, table)}")
    return DONE


def _check_channels(
    options: argparse.Namespace, current: ModelSpec, candidate: ModelSpec
) -> None:
    """Make sure that both models are asked about the channels that they know.

    Raises
    ------
    SettingsError
        They know others by name, or take another number than are picked.
    """
    from imageseg.images import same_names  # noqa: PLC0415  heavy

    channels_from(options, current, candidate)
    known = [spec.channel_names for spec in (current, candidate)]
    if options.channels is None and all(known) and not same_names(*known):
        order = " and ".join(", ".join(names) for names in known)
        expected = f"given: the models know different channels, {order}"
        raise SettingsError("--channels", None, expected)


def _check(options: argparse.Namespace) -> None:
    """Refuse what does not go with comparing two models."""
    if len(options.model) > 1:
        raise SettingsError("--model", options.model, "one model with --against")
    for name in _ALONE:
        if getattr(options, name):
            flag = "--" + name.replace("_", "-")
            raise SettingsError(flag, getattr(options, name), "left out with --against")
