"""Losses on annotated pixels; the rest has no say and no gradient."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from imageseg.settings import Loss

_SMOOTH = 1.0


def segmentation_loss(logits: Tensor, labels: Tensor, kind: Loss) -> Tensor:
    """Return the loss of a batch.

    Parameters
    ----------
    logits
        (N, K, Y, X), or (N, 1, Y, X) for two classes.
    labels
        (N, Y, X), 0 = not annotated, k = class k.
    kind
        Cross-entropy, soft Dice loss, or their sum.

    Returns
    -------
    loss
        A scalar; zero if nothing in the batch is annotated.
    """
    logits = two_class_logits(logits.float())
    target = labels.long() - 1
    annotated = target >= 0
    parts = []
    if kind != "dice":
        parts.append(_cross_entropy(logits, target, annotated))
    if kind != "ce":
        parts.append(_dice_loss(logits, target, annotated))
    return torch.stack(parts).sum()


def memory_loss(logits: Tensor, before: Tensor, labels: Tensor) -> Tensor:
    """Return how far a model has moved from its former self where nobody judged.

    Kullback-Leibler divergence of the probabilities from those before, summed
    over the pixels that are not annotated and divided by all pixels: it fades as
    more is annotated (learning without forgetting: Li & Hoiem 2018,
    doi 10.1109/TPAMI.2017.2773081).

    Parameters
    ----------
    logits, before
        (N, K, Y, X), or (N, 1, Y, X) for two classes, now and before training.
    labels
        (N, Y, X), 0 = not annotated.
    """
    now = two_class_logits(logits.float()).log_softmax(1)
    then = two_class_logits(before.float()).log_softmax(1)
    divergence = (then.exp() * (then - now)).sum(1)
    return (divergence * (labels == 0)).mean()


def two_class_logits(logits: Tensor) -> Tensor:
    """Add the first class to a single map: softmax of (0, z) is sigmoid of z."""
    if logits.shape[1] > 1:
        return logits
    return torch.cat([torch.zeros_like(logits), logits], dim=1)


def _cross_entropy(logits: Tensor, target: Tensor, annotated: Tensor) -> Tensor:
    total = F.cross_entropy(logits, target, ignore_index=-1, reduction="sum")
    return total / annotated.sum().clamp(min=1)


def _dice_loss(logits: Tensor, target: Tensor, annotated: Tensor) -> Tensor:
    """1 - mean over the annotated classes of (2 Σtp + 1) / (Σt + Σp + 1).

    Sums run over the annotated pixels of the batch (Milletari et al. 2016,
    doi 10.1109/3DV.2016.79, without the squares; smoothing as in imageseg).
    """
    p = logits.softmax(1) * annotated[:, None]
    t = F.one_hot(target.clamp(min=0), logits.shape[1]).permute(0, 3, 1, 2)
    t = t * annotated[:, None]
    over = (0, 2, 3)
    both, true, predicted = (p * t).sum(over), t.sum(over), p.sum(over)
    dice = (2 * both + _SMOOTH) / (true + predicted + _SMOOTH)
    present = true > 0
    if not present.any():
        return logits.sum() * 0  # stays in the graph, so that backward works
    return 1 - dice[present].mean()
