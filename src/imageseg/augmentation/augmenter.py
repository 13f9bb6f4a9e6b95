"""Change batches on the fly, images and labels in one random draw.

No kornia: measured on two CPU cores (`tests/benchmarks/augmentation.py`), it takes
36 % of a training step with every change on every patch, this 15 %; with the preset
``photo`` it is 15 % and 7 %. (Eight patches of 256 x 256, imageseg's U-Net of 16
filters in bfloat16, 358 ms a step; kornia 0.9. In float32, 902 ms a step, it is 14 %
and 6 %.)
"""

from __future__ import annotations

import torch
from torch import Tensor

from imageseg.augmentation.draws import Draws
from imageseg.augmentation.light import add_noise, blur, relight
from imageseg.augmentation.moves import (
    Pair,
    draw_bends,
    draw_matrices,
    flip,
    mirror,
    warp,
)
from imageseg.augmentation.presets import preset
from imageseg.augmentation.settings import AugmentSettings
from imageseg.settings import Augmentation


class Augmenter:
    """Changes batches of images and labels.

    Pixels that come from outside an image are not annotated, and labels take
    the nearest neighbour only. Stacks move plane by plane alike, and may change
    the order of their planes: planes are seldom as near as pixels.

    Parameters
    ----------
    settings
        The changes, or the name of a preset.
    seed
        Start of the random numbers, which nothing else draws from.
    """

    def __init__(
        self, settings: AugmentSettings | Augmentation, *, seed: int = 0
    ) -> None:
        self.settings = preset(settings) if isinstance(settings, str) else settings
        self._draws = Draws(seed)

    @property
    def generator(self) -> torch.Generator:
        """Where its random numbers come from, to keep and restore their state."""
        return self._draws.generator

    @torch.no_grad()
    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return changed copies of a batch.

        Parameters
        ----------
        images
            (N, C, Y, X) or (N, C, Z, Y, X), floats from 0 to 1; colours change
            only with three channels.
        labels
            (N, Y, X) or (N, Z, Y, X), 0 = not annotated.
        """
        whole = torch.contiguous_format
        images = images.clone(memory_format=whole)
        labels = labels.clone(memory_format=whole)
        relight(images, self.settings, self._draws)
        self._move(images, labels)
        blur(images, self.settings, self._draws)
        add_noise(images, self.settings, self._draws)
        return images, labels

    def _move(self, images: Tensor, labels: Tensor) -> None:
        settings, draws = self.settings, self._draws
        count, (height, width) = len(images), images.shape[-2:]
        reversed_ = draws.chosen(count, settings.flip_z)
        if images.ndim == 5:
            flip(images, reversed_, -3)
            flip(labels, reversed_, -3)
        planes = labels if labels.ndim == 4 else labels[:, None]
        pair = Pair(images.flatten(1, -3), planes)
        mirror(pair, settings, draws)
        matrices = draw_matrices((height, width), count, settings, draws)
        bends = draw_bends((height, width), count, settings, draws)
        warp(pair, matrices, bends, settings.outside)
