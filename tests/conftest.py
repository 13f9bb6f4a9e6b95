"""Fixtures that several test files share; nothing here needs a GUI."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pytest
import torch
from torch import nn

from imageseg.classes import ClassScheme
from imageseg.images import ValueScale
from imageseg.model import SegmentationModel, new_model
from imageseg.spec import ModelSpec
from imageseg.training.sample import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray


# A machine that does other work meanwhile is no error of ours.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture
def rng() -> np.random.Generator:
    """Return random numbers that are the same in every run."""
    return np.random.default_rng(7)


@pytest.fixture
def rgb(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a colour image in which no two sides or corners are alike."""
    return rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)


@pytest.fixture
def grey(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a grey image with both ends of its range."""
    image = rng.integers(0, 256, (6, 9), dtype=np.uint8)
    image[0, :2] = 0, 255
    return image


WRONG: dict[str, Any] = {
    "null": None,
    "negative": -1,
    "text": "x",
    "list": [],
    "object": {},
    "huge": 1e308,
    "nested": [[["x"], {"y": None}]],
}
"""What stands in damaged descriptions, or in those of other versions."""


@pytest.fixture(params=list(WRONG))
def wrong(request: pytest.FixtureRequest) -> Any:
    """Return a value that most fields cannot have, one after the other."""
    return WRONG[request.param]


@pytest.fixture
def damaged() -> Callable[..., Iterator[tuple[str, Any]]]:
    """Go through all that a JSON value holds, each time with one part exchanged.

    Of lists of parts alike, as coordinates, only the first part is.
    """
    return _damaged


def _damaged(
    values: Any, wrong: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[str, Any]]:
    found = values
    for key in path:
        found = found[key]
    if path:
        copy = deepcopy(values)
        holder = copy
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = deepcopy(wrong)
        yield ".".join(map(str, path)), copy
    if isinstance(found, dict):
        for key in found:
            yield from _damaged(values, wrong, (*path, key))
    elif isinstance(found, list) and found:
        yield from _damaged(values, wrong, (*path, 0))


NEEDED = (
    r"format|version|current|model|scheme\.classes\.\d\.(id|name)"
    r"|images\.\d\.(id|path|absolute)|models\.\d\.id"
)
"""Fields without which a project does not open, or is another one."""


@pytest.fixture
def ruined() -> Callable[..., Any]:
    """Replace all of a project's description that it opens without."""
    return _ruined


@pytest.fixture
def needed() -> Callable[..., Any]:
    """Return what of a description cannot be replaced, by its names."""
    return _needed


def _ruined(values: Any, wrong: Any, name: str = "") -> Any:
    if re.fullmatch(NEEDED, name):
        return values
    if values and isinstance(values, dict):
        return {
            k: _ruined(v, wrong, f"{name}.{k}".strip(".")) for k, v in values.items()
        }
    if values and isinstance(values, list):
        return [_ruined(v, wrong, f"{name}.{i}") for i, v in enumerate(values)]
    return wrong


def _needed(values: Any, name: str = "") -> dict[str, Any]:
    if re.fullmatch(NEEDED, name):
        return {name: values}
    parts = dict(enumerate(values)) if isinstance(values, list) else values
    found = {}
    for key, value in parts.items() if isinstance(parts, dict) else ():
        found |= _needed(value, f"{name}.{key}".strip("."))
    return found


@pytest.fixture
def make_model() -> Callable[..., SegmentationModel]:
    """Build tiny U-Nets whose batch normalisations have a past."""
    return _tiny_model


@pytest.fixture
def make_plane() -> Callable[..., Part]:
    """Build planes from labels, with random pixels unless some are given."""
    return _plane


@pytest.fixture
def threshold_model() -> Callable[..., SegmentationModel]:
    """Build models that class pixels by their mean brightness, as told by hand."""
    return _threshold_model


class Threshold(nn.Module):
    """Of two classes the second from half brightness on; of K the nearest of K levels.

    The levels are 0, 1 / (K - 1), …, 1.
    """

    stride, halo, dims = 1, 0, 2

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map (N, C, Y, X) to logits."""
        mean = images.mean(1, keepdim=True)
        if self.classes == 2:
            return 20 * (mean - 0.5)
        levels = torch.linspace(0, 1, self.classes).reshape(1, -1, 1, 1)
        return -20 * (mean - levels).abs()


def _threshold_model(
    scheme: ClassScheme | None = None, *, channels: int = 3
) -> SegmentationModel:
    scheme = scheme or ClassScheme.from_names(["dark", "bright"])
    spec = ModelSpec(
        name="threshold",
        architecture="unet",
        arguments={},
        channels=channels,
        scheme=scheme,
    )
    return SegmentationModel(Threshold(len(scheme)).eval(), spec)


def _tiny_model(
    classes: int = 2, channels: int = 3, *, seed: int = 0, **values: Any
) -> SegmentationModel:
    torch.manual_seed(seed)
    normalisation = values.pop("normalisation", "range")
    model = new_model(
        ClassScheme.from_names([f"class {k}" for k in range(1, classes + 1)]),
        channels=channels,
        arguments={"filters": 4, "blocks": 2} | values,
        normalisation=normalisation,
        name="tiny",
    )
    for module in model.network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0.0, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0.0, 0.2)
    model.network.eval()
    return model


def _plane(
    labels: np.ndarray, pixels: np.ndarray | None = None, name: str = "image"
) -> Part:
    if pixels is None:
        rng = np.random.default_rng(0)
        pixels = rng.integers(0, 256, (*labels.shape, 3), dtype=np.uint8)
    scale = ValueScale.of(pixels, "range")
    return Part(pixels, labels.astype(np.uint8), scale, name)
