"""Losses that are a mean over pixels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from imageseg.losses.judged import Judged

KERAS_EPSILON = 1e-7
_SMOOTH_100 = 100.0


def cross_entropy(judged: Judged) -> Tensor:
    """-log p of the true class, computed from logits."""
    return judged.mean(_surprise(judged))


def keras_cross_entropy(judged: Judged) -> Tensor:
    """Keras' binary or categorical cross-entropy, from clipped probabilities.

    Binary: p is clipped to [ε, 1 - ε] and ε is added once more inside the
    logarithm; a certain error costs -log 2ε = 15.4249. Categorical: -log of the
    clipped probability of the true class. ε = 1e-7.
    """
    t, p = judged.maps
    p = p.clamp(KERAS_EPSILON, 1 - KERAS_EPSILON)
    if not judged.sigmoid:
        return judged.mean(-(t * p.log()).sum(1))
    cost = t * (p + KERAS_EPSILON).log() + (1 - t) * (1 - p + KERAS_EPSILON).log()
    return judged.mean(-cost[:, 0])


def focal(judged: Judged, gamma: float = 2.0) -> Tensor:
    """(1 - p)^gamma × -log p: pixels that are right already count less.

    Lin et al. 2017, doi 10.1109/ICCV.2017.324, with their gamma.
    """
    surprise = _surprise(judged)
    return judged.mean((1 - (-surprise).exp()) ** gamma * surprise)


def jaccard_distance(judged: Judged) -> Tensor:
    """keras-unet's loss: (1 - (|tp| + s) / (|t| + |p| - |tp| + s)) s, s = 100.

    Sums run over the maps of one pixel only, so that with a single map it is
    nearly the absolute error.
    """
    t, p = judged.maps
    both = (t * p).abs().sum(1)
    either = t.abs().sum(1) + p.abs().sum(1) - both
    # (either - both) s / (either + s) is the same without a difference near 1.
    return judged.mean((either - both) * _SMOOTH_100 / (either + _SMOOTH_100))


def boundary(judged: Judged) -> Tensor:
    """Probability times signed distance to the true border, in pixels.

    Kervadec et al. 2019, doi 10.1016/j.media.2020.101851; a class that a plane
    lacks, or fills, has no border there. Alone it has trivial minima: it is
    added to another loss.
    """
    distances = _signed_distances(judged.one_hot, judged.annotated)
    return judged.mean((judged.probabilities * distances).mean(1))


def _surprise(judged: Judged) -> Tensor:
    """-log p of the true class of every pixel, 0 where not annotated."""
    return F.cross_entropy(
        judged.logits, judged.target, ignore_index=-1, reduction="none"
    )


def _signed_distances(one_hot: Tensor, annotated: Tensor) -> Tensor:
    """Distance to each class's pixels outside it, minus that to the others inside.

    Pixels that are not annotated are neither: distances lead past them.
    """
    from scipy.ndimage import distance_transform_edt  # noqa: PLC0415  heavy

    truth = one_hot.bool().cpu().numpy()
    seen = annotated.cpu().numpy()
    result = torch.zeros_like(one_hot)
    for n in range(truth.shape[0]):
        for k in range(truth.shape[1]):
            inside, outside = truth[n, k], seen[n] & ~truth[n, k]
            if inside.any() and outside.any():
                signed = distance_transform_edt(~inside) - distance_transform_edt(
                    ~outside
                )
                result[n, k] = torch.from_numpy(signed).to(result)
    return result
