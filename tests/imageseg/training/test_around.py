"""What is cut out is predicted as in the whole, and few areas stand for many."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imageseg.inference import predict_task
from imageseg.model import SegmentationModel
from imageseg.networks.table import as_network
from imageseg.settings import PredictSettings
from imageseg.tasks import drain
from imageseg.training.around import (
    annotated_areas,
    annotated_box,
    cut_out,
    spread_out,
)
from imageseg.training.sample import Part

MakePlane = Callable[..., Part]
CPU = PredictSettings(device="cpu", precision="fp32")


def test_areas_are_the_cells_that_hold_annotations(make_plane: MakePlane) -> None:
    labels = np.zeros((70, 50))
    labels[0, 0], labels[69, 49], labels[31, 31] = 1, 2, 1

    assert annotated_areas(make_plane(labels), (32, 32)) == [
        (slice(0, 32), slice(0, 32)),
        (slice(64, 70), slice(32, 50)),
    ]


def test_areas_of_volumes_are_boxes(make_plane: MakePlane) -> None:
    labels = np.zeros((5, 20, 20))
    labels[4, 19, 0] = 1
    (area,) = annotated_areas(make_plane(labels), (2, 16, 16))

    assert area == (slice(4, 5), slice(16, 20), slice(0, 16))


def test_the_box_is_the_smallest_that_holds_all(make_plane: MakePlane) -> None:
    labels = np.zeros((30, 40))
    labels[3, 20], labels[9, 5] = 1, 2

    assert annotated_box(make_plane(labels)) == (slice(3, 10), slice(5, 21))


def test_an_area_is_predicted_as_in_the_whole(
    make_model: Callable[..., SegmentationModel], make_plane: MakePlane
) -> None:
    model = make_model(3)
    plane = make_plane(np.ones((211, 190)))
    whole = drain(predict_task(model, plane.pixels, CPU)).probabilities
    for area in annotated_areas(plane, (64, 64)):
        part = cut_out(plane, area, as_network(model.network))
        own = drain(predict_task(model, part.pixels, CPU, scale=part.scale))
        inside = own.probabilities[:, part.labels > 0]

        expected = whole[:, *area].reshape(3, -1)
        np.testing.assert_allclose(inside, expected, atol=1e-5)


def test_few_areas_are_all_taken_and_many_are_thinned(make_plane: MakePlane) -> None:
    planes = [make_plane(np.ones((64, 64))) for _ in range(3)]

    assert len(spread_out(planes, (32, 32), 12)) == 12
    assert len(spread_out(planes, (32, 32), 5)) == 5


def test_every_plane_has_its_turn_before_any_second_one(make_plane: MakePlane) -> None:
    planes = [make_plane(np.ones((320, 320)))]
    planes += [make_plane(np.ones((32, 32))) for _ in range(4)]
    chosen = [i for i, _ in spread_out(planes, (32, 32), 6, seed=3)]

    assert sorted(chosen) == [0, 0, 1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(5))
def test_every_class_is_among_them(make_plane: MakePlane, seed: int) -> None:
    labels = np.ones((320, 320))
    labels[300, 10] = 2
    plane = make_plane(labels)
    chosen = spread_out([plane], (32, 32), 2, seed=seed)

    assert any((plane.labels[area] == 2).any() for _, area in chosen)


def test_equal_seeds_choose_equal_areas(make_plane: MakePlane) -> None:
    planes = [make_plane(np.ones((320, 320)))]
    one, two, other = (spread_out(planes, (32, 32), 9, seed=s) for s in (1, 1, 2))

    assert one == two
    assert one != other
