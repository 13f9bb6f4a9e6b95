"""Sample data that napari can show."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image, Layer

from napari_imageseg import samples


@pytest.mark.parametrize(
    ("sample", "ndim", "rgb"),
    [
        (samples.canopy, 2, True),
        (samples.microscopy, 2, False),
        (samples.stack, 3, False),
    ],
    ids=["canopy", "microscopy", "stack"],
)
def test_a_sample_makes_one_valid_image_layer(sample, ndim, rgb) -> None:
    (data,) = sample()
    layer = Layer.create(*data)

    assert isinstance(layer, Image)
    assert layer.ndim == ndim
    assert layer.rgb == rgb
    assert layer.name
    assert len(layer.scale) == ndim
    assert (np.asarray(layer.scale) > 0).all()
    assert np.ptp(layer.data) > 0


def test_a_sample_is_the_same_every_time() -> None:
    (first,), (second,) = samples.canopy(), samples.canopy()

    np.testing.assert_array_equal(first[0], second[0])
