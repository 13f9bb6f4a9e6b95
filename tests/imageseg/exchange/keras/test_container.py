"""Keras files are told by their content; archives made to harm are not opened."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import h5py
import pytest

from imageseg.errors import ModelFormatError
from imageseg.exchange.keras.container import is_keras_file, open_keras


def make_zip(path: Path, members: dict[str, bytes], packing: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def members(stored: Path) -> dict[str, bytes]:
    """Return the parts of a true .keras file."""
    with zipfile.ZipFile(stored / "nested-k3.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("name", "by_name", "whole", "form"),
    [
        ("unet05-tf22.h5", True, True, "HDF5"),
        ("unet05-k2.h5", True, True, "HDF5"),
        ("tile3-k3.h5", True, True, "HDF5"),
        ("nested-k2.keras", False, True, ".keras"),
        ("nested-k3.keras", False, True, ".keras"),
        ("unet05-tf22.w.h5", True, False, "HDF5 weights"),
        ("unet05-k3.weights.h5", False, False, "HDF5 weights"),
    ],
)
def test_every_layout_is_known(
    stored: Path, tmp_path: Path, name: str, form: str, *, by_name: bool, whole: bool
) -> None:
    path = tmp_path / "renamed.bin"
    path.write_bytes((stored / name).read_bytes())

    assert is_keras_file(path)
    with open_keras(path) as file:
        assert (file.by_name, file.config is not None, file.form) == (
            by_name,
            whole,
            form,
        )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"{}"])
def test_other_files_are_not_taken_for_keras(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(content)

    assert not is_keras_file(path)
    assert not is_keras_file(tmp_path / "missing.h5")
    assert not is_keras_file(tmp_path)


def test_a_packed_archive_is_read_too(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    path = make_zip(tmp_path / "a.keras", members, zipfile.ZIP_DEFLATED)

    with open_keras(path) as file:
        assert file.version.startswith("3.")
        assert "layers" in file.weights


@pytest.mark.parametrize(
    "name", ["../evil.py", "/etc/evil", "a/../../b", "C:\\evil", "..\\x"]
)
def test_names_that_point_outside_are_refused(
    tmp_path: Path, members: dict[str, bytes], name: str
) -> None:
    path = make_zip(tmp_path / "a.keras", members | {name: b"x"})

    with pytest.raises(ModelFormatError, match=r"a\.keras.*points outside"):
        open_keras(path).__enter__()


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "assets/x"])
def test_what_unpacks_to_a_flood_is_refused(
    tmp_path: Path, members: dict[str, bytes], name: str
) -> None:
    flood = members | {name: bytes(5_000_000)}
    path = make_zip(tmp_path / "a.keras", flood, zipfile.ZIP_DEFLATED)

    with pytest.raises(ModelFormatError, match="5,000,000 bytes"):
        open_keras(path).__enter__()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"config.json": None}, r"lacks config\.json"),
        ({"model.weights.h5": None}, r"lacks model\.weights\.h5"),
        ({"config.json": b"{"}, "lacks a readable description"),
        ({"config.json": b"[" * 100_000}, "lacks a readable description"),
        ({"config.json": b"[1]"}, "in an unknown way"),
        ({"config.json": b"\xff\xfe"}, "lacks a readable description"),
        ({"model.weights.h5": b"\x80\x04pickle"}, "damaged or cut short"),
    ],
)
def test_archives_of_something_else_are_refused(
    tmp_path: Path,
    members: dict[str, bytes],
    changed: dict[str, bytes | None],
    message: str,
) -> None:
    kept = {k: v for k, v in (members | changed).items() if v is not None}
    path = make_zip(tmp_path / "a.keras", kept)

    with pytest.raises(ModelFormatError, match=message):
        open_keras(path).__enter__()


def test_hdf5_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        file["images"] = [1.0, 2.0]

    with pytest.raises(ModelFormatError, match=r"data\.h5.*no Keras model"):
        open_keras(path).__enter__()


def test_a_model_without_description_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_group("model_weights")

    with pytest.raises(ModelFormatError, match="lacks a readable description"):
        open_keras(path).__enter__()


def test_the_version_is_optional(tmp_path: Path, members: dict[str, bytes]) -> None:
    members["metadata.json"] = json.dumps({}).encode()

    with open_keras(make_zip(tmp_path / "a.keras", members)) as file:
        assert file.version == "unknown"


def test_a_changed_byte_is_noticed(tmp_path: Path, stored: Path) -> None:
    content = bytearray((stored / "nested-k3.keras").read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "a.keras"
    path.write_bytes(content)

    with pytest.raises(ModelFormatError, match=r"a\.keras is damaged"):
        open_keras(path).__enter__()


def test_the_first_layout_of_keras_archives_is_refused(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    """TensorFlow 2.12 counted layers in another way."""
    weights = tmp_path / "w.h5"
    with h5py.File(weights, "w") as file:
        file["_layer_checkpoint_dependencies/conv2d/vars/0"] = [1.0]
    path = make_zip(
        tmp_path / "a.keras", members | {"model.weights.h5": weights.read_bytes()}
    )

    with pytest.raises(ModelFormatError, match=r"again as \.h5"):
        open_keras(path).__enter__()


def test_a_damaged_table_of_contents_is_noticed(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    path = make_zip(tmp_path / "a.keras", members)
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x05\x06") + 12] += 9  # the table's length
    path.write_bytes(content)

    assert not is_keras_file(path)
    with pytest.raises(ModelFormatError, match="damaged or cut short"):
        open_keras(path).__enter__()
