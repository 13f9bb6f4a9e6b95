"""What does not fit is refused before anything is allocated."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from imageseg.errors import ImageReadError
from imageseg.images import memory
from imageseg.images.memory import check_promise, check_room, free_memory


def test_an_image_beyond_a_third_of_the_free_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: 3_000_000)

    check_room(Path("a.png"), (500, 1000), "u2")
    with pytest.raises(ImageReadError, match=r"a\.png: 501 × 1000 values .* in parts"):
        check_room(Path("a.png"), (501, 1000), "u2")


def test_a_photograph_of_300_megapixels_is_no_bomb() -> None:
    check_promise(Path("a.png"), (20_000, 15_000), 100_000)

    with pytest.raises(ImageReadError, match="100 bytes can hold"):
        check_promise(Path("a.png"), (20_000, 15_000), 100)


def test_the_free_memory_is_some_of_all() -> None:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    assert 0 < free_memory() <= total


@pytest.mark.parametrize(
    ("pages", "expected"), [(100, 400), (None, sys.maxsize)], ids=["macOS", "Windows"]
)
def test_where_nothing_tells_what_is_free_all_memory_counts(
    monkeypatch: pytest.MonkeyPatch, pages: int | None, expected: int
) -> None:
    def refuse(*_: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)
    if pages is None:
        monkeypatch.delattr(os, "sysconf")
    else:
        sizes = {"SC_PAGE_SIZE": 4, "SC_PHYS_PAGES": pages}
        monkeypatch.setattr(os, "sysconf", sizes.__getitem__)

    assert free_memory() == expected
