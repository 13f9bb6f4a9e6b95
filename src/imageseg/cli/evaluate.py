"""``imageseg evaluate``: scores of models on annotated images."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseg.cli import DONE, against
from imageseg.cli.console import count, print_table, print_values, say, show_progress
from imageseg.cli.data import file_samples
from imageseg.cli.flags import (
    add_channels,
    add_data,
    add_output_format,
    add_settings,
    channels_from,
    settings_from,
)
from imageseg.errors import SettingsError
from imageseg.settings import PredictSettings

if TYPE_CHECKING:
    import pandas as pd

    from imageseg.classes import ClassScheme
    from imageseg.evaluation import Comparison, Evaluation
    from imageseg.model import SegmentationModel
    from imageseg.training import FileSample

_MOST_ROWS = 30  # images that are printed one by one
_NOT_PRINTED = ("mean_iou", "iou_", "precision_", "recall_", "accuracy")
_CLASSES_NOT_PRINTED = ("dice_at", "area_under")
_CHOSEN_HERE = "best_threshold has the largest Dice on these images; try it on others."


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--model",
        nargs="+",
        default=["canopy"],
        help="names of bundled models, or model files; several are compared",
    )
    parser.add_argument(
        "--against",
        metavar="MODEL",
        help="the model in use: tell, image by image, whether --model is better, no "
        "better, or forgets",
    )
    add_data(parser)
    add_channels(parser)
    _add_learning(add_report(parser))
    add_settings(parser, PredictSettings, "computing")
    parser.set_defaults(run=run)


def add_report(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Declare what is scored beside, and where scores go."""
    group = parser.add_argument_group("report")
    group.add_argument(
        "--baselines",
        nargs="*",
        metavar="NAME",
        help="score beside it what must be beaten: majority (the most frequent "
        "class), otsu (what is brighter than Otsu's threshold, in blue if there is "
        "colour, is the last of two classes), pixel_classifier (200 trees on the "
        "features of single pixels, which learn from other images than are scored); "
        "without names all that fit",
    )
    group.add_argument(
        "--metrics",
        nargs="+",
        metavar="NAME",
        help="other metrics by image, called as in Keras, imageseg, keras-unet, "
        "Habitat-Net and platypus: dice_coef, jaccard_index, iou, iou_thresholded, "
        "binary_accuracy, habitat_dice, habitat_jaccard, platypus_dice",
    )
    group.add_argument(
        "--table", type=Path, help="CSV file for the scores, a row an image"
    )
    group.add_argument("--out", type=Path, help="folder for all tables and figures")
    group.add_argument(
        "--format", choices=("png", "pdf", "svg"), default="png", help="of the figures"
    )
    add_output_format(parser)
    return group


def _add_learning(group: argparse._ArgumentGroup) -> None:
    """Declare what baselines learn from."""
    group.add_argument(
        "--baseline-images",
        type=Path,
        nargs="+",
        default=[],
        metavar="IMAGES",
        help="what the baseline pixel_classifier learns from, as --images; no image "
        "that is scored may be among them",
    )
    group.add_argument(
        "--baseline-masks",
        type=Path,
        nargs="+",
        default=[],
        metavar="MASKS",
        help="their masks, as --masks",
    )


def run(options: argparse.Namespace) -> int:
    """Predict the annotated images and print their scores."""
    from imageseg.evaluation import compare_task  # noqa: PLC0415  heavy
    from imageseg.evaluation.compare import common_scheme  # noqa: PLC0415

    if options.against:
        return against.run(options)
    models = _load(options.model)
    channels_from(options, *(model.spec for model in models.values()))
    scheme = common_scheme(models)
    learns = bool(options.baseline_images)
    baselines = baselines_from(options, scheme, learning=learns)
    samples = file_samples(options, scheme)
    task = compare_task(
        models,
        samples,
        settings_from(options, PredictSettings),
        baselines=baselines,
        metrics=options.metrics or (),
        training=_training(options, baselines, samples, scheme) if learns else (),
    )
    report(show_progress(task, quiet=options.json), options)
    return DONE


def _training(
    options: argparse.Namespace,
    baselines: Sequence[str],
    scored: Sequence[FileSample],
    scheme: ClassScheme,
) -> list[FileSample]:
    """Return what baselines learn from, none of which is scored.

    Raises
    ------
    SettingsError
        No baseline learns, or an image is scored too.
    """
    from imageseg.evaluation.baselines import PIXEL_CLASSIFIER  # noqa: PLC0415  heavy

    flag = "--baseline-images"
    if PIXEL_CLASSIFIER not in baselines:
        given = [str(path) for path in options.baseline_images]
        allowed = f"left out without --baselines {PIXEL_CLASSIFIER}"
        raise SettingsError(flag, given, allowed)
    images, masks = options.baseline_images, options.baseline_masks
    samples = file_samples(options, scheme, images=images, masks=masks)
    known = {sample.path.resolve() for sample in scored}
    for sample in samples:
        if sample.path.resolve() in known:
            raise SettingsError(flag, str(sample.path), "no image that is scored, too")
    return samples


def baselines_from(
    options: argparse.Namespace, scheme: ClassScheme, *, learning: bool
) -> Sequence[str]:
    """Return the baselines asked for; the flag alone means all that fit.

    Raises
    ------
    SettingsError
        There is none of that name for these classes, or nothing to learn from.
    """
    from imageseg.evaluation.baselines import (  # noqa: PLC0415  heavy
        check_baselines,
        fitting_baselines,
    )

    if options.baselines is None:
        return ()
    check_baselines(options.baselines, scheme, learning=learning)
    return options.baselines or fitting_baselines(scheme, learning=learning)


def report(comparison: Comparison, options: argparse.Namespace) -> None:
    """Print scores by image, model and class; write tables and figures."""
    if options.json:
        print_values(_records(comparison), as_json=True, text="")
    else:
        _print(comparison)
    if options.table:
        from imageseg.tables import write_table  # noqa: PLC0415  heavy

        table = _unless_single(comparison, comparison.scores())
        say(f"Scores in {write_table(options.table, table)}")
    if options.out:
        from imageseg.evaluation import write_report  # noqa: PLC0415  heavy
        from imageseg.figures import FigureFiles  # noqa: PLC0415

        out = FigureFiles(folder=options.out, format=options.format)
        say(f"{count(len(write_report(comparison, out)), 'file')} in {options.out}")


def _load(names: Sequence[str]) -> dict[str, SegmentationModel]:
    """Open models; files of one name are told apart by their folders."""
    from imageseg.exchange import load_model  # noqa: PLC0415  heavy
    from imageseg.figures.naming import unique_names  # noqa: PLC0415

    shown = unique_names([Path(name).absolute() for name in names])
    return {s: load_model(name) for s, name in zip(shown, names, strict=True)}


def _print(comparison: Comparison) -> None:
    """Print what people read."""
    for i, (title, table) in enumerate(_sections(comparison)):
        print("\n" * (i > 0) + title)
        print_table(table, as_json=False)
    print(_CHOSEN_HERE)


def _sections(comparison: Comparison) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield titles and tables; images only of one model."""
    from imageseg.evaluation import BASELINES  # noqa: PLC0415  heavy

    evaluations = comparison.evaluations
    models = [e for name, e in evaluations.items() if name not in BASELINES]
    if len(models) == 1:
        yield _images(models[0])
    if len(evaluations) > 1:
        means = comparison.table().astype({"parameters": str})
        yield "Means over images", means.replace("<NA>", "-")  # a gap like others
    classes = _unless_single(comparison, comparison.classes())
    shown = _without(classes, _CLASSES_NOT_PRINTED)
    yield "Classes: all pixels; density errors over images", shown


def _images(evaluation: Evaluation) -> tuple[str, pd.DataFrame]:
    """Return the scores of images, if they are few, and of all together."""
    import pandas as pd  # noqa: PLC0415  heavy

    images, summary = evaluation.table(), evaluation.summary()
    if len(images) > _MOST_ROWS:
        title, table = "Images: --table FILE has a row for each", summary
    else:
        title, table = "Images", pd.concat([images, summary], ignore_index=True)
    return title, _without(table, _NOT_PRINTED)


def _records(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the rows of all scores; what belongs to the whole stands in ``pooled``."""
    table = _unless_single(comparison, comparison.scores())
    records = _plain(table)
    pooled = [record for record in records if record["image"] == "pooled"]
    for record, evaluation, row in zip(
        pooled,
        comparison.evaluations.values(),
        _plain(comparison.table()),
        strict=True,
    ):
        record["classes"] = _plain(evaluation.classes())
        record |= {name: row[name] for name in ("seconds", "parameters")}
    return records


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows with values of JSON."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
    return rows


def _unless_single(comparison: Comparison, table: pd.DataFrame) -> pd.DataFrame:
    """Leave out whose rows they are if all are of one."""
    return table if len(comparison.evaluations) > 1 else table.drop(columns="model")


def _without(table: pd.DataFrame, beginnings: tuple[str, ...]) -> pd.DataFrame:
    return table.drop(columns=table.columns[table.columns.str.startswith(beginnings)])
