"""What was read last from files, within a limit of memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from numpy.typing import NDArray

_ROOM = 512 * 2**20  # bytes


class ReadCache:
    """Keeps the arrays used last; the one used longest ago goes first.

    Parameters
    ----------
    room
        Most bytes to keep. A larger array is read whenever it is asked for.
    """

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._arrays: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable, read: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the array of a key, read now if it is not kept."""
        if key in self._arrays:
            self._arrays.move_to_end(key)
            return self._arrays[key]
        array = read()
        self._arrays[key] = array
        self._bytes += array.nbytes
        while self._bytes > self._room:
            self._bytes -= self._arrays.popitem(last=False)[1].nbytes
        return array
