"""Tables and figures of an evaluation, in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.evaluation.compare import Comparison
from imageseg.evaluation.result import Evaluation
from imageseg.figures.agreement import agreement_figure
from imageseg.figures.curves import reliability_figure, threshold_figure
from imageseg.figures.models import models_figure
from imageseg.figures.naming import unique_names
from imageseg.figures.save import FigureFiles
from imageseg.tables import write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_report(comparison: Comparison, out: FigureFiles) -> list[Path]:
    """Write all there is to tell of an evaluation; return the files.

    Tables: ``comparison``, ``scores`` (a row an image), ``classes`` (a row a class); of
    each model ``NAME_curves`` and ``NAME_reliability``. Figures: ``comparison``; of
    each model ``NAME_agreement``, ``NAME_curves``, ``NAME_reliability``.

    Raises
    ------
    OSError
        A file cannot be written; those before stay.
    """
    tables = {
        "comparison": comparison.table(),
        "scores": comparison.scores(),
        "classes": comparison.classes(),
    }
    files = [write_table(out.folder / f"{n}.csv", t) for n, t in tables.items()]
    values = {
        name: [scores.mean_dice for scores in evaluation.scores.values()]
        for name, evaluation in comparison.evaluations.items()
    }
    files.append(out.save("comparison", models_figure(values)))
    names = unique_names([Path("model", f"{n}.csv") for n in comparison.evaluations])
    for name, own in zip(names, comparison.evaluations.values(), strict=True):
        files += _write_own(name, own, out)
    return files


def _write_own(name: str, evaluation: Evaluation, out: FigureFiles) -> Iterator[Path]:
    for what, figure in _figures(evaluation):
        yield out.save(f"{name}_{what}", figure)
    if evaluation.probabilities is not None:
        yield write_table(out.folder / f"{name}_curves.csv", evaluation.curves())
        reliability = evaluation.reliability()
        yield write_table(out.folder / f"{name}_reliability.csv", reliability)


def _figures(evaluation: Evaluation) -> Iterator[tuple[str, Figure]]:
    scheme = evaluation.scheme
    yield "agreement", agreement_figure(*evaluation.fractions(), scheme)
    if evaluation.probabilities is not None:
        yield "curves", threshold_figure(evaluation.probabilities, scheme)
        yield "reliability", reliability_figure(evaluation.probabilities, scheme)
