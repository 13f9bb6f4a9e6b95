"""Training is resumed bit by bit, and survives full disks and wrong files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from imageseg.classes import ClassScheme
from imageseg.errors import ModelFormatError, ModelMismatchError
from imageseg.settings import TrainSettings, UNetSettings
from imageseg.tasks import drain
from imageseg.training import EpochProgress, Sample, TrainingResult, train_task
from imageseg.training import checkpoint as module

SCHEME = ClassScheme.from_names(["left", "right"])
NETWORK = UNetSettings(filters=2, blocks=2, dropout=0.3)
SETTINGS = TrainSettings(
    epochs=4,
    steps=2,
    batch=2,
    patch=32,
    validation=0.3,
    averaging=0.5,
    device="cpu",
    precision="fp32",
)


def samples() -> list[Sample]:
    """Return six images whose right halves are another class."""
    rng = np.random.default_rng(0)
    labels = np.repeat([[1] * 24 + [2] * 24], 48, axis=0).astype(np.uint8)
    return [
        Sample(rng.integers(0, 256, (48, 48, 3), dtype=np.uint8), labels, f"{i}")
        for i in range(6)
    ]


def train(
    settings: TrainSettings, path: Path | None = None, **options: Any
) -> TrainingResult:
    given = {"scheme": SCHEME, "network": NETWORK} | options
    return drain(train_task(samples(), settings, checkpoint=path, **given))


def stop_after(epochs: int, settings: TrainSettings, path: Path, **given: Any) -> None:
    """Train so many epochs and leave the checkpoint."""
    options = {"scheme": SCHEME, "network": NETWORK} | given
    task = train_task(samples(), settings, checkpoint=path, **options)
    for progress in task:
        epochs -= isinstance(progress, EpochProgress)
        if epochs == 0:
            task.close()
            return


def curve(result: TrainingResult) -> list[tuple]:
    """Return the history without its times."""
    return [
        (r.run, r.epoch, r.loss, r.validation_loss, r.dice, r.rate)
        for r in result.history
    ]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="adamw, cosine"),
        pytest.param(
            {"optimiser": "sgd", "momentum": 0.9, "schedule": "plateau"}, id="sgd"
        ),
        pytest.param({"optimiser": "adam", "keras_defaults": True}, id="keras adam"),
        pytest.param({"optimiser": "nadam", "averaging": 0.0}, id="nadam"),
        pytest.param({"optimiser": "adagrad", "freeze": "encoder"}, id="adagrad"),
        pytest.param({"restarts": 2, "epochs": 2, "watch": "dice"}, id="two runs"),
        pytest.param({"validation": 0.0, "class_weights": "1,1.2"}, id="all of it"),
    ],
)
def test_a_resumed_training_has_the_numbers_of_an_unbroken_one(
    values: dict[str, Any], tmp_path: Path
) -> None:
    settings, path = replace(SETTINGS, **values), tmp_path / "m.checkpoint"
    whole = train(settings)
    stop_after(3, settings, path)
    torch.rand(5)  # others draw random numbers, too
    resumed = train(settings, path, resume=True)

    assert curve(resumed) == curve(whole)
    assert resumed.model.digest() == whole.model.digest()
    assert resumed.best_epoch == whole.best_epoch


def test_going_on_from_a_model_is_resumed_with_its_memory(tmp_path: Path) -> None:
    start = train(SETTINGS).model
    options = {"start": start, "scheme": None, "network": None}
    whole = train(SETTINGS, **options)
    stop_after(2, SETTINGS, tmp_path / "c", **options)
    resumed = train(SETTINGS, tmp_path / "c", resume=True, **options)

    assert curve(resumed) == curve(whole)
    assert resumed.scores_before is not None
    assert whole.scores_before is not None
    np.testing.assert_array_equal(
        resumed.scores_before.matrix, whole.scores_before.matrix
    )


def test_without_a_checkpoint_resuming_starts_from_the_beginning(
    tmp_path: Path,
) -> None:
    path = tmp_path / "none.checkpoint"

    assert curve(train(SETTINGS, path, resume=True)) == curve(train(SETTINGS))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"settings": replace(SETTINGS, rate=0.5)}, r"rate was 0\.001, is 0\.5"),
        ({"network": UNetSettings(filters=4, blocks=2)}, "network: arguments was"),
        ({"scheme": ClassScheme.from_names(["west", "east"])}, "classes was"),
        ({"samples": samples()[:5]}, "data: was"),
    ],
    ids=["settings", "network", "classes", "data"],
)
def test_another_training_is_not_resumed(
    changes: dict[str, Any], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.checkpoint"
    stop_after(1, SETTINGS, path)
    given = {
        "samples": samples(),
        "settings": SETTINGS,
        "scheme": SCHEME,
        "network": NETWORK,
    } | changes

    with pytest.raises(ModelMismatchError, match=told):
        drain(train_task(**given, checkpoint=path, resume=True))


@pytest.mark.parametrize("kind", ["text", "truncated", "foreign"])
def test_what_is_no_checkpoint_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "m.checkpoint"
    stop_after(1, SETTINGS, path)
    if kind == "text":
        path.write_text("hello")
    elif kind == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        save_file({"a": torch.zeros(2)}, path)

    with pytest.raises(ModelFormatError, match="is no checkpoint of a training"):
        train(SETTINGS, path, resume=True)


def test_a_full_disk_leaves_the_last_checkpoint_and_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, writes = tmp_path / "m.checkpoint", []
    save = module.save_file

    def failing(tensors: Any, temporary: Path, **options: Any) -> None:
        writes.append(temporary)
        if len(writes) > 2:
            temporary.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        save(tensors, temporary, **options)

    monkeypatch.setattr(module, "save_file", failing)
    reports: list[Any] = []
    task = train_task(
        samples(), SETTINGS, scheme=SCHEME, network=NETWORK, checkpoint=path
    )
    whole = drain(task, reports.append)
    warnings = [r.warning for r in reports if isinstance(r, EpochProgress)]

    assert len(whole.history) == 4
    assert warnings[:2] == ["", ""]
    assert all("No space left" in w and "Training goes on" in w for w in warnings[2:])
    assert [p.name for p in tmp_path.iterdir()] == ["m.checkpoint"]
    monkeypatch.undo()
    assert curve(train(SETTINGS, path, resume=True)) == curve(whole)


def test_a_checkpoint_holds_tensors_and_json_only(tmp_path: Path) -> None:
    path = tmp_path / "m.checkpoint"
    stop_after(1, SETTINGS, path)
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")

    assert content[8:9] == b"{"  # a safetensors header
    assert b"imageseg_checkpoint" in content[: 8 + size]
    assert not content.startswith((b"PK", b"\x80"))  # of zipped and bare pickles
