"""Change lightness, saturation and hue by percentages, as imageseg does.

imageseg hands them to ImageMagick's *modulate*: in the HSL double cone, lightness
and saturation are multiplied, the hue turns by 1.8° a percent. HSL: Joblove &
Greenberg 1978, doi 10.1145/965139.807362.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_TINY = 1e-6
_SEXTANTS = 3 / 100  # of the colour wheel in a percent of hue


def modulate(
    image: NDArray[Any],
    brightness: float = 100.0,
    saturation: float = 100.0,
    hue: float = 100.0,
) -> NDArray[Any]:
    """Change a picture by percentages; 100 leaves everything.

    Parameters
    ----------
    image
        (…, 3) are colours, all else grey values, which have no hue: integers of
        their whole range, or floats from 0 to 1.
    brightness, saturation
        Per cent of the old lightness and saturation, cut at their largest value.
    hue
        100 for the old one; one per cent turns it by 1.8°.

    Returns
    -------
    image
        Of the same shape and type, rounded.
    """
    whole = image.dtype.kind in "iu"
    top = np.iinfo(image.dtype).max if whole else 1
    values = torch.from_numpy(image.astype(float) / top)
    if image.ndim > 2 and image.shape[-1] == 3:
        percents = [torch.tensor(value) for value in (brightness, saturation, hue)]
        colours = modulated(values.reshape(1, -1, 3).mT, *percents)
        values = colours.mT.reshape(image.shape)
    else:
        values = (values * (brightness / 100)).clamp(0, 1)
    result = values.numpy() * top
    return np.asarray(result.round() if whole else result, image.dtype)


def modulated(
    images: Tensor, brightness: Tensor, saturation: Tensor, hue: Tensor
) -> Tensor:
    """Change colours (N, 3, …) from 0 to 1 by percentages that broadcast.

    In HSL a colour is its lightness plus its chroma times a direction, which
    only the hue decides.
    """
    high, low = images.amax(1, keepdim=True), images.amin(1, keepdim=True)
    lightness, chroma = (high + low) / 2, high - low
    direction = (images - lightness) / chroma.clamp(min=_TINY)
    if (hue != 100).any():
        direction = _direction(_sextant(direction) + (hue - 100) * _SEXTANTS)
    fullness = chroma / _most_chroma(lightness).clamp(min=_TINY)
    lightness = (lightness * (brightness / 100)).clamp(0, 1)
    fullness = (fullness * (saturation / 100)).clamp(max=1)
    return lightness + fullness * _most_chroma(lightness) * direction


def _most_chroma(lightness: Tensor) -> Tensor:
    return 1 - (2 * lightness - 1).abs()


def _sextant(direction: Tensor) -> Tensor:
    """Return hues (N, 1, …) as sextants of the wheel: red 0, green 2, blue 4."""
    red, green, blue = (direction[:, k : k + 1] for k in range(3))
    from_green = torch.where(green >= blue, 2 + blue - red, 4 + red - green)
    return torch.where((red >= green) & (red >= blue), green - blue, from_green)


def _direction(sextant: Tensor) -> Tensor:
    """Return colours (N, 3, …) of chroma 1 and lightness 0."""
    centres = torch.tensor([0, 2, 4]).to(sextant).reshape(3, *[1] * (sextant.ndim - 2))
    away = sextant - centres
    away = (away - 6 * (away / 6).round()).abs()  # either way round the wheel
    return (1.5 - away).clamp(-0.5, 0.5)
