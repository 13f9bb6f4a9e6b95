"""Run a model over an image, tile by tile."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imageseg.devices import Compute, choose_compute
from imageseg.images import (
    ValueScale,
    seen_part,
    spatial_shape,
    split_parts,
)
from imageseg.inference.prediction import Prediction
from imageseg.inference.tiles import Tile, tile_grid
from imageseg.model import SegmentationModel, class_probabilities
from imageseg.networks.table import Network, as_network
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task

_MIRRORED = ((-1,), (-2,), (-2, -1))  # the axes of each copy


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
        are predicted plane by plane, or volume by volume if the model is 3-D.
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
    network = as_network(model.network.to(compute.device).eval())
    shape = spatial_shape(image, model.spec.channels)
    parts = split_parts(image, model.spec.channels, network.dims)
    scale = scale or ValueScale.of(image, model.spec.normalisation)
    stored = np.empty((len(model.spec.scheme), *parts.shape[:-1]), np.float32)
    tiles = _tiles(parts.shape[1:-1], network, settings.tile)
    total = len(parts) * len(tiles)
    for i in range(len(parts)):
        padded = _pad(seen_part(parts, i, shape, model.spec.neighbours), network.stride)
        for j, tile in enumerate(tiles):
            pixels = scale.apply(padded[tile.outer])
            result = _predict_tile(network, pixels, compute, flips=settings.flips)
            _store(stored[:, i], tile, result)
            done = i * len(tiles) + j + 1
            yield Progress(done=done, total=total, message=f"tile {done} of {total}")
    return Prediction(
        probabilities=stored.reshape(len(stored), *shape),
        scheme=model.spec.scheme,
        model=model.spec.name,
    )


def _tiles(shape: tuple[int, ...], network: Network, size: int) -> list[Tile]:
    stride = network.stride
    sides = tuple(-(-side // stride) * stride for side in shape)
    if len(sides) == 3:  # a cube of as many voxels as the square has pixels
        size = round(size ** (2 / 3))
    return tile_grid(sides, size=size, halo=network.halo, stride=stride)


def _pad(part: NDArray[Any], stride: int) -> NDArray[Any]:
    """Mirror a part (…, C) at its far ends up to multiples of `stride`."""
    after = [(0, -side % stride) for side in part.shape[:-1]]
    return np.pad(part, [*after, (0, 0)], mode="reflect")


@torch.inference_mode()
def _predict_tile(
    network: Network,
    pixels: NDArray[np.float32],
    compute: Compute,
    *,
    flips: bool,
) -> NDArray[np.float32]:
    """Map pixels (…, C) to probabilities (K, …), or the mean over mirrored copies.

    Tiles begin and end on the pooling grid, so a mirrored tile computes what the
    mirrored whole would.
    """
    batch = torch.from_numpy(pixels).movedim(-1, 0)[None]  # a channels-last view
    batch = batch.to(compute.device)
    with compute.running():
        found = class_probabilities(network(batch))
        if flips:
            copies = [_mirrored_back(network, batch, axes) for axes in _MIRRORED]
            found = torch.stack([found, *copies]).mean(0)
    array: NDArray[np.float32] = found[0].cpu().numpy()
    return array


def _mirrored_back(network: Network, batch: Tensor, axes: tuple[int, ...]) -> Tensor:
    return class_probabilities(network(batch.flip(axes))).flip(axes)


def _store(
    stored: NDArray[np.float32], tile: Tile, result: NDArray[np.float32]
) -> None:
    """Copy a tile's inner part, without what lies beyond the image."""
    target = stored[(slice(None), *tile.inner)]
    inner = result[(slice(None), *tile.local)]
    target[...] = inner[tuple(slice(side) for side in target.shape)]
