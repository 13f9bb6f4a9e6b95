"""Annotated data for training and evaluation, from the command line's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli.console import complain, say, show_progress
from imageseg.errors import ImageReadError
from imageseg.tasks import Progress, Task

if TYPE_CHECKING:
    from imageseg.datasets import Pairing
    from imageseg.masks import MaskCoding
    from imageseg.training import Sample


def load_samples(
    images: Sequence[Path],
    masks: Sequence[Path],
    *,
    n_classes: int,
    coding: MaskCoding | str = "auto",
    names: Sequence[str] = (),
) -> list[Sample]:
    """Read and pair images and masks; name what has no partner.

    Raises
    ------
    ImageReadError
        A file cannot be read, or nothing pairs.
    SettingsError
        The coding of the masks is to be named.
    """
    from imageseg.masks import MaskCoding, guess_task  # noqa: PLC0415  heavy

    pairing = find_pairs(images, masks)
    if isinstance(coding, str):
        coding = MaskCoding.parse(coding)
    if coding.kind == "auto":
        guess = show_progress(guess_task(pairing.masks, n_classes))
        coding = guess.coding or coding
        if guess.odd:
            say(f"Masks are read as {coding}: {guess.reason}.")
    return show_progress(_samples_task(pairing, n_classes, coding, names))


def find_pairs(images: Sequence[Path], masks: Sequence[Path]) -> Pairing:
    """Pair images and masks; name what has no partner.

    Raises
    ------
    ImageReadError
        Nothing pairs.
    """
    from imageseg.datasets import find_samples  # noqa: PLC0415  heavy

    pairing = find_samples(images, masks)
    complain(pairing.messages())
    if not pairing.pairs:
        raise ImageReadError(
            images[0], "no image has a mask of the same name (1.jpg, 1_mask.png)."
        )
    return pairing


def _samples_task(
    pairing: Pairing, n_classes: int, coding: MaskCoding, names: Sequence[str]
) -> Task[list[Sample]]:
    from imageseg.images import read_image  # noqa: PLC0415  heavy
    from imageseg.masks import read_mask  # noqa: PLC0415
    from imageseg.training import Sample  # noqa: PLC0415

    samples = []
    for i, (file, masks) in enumerate(pairing.pairs):
        yield Progress(done=i, total=len(pairing.pairs), message=file.name)
        labels = read_mask(masks, coding, n_classes=n_classes, names=names)
        samples.append(Sample(read_image(file), labels, file.stem))
    return samples
