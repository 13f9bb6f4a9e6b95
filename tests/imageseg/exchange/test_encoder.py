"""Weights with torchvision's names make the encoder that torchvision computes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from imageseg.architectures import encoder_nodes
from imageseg.classes import ClassScheme
from imageseg.errors import ImageSegError, ModelFormatError, SettingsError
from imageseg.exchange.encoder import with_encoder
from imageseg.model import SegmentationModel, load_model, new_model
from imageseg.networks import GraphNetwork

State = dict[str, Tensor]
BLOCKS = {"18": (2, 2, 2, 2), "34": (3, 4, 6, 3)}
MEANS = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
DEVIATIONS = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)


def weights(depth: str = "18", width: int = 64) -> State:
    """Write down a state dict of torchvision by hand, with random numbers."""
    generator = torch.Generator().manual_seed(5)
    state: State = {}

    def conv(name: str, outputs: int, inputs: int, side: int) -> None:
        spread = (2 / (inputs * side**2)) ** 0.5
        kernel = torch.randn(outputs, inputs, side, side, generator=generator)
        state[f"{name}.weight"] = kernel * spread

    def norm(name: str, count: int) -> None:
        for tensor in ("weight", "running_var"):
            state[f"{name}.{tensor}"] = 0.5 + torch.rand(count, generator=generator)
        for tensor in ("bias", "running_mean"):
            state[f"{name}.{tensor}"] = torch.randn(count, generator=generator) * 0.2
        state[f"{name}.num_batches_tracked"] = torch.tensor(7)

    conv("conv1", width, 3, 7)
    norm("bn1", width)
    before = width
    for level, blocks in enumerate(BLOCKS[depth]):
        now = width * 2**level
        for block in range(blocks):
            name = f"layer{level + 1}.{block}"
            conv(f"{name}.conv1", now, before, 3)
            norm(f"{name}.bn1", now)
            conv(f"{name}.conv2", now, now, 3)
            norm(f"{name}.bn2", now)
            if now != before:
                conv(f"{name}.downsample.0", now, before, 1)
                norm(f"{name}.downsample.1", now)
            before = now
    state["fc.weight"] = torch.zeros(1000, before)
    state["fc.bias"] = torch.zeros(1000)
    return state


def features(state: State, images: Tensor) -> list[Tensor]:
    """Compute ResNet-18 with torch's own functions; images are normalised already."""

    def norm(x: Tensor, name: str) -> Tensor:
        mean, var = (state[f"{name}.running_{of}"] for of in ("mean", "var"))
        gain, offset = (state[f"{name}.{of}"] for of in ("weight", "bias"))
        return F.batch_norm(x, mean, var, gain, offset, eps=1e-5)

    def conv(x: Tensor, name: str, stride: int, padding: int) -> Tensor:
        return F.conv2d(x, state[f"{name}.weight"], stride=stride, padding=padding)

    x = F.relu(norm(conv(images, "conv1", 2, 3), "bn1"))
    found = [x]
    x = F.max_pool2d(x, 3, stride=2, padding=1)
    for level in range(1, 5):
        for block in range(2):
            name = f"layer{level}.{block}"
            stride = 2 if level > 1 and block == 0 else 1
            y = F.relu(norm(conv(x, f"{name}.conv1", stride, 1), f"{name}.bn1"))
            y = norm(conv(y, f"{name}.conv2", 1, 1), f"{name}.bn2")
            if stride == 2:
                x = norm(conv(x, f"{name}.downsample.0", 2, 0), f"{name}.downsample.1")
            x = F.relu(x + y)
        found.append(x)
    return found


def model(channels: int = 3, **arguments: Any) -> SegmentationModel:
    torch.manual_seed(0)
    scheme = ClassScheme.from_names(["ground", "sky"])
    return new_model(
        scheme,
        channels=channels,
        architecture="resnet",
        arguments={"filters": 4} | arguments,
    )


def saved(tmp_path: Path, state: State) -> Path:
    path = tmp_path / "encoder.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    return path


def graph_network(made: SegmentationModel) -> GraphNetwork:
    network = made.network
    assert isinstance(network, GraphNetwork)
    return network.eval()


LAST = ("relu", "layer1.1.relu2", "layer2.1.relu2", "layer3.1.relu2", "layer4.1.relu2")


@torch.no_grad()
def ours(made: SegmentationModel, images: Tensor) -> list[Tensor]:
    """Return what the encoder gives on its levels."""
    network = graph_network(made)
    values = {network.graph.nodes[0].name: images}
    for node in network.graph.needed_for(*LAST)[1:]:
        layer = network.layers[node.name.replace(".", "_")]
        values[node.name] = layer(*[values[name] for name in node.inputs]).clone()
    return [values[name] for name in LAST]


def test_a_loaded_encoder_computes_what_torch_computes(tmp_path: Path) -> None:
    state = weights(width=64)
    images = torch.rand(1, 3, 64, 96).double()

    made = with_encoder(model(filters=64), saved(tmp_path, state))
    made.network.double()

    precise = {name: tensor.double() for name, tensor in state.items()}
    expected = features(precise, (images - MEANS) / DEVIATIONS)
    for found, level in zip(ours(made, images), expected, strict=True):
        assert level.std() > 0.1
        torch.testing.assert_close(found, level, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("depth", BLOCKS)
def test_every_tensor_has_one_place_and_every_place_a_tensor(
    depth: str, tmp_path: Path
) -> None:
    state = weights(depth, width=4)
    before = model(encoder_layers=depth)
    old = {name: t.clone() for name, t in before.network.state_dict().items()}
    new = with_encoder(before, saved(tmp_path, state)).network.state_dict()
    changed = [name for name in new if not torch.equal(new[name], old[name])]

    used = [n for n in state if not n.startswith("fc.") and "num_batches" not in n]
    assert len(changed) == len(used)
    for name in used:
        layer, tensor = name.rsplit(".", 1)
        place = f"layers.{layer.replace('.', '_')}.{tensor}"
        torch.testing.assert_close(new[place], state[name], rtol=0, atol=0)
    nodes = set(encoder_nodes(graph_network(before).graph))
    assert {name.rsplit(".", 1)[0] for name in used} <= nodes


def test_half_precision_is_widened(tmp_path: Path) -> None:
    state = {name: tensor.half() for name, tensor in weights(width=4).items()}
    made = with_encoder(model(), saved(tmp_path, state))

    kernel = made.network.state_dict()["layers.conv1.weight"]
    assert kernel.dtype == torch.float32
    torch.testing.assert_close(kernel, state["conv1.weight"].float(), rtol=0, atol=0)


@pytest.mark.parametrize("channels", [1, 2, 4, 7])
def test_other_channels_share_the_first_kernels(channels: int, tmp_path: Path) -> None:
    state = weights(width=4)
    made = with_encoder(model(channels), saved(tmp_path, state))
    kernels = state["conv1.weight"].numpy()

    for i in range(channels):
        own = kernels.mean(1) if channels < 3 else kernels[:, i % 3]
        found = made.network.state_dict()["layers.conv1.weight"][:, i].numpy()
        assert found == pytest.approx(own * 3 / channels, abs=1e-6)


def test_a_grey_image_is_seen_as_a_grey_picture_of_three_colours(
    tmp_path: Path,
) -> None:
    """With one mean and deviation for all, one channel is as good as three."""
    path = saved(tmp_path, weights(width=4))
    one, three = (with_encoder(model(c), path) for c in (1, 3))
    grey = torch.rand(1, 1, 64, 64)
    colours = ((grey - 0.449) / 0.226) * DEVIATIONS + MEANS

    for a, b in zip(ours(one, grey), ours(three, colours), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_the_file_is_named_as_parent_and_all_is_saved(tmp_path: Path) -> None:
    made = with_encoder(model(), saved(tmp_path, weights(width=4)))
    opened = load_model(made.save(tmp_path / "start"))

    assert opened.spec.provenance["parent"]["name"] == "encoder.safetensors"
    assert len(opened.spec.provenance["parent"]["digest"]) == 12
    assert opened.digest() == made.digest()
    images = torch.rand(1, 3, 32, 64)
    with torch.no_grad():
        before, after = (m.network.eval()(images) for m in (made, opened))
    torch.testing.assert_close(before, after, rtol=0, atol=0)


def renamed(state: State) -> State:
    return {f"encoder.{name}": tensor for name, tensor in state.items()}


def without(name: str) -> Callable[[State], State]:
    return lambda state: {key: t for key, t in state.items() if key != name}


@pytest.mark.parametrize(
    ("change", "depth", "message"),
    [
        pytest.param(without("bn1.bias"), "18", r"lacks bn1\.bias\..*layers", id="one"),
        pytest.param(renamed, "18", "lacks conv1.weight, .* more", id="other names"),
        pytest.param(dict, "34", r"lacks layer1\.2\.conv1\.weight", id="shallower"),
        pytest.param(
            lambda state: state | {"layer1.2.conv1.weight": torch.zeros(1)},
            *("18", r"holds layer1\.2\.conv1\.weight.*--encoder-layers"),
            id="deeper",
        ),
        pytest.param(
            lambda state: state | {"bn1.bias": torch.zeros(5)},
            *("18", r"bn1\.bias \(5,\) instead of \(4,\).*--filters"),
            id="wider",
        ),
        pytest.param(
            lambda state: state | {"conv1.weight": torch.zeros(4, 1, 7, 7)},
            *("18", r"conv1\.weight \(4, 1, 7, 7\) instead of \(4, 3, 7, 7\)"),
            id="grey",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    change: Callable[[State], State], depth: str, message: str, tmp_path: Path
) -> None:
    path = saved(tmp_path, change(weights(width=4)))

    with pytest.raises(ImageSegError, match=message):
        with_encoder(model(encoder_layers=depth), path)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_is_refused_and_never_opened(tmp_path: Path, *, zipped: bool) -> None:
    path = tmp_path / "resnet18.pth"
    torch.save({}, path, _use_new_zipfile_serialization=zipped)

    with pytest.raises(ModelFormatError, match=r"pickle.*save_file"):
        with_encoder(model(), path)


@pytest.mark.parametrize("content", [None, b"", b"\x80\x00\x00\x00\x00\x00\x00\x00{"])
def test_a_file_that_is_missing_or_damaged_is_named(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "encoder.safetensors"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ModelFormatError, match=r"encoder\.safetensors cannot be read"):
        with_encoder(model(), path)


def test_other_networks_have_no_place_for_it(tmp_path: Path) -> None:
    scheme = ClassScheme.from_names(["ground", "sky"])
    other = new_model(scheme, channels=3, arguments={"filters": 2})

    with pytest.raises(SettingsError, match="network is unet"):
        with_encoder(other, saved(tmp_path, weights(width=4)))
