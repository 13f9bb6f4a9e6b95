"""Losses of areas may look at a batch together or at each image."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from imageseg.losses import segmentation_loss

RNG = np.random.default_rng(3)
LOGITS = RNG.normal(size=(3, 3, 4, 5))
LABELS = RNG.integers(0, 4, (3, 4, 5))
LABELS[1] = np.where(LABELS[1] == 3, 0, LABELS[1])  # lacks the third class
UNSEEN = np.concatenate([LABELS, np.zeros((1, 4, 5), int)])  # one without annotations


def dice_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """1 - mean Dice of the classes that are there, of images (N, K, Y, X)."""
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    seen = labels > 0
    scores = []
    for k in (1, 2, 3):
        true, found = labels == k, p[:, k - 1][seen].sum()
        if true.any():
            both = p[:, k - 1][true].sum()
            scores.append((2 * both + 1) / (true.sum() + found + 1))
    return 1 - float(np.mean(scores))


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    n, y, x = np.nonzero(labels)
    return float(-np.log(p[n, labels[n, y, x] - 1, y, x]).mean())


def ours(
    kind: str, areas: str, labels: np.ndarray = LABELS, logits: np.ndarray = LOGITS
) -> float:
    tensors = torch.from_numpy(logits), torch.from_numpy(labels)
    return float(segmentation_loss(*tensors, kind, areas=areas))  # type: ignore[arg-type]


def one_by_one(logits: np.ndarray, labels: np.ndarray) -> float:
    pairs = zip(logits[:, None], labels[:, None], strict=True)
    return float(np.mean([dice_loss(*pair) for pair in pairs if pair[1].any()]))


def test_each_image_has_its_own_dice_of_its_own_classes() -> None:
    assert ours("dice", "image") == pytest.approx(one_by_one(LOGITS, LABELS), abs=1e-5)
    assert ours("dice", "batch") == pytest.approx(dice_loss(LOGITS, LABELS), abs=1e-5)
    assert abs(ours("dice", "image") - ours("dice", "batch")) > 1e-3


def test_an_image_without_annotations_does_not_count() -> None:
    logits = np.concatenate([LOGITS, LOGITS[:1]])

    assert ours("dice", "image", UNSEEN, logits) == pytest.approx(ours("dice", "image"))


def test_what_is_not_annotated_does_not_count() -> None:
    changed = np.where(
        (LABELS == 0)[:, None], LOGITS + RNG.normal(size=3)[:, None, None], LOGITS
    )

    assert ours("dice", "image", logits=changed) == pytest.approx(ours("dice", "image"))


def test_means_over_pixels_stay_those_of_the_batch() -> None:
    expected = one_by_one(LOGITS, LABELS) + cross_entropy(LOGITS, LABELS)

    assert ours("ce_dice", "image") == pytest.approx(expected, abs=1e-5)
    assert ours("ce", "image") == ours("ce", "batch")


def test_a_batch_without_annotations_costs_nothing_and_can_be_learned_from() -> None:
    logits = torch.randn(2, 3, 4, 4, requires_grad=True)
    loss = segmentation_loss(logits, torch.zeros(2, 4, 4), "dice", areas="image")
    loss.backward()

    assert float(loss.detach()) == 0
    assert not logits.grad.any()


@pytest.mark.parametrize(
    "kind",
    ["dice", "jaccard", "tversky", "lovasz", "dice_coef", "habitat_dice",
     "platypus_dice", "bce_dice"],
)  # fmt: skip
def test_one_image_is_a_batch_of_one(kind: str) -> None:
    single = LABELS[:1], LOGITS[:1]

    assert ours(kind, "image", *single) == pytest.approx(ours(kind, "batch", *single))
    assert ours(kind, "image") != pytest.approx(ours(kind, "batch"), abs=1e-4)
