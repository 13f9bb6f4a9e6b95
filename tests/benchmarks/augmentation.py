"""What random changes cost beside a training step, ours and kornia's.

    pip install kornia
    python tests/benchmarks/augmentation.py

Batches of eight patches of 256 x 256 on two threads. Everything takes turns and
the shortest of several rounds counts, so that what else the machine does
disturbs least. "All" is every change on every patch, "photo" the preset of that
name and the same ranges and shares in kornia.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import torch
from kornia import augmentation as kornia
from kornia.constants import DataKey, Resample
from torch.nn import functional as F

from imageseg.augmentation import AugmentSettings
from imageseg.augmentation.augmenter import Augmenter
from imageseg.networks import build_network

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15
IMAGES = torch.rand(8, 3, 256, 256)
LABELS = torch.randint(0, 3, (8, 256, 256), dtype=torch.uint8)
FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
ALL = AugmentSettings(
    **dict.fromkeys(("flip_horizontal", "flip_vertical", "quarter_turns"), 0.5),
    **dict.fromkeys(("warp_share", "elastic_share", "light_share"), 1.0),
    **dict.fromkeys(("blur_share", "noise_share"), 1.0),
    rotation=180.0,
    shift=0.05,
    scale_min=0.75,
    scale_max=1.5,
    shear=10.0,
    elastic=4.0,
    brightness=20.0,
    contrast=20.0,
    saturation=50.0,
    hue=10.0,
    gamma=1.4,
    blur=1.2,
    noise=0.06,
)


def training_step(filters: int, dtype: torch.dtype) -> Callable[[], None]:
    """Return a step of imageseg's U-Net."""
    network = build_network("unet", 3, 3, {"filters": filters}).train()
    optimiser = torch.optim.AdamW(network.parameters())

    def step() -> None:
        images = IMAGES.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            logits = network(images)
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(logits.float(), LABELS.long()).backward()
        optimiser.step()

    return step


def with_kornia(*, everything: bool) -> Callable[[], None]:
    """Return a pipeline of kornia's with the ranges of ours."""
    sure, half = (1.0, 1.0) if everything else (0.8, 0.5)
    steps = [
        kornia.RandomHorizontalFlip(p=0.5),
        kornia.RandomVerticalFlip(p=0.5),
        kornia.RandomAffine(180.0, (0.05, 0.05), (0.75, 1.5), 10.0, p=sure),
        kornia.RandomGamma((1 / 1.4, 1.4), p=half),
        kornia.RandomContrast((0.8, 1.2), p=half),
        kornia.RandomBrightness((0.8, 1.2), p=half),
        kornia.RandomSaturation((0.5, 1.5), p=half),
        kornia.RandomHue((-0.05, 0.05), p=half),
    ]
    if everything:
        steps += [
            kornia.RandomElasticTransform(
                (63, 63), (10.0, 10.0), align_corners=True, p=1.0
            ),
            kornia.RandomGaussianBlur((9, 9), (0.1, 1.2), p=1.0),
            kornia.RandomGaussianNoise(std=0.03, p=1.0),
        ]
    nearest = {DataKey.MASK: {"resample": Resample.NEAREST, "align_corners": None}}
    pipeline = kornia.AugmentationSequential(
        *steps, data_keys=[DataKey.IMAGE, DataKey.MASK], extra_args=nearest
    )
    return lambda: pipeline(IMAGES, LABELS[:, None].float())


def shortest(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least ms of each call; all take turns."""
    least = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            least[name] = min(least[name], 1000 * (time.perf_counter() - began))
    return least


if __name__ == "__main__":
    torch.set_num_threads(2)
    steps = {
        f"step, {filters} filters, {name}": training_step(filters, dtype)
        for filters in (16, 32)
        for name, dtype in FORMATS.items()
    }
    changes = {
        "kornia, photo": with_kornia(everything=False),
        "kornia, all": with_kornia(everything=True),
        "ours, photo": partial(Augmenter("photo"), IMAGES, LABELS),
        "ours, all": partial(Augmenter(ALL), IMAGES, LABELS),
    }
    spent = shortest(steps | changes)
    for name in steps:
        shares = (f"{change} {spent[change] / spent[name]:.0%}" for change in changes)
        print(f"{name}: {spent[name]:.0f} ms;", ", ".join(shares))
    print(", ".join(f"{change}: {spent[change]:.0f} ms" for change in changes))
