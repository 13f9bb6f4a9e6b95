"""``imageseg models export`` writes ONNX files and bioimage.io packages."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from imageseg.cli import main
from imageseg.exchange import load_model

pytest.importorskip("onnx", reason="onnx is not installed")

Captured = pytest.CaptureFixture[str]


def test_onnx_is_written_where_told(
    model_file: Path, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "new" / "m.onnx"

    arguments = ["models", "export", str(model_file), "--format", "onnx"]
    assert main([*arguments, "--out", str(out)]) == 0

    assert load_model(out).digest() == load_model(model_file).digest()
    assert f"Written: {out}" in capsys.readouterr().err


def test_a_package_tells_what_the_flags_say(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("yaml", reason="PyYAML is not installed")
    monkeypatch.chdir(tmp_path)
    told = ["--author", "A", "--licence", "MIT", "--cite", "B, doi 10.1234/x"]

    arguments = ["models", "export", str(model_file), "--format", "bioimageio"]
    assert main([*arguments, *told]) == 0

    with zipfile.ZipFile(f"{model_file.stem}.zip") as archive:
        text = archive.read("rdf.yaml").decode()
    assert "license: MIT" in text
    assert "doi: 10.1234/x" in text


def test_a_package_needs_a_licence(
    model_file: Path, tmp_path: Path, capsys: Captured
) -> None:
    out = str(tmp_path / "m.zip")
    arguments = ["models", "export", str(model_file), "--format", "bioimageio"]

    assert main([*arguments, "--out", out]) == 2

    assert "licence" in capsys.readouterr().err
    assert not Path(out).exists()
