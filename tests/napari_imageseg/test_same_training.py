"""The button and the command train the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.cli import main
from imageseg.model import load_model
from imageseg.settings import TrainSettings
from imageseg.tasks import drain
from napari_imageseg.jobs import Source
from napari_imageseg.teach_jobs import teach_task

SETTINGS = TrainSettings(
    epochs=2,
    steps=3,
    batch=2,
    patch=32,
    validation=0.3,
    device="cpu",
    precision="fp32",
    deterministic=True,
)


def test_the_same_files_and_seed_give_identical_weights(
    tmp_path: Path, make_model
) -> None:
    images, masks = tmp_path / "images", tmp_path / "masks"
    rng = np.random.default_rng(0)
    sources = []
    for folder in (images, masks):
        folder.mkdir()
    for name in "abcdef":
        pixels = rng.integers(0, 256, (60, 70, 3), dtype=np.uint8)
        labels = rng.integers(0, 3, (6, 7)).repeat(10, 0).repeat(10, 1).astype(np.uint8)
        Image.fromarray(pixels).save(images / f"{name}.png")
        Image.fromarray(labels).save(masks / f"{name}.png")
        sources.append(Source(name, images / f"{name}.png", None, labels))
    start_file = make_model().save(tmp_path / "start")
    start = load_model(start_file)
    scheme = ClassScheme.from_names(start.spec.scheme.names)
    lesson = drain(teach_task(sources, SETTINGS, scheme, start))
    button = lesson.taught.answers["network"].model

    values = SETTINGS.to_dict() | {"deterministic": None}
    flags = [f"--{k.replace('_', '-')}={v}" for k, v in values.items() if numeric(v)]
    status = main(
        [
            *("train", "--images", str(images), "--masks", str(masks)),
            *("--coding", "labels", "--start", str(start_file), *flags),
            *("--deterministic", "--out", str(tmp_path / "command")),
        ]
    )

    assert status == 0
    assert load_model(tmp_path / "command.safetensors").digest() == button.digest()


def numeric(value: object) -> bool:
    """Say whether a setting is given as it is written."""
    return isinstance(value, int | float | str) and not isinstance(value, bool)
