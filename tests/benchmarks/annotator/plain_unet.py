"""The loop that a competent user would write: a U-Net, Adam, cross-entropy, flips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from brush import Mask
from numpy.typing import NDArray
from sets import Picture
from tools import Predict
from torch import Tensor, nn

FIRST_STEPS, MORE_STEPS = 120, 50
BATCH, CROP = 8, 128
WIDTH, BLOCKS = 16, 4

_Painted = tuple[NDArray[np.float32], Mask, NDArray[Any]]


class PlainUNet:
    """Learns from the strokes alone, and goes on from where it was a round before."""

    def __init__(self, classes: int, seed: int) -> None:
        torch.manual_seed(seed)
        self._rng = np.random.default_rng(seed)
        self._classes = classes
        self._net: UNet | None = None

    def fit(self, images: Sequence[Picture], strokes: Sequence[Mask]) -> Predict:
        """Train for a fixed number of steps."""
        steps = MORE_STEPS
        if self._net is None:
            self._net = UNet(1 if images[0].ndim == 2 else 3, self._classes)
            self._adam = torch.optim.Adam(self._net.parameters(), 1e-3)
            steps = FIRST_STEPS
        net, loss = self._net.train(), nn.CrossEntropyLoss(ignore_index=-1)
        painted = [_padded(i, s) for i, s in zip(images, strokes, strict=True)]
        for _ in range(steps):
            crops = [self._crop(painted) for _ in range(BATCH)]
            x, y = (torch.from_numpy(np.stack(part)) for part in zip(*crops))  # noqa: B905
            self._adam.zero_grad()
            loss(net(x), y).backward()
            self._adam.step()
        return self._predict

    def _crop(
        self, painted: Sequence[_Painted]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Cut out a square around a painted pixel, perhaps mirrored."""
        rng = self._rng
        image, marks, places = painted[rng.integers(len(painted))]
        place = places[rng.integers(len(places))]
        first = np.clip(
            place - rng.integers(CROP, size=2), 0, np.array(marks.shape) - CROP
        )
        rows, columns = (slice(at, at + CROP) for at in first)
        x, y = image[:, rows, columns], marks[rows, columns].astype(np.int64) - 1
        for axis in (0, 1):
            if rng.random() < 0.5:
                x, y = np.flip(x, axis + 1), np.flip(y, axis)
        return x.copy(), y.copy()

    def _predict(self, image: Picture) -> Mask:
        assert self._net is not None
        height, width = image.shape[:2]
        more = (0, 0), (0, -height % 2**BLOCKS), (0, -width % 2**BLOCKS)
        x = torch.from_numpy(np.pad(_standardised(image), more, "reflect"))
        with torch.inference_mode():
            logits = self._net.eval()(x[None])[0, :, :height, :width]
        return logits.argmax(0).numpy().astype(np.uint8)


def _standardised(image: Picture) -> NDArray[np.float32]:
    """Return channels first, each of mean 0 and standard deviation 1."""
    x = image.astype(np.float32)
    x = x[None] if x.ndim == 2 else np.moveaxis(x, -1, 0)
    mean, spread = x.mean((1, 2), keepdims=True), x.std((1, 2), keepdims=True)
    result: NDArray[np.float32] = (x - mean) / (spread + 1e-6)
    return result


def _padded(image: Picture, marks: Mask) -> _Painted:
    more = [(0, max(0, CROP - side)) for side in marks.shape]
    marks = np.pad(marks, more)
    pixels = np.pad(_standardised(image), ((0, 0), *more), "reflect")
    return pixels, marks, np.argwhere(marks)


class UNet(nn.Module):
    """The textbook's, with batch normalisation."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        sizes = [WIDTH * 2**k for k in range(BLOCKS + 1)]
        inner = list(zip(sizes[:0:-1], sizes[-2::-1], strict=True))
        into = [channels, *sizes[:-1]]
        self.down = nn.ModuleList(
            _double(i, o) for i, o in zip(into, sizes, strict=True)
        )
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, 2) for i, o in inner)
        self.join = nn.ModuleList(_double(i, o) for i, o in inner)
        self.head = nn.Conv2d(WIDTH, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits."""
        skips = []
        for block in self.down[:-1]:
            x = block(x)
            skips.append(x)
            x = nn.functional.max_pool2d(x, 2)
        x = self.down[-1](x)
        for up, join in zip(self.up, self.join, strict=True):
            x = join(torch.cat([up(x), skips.pop()], 1))
        logits: Tensor = self.head(x)
        return logits


def _double(i: int, o: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for entering in (i, o):
        layers += [nn.Conv2d(entering, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU()]
    return nn.Sequential(*layers)
