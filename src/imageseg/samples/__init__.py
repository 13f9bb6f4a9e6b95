"""Made-up pictures with exactly known truth, for first steps and tests."""

from imageseg.samples.canopy import canopy_scene
from imageseg.samples.sample import SampleImage
