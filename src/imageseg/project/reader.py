"""A project as everybody may read it."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.effort import EffortRow
from imageseg.errors import ImageReadError, ProjectError
from imageseg.masks import Labels
from imageseg.project.contents import (
    LEARNED,
    Contents,
    ModelEntry,
    ProjectImage,
    Status,
)
from imageseg.project.disk import Layout
from imageseg.project.effort import read_effort
from imageseg.project.journal import Journal
from imageseg.project.labels import read_map
from imageseg.project.opening import read_contents
from imageseg.project.samples import file_samples
from imageseg.project.whereabouts import check_task
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import Task

if TYPE_CHECKING:
    import pandas as pd

    from imageseg.images import ChannelChoice
    from imageseg.model import SegmentationModel
    from imageseg.training import FileSample

R = TypeVar("R")


class ProjectReader:
    """What a project holds.

    Properties are values in memory: any thread may ask for them, and they cost
    nothing. Methods read files.

    Parameters
    ----------
    layout
        Of the project.
    contents
        As read from it.
    """

    def __init__(self, layout: Layout, contents: Contents) -> None:
        self.layout = layout
        self._contents = contents
        self._guard = threading.RLock()

    @property
    def folder(self) -> Path:
        """The folder of the project."""
        return self.layout.root

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.layout.root.resolve().name

    @property
    def contents(self) -> Contents:
        """All that stands in the project's description, as one value."""
        return self._contents

    @property
    def problems(self) -> tuple[str, ...]:
        """What in the description was not as it has to be, and is a default now.

        Empty as soon as something is written: what stood there is in ``removed`` then.
        """
        return self._contents.problems

    def note_problems(self, problems: Sequence[str]) -> None:
        """Note what a front end finds malformed in what it has written into `view`."""
        with self._guard:
            known = (*self._contents.problems, *problems)
            self._contents = replace(self._contents, problems=known)

    @property
    def scheme(self) -> ClassScheme:
        """The classes."""
        return self._contents.scheme

    @property
    def images(self) -> tuple[ProjectImage, ...]:
        """The images in the order they are shown."""
        return self._contents.images

    @property
    def off(self) -> frozenset[str]:
        """Ids of images taken off the list, which are kept until the project closes."""
        told = self.view.get("images", {})
        return frozenset(image for image, tells in told.items() if tells.get("off"))

    @property
    def listed(self) -> tuple[ProjectImage, ...]:
        """The images without those taken off the list."""
        return tuple(image for image in self.images if image.id not in self.off)

    @property
    def current(self) -> str:
        """The image that is shown, by its id; empty for none."""
        return self._contents.current

    @property
    def region(self) -> str:
        """Where densities are measured, in the words of `parse_region`."""
        return self._contents.region

    @property
    def predict_settings(self) -> PredictSettings:
        """How images are predicted."""
        return self._contents.predict

    @property
    def train_settings(self) -> TrainSettings:
        """How models are trained."""
        return self._contents.train

    @property
    def view(self) -> Mapping[str, Any]:
        """What a front end wants to find again."""
        return self._contents.view

    @property
    def channels(self) -> ChannelChoice | None:
        """Which channels models see, as chosen in a window; None leaves it to them.

        Raises
        ------
        SettingsError
            What stands there names no channels.
        """
        from imageseg.images import as_choice  # noqa: PLC0415  heavy

        return as_choice(str(self.view.get("channels", "")) or None)

    @property
    def models(self) -> tuple[ModelEntry, ...]:
        """The lineage, the oldest first."""
        return self._contents.models

    @property
    def model(self) -> str:
        """The model in use, by its id; empty for none."""
        return self._contents.model

    @property
    def proposed(self) -> str:
        """The model that people are asked to take into use; empty for none."""
        return self._contents.proposed

    def image(self, image_id: str) -> ProjectImage:
        """Return the image of this id; `ProjectError` if there is none."""
        return self._contents.image(image_id)

    def entry(self, model_id: str) -> ModelEntry:
        """Return the model of this id; `ProjectError` if there is none."""
        return self._contents.entry(model_id)

    def pixels(self, image_id: str) -> NDArray[Any]:
        """Read an image.

        Raises
        ------
        ImageReadError
            It is missing or damaged; its `error` tells from now on.
        """
        from imageseg.images import read_image  # noqa: PLC0415  heavy

        return self._told(image_id, lambda image: read_image(image.path))

    def channel_names(self, image_id: str) -> tuple[str, ...]:
        """Return what a window calls the channels of an image; empty: as its file."""
        told = self.view.get("images", {}).get(image_id, {})
        return tuple(map(str, told.get("channels", ())))

    def annotation(self, image_id: str) -> Labels | None:
        """Read what is painted in an image: 0 = not annotated; None without any.

        Raises
        ------
        ImageReadError
            The file is damaged; the image's `error` tells from now on, and the file
            is set aside when another annotation is saved.
        """
        return self._map(image_id, self.layout.annotation(image_id))

    def prediction(self, image_id: str) -> Labels | None:
        """Read the predicted labels of an image; None without any.

        Raises
        ------
        ImageReadError
            The file is damaged.
        """
        return self._map(image_id, self.layout.prediction(image_id))

    def confidence(self, image_id: str) -> NDArray[np.float32] | None:
        """Read how sure the model was, 0 to 1; None where that is not kept.

        Raises
        ------
        ImageReadError
            The file is damaged.
        """
        found = self._map(image_id, self.layout.confidence(image_id))
        return None if found is None else np.float32(1 / 255) * found

    def model_file(self, model_id: str) -> Path:
        """Return the file of a model of the lineage."""
        return self.layout.model(self.entry(model_id).id)

    def load_model(self, model_id: str = "") -> SegmentationModel:
        """Load a model of the lineage, by default the one in use.

        Raises
        ------
        ProjectError
            There is no such model, or none is in use.
        ModelFormatError
            Its file is missing or damaged.
        """
        from imageseg.model import load_model  # noqa: PLC0415  heavy: torch

        wanted = model_id or self.model
        if not wanted:
            raise ProjectError(f"The project uses no model yet. {self._advice()}.")
        return load_model(self.model_file(wanted))

    def _advice(self) -> str:
        """Say how to come by a model."""
        use = ["imageseg", "project", "use", str(self.folder)]
        if self.proposed:
            return f"Accept {self.proposed}: `{shlex.join([*use, self.proposed])}`"
        train = shlex.join(["imageseg", "train", str(self.folder)])
        return f"Choose one: `{shlex.join(use)} MODEL`, or train one: `{train}`"

    def samples(
        self,
        statuses: Collection[Status] = LEARNED,
        images: Collection[str] | None = None,
    ) -> list[FileSample]:
        """Return the annotated images to learn from; files are read when needed.

        They have the channels that the project has chosen.

        Parameters
        ----------
        statuses
            Of the images. Those kept for validation are not learned from unless they
            are asked for.
        images
            Only these; None takes all.
        """
        wanted = [
            image
            for image in self.listed
            if image.annotated and image.status in statuses
            if images is None or image.id in images
        ]
        names = {image.id: self.channel_names(image.id) for image in wanted}
        return file_samples(self.layout, wanted, self.channels, names)

    def densities(self) -> pd.DataFrame | None:
        """Read the density table; None if there is none yet."""
        import pandas as pd  # noqa: PLC0415  heavy

        path = self.layout.densities
        if not path.is_file():
            return None
        texts = dict.fromkeys(("image", "model", "error"), str)  # "1" and "NA" stay so
        return pd.read_csv(path, encoding="utf-8-sig", converters=texts)

    def effort(self) -> list[EffortRow]:
        """Read the ledger of what was done."""
        return read_effort(self.layout.effort)

    def check_task(self) -> Task[dict[str, str]]:
        """Look whether all image files are there; the images' `error` tells.

        Returns
        -------
        problems
            What is wrong, by image.
        """
        problems = yield from check_task(self.images)
        with self._guard:
            changed = [
                replace(image, error=problems.get(image.id, ""))
                for image in self.images
            ]
            self._contents = self._contents.with_images(*changed)
        return problems

    def reload(self) -> None:
        """Read the description again, as another writer has left it."""
        contents = read_contents(self.layout)
        with self._guard:
            self._contents = contents

    def _map(self, image_id: str, path: Path) -> Labels | None:
        seen = Journal(self.layout).seen(path)
        self.image(image_id)
        if not seen.exists():
            return None
        return self._told(image_id, lambda _image: read_map(seen))

    def _told(self, image_id: str, read: Callable[[ProjectImage], R]) -> R:
        """Read; an image that cannot be read says so from now on."""
        image = self.image(image_id)
        try:
            return read(image)
        except ImageReadError as error:
            self._note(image_id, str(error))
            raise

    def _note(self, image_id: str, error: str) -> None:
        with self._guard:
            noted = replace(self.image(image_id), error=error)
            self._contents = self._contents.with_images(noted)
