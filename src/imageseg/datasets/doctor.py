"""Check a data set before anything is learned from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imageseg.datasets.comparison import Facts, compared, unpaired
from imageseg.datasets.findings import Finding, Repair, Report, worst_first
from imageseg.datasets.outlined import unnamed
from imageseg.datasets.pairing import Pair, Pairing
from imageseg.datasets.palettes import disagreements, published
from imageseg.datasets.survey import Verdict, judge, survey_task
from imageseg.errors import ImageReadError, PixelValueError, ShapeMismatchError
from imageseg.images import channel_count, check_finite, read_image, spatial_shape
from imageseg.masks import Labels, MaskCoding, read_mask, size_text
from imageseg.tasks import Progress, Task, as_part

_SIDES_TURNED = {5, 6, 7, 8}  # EXIF orientations that swap rows and columns
_EXIF_ORIENTATION = 0x0112


def check_task(
    pairing: Pairing,
    n_classes: int | None = None,
    coding: MaskCoding | str = "auto",
    *,
    names: Sequence[str] = (),
) -> Task[Report]:
    """Look for what is odd in a data set; one pair is in memory at a time.

    Parameters
    ----------
    pairing
        The images and their masks (`find_samples`).
    n_classes
        Number of classes, if it is known; else it is found out.
    coding
        How codes mean classes; ``auto`` to find out.
    names
        Class names in order of their ids.

    Returns
    -------
    report
        One finding per oddity, and the pixels of each class.

    Raises
    ------
    SettingsError
        `coding` is none.
    """
    if isinstance(coding, str):
        coding = MaskCoding.parse(coding)
    n_classes = n_classes or len(names) or None
    survey = yield from as_part(survey_task(pairing, coding), 0, 2, label="masks")
    verdict = judge(survey.masks, n_classes, coding)
    findings = [*unpaired(pairing), *verdict.findings]
    findings += unnamed(survey.outlined, names)
    findings += disagreements(survey.palettes)
    findings += published(survey.palettes) if coding.kind == "auto" else ()
    findings += [_unreadable(path, why) for path, why in survey.unreadable.items()]
    task = _facts_task(pairing, verdict, names, findings)
    facts = yield from as_part(task, 1, 2, label="pairs")
    count = verdict.n_classes
    findings += compared(facts, count)
    counts = np.array([f.counts[: count + 1] for f in facts], np.int64)
    counts = counts.reshape(-1, count + 1)
    return Report(
        pairing=pairing,
        coding=verdict.coding,
        n_classes=count,
        names=names,
        findings=worst_first(findings),
        pixels=counts.sum(0),
        masks=(counts > 0).sum(0),
    )


def _unreadable(path: Path, why: str) -> Finding:
    return Finding(
        severity="error",
        kind="unreadable",
        path=path,
        what=why,
        advice="Replace the file.",
    )


def _facts_task(
    pairing: Pairing, verdict: Verdict, names: Sequence[str], findings: list[Finding]
) -> Task[list[Facts]]:
    """Read pair after pair; what is odd about one goes to `findings`."""
    facts = []
    known = {f.path for f in findings if f.severity == "error"}
    for i, pair in enumerate(pairing.pairs):
        yield Progress(done=i, total=len(pairing.pairs), message=pair.image.name)
        try:
            image = read_image(pair.image)
            check_finite(image)
            findings += _constant(pair.image, image)
            labels = _labels(pair, verdict, names)
            findings += _mismatch(pair, image, labels)
            facts.append(_facts(pair, image, labels))
        except ImageReadError as error:
            if error.path not in known:
                findings.append(_unreadable(Path(error.path), error.reason))
        except PixelValueError as error:
            findings.append(_not_finite(pair.image, error))
        except ShapeMismatchError as error:
            findings.append(_apart(pair, error))
    return facts


def _labels(pair: Pair, verdict: Verdict, names: Sequence[str]) -> Labels:
    parts: list[Labels] = []
    for path in pair.masks:
        coding = verdict.coding_of(path)
        if coding is None:
            raise ImageReadError(path, "nobody can tell how it is coded.")
        shape = parts[0].shape if parts else None
        count = verdict.n_classes
        parts.append(read_mask(path, coding, n_classes=count, names=names, shape=shape))
    return np.asarray(np.maximum.reduce(parts))


def _facts(pair: Pair, image: NDArray[Any], labels: Labels) -> Facts:
    return Facts(
        pair=pair,
        counts=np.bincount(labels.ravel(), minlength=256),
        contrast=_contrast(image, labels),
        image=_digest(pair.image),
        truth=hashlib.blake2b(labels.tobytes()).digest(),
    )


def _contrast(image: NDArray[Any], labels: Labels) -> float:
    """Return by how many standard deviations class 2 is brighter than class 1."""
    grey = image.astype(np.float32)
    if image.ndim > labels.ndim:
        grey = grey.mean(-1)
    dark, bright = labels == 1, labels == 2
    if grey.shape != labels.shape or not (dark.any() and bright.any()):
        return float("nan")
    spread = float(grey.std())
    return float(grey[bright].mean() - grey[dark].mean()) / spread if spread else 0.0


def _digest(path: Path) -> bytes:
    if path.is_dir():
        return str(path).encode()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()


def _constant(path: Path, image: NDArray[Any]) -> Iterator[Finding]:
    if image.size > 1 and image.min() == image.max():
        yield Finding(
            severity="warning",
            kind="constant image",
            path=path,
            what=f"every pixel has the value {image.min()}",
            advice="Look at it: nothing can be learned from it.",
        )


def _not_finite(path: Path, error: PixelValueError) -> Finding:
    what, advice = str(error).split(". ", 1)
    return Finding(
        severity="error", kind="no numbers", path=path, what=what, advice=advice
    )


def _apart(pair: Pair, error: ShapeMismatchError) -> Finding:
    return Finding(
        severity="error",
        kind="size",
        path=pair.image,
        what=f"its masks differ in size: {error}",
        advice="Draw or export the masks of one image in one size.",
    )


def _mismatch(pair: Pair, image: NDArray[Any], labels: Labels) -> Iterator[Finding]:
    """Name a mask of another size than its image, and what explains it."""
    if image.shape[: labels.ndim] == labels.shape:
        return
    shape = tuple(spatial_shape(image, channel_count(image)))
    if shape == labels.shape:
        return
    what = f"it has {size_text(labels.shape)}, its image {size_text(shape)}"
    advice, repair = _explained(pair.image, shape, labels.shape)
    yield Finding(
        severity="error",
        kind="size",
        path=pair.masks[0],
        what=what,
        advice=advice,
        repair=repair,
    )


def _explained(
    image: Path, shape: tuple[int, ...], found: tuple[int, ...]
) -> tuple[str, Repair | None]:
    if shape[:-2] != found[:-2]:
        return "Image and mask need the same number of planes.", None
    (rows, columns), (height, width) = shape[-2:], found[-2:]
    orientation = _orientation(image)
    if (height, width) == (columns, rows):
        if orientation in _SIDES_TURNED:
            advice = "The mask lacks the image's EXIF turn; --repair gives it."
            return advice, Repair(orientation=orientation)
        return "Rows and columns are swapped: turn the mask by a right angle.", None
    if abs(height * columns - width * rows) <= max(height, width, rows, columns):
        scale = f"{height / rows:.0%}"
        advice = f"It is the image at {scale}; --repair resizes it, nearest neighbour."
        return advice, Repair(shape=shape)
    return "It shows another part, or belongs to another image.", None


def _orientation(image: Path) -> int:
    try:
        with Image.open(image) as file:
            return int(file.getexif().get(_EXIF_ORIENTATION, 1))
    except OSError:  # a format that Pillow does not know has no such tag
        return 1
