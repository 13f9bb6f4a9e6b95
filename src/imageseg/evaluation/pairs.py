"""Two models on the annotated areas of the same images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ModelMismatchError, NotEnoughAnnotationsError
from imageseg.images import ValueScale
from imageseg.inference import predict_box_task
from imageseg.model import SegmentationModel
from imageseg.networks.table import as_network
from imageseg.settings import PredictSettings
from imageseg.tasks import Task, as_part
from imageseg.training import AnySample, HeldOut
from imageseg.training.around import Area, spread_out
from imageseg.training.sample import AnnotatedPart, annotated_parts, scale_of
from imageseg.training.validate import count_by_block

Matrices = NDArray[np.int64]

_SIDE, _SIDE_3D = 256, 48  # of an area
_FEWEST = 2  # areas of an image


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """An annotated area of a plane or volume.

    Attributes
    ----------
    part
        The whole, with the labels that are compared.
    area
        The box of it.
    scale
        How the present model takes its values; the candidate's is that of the part.
    """

    part: AnnotatedPart
    area: Area
    scale: ValueScale


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """What is compared.

    Attributes
    ----------
    places
        Image by image.
    held_out
        Names of images whose pixels the candidate did not learn from.
    """

    places: tuple[Place, ...]
    held_out: frozenset[str]


def areas_to_score(
    current: SegmentationModel,
    candidate: SegmentationModel,
    samples: Sequence[AnySample],
    split: HeldOut | None,
    *,
    most: int,
) -> Areas:
    """Choose annotated areas of every image: held-out pixels where it has any.

    Parameters are those of `guard_task`.

    Raises
    ------
    ModelMismatchError, NotEnoughAnnotationsError
        As `guard_task` says.
    """
    _check_pair(current, candidate)
    parts, held_out = _parts(candidate, samples, split)
    if not parts:
        raise NotEnoughAnnotationsError(
            "Nothing is annotated that two models could be compared on."
        )
    dims = as_network(candidate.network).dims
    sides = (_SIDE if dims == 2 else _SIDE_3D,) * dims
    scales = _other_scales(current, candidate, samples)
    names = dict.fromkeys(part.name for part in parts)
    room = max(most // len(names), _FEWEST)
    places = []
    for name in names:
        own = [part for part in parts if part.name == name]
        for i, area in spread_out(own, sides, room):
            places.append(Place(own[i], area, scales.get(name, own[i].scale)))
    return Areas(tuple(places), held_out)


def score_pair_task(
    current: SegmentationModel,
    candidate: SegmentationModel,
    chosen: Areas,
    settings: PredictSettings,
) -> Task[dict[str, tuple[Matrices, Matrices]]]:
    """Predict the areas with both models and count by blocks.

    Returns
    -------
    matrices
        By image, those (B, K, K) of the present model and of the candidate.
    """
    classes = len(candidate.spec.scheme)
    ids = _ids(current, candidate)
    found: dict[str, list[tuple[Matrices, Matrices]]] = {}
    total = 2 * len(chosen.places)
    old, channels = _on_parts_of(candidate, current)
    new = candidate.on_joined_slices()
    for i, place in enumerate(chosen.places):
        part, answers = place.part, []
        pixels = part.pixels
        asked = (
            (old, pixels[..., channels], place.scale),
            (new, pixels, part.scale),
        )
        for j, (model, seen, scale) in enumerate(asked):
            task = predict_box_task(model, seen, place.area, settings, scale=scale)
            label = f"comparing on {part.name}"
            prediction = yield from as_part(task, 2 * i + j, total, label=label)
            answers.append(prediction.labels)
        truth = part.labels[place.area]
        before = count_by_block(truth, ids[answers[0]], classes)
        after = count_by_block(truth, answers[1], classes)
        found.setdefault(part.name, []).append((before, after))
    return {
        name: (
            np.concatenate([before for before, _ in pairs]),
            np.concatenate([after for _, after in pairs]),
        )
        for name, pairs in found.items()
    }


def _parts(
    candidate: SegmentationModel, samples: Sequence[AnySample], split: HeldOut | None
) -> tuple[list[AnnotatedPart], frozenset[str]]:
    """Return what is compared, and the images with pixels not learned from."""
    if split is not None:
        unseen = [*split.validation, *split.testing]
        names = frozenset(part.name for part in unseen)
        learned = [part for part in split.training if part.name not in names]
        return [*unseen, *learned], names
    spec, dims = candidate.spec, as_network(candidate.network).dims
    parts = annotated_parts(
        samples, spec.channels, spec.normalisation, dims, spec.neighbours
    )
    learned_from = spec.provenance.get("images", ())
    return parts, frozenset(p.name for p in parts if p.name not in learned_from)


def _check_pair(current: SegmentationModel, candidate: SegmentationModel) -> None:
    """Refuse models of which the present one sees what the other does not."""
    old, new = current.spec, candidate.spec
    dims = as_network(current.network).dims, as_network(candidate.network).dims
    if old.channels != new.channels:
        what = "take images of different channels"
    elif dims[0] > dims[1]:
        what = "take volumes and planes"
    elif dims[0] == dims[1] and old.neighbours > new.neighbours:
        what = "see different slices"
    else:
        return
    raise ModelMismatchError(
        f"{old.name!r} and {new.name!r} {what}, so they cannot be compared on the same "
        "areas."
    )


def _on_parts_of(
    candidate: SegmentationModel, current: SegmentationModel
) -> tuple[SegmentationModel, slice]:
    """Return the present model as one that takes the candidate's parts.

    The second value tells which of their channels: the candidate may see more
    neighbouring slices.
    """
    if as_network(current.network).dims != as_network(candidate.network).dims:
        return current, slice(None)
    spec = candidate.spec
    beyond = (spec.neighbours - current.spec.neighbours) * spec.channels
    return current.on_joined_slices(), slice(beyond, spec.inputs - beyond)


def _ids(current: SegmentationModel, candidate: SegmentationModel) -> NDArray[np.uint8]:
    """Return the candidate's label for each label of the present model.

    Classes of one name are one; where as many classes have new names, their order
    tells. Labels without a partner cannot be.
    """
    old, new = current.spec.scheme.names, candidate.spec.scheme.names
    if set(old) <= set(new):
        return np.array([0, *(new.index(name) + 1 for name in old)], np.uint8)
    if len(old) == len(new):
        return np.arange(len(old) + 1, dtype=np.uint8)
    raise ModelMismatchError(
        f"{current.spec.name!r} tells {', '.join(old)} apart, "
        f"{candidate.spec.name!r} {', '.join(new)}. Compare models of the same classes."
    )


def _other_scales(
    current: SegmentationModel,
    candidate: SegmentationModel,
    samples: Sequence[AnySample],
) -> Mapping[str, ValueScale]:
    """Measure images anew if the present model takes their values differently."""
    wanted = current.spec.normalisation
    if wanted == candidate.spec.normalisation:
        return {}
    return {sample.name: scale_of(sample, wanted) for sample in samples}
