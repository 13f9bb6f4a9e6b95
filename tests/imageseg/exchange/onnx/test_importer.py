"""Our ONNX files come back bit for bit; others and damaged ones are refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from imageseg.errors import ModelFormatError
from imageseg.exchange import load_model
from imageseg.exchange.onnx import export_onnx, import_onnx, is_onnx_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel

    Make = Callable[..., SegmentationModel]

onnx = pytest.importorskip("onnx", reason="onnx is not installed")


@pytest.fixture
def path(make_model: Make, tmp_path: Path) -> Path:
    return export_onnx(make_model(), tmp_path / "m.onnx")


@pytest.mark.parametrize("name", ["m.onnx", "m.dat"])
def test_an_exported_model_comes_back(
    make_model: Make, path: Path, tmp_path: Path, name: str
) -> None:
    model = make_model()
    renamed = path.rename(tmp_path / name)

    back = load_model(renamed)

    assert is_onnx_file(renamed)
    assert back.spec == model.spec
    assert back.digest() == model.digest()
    assert not back.network.training


def test_heads_that_only_training_uses_come_back(
    make_model: Make, tmp_path: Path
) -> None:
    arguments = {"filters": 2, "deep_supervision": True}
    from imageseg.model import new_model  # noqa: PLC0415  beside its use

    scheme = make_model().spec.scheme
    model = new_model(scheme, channels=3, architecture="unetpp", arguments=arguments)

    back = import_onnx(export_onnx(model, tmp_path / "m"))

    assert back.digest() == model.digest()


def changed(path: Path, change: Callable[[onnx.ModelProto], None]) -> Path:
    written = onnx.load(path)
    change(written)
    path.write_bytes(written.SerializeToString())
    return path


def test_files_of_others_are_described(path: Path) -> None:
    def strip(written: onnx.ModelProto) -> None:
        del written.metadata_props[:]
        written.producer_name = "pytorch"

    with pytest.raises(ModelFormatError, match=r"m\.onnx.*pytorch.*takes image\)"):
        load_model(changed(path, strip))


def test_changed_weights_are_noticed(path: Path) -> None:
    def shift(written: onnx.ModelProto) -> None:
        tensor = next(t for t in written.graph.initializer if t.name[:6] == "layers")
        array = onnx.numpy_helper.to_array(tensor) + np.float32(1)
        tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))

    with pytest.raises(ModelFormatError, match=r"m\.onnx was changed"):
        load_model(changed(path, shift))


def test_weights_in_other_files_are_not_followed(path: Path) -> None:
    def point(written: onnx.ModelProto) -> None:
        tensor = written.graph.initializer[0]
        onnx.external_data_helper.set_external_data(tensor, "../secret")
        tensor.ClearField("raw_data")

    with pytest.raises(ModelFormatError, match="in another file"):
        load_model(changed(path, point))


def test_missing_weights_are_named(path: Path) -> None:
    def drop(written: onnx.ModelProto) -> None:
        del written.graph.initializer[:]

    with pytest.raises(ModelFormatError, match=r"m\.onnx.*on one side only"):
        load_model(changed(path, drop))


def test_files_cut_anywhere_are_named(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFormatError, match=r"m\.onnx"):
            load_model(path)


def test_flipped_bytes_never_open_another_model(make_model: Make, path: Path) -> None:
    whole = path.read_bytes()
    digest = make_model().digest()
    rng = np.random.default_rng(0)
    for _ in range(150):
        content = bytearray(whole)
        for at in rng.integers(0, len(whole), 3):
            content[at] = rng.integers(256)
        path.write_bytes(content)
        try:
            assert import_onnx(path).digest() == digest
        except ModelFormatError as error:
            assert "m.onnx" in str(error)  # noqa: PT017  either is right


def test_a_missing_package_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)

    with pytest.raises(ModelFormatError, match=r"napari-imageseg\[onnx\]"):
        load_model(path)
