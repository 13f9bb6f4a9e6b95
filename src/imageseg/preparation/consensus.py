"""One valid region for many photographs of one camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError
from imageseg.geometry import Box, Circle

T = TypeVar("T", bound=Box | Circle)

_MADS = 3.0
_TO_SIGMA = 1.4826  # median absolute deviation to standard deviation, normal
_LEAST = 0.01  # of the region's size: nearer ones are no outliers


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus(Generic[T]):
    """The median of many regions.

    Attributes
    ----------
    region
        Median of each edge of the boxes, or of centre and radius of the circles.
    spread
        Largest robust standard deviation among these (1.4826 times the median
        absolute deviation), px.
    outliers
        Names of the photographs whose region differs.
    """

    region: T
    spread: float
    outliers: tuple[str, ...]


def consensus(regions: Mapping[str, T]) -> Consensus[T]:
    """Agree on one region; name the photographs that differ.

    A region differs if an edge, a centre or a radius is farther from the median
    than three robust standard deviations (Leys et al. 2013,
    doi:10.1016/j.jesp.2013.03.013) and one hundredth of the region's size.

    Parameters
    ----------
    regions
        The region of each photograph by its name; all boxes or all circles.

    Raises
    ------
    SettingsError
        There are none.
    """
    if not regions:
        raise SettingsError("regions", {}, "of at least one photograph")
    values = np.array([_values(region) for region in regions.values()], float)
    median = np.median(values, axis=0)
    away = np.abs(values - median)
    spread = _TO_SIGMA * np.median(away, axis=0)
    kind = type(next(iter(regions.values())))
    region = _region(kind, median)
    far = (away > np.maximum(_MADS * spread, _LEAST * _size(region))).any(axis=1)
    names = tuple(name for name, is_far in zip(regions, far, strict=True) if is_far)
    return Consensus(region=region, spread=float(spread.max()), outliers=names)


def _values(region: Box | Circle) -> tuple[float, ...]:
    if isinstance(region, Circle):
        return region.y, region.x, region.radius
    rows, columns = region.slices
    return rows.start, columns.start, rows.stop, columns.stop


def _region(kind: type[T], values: NDArray[np.float64]) -> T:
    if issubclass(kind, Circle):
        return kind(*map(float, values))
    top, left, bottom, right = (round(float(v)) for v in values)
    # halves round to even: the edges of a thin box may meet
    return kind(top, left, max(bottom - top, 1), max(right - left, 1))


def _size(region: Box | Circle) -> float:
    if isinstance(region, Circle):
        return 2 * region.radius
    return max(region.height, region.width)
