"""Imported models predict what Keras predicted, and nothing strange is opened."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import expit, softmax

from imageseg.architectures.table import write_graph
from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import ModelFormatError, ModelMismatchError, SettingsError
from imageseg.exchange.keras import KerasOptions, import_keras
from imageseg.exchange.keras.weights import ROLES, roles
from imageseg.inference import predict_task
from imageseg.model import SegmentationModel, load_model
from imageseg.networks import count_parameters
from imageseg.networks.network import GraphNetwork
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import drain
from imageseg.training import Sample, train_task

STORED = Path(__file__).resolve().parents[3] / "data" / "keras"
WHOLE = sorted(
    path
    for path in STORED.iterdir()
    if path.suffix in (".h5", ".keras") and len(path.suffixes) == 1
)
OPENED = [path for path in WHOLE if not path.name.startswith("lambda")]
EXACT = PredictSettings(device="cpu", precision="fp32")
NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    "unet05-tf22.w.h5": ("unet", {"filters": 2, "blocks": 2, "dropout": 0.1}),
    "unet05-k3.weights.h5": ("unet", {"filters": 2, "blocks": 2}),
    **dict.fromkeys(
        ("custom_attention-k2.w.h5", "custom_attention-k2.weights.h5"),
        (
            "custom",
            {
                "filters": 2,
                "blocks": 2,
                "attention": True,
                "dropout": 0.1,
                "dropout_change": 0.1,
            },
        ),
    ),
}


def keras_answer(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the stored image (N, Y, X, C) and Keras' probabilities."""
    with np.load(STORED / (path.name.split(".")[0] + ".npz")) as arrays:
        return arrays["x"], arrays["y"]


def probabilities(model: SegmentationModel, image: NDArray[Any]) -> NDArray[Any]:
    """Run the network on values from 0 to 1; channels last, as Keras has them."""
    scaled = image.astype(np.float32) / np.float32(255)
    with torch.inference_mode():
        logits = model.network(torch.from_numpy(np.moveaxis(scaled, -1, 1))).numpy()
    p = expit(logits) if logits.shape[1] == 1 else softmax(logits, axis=1)
    return np.moveaxis(p, 1, -1)


def compared(ours: NDArray[Any], keras: NDArray[Any]) -> NDArray[Any]:
    """Cut our map to what Keras gives: one answer a tile, or no padded border."""
    if keras.ndim == 2:
        return ours[:, 0, 0]
    cuts = [(a - b) // 2 for a, b in zip(ours.shape, keras.shape, strict=True)]
    return ours[tuple(slice(c, c + n) for c, n in zip(cuts, keras.shape, strict=True))]


@pytest.mark.parametrize("path", OPENED, ids=lambda path: path.name)
def test_every_graph_predicts_what_keras_predicted(path: Path) -> None:
    image, expected = keras_answer(path)
    scale = "0-255" if path.name.startswith("habitatnet") else "auto"

    model = import_keras(path, KerasOptions(scale=scale))

    found = compared(probabilities(model, image), expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMED)
def test_weights_alone_fit_the_network_they_are_said_to_belong_to(name: str) -> None:
    network, arguments = NAMED[name]
    image, expected = keras_answer(STORED / name)

    model = import_keras(
        STORED / name, KerasOptions(network=network, arguments=arguments)
    )

    np.testing.assert_allclose(probabilities(model, image), expected, rtol=0, atol=1e-5)


def test_one_graph_saved_by_three_versions_is_one_model(stored: Path) -> None:
    files = ["unet05-tf22.h5", "unet05-k2.h5", "unet05-k3.keras"]
    models = [import_keras(stored / name) for name in files]

    image = keras_answer(stored / files[0])[0]
    first, *others = [probabilities(model, image) for model in models]
    for other in others:
        np.testing.assert_allclose(other, first, atol=1e-6)


def test_optimisers_and_strange_metrics_are_left_out(stored: Path) -> None:
    with h5py.File(stored / "unet05-k2.h5") as file:
        assert "optimizer_weights" in file
        assert "dice_coef" in file.attrs["training_config"]

    model = import_keras(stored / "unet05-k2.h5")

    with h5py.File(stored / "unet05-k2.h5") as file:
        arrays: list[int] = []
        file["model_weights"].visititems(
            lambda _, item: arrays.append(item.size) if hasattr(item, "size") else None
        )
    assert count_parameters(model.network)[0] == sum(arrays)


def test_the_description_tells_what_the_file_told(stored: Path) -> None:
    spec = import_keras(stored / "lab10-tf22.h5").spec

    assert spec.name == "lab10-tf22"
    assert spec.architecture == "graph"
    assert spec.channels == 3
    assert spec.scheme.names == ("0", "1", "2", "3", "4", "5")
    assert spec.provenance["imported"] == {
        "file": "lab10-tf22.h5",
        "format": "Keras 2.3.0-tf, HDF5",
        "input values": "0-255",
        "channel order": "RGB",
        "input size": [24, 16],
        "ended in": "softmax",
        "repeated layers": [],
    }
    assert "24 × 16" in spec.card


def test_classes_are_named_in_the_order_of_keras(stored: Path) -> None:
    model = import_keras(
        stored / "unet05-k2.h5", KerasOptions(scheme=CANOPY, name="mine")
    )

    assert model.spec.scheme == CANOPY
    assert model.spec.name == "mine"
    image, expected = keras_answer(stored / "unet05-k2.h5")
    found = drain(predict_task(model, image[0], EXACT)).probabilities
    np.testing.assert_allclose(found[1], expected[0, ..., 0], atol=1e-5)


def test_as_many_classes_are_named_as_there_are_maps(stored: Path) -> None:
    three = ClassScheme.from_names(["a", "b", "c"])

    with pytest.raises(ModelMismatchError, match=r"tells 2 classes apart, but 3"):
        import_keras(stored / "unet05-k2.h5", KerasOptions(scheme=three))


def test_a_bgr_model_takes_rgb(stored: Path) -> None:
    path = stored / "habitatnet-k2.h5"
    image, expected = keras_answer(path)  # as OpenCV would have read it

    model = import_keras(path, KerasOptions(scale="0-255", channels="bgr"))

    found = probabilities(model, image[..., ::-1].copy())
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)
    assert model.spec.provenance["imported"]["channel order"] == "BGR"


def test_an_imported_model_comes_back_from_our_own_file(
    stored: Path, tmp_path: Path
) -> None:
    model = import_keras(stored / "custom_attention-k3.keras")

    back = load_model(model.save(tmp_path / "a.safetensors"))

    assert back.spec == model.spec
    assert back.digest() == model.digest()


def test_an_imported_model_predicts_any_size_without_seams(
    stored: Path, rng: np.random.Generator
) -> None:
    model = import_keras(stored / "unet05-k2.h5")
    image = rng.integers(0, 256, (101, 75, 3), dtype=np.uint8)

    whole, tiled = (
        drain(
            predict_task(
                model, image, PredictSettings(tile=tile, device="cpu", precision="fp32")
            )
        ).probabilities
        for tile in (1024, 64)
    )

    assert whole.shape == (2, 101, 75)
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


@pytest.mark.parametrize("version", ["tf22", "k2", "k3"])
def test_code_in_a_file_is_named_and_never_run(stored: Path, version: str) -> None:
    with pytest.raises(
        ModelFormatError, match=r"lambda-.*'double' \(Lambda\).*never run"
    ):
        import_keras(stored / f"lambda-{version}.h5")


@pytest.mark.parametrize("name", ["unet05-tf22.h5", "nested-k3.keras", "tile3-k3.h5"])
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.3, 0.7, 0.99])
def test_a_file_cut_short_is_refused(
    stored: Path, tmp_path: Path, name: str, kept: float
) -> None:
    whole = (stored / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: int(kept * len(whole))])

    with pytest.raises(ModelFormatError, match=name):
        import_keras(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just text",
        pickle.dumps({"weights": [1, 2]}),
        b"\x89HDF\r\n\x1a\n" + b"0" * 99,
    ],
    ids=["empty", "text", "pickle", "magic only"],
)
def test_what_is_no_keras_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(content)

    with pytest.raises(ModelFormatError, match=r"model\.h5"):
        import_keras(path)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("unet05-tf22.w.h5", {}, r"Name the network.*--network.*habitatnet"),
        ("unet05-tf22.w.h5", {"network": "unett"}, r"'unett' is unknown"),
        ("unet05-tf22.w.h5", {"network": "unet"}, r"layers with weights, the network"),
        ("unet05-k3.weights.h5", {"network": "unet"}, r"\d+ conv2d, the network"),
        (
            "unet05-tf22.w.h5",
            {"network": "unet", "arguments": {"filters": 3, "blocks": 2}},
            r"has the shape \(3, 3, 3, 2\); \(3, 3, 3, 3\) fits",
        ),
        (
            "unet05-tf22.w.h5",
            {"network": "unet", "arguments": {"filtres": 2}},
            r"takes other arguments",
        ),
        ("unet05-k2.h5", {"network": "unet"}, r"holds its own network"),
        ("zhixuhao-k2.h5", {"channels": "bgr"}, r"only three can be BGR"),
    ],
)
def test_what_does_not_fit_is_said(
    stored: Path, name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelFormatError, match=message):
        import_keras(stored / name, KerasOptions(**options))


def test_arguments_out_of_range_are_said(stored: Path) -> None:
    options = KerasOptions(network="unet", arguments={"filters": -1})

    with pytest.raises(SettingsError, match="filters"):
        import_keras(stored / "unet05-tf22.w.h5", options)


def test_without_h5py_the_error_says_how_to_get_it(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)

    with pytest.raises(
        ModelFormatError, match=r'pip install "napari-imageseg\[keras\]"'
    ):
        import_keras(stored / "unet05-k2.h5")


def test_independent_maps_are_said_to_be_compared_now(
    write_h5: Callable[..., Path], layer: Callable[..., dict[str, Any]]
) -> None:
    path = write_h5(
        [
            layer("InputLayer", "in"),
            layer("Conv2D", "c", "in", filters=3, activation="sigmoid"),
        ],
        {"c/kernel:0": np.ones((1, 1, 3, 3)), "c/bias:0": np.zeros(3)},
    )

    assert "independent (sigmoid)" in import_keras(path).spec.card


def test_layers_used_twice_become_copies(stored: Path) -> None:
    spec = import_keras(stored / "nested-k2.h5").spec

    (shared,) = spec.provenance["imported"]["repeated layers"]
    assert shared in spec.card


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"filters": 10**9}, r"shape \(1, 1, 3, 2\); \(1, 1, 3, 1000000000\) fits"),
        ({"filters": "many"}, "cannot be built|do not fit together"),
        ({"filters": -1}, "cannot be built|do not fit together"),
        ({"strides": [0, 0]}, "scale than the image"),
        ({"kernel_size": [3, 3]}, r"\(3, 3, 3, 2\) fits the network"),
        ({"groups": 7}, "cannot be built|do not fit together"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    write_h5: Callable[..., Path],
    layer: Callable[..., dict[str, Any]],
    changed: dict[str, Any],
    message: str,
) -> None:
    settings = {"filters": 2} | changed
    path = write_h5(
        [layer("InputLayer", "in"), layer("Conv2D", "c", "in", **settings)],
        {"c/kernel:0": np.ones((1, 1, 3, 2)), "c/bias:0": np.zeros(2)},
    )

    with pytest.raises(ModelFormatError, match=message):
        import_keras(path)


def test_an_imported_model_can_be_trained_further(
    stored: Path, rng: np.random.Generator
) -> None:
    model = import_keras(stored / "unet05-tf22.h5")
    before = model.digest()
    image = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    labels = (image[..., 0] > 127).astype(np.uint8) + 1
    settings = TrainSettings(
        epochs=2,
        steps=4,
        batch=2,
        patch=32,
        validation=0,
        device="cpu",
        precision="fp32",
    )

    result = drain(train_task([Sample(image, labels)], settings, start=model))

    assert model.digest() == before
    assert result.model.digest() != before
    assert result.model.spec.architecture == "graph"


def test_habitatnet_is_known_to_take_bgr_bytes(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """Weights drawn by hand; the first kernel shows that they are turned."""
    path, first = tmp_path / "habitat.h5", rng.normal(size=(3, 3, 3, 1))
    graph = write_graph("habitatnet", 3, 1, {"filters": 1})
    shapes = GraphNetwork(graph).state_dict()
    with h5py.File(path, "w") as file:
        nodes = [node for node in graph.nodes if roles(node)]
        file.attrs["layer_names"] = [node.name for node in nodes]
        for node in nodes:
            group = file.create_group(node.name)
            group.attrs["weight_names"] = [f"{node.name}/{r}:0" for r in roles(node)]
            for role in roles(node):
                shape = shapes[f"layers.{node.name}.{ROLES[role]}"].shape
                axes = (*shape[2:], shape[1], shape[0]) if role == "kernel" else shape
                group[f"{node.name}/{role}:0"] = np.ones(axes, np.float32)
        del file["conv_0/conv_0/kernel:0"]
        file["conv_0/conv_0/kernel:0"] = first.astype(np.float32)

    model = import_keras(
        path, KerasOptions(network="habitatnet", arguments={"filters": 1})
    )

    kernel = model.network.state_dict()["layers.conv_0.weight"].numpy()
    np.testing.assert_allclose(kernel[0, 0], first[:, :, 2, 0], rtol=1e-6)
    imported = model.spec.provenance["imported"]
    assert (imported["input values"], imported["channel order"]) == ("0-255", "BGR")
