"""Losses that compare areas: Dice, Jaccard and their relatives.

Sums run over all annotated pixels of a batch together, or of each image
(`mean_of_images`); class weights have no say here, because every class counts by its
own area.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from imageseg.losses.judged import Judged

_SMOOTH = 1.0
_MACHINE = 2.220446049250313e-16
_ALPHA, _BETA = 0.3, 0.7


def mean_dice_loss(judged: Judged) -> Tensor:
    """1 - mean over the annotated classes of (2 Σtp + 1) / (Σt + Σp + 1).

    Milletari et al. 2016, doi 10.1109/3DV.2016.79, without the squares.
    """
    both, true, predicted = _areas(judged)
    dice = (2 * both + _SMOOTH) / (true + predicted + _SMOOTH)
    return _one_minus_mean(dice, true > 0, judged)


def mean_jaccard_loss(judged: Judged) -> Tensor:
    """1 - mean over the annotated classes of (Σtp + 1) / (Σt + Σp - Σtp + 1)."""
    both, true, predicted = _areas(judged)
    jaccard = (both + _SMOOTH) / (true + predicted - both + _SMOOTH)
    return _one_minus_mean(jaccard, true > 0, judged)


def tversky_loss(judged: Judged) -> Tensor:
    """1 - mean of (tp + 1) / (tp + 0.3 fp + 0.7 fn + 1): what is missed costs more.

    Salehi, Erdogmus & Gholipour 2017, doi 10.1007/978-3-319-67389-9_44.
    """
    both, true, predicted = _areas(judged)
    false = _ALPHA * (predicted - both) + _BETA * (true - both)
    return _one_minus_mean(
        (both + _SMOOTH) / (both + false + _SMOOTH), true > 0, judged
    )


def lovasz_loss(judged: Judged) -> Tensor:
    """Return the convex extension of the Jaccard loss, mean over annotated classes.

    Berman, Triki & Blaschko 2018, doi 10.1109/CVPR.2018.00464: errors sorted
    from largest to least, each times what adding its pixel changes the Jaccard
    loss of the pixels before it.
    """
    seen = judged.annotated
    p, t = (
        maps.movedim(1, -1)[seen] for maps in (judged.probabilities, judged.one_hot)
    )
    present = t.sum(0) > 0
    if not present.any():
        return judged.logits.sum() * 0
    losses = [_lovasz_of_class(p[:, k], t[:, k]) for k in present.nonzero()[:, 0]]
    return torch.stack(losses).mean()


def pooled_dice(judged: Judged) -> Tensor:
    """Imageseg's dice_coef: (2 Σtp + 1) / (Σt + Σp + 1) over all maps together."""
    return _pooled(judged, _SMOOTH)


def pooled_dice_loss(judged: Judged) -> Tensor:
    """1 - imageseg's dice_coef."""
    return 1 - pooled_dice(judged)


def negative_dice_loss(judged: Judged) -> Tensor:
    """Imageseg's dice_coef_loss: minus its dice_coef."""
    return -pooled_dice(judged)


def habitat_dice_loss(judged: Judged) -> Tensor:
    """Habitat-Net's loss: minus the pooled Dice, without smoothing."""
    return -_pooled(judged, _MACHINE)


def platypus_dice_loss(judged: Judged) -> Tensor:
    """Platypus' loss: 1 - (2 Σ|tp| + 1) / (Σt² + Σp² + 1) over all maps together."""
    t, p = judged.maps
    both = (t * p).abs().sum()
    return 1 - (2 * both + _SMOOTH) / ((t**2).sum() + (p**2).sum() + _SMOOTH)


def mean_of_images(part: Callable[[Judged], Tensor], judged: Judged) -> Tensor:
    """Return the mean of a loss over the images of a batch, small ones like large.

    Images without annotated pixels do not count. In each image a loss that is a mean
    over classes looks at those annotated in it; what is predicted of a class that an
    image lacks costs through the classes in whose place it is.
    """
    values = [part(image) for image in judged.images()]
    return torch.stack(values).mean() if values else part(judged)


def _areas(judged: Judged) -> tuple[Tensor, Tensor, Tensor]:
    """Per class: Σtp, Σt, Σp over annotated pixels."""
    t, p = judged.one_hot, judged.probabilities * judged.annotated[:, None]
    over = (0, *range(2, t.ndim))
    return (p * t).sum(over), t.sum(over), p.sum(over)


def _one_minus_mean(values: Tensor, present: Tensor, judged: Judged) -> Tensor:
    if not present.any():
        return judged.logits.sum() * 0  # stays in the graph, so that backward works
    return 1 - values[present].mean()


def _pooled(judged: Judged, smooth: float) -> Tensor:
    t, p = judged.maps
    return (2 * (t * p).sum() + smooth) / (t.sum() + p.sum() + smooth)


def _lovasz_of_class(p: Tensor, t: Tensor) -> Tensor:
    errors, order = (t - p).abs().sort(descending=True)
    sorted_truth = t[order]
    total = sorted_truth.sum()
    hit = total - sorted_truth.cumsum(0)
    union = total + (1 - sorted_truth).cumsum(0)
    jaccard = 1 - hit / union
    steps = torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])
    return (errors * steps).sum()
