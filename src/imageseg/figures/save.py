"""Figures in files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from imageseg._version import __version__
from imageseg.errors import SettingsError
from imageseg.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FigureFormat = Literal["png", "pdf", "svg"]
_WRITER = {"png": "Software", "pdf": "Creator", "svg": "Creator"}


def save_figure(path: Path | str, figure: Figure, *, dpi: int = 150) -> Path:
    """Write a figure as PNG, PDF or SVG, by the path's suffix, atomically.

    Parameters
    ----------
    path
        The file; its stem is kept as the title, beside the program's version.
    figure
        It is not changed.
    dpi
        Pixels an inch; of vector formats, those of the pictures within.

    Raises
    ------
    SettingsError
        The suffix is another, or the resolution makes no picture.
    OSError
        The folder cannot be written.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in get_args(FigureFormat):
        raise SettingsError("figure file", str(path), "named .png, .pdf or .svg")
    if not 10 <= dpi <= 2400:
        raise SettingsError("dpi", dpi, "10 to 2400")
    metadata = {"Title": path.stem, _WRITER[kind]: f"imageseg {__version__}"}
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format=kind, dpi=dpi, metadata=metadata)
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureFiles:
    """Where figures are written, and how.

    Attributes
    ----------
    folder
        Made if it is not there.
    format
        Also the suffix.
    dpi
        Pixels an inch.
    """

    folder: Path
    format: FigureFormat = "png"
    dpi: int = 150

    def save(self, name: str, figure: Figure) -> Path:
        """Write a figure under a name without suffix."""
        path = self.folder / f"{name}.{self.format}"
        return save_figure(path, figure, dpi=self.dpi)
