"""``imageseg train`` makes a model that the other verbs use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from imageseg.classes import CANOPY, DARK
from imageseg.cli import main
from imageseg.model import load_model
from imageseg.spec import read_spec

Captured = pytest.CaptureFixture[str]
CANOPY_FLAGS = ["--classes", "canopy", "sky", "--context", "canopy"]


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_train_evaluate_predict_density_and_info_work_hand_in_hand(
    photos: Any, tmp_path: Path, quick: list[str], capsys: Captured
) -> None:
    model, cpu = tmp_path / "forest.safetensors", ("--device", "cpu")

    assert run("train", *photos.data, *CANOPY_FLAGS, "--out", model, *quick) == 0
    trained = capsys.readouterr()
    assert trained.out.startswith("1 epochs, loss ")
    assert "nothing was held out" in trained.out
    assert trained.err == f"Model in {model}\n"
    assert read_spec(model).scheme == CANOPY

    assert run("evaluate", *photos.data, "--model", model, "--json", *cpu) == 0
    scores = json.loads(capsys.readouterr().out)
    assert [row["annotated_fraction_sky"] for row in scores[:2]] == [0.25, 0.5]

    out = tmp_path / "out"
    images = photos.images
    assert run("predict", images, "--model", model, "--out", out, *cpu) == 0
    table = pd.read_csv(out / "density.csv")
    predicted = [row["predicted_fraction_sky"] for row in scores[:2]]
    assert table["sky_fraction"].tolist() == pytest.approx(predicted)
    assert (table["model"] == "forest").all()

    other = tmp_path / "t.csv"
    assert run("density", images, "--model", model, "--table", other, *cpu) == 0
    pd.testing.assert_frame_equal(pd.read_csv(other), table.drop(columns="output"))

    capsys.readouterr()
    assert run("models", "info", model, "--json") == 0
    info = json.loads(capsys.readouterr().out)
    assert info["name"] == "forest"
    assert info["arguments"]["filters"] == 2
    assert info["provenance"]["settings"]["steps"] == 2
    assert info["provenance"]["images"] == ["1", "2"]


def test_history_and_card_are_kept(
    photos: Any, tmp_path: Path, quick: list[str], capsys: Captured
) -> None:
    card, history = tmp_path / "card.md", tmp_path / "new" / "history.csv"
    card.write_text("# Forêt de Tronçais\n", "utf-8")

    status = run(
        *("train", *photos.data, "--classes", "leaf", "gap", "--out", tmp_path / "m"),
        *("--card", card, "--history", history, "--json", *quick, "--epochs", 3),
    )

    assert status == 0
    provenance = json.loads(capsys.readouterr().out)
    spec = read_spec(tmp_path / "m.safetensors")
    assert provenance == spec.provenance
    assert provenance["epochs"] == 3
    assert spec.card == "# Forêt de Tronçais\n"
    assert spec.scheme.context == "generic"
    assert spec.scheme.names == ("leaf", "gap")
    assert spec.scheme[1].colour == DARK
    rows = pd.read_csv(history)
    assert rows["epoch"].tolist() == [1, 2, 3]
    assert rows["loss"].notna().all()
    assert rows["validation_loss"].isna().all()


def test_training_goes_on_from_a_model_with_its_classes(
    photos: Any, tmp_path: Path, model_file: Path, quick: list[str]
) -> None:
    out = tmp_path / "next.safetensors"

    status = run("train", *photos.data, "--start", model_file, "--out", out, *quick)

    assert status == 0
    start, spec = load_model(model_file), read_spec(out)
    assert spec.scheme == start.spec.scheme
    assert spec.provenance["parent"]["digest"] == start.digest()
    assert spec.arguments == start.spec.arguments  # --filters is for new networks


def test_classes_named_beside_a_start_replace_its_own(
    photos: Any, tmp_path: Path, model_file: Path, quick: list[str]
) -> None:
    out = tmp_path / "next.safetensors"
    flags = ["--start", model_file, "--classes", "wood", "leaf", "gap"]

    status = run(
        *("train", *photos.data, *flags, "--coding", "binary", "--out", out, *quick)
    )

    assert status == 0
    assert read_spec(out).scheme.names == ("wood", "leaf", "gap")


def test_scores_on_what_was_held_out_are_told(
    photos: Any, tmp_path: Path, quick: list[str], capsys: Captured
) -> None:
    for folder in (photos.images, photos.masks):  # blocks need room
        for path in folder.iterdir():
            with Image.open(path) as file:
                file.resize((256, 256), Image.Resampling.NEAREST).save(path)

    status = run(
        *("train", *photos.data, *CANOPY_FLAGS, "--out", tmp_path / "m", *quick),
        *("--validation", 0.4),
    )

    assert status == 0
    out = capsys.readouterr().out
    assert "1 epochs, loss " in out
    assert "; best epoch 1; Dice on " in out
    assert "canopy 0." in out
    assert "sky 0." in out


def test_a_missing_mask_is_reported_and_the_rest_trained(
    photos: Any, tmp_path: Path, quick: list[str], capsys: Captured
) -> None:
    (photos.masks / "1_mask.png").unlink()
    out = tmp_path / "m.safetensors"

    assert run("train", *photos.data, *CANOPY_FLAGS, "--out", out, *quick) == 0

    assert (
        f"no mask for {photos.images / '1.png'}; left out." in capsys.readouterr().err
    )
    assert read_spec(out).provenance["images"] == ["2"]


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where hours would be spent."""

    def train_task(*_: object, **__: object) -> None:
        pytest.fail("the training began")

    monkeypatch.setattr("imageseg.training.train_task", train_task)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["gone", "no text"])
def test_a_card_that_cannot_be_read_is_said_before_training(
    photos: Any,
    tmp_path: Path,
    quick: list[str],
    capsys: Captured,
    content: bytes | None,
) -> None:
    card = tmp_path / "card.md"
    if content is not None:
        card.write_bytes(content)

    status = run(
        *("train", *photos.data, *CANOPY_FLAGS, "--card", card),
        *("--out", tmp_path / "m", *quick),
    )

    assert status == 2
    assert f"--card is '{card}'; it must be a text file" in capsys.readouterr().err


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--epochs", "0"], "epochs is 0; it must be 1 to 10000"),
        (["--rate", "nan"], "rate is nan"),
        (["--patch", "8"], "patch is 8"),
        (["--blocks", "9"], "blocks is 9"),
        (["--classes", "one"], "number of classes is 1"),
        (["--classes", "sky", "Sky"], "name is 'Sky'"),
        (["--start", "unknown"], "There is no model 'unknown'"),
    ],
)
def test_wrong_values_are_named_before_training(
    photos: Any,
    tmp_path: Path,
    quick: list[str],
    capsys: Captured,
    flags: list[str],
    complaint: str,
) -> None:
    status = run(
        *("train", *photos.data, *CANOPY_FLAGS, "--out", tmp_path / "m", *quick),
        *flags,
    )

    assert status == 2
    assert complaint in capsys.readouterr().err
    assert not list(tmp_path.glob("m*.safetensors"))


@pytest.mark.usefixtures("no_training")
def test_classes_or_a_start_are_needed(
    photos: Any, tmp_path: Path, quick: list[str], capsys: Captured
) -> None:
    assert run("train", *photos.data, "--out", tmp_path / "m", *quick) == 2
    assert "--classes is missing; it must be given" in capsys.readouterr().err


def test_masks_of_one_class_only_are_refused(
    photos: Any, tmp_path: Path, quick: list[str], capsys: Captured
) -> None:
    for path in photos.masks.iterdir():
        Image.new("L", (40, 40), 0).save(path)

    status = run("train", *photos.data, *CANOPY_FLAGS, "--out", tmp_path / "m", *quick)

    assert status == 2
    assert "Only canopy is annotated" in capsys.readouterr().err


def test_volumes_are_learned_scored_and_predicted_whole(
    tmp_path: Path, quick: list[str], capsys: Captured
) -> None:
    rng = np.random.default_rng(0)
    for name, shape in (("a", (5, 20, 24)), ("b", (11, 18, 18))):
        truth = rng.integers(0, 3, shape).astype(np.uint8)
        for folder, pixels in (
            ("images", rng.random(shape).astype(np.float32) * 1e6),
            ("masks", truth),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            file = tmp_path / folder / f"{name}.tif"
            tifffile.imwrite(file, pixels, photometric="minisblack")
    model, cpu = tmp_path / "volumes.safetensors", ("--device", "cpu")
    data = ("--images", tmp_path / "images", "--masks", tmp_path / "masks")
    kind = ("--coding", "ids", "--classes", "ground", "head", "tail")
    slices = ("--network", "unet3d", "--patch-z", "6")

    assert run("train", *data, *kind, *slices, "--out", model, *quick) == 0
    assert read_spec(model).architecture == "unet3d"
    assert read_spec(model).provenance["patch"] == [8, 32, 32]
    assert read_spec(model).normalisation == "percentile"
    capsys.readouterr()
    assert (
        run("evaluate", *data, "--coding", "ids", "--model", model, "--json", *cpu) == 0
    )
    scores = json.loads(capsys.readouterr().out)
    assert [row["image"] for row in scores] == ["a", "b", "mean of 2", "pooled"]
    out = tmp_path / "out"
    images = tmp_path / "images"
    assert run("predict", images, "--model", model, "--out", out, *cpu) == 0
    written = {path.name: tifffile.imread(path).shape for path in out.glob("*.tif")}
    assert sorted(written.values()) == [(5, 20, 24), (11, 18, 18)]
    capsys.readouterr()
    assert run("models", "info", model) == 0
    assert "volumes of any size" in capsys.readouterr().out
