"""Several models and baselines on the same images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from imageseg.classes import ClassScheme
from imageseg.errors import ModelMismatchError, SettingsError
from imageseg.evaluation.baselines import BASELINES
from imageseg.evaluation.evaluate import Asked, score_beside_task
from imageseg.evaluation.result import Evaluation
from imageseg.model import SegmentationModel
from imageseg.networks.table import count_parameters
from imageseg.settings import PredictSettings
from imageseg.tasks import Task
from imageseg.training import AnySample


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Comparison:
    """Evaluations of the same images, by the name of who labelled them.

    Attributes
    ----------
    evaluations
        Models first, then baselines.
    parameters
        Of the models that are known: as Keras counts them, in total.
    """

    evaluations: Mapping[str, Evaluation]
    parameters: Mapping[str, int] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """Return one row a model or baseline.

        Dice and IoU are means over images, except ``pooled_dice``; ``density_mae`` is
        the mean over classes of the mean absolute error of their fractions;
        ``seconds`` is the median time an image took.
        """
        table = pd.DataFrame(
            self._row(name, evaluation) for name, evaluation in self.evaluations.items()
        )
        return table.astype({"parameters": "Int64"})

    def scores(self) -> pd.DataFrame:
        """Return the rows of all tables and summaries, the ``model`` first."""
        return self._joined(
            lambda own: pd.concat([own.table(), own.summary()], ignore_index=True)
        )

    def classes(self) -> pd.DataFrame:
        """Return all `Evaluation.classes`, the ``model`` first."""
        return self._joined(Evaluation.classes)

    def _joined(self, make: Callable[[Evaluation], pd.DataFrame]) -> pd.DataFrame:
        parts = [make(e).assign(model=name) for name, e in self.evaluations.items()]
        table = pd.concat(parts, ignore_index=True)
        return table[["model", *table.columns.drop("model")]]

    def _row(self, name: str, evaluation: Evaluation) -> dict[str, object]:
        mean = evaluation.summary().iloc[0]
        names = [
            f"{what}_{c}" for what in ("dice", "iou") for c in evaluation.scheme.names
        ]
        return {
            "model": name,
            "mean_dice": mean["mean_dice"],
            "pooled_dice": evaluation.pooled.mean_dice,
            "mean_iou": mean["mean_iou"],
            **{column: mean[column] for column in names},
            "density_mae": evaluation.densities()["mae"].mean(),
            "seconds": evaluation.seconds_per_image,
            "parameters": self.parameters.get(name),
        }


def compare_task(
    models: Mapping[str, SegmentationModel],
    samples: Iterable[AnySample],
    settings: PredictSettings | None = None,
    *,
    baselines: Sequence[str] = (),
    metrics: Sequence[str] = (),
    training: Sequence[AnySample] = (),
) -> Task[Comparison]:
    """Score several models on the same images, each image read once.

    Parameters
    ----------
    models
        By the names that tables and figures shall show; all of the same classes.
    samples, settings, baselines, metrics, training
        As in `evaluate_task`.

    Raises
    ------
    ModelMismatchError
        The models have different classes; there is no sample, or a label that they
        have no class for.
    ShapeMismatchError
        A sample does not fit a model or its labels.
    NotEnoughAnnotationsError
        A baseline has too little to learn from.
    SettingsError
        There is no model, a baseline or metric is unknown, or a model is called as
        a baseline; there is nothing to learn from.
    """
    asked = Asked(
        settings=settings, baselines=baselines, metrics=metrics, training=training
    )
    scheme = common_scheme(models)
    return Comparison(
        evaluations=(yield from score_beside_task(models, samples, scheme, asked)),
        parameters={n: count_parameters(m.network)[0] for n, m in models.items()},
    )


def common_scheme(models: Mapping[str, SegmentationModel]) -> ClassScheme:
    """Return the classes of the first model, which the others must share.

    Names may differ, as those of imported models do, but not the order of equal ones.

    Raises
    ------
    ModelMismatchError
        Numbers of classes differ, or their order.
    SettingsError
        There is no model, or one has the name of a baseline.
    """
    if not models or set(models) & set(BASELINES):
        allowed = f"at least one, none of them called {', '.join(BASELINES)}"
        raise SettingsError("models", list(models), allowed)
    (first, model), *others = models.items()
    scheme = model.spec.scheme
    for name, other in others:
        own = other.spec.scheme.names
        if len(own) != len(scheme) or (
            own != scheme.names and sorted(own) == sorted(scheme.names)
        ):
            raise ModelMismatchError(
                f"{first} has the classes {', '.join(scheme.names)}, {name} has "
                f"{', '.join(own)}. Compare models of the same classes in one order."
            )
    return scheme
