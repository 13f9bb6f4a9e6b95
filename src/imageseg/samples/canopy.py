"""A photograph upwards through a forest canopy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import scipy

from imageseg.classes import CANOPY
from imageseg.samples.branches import draw_branches, draw_twigs
from imageseg.samples.camera import bloom, develop
from imageseg.samples.fields import fractal_noise, ramp, smooth_noise
from imageseg.samples.foliage import Canvas, Habit, grow, paint
from imageseg.samples.sample import SampleImage
