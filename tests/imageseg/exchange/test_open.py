"""One call opens a model of whatever format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from imageseg.classes import CANOPY
from imageseg.errors import ModelFormatError
from imageseg.exchange import load_model
from imageseg.exchange.keras import KerasOptions
from imageseg.model import SegmentationModel

STORED = Path(__file__).resolve().parents[2] / "data" / "keras"


def test_our_own_files_are_opened(
    tmp_path: Path, make_model: Callable[..., SegmentationModel]
) -> None:
    model = make_model()

    assert load_model(model.save(tmp_path / "a")).digest() == model.digest()


@pytest.mark.parametrize("name", ["unet05-tf22.h5", "unet05-k3.keras"])
def test_keras_files_are_opened_whatever_their_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "model.dat"
    path.write_bytes((STORED / name).read_bytes())

    model = load_model(path, KerasOptions(scheme=CANOPY))

    assert model.spec.architecture == "graph"
    assert model.spec.scheme == CANOPY


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(ModelFormatError, match="no model 'none'"):
        load_model("none")
