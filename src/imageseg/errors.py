"""What can go wrong, in words a user can act on.

::

    ImageSegError
    ├── SettingsError          (ValueError)   a setting out of range
    ├── ImageReadError         (OSError)      a file that is no readable image
    ├── PixelValueError        (ValueError)   pixels that are no numbers
    ├── MaskValueError         (ValueError)   a mask with values that mean no class
    ├── ShapeMismatchError     (ValueError)   what belongs together does not fit
    ├── ModelError             (ValueError)
    │   ├── ModelFormatError                  not a model file of ours, damaged or newer
    │   └── ModelMismatchError                classes or channels differ
    ├── NotEnoughAnnotationsError (ValueError)   nothing, or one class only
    ├── ProjectError           (ValueError)   what a project cannot do
    │   ├── ProjectFormatError                no project, damaged or newer
    │   └── ProjectInUseError                 another window or computer writes in it
    ├── TrainingDivergedError  (ArithmeticError)  the loss is no number any more
    ├── DeviceError            (ArithmeticError)  a device computes other numbers
    └── OutOfMemoryError       (MemoryError)  with what to try next

Messages say what happened, with which value or file, and what to do. None of
them is a `RuntimeError`: superqt's worker takes those for deleted Qt objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path


class ImageSegError(Exception):
    """Base of every error that a user can mend."""


class SettingsError(ImageSegError, ValueError):
    """A setting has a value that cannot be used, or none."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        found = "missing" if value is None else repr(value)
        super().__init__(f"{field} is {found}; it must be {expected}.")
        self.field = field
        self.value = value
        self.expected = expected

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Pickle by the arguments, so that worker processes can report it."""
        return type(self), (self.field, self.value, self.expected)


class ImageReadError(ImageSegError, OSError):
    """A file cannot be read as an image."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"Cannot read {path}: {reason}")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Pickle by the arguments, so that worker processes can report it."""
        return type(self), (self.path, self.reason)

    def __str__(self) -> str:
        """Return the sentence; `OSError` would print a tuple."""
        return str(self.args[0])


class PixelValueError(ImageSegError, ValueError):
    """An image holds values that cannot be computed with."""


class MaskValueError(ImageSegError, ValueError):
    """A mask holds codes that stand for no class.

    Attributes
    ----------
    codes
        Some of them, as they are written in a coding.
    """

    def __init__(self, codes: tuple[str, ...], coding: str, n_classes: int) -> None:
        value, are = ("values", "are") if len(codes) > 1 else ("value", "is")
        super().__init__(
            f"it holds the {value} {', '.join(codes)}, which {are} none of the "
            f"{n_classes} classes when read as {coding!r}. Choose another mask coding "
            "or more classes, or name what is not annotated (void=VALUE)."
        )
        self.codes = codes
        self.coding = coding
        self.n_classes = n_classes

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Pickle by the arguments, so that worker processes can report it."""
        return type(self), (self.codes, self.coding, self.n_classes)


class ShapeMismatchError(ImageSegError, ValueError):
    """Two arrays, or an array and a model, do not belong together."""


class ModelError(ImageSegError, ValueError):
    """Base of what can be wrong with a model."""


class ModelFormatError(ModelError):
    """A file is not a model of ours, is damaged, or is newer than this program."""


class ModelMismatchError(ModelError):
    """A model has other classes or channels than asked for."""


class NotEnoughAnnotationsError(ImageSegError, ValueError):
    """Too little is annotated to learn from."""


class ProjectError(ImageSegError, ValueError):
    """Something cannot be done with a project."""


class ProjectFormatError(ProjectError):
    """A folder is no project, or its description is damaged or newer than this program.

    Attributes
    ----------
    previous
        The description before the last save, if that one can be opened instead.
    """

    previous: Path | None = None


class ProjectInUseError(ProjectError):
    """Somebody else has the project open for writing.

    Attributes
    ----------
    host, pid, since
        Which computer, which process on it, and the time it was opened (ISO 8601).
    """

    def __init__(self, folder: Path | str, host: str, pid: int, since: str) -> None:
        super().__init__(
            f"{folder} is open elsewhere: on {host} (process {pid}), since {since}. "
            "Close it there, or open it here read-only."
        )
        self.folder = folder
        self.host = host
        self.pid = pid
        self.since = since

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Pickle by the arguments, so that worker processes can report it."""
        return type(self), (self.folder, self.host, self.pid, self.since)


class TrainingDivergedError(ImageSegError, ArithmeticError):
    """Training cannot go on; the model before it is untouched.

    Attributes
    ----------
    best
        What training had found before: a `TrainingResult`, or None.
    """

    best: object = None


class DeviceError(ImageSegError, ArithmeticError):
    """A device does not compute what the CPU does.

    Attributes
    ----------
    device
        As people call it.
    difference
        Largest difference of a probability.
    beyond
        Share of pixels that differ by more than rounding explains.
    """

    def __init__(self, device: str, difference: float, beyond: float) -> None:
        super().__init__(
            f"{device} does not compute what the CPU does: probabilities differ by up "
            f"to {difference:.2g}, in {beyond:.1%} of the pixels by more than rounding "
            "explains. Its result is not used. Choose the device cpu, or the precision "
            "fp32, and look for a newer driver."
        )
        self.device = device
        self.difference = difference
        self.beyond = beyond

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Pickle by the arguments, so that worker processes can report it."""
        return type(self), (self.device, self.difference, self.beyond)


class OutOfMemoryError(ImageSegError, MemoryError):
    """The device ran out of memory; the message says what to try next."""
