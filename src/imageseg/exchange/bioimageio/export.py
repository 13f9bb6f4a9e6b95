"""Write a model as a bioimage.io package."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from imageseg.card import NOT_STATED, ModelCard, model_card
from imageseg.errors import ModelError, SettingsError
from imageseg.exchange.bioimageio.describe import describe, smallest_sides
from imageseg.exchange.onnx.export import to_onnx
from imageseg.figures import draw_overlay
from imageseg.files import atomic_path
from imageseg.images import to_unit_range, with_neighbours
from imageseg.model import SegmentationModel, class_probabilities
from imageseg.samples import SAMPLES

_COVER = 256
_VALIDATION = """
## Validation

Annotate images that the model has not seen and run
`imageseg evaluate --model model.safetensors`, which gives Dice, IoU, precision and
recall of every class and the error of its densities. Do not use the model where these
are worse than your question allows.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageOptions:
    """What a package must tell and a model may not.

    Attributes
    ----------
    authors
        Names; the model's own without.
    licence
        SPDX identifier, as MIT or CC-BY-4.0; the model's own without.
    citations
        Texts with a DOI or an address; added to the model's own.
    """

    authors: tuple[str, ...] = ()
    licence: str = ""
    citations: tuple[str, ...] = ()


def export_package(
    model: SegmentationModel, path: Path | str, options: PackageOptions | None = None
) -> Path:
    """Write a model as a bioimage.io package (zip), atomically.

    It holds the weights as ONNX and as a model file of ours, test images, a cover
    and the model card.

    Raises
    ------
    ModelError
        A package this needs is not installed, or the network is of another kind.
    SettingsError
        Authors or the licence are stated nowhere.
    OSError
        The folder cannot be written.
    """
    path = Path(path)
    if path.suffix != ".zip":
        path = path.with_name(path.name + ".zip")
    card = _complete(model_card(model.spec), options or PackageOptions())
    files = _files(model, card)
    sums = {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    description = describe(model.spec, card, sums, model.digest())
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr("rdf.yaml", _yaml(description), zipfile.ZIP_DEFLATED)
        for name, content in files.items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return path


def _complete(card: ModelCard, options: PackageOptions) -> ModelCard:
    licence = options.licence or card.licence
    if licence == NOT_STATED:
        raise SettingsError("licence", "", "an SPDX identifier, as MIT or CC-BY-4.0")
    authors = options.authors or card.authors
    if not authors:
        raise SettingsError("authors", authors, "one name or more, as of --author")
    citations = (*card.citations, *options.citations)
    return replace(card, licence=licence, authors=authors, citations=citations)


def _files(model: SegmentationModel, card: ModelCard) -> dict[str, bytes]:
    images = sample_images(model)
    values = np.stack([to_unit_range(i, model.spec.normalisation) for i in images])
    network = model.network
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    with torch.no_grad():
        logits = network(torch.from_numpy(values).to(device))
    network.train(was_training)
    probabilities = class_probabilities(logits).cpu().numpy()
    return {
        "README.md": (card.markdown() + _VALIDATION).encode(),
        "cover.png": _cover(model, images[0], probabilities[0]),
        "test-input.npy": _npy(images),
        "test-output.npy": _npy(probabilities),
        "weights.onnx": to_onnx(model).SerializeToString(),
        "model.safetensors": _saved(model),
    }


def sample_images(model: SegmentationModel) -> NDArray[Any]:
    """Return one generated image (1, C, Y, X) or volume (1, C, Z, Y, X) to try.

    It is uint8, or float32 for models that measure each image.
    """
    sides = smallest_sides(model.spec)
    kind = {1: "microscopy", 3: "canopy"}.get(model.spec.channels, "microscopy")
    name = "stack" if len(sides) == 3 else kind
    image = SAMPLES[name](sides).image
    if image.ndim == len(sides):
        image = np.repeat(image[..., np.newaxis], model.spec.channels, axis=-1)
    if model.spec.neighbours:
        image = with_neighbours(image, model.spec.neighbours)
    image = np.moveaxis(to_unit_range(image, "percentile"), -1, 0)[np.newaxis]
    if model.spec.normalisation == "range":
        return np.round(image * 255).astype(np.uint8)
    return np.ascontiguousarray(image, np.float32)


def _cover(
    model: SegmentationModel, image: NDArray[Any], probabilities: NDArray[np.float32]
) -> bytes:
    """Draw image and classes side by side, twice as wide as high."""
    labels = (probabilities.argmax(0) + 1).astype(np.uint8)
    image = np.moveaxis(image, 0, -1)
    while labels.ndim > 2:
        image, labels = image[len(image) // 2], labels[len(labels) // 2]
    left, right = (
        draw_overlay(image, labels, model.spec.scheme, opacity=opacity)
        for opacity in (0.0, 0.6)
    )
    both = Image.fromarray(np.hstack([left, right]))
    both = both.resize((2 * _COVER, _COVER), Image.Resampling.BICUBIC)
    buffer = BytesIO()
    both.save(buffer, "PNG")
    return buffer.getvalue()


def _npy(array: NDArray[Any]) -> bytes:
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _saved(model: SegmentationModel) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return model.save(Path(folder) / "model").read_bytes()


def _yaml(description: dict[str, Any]) -> str:
    try:
        import yaml  # noqa: PLC0415  optional
    except ImportError as error:
        raise ModelError(
            "bioimage.io packages need PyYAML, which is not installed. Install it "
            'with: pip install "napari-imageseg[bioimageio]"'
        ) from error
    return str(yaml.safe_dump(description, sort_keys=False, allow_unicode=True))
