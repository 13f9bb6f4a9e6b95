"""``imageseg models`` lists and describes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from imageseg.cli import main
from imageseg.model import SegmentationModel, load_model

if TYPE_CHECKING:
    from collections.abc import Callable

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch, model_file: Path) -> None:
    monkeypatch.setattr("imageseg.spec.bundled_models", lambda: {"tiny": model_file})


@pytest.mark.usefixtures("bundled")
def test_the_list_has_a_line_a_model(capsys: Captured) -> None:
    assert main(["models", "list"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "tiny         unet 2 · RGB · class 1, class 2"
    ]


@pytest.mark.usefixtures("bundled")
def test_the_list_is_there_for_programs(capsys: Captured) -> None:
    assert main(["models", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "tiny": "unet 2 · RGB · class 1, class 2"
    }


@pytest.mark.usefixtures("bundled")
def test_a_bundled_model_is_described_by_its_name(capsys: Captured) -> None:
    assert main(["models", "info", "tiny"]) == 0
    assert capsys.readouterr().out.startswith("tiny: unet 2 · RGB · class 1, class 2\n")


def test_a_file_is_described_with_its_card_and_training(
    tmp_path: Path, make_model: Callable[..., SegmentationModel], capsys: Captured
) -> None:
    model = make_model()
    spec = replace(model.spec, card="# Forêt\n", provenance={"epochs": 3})
    path = SegmentationModel(model.network, spec).save(tmp_path / "m")

    assert main(["models", "info", str(path)]) == 0
    text = capsys.readouterr().out
    assert main(["models", "info", str(path), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)

    assert "\n# Forêt\n\nTraining:\n" in text
    assert '"epochs": 3' in text
    assert values["card"] == "# Forêt\n"
    assert values["channels"] == load_model(path).spec.channels
    assert [c["name"] for c in values["scheme"]["classes"]] == ["class 1", "class 2"]


def test_a_foreign_file_is_refused(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(b"\x80\x04pickle")

    assert main(["models", "info", str(path)]) == 2
    assert "is no imageseg model" in capsys.readouterr().err
