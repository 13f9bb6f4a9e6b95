"""Show labels over their image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError
from imageseg.figures.layout import picture_grid
from imageseg.figures.pictures import (
    Labels,
    Picture,
    check_plane,
    colour_table,
    displayed,
)
from imageseg.figures.scalebar import draw_scale_bar
from imageseg.figures.style import Key

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from imageseg.units import PixelSize

_WHITE = "#ffffff"


def draw_overlay(
    image: NDArray[Any], labels: Labels, scheme: ClassScheme, *, opacity: float = 0.45
) -> Picture:
    """Blend class colours over an image.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C); of other than three channels the first is shown.
    labels
        (Y, X), 0 is left uncoloured.
    scheme
        Gives the colours.
    opacity
        Of the colours, 0 to 1.

    Returns
    -------
    picture
        (Y, X, 3) uint8.

    Raises
    ------
    ShapeMismatchError
        Image and labels differ in size, or are stacks.
    SettingsError
        The opacity is out of range.
    """
    check_plane(image, labels)
    check_opacity(opacity)
    base = displayed(image)
    alpha = np.where(labels > 0, np.float32(opacity), np.float32(0))[..., None]
    picture = base * (1 - alpha) + colour_table(scheme)[labels] * alpha
    return np.asarray(picture.round(), np.uint8)


def check_opacity(opacity: float) -> None:
    """Refuse what is no share.

    Raises
    ------
    SettingsError
        It is not 0 to 1.
    """
    if not 0 <= opacity <= 1:
        raise SettingsError("opacity", opacity, "0 to 1")


def overlay_figure(
    image: NDArray[Any],
    labels: Labels,
    scheme: ClassScheme,
    *,
    opacity: float = 0.45,
    pixel_size: PixelSize | None = None,
    name: str = "",
) -> Figure:
    """Show an overlay with its legend: class names and their shares.

    Parameters
    ----------
    image, labels, scheme, opacity
        As in `draw_overlay`.
    pixel_size
        Adds a scale bar.
    name
        Written above.

    Returns
    -------
    figure
        Shares are those of the pixels with a class that is not excluded, as in
        density tables.

    Raises
    ------
    ShapeMismatchError
        Image and labels differ in size, or are stacks.
    """
    picture = draw_overlay(image, labels, scheme, opacity=opacity)
    figure = picture_grid([picture], [name], legend=[_keys(labels, scheme)], side=5.0)
    if pixel_size is not None:
        draw_scale_bar(figure.axes[0], pixel_size, labels.shape)
    return figure


def _keys(labels: Labels, scheme: ClassScheme) -> list[Key]:
    counts = np.bincount(labels.ravel(), minlength=len(scheme) + 1)
    whole = sum(counts[c.id] for c in scheme if not c.excluded)
    keys = [
        Key(
            f"{c.name} (excluded)"
            if c.excluded
            else f"{c.name} {100 * counts[c.id] / max(whole, 1):.1f} %",
            c.colour,
        )
        for c in scheme
    ]
    return keys if counts[0] == 0 else [*keys, Key("not annotated", _WHITE)]
