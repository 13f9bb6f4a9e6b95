"""Pictures of what models say, for eyes and for print."""

from imageseg.figures.agreement import agreement_figure
from imageseg.figures.comparison import Compared, comparison_figures
from imageseg.figures.curves import reliability_figure, threshold_figure
from imageseg.figures.density import density_figure
from imageseg.figures.errormap import error_figure, error_map, wrong_class_map
from imageseg.figures.history import history_figure
from imageseg.figures.models import models_figure
from imageseg.figures.mosaic import faded_tiles, mosaic_figures
from imageseg.figures.overlay import draw_overlay, overlay_figure
from imageseg.figures.save import FigureFiles, save_figure
from imageseg.figures.search import search_figure
from imageseg.figures.sheets import SheetItem, contact_sheets
from imageseg.figures.uncertainty import uncertainty_figure, uncertainty_map

__all__ = [
    "Compared",
    "FigureFiles",
    "SheetItem",
    "agreement_figure",
    "comparison_figures",
    "contact_sheets",
    "density_figure",
    "draw_overlay",
    "error_figure",
    "error_map",
    "faded_tiles",
    "history_figure",
    "models_figure",
    "mosaic_figures",
    "overlay_figure",
    "reliability_figure",
    "save_figure",
    "search_figure",
    "threshold_figure",
    "uncertainty_figure",
    "uncertainty_map",
    "wrong_class_map",
]
