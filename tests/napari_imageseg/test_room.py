"""Labels that do not fit into memory lie in a file."""

from __future__ import annotations

import numpy as np

from napari_imageseg import room


def test_small_labels_are_in_memory() -> None:
    labels = room.empty_labels((2, 3))

    assert type(labels) is np.ndarray
    assert labels.dtype == np.uint8
    assert not labels.any()


def test_large_labels_are_empty_and_can_be_painted(monkeypatch) -> None:
    monkeypatch.setattr(room, "free_memory", lambda: 8 * 100)
    labels = room.empty_labels((3, 40, 50))
    labels[1, 2:4] = 7

    assert isinstance(labels, np.memmap)
    assert np.count_nonzero(labels) == 100
    assert not labels[0].any()
