"""Our packages come back; foreign and harmful ones are refused with a reason."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from imageseg.errors import ModelFormatError
from imageseg.exchange import load_model
from imageseg.exchange.bioimageio import (
    PackageOptions,
    export_package,
    import_package,
    is_package,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel

    Make = Callable[..., SegmentationModel]

pytest.importorskip("onnx", reason="onnx is not installed")
yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")


@pytest.fixture
def path(make_model: Make, tmp_path: Path) -> Path:
    options = PackageOptions(authors=("A. Person",), licence="MIT")
    return export_package(make_model(), tmp_path / "m.zip", options)


def rewritten(path: Path, **changes: Any) -> Path:
    """Write the package again: other values in rdf.yaml, other or no files."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    description = yaml.safe_load(files["rdf.yaml"]) | changes.pop("description", {})
    files["rdf.yaml"] = yaml.safe_dump(description).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (files | changes.pop("files", {})).items():
            if content is not None:
                archive.writestr(name, content)
    return path


def test_a_package_comes_back_as_zip_folder_and_description(
    make_model: Make, path: Path, tmp_path: Path
) -> None:
    model = make_model()
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)

    for source in path, folder, folder / "rdf.yaml", str(path):
        back = load_model(source)

        assert back.digest() == model.digest()
        assert back.spec == model.spec


def test_the_onnx_file_is_enough(make_model: Make, path: Path) -> None:
    rewritten(path, description={"attachments": []}, files={"model.safetensors": None})

    assert load_model(path).digest() == make_model().digest()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("pytorch_state_dict", "pickled"),
        ("torchscript", "code and never run"),
        ("keras_hdf5", "unpack it and open the .h5 file"),
        ("onnx", "of another program"),
        ("safari", "unknown"),
    ],
)
def test_packages_of_others_are_described(path: Path, kind: str, reason: str) -> None:
    weights = {kind: {"source": "weights.bin"}}
    rewritten(path, description={"name": "hers", "config": {}, "weights": weights})

    with pytest.raises(ModelFormatError, match=rf"m\.zip holds 'hers'.*{reason}"):
        load_model(path)


@pytest.mark.parametrize(
    "source",
    ["../model.safetensors", "/etc/x.safetensors", "C:\\a.safetensors", "a\\..\\..\\b"],
)
def test_nothing_outside_is_read(path: Path, source: str, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"secret")
    attachments = [{"source": source.removesuffix(".safetensors") + ".safetensors"}]
    rewritten(path, description={"attachments": attachments})

    with pytest.raises(ModelFormatError, match="outside of it"):
        load_model(path)


def test_nothing_is_fetched(path: Path) -> None:
    attachments = [{"source": "https://example.org/model.safetensors"}]
    rewritten(path, description={"attachments": attachments})

    with pytest.raises(ModelFormatError, match="nothing is fetched"):
        load_model(path)


def test_links_out_of_a_folder_are_not_followed(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    secret = (folder / "model.safetensors").rename(tmp_path / "secret")
    (folder / "model.safetensors").symlink_to(secret)

    with pytest.raises(ModelFormatError, match="link to somewhere else"):
        load_model(folder)


def test_other_files_than_packed_are_noticed(path: Path) -> None:
    rewritten(path, files={"model.safetensors": b"other"})

    with pytest.raises(ModelFormatError, match="not the one it was packed with"):
        load_model(path)


def test_missing_files_are_named(path: Path) -> None:
    rewritten(path, files={"model.safetensors": None})

    with pytest.raises(ModelFormatError, match=r"'model\.safetensors' cannot be read"):
        load_model(path)


def test_damaged_models_inside_are_named(path: Path) -> None:
    attachments = [{"source": "model.safetensors"}]  # no sum to tell
    rewritten(
        path,
        description={"attachments": attachments},
        files={"model.safetensors": b"other"},
    )

    with pytest.raises(ModelFormatError, match=r"m\.zip.*'model\.safetensors'"):
        load_model(path)


def test_bombs_are_not_unpacked(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        description = archive.read("rdf.yaml")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rdf.yaml", description)
        archive.writestr("model.safetensors", bytes(50_000_000))

    with pytest.raises(ModelFormatError, match="would unpack to 50,000,000"):
        load_model(path)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a: [", "!!python/object/apply:os.system ['true']", "\xff", "[" * 5000],
    ids=["empty", "list", "broken", "code", "letters", "deep"],
)
def test_descriptions_of_another_kind_are_refused(path: Path, text: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rdf.yaml", text.encode("latin-1"))

    with pytest.raises(ModelFormatError, match=r"m\.zip"):
        load_model(path)


def test_what_is_no_model_is_named(path: Path) -> None:
    rewritten(path, description={"type": "dataset"})

    with pytest.raises(ModelFormatError, match="describes a dataset"):
        load_model(path)


def test_half_a_package_of_ours_is_named(path: Path) -> None:
    rewritten(path, description={"attachments": "x", "weights": None})

    with pytest.raises(ModelFormatError, match="neither its model file nor ONNX"):
        load_model(path)


def test_packages_cut_anywhere_are_named(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 25):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFormatError, match=r"m\.zip"):
            load_model(path)


def test_other_zips_and_folders_are_no_packages(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", b"")

    assert not is_package(path)
    assert not is_package(tmp_path)
    assert not is_package("canopy")
    with pytest.raises(ModelFormatError, match=r"has no rdf\.yaml"):
        import_package(path)


def test_a_missing_package_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(ModelFormatError, match=r"napari-imageseg\[bioimageio\]"):
        load_model(path)
