"""From labels to the densities people publish."""

from imageseg.density.gaps import gap_fractions
from imageseg.density.hemisphere import (
    LAI_2000_RINGS,
    Hemisphere,
    measure_hemisphere,
)
from imageseg.density.lens import Lens, Projection
from imageseg.density.measure import (
    Labelled,
    measure_density,
    measure_regions,
    measure_slices,
)
from imageseg.density.notation import (
    parse_plots,
    parse_region,
    read_plots,
    read_region,
)
from imageseg.density.regions import (
    WHOLE,
    CentredCircle,
    Placed,
    Quadrat,
    Region,
    Within,
    quadrats,
)
from imageseg.density.summary import summarise
from imageseg.density.value import Density

__all__ = [
    "LAI_2000_RINGS",
    "WHOLE",
    "CentredCircle",
    "Density",
    "Hemisphere",
    "Labelled",
    "Lens",
    "Placed",
    "Projection",
    "Quadrat",
    "Region",
    "Within",
    "gap_fractions",
    "measure_density",
    "measure_hemisphere",
    "measure_regions",
    "measure_slices",
    "parse_plots",
    "parse_region",
    "quadrats",
    "read_plots",
    "read_region",
    "summarise",
]
