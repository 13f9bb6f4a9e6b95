"""Import in the background without taking the window's time."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any

from napari_imageseg.garbage import freeze

_SHORTEST, _LONGEST = 0.001, 0.02  # s
_TOGETHER = 100  # modules; as many objects are looked through in a few milliseconds


@contextmanager
def unhurried_imports(hurried: Callable[[], bool]) -> Iterator[None]:
    """Let other threads go first between the modules that this thread imports.

    An import is Python code from end to end, some thousand modules for torch; whatever
    else wants Python's lock meanwhile, for every event of the window and every strip of
    a picture that is read, waits for it each time. With a pause before each module, as
    long as the one before took, the window has its turn between them.

    Nor does it grow the heap that the garbage collector looks through; see `freeze`.

    Parameters
    ----------
    hurried
        Whether somebody waits for what is imported: then there are no pauses. Asked
        before each module, in this thread.
    """
    pauses = _Pauses(threading.get_ident(), hurried)
    sys.meta_path.insert(0, pauses)
    try:
        yield
    finally:
        sys.meta_path.remove(pauses)
        if pauses.imported:
            freeze()


def make_units() -> bool:
    """Make pint's registry of units, whole before anybody sees it.

    Its own is made when the first layer asks for a unit, in half a second in which
    other threads find units missing: whoever adds a layer then is told that there are
    no pixels.

    Returns
    -------
    made
        False if another thread is making it.
    """
    import pint  # noqa: PLC0415  heavy
    from pint.registry import LazyRegistry  # noqa: PLC0415

    shared: Any = pint.application_registry  # untyped
    if isinstance(shared.get(), LazyRegistry):
        made: Any = pint.UnitRegistry()
        if isinstance(shared.get(), LazyRegistry):
            shared.set(made)
    try:
        _ = shared.pixel
    except (AttributeError, KeyError):
        return False
    return True


class _Pauses(MetaPathFinder):
    """Finds nothing, and takes its time where one thread asks.

    Attributes
    ----------
    imported
        How many modules that thread has asked for.
    """

    def __init__(self, thread: int, hurried: Callable[[], bool]) -> None:
        self._thread = thread
        self._hurried = hurried
        self._since = time.perf_counter()
        self.imported = 0

    def find_spec(self, *_: object) -> ModuleSpec | None:
        """Pause as long as has passed since the last pause, within bounds."""
        if threading.get_ident() != self._thread:
            return None
        self.imported += 1
        if self.imported % _TOGETHER == 0:
            freeze()
        if not self._hurried():
            took = time.perf_counter() - self._since
            time.sleep(min(max(took, _SHORTEST), _LONGEST))
            self._since = time.perf_counter()
        return None
