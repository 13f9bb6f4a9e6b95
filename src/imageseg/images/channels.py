"""Which channels of an image a model sees, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.images.colours import to_grey

_ALL, _GREY = "all", "grey"


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """Channels of an image in the order in which a model takes them.

    Attributes
    ----------
    picked
        Their numbers from 0; empty: all, as they are stored. One may stand there
        twice.
    grey
        Whether red, green and blue become one channel, their luma.
    """

    picked: tuple[int, ...] = ()
    grey: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``"all"``, ``"grey"`` or numbers from 1 on: ``"3,1,2"``.

        Raises
        ------
        SettingsError
            It is none of these.
        """
        if text in (_ALL, _GREY):
            return cls(grey=text == _GREY)
        numbers = [part.strip() for part in text.split(",")]
        if not all(n.isdecimal() and int(n) > 0 for n in numbers):
            expected = "all, grey, or numbers of channels from 1 on such as 3,1,2"
            raise SettingsError("channels", text, expected)
        return cls(tuple(int(n) - 1 for n in numbers))

    def __str__(self) -> str:
        if self.grey:
            return _GREY
        return ",".join(str(k + 1) for k in self.picked) or _ALL

    def count(self, found: int) -> int:
        """Say how many channels are left of so many."""
        return 1 if self.grey else len(self.picked) or found

    def apply(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Choose from pixels (…, Y, X, C).

        Returns
        -------
        chosen
            (…, Y, X, C), a view where possible.

        Raises
        ------
        ShapeMismatchError
            There are not so many channels, or no three to make grey.
        """
        if self.grey:
            return to_grey(pixels)[..., np.newaxis]
        found = pixels.shape[-1]
        if any(k >= found for k in self.picked):
            many = "one channel" if found == 1 else f"{found} channels"
            raise ShapeMismatchError(
                f"Channels {self} are asked for, but the image has {many}. Choose "
                "among these."
            )
        if not self.picked or self.picked == tuple(range(found)):
            return pixels
        chosen: NDArray[Any] = pixels[..., list(self.picked)]
        return chosen

    def names(self, known: Sequence[str]) -> tuple[str, ...]:
        """Return the names of what is chosen; none if they are not known."""
        if self.grey or any(k >= len(known) for k in self.picked):
            return ()
        return tuple(known[k] for k in self.picked) if self.picked else tuple(known)


def suggest_channels(
    found: int, wanted: int, known: Sequence[str] = (), named: Sequence[str] = ()
) -> ChannelChoice | None:
    """Propose what a model of `wanted` channels sees of an image of `found`.

    Channels go by their names if both sides have them; else by their order, and
    three make one by their luma.

    Parameters
    ----------
    found, wanted
        Channels of the image and of the model.
    known, named
        Their names, where these are known.

    Returns
    -------
    choice
        None if the image has too few.
    """
    lower = [name.casefold() for name in known]
    asked = [name.casefold() for name in named]
    if len(asked) == wanted and len(lower) == found and set(asked) <= set(lower):
        picked = tuple(lower.index(name) for name in asked)
        return ChannelChoice(() if picked == tuple(range(found)) else picked)
    if found == wanted:
        return ChannelChoice()
    if (found, wanted) == (3, 1):
        return ChannelChoice(grey=True)
    return ChannelChoice(tuple(range(wanted))) if found > wanted else None
