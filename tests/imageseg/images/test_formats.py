"""Formats are told by content, microscopes' own by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageseg.errors import ImageReadError
from imageseg.images.formats import is_zarr, reader_for, sniff


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe1", "jpeg"),
        (b"II*\x00", "tiff"),
        (b"MM\x00+", "tiff"),
        (b"BM", "bmp"),
        (b"GIF89a", "gif"),
        (b"ZISRAWFILE", "bioio"),
        (b"\xda\xce\xbe\x0a", "bioio"),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_first_bytes_tell_the_format(
    tmp_path: Path, head: bytes, kind: str | None
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(head)

    assert sniff(path) == kind


def test_a_microscopes_format_without_a_mark_is_told_by_its_name(
    tmp_path: Path,
) -> None:
    for name, kind in ("a.LIF", "bioio"), ("a.lif.txt", None):
        (tmp_path / name).write_bytes(b"\x70\x00\x00\x00")

        assert sniff(tmp_path / name) == kind
    (tmp_path / "empty.lif").touch()
    assert sniff(tmp_path / "empty.lif") is None
    assert reader_for(Path("a.nd2")) == "bioio-nd2"


@pytest.mark.parametrize("name", ["zarr.json", ".zgroup", ".zarray"])
def test_a_zarr_folder_is_an_image(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")

    assert is_zarr(tmp_path)
    assert sniff(tmp_path) == "zarr"


def test_another_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=f"{tmp_path}: it is a folder"):
        sniff(tmp_path)
