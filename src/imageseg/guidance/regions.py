"""Where in an image the next stroke is worth most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imageseg.density import WHOLE, Region
from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.guidance.effect import PIECE, Mask, Masses, masses, share_changed
from imageseg.inference import Prediction

SIDE = 256
"""Of a square, px: about what fits a screen at full size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionToSee:
    """A part of an image, and what looking at it is worth.

    Attributes
    ----------
    y0, y1, x0, x1
        Rows and columns, the last ones not included.
    z
        Plane of a stack, from 0; None in an image.
    effect
        Share of the measured area that is expected to change its class, 0 to 1.
    uncertain
        Σ p (1 - p) over classes, by open pixel, as a share of its largest value:
        0 sure, 1 all classes alike.
    """

    y0: int
    y1: int
    x0: int
    x1: int
    z: int | None = None
    effect: float
    uncertain: float

    @property
    def box(self) -> tuple[int, ...]:
        """(y0, y1, x0, x1), with z in a stack."""
        box = self.y0, self.y1, self.x0, self.x1
        return box if self.z is None else (*box, self.z)


def rank_regions(
    prediction: Prediction,
    *,
    region: Region = WHOLE,
    annotated: NDArray[np.uint8] | None = None,
    side: int = SIDE,
    piece: int = PIECE,
    most: int = 20,
) -> list[RegionToSee]:
    """Order the squares of a grid by their expected effect on the density.

    Parameters
    ----------
    prediction
        Of an image, or of a stack, whose planes have a grid each.
    region
        Where the density is measured; the rest has no effect.
    annotated
        Labels of the prediction's shape; what is annotated has no effect any more.
    side
        Of a square, px.
    piece
        See `imageseg.guidance.effect`.
    most
        How many to return.

    Returns
    -------
    regions
        The largest effect first; squares without open pixels are left out.

    Raises
    ------
    ShapeMismatchError
        The annotation has another shape, or the region does not fit.
    SettingsError
        `side` is less than 1.
    """
    planes = plane_masses(prediction, region=region, annotated=annotated, side=side)
    counted, shape = counted_classes(prediction), prediction.probabilities.shape[1:]
    return rank_squares(planes, counted, shape, side=side, piece=piece, most=most)


def rank_squares(
    planes: Sequence[Masses],
    counted: Mask,
    shape: tuple[int, ...],
    *,
    side: int = SIDE,
    piece: int = PIECE,
    most: int = 20,
) -> list[RegionToSee]:
    """Order the squares of planes that were looked at one after another.

    Parameters
    ----------
    planes
        What `plane_masses` found in each.
    counted
        (K,), see `counted_classes`.
    shape
        Of the labels: (Y, X), or of a stack, whose planes are counted in its order.
    side, piece, most
        As in `rank_regions`.
    """
    area = np.sum([found.area for found in planes], axis=0)
    height, width = shape[-2:]
    stack = len(shape) > 2
    regions = []
    for z, found in enumerate(planes):
        effects = share_changed(found, counted, area, piece)
        uncertain = uncertainty_of(found)
        for row, column in np.argwhere(found.pixels > 0).tolist():
            regions.append(
                RegionToSee(
                    y0=row * side,
                    y1=min((row + 1) * side, height),
                    x0=column * side,
                    x1=min((column + 1) * side, width),
                    z=z if stack else None,
                    effect=float(effects[row, column]),
                    uncertain=float(uncertain[row, column]),
                )
            )
    return sorted(regions, key=lambda found: found.effect, reverse=True)[:most]


def plane_masses(
    prediction: Prediction,
    *,
    region: Region = WHOLE,
    annotated: NDArray[np.uint8] | None = None,
    side: int = SIDE,
) -> list[Masses]:
    """Return what is uncertain in every plane; parameters are those of `rank_regions`.

    Raises
    ------
    ShapeMismatchError, SettingsError
        As `rank_regions` says.
    """
    if side < 1:
        raise SettingsError("side", side, "1 or more")
    shape = prediction.probabilities.shape[1:]
    if annotated is not None and annotated.shape != shape:
        raise ShapeMismatchError(
            f"The annotation has shape {annotated.shape}, the prediction {shape}. "
            "Use the annotation of this image."
        )
    plane = shape[-2], shape[-1]
    inside = region.mask(plane)
    probabilities = prediction.probabilities.reshape(len(prediction.scheme), -1, *plane)
    labels = prediction.labels.reshape(-1, *plane)
    known = None if annotated is None else annotated.reshape(-1, *plane)
    return [
        masses(
            probabilities[:, z],
            labels[z],
            side,
            region=inside,
            annotated=None if known is None else known[z],
        )
        for z in range(len(labels))
    ]


def counted_classes(prediction: Prediction) -> NDArray[np.bool_]:
    """Return (K,), which classes are in the denominator of densities."""
    return np.array([not c.excluded for c in prediction.scheme])


def uncertainty_of(found: Masses) -> NDArray[np.float64]:
    """Return Σ p (1 - p) of an open pixel of each square, as a share of its maximum."""
    classes = len(found.variance)
    most = np.maximum(found.pixels, 1) * (1 - 1 / classes)
    share: NDArray[np.float64] = found.variance.sum(0) / most
    return share


def region_table(regions: Sequence[RegionToSee], image: str = "") -> pd.DataFrame:
    """Return one row a region, in their order; ``z`` only of stacks."""
    table = pd.DataFrame(
        {
            "image": image,
            "rank": i,
            "z": found.z,
            "y0": found.y0,
            "y1": found.y1,
            "x0": found.x0,
            "x1": found.x1,
            "effect": found.effect,
            "uncertain": found.uncertain,
        }
        for i, found in enumerate(regions, start=1)
    )
    if "z" in table and table["z"].isna().all():
        return table.drop(columns="z")
    return table
