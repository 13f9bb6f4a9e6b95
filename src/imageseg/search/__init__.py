"""Search for the settings that train the best model."""

from imageseg.search.record import Trial
from imageseg.search.result import SearchResult
from imageseg.search.search import search_task
from imageseg.search.settings import SearchSettings
from imageseg.search.space import Base, Point, Space

__all__ = [
    "Base",
    "Point",
    "SearchResult",
    "SearchSettings",
    "Space",
    "Trial",
    "search_task",
]
