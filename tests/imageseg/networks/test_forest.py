"""The pixel classifier as a layer: tiles, memory, files and damage."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from imageseg.classes import ClassScheme
from imageseg.errors import ModelFormatError
from imageseg.forest import ForestSettings
from imageseg.inference import predict_task
from imageseg.model import load_model, new_model
from imageseg.networks import forest
from imageseg.settings import PredictSettings
from imageseg.spec import header
from imageseg.tasks import drain
from imageseg.training import Sample, fit_forest_task

QUICK = ForestSettings(features="basic", trees=5, depth=8)


def _taught(classes=3, channels=3, **settings):
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (90, 110, channels), dtype=np.uint8)
    labels = (image[..., 0] // (256 / classes)).astype(np.uint8) + 1
    scheme = ClassScheme.from_names([f"class {k}" for k in range(classes)])
    values = QUICK.to_dict() | settings
    task = fit_forest_task(
        [Sample(image, labels)], ForestSettings(**values), scheme=scheme
    )
    return drain(task).model, image


def _probabilities(model, image, tile=1024):
    settings = PredictSettings(tile=tile, device="cpu")
    return drain(predict_task(model, image, settings)).probabilities


def test_a_new_one_finds_all_classes_as_likely():
    scheme = ClassScheme.from_names(["a", "b"])
    model = new_model(
        scheme, channels=1, architecture="forest", arguments=QUICK.to_dict()
    )

    found = _probabilities(model, np.zeros((9, 8), np.uint8))

    assert found == pytest.approx(np.full((2, 9, 8), 0.5))


@pytest.mark.parametrize("features", ["weka", "basic"])
@pytest.mark.parametrize("classes", [2, 4])
def test_tiles_give_what_the_whole_gives(features, classes):
    model, image = _taught(classes, features=features)

    whole, tiled = (_probabilities(model, image, tile) for tile in (1024, 32))

    assert np.abs(whole - tiled).max() < 1e-7  # torch's softmax, not the trees


def test_rows_taken_one_after_the_other_change_nothing(monkeypatch):
    model, image = _taught()
    whole = _probabilities(model, image)
    monkeypatch.setattr(forest, "_VALUES", 1)

    assert np.array_equal(_probabilities(model, image), whole)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_file_keeps_the_trees(tmp_path, classes):
    model, image = _taught(classes)

    opened = load_model(model.save(tmp_path / "forest.safetensors"))

    assert opened.spec == model.spec
    assert np.array_equal(_probabilities(opened, image), _probabilities(model, image))


def test_stacks_are_predicted_plane_by_plane():
    model, image = _taught()

    stack = _probabilities(model, np.stack([image, image[::-1]]))

    assert np.array_equal(stack[:, 0], _probabilities(model, image))


def _out_of_range(tensors):
    tensors["layers.forest_0.feature"][0] = 10**6


def _in_a_circle(tensors):
    child = tensors["layers.forest_0.child"]
    child[1:] = 0


def _of_other_sizes(tensors):
    name = "layers.forest_0.threshold"
    tensors[name] = tensors[name][:-1].clone()


def _of_another_type(tensors):
    name = "layers.forest_0.child"
    tensors[name] = tensors[name].float()


def _missing(tensors):
    del tensors["layers.forest_0.votes"]


@pytest.mark.parametrize(
    "damage", [_out_of_range, _in_a_circle, _of_other_sizes, _of_another_type, _missing]
)
def test_damaged_trees_are_refused_before_they_are_used(tmp_path, damage):
    model, _ = _taught()
    path = model.save(tmp_path / "forest.safetensors")
    tensors = load_file(path)
    damage(tensors)
    save_file(tensors, path, metadata=header(model.spec))

    with pytest.raises(ModelFormatError, match=r"forest\.safetensors cannot be used"):
        load_model(path)


def test_half_precision_changes_nothing():
    model, image = _taught()
    batch = torch.from_numpy(image / np.float32(255)).permute(2, 0, 1)[None]

    with torch.autocast("cpu", torch.bfloat16):
        reduced = model.network(batch)

    assert torch.equal(reduced, model.network(batch))
