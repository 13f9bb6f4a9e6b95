"""What a project tells of an image beside its files: density, model, classes."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.density import WHOLE, Density, Region, parse_region
from imageseg.errors import ImageSegError
from imageseg.project import ProjectImage
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
    if item.held_out:
        told["held_out"] = True
    if off:
        told["off"] = True
    return told


def item_of(
    image: ProjectImage,
    told: Mapping[str, Any],
    saved: Saved,
    regions: MutableMapping[str, Region],
) -> ImageItem:
    """Return an image as the list shows it; nothing of it is read yet.

    Parameters
    ----------
    image, told, saved
        What the project knows, what `told_of` returned, and where its labels are.
    regions
        Regions by name, as far as they were needed before; some are files.
    """
    scheme = told.get("scheme")
    density = told.get("density")
    counts = np.zeros(256, np.int64)
    counts[: len(image.counts)] = image.counts
    space = image.space
    return ImageItem(
        name=str(told.get("name", image.id)),
        path=image.path,
        predicted_by=str(told.get("model", "")),
        scheme=ClassScheme.from_dict(scheme) if scheme else None,
        density=_density_from_dict(density, regions) if density else None,
        error=str(told.get("error", "")),
        scale=space.scale or None,
        units=space.units or None,
        translate=space.translate or None,
        axis_labels=space.axis_labels or None,
        rotate=np.array(space.rotate) if space.rotate else None,
        shear=np.array(space.shear) if space.shear else None,
        affine=np.array(space.affine) if space.affine else None,
        axes=space.axes,
        channel_names=tuple(map(str, told.get("channels", ()))),
        counts=counts if image.annotated else np.zeros(256, np.int64),
        reviewed=image.status == "reviewed",
        held_out=bool(told.get("held_out", False)),
        id=image.id,
        saved=saved,
        annotation_away=image.annotated,
        prediction_away=image.predicted,
        size=int(told.get("size", sum(image.counts))),
    )


def region_or_whole(text: str) -> Region:
    """Return the region of a name; the whole image if it is lost."""
    region = _region_named(text, {})
    return WHOLE if isinstance(region, LostRegion) else region


def _region_named(text: str, known: MutableMapping[str, Region]) -> Region:
    if text not in known:
        try:
            known[text] = parse_region(text)
        except ImageSegError:
            known[text] = LostRegion(text)
    return known[text]


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


def _density_from_dict(
    values: Mapping[str, Any], regions: MutableMapping[str, Region]
) -> Density:
    size = values["pixel_size"]
    return Density(
        scheme=ClassScheme.from_dict(values["scheme"]),
        region=_region_named(values["region"], regions),
        counts=values["counts"],
        unlabelled=values["unlabelled"],
        planes=values["planes"],
        slice=values["slice"],
        pixel_size=PixelSize(**size) if size else None,
        overexposed=values["overexposed"],
    )
