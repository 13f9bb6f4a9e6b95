"""A part of a stack is predicted, and taken back."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.interactive import Answer
from napari_imageseg.items import ImageItem
from napari_imageseg.proposals import Proposal
from napari_imageseg.table import columns_of

SCHEME = ClassScheme.from_names(["dark", "bright"])


@pytest.fixture
def stack(ready, threshold_model) -> ImageItem:
    """Return a stack of five slices, two of them bright, in a session."""
    ready.models.use(threshold_model(SCHEME, channels=1))
    pixels = np.full((5, 8, 10), 20, np.uint8)
    pixels[3:] = 240
    item = ImageItem(name="stack", pixels=pixels)
    ready.images.add(item)
    return item


def per_slice(item: ImageItem) -> list[int]:
    return item.prediction.reshape(5, -1).max(1).tolist()


def region(item: ImageItem) -> str:
    (column,) = [c for c in columns_of([item], SCHEME) if c.title == "region"]
    return column.text(item)


def test_a_range_is_predicted_and_the_rest_stays_empty(ready, stack) -> None:
    ready.predictor.predict(slices=(slice(2, 4),))

    assert per_slice(stack) == [0, 0, 1, 2, 0]
    np.testing.assert_array_equal(stack.corrected, stack.prediction)
    assert stack.density.fractions == {"dark": 0.5, "bright": 0.5}
    assert region(stack) == "whole, 40.0 % of it predicted"


def test_another_range_fills_its_part_and_leaves_the_other(ready, stack) -> None:
    ready.predictor.predict(slices=(slice(0, 1),))
    ready.predictor.predict(slices=(slice(4, 5),))

    assert per_slice(stack) == [1, 0, 0, 0, 2]
    ready.journal.undo()
    assert per_slice(stack) == [1, 0, 0, 0, 0]
    assert stack.predicted_by == "threshold"
    ready.journal.redo()
    assert per_slice(stack) == [1, 0, 0, 0, 2]
    ready.journal.undo()
    ready.journal.undo()
    assert stack.prediction is None


def test_the_whole_stack_has_a_plain_region(ready, stack) -> None:
    ready.predictor.predict()

    assert per_slice(stack) == [1, 1, 1, 2, 2]
    assert region(stack) == "whole"
    assert stack.density.planes == 5


def test_strokes_where_nothing_is_predicted_are_not_in_the_density(
    ready, stack
) -> None:
    stack.ensure_annotation((5, 8, 10))[0] = 2
    stack.count_annotated()
    ready.predictor.predict(slices=(slice(2, 3),))

    assert stack.density.fractions == {"dark": 1.0, "bright": 0.0}


def test_a_smaller_copy_fills_the_full_size(ready, threshold_model) -> None:
    ready.models.use(threshold_model(SCHEME, channels=1))
    full = np.zeros((8, 10), np.uint8)
    full[:4] = 240
    item = ImageItem(name="pyramid", pixels=full, levels=(full[::2, ::2],))
    ready.images.add(item)
    ready.predictor.level = 1
    ready.predictor.predict()

    np.testing.assert_array_equal(item.prediction, np.where(full > 0, 2, 1))


def test_the_span_is_what_is_predicted_of_the_image_shown(ready, stack) -> None:
    ready.predictor.span = slice(1, 3)
    ready.predictor.predict()
    assert per_slice(stack) == [0, 1, 1, 0, 0]

    ready.predictor.predict(everything=True)
    assert per_slice(stack) == [1, 1, 1, 2, 2]


# -- what could not be predicted ---------------------------------------------------


@pytest.fixture
def narrow(ready, make_item) -> ImageItem:
    """Return an image of one channel, on show, that a colour model has refused."""
    item = make_item("narrow")
    item.pixels = item.pixels[..., 0]
    ready.images.add(item)
    ready.predictor.predict()
    assert "channel" in item.error
    return item


def test_another_model_is_not_blamed_for_what_one_could_not_predict(
    ready, narrow, make_model
) -> None:
    told = []
    ready.images.item_changed.connect(told.append)
    ready.models.changed.emit()
    assert narrow.error
    ready.models.use(make_model(channels=1), "grey")

    assert narrow.error == ""
    assert narrow in told


def test_a_model_that_training_brings_is_not_blamed_either(
    ready, narrow, make_model
) -> None:
    model = make_model(channels=1)
    answer = Answer(model=model, kind="network", scores=None, held_out="")
    ready.models.base = None
    ready.models.propose(Proposal(answer), None)

    assert narrow.error == ""


def test_a_file_that_cannot_be_read_stays_failed_under_any_model(
    ready, tmp_path, make_model
) -> None:
    item = ImageItem(name="gone", path=tmp_path / "gone.png")
    ready.images.items.append(item)
    ready.predictor.predict(items=[item])
    reason = item.error
    assert "gone.png" in reason
    ready.models.use(make_model(channels=1), "grey")

    assert item.error == reason


def test_why_a_file_is_wrong_is_no_fault_of_a_model(ready, narrow, make_model) -> None:
    narrow.error = "It has moved."
    ready.models.use(make_model(channels=1), "grey")

    assert narrow.error == "It has moved."
