"""Stacks are predicted slice by slice, and nothing else of them is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.inference import predict_task
from imageseg.model import new_model
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, drain
from napari_imageseg.slicing import (
    boxes_of,
    enlarged,
    parse_slices,
    predict_slices_task,
)
from napari_imageseg.sources import Source

CPU = PredictSettings(device="cpu", precision="fp32")
SCHEME = ClassScheme.from_names(["dark", "bright"])


def predict(model: Any, source: Source, wanted: Any = ()) -> np.ndarray:
    reports: list[Progress] = []
    with source.opened(model.spec) as stack:
        task = predict_slices_task(model, source, stack, wanted, CPU)
        labels = drain(task, reports.append)
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    return labels


def test_of_a_stack_of_200_slices_only_the_blocks_wanted_are_computed(
    threshold_model,
) -> None:
    da = pytest.importorskip("dask.array")
    computed: list[int] = []

    def block(block_info: Any = None) -> np.ndarray:
        z = block_info[None]["array-location"][0][0]
        computed.append(z)
        return np.full((1, 16, 16), 250 if z % 2 else 10, np.uint8)

    stack = da.map_blocks(
        block, chunks=((1,) * 200, 16, 16), dtype=np.uint8, meta=np.zeros((), "u1")
    )
    source = Source("stack", None, stack)
    model = threshold_model(SCHEME, channels=1)
    labels = predict(model, source, (slice(20, 25),))

    assert sorted(computed) == [20, 21, 22, 23, 24]
    assert labels.shape == (200, 16, 16)
    assert np.flatnonzero(labels.max((1, 2))).tolist() == computed
    assert labels[20:25, 3, 3].tolist() == [1, 2, 1, 2, 1]

    computed.clear()
    predict(model, source)
    assert sorted(computed) == list(range(200))


@pytest.mark.parametrize(
    ("architecture", "neighbours"), [("unet", 0), ("unet", 1), ("unet3d", 0)]
)
def test_slices_are_what_the_whole_would_give(architecture, neighbours, rng) -> None:
    model = new_model(
        SCHEME,
        channels=2,
        architecture=architecture,
        neighbours=neighbours,
        arguments={"filters": 2, "blocks": 1},
    )
    pixels = rng.integers(0, 256, (6, 12, 10, 2), dtype=np.uint8)
    whole = drain(predict_task(model, pixels, CPU)).labels
    source = Source("stack", None, pixels, axes="ZYXC")

    for wanted in ((), (slice(2, 4),), (slice(5, 99),)):
        expected = np.zeros_like(whole)
        expected[wanted or ...] = whole[wanted or ...]
        np.testing.assert_array_equal(predict(model, source, wanted), expected)


def test_what_is_not_wanted_stays_as_it_was(threshold_model) -> None:
    before = np.full((3, 4, 5), 2, np.uint8)
    pixels = np.zeros((3, 4, 5), np.uint8)
    source = Source("stack", None, pixels, previous=before)
    labels = predict(threshold_model(SCHEME, channels=1), source, (slice(1, 2),))

    assert labels[:, 0, 0].tolist() == [2, 1, 2]
    assert before.min() == 2


def test_boxes_are_slices_or_what_is_wanted_of_volumes() -> None:
    shape, y, x = (2, 3, 4, 5), slice(0, 4), slice(0, 5)
    one, wanted = slice(1, 2), (slice(1, 2), slice(0, 2))

    assert len(list(boxes_of(shape, (), 2))) == 6
    assert list(boxes_of(shape, wanted, 2)) == [
        (one, slice(0, 1), y, x),
        (one, one, y, x),
    ]
    assert list(boxes_of(shape, wanted, 3)) == [(one, slice(0, 2), y, x)]
    assert list(boxes_of((4, 5), (), 3)) == [(y, x)]


def test_labels_of_a_smaller_copy_cover_the_full_size() -> None:
    labels = np.array([[1, 2], [3, 4]], np.uint8)
    grown, box = enlarged(labels, (slice(0, 2),) * 2, (2, 2), (4, 5))

    assert grown.tolist() == [
        [1, 1, 1, 2, 2],
        [1, 1, 1, 2, 2],
        [3, 3, 3, 4, 4],
        [3, 3, 3, 4, 4],
    ]
    assert box == (slice(0, 4), slice(0, 5))


def test_slices_of_a_thinner_copy_fill_those_they_stand_for() -> None:
    parts = [
        enlarged(
            np.full((1, 1, 1), z, np.uint8),
            (slice(z, z + 1),) * 1 + (slice(0, 1),) * 2,
            (3, 1, 1),
            (7, 1, 1),
        )
        for z in range(3)
    ]

    covered = np.concatenate([labels.ravel() for labels, _ in parts])
    assert covered.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert [box[0] for _, box in parts] == [slice(0, 3), slice(3, 5), slice(5, 7)]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("all", None),
        ("7", slice(6, 7)),
        (" 3 - 12", slice(2, 12)),
        ("1–1", slice(0, 1)),
    ],
)
def test_slices_are_counted_from_one(text: str, span: slice | None) -> None:
    assert parse_slices(text, 12) == span


@pytest.mark.parametrize("text", ["0", "13", "5-4", "1-2-3", "a few", "", "-3"])
def test_slices_that_there_are_not_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="1 to 12"):
        parse_slices(text, 12)
