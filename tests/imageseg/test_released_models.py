"""Model files of every released version stay loadable and predict the same.

Before a release that changes the file format, add its file with
``python scripts/make_model_fixture.py v<format>`` and leave the old ones alone. The
probabilities stored beside are of NumPy and SciPy in double precision, not ours.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from imageseg.classes import CANOPY
from imageseg.model import class_probabilities, load_model
from imageseg.spec import VERSION, read_metadata

FOLDER = Path(__file__).parents[1] / "data" / "models"
STORED = sorted(FOLDER.glob("*.safetensors"))


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


def test_every_version_of_the_format_has_its_file() -> None:
    versions = {read_metadata(path)["version"] for path in STORED}

    assert versions == {str(k) for k in range(1, VERSION + 1)}
