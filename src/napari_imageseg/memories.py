"""What a project tells of an image beside its files: density, model, classes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.density import Density, Region, parse_region
from imageseg.errors import ImageSegError
from imageseg.project import ProjectImage
from imageseg.project.fields import (
    FAR,
    Fields,
    MalformedError,
    anything_named,
    integer,
    like_last,
    many,
    named,
    number,
    optional,
    text,
    truth,
)
from imageseg.project.reading import classes
from imageseg.units import PixelSize
from napari_imageseg.held import Saved
from napari_imageseg.items import ImageItem


@dataclass(frozen=True, slots=True)
class LostRegion:
    """A region that cannot be measured in any more: its file is gone."""

    name: str

    def __str__(self) -> str:
        return self.name

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Say that nobody knows."""
        raise ImageSegError(
            f"The region {self.name} is gone; it was measured in images of another "
            f"session. Choose a region for images of {shape[1]}×{shape[0]} pixels."
        )


def told_of(item: ImageItem, *, problem: str = "", off: bool = False) -> dict[str, Any]:
    """Return what is worth keeping of an image, as JSON.

    Parameters
    ----------
    item
        The image.
    problem
        What is known to be wrong with its file only as long as it is.
    off
        Whether it was taken off the list, and can still come back.
    """
    told: dict[str, Any] = {"name": item.name, "size": _size(item)}
    if item.is_predicted:
        told["model"] = item.predicted_by
    if item.channel_names:
        told["channels"] = list(item.channel_names)
    if item.scheme is not None:
        told["scheme"] = item.scheme.to_dict()
    if item.density is not None:
        told["density"] = _density_to_dict(item.density)
    if item.error and item.error != problem:
        told["error"] = item.error
        told["of_model"] = item.error == item.model_error
    if item.held_out:
        told["held_out"] = True
    if off:
        told["off"] = True
    return told


def item_of(
    image: ProjectImage,
    told: Fields,
    saved: Saved,
    regions: dict[str, Region],
) -> ImageItem:
    """Return an image as the list shows it; nothing of it is read yet.

    Parameters
    ----------
    image, told, saved
        What the project knows, what `told_of` returned, and where its labels are.
    regions
        Regions by name, as far as they were needed before; some are files.
    """
    error = told.get("error", text, "")
    counts = np.zeros(256, np.int64)
    counts[: len(image.counts)] = image.counts
    space = image.space
    return ImageItem(
        name=told.get("name", text, image.id),
        path=image.path,
        predicted_by=told.get("model", text, ""),
        scheme=told.get("scheme", _CLASSES, None),
        density=told.get("density", partial(_density, regions), None),
        error=error,
        model_error=error if told.get("of_model", truth, False) else "",
        scale=space.scale or None,
        units=space.units or None,
        translate=space.translate or None,
        axis_labels=space.axis_labels or None,
        rotate=np.array(space.rotate) if space.rotate else None,
        shear=np.array(space.shear) if space.shear else None,
        affine=np.array(space.affine) if space.affine else None,
        axes=space.axes,
        channel_names=told.get("channels", _TEXTS, ()),
        counts=counts if image.annotated else np.zeros(256, np.int64),
        reviewed=image.status == "reviewed",
        held_out=told.get("held_out", truth, False),
        id=image.id,
        saved=saved,
        annotation_away=image.annotated,
        prediction_away=image.predicted,
        size=told.get("size", _COUNT, sum(image.counts)),
    )


def region(value: object) -> Region:
    """Read where densities are measured."""
    found = _region_named(text(value), {})
    if isinstance(found, LostRegion):
        raise MalformedError("a region, or a file of one that is there")
    return found


def _region_named(name: str, known: dict[str, Region]) -> Region:
    if name not in known:
        try:
            known[name] = parse_region(name)
        except (ImageSegError, OSError):
            known[name] = LostRegion(name)
    return known[name]


def _size(item: ImageItem) -> int:
    return item.size if item.annotation is None else item.annotation.size


def _density_to_dict(density: Density) -> dict[str, Any]:
    size = density.pixel_size
    return {
        "scheme": density.scheme.to_dict(),
        "region": str(density.region),
        "counts": {name: int(n) for name, n in density.counts.items()},
        "unlabelled": int(density.unlabelled),
        "planes": density.planes,
        "slice": density.slice,
        "pixel_size": asdict(size) if size is not None else None,
        "overexposed": density.overexposed,
    }


def _density(regions: dict[str, Region], value: object) -> Density:
    """Read what `_density_to_dict` returned."""
    fields = Fields(anything_named(value), "", [])
    try:
        found = Density(
            scheme=fields.need("scheme", _CLASSES),
            region=_region_named(fields.need("region", text), regions),
            counts=fields.need("counts", named(_COUNT)),
            unlabelled=fields.need("unlabelled", _COUNT),
            planes=fields.need("planes", integer(1)),
            slice=fields.need("slice", optional(_COUNT)),
            pixel_size=fields.need("pixel_size", optional(_pixel_size)),
            overexposed=fields.need("overexposed", optional(_COUNT)),
        )
    except MalformedError as error:
        raise MalformedError(f"a density ({error})") from error
    if found.counts.keys() != set(found.scheme.names):
        raise MalformedError("a density (counts are of other classes)")
    return found


def _pixel_size(value: object) -> PixelSize:
    fields = Fields(anything_named(value), "", [])
    side, unit = number(1 / FAR), fields.get("unit", text, "µm")
    y, x = fields.need("y", side), fields.need("x", side)
    z = fields.get("z", optional(side), None)
    if fields.problems:
        raise MalformedError(f"the size of a pixel ({fields.problems[0]})")
    return PixelSize(y=y, x=x, z=z, unit=unit)


_TEXTS, _COUNT = many(text), integer(0, int(FAR))
_CLASSES = like_last(classes)  # those of thousands of images
