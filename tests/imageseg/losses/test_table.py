"""Losses against torch, NumPy and numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from imageseg.losses import (
    LOSSES,
    memory_loss,
    segmentation_loss,
    two_class_logits,
)

KINDS = ["ce", "dice", "ce_dice"]


def numpy_dice_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """One minus the mean over annotated classes of (2 tp + 1) / (t + p + 1)."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    p = np.moveaxis(powers / powers.sum(1, keepdims=True), 1, -1)[labels > 0]
    t = labels[labels > 0]
    dice = [
        (2 * p[t == k, k - 1].sum() + 1) / ((t == k).sum() + p[:, k - 1].sum() + 1)
        for k in range(1, logits.shape[1] + 1)
        if (t == k).any()
    ]
    return 1 - float(np.mean(dice))


def worked() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the worked example of imageseg: t = [1, 0, 1, 1], p = [.9, .2, .4, .8]."""
    p = torch.tensor([0.9, 0.2, 0.4, 0.8])
    labels = torch.tensor([2, 1, 2, 2], dtype=torch.uint8)
    return torch.logit(p).view(1, 1, 2, 2), labels.view(1, 2, 2)


def random_case(classes: int = 3, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw logits, and labels of which about a third are not annotated."""
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(2, classes, 6, 7, generator=generator)
    labels = torch.randint(0, classes + 1, (2, 6, 7), generator=generator)
    labels[:, :2] = 0
    return logits, labels.to(torch.uint8)


def test_cross_entropy_is_the_binary_one_of_the_worked_example() -> None:
    assert float(segmentation_loss(*worked(), "ce")) == pytest.approx(0.3669846)


def test_dice_of_the_worked_example_by_hand() -> None:
    # class 2: tp .9 + .4 + .8 = 2.1, t 3, p 2.3; class 1: tp .8, t 1, p 1.7
    second, first = (2 * 2.1 + 1) / (3 + 2.3 + 1), (2 * 0.8 + 1) / (1 + 1.7 + 1)

    assert second == pytest.approx(0.8253968)  # imageseg's own, of the white class
    loss = float(segmentation_loss(*worked(), "dice"))
    assert loss == pytest.approx(1 - (first + second) / 2)


def test_the_default_is_the_sum_of_both() -> None:
    logits, labels = random_case()
    ce, dice, both = (segmentation_loss(logits, labels, kind) for kind in KINDS)

    torch.testing.assert_close(both, ce + dice)


@pytest.mark.parametrize("seed", range(5))
def test_cross_entropy_is_torchs_on_annotated_pixels(seed: int) -> None:
    logits, labels = random_case(seed=seed)
    on = labels > 0
    expected = F.cross_entropy(
        logits.movedim(1, -1)[on], labels[on].long() - 1, reduction="mean"
    )

    torch.testing.assert_close(segmentation_loss(logits, labels, "ce"), expected)


def test_cross_entropy_of_one_map_is_torchs_binary_one() -> None:
    logits, labels = random_case(2)
    one = logits[:, :1]
    on = labels > 0
    expected = F.binary_cross_entropy_with_logits(
        one[:, 0][on], (labels[on] == 2).float()
    )

    torch.testing.assert_close(segmentation_loss(one, labels, "ce"), expected)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_dice_is_that_of_numpy(classes: int) -> None:
    logits, labels = random_case(classes)
    expected = numpy_dice_loss(logits.double().numpy(), labels.numpy())

    loss = float(segmentation_loss(logits, labels, "dice"))
    assert loss == pytest.approx(expected, rel=1e-5)


def test_classes_that_nobody_annotated_leave_the_mean() -> None:
    logits, labels = random_case(4)
    labels[labels == 4] = 0
    expected = numpy_dice_loss(logits.double().numpy(), labels.numpy())

    loss = float(segmentation_loss(logits, labels, "dice"))
    assert loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_one_map_and_two_are_the_same_for_two_classes(kind: str) -> None:
    logits, labels = random_case(2)
    one = logits[:, :1]
    two = torch.cat([torch.zeros_like(one), one], 1)

    torch.testing.assert_close(
        segmentation_loss(one, labels, kind), segmentation_loss(two, labels, kind)
    )
    torch.testing.assert_close(two_class_logits(one), two)
    assert two_class_logits(two) is two


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("classes", [1, 3])
def test_unannotated_pixels_change_neither_loss_nor_gradient(
    kind: str, classes: int
) -> None:
    logits, labels = random_case(max(classes, 2))
    logits = logits[:, :classes]
    off = (labels == 0)[:, None].expand_as(logits)
    results = []
    for filling in (0.0, 50.0, -1e4):
        filled = logits.masked_fill(off, filling)
        filled[:, 0] *= 2  # no constant over classes, which softmax would forgive
        filled.requires_grad_()
        loss = segmentation_loss(filled, labels, kind)
        loss.backward()
        assert (filled.grad[off] == 0).all()
        assert (filled.grad[~off] != 0).any()
        results.append((loss.detach(), filled.grad))

    for loss, gradient in results[1:]:
        torch.testing.assert_close(loss, results[0][0])
        torch.testing.assert_close(gradient, results[0][1])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_annotated_costs_nothing_and_teaches_nothing(kind: str) -> None:
    logits = torch.randn(2, 3, 4, 4, requires_grad=True)
    loss = segmentation_loss(logits, torch.zeros(2, 4, 4, dtype=torch.uint8), kind)
    loss.backward()

    assert float(loss.detach()) == 0
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_certainty_of_the_truth_costs_nothing(kind: str) -> None:
    labels = torch.randint(1, 4, (1, 8, 8))
    right = 40.0 * F.one_hot(labels - 1, 3).movedim(-1, 1).float()

    assert float(segmentation_loss(right, labels, kind)) == pytest.approx(0, abs=1e-5)
    assert float(segmentation_loss(right.roll(1, 1), labels, kind)) > 0.8


def test_reduced_precision_logits_are_summed_in_float32() -> None:
    logits, labels = random_case()
    loss = segmentation_loss(logits.bfloat16(), labels, "ce_dice")

    assert loss.dtype == torch.float32
    expected = segmentation_loss(logits.bfloat16().float(), labels, "ce_dice")
    assert float(loss) == float(expected)


def test_memory_is_the_divergence_from_the_model_before_where_nobody_judged() -> None:
    torch.manual_seed(0)
    logits, before = torch.randn(2, 3, 5, 7), torch.randn(2, 3, 5, 7)
    labels = torch.randint(0, 2, (2, 5, 7), dtype=torch.uint8)

    loss = memory_loss(logits, before, labels)

    divergence = torch.nn.functional.kl_div(
        logits.log_softmax(1), before.softmax(1), reduction="none"
    ).sum(1)
    expected = float(divergence[labels == 0].sum()) / labels.numel()
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_memory_says_nothing_of_annotated_pixels() -> None:
    logits = torch.randn(1, 1, 4, 4, requires_grad=True)

    loss = memory_loss(logits, torch.randn(1, 1, 4, 4), torch.ones(1, 4, 4))
    loss.backward()

    assert float(loss.detach()) == 0
    assert not logits.grad.any()


def test_a_model_that_has_not_moved_remembers_everything() -> None:
    logits = torch.randn(1, 1, 4, 4)

    loss = memory_loss(logits, logits.clone(), torch.zeros(1, 4, 4))

    assert float(loss) == pytest.approx(0, abs=1e-6)
