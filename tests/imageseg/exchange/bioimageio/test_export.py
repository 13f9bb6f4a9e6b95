"""A package holds all it must, validates, and computes what the model computes."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import SettingsError
from imageseg.exchange.bioimageio import PackageOptions, export_package
from imageseg.exchange.bioimageio.describe import class_names, plain_name
from imageseg.model import SegmentationModel, new_model

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., SegmentationModel]

pytest.importorskip("onnx", reason="onnx is not installed")
yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

OPTIONS = PackageOptions(
    authors=("A. Person", "B. Person"),
    licence="CC-BY-4.0",
    citations=("Ronneberger 2015, doi:10.1007/978-3-319-24574-4_28", "A talk"),
)


def opened(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return yaml.safe_load(files.pop("rdf.yaml")), files


def test_a_package_names_every_file_with_its_sum(
    make_model: Make, tmp_path: Path
) -> None:
    path = export_package(make_model(), tmp_path / "tiny", OPTIONS)

    assert path == tmp_path / "tiny.zip"
    description, files = opened(path)
    (image,), (output,) = description["inputs"], description["outputs"]
    named = [
        *(description["documentation"], *description["covers"]),
        *(image["test_tensor"], output["test_tensor"]),
        *(description["weights"]["onnx"], *description["attachments"]),
    ]
    assert {entry["source"] for entry in named} == files.keys()
    for entry in named:
        content = files[entry["source"]]
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_package_tells_who_made_it(make_model: Make, tmp_path: Path) -> None:
    description, files = opened(export_package(make_model(), tmp_path / "m", OPTIONS))

    assert [a["name"] for a in description["authors"]] == ["A. Person", "B. Person"]
    assert description["license"] == "CC-BY-4.0"
    (citation,) = description["cite"]
    assert citation["doi"] == "10.1007/978-3-319-24574-4_28"
    readme = files["README.md"].decode()
    assert "A talk" in readme
    assert "## Validation" in readme
    with Image.open(BytesIO(files["cover.png"])) as cover:
        assert cover.size == (512, 256)
    assert len(files["cover.png"]) < 500_000


@pytest.mark.parametrize("normalisation", ["range", "percentile"])
def test_the_stored_test_is_what_onnx_runtime_computes(
    make_model: Make, tmp_path: Path, normalisation: str
) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="no ONNX Runtime here")
    model = make_model(classes=3, normalisation=normalisation)
    description, files = opened(export_package(model, tmp_path / "m", OPTIONS))
    image = np.load(BytesIO(files["test-input.npy"]))
    expected = np.load(BytesIO(files["test-output.npy"]))

    values = image.astype(np.float32)
    if normalisation == "range":  # by the description's own words
        assert image.dtype == np.uint8
        values /= 255
    else:
        low, high = np.percentile(values, [1, 99.8])
        values = np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
    session = runtime.InferenceSession(files["weights.onnx"])
    (result,) = session.run(None, {"image": values})

    np.testing.assert_allclose(result, expected, atol=1e-4)
    kinds = [step["id"] for step in description["inputs"][0]["preprocessing"]]
    assert kinds[-1] == "ensure_dtype"  # else values become whole numbers again
    _, _, y, x = description["inputs"][0]["axes"]
    for axis, side in (y, image.shape[2]), (x, image.shape[3]):
        assert axis["size"]["min"] == side
        assert axis["size"]["step"] == 4
    assert side > 2 * description["outputs"][0]["axes"][3]["halo"]


def test_a_volume_s_package_stays_small(tmp_path: Path) -> None:
    model = new_model(
        ClassScheme.from_names(["a", "b"]),
        channels=1,
        architecture="unet3d",
        arguments={"filters": 2},
    )

    _, files = opened(export_package(model, tmp_path / "m", OPTIONS))

    assert np.load(BytesIO(files["test-input.npy"])).ndim == 5
    assert len(files["test-output.npy"]) < 5_000_000
    assert model.network.training  # as it was


def test_authors_and_licence_must_be_stated(make_model: Make, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="licence"):
        export_package(make_model(), tmp_path / "m", replace(OPTIONS, licence=""))
    with pytest.raises(SettingsError, match="authors"):
        export_package(make_model(), tmp_path / "m", replace(OPTIONS, authors=()))

    assert not list(tmp_path.iterdir())


def test_what_the_model_states_is_enough(make_model: Make, tmp_path: Path) -> None:
    model = make_model()
    made = {"authors": ["C. Person"], "citations": ["https://a.org/b"]}
    spec = replace(model.spec, provenance=made, card="Licence: CC0-1.0.")
    model = SegmentationModel(model.network, spec)

    description, _ = opened(export_package(model, tmp_path / "m"))

    assert description["license"] == "CC0-1.0"
    assert description["authors"] == [{"name": "C. Person"}]
    assert description["cite"][0]["url"] == "https://a.org/b"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("canopy", "canopy"),
        ("../../etc/passwd", "etc passwd"),
        ("forêt", "for t"),
        ("☘", "imageseg model"),
        ("a" * 200, "a" * 64),
    ],
)
def test_names_become_what_bioimage_io_allows(name: str, plain: str) -> None:
    expected = plain if len(plain) >= 5 else f"imageseg {plain}"

    assert plain_name(name) == expected.strip()


def test_class_names_become_identifiers() -> None:
    scheme = ClassScheme.from_names(["leaf area", "leaf-area", "2", "été", "ok"])

    names = class_names(scheme)

    assert names == ["leaf_area", "class_2_leaf_area", "class_3_2", "t", "ok"]
    assert class_names(CANOPY) == ["canopy", "sky"]
    assert all(name.isidentifier() for name in names)


def test_bioimageio_s_own_library_accepts_it(make_model: Make, tmp_path: Path) -> None:
    core = pytest.importorskip(
        "bioimageio.core", reason="bioimageio.core is not installed"
    )
    path = export_package(make_model(), tmp_path / "m", OPTIONS)

    summary = core.test_model(path)

    assert summary.status == "passed", summary.format()


def test_neighbouring_slices_are_channels_named_by_where_they_lie(
    tmp_path: Path,
) -> None:
    model = new_model(
        ClassScheme.from_names(["a", "b"]),
        channels=2,
        neighbours=1,
        arguments={"filters": 2, "blocks": 1},
    )
    description, files = opened(export_package(model, tmp_path / "m", OPTIONS))

    ((_, channel, *_),) = [image["axes"] for image in description["inputs"]]
    assert channel["channel_names"] == [
        *("channel_1 of slice -1", "channel_2 of slice -1"),
        *("channel_1 of slice +0", "channel_2 of slice +0"),
        *("channel_1 of slice +1", "channel_2 of slice +1"),
    ]
    assert np.load(BytesIO(files["test-input.npy"])).shape[1] == 6
    assert "of 3 slices" in files["README.md"].decode()
