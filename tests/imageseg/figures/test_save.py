"""Figures are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from imageseg import __version__
from imageseg.errors import SettingsError
from imageseg.figures import FigureFiles, mosaic_figures, save_figure


@pytest.fixture
def figure() -> Figure:
    return next(mosaic_figures([("x", np.zeros((4, 4), np.uint8))]))


def test_a_png_has_its_resolution_and_says_who_wrote_it(
    figure: Figure, tmp_path: Path
) -> None:
    path = save_figure(tmp_path / "new" / "a.png", figure, dpi=200)

    with Image.open(path) as file:
        assert file.size == pytest.approx(figure.get_size_inches() * 200, abs=1)
        assert file.text == {"Title": "a", "Software": f"imageseg {__version__}"}


@pytest.mark.parametrize(("suffix", "magic"), [("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_vector_formats_are_written(
    figure: Figure, tmp_path: Path, suffix: str, magic: bytes
) -> None:
    path = save_figure(tmp_path / f"a.{suffix}", figure)

    content = path.read_bytes()
    assert content.startswith(magic)
    assert f"imageseg {__version__}".encode() in content


def test_a_failure_leaves_the_old_file(
    figure: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def full(file: Path, **_: object) -> None:
        Path(file).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(OSError, match="No space left"):
        save_figure(path, figure)

    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.png.txt"])
def test_other_formats_are_refused(figure: Figure, tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"\.png, \.pdf or \.svg"):
        save_figure(tmp_path / name, figure)


@pytest.mark.parametrize("dpi", [0, 9, 2401])
def test_a_resolution_out_of_range_is_refused(
    figure: Figure, tmp_path: Path, dpi: int
) -> None:
    with pytest.raises(SettingsError, match="dpi"):
        save_figure(tmp_path / "a.png", figure, dpi=dpi)


def test_a_folder_takes_figures_by_name(figure: Figure, tmp_path: Path) -> None:
    files = FigureFiles(folder=tmp_path, format="pdf")

    assert files.save("a.b", figure) == tmp_path / "a.b.pdf"
    assert (tmp_path / "a.b.pdf").exists()
