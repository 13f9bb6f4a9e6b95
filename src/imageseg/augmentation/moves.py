"""Mirror, turn and warp images and labels in one go, in place.

Images (N, C, Y, X) and labels (N, Z, Y, X) move alike in Y and X; planes of a
stack stand in the channel axis, so that two and three dimensions are one case.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from imageseg.augmentation.draws import Draws
from imageseg.augmentation.settings import AugmentSettings, Outside

_PADDING: dict[Outside, Literal["zeros", "reflection"]] = {
    "black": "zeros",
    "reflect": "reflection",
}


class Pair(NamedTuple):
    """Images (N, C, Y, X) and labels (N, Z, Y, X) that belong together."""

    images: Tensor
    labels: Tensor


def mirror(pair: Pair, settings: AugmentSettings, draws: Draws) -> None:
    """Mirror and quarter-turn a share of the batch; no value changes."""
    count, (height, width) = len(pair.images), pair.images.shape[-2:]
    left_right = draws.chosen(count, settings.flip_horizontal)
    up_down = draws.chosen(count, settings.flip_vertical)
    turned = draws.chosen(count, settings.quarter_turns)
    quarters = draws.whole(count, 1, 3) if height == width else torch.full((count,), 2)
    for array in pair:
        flip(array, left_right, -1)
        flip(array, up_down, -2)
        for k in (1, 2, 3):
            _turn(array, turned & (quarters == k), k)


def flip(array: Tensor, chosen: Tensor, axis: int) -> None:
    """Reverse an axis of the chosen items (N,)."""
    if chosen.any():
        some = chosen.to(array.device)
        array[some] = array[some].flip(axis)


def draw_matrices(
    shape: tuple[int, int], count: int, settings: AugmentSettings, draws: Draws
) -> Tensor:
    """Draw where pixels come from: rotation, scale, shear and shift composed.

    Scales are drawn evenly on a logarithmic axis, so that halving is as likely
    as doubling.

    Parameters
    ----------
    shape
        Rows and columns.
    count
        How many; those that are not to be warped are identities.

    Returns
    -------
    matrices
        (N, 2, 3): (x, y) of the source from (x, y, 1) of the result, in px from
        the centre.
    """
    height, width = shape
    chosen = draws.chosen(count, settings.warp_share)
    turn = torch.deg2rad(draws.about(count, settings.rotation))
    slant = torch.deg2rad(draws.about(count, settings.shear)).tan()
    scale = draws.between(
        count, math.log(settings.scale_min), math.log(settings.scale_max)
    ).exp()
    x = draws.about(count, settings.shift * width)
    y = draws.about(count, settings.shift * height)
    cos, sin = turn.cos() / scale, turn.sin() / scale
    rows = [cos, cos * slant - sin, x, sin, sin * slant + cos, y]
    matrices = torch.stack(rows, 1).reshape(count, 2, 3)
    return torch.where(chosen[:, None, None], matrices, torch.eye(2, 3))


def draw_bends(
    shape: tuple[int, int], count: int, settings: AugmentSettings, draws: Draws
) -> Tensor | None:
    """Draw elastic displacements: coarse normal vectors, bicubic in between.

    As for the U-Net (Ronneberger, Fischer & Brox 2015, section 3.1,
    doi 10.1007/978-3-319-24574-4_28).

    Returns
    -------
    displacements
        (N, 2, Y, X) as x and y, px; None if nothing bends.
    """
    chosen = draws.chosen(count, settings.elastic_share)
    if not (settings.elastic and chosen.any()):
        return None
    coarse = [max(2, round(side / settings.smoothness) + 1) for side in shape]
    points = draws.normal(count, 2, *coarse) * settings.elastic
    points *= chosen[:, None, None, None]
    return F.interpolate(points, shape, mode="bicubic", align_corners=True)


def warp(
    pair: Pair, matrices: Tensor, bends: Tensor | None, outside: Outside = "black"
) -> None:
    """Fetch every pixel from its source, all changes in one interpolation.

    Images are interpolated linearly, labels take the nearest; labels from
    outside are 0, not annotated.

    Parameters
    ----------
    pair
        Images and labels.
    matrices, bends
        As drawn; what is the identity keeps its very values.
    outside
        What images show of what lies outside them.
    """
    moved = (matrices != torch.eye(2, 3)).flatten(1).any(1)
    if bends is not None:
        moved |= bends.flatten(1).any(1)
    if not moved.any():
        return
    images, labels = pair
    bend = None if bends is None else bends[moved].to(images)
    grid = _grid(matrices[moved].to(images), bend, images.shape[-2:])
    some = moved.to(images.device)
    images[some] = F.grid_sample(
        images[some], grid, "bilinear", _PADDING[outside], align_corners=False
    )
    nearest = F.grid_sample(
        labels[some].to(images), grid, "nearest", "zeros", align_corners=False
    )
    labels[some] = nearest.to(labels.dtype)


def _grid(matrices: Tensor, bends: Tensor | None, shape: torch.Size) -> Tensor:
    """Return sources (N, Y, X, 2) as x and y, in halves of the sides."""
    height, width = shape
    half = torch.tensor([width / 2, height / 2], device=matrices.device)
    relative = matrices / half[:, None]
    relative[:, :, :2] *= half
    grid = F.affine_grid(
        relative, [len(matrices), 1, height, width], align_corners=False
    )
    return grid if bends is None else grid + bends.movedim(1, -1) / half


def _turn(array: Tensor, chosen: Tensor, quarters: int) -> None:
    if chosen.any():
        some = chosen.to(array.device)
        array[some] = array[some].rot90(quarters, (-2, -1))
