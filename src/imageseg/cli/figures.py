"""``imageseg figures``: contact sheets, comparisons, overlays and plots."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.console import complain, count, failure, say, show_progress
from imageseg.cli.data import file_samples
from imageseg.cli.flags import (
    add_channels,
    add_data,
    add_paths,
    add_settings,
    channels_from,
    images_from,
    settings_from,
)
from imageseg.errors import ImageSegError, SettingsError
from imageseg.settings import PredictSettings

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from imageseg.classes import ClassScheme
    from imageseg.figures import FigureFiles
    from imageseg.illustration import Drawn
    from imageseg.tasks import Task


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the kinds of figures and their options."""
    kinds = parser.add_subparsers(metavar="KIND", required=True)
    for name, (text, add_options, run) in _KINDS.items():
        kind = kinds.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            formatter_class=parser.formatter_class,
        )
        add_options(kind)
        _add_files(kind)
        kind.set_defaults(run=run)


def _add_files(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("figure files")
    group.add_argument("--out", type=Path, required=True, help="folder to write to")
    group.add_argument(
        "--format", choices=("png", "pdf", "svg"), default="png", help="of the files"
    )
    group.add_argument("--dpi", type=int, default=150, help="pixels an inch")


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", default="canopy", help="name of a bundled model, or a model file"
    )
    add_channels(parser)
    add_settings(parser, PredictSettings, "computing")


def _sheet_options(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    parser.add_argument(
        "--region", default="whole", help="where densities are measured, as in density"
    )
    _add_model(parser)


def _compare_options(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    _add_model(parser)


def _overlay_options(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    parser.add_argument(
        "--opacity", type=float, default=0.45, help="of the colours, 0 to 1"
    )
    parser.add_argument(
        "--pixel-size", type=float, help="side of a pixel; adds a scale bar"
    )
    parser.add_argument("--unit", default="µm", help="of the pixel size")
    _add_model(parser)


def _uncertainty_options(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    parser.add_argument(
        "--measure",
        choices=("confidence", "entropy"),
        default="confidence",
        help="1 - the largest probability, or the entropy of all; scaled to 0 to 1",
    )
    _add_model(parser)


def _mosaic_options(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    parser.add_argument("--columns", type=int, default=6, help="of a page")
    parser.add_argument("--rows", type=int, default=7, help="of a page")


def _history_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", type=Path, nargs="+", help="CSV files, as train --history writes them"
    )
    parser.add_argument("--best-epoch", type=int, help="marked as the one kept")


def _density_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", type=Path, nargs="+", help="density tables, CSV")
    parser.add_argument(
        "--style",
        choices=("auto", "bars", "strips"),
        default="auto",
        help="bars: one an image; strips: one point an image, with mean and standard "
        "deviation; auto: bars up to 40 images",
    )
    parser.add_argument("--model", help="gives the colours: bundled name or file")


def _run_sheet(options: argparse.Namespace) -> int:
    from imageseg.illustration import sheets_task  # noqa: PLC0415  heavy

    return _predict(options, sheets_task, region=options.region)


def _run_compare(options: argparse.Namespace) -> int:
    from imageseg.exchange import load_model  # noqa: PLC0415
    from imageseg.illustration import comparisons_task  # noqa: PLC0415  heavy

    model = load_model(options.model)
    channels_from(options, model.spec)
    samples = file_samples(options, model.spec.scheme)
    settings = settings_from(options, PredictSettings)
    return _report(comparisons_task(samples, model, _files(options), settings=settings))


def _run_overlay(options: argparse.Namespace) -> int:
    from imageseg.illustration import overlays_task  # noqa: PLC0415  heavy
    from imageseg.units import PixelSize  # noqa: PLC0415

    side = options.pixel_size
    size = None if side is None else PixelSize(side, side, unit=options.unit)
    return _predict(options, overlays_task, opacity=options.opacity, pixel_size=size)


def _run_uncertainty(options: argparse.Namespace) -> int:
    from imageseg.illustration import uncertainties_task  # noqa: PLC0415  heavy

    return _predict(options, uncertainties_task, measure=options.measure)


def _run_mosaic(options: argparse.Namespace) -> int:
    from imageseg.illustration import mosaics_task  # noqa: PLC0415  heavy

    size = {"columns": options.columns, "rows": options.rows}
    return _report(mosaics_task(images_from(options), _files(options), **size))


def _run_history(options: argparse.Namespace) -> int:
    from imageseg.figures import history_figure  # noqa: PLC0415  heavy

    return _plot(
        options, lambda table: history_figure(table, best_epoch=options.best_epoch)
    )


def _run_density(options: argparse.Namespace) -> int:
    from imageseg.figures import density_figure  # noqa: PLC0415  heavy

    scheme = _scheme(options.model)
    return _plot(
        options, lambda table: density_figure(table, scheme, style=options.style)
    )


def _predict(
    options: argparse.Namespace, task: Callable[..., Task[Drawn]], **choices: object
) -> int:
    """Predict the images named and draw them."""
    from imageseg.exchange import load_model  # noqa: PLC0415  heavy

    model = load_model(options.model)
    return _report(
        task(
            images_from(options),
            model,
            _files(options),
            settings=settings_from(options, PredictSettings),
            choice=channels_from(options, model.spec),
            **choices,
        )
    )


def _files(options: argparse.Namespace) -> FigureFiles:
    from imageseg.figures import FigureFiles  # noqa: PLC0415  heavy

    return FigureFiles(folder=options.out, format=options.format, dpi=options.dpi)


def _scheme(model: str | None) -> ClassScheme | None:
    from imageseg.spec import find_model, read_spec  # noqa: PLC0415  heavy

    return read_spec(find_model(model)).scheme if model else None


def _report(task: Task[Drawn]) -> int:
    """Drain the task, say where the figures are, and name what failed."""
    drawn = show_progress(task)
    return _tell(drawn.files, drawn.failures)


def _plot(options: argparse.Namespace, draw: Callable[[pd.DataFrame], Figure]) -> int:
    """Draw one figure a table."""
    from imageseg.figures.naming import unique_names  # noqa: PLC0415  heavy

    out, files, failures = _files(options), [], {}
    for path, name in zip(options.paths, unique_names(options.paths), strict=True):
        try:
            figure = draw(_read_table(path))
        except (ImageSegError, OSError) as failure:
            failures[str(path)] = str(failure)
        else:
            files.append(out.save(name, figure))
    return _tell(files, failures)


def _read_table(path: Path) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415  heavy

    try:
        return pd.read_csv(path, encoding="utf-8-sig")
    except ValueError as error:  # of pandas and of decoding
        raise SettingsError("table", str(path), "a CSV file in UTF-8") from error


def _tell(files: Sequence[Path], failures: dict[str, str]) -> int:
    complain([failure(name, reason) for name, reason in failures.items()])
    for file in files:
        print(file)
    say(f"{count(len(files), 'figure')} drawn")
    return SOME_FAILED if failures else DONE


_KINDS = {
    "sheet": (
        "contact sheets: image, probability, classes and density, eight a page",
        _sheet_options,
        _run_sheet,
    ),
    "compare": (
        "rows of image, truth, prediction and errors, eight a page",
        _compare_options,
        _run_compare,
    ),
    "overlay": (
        "class colours over each image, with a legend",
        _overlay_options,
        _run_overlay,
    ),
    "uncertainty": (
        "where the model hesitates, beside each image",
        _uncertainty_options,
        _run_uncertainty,
    ),
    "mosaic": (
        "images or tiles in a grid, with their names",
        _mosaic_options,
        _run_mosaic,
    ),
    "history": (
        "losses and scores of a training by epoch",
        _history_options,
        _run_history,
    ),
    "density": (
        "class fractions of a density table",
        _density_options,
        _run_density,
    ),
}
