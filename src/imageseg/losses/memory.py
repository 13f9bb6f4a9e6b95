"""What a model keeps of its former self."""

from __future__ import annotations

from torch import Tensor

from imageseg.losses.judged import two_class_logits


def memory_loss(logits: Tensor, before: Tensor, labels: Tensor) -> Tensor:
    """Return how far a model has moved from its former self where nobody judged.

    Kullback-Leibler divergence of the probabilities from those before, summed
    over the pixels that are not annotated and divided by all pixels: it fades as
    more is annotated (learning without forgetting: Li & Hoiem 2018,
    doi 10.1109/TPAMI.2017.2773081).

    Parameters
    ----------
    logits, before
        (N, K, …), or (N, 1, …) for two classes, now and before training.
    labels
        (N, …), 0 = not annotated.
    """
    now = two_class_logits(logits.float()).log_softmax(1)
    then = two_class_logits(before.float()).log_softmax(1)
    divergence = (then.exp() * (then - now)).sum(1)
    return (divergence * (labels == 0)).mean()
