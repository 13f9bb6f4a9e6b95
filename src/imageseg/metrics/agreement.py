"""How far predicted densities are from true ones, over a set of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityAgreement:
    """Errors of one class's share; in units of the share.

    Attributes
    ----------
    n
        Images.
    bias
        Mean of predicted - true.
    mae, rmse
        Mean absolute error, root of the mean square error.
    r2
        Coefficient of determination of the predictions themselves, not of a line
        fitted to them: 1 - Σ(true - predicted)² / Σ(true - mean)². NaN if all
        true shares are equal; below 0 if the mean would be the better guess.
    """

    n: int
    bias: float
    mae: float
    rmse: float
    r2: float

    @classmethod
    def of(cls, true: ArrayLike, predicted: ArrayLike) -> Self:
        """Compare shares of the same images; pairs with NaN are left out."""
        pair = np.stack(np.broadcast_arrays(true, predicted)).astype(np.float64)
        t, p = pair[:, np.isfinite(pair).all(0)]
        if not t.size:
            nan = float("nan")
            return cls(n=0, bias=nan, mae=nan, rmse=nan, r2=nan)
        error = p - t
        return cls(
            n=t.size,
            bias=float(error.mean()),
            mae=float(np.abs(error).mean()),
            rmse=float(np.sqrt((error**2).mean())),
            r2=_r2(t, error),
        )


def _r2(true: NDArray[Any], error: NDArray[Any]) -> float:
    spread = float(((true - true.mean()) ** 2).sum())
    return 1 - float((error**2).sum()) / spread if spread else float("nan")
