"""A training keeps the memory that it frees, and gives it back when it ends."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from imageseg.training import reuse
from imageseg.training.reuse import memory_kept

glibc = pytest.mark.skipif(
    reuse._glibc() is None, reason="the C library is not glibc, so nothing is kept"
)

# Asks for 64 MB, touches it and frees it, four times, without and with memory kept.
FAULTS = """
import resource
import torch
from imageseg.training.reuse import memory_kept

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(4):
        torch.ones(16 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

print(faults())
with memory_kept():
    faults()
    print(faults())
    held = resident()
print(held - resident(), faults())
"""


@glibc
def test_pages_are_mapped_once_while_memory_is_kept_and_given_back_afterwards() -> None:
    run = subprocess.run(  # noqa: S603  our own script
        [sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True
    )
    usual, kept, given_back, afterwards = map(int, run.stdout.split())

    block = usual / 4
    assert kept < block / 10
    assert given_back > 60 * 2**20
    # A hole below what something else has taken may serve again, but none of its
    # pages: at least one block of the four is mapped anew.
    assert afterwards > 0.9 * block


class Library:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, ...]] = []

    def mallopt(self, parameter: int, value: int) -> None:
        self.told.append((parameter, value))

    def malloc_trim(self, pad: int) -> None:
        self.told.append((pad,))


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    found = Library()
    monkeypatch.setattr(reuse, "_glibc", lambda: found)
    return found


def test_the_last_of_several_blocks_gives_the_memory_back(library: Library) -> None:
    with memory_kept():
        begun = len(library.told)
        with memory_kept():
            pass
        inside = len(library.told)

    assert begun == inside == 2
    assert set(library.told[2:-1]) == set(reuse._GIVE_BACK.items())
    assert library.told[-1] == (0,)


def test_memory_is_given_back_after_an_error_too(library: Library) -> None:
    with pytest.raises(ValueError, match="broken"), memory_kept():
        raise ValueError("broken")

    assert library.told[-1] == (0,)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    def refuse(_name: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("ctypes.CDLL", refuse)
    reuse._glibc.cache_clear()
    try:
        assert reuse._glibc() is None
    finally:
        reuse._glibc.cache_clear()
