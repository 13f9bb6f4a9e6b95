"""Errors say what happened and can be caught as what Python calls them."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from imageseg import errors
from imageseg.errors import ImageReadError, ImageSegError, SettingsError

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, ImageSegError)
]


@pytest.mark.parametrize("error", CLASSES)
def test_no_error_is_a_runtime_error(error: type[ImageSegError]) -> None:
    assert not issubclass(error, RuntimeError)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.SettingsError, ValueError),
        (errors.ImageReadError, OSError),
        (errors.ShapeMismatchError, ValueError),
        (errors.ModelError, ValueError),
        (errors.ModelFormatError, errors.ModelError),
        (errors.ModelMismatchError, errors.ModelError),
        (errors.NotEnoughAnnotationsError, ValueError),
        (errors.ProjectError, ValueError),
        (errors.ProjectFormatError, errors.ProjectError),
        (errors.ProjectInUseError, errors.ProjectError),
        (errors.TrainingDivergedError, ArithmeticError),
        (errors.DeviceError, ArithmeticError),
        (errors.OutOfMemoryError, MemoryError),
    ],
)
def test_errors_are_also_those_of_python(
    error: type[ImageSegError], builtin: type[Exception]
) -> None:
    assert issubclass(error, builtin)
    assert issubclass(error, ImageSegError)


def test_the_docstring_lists_every_error() -> None:
    assert all(error.__name__ in (errors.__doc__ or "") for error in CLASSES)


def test_a_settings_error_names_field_value_and_range() -> None:
    error = SettingsError("epochs", 0, "1 to 10")

    assert str(error) == "epochs is 0; it must be 1 to 10."
    assert (error.field, error.value) == ("epochs", 0)


def test_an_image_error_reads_as_a_sentence() -> None:
    error = ImageReadError(Path("a.tif"), "it is damaged.")

    assert str(error) == "Cannot read a.tif: it is damaged."
    assert (error.path, error.reason) == (Path("a.tif"), "it is damaged.")


@pytest.mark.parametrize(
    "error",
    [SettingsError("epochs", 0, "1 to 10"), ImageReadError("a.tif", "it is damaged.")],
    ids=["settings", "image"],
)
def test_errors_cross_process_borders_unchanged(error: ImageSegError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
