"""What people can paint with: ours, and what they would use instead.

A tool is made with a number of classes and a seed. `fit` takes all images painted so
far with their strokes, again each round, and returns who predicts. Each imports what
it needs when it is made, so that it can live in its own environment.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from brush import Mask
from numpy.typing import NDArray
from sets import Picture, Predict


class Tool(Protocol):
    """Learns from strokes."""

    def fit(self, images: Sequence[Picture], strokes: Sequence[Mask]) -> Predict:
        """Learn, and return who predicts class numbers from 0."""


class RandomForest:
    """A random forest on scikit-image's features, sigma 1 to 16.

    Stands for ilastik, Labkit and Trainable Weka; their filters and speed differ.
    """

    def __init__(self, classes: int, seed: int) -> None:
        from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415

        del classes
        self._forest = RandomForestClassifier(100, n_jobs=1, random_state=seed)
        self._known: dict[int, NDArray[np.float32]] = {}

    def fit(self, images: Sequence[Picture], strokes: Sequence[Mask]) -> Predict:
        """Grow a new forest; features of images seen before are kept."""
        for image in images:
            self._known.setdefault(id(image), self._features(image))
        pairs = list(zip(images, strokes, strict=True))
        features = [self._known[id(image)][marks > 0] for image, marks in pairs]
        truth = [marks[marks > 0] - 1 for marks in strokes]
        self._forest.fit(np.concatenate(features), np.concatenate(truth))

        def predict(image: Picture) -> Mask:
            found = self._features(image)
            flat = found.reshape(-1, found.shape[-1])
            return self._forest.predict(flat).reshape(found.shape[:2]).astype(np.uint8)

        return predict

    @staticmethod
    def _features(image: Picture) -> NDArray[np.float32]:
        from skimage.feature import multiscale_basic_features  # noqa: PLC0415

        axis = -1 if image.ndim == 3 else None
        # By place: the last, threads, has had two names.
        given = (True, True, True, 1, 16, None, 1)
        found: NDArray[np.float32] = multiscale_basic_features(
            image, *given, channel_axis=axis
        )
        return found


class Convpaint:
    """napari-convpaint's ``gaussian``, with its defaults, through its own API."""

    def __init__(self, classes: int, seed: int) -> None:
        del classes, seed
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        _declare_torchvision()
        from napari_convpaint.convpaint_model import ConvpaintModel  # noqa: PLC0415

        self._model = ConvpaintModel("gaussian")

    def fit(self, images: Sequence[Picture], strokes: Sequence[Mask]) -> Predict:
        """Train anew."""
        mode = "rgb" if images[0].ndim == 3 else "single"
        self._model.set_params(channel_mode=mode, ignore_warnings=True)
        pictures = [_channels_first(image) for image in images]
        with contextlib.redirect_stdout(io.StringIO()):
            self._model.train(pictures, [marks.astype(np.int32) for marks in strokes])

        def predict(image: Picture) -> Mask:
            with contextlib.redirect_stdout(io.StringIO()):
                found = self._model.segment(_channels_first(image))
            return (np.asarray(found) - 1).astype(np.uint8)

        return predict


def _channels_first(image: Picture) -> Picture:
    return np.moveaxis(image, -1, 0) if image.ndim == 3 else image


def _declare_torchvision() -> None:
    """Let torchvision import beside a CPU build of torch.

    The registry's torchvision is built for CUDA, and its import fails on two
    operators that nobody here calls.
    """
    import torch  # noqa: PLC0415

    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        with contextlib.suppress(RuntimeError):
            library.define(f"{name}(Tensor dets, Tensor scores, float t) -> Tensor")
    _KEPT.append(library)


_KEPT: list[Any] = []  # a library's operators go when it does


def _instant(classes: int, seed: int) -> Tool:
    from ours import Instant  # noqa: PLC0415  imports imageseg

    return Instant(classes, seed)


def _with_network(classes: int, seed: int) -> Tool:
    from ours import WithNetwork  # noqa: PLC0415  imports imageseg

    return WithNetwork(classes, seed)


def _plain_unet(classes: int, seed: int) -> Tool:
    from plain_unet import PlainUNet  # noqa: PLC0415  imports torch

    return PlainUNet(classes, seed)


TOOLS: dict[str, Callable[[int, int], Tool]] = {
    "ours": _instant,
    "ours+network": _with_network,
    "forest": RandomForest,
    "convpaint": Convpaint,
    "unet": _plain_unet,
}
