"""The losses of the field by their names, against the worked example and NumPy.

The worked example is t = [1, 0, 1, 1], p = [.9, .2, .4, .8]; the numbers beside
the names of Keras, imageseg, Habitat-Net, platypus and keras-unet were computed
with TensorFlow.
"""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt
from sklearn.metrics import jaccard_score
from torch.nn import functional as F

from imageseg.losses import LOSSES, Judged, segmentation_loss
from imageseg.losses.pixels import cross_entropy, focal
from imageseg.settings import Loss

TRUTH = np.array([1, 0, 1, 1])
PROBABILITY = np.array([0.9, 0.2, 0.4, 0.8])


def example() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the worked example as logits of one map and labels."""
    logits = torch.logit(torch.tensor(PROBABILITY)).view(1, 1, 2, 2)
    return logits, torch.tensor(TRUTH + 1).view(1, 2, 2)


def three_classes() -> tuple[torch.Tensor, torch.Tensor]:
    """Return fixed logits and labels, a quarter of them not annotated."""
    rng = np.random.default_rng(3)
    logits = torch.tensor(2 * rng.standard_normal((2, 3, 5, 6)))
    return logits, torch.tensor(rng.integers(0, 4, (2, 5, 6)))


def flat(logits: torch.Tensor, labels: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return (pixels, classes) probabilities and one-hot truth of annotated pixels."""
    p = logits.softmax(1).movedim(1, -1)[labels > 0].numpy()
    return p, np.eye(logits.shape[1])[labels[labels > 0].numpy() - 1]


def test_every_name_that_can_be_set_is_in_the_table() -> None:
    assert set(get_args(Loss)) == set(LOSSES)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("bce", 0.3669846),
        ("ce", 0.3669846),
        ("bce_dice", 0.5415878),
        ("dice_coef", -0.8253968),
        ("habitat_dice", -0.7924528),
        ("platypus_dice", 1 - 0.9203540),
        ("jaccard_distance", 0.2726725),
    ],
)
def test_the_worked_example(kind: str, expected: float) -> None:
    assert float(segmentation_loss(*example(), kind)) == pytest.approx(
        expected, abs=1e-6
    )


def test_keras_clips_a_certain_error() -> None:
    loss = segmentation_loss(
        torch.full((1, 1, 1, 1), -1e4), torch.full((1, 1, 1), 2), "bce"
    )

    assert float(loss) == pytest.approx(15.4249, abs=1e-4)


def test_categorical_cross_entropy_is_torchs() -> None:
    logits, labels = three_classes()
    expected = F.nll_loss(logits.log_softmax(1), labels - 1, ignore_index=-1)

    assert float(segmentation_loss(logits, labels, "bce")) == pytest.approx(
        float(expected), abs=1e-5
    )


@pytest.mark.parametrize(
    ("alpha", "beta", "kind"),
    [(0.5, 0.5, "dice"), (1.0, 1.0, "jaccard"), (0.3, 0.7, "tversky")],
)
def test_overlaps_are_tversky_indices(alpha: float, beta: float, kind: str) -> None:
    p, t = flat(*three_classes())
    both = (p * t).sum(0)
    false = alpha * (p * (1 - t)).sum(0) + beta * ((1 - p) * t).sum(0)
    smooth = 0.5 if kind == "dice" else 1.0  # 2 tp + 1 over 2: half as much
    expected = 1 - ((both + smooth) / (both + false + smooth)).mean()

    assert float(segmentation_loss(*three_classes(), kind)) == pytest.approx(
        expected, abs=1e-6
    )


def test_focal_weighs_cross_entropy() -> None:
    p, t = flat(*three_classes())
    right = (p * t).sum(1)
    expected = ((1 - right) ** 2 * -np.log(right)).mean()

    assert float(segmentation_loss(*three_classes(), "focal")) == pytest.approx(
        expected, abs=1e-6
    )


def test_focal_with_an_exponent_of_zero_is_cross_entropy() -> None:
    judged = Judged.of(*three_classes())

    torch.testing.assert_close(focal(judged, gamma=0.0), cross_entropy(judged))
    assert float(focal(judged)) < float(focal(judged, gamma=1.0))


@pytest.mark.parametrize("seed", range(5))
def test_lovasz_of_certain_answers_is_the_jaccard_loss(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, answer = rng.integers(0, 3, (2, 50))
    truth[:3] = range(3)
    logits = 60.0 * F.one_hot(torch.tensor(answer), 3).T.reshape(1, 3, 5, 10)
    expected = 1 - jaccard_score(truth, answer, average="macro")

    loss = segmentation_loss(logits, torch.tensor(truth + 1).view(1, 5, 10), "lovasz")
    assert float(loss) == pytest.approx(expected, abs=1e-6)


def test_lovasz_by_hand() -> None:
    # errors of class 2 sorted: .6 (true), .2 (false), .2 (true), .1 (true); the
    # Jaccard loss of the first pixels: 1/3, 1/2, 3/4, 1
    second = 0.6 / 3 + 0.2 * (1 / 2 - 1 / 3) + 0.2 * 1 / 4 + 0.1 * 1 / 4
    # class 1: .6 (false), .2 (true), .2 (false), .1 (false): 1/2, 1, 1, 1
    first = 0.6 * 1 / 2 + 0.2 * 1 / 2

    assert float(segmentation_loss(*example(), "lovasz")) == pytest.approx(
        (first + second) / 2, abs=1e-6
    )


def test_the_boundary_costs_its_distance() -> None:
    truth = np.zeros((9, 9), int)
    truth[3:6, 3:6] = 1
    logits = torch.tensor(np.random.default_rng(0).standard_normal((1, 2, 9, 9)))
    labels = torch.tensor(truth[None] + 1)
    inside, outside = (distance_transform_edt(m) for m in (truth, 1 - truth))
    signed = np.stack([inside - outside, outside - inside])
    boundary = (logits[0].softmax(0).numpy() * signed).mean()

    loss = segmentation_loss(logits, labels, "ce_boundary")
    cross_entropy = segmentation_loss(logits, labels, "ce")
    assert float(loss - cross_entropy) == pytest.approx(0.1 * boundary, abs=1e-5)


def test_a_class_without_border_has_no_boundary_loss() -> None:
    labels = torch.ones(1, 4, 4, dtype=torch.long)
    logits = torch.randn(1, 2, 4, 4)

    assert float(segmentation_loss(logits, labels, "ce_boundary")) == pytest.approx(
        float(segmentation_loss(logits, labels, "ce"))
    )


def test_class_weights_are_those_of_torch() -> None:
    logits, labels = three_classes()
    weights = torch.tensor([1.0, 1.0, 1.2])
    expected = F.cross_entropy(logits.float(), labels - 1, weights, ignore_index=-1)

    torch.testing.assert_close(
        segmentation_loss(logits, labels, "ce", weights), expected
    )


@pytest.mark.parametrize("kind", ["ce", "bce"])
def test_class_weights_of_the_worked_example_by_hand(kind: str) -> None:
    """White weighs 1.2: the costs of .9, .4 and .8 do, that of 1 - .2 weighs 1."""
    white = -math.log(0.9) - math.log(0.4) - math.log(0.8)
    expected = (1.2 * white - math.log(0.8)) / (3 * 1.2 + 1)

    loss = segmentation_loss(*example(), kind, torch.tensor([1.0, 1.2]))
    assert float(loss) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", LOSSES)
def test_learning_makes_every_loss_smaller(kind: str) -> None:
    logits, labels = three_classes()
    logits = logits.float().requires_grad_()
    optimiser = torch.optim.Adam([logits], lr=0.1)
    first = segmentation_loss(logits, labels, kind)
    for _ in range(200):
        optimiser.zero_grad()
        loss = segmentation_loss(logits, labels, kind)
        loss.backward()
        optimiser.step()
    right = (logits.argmax(1) + 1)[labels > 0] == labels[labels > 0]

    assert float(loss.detach()) < float(first.detach())
    assert right.float().mean() > 0.95


@pytest.mark.parametrize("kind", sorted(set(LOSSES) - {"ce_boundary"}))
def test_volumes_are_pixels_too(kind: str) -> None:
    logits, labels = three_classes()
    volume = logits.movedim(0, 1)[None]  # (1, 3, 2, Y, X)

    torch.testing.assert_close(
        segmentation_loss(volume, labels[None], kind),
        segmentation_loss(logits, labels, kind),
    )
