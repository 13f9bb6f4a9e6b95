"""Which channels of an image a model sees, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.images.colours import to_grey

NamesOf = Callable[[Path], Sequence[str]]
"""Returns what people call the channels of a file; empty: as it does itself."""

_ALL, _GREY = "all", "grey"
_MOST_LISTED = 20  # channels in a message


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """Channels of an image in the order in which a model takes them.

    Attributes
    ----------
    picked
        Their numbers from 0, or their names; empty: all, as they are stored. One may
        stand there twice.
    grey
        Whether red, green and blue become one channel, their luma.
    """

    picked: tuple[int | str, ...] = ()
    grey: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``"all"``, ``"grey"``, numbers from 1 on or names: ``"3,1,DAPI"``.

        Raises
        ------
        SettingsError
            It is none of these.
        """
        if text in (_ALL, _GREY):
            return cls(grey=text == _GREY)
        return cls(tuple(_entry(part, text) for part in text.split(",")))

    def __str__(self) -> str:
        if self.grey:
            return _GREY
        shown = (k if isinstance(k, str) else str(k + 1) for k in self.picked)
        return ",".join(shown) or _ALL

    def count(self, found: int) -> int:
        """Say how many channels are left of so many."""
        return 1 if self.grey else len(self.picked) or found

    def among(self, found: int, known: Sequence[str] = ()) -> Self:
        """Find what is picked among the channels of an image.

        A number beyond them may be a name, as ``488``. Channels without names are
        called ``channel 1`` and so on.

        Parameters
        ----------
        found
            How many there are.
        known
            Their names, if they have any.

        Returns
        -------
        choice
            By numbers only.

        Raises
        ------
        ShapeMismatchError
            One is not there.
        """
        numbers = self.numbers(found, known)
        everything = numbers == tuple(range(found))
        return type(self)(() if everything else numbers, self.grey)

    def numbers(self, found: int, known: Sequence[str] = ()) -> tuple[int, ...]:
        """Return the numbers from 0 of what is picked; see `among`."""
        names = known if len(known) == found else numbered(found)
        numbers = tuple(_number(entry, found, names) for entry in self.picked)
        there = tuple(n for n in numbers if n is not None)
        if len(there) < len(numbers):
            raise ShapeMismatchError(
                f"Channels {self} are asked for, but the image has "
                f"{many_channels(found)}{_listed(known)}. Choose among these."
            )
        return there

    def apply(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Choose from pixels (…, Y, X, C).

        Returns
        -------
        chosen
            (…, Y, X, C), a view where possible.

        Raises
        ------
        ShapeMismatchError
            A channel is not there, or there are no three to make grey.
        """
        if self.grey:
            return to_grey(pixels)[..., np.newaxis]
        found = pixels.shape[-1]
        numbers = self.numbers(found)
        if not numbers or numbers == tuple(range(found)):
            return pixels
        chosen: NDArray[Any] = pixels[..., list(numbers)]
        return chosen

    def names(self, known: Sequence[str]) -> tuple[str, ...]:
        """Return the names of what is chosen; none if they are not known."""
        if self.grey:
            return ()
        numbers = [_number(entry, len(known), known) for entry in self.picked]
        there = [n for n in numbers if n is not None]
        if len(there) < len(numbers):
            return ()
        return tuple(known[n] for n in there) if there else tuple(known)

    def taught_names(self, known: Sequence[str]) -> tuple[str, ...]:
        """Return the names by which a model that learns these finds them again.

        Those picked from channels without names are known by their numbers. Empty if
        nothing is picked and nothing has a name.
        """
        if self.picked and not known:
            return tuple(k if isinstance(k, str) else _name_of(k) for k in self.picked)
        return self.names(known)


Channels = ChannelChoice | str | int | Sequence[int | str]
"""Channels as people write them: ``"3,1"``, ``"DAPI,GFP"``, ``[3, "GFP"]``, ``2``."""


def as_choice(channels: Channels | None) -> ChannelChoice | None:
    """Understand channels; numbers count from 1.

    Raises
    ------
    SettingsError
        They are none.
    """
    if channels is None or isinstance(channels, ChannelChoice):
        return channels
    if isinstance(channels, str):
        return ChannelChoice.parse(channels)
    several = [channels] if isinstance(channels, int | np.integer) else list(channels)
    if not several:
        raise SettingsError("channels", channels, "one channel or more")
    return ChannelChoice(tuple(_entry(str(part), channels) for part in several))


def recognised(
    found: int, known: Sequence[str], named: Sequence[str]
) -> ChannelChoice | None:
    """Find the channels that a model knows by name; None if the image lacks one.

    Parameters
    ----------
    found
        How many channels the image has.
    known, named
        Names of its channels and of the model's; an image without names is asked for
        ``channel 1`` and so on.
    """
    names = known or numbered(found)
    numbers = [_called(name, names) for name in named]
    if not named or len(names) != found or None in numbers:
        return None
    return ChannelChoice(tuple(named)).among(found, names)


def seen_channels(
    found: int,
    wanted: int,
    known: Sequence[str] = (),
    named: Sequence[str] = (),
    choice: ChannelChoice | None = None,
) -> ChannelChoice:
    """Say what a model sees of an image file, where nobody looks on.

    What is picked; else channels that the model knows by name; else all. Nothing is
    guessed, so that no folder of images is predicted from channels of a chance order.

    Parameters
    ----------
    found, wanted, known, named
        As of `suggest_channels`.
    choice
        What is picked.

    Raises
    ------
    ShapeMismatchError
        A channel that is picked is not there, or the model takes another number.
    """
    if choice is None:
        return recognised(found, known, named) or ChannelChoice()
    if choice.count(found) != wanted:
        raise ShapeMismatchError(
            f"Channels {choice} are asked for, but the model takes "
            f"{many_channels(wanted)}. Choose as many, in its order."
        )
    return choice.among(found, known)


def suggest_channels(
    found: int,
    wanted: int,
    known: Sequence[str] = (),
    named: Sequence[str] = (),
    choice: ChannelChoice | None = None,
) -> ChannelChoice | None:
    """Propose what a model of `wanted` channels sees of an image of `found`.

    What is picked goes first, if it is as many. Then channels go by their names if both
    sides have them; else by their order, and three make one by their luma.

    Parameters
    ----------
    found, wanted
        Channels of the image and of the model.
    known, named
        Their names, where these are known.
    choice
        What is picked.

    Returns
    -------
    choice
        By numbers; None if the image has too few.

    Raises
    ------
    ShapeMismatchError
        A channel that is picked is not there.
    """
    if choice is not None and choice.count(found) == wanted:
        return choice.among(found, known)
    by_name = recognised(found, known, named) if len(named) == wanted else None
    if by_name is not None:
        return by_name
    if found == wanted:
        return ChannelChoice()
    if (found, wanted) == (3, 1):
        return ChannelChoice(grey=True)
    return ChannelChoice(tuple(range(wanted))) if found > wanted else None


def same_names(some: Sequence[str], others: Sequence[str]) -> bool:
    """Say whether channels have the same names in the same order, in any letters."""
    return [n.casefold() for n in some] == [n.casefold() for n in others]


def numbered(count: int) -> tuple[str, ...]:
    """Return names of channels that have none: ``"channel 1"`` and so on."""
    return tuple(_name_of(k) for k in range(count))


def many_channels(count: int) -> str:
    """Say how many: ``"one channel"``, ``"3 channels"``."""
    return "one channel" if count == 1 else f"{count} channels"


def _entry(part: str, whole: object) -> int | str:
    """Read a number from 1 on, or a name."""
    name = part.strip()
    if not name or (name.isdecimal() and int(name) == 0):
        expected = "all, grey, or names or numbers of channels from 1 on such as 3,1,2"
        raise SettingsError("channels", whole, expected)
    return int(name) - 1 if name.isdecimal() else name


def _number(entry: int | str, found: int, names: Sequence[str]) -> int | None:
    """Return which channel is meant, from 0; None if it is not there."""
    if isinstance(entry, str):
        return _called(entry, names)
    return entry if entry < found else _called(str(entry + 1), names)


def _called(name: str, names: Sequence[str]) -> int | None:
    """Return which channel has a name, in small or large letters."""
    if name in names:
        return list(names).index(name)
    folded = [other.casefold() for other in names]
    return folded.index(name.casefold()) if name.casefold() in folded else None


def _name_of(number: int) -> str:
    return f"channel {number + 1}"


def _listed(known: Sequence[str]) -> str:
    if not known:
        return ""
    shown = [f"{k + 1} {name}" for k, name in enumerate(known[:_MOST_LISTED])]
    more = ["…"] if len(known) > _MOST_LISTED else []
    return f" ({', '.join(shown + more)})"
