"""The pixel classifier as a layer: an image in, logits out."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imageseg.errors import ModelFormatError
from imageseg.forest import Trees, feature_names, feature_planes, feature_reach
from imageseg.forest.settings import FeatureSet

_LEAST = 1e-6  # probability that no vote falls below
_VALUES = 1 << 26  # of features held at once: 256 MB
_ARRAYS = tuple(own.name for own in fields(Trees) if own.init)


class PixelForest(nn.Module):
    """Judges every pixel by the mean vote of decision trees on its features.

    The trees are kept as plain tensors, like weights: nothing is unpickled. They
    are computed on the CPU wherever the images are. A new one knows nothing.

    Parameters
    ----------
    channels
        Image channels.
    maps
        1 for two classes, else one a class.
    features
        Which features.
    trees
        How many.
    """

    roots: Tensor
    votes: Tensor

    def __init__(
        self, channels: int, maps: int, features: FeatureSet, trees: int
    ) -> None:
        super().__init__()
        self._kind = features
        self._count = len(feature_names(features, channels))
        self._maps = maps
        self.set_trees(Trees.blank(trees, max(maps, 2)))

    @property
    def features(self) -> FeatureSet:
        """Which features it judges by."""
        return self._kind

    @property
    def trees(self) -> Trees:
        """Its trees."""
        return Trees(*(getattr(self, name).cpu().numpy() for name in _ARRAYS))

    def set_trees(self, trees: Trees) -> None:
        """Replace the trees."""
        for name in _ARRAYS:
            array = np.ascontiguousarray(getattr(trees, name))
            self.register_buffer(name, torch.from_numpy(array))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, K, Y, X) for images (N, C, Y, X)."""
        pixels = images.detach().float().cpu().movedim(1, -1).numpy()
        votes = np.stack([self._judge(image) for image in pixels])
        logits = torch.from_numpy(votes).clamp(_LEAST, 1 - _LEAST).log()
        if self._maps == 1:
            logits = logits[:, 1:] - logits[:, :1]
        return logits.to(images.device)

    def _judge(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return votes (K, Y, X) on an image (Y, X, C), some rows at a time."""
        height, width = image.shape[:2]
        reach, jobs = feature_reach(self._kind), torch.get_num_threads()
        trees = self.trees
        rows = max(1, _VALUES // (self._count * width) - 2 * reach)
        parts = []
        for start in range(0, height, rows):
            top, stop = max(0, start - reach), min(start + rows, height)
            planes = feature_planes(image[top : stop + reach], self._kind, jobs)
            own = planes[:, start - top : stop - top].reshape(self._count, -1)
            parts.append(trees.vote(own, jobs).reshape(-1, stop - start, width))
        return np.concatenate(parts, axis=1)

    def _load_from_state_dict(  # noqa: PLR0913, PLR0917  torch's
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,  # noqa: FBT001  torch's
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Take trees of any size, but none that lead nowhere."""
        given = [state_dict.get(prefix + name) for name in _ARRAYS]
        fault = self._fault(given)
        if fault:
            error_msgs.append(fault)
            return
        for name, tensor in zip(_ARRAYS, given, strict=True):
            self.register_buffer(name, torch.empty_like(tensor))  # type: ignore[arg-type]
        super()._load_from_state_dict(
            state_dict,
            prefix,
            local_metadata,
            strict,
            missing_keys,
            unexpected_keys,
            error_msgs,
        )

    def _fault(self, given: list[Tensor | None]) -> str:
        """Say what is wrong with tensors that should be trees, or nothing."""
        found = [tensor for tensor in given if tensor is not None]
        if len(found) < len(_ARRAYS):
            return "Some arrays of the trees are missing."
        nodes = found[-2].shape
        shapes = [
            self.roots.shape,
            nodes,
            nodes,
            nodes,
            (*nodes, *self.votes.shape[1:]),
        ]
        kinds = [
            (getattr(self, name).dtype, shape)
            for name, shape in zip(_ARRAYS, shapes, strict=True)
        ]
        if [(tensor.dtype, tensor.shape) for tensor in found] != kinds:
            return "The arrays of the trees do not fit together."
        try:
            Trees(*(tensor.cpu().numpy() for tensor in found)).check(self._count)
        except ModelFormatError as error:
            return str(error)
        return ""


def forest_of(network: nn.Module) -> PixelForest | None:
    """Return the pixel classifier inside a network, or None if there is none."""
    found = (m for m in network.modules() if isinstance(m, PixelForest))
    return next(found, None)
