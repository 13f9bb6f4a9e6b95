"""Many files: predictions written, densities tabled, failures named."""

from imageseg.batch.densities import RowProgress, density_table_task
from imageseg.batch.measure import Extras, Found, Regions
from imageseg.batch.outputs import Outputs, beside, write_prediction

__all__ = [
    "Extras",
    "Found",
    "Outputs",
    "Regions",
    "RowProgress",
    "beside",
    "density_table_task",
    "write_prediction",
]
