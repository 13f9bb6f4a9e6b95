"""A model comes back bit for bit, and nothing but a model is opened."""

from __future__ import annotations

import json
import pickle
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from scipy.special import expit, softmax

from imageseg import model as model_module
from imageseg.classes import ClassScheme
from imageseg.errors import ModelFormatError, SettingsError
from imageseg.model import (
    SegmentationModel,
    class_probabilities,
    load_model,
    new_model,
)
from imageseg.spec import header, read_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., SegmentationModel]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"classes": 4, "channels": 1},
        {"layers_per_block": 3, "batch_normalization": False},
        {"decoder": "upsample", "normalisation": "percentile"},
    ],
)
def test_a_model_comes_back_bit_for_bit(
    tmp_path: Path, make_model: Make, arguments: dict[str, Any]
) -> None:
    model = make_model(**arguments)

    back = load_model(model.save(tmp_path / "a.safetensors"))

    assert back.spec == model.spec
    assert back.digest() == model.digest()
    assert not back.network.training
    expected = model.network.state_dict()
    assert back.network.state_dict().keys() == expected.keys()
    for name, tensor in back.network.state_dict().items():
        assert torch.equal(tensor, expected[name])
    image = torch.rand(1, model.spec.channels, 8, 8)
    assert torch.equal(back.network(image), model.network(image))


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("a.safetensors", "a.safetensors"),
        ("a", "a.safetensors"),
        ("a.v2", "a.v2.safetensors"),
        ("new/a.pt", "new/a.pt.safetensors"),
    ],
)
def test_the_suffix_is_added_and_the_path_returned(
    tmp_path: Path, make_model: Make, name: str, saved: str
) -> None:
    path = make_model().save(str(tmp_path / name))

    assert path == tmp_path / saved
    assert path.is_file()


def test_the_description_is_read_without_the_weights(
    tmp_path: Path, make_model: Make
) -> None:
    model = make_model(classes=3)

    assert read_spec(model.save(tmp_path / "a")) == model.spec


def test_other_programs_can_read_the_weights(tmp_path: Path, make_model: Make) -> None:
    model = make_model()

    tensors = load_file(model.save(tmp_path / "a"))

    assert tensors.keys() == model.network.state_dict().keys()


@pytest.mark.parametrize("written", [b"", b"half a file"])
def test_a_save_that_fails_leaves_the_old_file(
    tmp_path: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch, written: bytes
) -> None:
    path = make_model(seed=0).save(tmp_path / "a")
    before = path.read_bytes()

    def fail(_tensors: object, path: Path, **_: object) -> None:
        path.write_bytes(written)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_module, "save_file", fail)
    with pytest.raises(OSError, match="No space left"):
        make_model(seed=1).save(path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_digest_tells_weights_apart(make_model: Make) -> None:
    first, same, other = make_model(seed=0), make_model(seed=0), make_model(seed=1)

    assert first.digest() == same.digest() != other.digest()
    assert len(first.digest()) == 12
    assert int(first.digest(), 16) >= 0


def test_the_digest_changes_with_the_smallest_change_of_any_weight(
    make_model: Make,
) -> None:
    model = make_model()
    digests = {model.digest()}
    state = model.network.state_dict()
    for tensor in state.values():
        flat = tensor.view(-1) if tensor.is_contiguous() else tensor.permute(0, 2, 3, 1)
        with torch.no_grad():
            flat[(0,) * flat.ndim] += 1
        digests.add(model.digest())

    assert len(digests) == len(state) + 1


def test_the_digest_does_not_depend_on_the_layout_in_memory(make_model: Make) -> None:
    model = make_model()
    before = model.digest()
    model.network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]

    assert model.digest() == before


class Bomb:
    """Leave a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("suffix", ["safetensors", "pt", "pth"])
@pytest.mark.parametrize("kind", ["pickle", "torch", "old torch"])
def test_pickled_files_are_refused_and_never_run(
    tmp_path: Path, kind: str, suffix: str
) -> None:
    trace, path = tmp_path / "it ran", tmp_path / f"evil.{suffix}"
    if kind == "pickle":
        path.write_bytes(pickle.dumps(Bomb(trace)))
    else:
        torch.save(
            {"a": Bomb(trace)}, path, _use_new_zipfile_serialization=kind == "torch"
        )

    with pytest.raises(ModelFormatError, match=r"evil\..*never opened"):
        load_model(path)

    assert not trace.exists()
    if kind == "pickle":  # the trap is a real one
        pickle.loads(path.read_bytes())  # noqa: S301  our own bytes
        assert trace.exists()


def test_a_file_cut_anywhere_is_named(tmp_path: Path, make_model: Make) -> None:
    whole = make_model().save(tmp_path / "a").read_bytes()
    path = tmp_path / "cut.safetensors"
    for length in [*range(0, len(whole), len(whole) // 60), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFormatError, match=r"cut\.safetensors"):
            load_model(path)


def rewritten(model: SegmentationModel, path: Path, **values: Any) -> Path:
    """Save a model with a description that is not its own."""
    metadata = header(model.spec)
    spec = {f: getattr(model.spec, f) for f in model.spec.__slots__} | values
    spec["scheme"] = spec["scheme"].to_dict()
    metadata["spec"] = json.dumps(spec)
    save_file(
        {k: v.contiguous() for k, v in model.network.state_dict().items()},
        path,
        metadata=metadata,
    )
    return path


def one_layer(op: str, **arguments: Any) -> dict[str, Any]:
    """Return a stored graph of one layer and one that gives the maps."""
    nodes = [
        ["input", "input", [], {}],
        ["x", op, ["input"], arguments],
        ["y", "conv", ["x"], {"filters": 1, "kernel": 1}],
    ]
    return {"nodes": nodes, "outputs": ["y"], "channels": 3}


def many_layers(count: int) -> dict[str, Any]:
    nodes: list[Any] = [["0", "input", [], {}]]
    nodes += [
        [str(k), "activation", [str(k - 1)], {"kind": "relu"}] for k in range(1, count)
    ]
    nodes.append(["y", "conv", [str(count - 1)], {"filters": 1, "kernel": 1}])
    return {"nodes": nodes, "outputs": ["y"], "channels": 3}


@pytest.mark.parametrize(
    "values",
    [
        {"architecture": "resnet"},
        {"architecture": ["unet"]},
        {"arguments": {"width": 3}},
        {"arguments": {"filters": 0}},
        {"arguments": {"filters": 8, "blocks": 2}},
        {"arguments": {"filters": 4, "blocks": 3}},
        {"arguments": [1]},
        {"channels": 1},
        {"channels": 2.5},
        {"scheme": ClassScheme.from_names(["a", "b", "c"])},
    ],
    ids=str,
)
def test_weights_that_do_not_fit_their_description_are_refused(
    tmp_path: Path, make_model: Make, values: dict[str, Any]
) -> None:
    path = rewritten(make_model(), tmp_path / "odd.safetensors", **values)

    with pytest.raises(ModelFormatError, match=r"odd\.safetensors"):
        load_model(path)


@pytest.mark.parametrize(
    "values",
    [
        {"arguments": {"filters": 10**9, "blocks": 2}},
        {"arguments": {"filters": 4, "blocks": 10**9}},
        {"channels": 10**9},
        {"channels": 10**400},
        {"scheme": ClassScheme.from_names([str(k) for k in range(254)])},
        {"architecture": "forest", "arguments": {"trees": 10**9}},
    ]
    + [
        {"architecture": "graph", "arguments": {"graph": graph}}
        for graph in (
            *(one_layer("conv", filters=n, kernel=3) for n in (10**9, 10**300)),
            one_layer("conv", filters=60_000, kernel=60_000),
            one_layer("conv", filters=1, kernel=10**9, padding="valid"),
            one_layer("conv", filters=1, kernel=1, dilation=2**40),
            one_layer("conv", filters=1, kernel=3, groups=0),
            one_layer("pad", sides=[[10**9, 10**9]] * 2),
            one_layer("upsample", factor=10**9),
            one_layer("max_pool", size=10**9),
            one_layer("forest", filters=1, features="basic", trees=10**9),
            one_layer("conv", filters="1e9", kernel=[[1]]),
            one_layer("conv", filters=1, kernel=None),
            many_layers(50_000),
        )
    ],
    ids=lambda values: str(values)[:60],
)
def test_descriptions_ask_for_no_memory(
    tmp_path: Path, make_model: Make, values: dict[str, Any]
) -> None:
    path = rewritten(make_model(), tmp_path / "huge.safetensors", **values)
    usage = pytest.importorskip("resource", reason="only Unix tells used memory")
    before = usage.getrusage(usage.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    with pytest.raises(ModelFormatError, match=r"huge\.safetensors"):
        load_model(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 64 << 20
    grown = usage.getrusage(usage.RUSAGE_SELF).ru_maxrss - before
    assert grown < 256 << (20 if sys.platform == "darwin" else 10)  # bytes or KiB


def test_changed_weights_are_noticed(tmp_path: Path, make_model: Make) -> None:
    path = make_model().save(tmp_path / "flipped")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)

    with pytest.raises(ModelFormatError, match=r"flipped\.safetensors is damaged"):
        load_model(path)


def test_files_without_a_digest_are_opened(tmp_path: Path, make_model: Make) -> None:
    model = make_model()

    assert load_model(rewritten(model, tmp_path / "a")).digest() == model.digest()


@given(data=st.data())
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_damaged_file_is_refused_or_is_the_model(
    tmp_path: Path, make_model: Make, data: st.DataObject
) -> None:
    model = make_model()
    path = tmp_path / "fuzz.safetensors"
    content = bytearray(model.save(path).read_bytes())
    size = 8 + int.from_bytes(content[:8], "little")  # most often in the header
    place = st.integers(0, size) | st.integers(0, len(content) - 1)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(place)] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.none() | place)])

    try:
        assert load_model(path).digest() == model.digest()
    except ModelFormatError as error:
        assert "fuzz.safetensors" in str(error)  # noqa: PT017  either is right


def test_the_file_can_go_once_it_is_open(tmp_path: Path, make_model: Make) -> None:
    model = make_model()
    path = model.save(tmp_path / "a")
    opened = load_model(path)
    path.write_bytes(b"")

    assert opened.digest() == model.digest()


def test_names_that_point_elsewhere_are_only_names(
    tmp_path: Path, make_model: Make
) -> None:
    model = make_model()
    named = SegmentationModel(model.network, model.spec.renamed("../../etc/x\0\n"))

    back = load_model(named.save(tmp_path / "a"))

    assert back.spec.name == "../../etc/x\0\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.safetensors"]


def test_a_name_that_is_no_model_is_repeated(tmp_path: Path) -> None:
    for name in "no such model", tmp_path, tmp_path / "gone.safetensors":
        with pytest.raises(ModelFormatError, match="There is no model") as caught:
            load_model(name)

        assert str(name) in str(caught.value)


def test_a_new_model_is_described_as_asked(make_model: Make) -> None:
    scheme = ClassScheme.from_names(["a", "b", "c"])
    arguments = {"filters": 2, "blocks": 1}

    model = new_model(
        scheme, channels=2, arguments=arguments, normalisation="percentile", name="x"
    )
    arguments["filters"] = 3  # the caller's own afterwards

    assert model.spec.scheme == scheme
    assert (model.spec.name, model.spec.channels) == ("x", 2)
    assert model.spec.normalisation == "percentile"
    assert model.spec.arguments == {"filters": 2, "blocks": 1}
    assert model.network(torch.rand(1, 2, 4, 4)).shape == (1, 3, 4, 4)


def test_a_new_model_out_of_range_is_refused() -> None:
    scheme = ClassScheme.from_names(["a", "b"])
    with pytest.raises(SettingsError, match="channels"):
        new_model(scheme, channels=0)
    with pytest.raises(SettingsError, match="blocks"):
        new_model(scheme, channels=1, arguments={"blocks": 99})


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_one_map_is_the_probability_of_the_second_class(dtype: torch.dtype) -> None:
    logits = (torch.randn(2, 1, 3, 4) * 20).to(dtype)
    second = expit(logits.double().numpy())

    probabilities = class_probabilities(logits)

    assert probabilities.dtype == torch.float32
    np.testing.assert_allclose(
        probabilities, np.concatenate([1 - second, second], 1), atol=1e-6
    )


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_several_maps_are_shared_out(classes: int) -> None:
    logits = torch.randn(2, classes, 3, 4) * 20

    probabilities = class_probabilities(logits)

    np.testing.assert_allclose(
        probabilities, softmax(logits.double().numpy(), axis=1), atol=1e-6
    )


def test_no_logit_is_too_large() -> None:
    for maps in 1, 3:
        logits = torch.tensor([-1e30, 0, 1e30]).expand(1, maps, 1, 3)

        assert torch.isfinite(class_probabilities(logits)).all()
