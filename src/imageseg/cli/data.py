"""Annotated data for training and evaluation, from the command line's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli.console import complain
from imageseg.errors import ImageReadError

if TYPE_CHECKING:
    from imageseg.images import MaskCoding
    from imageseg.training import Sample


def load_samples(
    images: Sequence[Path],
    masks: Sequence[Path],
    *,
    n_classes: int,
    coding: MaskCoding,
) -> list[Sample]:
    """Read and pair images and masks; name what has no partner.

    Raises
    ------
    ImageReadError
        A file cannot be read, or nothing pairs.
    """
    from imageseg.images import (  # noqa: PLC0415  heavy
        find_images,
        pair_by_stem,
        read_image,
        read_labels,
    )
    from imageseg.training import Sample  # noqa: PLC0415

    pairing = pair_by_stem(find_images(images), find_images(masks))
    complain(
        [f"no mask for {path}; left out." for path in pairing.images_without_mask]
        + [f"no image for {path}; left out." for path in pairing.masks_without_image]
        + [f"several masks for {path}; left out." for path in pairing.ambiguous]
    )
    if not pairing.pairs:
        raise ImageReadError(
            images[0], "no image has a mask of the same name (1.jpg, 1_mask.png)."
        )
    files, mask_files = zip(*pairing.pairs, strict=True)
    labels = read_labels(mask_files, n_classes, coding=coding)
    return [
        Sample(read_image(file), mask, file.stem)
        for file, mask in zip(files, labels, strict=True)
    ]
