"""Refuse what does not fit into memory, before anything is allocated."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from imageseg.errors import ImageReadError

_SHARE = 1 / 3  # decoders hold an image three times for a moment
_DENSEST = 10_000  # pixels a byte; deflate gets 8,256 of one bit, LZW 2,560


def check_room(path: Path, shape: Sequence[int], dtype: DTypeLike) -> None:
    """Refuse an array that takes more than a third of the free memory.

    Raises
    ------
    ImageReadError
        It does not fit.
    """
    needed = math.prod(shape) * np.dtype(dtype).itemsize
    free = free_memory()
    if needed > _SHARE * free:
        raise ImageReadError(
            path,
            f"{_times(shape)} values take {_gigabytes(needed)} of memory, and "
            f"{_gigabytes(free)} are free. Read it in parts (open_image); other "
            "formats than OME-Zarr and uncompressed TIFF must be converted for that.",
        )


def check_promise(path: Path, shape: Sequence[int], stored: int) -> None:
    """Refuse a header that promises more pixels than so many bytes can hold.

    Raises
    ------
    ImageReadError
        It does.
    """
    if math.prod(shape) > _DENSEST * stored:
        raise ImageReadError(
            path,
            f"it is damaged: its header promises {_times(shape)} values, more than "
            f"its {stored} bytes can hold. Get the file again from its source.",
        )


def free_memory() -> int:
    """Return how many bytes programs can still get.

    All memory of the computer where the system does not tell what is free.
    """
    try:
        text = Path("/proc/meminfo").read_text("ascii")
        return int(text.split("MemAvailable:")[1].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        pass  # no Linux
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows: NumPy will say it
        return sys.maxsize


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"
