"""How large a pixel is."""

from __future__ import annotations

from dataclasses import dataclass

from imageseg.errors import SettingsError


@dataclass(frozen=True, slots=True)
class PixelSize:
    """Lengths of a pixel's sides.

    Attributes
    ----------
    y, x
        In `unit`.
    z
        Distance of the slices of a stack; None for planes, or if unknown.
    unit
        As written after numbers: ``"µm"``, ``"mm"``, ``"m"``.
    """

    y: float
    x: float
    z: float | None = None
    unit: str = "µm"

    def __post_init__(self) -> None:
        for name, length in (("y", self.y), ("x", self.x), ("z", self.z)):
            if length is not None and not 0 < length < float("inf"):
                raise SettingsError(f"pixel size {name}", length, "above 0")

    @property
    def area(self) -> float:
        """Area of one pixel, in `unit` squared."""
        return self.y * self.x

    @property
    def volume(self) -> float | None:
        """Volume of one voxel, in `unit` cubed; None without a distance of slices."""
        return None if self.z is None else self.area * self.z
