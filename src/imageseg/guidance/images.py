"""Which image to annotate next, told from small summaries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density import WHOLE, Region
from imageseg.guidance.effect import PIECE, Mask, Masses, share_changed
from imageseg.guidance.regions import (
    SIDE,
    counted_classes,
    plane_masses,
    uncertainty_of,
)
from imageseg.inference import Prediction

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSummary:
    """What is kept of a predicted image: a few numbers.

    Attributes
    ----------
    image
        Its name.
    fractions
        Share of each counted class as labelled, in order of their ids.
    shifts
        Expected change of each of these shares, if the whole image were looked at.
    effect
        Share of the image that is expected to change its class, 0 to 1.
    uncertain
        Mean uncertainty of its open pixels, 0 to 1, see `RegionToSee`.
    annotated
        Share of the measured area that is annotated, 0 to 1.
    """

    image: str
    fractions: Numbers
    shifts: Numbers
    effect: float
    uncertain: float
    annotated: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedImage:
    """An image in the order in which images are worth looking at.

    Attributes
    ----------
    summary
        What is known of it.
    effect
        Expected size of the change of the mean cover over all images, 0 to 1.
    """

    summary: ImageSummary
    effect: float

    @property
    def image(self) -> str:
        """Its name."""
        return self.summary.image


def summarise_image(
    image: str,
    prediction: Prediction,
    *,
    region: Region = WHOLE,
    annotated: NDArray[np.uint8] | None = None,
    piece: int = PIECE,
) -> ImageSummary:
    """Keep of a prediction what ranking images needs.

    Parameters
    ----------
    image
        Its name.
    prediction, region, annotated, piece
        As in `rank_regions`.

    Raises
    ------
    ShapeMismatchError
        The annotation has another shape, or the region does not fit.
    """
    planes = plane_masses(prediction, region=region, annotated=annotated, side=SIDE)
    return summarise_planes(image, planes, counted_classes(prediction), piece)


def summarise_planes(
    image: str, planes: Sequence[Masses], counted: Mask, piece: int = PIECE
) -> ImageSummary:
    """Keep of the planes of a stack what ranking needs; nobody has all at once.

    Parameters
    ----------
    image
        Its name.
    planes
        What `plane_masses` found in each; of an image there is one.
    counted
        (K,), see `counted_classes`.
    piece
        As in `rank_regions`.
    """
    whole = _joined(planes)
    denominator = max(float(whole.area[counted].sum()), 1.0)
    fractions = whole.area[counted] / denominator
    shift = whole.shift[counted, 0, 0]
    shifts = (shift - fractions * shift.sum()) / denominator
    area, open_pixels = float(whole.area.sum()), float(whole.pixels.sum())
    return ImageSummary(
        image=image,
        fractions=tuple(fractions.tolist()),
        shifts=tuple(shifts.tolist()),
        effect=float(share_changed(whole, counted, whole.area, piece)[0, 0]),
        uncertain=float(uncertainty_of(whole)[0, 0]),
        annotated=1 - open_pixels / area if area else 0.0,
    )


def rank_images(summaries: Iterable[ImageSummary]) -> list[RankedImage]:
    """Order images by their expected effect on the mean cover over all of them.

    All images count alike in that mean, so that one of n that changes by Δ changes it
    by Δ / n.

    Parameters
    ----------
    summaries
        Of all images of the mean, annotated or not.

    Returns
    -------
    images
        The largest effect first.
    """
    known = list(summaries)
    ranked = [RankedImage(summary=s, effect=s.effect / len(known)) for s in known]
    return sorted(ranked, key=lambda found: found.effect, reverse=True)


def image_table(ranked: Sequence[RankedImage], scheme: ClassScheme) -> pd.DataFrame:
    """Return one row an image, in order of their ranks.

    ``effect`` is that of the image itself, ``effect_on_mean`` that on the mean over
    all; the fractions and shifts are those of the counted classes.
    """
    names = [c.name for c in scheme if not c.excluded]
    return pd.DataFrame(
        {
            "rank": i,
            "image": found.image,
            "effect_on_mean": found.effect,
            "effect": found.summary.effect,
            "uncertain": found.summary.uncertain,
            "annotated": found.summary.annotated,
        }
        | _named("fraction", names, found.summary.fractions)
        | _named("shift", names, found.summary.shifts)
        for i, found in enumerate(ranked, start=1)
    )


def _named(what: str, names: Sequence[str], values: Numbers) -> dict[str, float]:
    return {f"{what}_{n}": v for n, v in zip(names, values, strict=True)}


def _joined(planes: Sequence[Masses]) -> Masses:
    """Return all planes as one square."""
    wholes = [found.whole for found in planes]
    return Masses(
        shift=np.sum([w.shift for w in wholes], axis=0),
        variance=np.sum([w.variance for w in wholes], axis=0),
        area=np.sum([w.area for w in wholes], axis=0),
        pixels=np.sum([w.pixels for w in wholes], axis=0),
    )
