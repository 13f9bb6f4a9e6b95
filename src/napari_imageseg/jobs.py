"""Tasks of the plugin: engine tasks over frozen copies of session state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density import Density, Region, measure_density
from imageseg.errors import ImageSegError
from imageseg.images import (
    find_images,
    write_labels,
)
from imageseg.masks import final_labels
from imageseg.samples import SAMPLES, SampleImage
from imageseg.settings import PredictSettings
from imageseg.tasks import Progress, Task, as_part
from napari_imageseg.edits import Box, Labels
from napari_imageseg.held import Held, Loaded, Packed, Saved
from napari_imageseg.importing import make_units
from napari_imageseg.slicing import predict_slices_task
from napari_imageseg.sources import Pixels, Source

if TYPE_CHECKING:
    import pandas as pd

    from imageseg.model import SegmentationModel

# What the first strokes and the first step of an optimiser would wait for.
_HEAVY = (
    "matplotlib.backends.backend_qtagg",
    "imageseg.interactive",
    "imageseg.evaluation",
    "sklearn.tree",
    "skimage.color",
    "torch._dynamo",
)

# torch is heavy: model, inference and training are imported inside the tasks,
# in the worker thread.


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """A finished prediction, or why there is none.

    Attributes
    ----------
    unreadable
        Whether the error is one of its file.
    packed, before
        The labels, and those before if they were not in memory, to be kept.
    """

    source: Source
    labels: NDArray[np.uint8] | None
    density: Density | None
    error: str = ""
    unreadable: bool = False
    packed: Packed | None = None
    before: Packed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedProgress(Progress):
    """Progress after an image, with its prediction."""

    predicted: Predicted


def find_task(paths: Sequence[Path]) -> Task[list[Path]]:
    """List the images in files and folders."""
    yield Progress(done=0, total=1, message="looking for images")
    return [path.resolve() for path in find_images(paths)]


def load_task(
    source: Source | None, name: str, held: Held
) -> Task[tuple[Pixels | None, Loaded] | Exception]:
    """Read one image, unless its pixels are in memory, and its labels.

    What goes wrong is the result.
    """
    yield Progress(done=0, total=1, message=f"reading {name}")
    try:
        return (None if source is None else source.read()), held.load()
    except (ImageSegError, OSError) as error:
        return error


def load_labels_task(name: str, held: Held) -> Task[Loaded | Exception]:
    """Read the labels of an image; what goes wrong is the result."""
    yield Progress(done=0, total=1, message=f"reading {name}")
    try:
        return held.load()
    except (ImageSegError, OSError) as error:
        return error


def load_model_task(name_or_path: Path | str) -> Task[SegmentationModel]:
    """Open a model; the first time this also imports torch."""
    yield Progress(done=0, total=1, message="opening the model")
    from imageseg.exchange import load_model  # noqa: PLC0415

    return load_model(name_or_path)


def open_model_task(
    name_or_path: Path | str,
) -> Task[SegmentationModel | ImageSegError]:
    """Open a model; why it cannot be is the result too."""
    try:
        return (yield from load_model_task(name_or_path))
    except ImageSegError as error:
        return error


def open_models_task(
    files: Sequence[Path],
) -> Task[list[SegmentationModel | ImageSegError]]:
    """Open models one after another; why one cannot be is the result too."""
    found: list[SegmentationModel | ImageSegError] = []
    for file in files:
        found += [(yield from open_model_task(file))]
    return found


def warm_up_task() -> Task[None]:
    """Import what training needs, so that pressing Train does not stutter.

    Loading shared libraries holds Python's lock for tenths of a second, in
    whichever thread it happens.
    """
    for name in _HEAVY:
        yield Progress(done=0, total=0, message="getting ready")
        import_module(name)


def ready_layers_task() -> Task[None]:
    """Make a layer of each kind that is shown, and forget it.

    napari imports what its layers need when the first one is made: several seconds in
    which the window would stand still.
    """
    from napari.layers import Image, Labels  # noqa: PLC0415  heavy

    for kind in (Image, Labels) if make_units() else ():
        yield Progress(done=0, total=0, message="getting ready")
        kind(np.zeros((4, 4), np.uint8))


def sample_task() -> Task[SampleImage]:
    """Generate the sample photograph."""
    yield Progress(done=0, total=1, message="growing a canopy")
    return SAMPLES["canopy"](seed=0)


def save_table_task(table: pd.DataFrame, path: Path) -> Task[Path]:
    """Write a table as CSV."""
    from imageseg.tables import write_table  # noqa: PLC0415  pandas is heavy

    yield Progress(done=0, total=1, message="saving the table")
    return write_table(path, table)


def save_model_task(model: SegmentationModel, path: Path) -> Task[Path]:
    """Write a model file."""
    yield Progress(done=0, total=1, message="saving the model")
    return model.save(path)


def save_labels_task(labels: Mapping[Path, Held]) -> Task[int]:
    """Write annotations; return how many."""
    for i, (path, held) in enumerate(labels.items()):
        yield Progress(done=i, total=len(labels), message=path.name)
        annotation = held.read_annotation()
        if annotation is not None:
            write_labels(path, annotation)
    return len(labels)


def predict_task(
    model: SegmentationModel,
    sources: Sequence[Source],
    region: Region,
    scheme: ClassScheme,
    settings: PredictSettings,
    wanted: Box = (),
) -> Task[int]:
    """Predict images one by one; each is handed over as soon as it is done.

    Parameters
    ----------
    model, sources, settings
        What predicts what, and how.
    region, scheme
        Densities are those of the classes people see: they may have names and
        classes that the model does not know.
    wanted
        Of stacks: one slice for each of the first axes; the rest is wanted whole.
        What is not wanted stays as it was predicted before, 0 if it never was.

    Returns
    -------
    failed
        How many could not be predicted; their reasons were handed over.
    """
    failed = 0
    for i, source in enumerate(sources):
        task = _predict_one(model, source, region, scheme, settings, wanted)
        try:
            predicted = yield from as_part(task, i, len(sources), label=source.name)
        except (ImageSegError, OSError) as error:
            unreadable = isinstance(error, OSError)
            predicted = Predicted(source, None, None, str(error), unreadable)
            failed += 1
        yield PredictedProgress(
            done=i + 1, total=len(sources), message=source.name, predicted=predicted
        )
    return failed


def _predict_one(
    model: SegmentationModel,
    source: Source,
    region: Region,
    scheme: ClassScheme,
    settings: PredictSettings,
    wanted: Box,
) -> Task[Predicted]:
    with source.opened(model.spec) as stack:
        labels = yield from predict_slices_task(model, source, stack, wanted, settings)
    final = final_labels(labels, source.read_annotation())
    density = measure_density(final, region, scheme=scheme)
    before = None if source.earlier is None else source.earlier.pack_prediction()
    return Predicted(source, labels, density, packed=Packed.of(labels), before=before)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What a density is measured from.

    Attributes
    ----------
    scheme
        The classes of the prediction.
    away
        Where the labels are that are not in memory.
    """

    prediction: Labels | Packed | None
    annotation: Labels | None
    scheme: ClassScheme
    away: Saved | None = None

    def read(self) -> Labels:
        """Return the prediction in which annotated pixels are the truth."""
        held = Held(self.annotation, self.prediction, self.away)
        prediction = held.read_prediction()
        if prediction is None:
            raise ImageSegError("A prediction is gone from the project. Predict again.")
        return final_labels(prediction, held.read_annotation())


def measure_task(
    rows: Sequence[Row], region: Region, shown: ClassScheme
) -> Task[list[Density]]:
    """Measure densities again, each by its own classes.

    Rows annotated with a class that their prediction lacks take those `shown`.
    """
    densities = []
    for i, row in enumerate(rows):
        yield Progress(done=i, total=len(rows), message="measuring")
        labels = row.read()
        enough = int(labels.max(initial=0)) <= len(row.scheme)
        scheme = row.scheme if enough else shown
        densities.append(measure_density(labels, region, scheme=scheme))
    return densities
