"""A model says the same after its classes were put into another order."""

from __future__ import annotations

import pytest
import torch

from imageseg.classes import ClassScheme
from imageseg.model import new_model
from imageseg.training.reordered import reordered

ABC = ClassScheme.from_names(["a", "b", "c"])
AB = ClassScheme.from_names(["a", "b"])


@pytest.mark.parametrize("architecture", ["unet", "resnet"])
def test_maps_change_their_places(architecture) -> None:
    model = new_model(ABC, channels=3, architecture=architecture)
    model.network.eval()
    images = torch.rand(1, 3, 64, 64, generator=torch.manual_seed(0))
    moved = reordered(model, (2, 3, 1), ABC.reordered([3, 1, 2]).after)
    assert moved is not None
    with torch.no_grad():
        before, after = model.network(images)[0], moved.network(images)[0]

    torch.testing.assert_close(after[1], before[0])
    torch.testing.assert_close(after[2], before[1])
    torch.testing.assert_close(after[0], before[2])
    assert moved.spec.scheme.names == ("c", "a", "b")
    assert model.spec.scheme == ABC


def test_one_map_for_two_classes_is_turned_round() -> None:
    model = new_model(AB, channels=1)
    model.network.eval()
    images = torch.rand(1, 1, 32, 32, generator=torch.manual_seed(0))
    turned = reordered(model, (2, 1), AB.reordered([2, 1]).after)
    assert turned is not None
    with torch.no_grad():
        before, after = model.network(images), turned.network(images)

    torch.testing.assert_close(after, -before)


def test_a_forest_has_no_rows_to_move() -> None:
    forest = new_model(ABC, channels=3, architecture="forest")

    assert reordered(forest, (2, 3, 1), ABC) is None
