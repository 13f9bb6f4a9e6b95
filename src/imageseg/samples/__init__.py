"""Made-up pictures with exactly known truth, for first steps and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imageseg.samples.canopy import canopy_scene
from imageseg.samples.microscopy import microscopy_scene
from imageseg.samples.sample import SampleImage
from imageseg.samples.shrink import shrink
from imageseg.samples.stack import stack_scene

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "SAMPLES",
    "SampleImage",
    "canopy_scene",
    "microscopy_scene",
    "shrink",
    "stack_scene",
]

SAMPLES: dict[str, Callable[..., SampleImage]] = {
    "canopy": canopy_scene,
    "microscopy": microscopy_scene,
    "stack": stack_scene,
}
"""By the name that commands and menus use."""
