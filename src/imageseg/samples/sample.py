"""What a sample scene consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imageseg.classes import ClassScheme


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleImage:
    """A made-up picture whose every pixel is known.

    Attributes
    ----------
    name
        What the picture is called in lists and layers.
    image
        (Y, X, 3), (Y, X) or (Z, Y, X), as a camera would deliver it.
    labels
        The class of every pixel, in the spatial shape of `image`.
    scheme
        The classes that `labels` counts.
    scale
        Size of one pixel along each spatial axis, in `units`.
    units
        ``"pixel"`` or ``"um"``.
    """

    name: str
    image: NDArray[Any]  # uint8 or uint16, by camera
    labels: NDArray[np.uint8]
    scheme: ClassScheme
    scale: tuple[float, ...]
    units: str
