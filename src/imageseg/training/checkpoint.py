"""The state of an unfinished training in one file, to go on from after a crash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from imageseg.errors import ModelFormatError
from imageseg.files import atomic_path
from imageseg.training.identity import check_identity
from imageseg.training.sample import AnySample
from imageseg.training.state import State

_KEY = "imageseg_checkpoint"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file that always holds the last finished epoch, whole.

    Attributes
    ----------
    path
        Where; the file is replaced in one move.
    identity
        Settings, network and data: what must be the same to go on.
    """

    path: Path
    identity: dict[str, Any]

    def write(self, state: State) -> str:
        """Write a state; return what went wrong, or nothing.

        The old file stands if the new one cannot be written.
        """
        values = {"identity": self.identity, "state": state.values}
        tensors = {k: v.detach().cpu().contiguous() for k, v in state.tensors.items()}
        try:
            with atomic_path(self.path) as temporary:
                save_file(tensors, temporary, metadata={_KEY: json.dumps(values)})
        except (OSError, SafetensorError) as error:
            return (
                f"{self.path} could not be written ({error}). Training goes on; after "
                "a crash it can be resumed from an earlier epoch."
            )
        return ""

    def read(self) -> State | None:
        """Return the state of the last finished epoch; None if there is none.

        Raises
        ------
        ModelFormatError
            The file is no checkpoint, or damaged.
        ModelMismatchError
            It is of another training.
        """
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, "pt") as file:
                values = json.loads((file.metadata() or {})[_KEY])
            tensors = load_file(self.path)
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ModelFormatError(
                f"{self.path} is no checkpoint of a training, or it is damaged. Remove "
                "it and train from the beginning."
            ) from error
        check_identity(self.path, "training", values["identity"], self.identity)
        return State(tensors, values["state"])


def data_digest(samples: Sequence[AnySample]) -> str:
    """Return the first 12 digits of a SHA-256 that stands for the data."""
    sha = hashlib.sha256()
    for sample in samples:
        sha.update(f"{sample.digest()} {sample.group}".encode())
    return sha.hexdigest()[:12]
