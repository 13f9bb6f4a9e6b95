"""Tasks that learn from what is painted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from imageseg.classes import ClassScheme
from imageseg.errors import ImageSegError
from imageseg.images import ReadCache
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import Progress, Task
from napari_imageseg.edits import Box
from napari_imageseg.look_jobs import look_task
from napari_imageseg.model_labels import is_order
from napari_imageseg.slicing import dims_of
from napari_imageseg.sources import Source

if TYPE_CHECKING:
    from imageseg.evaluation import Judgement
    from imageseg.interactive import Answer, Taught
    from imageseg.model import SegmentationModel
    from imageseg.training import StackSample

FROM_SCRATCH_RATE = 4  # times the rate without a model to start from
_ROOM = 3 * 2**29  # bytes of pixels that are kept: 44 photographs of 12 Mpx

Depth = Literal["model", "slices", "neighbours", "volumes"]
"""What is seen of stacks: what the model in use sees, each slice by itself, each slice
with its neighbours (2.5-D), or volumes (3-D)."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What training brought, and whether it may be proposed.

    Attributes
    ----------
    judgement
        The network beside the model that it comes from, image by image; None if there
        is no such model, or it tells other classes apart.
    """

    taught: Taught
    judgement: Judgement | None


def teach_task(
    sources: Sequence[Source],
    settings: TrainSettings,
    scheme: ClassScheme,
    start: SegmentationModel | None,
    depth: Depth = "model",
    labels: Sequence[int] = (),
) -> Task[Lesson]:
    """Read the annotated images, answer at once, train behind it, and judge.

    A model for other images, or one that sees another depth of stacks, is nothing to
    start from: a new one is trained.

    Parameters
    ----------
    sources, settings, scheme, start, depth
        What is learned, how, from which model on, and how deep.
    labels
        Today's label of each class of that model; empty: the same.
    """
    from imageseg.evaluation import guard_task  # noqa: PLC0415
    from imageseg.interactive import NETWORK, VOLUMES  # noqa: PLC0415
    from imageseg.interactive import teach_task as engine_task  # noqa: PLC0415

    with ExitStack() as files:
        seen = None if start is None else start.spec
        samples = yield from samples_task([s.seen_by(seen) for s in sources], files)
        wanted = start.spec.channels if start is not None else 0
        if any(sample.channels != wanted for sample in samples):
            start = None
        if start is not None and labels:
            start = _for_today(start, scheme, labels)
        if start is None or not _sees(start, depth):
            start = None
        if start is None or start.spec.architecture == "forest":  # a network is new
            settings = _from_scratch(settings, depth)
        network = VOLUMES if depth == "volumes" else NETWORK
        taught = yield from engine_task(
            samples, scheme, settings, start=start, network=network
        )
        if start is None or len(start.spec.scheme) != len(scheme):
            return Lesson(taught, None)
        new = taught.answers["network"].model
        where = PredictSettings(device=settings.device, precision=settings.precision)
        judging = guard_task(start, new, samples, where, split=taught.split)
        return Lesson(taught, (yield from judging))


def _sees(model: SegmentationModel, depth: Depth) -> bool:
    """Say whether a model sees so much of stacks."""
    if depth == "model":
        return True
    if (dims_of(model) == 3) != (depth == "volumes"):
        return False
    return depth == "volumes" or bool(model.spec.neighbours) == (depth == "neighbours")


def _from_scratch(settings: TrainSettings, depth: Depth) -> TrainSettings:
    """Return the settings for a new model."""
    beside = settings.neighbours if depth == "model" else 0
    if depth == "neighbours":
        beside = max(settings.neighbours, 1)
    return replace(
        settings,
        rate=FROM_SCRATCH_RATE * settings.rate,
        normalisation="percentile",
        neighbours=beside,
    )


def _for_today(
    start: SegmentationModel, scheme: ClassScheme, labels: Sequence[int]
) -> SegmentationModel | None:
    """Return what training may start from after an edit of classes.

    Classes in another order go into another order in the last layer. Where there are
    fewer or more, the last layer is learned anew. Of as many classes that are not the
    same, nothing is taken over: None.
    """
    from imageseg.training.reordered import reordered  # noqa: PLC0415

    if is_order(labels, scheme):
        return reordered(start, labels, scheme)
    return start if len(labels) != len(scheme) else None


def live_task(
    sources: Sequence[Source],
    scheme: ClassScheme,
    shown: Source | None,
    box: Box | None,
    settings: PredictSettings,
) -> Task[Answer]:
    """Answer to the strokes of this moment, for what is on show."""
    from imageseg.interactive import instant_task  # noqa: PLC0415

    with ExitStack() as files:
        samples = yield from samples_task(sources, files)
        answer = yield from instant_task(samples, scheme)
    if shown is not None:
        yield from look_task(answer.model, shown, box, settings)
    return answer


def describe_task(
    sources: Sequence[Source], scheme: ClassScheme, seed: int
) -> Task[None]:
    """Find out what annotated pixels look like before anybody waits for it.

    What goes wrong is told when it is learned from.
    """
    from imageseg.forest import INSTANT  # noqa: PLC0415
    from imageseg.interactive import InstantLearner  # noqa: PLC0415

    with ExitStack() as files, suppress(ImageSegError, OSError):
        samples = yield from samples_task(sources, files)
        learner = InstantLearner(samples, scheme, INSTANT, seed=seed)
        yield from learner.describe_task()


def samples_task(
    sources: Sequence[Source], files: ExitStack
) -> Task[list[StackSample]]:
    """Open annotated images; what is needed of them will be read.

    Parameters
    ----------
    sources
        The images.
    files
        Closes those that are read later.
    """
    from imageseg.training import StackSample  # noqa: PLC0415

    cache, samples = ReadCache(_ROOM), []
    for source in sources:
        yield Progress(done=0, total=0, message=f"opening {source.name}")
        annotation = source.read_annotation()
        if annotation is not None:
            identity = source.identity  # before: the file may change meanwhile
            stack = files.enter_context(source.opened(cache=cache))
            sample = StackSample(
                stack,
                annotation,
                source.name,
                channel_names=source.seen_names,
                memory=source.memory,
                identity=identity,
                cache=cache,
            )
            samples.append(sample)
    return samples
