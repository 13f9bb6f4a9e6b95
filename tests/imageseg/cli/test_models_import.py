"""``imageseg models import`` writes a model file from a Keras file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from imageseg.classes import CANOPY
from imageseg.cli import models_import
from imageseg.errors import SettingsError
from imageseg.model import load_model
from imageseg.spec import read_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel

STORED = Path(__file__).resolve().parents[2] / "data" / "keras"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    models_import.configure(parser)
    options = parser.parse_args([str(a) for a in arguments])
    return int(options.run(options))


def test_a_model_file_with_names_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "canopy.safetensors"

    keras = str(STORED / "unet05-tf22.h5")
    status = run(
        keras, "--out", str(out), "--classes", "canopy", "sky", "--name", "mine"
    )

    assert status == 0
    spec = read_spec(out)
    assert spec.scheme == CANOPY
    assert spec.name == "mine"
    told = capsys.readouterr().err
    assert "Keras 2.3.0-tf" in told
    assert str(out) in told


def test_it_is_written_beside_the_keras_file(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes((STORED / "unet05-tf22.h5").read_bytes())

    run(str(path), "--scale", "0-255", "--channels", "bgr")

    imported = read_spec(tmp_path / "a.safetensors").provenance["imported"]
    assert imported["input values"] == "0-255"
    assert imported["channel order"] == "BGR"


def test_weights_alone_take_a_network_and_its_arguments(tmp_path: Path) -> None:
    out = str(tmp_path / "m.safetensors")
    arguments = [
        "filters=2",
        "blocks=2",
        "decoder=transpose",
        "batch_normalization=True",
    ]

    status = run(
        str(STORED / "unet05-tf22.w.h5"),
        *("--out", out, "--network", "unet", "--arguments", *arguments),
    )

    assert status == 0
    assert read_spec(out).channels == 3


def test_an_argument_needs_a_value(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="NAME=VALUE"):
        run(
            str(STORED / "unet05-tf22.w.h5"),
            "--network",
            "unet",
            "--arguments",
            "filters",
        )


def test_origin_and_licence_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "m.safetensors"
    told = ["--author", "A", "--author", "B", "--licence", "MIT", "--cite", "C 2020"]

    run(str(STORED / "unet05-tf22.h5"), "--out", str(out), *told)

    made = read_spec(out).provenance
    assert made["authors"] == ["A", "B"]
    assert made["licence"] == "MIT"
    assert made["citations"] == ["C 2020"]
    assert "imported" in made


def test_an_exported_model_is_imported_again(
    tmp_path: Path, make_model: Callable[..., SegmentationModel]
) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    from imageseg.exchange.onnx import export_onnx  # noqa: PLC0415  optional

    model = make_model()
    path = export_onnx(model, tmp_path / "m.onnx")

    run(str(path), "--name", "again")

    back = load_model(tmp_path / "m.safetensors")
    assert back.digest() == model.digest()
    assert back.spec.name == "again"
