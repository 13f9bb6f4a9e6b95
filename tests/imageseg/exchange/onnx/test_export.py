"""An exported file computes in ONNX Runtime what the model computes here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from imageseg.architectures import ARCHITECTURES, Builder
from imageseg.classes import ClassScheme
from imageseg.errors import ModelError
from imageseg.exchange.onnx import OPSET, export_onnx
from imageseg.model import SegmentationModel, class_probabilities, new_model
from imageseg.networks.network import GraphNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    name: (name, {"filters": 2}) for name in ARCHITECTURES if name != "forest"
} | {
    "resnet": ("resnet", {"filters": 8}),  # the decoder ends in a quarter
    "unet, plain": ("unet", {"filters": 2, "blocks": 2, "decoder": "upsample"}),
    "unetpp, supervised": ("unetpp", {"filters": 2, "deep_supervision": True}),
    "custom, attention": ("custom", {"filters": 2, "attention": True}),
    "custom, transposed": ("custom", {"filters": 2, "decoder": "transpose"}),
}


def build(architecture: str, classes: int = 2, **arguments: Any) -> SegmentationModel:
    torch.manual_seed(3)
    scheme = ClassScheme.from_names([f"class {k}" for k in range(classes)])
    model = new_model(
        scheme, channels=2, architecture=architecture, arguments=arguments
    )
    for module in model.network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.normal_(module.running_mean, 0.0, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 2.0)
    model.network.eval()
    return model


def run(path: Path, images: NDArray[np.float32]) -> NDArray[np.float32]:
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {"image": images})
    return np.asarray(result)


def ours(model: SegmentationModel, images: NDArray[np.float32]) -> torch.Tensor:
    with torch.no_grad():
        return class_probabilities(model.network(torch.from_numpy(images)))


def check(model: SegmentationModel, path: Path) -> None:
    """Compare for two sizes and numbers of images."""
    network = model.network
    assert isinstance(network, GraphNetwork)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    rng = np.random.default_rng(0)
    for count, factors in (1, (1, 1, 1)), (2, (1, 2, 3)):
        sides = [network.stride * f for f in factors[-network.dims :]]
        images = rng.random((count, 2, *sides), dtype=np.float32)
        expected = ours(model, images)
        assert expected.std() > 1e-3
        np.testing.assert_allclose(run(path, images), expected, atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_network_agrees_with_onnx_runtime(variant: str, tmp_path: Path) -> None:
    architecture, arguments = VARIANTS[variant]
    model = build(architecture, **arguments)

    check(model, export_onnx(model, tmp_path / "m.onnx"))


def test_several_classes_are_shared_out(tmp_path: Path) -> None:
    model = build("unet", classes=4, filters=2, blocks=1)

    check(model, export_onnx(model, tmp_path / "m.onnx"))


@pytest.mark.parametrize("dims", [2, 3])
def test_layers_of_imported_networks_agree(dims: int, tmp_path: Path) -> None:
    g = Builder(channels=2, dims=dims)
    sides = [(1, 2)] * dims
    x = g.add("rescale", g.input, scale=2.0, offset=-0.5)
    even = g.add("conv", x, filters=4, kernel=2, activation="leaky_relu")
    wide = g.add("conv", even, filters=4, kernel=3, dilation=2, groups=2)
    half = g.add("conv", wide, filters=4, kernel=4, stride=2, activation="silu")
    mean = g.add("average_pool", wide, size=3, stride=2, padding="same")
    most = g.add("max_pool", wide, size=3, stride=2, padding="same")
    low = g.add("add", half, mean, most)
    low = g.add("activation", low, kind="elu", alpha=0.7)
    low = g.add("batch_norm", low, scale=False, center=False)
    up = g.add("conv_transpose", low, filters=4, kernel=3, stride=2, activation="gelu")
    smooth = g.add("upsample", low, factor=2, mode="bilinear")
    y = g.add("multiply", up, smooth, wide)
    y = g.add("crop", g.add("pad", y, sides=sides), sides=sides)
    y = g.add("concat", g.add("spatial_dropout", y, rate=0.5), x)
    for kind in "tanh", "softplus", "selu", "sigmoid":
        y = g.add("activation", g.add("conv", y, filters=3, kernel=1), kind=kind)
    graph = g.graph(g.add("conv", y, filters=3, kernel=1))
    model = build("graph", classes=3, graph=graph.to_dict())

    check(model, export_onnx(model, tmp_path / "m.onnx"))


def test_a_classifier_of_means_agrees(tmp_path: Path) -> None:
    g = Builder(channels=2, tile=6)
    x = g.add("conv", g.input, filters=4, kernel=3, activation="relu")
    x = g.add("global_average_pool", g.add("batch_norm", x))
    x = g.add("batch_norm", g.add("dense", x, units=5, bias=False))
    graph = g.graph(g.add("dense", x, units=3, activation="softmax"))
    model = build("graph", classes=3, graph=graph.to_dict())

    check(model, export_onnx(model, tmp_path / "m.onnx"))


def test_small_images_are_mirrored_as_often_as_here(tmp_path: Path) -> None:
    model = build("vanilla", filters=2)
    network = model.network
    assert isinstance(network, GraphNetwork)
    images = np.random.default_rng(1).random((1, 2, 16, 16), dtype=np.float32)

    path = export_onnx(model, tmp_path / "m.onnx")

    assert network.stride <= 16
    np.testing.assert_allclose(run(path, images), ours(model, images), atol=1e-4)


def test_the_file_tells_what_it_takes(tmp_path: Path) -> None:
    path = export_onnx(build("unet", filters=2, blocks=3), tmp_path / "plain name")

    assert path == tmp_path / "plain name.onnx"
    written = onnx.load(path)
    told = {entry.key: entry.value for entry in written.metadata_props}
    assert told["stride"] == "8"
    assert told["format"] == "imageseg-model"
    assert "divided by the largest of their type" in told["input"]
    assert told["output"] == "probabilities of class 0, class 1"
    assert written.opset_import[0].version == OPSET
    (image,) = written.graph.input
    sides = image.type.tensor_type.shape.dim
    assert [d.dim_param or d.dim_value for d in sides] == ["N", 2, "Y", "X"]


def test_other_modules_are_refused(
    threshold_model: Callable[..., SegmentationModel], tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"threshold.*Threshold"):
        export_onnx(threshold_model(), tmp_path / "m.onnx")

    assert not list(tmp_path.iterdir())


def test_trees_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"forest.*no such operator"):
        export_onnx(build("forest"), tmp_path / "m.onnx")


def test_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)

    with pytest.raises(ModelError, match=r"napari-imageseg\[onnx\]"):
        export_onnx(build("unet", filters=2, blocks=1), tmp_path / "m.onnx")
