"""The package offers what it lists, and importing it costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import imageseg

HEAVY = {"torch", "napari", "numpy", "pandas", "scipy", "skimage", "PIL", "qtpy"}


def in_new_python(code: str) -> str:
    """Run code where nothing has been imported yet; return what it prints."""
    process = subprocess.run(  # noqa: S603  our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return process.stdout


@pytest.mark.parametrize("name", imageseg.__all__)
def test_every_public_name_is_there(name: str) -> None:
    value = getattr(imageseg, name)

    assert getattr(value, "__name__", name) in {name, "Generator"}
    assert name in dir(imageseg)


def test_the_list_of_public_names_has_no_strangers() -> None:
    public = {name for name in dir(imageseg) if not name.startswith("_")}

    assert len(set(imageseg.__all__)) == len(imageseg.__all__)
    assert public == set(imageseg.__all__) - {"__version__"}


def test_a_star_import_brings_all_names() -> None:
    code = "from imageseg import *; print(callable(train), CANOPY.names)"

    assert in_new_python(code).strip() == "True ('canopy', 'sky')"


def test_importing_loads_nothing_heavy() -> None:
    modules = in_new_python("import sys, imageseg; print(*sys.modules)").split()

    assert not HEAVY & set(modules)


def test_names_stay_themselves_whatever_is_loaded_first() -> None:
    code = (
        "import imageseg\n"
        "imageseg.density_table, imageseg.train\n"
        "names = [n for n in imageseg.__all__ if n != '__version__']\n"
        "kinds = {n: type(getattr(imageseg, n)).__name__ for n in names}\n"
        "print(*[n for n in names if kinds[n] == 'module'])"
    )

    assert in_new_python(code).strip() == ""


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'imageseg' has no attribute 'segment'"):
        imageseg.segment  # noqa: B018  the access is what is tested
