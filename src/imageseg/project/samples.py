"""What a project teaches: annotated images that stay in their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from imageseg.images import ChannelChoice, ReadCache
from imageseg.project.contents import ProjectImage
from imageseg.project.disk import Layout
from imageseg.project.labels import read_map

if TYPE_CHECKING:
    from imageseg.training import FileSample


def file_samples(
    layout: Layout,
    images: Sequence[ProjectImage],
    choice: ChannelChoice | None = None,
    names: Mapping[str, tuple[str, ...]] | None = None,
) -> list[FileSample]:
    """Return a sample of each image; nothing is read before it is asked for.

    Parameters
    ----------
    layout
        Of the project.
    images
        Annotated ones.
    choice
        Which channels are seen; None leaves it to the model.
    names
        Of the channels of an image, by its id, where its file does not tell them.
    """
    from imageseg.training import FileSample  # noqa: PLC0415  heavy: torch

    cache = ReadCache()
    files = [layout.annotation(image.id) for image in images]
    return [
        FileSample(
            path=image.path,
            read_labels=partial(read_map, file),
            masks=(file,),
            name=image.id,
            choice=choice,
            known_names=(names or {}).get(image.id, ()),
            cache=cache,
        )
        for image, file in zip(images, files, strict=True)
    ]
