"""The table of losses: what each name adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from imageseg.losses import overlap, pixels
from imageseg.losses.judged import Judged
from imageseg.settings import Loss, Overlap

Part = Callable[[Judged], Tensor]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table: weighted parts and a sentence."""

    parts: tuple[tuple[float, Part], ...]
    help: str


def _sum(*parts: Part, help_: str) -> Entry:
    return Entry(tuple((1.0, part) for part in parts), help_)


LOSSES: dict[Loss, Entry] = {
    "ce_dice": _sum(
        pixels.cross_entropy,
        overlap.mean_dice_loss,
        help_="cross-entropy and mean Dice loss of the classes",
    ),
    "ce": _sum(pixels.cross_entropy, help_="cross-entropy"),
    "dice": _sum(overlap.mean_dice_loss, help_="mean Dice loss of the classes"),
    "jaccard": _sum(
        overlap.mean_jaccard_loss, help_="mean Jaccard loss of the classes"
    ),
    "focal": _sum(pixels.focal, help_="cross-entropy that looks at hard pixels"),
    "tversky": _sum(
        overlap.tversky_loss, help_="as Dice, but what is missed costs more"
    ),
    "lovasz": _sum(overlap.lovasz_loss, help_="the Jaccard loss made convex"),
    "ce_boundary": Entry(
        ((1.0, pixels.cross_entropy), (0.1, pixels.boundary)),
        "cross-entropy and a tenth of the distance to the true border",
    ),
    "bce": _sum(pixels.keras_cross_entropy, help_="Keras' cross-entropy"),
    "bce_dice": Entry(
        (
            (1.0, pixels.keras_cross_entropy),
            (1.0, overlap.pooled_dice_loss),
        ),
        "imageseg's bce_dice_loss",
    ),
    "dice_coef": _sum(overlap.negative_dice_loss, help_="imageseg's dice_coef_loss"),
    "habitat_dice": _sum(overlap.habitat_dice_loss, help_="that of Habitat-Net"),
    "platypus_dice": _sum(overlap.platypus_dice_loss, help_="that of platypus"),
    "jaccard_distance": _sum(pixels.jaccard_distance, help_="that of keras-unet"),
}


_OF_AREAS = (
    overlap.mean_dice_loss,
    overlap.mean_jaccard_loss,
    overlap.tversky_loss,
    overlap.lovasz_loss,
    overlap.pooled_dice_loss,
    overlap.negative_dice_loss,
    overlap.habitat_dice_loss,
    overlap.platypus_dice_loss,
)


def segmentation_loss(
    logits: Tensor,
    labels: Tensor,
    kind: Loss,
    class_weights: Tensor | None = None,
    areas: Overlap = "batch",
) -> Tensor:
    """Return the loss of a batch.

    Parameters
    ----------
    logits
        (N, K, …), or (N, 1, …) for two classes; two or three spatial axes.
    labels
        (N, …), 0 = not annotated, k = class k.
    kind
        Name in the table of losses.
    class_weights
        (K,), for the losses that are a mean over pixels.
    areas
        Whether losses that compare areas sum over the batch, or over each image and
        are then averaged (`overlap.mean_of_images`).

    Returns
    -------
    loss
        A scalar; without gradient if nothing in the batch is annotated.
    """
    judged = Judged.of(logits, labels, class_weights)
    parts = [
        weight
        * (
            overlap.mean_of_images(part, judged)
            if areas == "image" and part in _OF_AREAS
            else part(judged)
        )
        for weight, part in LOSSES[kind].parts
    ]
    return torch.stack(parts).sum()
