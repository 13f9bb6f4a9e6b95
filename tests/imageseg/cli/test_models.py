"""``imageseg models`` lists and describes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from imageseg.cli import main
from imageseg.model import SegmentationModel, load_model
from imageseg.networks import count_parameters

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
        "tiny         unet 2 · RGB · class 1, class 2 · licence not stated"
    ]


@pytest.mark.usefixtures("bundled")
def test_the_list_is_there_for_programs(capsys: Captured) -> None:
    assert main(["models", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "tiny": {
            "summary": "unet 2 · RGB · class 1, class 2",
            "licence": "not stated",
        }
    }


@pytest.mark.usefixtures("bundled")
def test_a_bundled_model_is_described_by_its_name(capsys: Captured) -> None:
    assert main(["models", "info", "tiny"]) == 0
    assert capsys.readouterr().out.startswith(
        "# tiny\n\nunet 2 · RGB · class 1, class 2\n"
    )


def test_a_file_is_described_with_its_card_and_training(
    tmp_path: Path, make_model: Callable[..., SegmentationModel], capsys: Captured
) -> None:
    model = make_model()
    made = {
        "epochs": 3,
        "images": ["a", "b"],
        "settings": {"rate": 0.1},
        "scores": {"dice": {"class 1": 0.5, "class 2": None}},
        "parent": {"name": "p", "digest": "0f", "parent": {"name": "q"}},
    }
    text = "Une forêt.\n"
    spec = replace(model.spec, card=text, provenance=made)
    path = SegmentationModel(model.network, spec).save(tmp_path / "m")

    assert main(["models", "info", str(path)]) == 0
    text = capsys.readouterr().out
    assert main(["models", "info", str(path), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)

    for words in (
        "\nUne forêt.\n",
        "\n| 2 | class 2 | #e69f00 |",
        "**Training data:** 2 image(s): a, b; 3 epochs",
        "**Scores:** Dice of class 1 0.500, class 2 –",
        "**Lineage:** from p (0f), from q (?)",
        "**Settings:** rate 0.1",
        f"**Digest:** {model.digest()}",
        f"**File:** {path} ({path.stat().st_size / 1e6:.2f} MB)",
    ):
        assert words in text
    assert values["card"] == "Une forêt.\n"
    assert values["facts"]["Digest"] == model.digest()
    assert values["channels"] == load_model(path).spec.channels
    assert [c["name"] for c in values["scheme"]["classes"]] == ["class 1", "class 2"]


@pytest.mark.usefixtures("bundled")
def test_a_model_is_described_with_its_layers(capsys: Captured) -> None:
    assert main(["models", "info", "tiny"]) == 0
    text = capsys.readouterr().out
    assert main(["models", "info", "tiny", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)

    network = load_model("tiny").network
    total, trainable = count_parameters(network)
    assert f"{total:,} parameters, {trainable:,} of them trainable." in text
    assert (values["parameters"], values["trainable"]) == (total, trainable)
    assert (values["stride"], values["halo"]) == (network.stride, network.halo)
    assert f"multiples of {network.stride} pixels" in text
    assert values["layers"][1] == {
        "name": "conv_0",
        "kind": "Conv2D",
        "shape": [256, 256, 2],
        "parameters": 56,
        "trainable": 56,
        "inputs": ["input"],
    }


def row(text: str, name: str) -> list[str]:
    """Return the columns of a line of a layer table."""
    line = next(line for line in text.splitlines() if line.startswith(name + " "))
    return [cell for cell in line.split("  ") if cell]


def test_a_network_is_described_as_in_its_publication(capsys: Captured) -> None:
    assert main(["models", "info", "classic", "--size", "128"]) == 0
    text = capsys.readouterr().out

    assert text.startswith("classic: 64-filter U-Net of r-tensorflow\n")
    assert "filters=64, blocks=4, dropout=0.5" in text
    assert "33 layers, 31,031,745 parameters" in text
    assert [c.strip() for c in row(text, "conv_9")] == [
        "conv_9",
        "Conv2D",
        "8 × 8 × 1024",
        "9,438,208",
        "conv_8",
    ]


def test_a_network_is_described_with_its_own_arguments(capsys: Captured) -> None:
    flags = ["--filters", "32", "--channels", "1", "--maps", "3", "--attention"]
    assert main(["models", "info", "custom", *flags, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)

    assert values["arguments"]["attention"] is True
    assert values["layers"][0]["shape"] == [256, 256, 1]
    assert values["layers"][-1]["shape"] == [256, 256, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["unet", "--attention"], "--attention.*unet has no such argument"),
        (["unet", "--filters", "0"], "filters is 0"),
        (["unet", "--size", "0"], "--size"),
        (["resnet50"], "no model 'resnet50'"),
    ],
)
def test_what_a_network_does_not_have_is_named(
    arguments: list[str], message: str, capsys: Captured
) -> None:
    assert main(["models", "info", *arguments]) == 2
    assert re.search(message, capsys.readouterr().err)


def test_a_foreign_file_is_refused(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(b"\x80\x04pickle")

    assert main(["models", "info", str(path)]) == 2
    assert "is no imageseg model" in capsys.readouterr().err


def test_an_early_file_s_digest_is_computed(capsys: Captured) -> None:
    assert main(["models", "info", "canopy", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)["facts"]["Digest"]
    assert told == load_model("canopy").digest()


def test_models_of_other_formats_are_described(capsys: Captured) -> None:
    path = Path(__file__).parents[2] / "data" / "keras" / "unet05-tf22.h5"
    pytest.importorskip("h5py", reason="h5py is not installed")

    assert main(["models", "info", str(path)]) == 0
    assert "imported from unet05-tf22.h5" in capsys.readouterr().out


@pytest.mark.usefixtures("bundled")
def test_a_terminal_shows_the_card_laid_out(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    assert main(["models", "info", "tiny"]) == 0
    text = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)

    assert "**" not in text
    assert "Licence: not stated" in text
    assert "conv_0" in text
