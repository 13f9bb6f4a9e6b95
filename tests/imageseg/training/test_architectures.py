"""Every network learns, is saved, opened again and predicts the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imageseg.architectures import ARCHITECTURES
from imageseg.classes import ClassScheme
from imageseg.inference import predict_task
from imageseg.model import SegmentationModel, load_model
from imageseg.settings import Checked, PredictSettings, TrainSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task

QUICK = TrainSettings(
    epochs=1, steps=1, batch=1, patch=64, validation=0.0, device="cpu", precision="fp32"
)
SMALLER = {"filters": 2}
LEARNING = [name for name in ARCHITECTURES if name != "forest"]


@pytest.fixture
def sample(rng: np.random.Generator) -> Sample:
    labels = np.ones((60, 70), np.uint8)
    labels[:, 35:] = 2
    return Sample(rng.integers(0, 256, (60, 70, 3), dtype=np.uint8), labels, "halves")


def settings_of(name: str) -> Checked:
    return ARCHITECTURES[name].settings(**SMALLER)


def learned(
    sample: Sample, network: Checked | None, start: SegmentationModel | None = None
) -> SegmentationModel:
    scheme = ClassScheme.from_names(["left", "right"])
    task = train_task([sample], QUICK, scheme=scheme, network=network, start=start)
    return drain(task).model


@pytest.mark.parametrize("name", LEARNING)
def test_a_network_learns_and_its_file_predicts_the_same(
    name: str, sample: Sample, tmp_path: Path
) -> None:
    model = learned(sample, settings_of(name))
    opened = load_model(model.save(tmp_path / "model"))
    settings = PredictSettings(device="cpu", precision="fp32")
    before, after = (
        drain(predict_task(m, sample.image, settings)).probabilities
        for m in (model, opened)
    )

    assert opened.spec.architecture == name
    assert opened.spec.arguments["filters"] == 2
    assert before.shape == (2, 60, 70)
    assert np.isfinite(before).all()
    np.testing.assert_array_equal(before, after)


def test_an_imported_graph_is_trained_on_with_other_classes(sample: Sample) -> None:
    start = learned(sample, settings_of("platypus"))
    graph = start.network.graph.to_dict()
    spec = start.spec
    imported = SegmentationModel(
        start.network,
        type(spec)(
            name="imported",
            architecture="graph",
            arguments={"graph": graph},
            channels=3,
            scheme=ClassScheme.from_names(["left", "right"]),
        ),
    )
    scheme = ClassScheme.from_names(["left", "right", "top"])
    task = train_task([sample], QUICK, scheme=scheme, start=imported)
    model = drain(task).model

    assert model.network.graph.maps == 3
    assert model.spec.architecture == "graph"
