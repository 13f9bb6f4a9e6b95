"""Change light and colour, blur and add noise, in place.

Images are (N, C, Y, X) or (N, C, Z, Y, X), 0 to 1, and stay there.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from imageseg.augmentation.draws import Draws
from imageseg.augmentation.modulate import modulated
from imageseg.augmentation.settings import AugmentSettings

_REACH = 3  # of the blur, in standard deviations


def relight(images: Tensor, settings: AugmentSettings, draws: Draws) -> None:
    """Change brightness, saturation, hue, contrast and gamma of a share each.

    Every change is even about the original: brightness, saturation and hue as
    in `modulated`, contrast about the mean of the image, gamma on a logarithmic
    axis.
    """
    count, share = len(images), settings.light_share
    percents = [
        draws.about(count, extent) * draws.chosen(count, share)
        for extent in (settings.brightness, settings.saturation, settings.hue)
    ]
    shift = torch.stack(percents)
    _change(images, shift.any(0), 100 + shift, _modulated)
    contrast = draws.about(count, settings.contrast / 100)
    sharper = draws.chosen(count, share) & (contrast != 0)
    _change(images, sharper, 1 + contrast, _contrasted)
    gamma = draws.about(count, math.log(settings.gamma))
    curved = draws.chosen(count, share) & (gamma != 0)
    _change(images, curved, gamma.exp(), _curved)


def blur(images: Tensor, settings: AugmentSettings, draws: Draws) -> None:
    """Blur a share of the images, stacks plane by plane."""
    sigma = draws.between(len(images), 0.0, settings.blur)
    chosen = draws.chosen(len(images), settings.blur_share) & (sigma > 0)
    _change(images, chosen, sigma, _blurred)


def add_noise(images: Tensor, settings: AugmentSettings, draws: Draws) -> None:
    """Add Gaussian noise to a share of the images."""
    sigma = draws.between(len(images), 0.0, settings.noise)
    chosen = draws.chosen(len(images), settings.noise_share) & (sigma > 0)

    def noisy(some: Tensor, sigma: Tensor) -> Tensor:
        return some + draws.normal(*some.shape).to(some) * sigma

    _change(images, chosen, sigma, noisy)


def _change(
    images: Tensor,
    chosen: Tensor,
    values: Tensor,
    change: Callable[[Tensor, Tensor], Tensor],
) -> None:
    """Change the chosen images, each by its own value; the others keep theirs."""
    if chosen.any():
        some = chosen.to(images.device)
        own = values[..., chosen].to(images)
        own = own.reshape(*own.shape, *[1] * (images.ndim - 1))
        images[some] = change(images[some], own).clamp(0, 1)


def _modulated(images: Tensor, percents: Tensor) -> Tensor:
    if images.shape[1] != 3:
        return images * (percents[0] / 100)
    return modulated(images, percents[0], percents[1], percents[2])


def _contrasted(images: Tensor, factor: Tensor) -> Tensor:
    mean = images.mean(tuple(range(1, images.ndim)), keepdim=True)
    return mean + (images - mean) * factor


def _curved(images: Tensor, exponent: Tensor) -> Tensor:
    return torch.pow(images.clamp(min=0), exponent)


def _blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Convolve every image with its own Gaussian, rows after columns."""
    count, (height, width) = len(images), images.shape[-2:]
    reach = min(math.ceil(_REACH * float(sigma.max())), height - 1, width - 1)
    at = torch.arange(-reach, reach + 1, device=images.device)
    kernels = (-0.5 * (at / sigma.reshape(count, 1)) ** 2).exp()
    kernels = (kernels / kernels.sum(1, keepdim=True)).reshape(count, 1, 1, -1)
    planes = images.reshape(count, -1, height, width).transpose(0, 1)
    planes = F.pad(planes, [reach] * 4, mode="reflect")
    planes = F.conv2d(planes, kernels, groups=count)
    planes = F.conv2d(planes, kernels.transpose(2, 3), groups=count)
    return planes.transpose(0, 1).reshape(images.shape)
