"""The folder in which the plugin and the command line keep what people paint.

``docs/project.md`` describes its files.
"""

from imageseg.effort import EffortRow
from imageseg.project.changes import Changes, NewPrediction
from imageseg.project.contents import (
    LEARNED,
    STATUSES,
    VALIDATION,
    Kind,
    ModelEntry,
    ProjectImage,
    Space,
    Status,
)
from imageseg.project.copying import copy_task
from imageseg.project.document import is_project, layout_of, restore_previous
from imageseg.project.lineage import Story
from imageseg.project.project import Project, open_project
from imageseg.project.whereabouts import Relocated

__all__ = [
    "LEARNED",
    "STATUSES",
    "VALIDATION",
    "Changes",
    "EffortRow",
    "Kind",
    "ModelEntry",
    "NewPrediction",
    "Project",
    "ProjectImage",
    "Relocated",
    "Space",
    "Status",
    "Story",
    "copy_task",
    "is_project",
    "layout_of",
    "open_project",
    "restore_previous",
]
