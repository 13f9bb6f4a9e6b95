"""Model files of every released version stay loadable and predict the same.

Before a release that changes the file format, add its file with
``python scripts/make_model_fixture.py v<format>`` and leave the old ones alone. The
probabilities stored beside are of NumPy and SciPy in double precision, not ours.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from imageseg.architectures import ARCHITECTURES, Graph, write_graph
from imageseg.classes import CANOPY
from imageseg.model import class_probabilities, load_model
from imageseg.spec import VERSION, read_metadata

FOLDER = Path(__file__).parents[1] / "data" / "models"
STORED = sorted(FOLDER.glob("*.safetensors"))
GRAPHS = sorted(FOLDER.glob("*_graphs.json"))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_released_file_loads_and_predicts_as_then(path: Path) -> None:
    with np.load(path.with_suffix(".npz")) as stored:
        image, sky, digest = stored["image"], stored["sky"], str(stored["digest"])

    model = load_model(path)

    assert model.digest() == digest
    assert model.spec.scheme == CANOPY
    values = torch.from_numpy(np.moveaxis(image / 255, -1, 0)[np.newaxis]).float()
    with torch.no_grad():
        probabilities = class_probabilities(model.network(values))
    assert sky.std() > 0.01
    np.testing.assert_allclose(probabilities[0, 1], sky, atol=1e-6)


def test_every_version_of_the_format_has_its_files() -> None:
    versions = {read_metadata(path)["version"] for path in STORED}

    assert versions == {str(k) for k in range(1, VERSION + 1)}
    assert {path.stem for path in GRAPHS} == {f"v{k}_graphs" for k in versions}


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_the_names_of_networks_mean_what_they_meant_in_released_files(
    path: Path,
) -> None:
    """A file holds a name and arguments; its weights fit the graph of that time."""
    released = json.loads(path.read_text("utf-8"))

    for name, stored in released.items():
        graph = write_graph(name, 3, 1, stored["arguments"])
        assert graph == Graph.from_dict(stored["graph"]), name
    if path.stem == f"v{VERSION}_graphs":
        assert set(released) == set(ARCHITECTURES)
