"""Random changes of training patches, the same for image and labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from imageseg.settings import Augmentation


class Augmenter:
    """Changes batches of images and labels in one random draw.

    Pixels that come from outside a patch are black and not annotated; labels
    are resampled by nearest neighbour only.

    Parameters
    ----------
    kind
        Which changes.
    channels
        Colours are changed only with three.
    """

    def __init__(self, kind: Augmentation, channels: int) -> None:
        self._pipeline = _pipeline(kind, channels)

    @torch.no_grad()
    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return changed images (N, C, S, S) and labels (N, S, S)."""
        if self._pipeline is None:
            return images, labels
        changed, masks = self._pipeline(images, labels[:, None].float())
        return changed, masks[:, 0].round().to(labels.dtype)


def _pipeline(kind: Augmentation, channels: int) -> nn.Module | None:
    if kind == "none":
        return None
    # heavy; only training needs it
    from kornia.augmentation import AugmentationSequential  # noqa: PLC0415
    from kornia.constants import DataKey, Resample  # noqa: PLC0415

    steps = _flips() + (_turns() + _light(kind, channels) if kind != "flips" else [])
    pipeline: nn.Module = AugmentationSequential(
        *steps,  # type: ignore[arg-type]  # kornia does not export their base class
        data_keys=[DataKey.IMAGE, DataKey.MASK],
        extra_args={
            DataKey.MASK: {"resample": Resample.NEAREST, "align_corners": None}
        },
    )
    return pipeline


def _flips() -> list[nn.Module]:
    from kornia import augmentation as aug  # noqa: PLC0415

    return [aug.RandomHorizontalFlip(p=0.5), aug.RandomVerticalFlip(p=0.5)]


def _turns() -> list[nn.Module]:
    from kornia import augmentation as aug  # noqa: PLC0415

    return [aug.RandomAffine(degrees=180.0, scale=(0.75, 1.5), shear=10.0, p=0.8)]


def _light(kind: Augmentation, channels: int) -> list[nn.Module]:
    from kornia import augmentation as aug  # noqa: PLC0415

    steps: list[nn.Module] = [
        aug.RandomGamma(gamma=(0.7, 1.4), p=0.5),
        aug.RandomContrast(contrast=(0.8, 1.25), p=0.5),
        aug.RandomBrightness(brightness=(0.8, 1.25), p=0.5),
    ]
    if kind == "photo" and channels == 3:
        steps.append(aug.RandomSaturation(saturation=(0.5, 1.5), p=0.5))
        steps.append(aug.RandomHue(hue=(-0.05, 0.05), p=0.3))
    if kind == "microscopy":
        steps.append(aug.RandomGaussianNoise(std=0.03, p=0.3))
        steps.append(aug.RandomGaussianBlur((3, 3), (0.3, 1.2), p=0.2))
    return steps
