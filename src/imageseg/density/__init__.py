"""From labels to the densities people publish."""

from imageseg.density.measure import Density, measure_density
from imageseg.density.regions import WHOLE, Region, parse_region

__all__ = ["WHOLE", "Density", "Region", "measure_density", "parse_region"]
