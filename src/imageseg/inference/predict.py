"""Run a model over an image, tile by tile."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from imageseg.devices import Compute, choose_compute
from imageseg.images import ValueScale, spatial_shape, split_planes
from imageseg.inference.prediction import Prediction
from imageseg.inference.tiles import Tile, tile_grid
from imageseg.model import SegmentationModel, class_probabilities
from imageseg.networks.table import Network, as_network
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task


def predict_task(
    model: SegmentationModel,
    image: NDArray[Any],
    settings: PredictSettings | None = None,
    *,
    scale: ValueScale | None = None,
) -> Task[Prediction]:
    """Predict an image of any size, exactly as if it were computed at once.

    Parameters
    ----------
    model
        The model; it is not changed.
    image
        (Y, X) for a model of one channel, else (Y, X, C); axes before these
        are predicted plane by plane.
    settings
        Device, precision and tile size.
    scale
        How pixel values become 0 to 1, if the image is a part of another.

    Yields
    ------
    Progress
        After every tile.

    Returns
    -------
    prediction
        Probabilities at the image's own size.

    Raises
    ------
    ShapeMismatchError
        The image has other channels than the model.
    OutOfMemoryError
        A tile does not fit; the message says what to change.
    """
    settings = settings or PredictSettings()
    compute = choose_compute(settings.device, settings.precision)
    planes = split_planes(image, model.spec.channels)
    scale = scale or ValueScale.of(image, model.spec.normalisation)
    network = as_network(model.network.to(compute.device).eval())
    stored = np.empty((len(model.spec.scheme), *planes.shape[:3]), np.float32)
    tiles = _tiles(planes.shape[1:3], network, settings.tile)
    total = len(planes) * len(tiles)
    for z, plane in enumerate(planes):
        padded = _pad(plane, network.stride)
        for i, tile in enumerate(tiles):
            result = _predict_tile(network, scale.apply(padded[tile.outer]), compute)
            _store(stored[:, z], tile, result)
            done = z * len(tiles) + i + 1
            yield Progress(done=done, total=total, message=f"tile {done} of {total}")
    shape = spatial_shape(image, model.spec.channels)
    return Prediction(
        probabilities=stored.reshape(len(stored), *shape),
        scheme=model.spec.scheme,
        model=model.spec.name,
    )


def _tiles(shape: tuple[int, ...], network: Network, size: int) -> list[Tile]:
    stride = network.stride
    rows, columns = (-(-side // stride) * stride for side in shape)
    return tile_grid((rows, columns), size=size, halo=network.halo, stride=stride)


def _pad(plane: NDArray[Any], stride: int) -> NDArray[Any]:
    """Mirror a plane (Y, X, C) below and to the right up to multiples of `stride`."""
    after = [(0, -side % stride) for side in plane.shape[:2]]
    return np.pad(plane, [*after, (0, 0)], mode="reflect")


@torch.inference_mode()
def _predict_tile(
    network: Network, pixels: NDArray[np.float32], compute: Compute
) -> NDArray[np.float32]:
    """Map pixels (Y, X, C) to probabilities (K, Y, X)."""
    batch = torch.from_numpy(pixels).permute(2, 0, 1)[None]  # a channels-last view
    with compute.running():
        probabilities = class_probabilities(network(batch.to(compute.device)))
    array: NDArray[np.float32] = probabilities[0].cpu().numpy()
    return array


def _store(
    stored: NDArray[np.float32], tile: Tile, result: NDArray[np.float32]
) -> None:
    """Copy a tile's inner part, without what lies beyond the image."""
    rows, columns = tile.inner
    target = stored[:, rows, columns]
    inner = result[(slice(None), *tile.local)]
    target[...] = inner[:, : target.shape[1], : target.shape[2]]
