"""What Python's garbage collector need not look at again and again."""

from __future__ import annotations

import gc


def freeze() -> None:
    """Leave out of collections what there is now; it takes no time.

    With napari and torch there are a million objects that stay. A full collection looks
    through all of them, in whichever thread it begins, and stops every other: a quarter
    of a second in which the window stands still.
    """
    gc.freeze()


def thaw() -> None:
    """Let collections look at everything again, for a window that is gone.

    What is frozen is let go when nothing refers to it, but not where it refers to
    itself in a circle, as windows and layers do.
    """
    gc.unfreeze()
