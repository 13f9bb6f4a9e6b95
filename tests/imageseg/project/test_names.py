"""Names of files fit every system, and no two images share one."""

from __future__ import annotations

import pytest

from imageseg.project.names import safe_name, unique_name


@pytest.mark.parametrize(
    ("wanted", "safe"),
    [
        ("plot 04", "plot 04"),
        ("a/b:c?.png", "a_b_c_.png"),
        ("..", "_"),
        ("trailing. ", "trailing"),
        ("", "_"),
        ("con", "_con"),
        ("COM1.tif", "_COM1.tif"),
        ("console", "console"),
        ("größe", "größe"),
        ("x" * 300, "x" * 100),
    ],
)
def test_names_are_made_safe(wanted: str, safe: str) -> None:
    assert safe_name(wanted) == safe


def test_names_taken_get_a_number_whatever_their_case() -> None:
    assert unique_name("Plot", {"plot", "plot-2"}) == "Plot-3"
    assert unique_name("Plot", set()) == "Plot"
