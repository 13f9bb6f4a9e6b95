"""Write the model file that shows what this version saves, and what it predicts.

Run once for every version of the file format, before its release, as in
``python scripts/make_model_fixture.py v1``; what is there is never written again. The
stored probabilities are computed in double precision by SciPy and NumPy alone. Files
name their network and its arguments; the graphs that those meant are stored, too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import correlate
from scipy.special import expit

from imageseg.architectures import ARCHITECTURES, write_graph
from imageseg.classes import CANOPY
from imageseg.model import SegmentationModel, new_model

FOLDER = Path(__file__).parents[1] / "tests" / "data" / "models"
ARGUMENTS = {"filters": 2, "blocks": 1, "layers_per_block": 2}

Array = NDArray[np.float64]


def main(version: str) -> None:
    """Write ``<version>_unet.safetensors`` and ``.npz``, ``<version>_graphs.json``."""
    write_model(version)
    write_graphs(version)


def write_graphs(version: str) -> None:
    """Write the graph of every architecture that is not written down yet."""
    path = FOLDER / f"{version}_graphs.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for name, entry in ARCHITECTURES.items():
        arguments = entry.settings().to_dict()
        graph = write_graph(name, 3, 1, arguments).to_dict()
        known.setdefault(name, {"arguments": arguments, "graph": graph})
    path.write_text(json.dumps(known, separators=(",", ":")) + "\n", "utf-8")
    print(path, ", ".join(known))


def write_model(version: str) -> None:
    """Write a file, an image and its probabilities."""
    if (FOLDER / f"{version}_unet.safetensors").exists():
        return
    torch.manual_seed(11)
    model = new_model(CANOPY, channels=3, arguments=ARGUMENTS, name="fixture")
    for name, tensor in model.network.state_dict().items():
        if name.endswith("running_mean"):
            tensor.normal_(0.0, 0.3)
        elif name.endswith("running_var"):
            tensor.uniform_(0.3, 2.0)
    model.network.eval()
    image = np.random.default_rng(11).integers(0, 256, (12, 14, 3), dtype=np.uint8)
    path = model.save(FOLDER / f"{version}_unet")
    np.savez(
        path.with_suffix(".npz"),
        image=image,
        sky=reference(model, image),
        digest=model.digest(),
    )
    print(path, model.digest())


def reference(model: SegmentationModel, image: NDArray[np.uint8]) -> Array:
    """Compute the probability of class 2 layer by layer, from the stored weights."""
    network: Any = model.network
    weights = {k: v.numpy().astype(np.float64) for k, v in network.state_dict().items()}
    values: dict[str, Array] = {"input": np.moveaxis(image / 255, -1, 0)}
    for node in network.graph.nodes[1:]:
        own = {
            k.removeprefix(f"layers.{node.name}."): v
            for k, v in weights.items()
            if k.startswith(f"layers.{node.name}.")
        }
        given = [values[name] for name in node.inputs]
        result = COMPUTE[node.op](own, given)
        if node.arguments.get("activation") == "relu":
            result = np.maximum(result, 0)
        values[node.name] = result
    logits: Array = values[network.graph.outputs[0]]
    return np.asarray(expit(logits[0]))


def conv(own: dict[str, Array], given: list[Array]) -> Array:
    """Correlate with zeros around, as large as before."""
    maps = [
        sum(
            correlate(x, k, "same", "direct")
            for x, k in zip(given[0], kernel, strict=True)
        )
        for kernel in own["weight"]
    ]
    return np.stack(maps) + own["bias"][:, np.newaxis, np.newaxis]


def conv_transpose(own: dict[str, Array], given: list[Array]) -> Array:
    """Spread every pixel over the kernel's pixels; stride and kernel are equal."""
    parts = np.einsum("cyx,cdij->dyixj", given[0], own["weight"])
    maps, rows, i, columns, j = parts.shape
    joined = parts.reshape(maps, rows * i, columns * j)
    return np.asarray(joined + own["bias"][:, np.newaxis, np.newaxis])


def batch_norm(own: dict[str, Array], given: list[Array]) -> Array:
    """Normalise by the running mean and variance; Keras' epsilon is 0.001."""
    gain = own["weight"] / np.sqrt(own["running_var"] + 1e-3)
    offset = own["bias"] - own["running_mean"] * gain
    return np.asarray(given[0] * gain[:, None, None] + offset[:, None, None])


def max_pool(_own: dict[str, Array], given: list[Array]) -> Array:
    """Take the largest of each 2 × 2 pixels."""
    maps, rows, columns = given[0].shape
    blocks = given[0].reshape(maps, rows // 2, 2, columns // 2, 2)
    return np.asarray(blocks.max((2, 4)))


COMPUTE: dict[str, Callable[[dict[str, Array], list[Array]], Array]] = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "batch_norm": batch_norm,
    "max_pool": max_pool,
    "activation": lambda _own, given: np.maximum(given[0], 0),
    "concat": lambda _own, given: np.concatenate(given),
    "dropout": lambda _own, given: given[0],
}


if __name__ == "__main__":
    main(sys.argv[1])
