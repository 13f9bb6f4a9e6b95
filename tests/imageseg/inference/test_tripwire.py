"""A device that computes something else is caught before its results are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from imageseg.errors import DeviceError
from imageseg.inference import check_device_task
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings
from imageseg.tasks import drain
from imageseg.training.sample import Part

CPU = PredictSettings(device="cpu", precision="fp32")
OTHER = PredictSettings(device="cpu", precision="bf16")  # stands in for a GPU


class Faulty(nn.Module):
    """A network whose numbers are wrong in some rows, on "the device" only."""

    stride, halo, dims = 1, 0, 2

    def __init__(self, rows: int, wrong: float) -> None:
        super().__init__()
        self.rows, self.wrong, self.calls = rows, wrong, 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map (N, C, Y, X) to the logits of two classes."""
        self.calls += 1
        logits = 4 * (images.mean(1, keepdim=True) - 0.5)
        if torch.is_autocast_enabled("cpu"):
            logits[:, :, : self.rows] = self.wrong
        return logits


def faulty(model: SegmentationModel, rows: int, wrong: float) -> SegmentationModel:
    return replace(model, network=Faulty(rows, wrong))


@pytest.fixture
def tiles(make_plane: Callable[..., Part]) -> list[Part]:
    """Return two tiles of 40 rows."""
    return [make_plane(np.ones((40, 30))) for _ in range(2)]


def test_the_cpu_with_float32_needs_no_check(
    threshold_model: Callable[..., SegmentationModel], tiles: list[Part]
) -> None:
    model = faulty(threshold_model(), 40, 9)
    check = drain(check_device_task(model, tiles, CPU))

    assert not check.compared
    assert model.network.calls == 0


def test_a_device_that_agrees_passes(
    threshold_model: Callable[..., SegmentationModel], tiles: list[Part]
) -> None:
    check = drain(check_device_task(faulty(threshold_model(), 0, 0), tiles, OTHER))

    assert check.compared
    assert check.device == "cpu with bf16"
    assert check.beyond == 0


def test_rounding_of_a_real_network_passes(
    make_model: Callable[..., SegmentationModel], tiles: list[Part]
) -> None:
    check = drain(check_device_task(make_model(3), tiles, OTHER))

    assert 0 < check.difference < 0.08


def test_a_device_that_corrupts_some_rows_is_refused(
    threshold_model: Callable[..., SegmentationModel], tiles: list[Part]
) -> None:
    """Two of 40 rows are taken for the other class: 5 %."""
    model = faulty(threshold_model(), 2, 50.0)
    with pytest.raises(DeviceError, match="cpu with bf16 does not compute") as caught:
        drain(check_device_task(model, tiles, OTHER))

    assert caught.value.beyond == pytest.approx(0.05)
    assert "Choose the device cpu" in str(caught.value)


def test_what_is_no_number_is_refused(
    threshold_model: Callable[..., SegmentationModel], tiles: list[Part]
) -> None:
    model = faulty(threshold_model(), 1, float("nan"))

    with pytest.raises(DeviceError, match="nan"):
        drain(check_device_task(model, tiles, OTHER))


def test_without_tiles_nothing_is_claimed(
    threshold_model: Callable[..., SegmentationModel],
) -> None:
    assert not drain(check_device_task(threshold_model(), [], OTHER)).compared
