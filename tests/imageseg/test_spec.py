"""What travels with the weights can be read without torch, and only if it is ours."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg import spec as spec_module
from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import ModelFormatError, SettingsError
from imageseg.spec import (
    FORMAT,
    VERSION,
    ModelSpec,
    bundled_models,
    find_model,
    header,
    read_spec,
)


def test_what_few_models_have_is_left_out_of_the_text_of_others() -> None:
    usual = json.loads(make_spec().to_json())
    rare = make_spec(neighbours=2, channel_names=("red", "green", "blue"))

    assert not {"neighbours", "channel_names"} & usual.keys()
    assert ModelSpec.from_json(rare.to_json()) == rare
    assert (make_spec().inputs, rare.inputs) == (3, 15)
    assert "RGB of 5 slices" in rare.summary


@pytest.mark.parametrize(
    "values", [{"neighbours": -1}, {"channel_names": ("red", "green")}]
)
def test_neighbours_and_names_that_do_not_fit_are_refused(values) -> None:
    with pytest.raises(SettingsError):
        make_spec(**values)


@pytest.mark.parametrize("values", [{"neighbours": "1"}, {"channel_names": "rgb"}])
def test_neighbours_and_names_of_other_types_are_damage(values) -> None:
    text = json.dumps(json.loads(make_spec().to_json()) | values)
    with pytest.raises(ModelFormatError, match="damaged"):
        ModelSpec.from_json(text)


def make_spec(**values: Any) -> ModelSpec:
    return ModelSpec(
        **{
            "name": "leaf ☘",
            "architecture": "unet",
            "arguments": {"filters": 8},
            "channels": 3,
            "scheme": CANOPY,
        }
        | values
    )


def write(path: Path, metadata: object) -> Path:
    """Write a safetensors file of no tensors, by its published layout."""
    text = json.dumps({"__metadata__": metadata}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    return path


@given(
    name=st.text(),
    channels=st.integers(1, 9),
    normalisation=st.sampled_from(["range", "percentile"]),
    provenance=st.dictionaries(st.text(), st.integers() | st.text() | st.none()),
    card=st.text(),
)
def test_a_description_survives_its_text(**values: Any) -> None:
    spec = make_spec(**values)

    assert ModelSpec.from_json(spec.to_json()) == spec


def test_numbers_of_numpy_and_paths_become_plain() -> None:
    spec = make_spec(
        provenance={"dice": np.float32(0.5), "n": np.int64(3), "at": PurePosixPath("a")}
    )

    back = ModelSpec.from_json(spec.to_json())

    assert back.provenance == {"dice": 0.5, "n": 3, "at": "a"}


@pytest.mark.parametrize(("classes", "outputs"), [(2, 1), (3, 3), (8, 8)])
def test_two_classes_need_one_map(classes: int, outputs: int) -> None:
    scheme = ClassScheme.from_names([str(k) for k in range(classes)])

    assert make_spec(scheme=scheme).outputs == outputs


@pytest.mark.parametrize(
    ("channels", "word"), [(1, "grey"), (3, "RGB"), (5, "5 channels")]
)
def test_the_summary_is_one_line_for_people(channels: int, word: str) -> None:
    summary = make_spec(channels=channels).summary

    assert summary == f"unet 8 · {word} · canopy, sky"


def test_a_network_without_filters_leaves_no_gap_in_the_summary() -> None:
    spec = replace(make_spec(channels=1), architecture="forest", arguments={})

    assert spec.summary == "forest · grey · canopy, sky"


def test_a_renamed_description_differs_in_name_alone() -> None:
    assert make_spec().renamed("b") == make_spec(name="b")


def test_impossible_descriptions_are_refused() -> None:
    with pytest.raises(SettingsError, match="channels is 0"):
        make_spec(channels=0)
    with pytest.raises(SettingsError, match="range or percentile"):
        make_spec(normalisation="minmax")


def test_a_header_can_be_read_back(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", header(make_spec()))

    assert read_spec(path) == read_spec(str(path)) == make_spec()


def damaged(**values: Any) -> str:
    return json.dumps(json.loads(make_spec().to_json()) | values)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        damaged(scheme=None),
        damaged(scheme={"classes": [{"id": 1}]}),
        damaged(scheme={"classes": []}),
        damaged(channels=0),
        damaged(channels="3"),
        damaged(arguments=[1]),
        damaged(name=None),
        "[" * 100_000,
        damaged(normalisation="x"),
        damaged(surplus=1),
    ],
)
def test_a_damaged_description_names_the_file(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "bad.safetensors", header(make_spec()) | {"spec": text})

    with pytest.raises(ModelFormatError, match=r"bad\.safetensors.*damaged"):
        read_spec(path)


@pytest.mark.parametrize("version", [str(VERSION + 1), "99", "", "1.5", "x", "-1"])
def test_a_newer_format_asks_for_an_update(tmp_path: Path, version: str) -> None:
    path = write(
        tmp_path / "new.safetensors", header(make_spec()) | {"version": version}
    )

    with pytest.raises(ModelFormatError, match=r"new\.safetensors.*newer.*Update"):
        read_spec(path)


@pytest.mark.parametrize("metadata", [{}, {"format": "pt"}, {"format": FORMAT + "s"}])
def test_tensors_of_others_are_no_model(
    tmp_path: Path, metadata: dict[str, str]
) -> None:
    path = write(tmp_path / "foreign.safetensors", metadata)

    with pytest.raises(ModelFormatError, match=r"foreign\.safe.*no imageseg model"):
        read_spec(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        b"\x80\x04pickle" * 9,
        b"PK\x03\x04" + bytes(99),
        struct.pack("<Q", 2**63),
        struct.pack("<Q", 100) + b"{",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 4) + b"null",
        struct.pack("<Q", 2) + b"\xff\xfe",
        struct.pack("<Q", 21) + b'{"__metadata__": "a"}',
        struct.pack("<Q", 10**6) + b"[" * 10**6,
    ],
)
def test_files_of_another_kind_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "strange.safetensors"
    path.write_bytes(content)

    with pytest.raises(ModelFormatError, match=r"strange\.safetensors"):
        read_spec(path)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    for path in tmp_path / "gone.safetensors", tmp_path:
        with pytest.raises(ModelFormatError, match=f"Cannot open {path}"):
            read_spec(path)


def test_bundled_models_are_found_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in "sky", "leaf":
        write(folder / f"{name}.safetensors", header(make_spec(name=name)))
    (folder / "card.md").touch()
    monkeypatch.setattr(spec_module.resources, "files", lambda _: tmp_path)

    assert list(bundled_models()) == ["leaf", "sky"]
    assert find_model("sky") == folder / "sky.safetensors"
    assert find_model(folder / "leaf.safetensors") == folder / "leaf.safetensors"
    with pytest.raises(ModelFormatError, match=r"'lea'.*leaf, sky"):
        find_model("lea")


def test_every_model_that_comes_along_can_be_described() -> None:
    assert all(read_spec(path).name for path in bundled_models().values())


def test_descriptions_cost_no_torch() -> None:
    source = str(Path(spec_module.__file__).parents[1])
    command = "import imageseg.spec, sys; print('torch' in sys.modules)"
    paths = os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])

    result = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", command],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": paths},
    )

    assert result.stdout.strip() == "False"
