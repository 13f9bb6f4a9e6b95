"""Only plain arrays inside the file itself are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.hdf5 import attribute, child, names, open_hdf5, read_array

Fill = Callable[[h5py.File], None]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[Fill], h5py.File]:
    """Fill a file and open it again."""
    path = tmp_path / "a.h5"

    def open_(fill: Fill) -> h5py.File:
        with h5py.File(path, "w") as file:
            fill(file)
        return h5py.File(path)

    return open_


def test_arrays_are_read_in_single_precision(
    opened: Callable[[Fill], h5py.File],
) -> None:
    values = np.arange(6).reshape(2, 3)
    with opened(lambda f: f.create_dataset("a", data=values.astype(float))) as file:
        read = read_array(child(file, "a"), (2, 3))

    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, values)


def test_what_is_not_there_is_none(opened: Callable[[Fill], h5py.File]) -> None:
    with opened(lambda f: f.create_dataset("a/b", data=1.0)) as file:
        assert child(file, "a/c") is None
        assert child(file, "a/b/c") is None


def _outside(file: h5py.File) -> None:
    secret = Path(file.filename).with_name("secret.bin")
    secret.write_bytes(bytes(8))
    file.create_dataset("a", (2,), "f4", external=[(str(secret), 0, 8)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "a", shape=(2,))
    file.create_virtual_dataset("a", layout)


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (lambda f: f.create_dataset("a", data=np.zeros(3)), r"\(2,\) fits the network"),
        (lambda f: f.create_dataset("a", data=np.zeros(2, int)), "not a plain array"),
        (lambda f: f.create_dataset("a", data=["x", "y"]), "not a plain array"),
        (lambda f: f.create_dataset("a", data=[np.nan, 0]), "no numbers"),
        (lambda f: f.create_group("a"), "shape None"),
        (_outside, "not a plain array"),
        (_virtual, "not a plain array"),
    ],
    ids=["shape", "whole", "text", "nan", "group", "outside", "virtual"],
)
def test_other_arrays_are_refused(
    opened: Callable[[Fill], h5py.File], fill: Fill, message: str
) -> None:
    with opened(fill) as file, pytest.raises(ModelFormatError, match=message):
        read_array(child(file, "a"), (2,))


@pytest.mark.parametrize(
    "link",
    [h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/b")],
    ids=["file", "soft"],
)
def test_links_are_not_followed(
    opened: Callable[[Fill], h5py.File], link: h5py.ExternalLink
) -> None:
    def fill(file: h5py.File) -> None:
        file["a"] = link

    with opened(fill) as file, pytest.raises(ModelFormatError, match="not followed"):
        child(file, "a/b")


def test_texts_are_bytes_or_str(opened: Callable[[Fill], h5py.File]) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["old"] = np.bytes_(b"2.3.0-tf")
        file.attrs["new"] = "2.15.0"

    with opened(fill) as file:
        assert attribute(file, "old") == "2.3.0-tf"
        assert attribute(file, "new") == "2.15.0"
        assert attribute(file, "none") is None


def test_long_lists_of_names_are_joined(opened: Callable[[Fill], h5py.File]) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["layer_names0"] = [b"a", b"b"]
        file.attrs["layer_names1"] = [b"c"]
        file.attrs["weight_names"] = ["d"]

    with opened(fill) as file:
        assert names(file, "layer_names") == ["a", "b", "c"]
        assert names(file, "weight_names") == ["d"]
        assert names(file, "none") == []


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match=r"b\.h5"), open_hdf5(tmp_path / "b.h5"):
        pass
