"""What a model file tells of its training."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from imageseg._version import __version__
from imageseg.augmentation import preset

if TYPE_CHECKING:
    from imageseg.training.run import Run
    from imageseg.training.validate import Validation


def provenance(run: Run) -> dict[str, Any]:
    """Return how the best model of a run came to be, for JSON."""
    best, settings = run.best, run.settings
    return {
        "software": f"napari-imageseg {__version__}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": settings.to_dict(),
        "augmentation": (run.augment or preset(settings.augmentation)).to_dict(),
        "images": sorted({plane.name for plane in run.split.training}),
        "held_out": run.held_out,
        "patch": list(run.patch),
        "epochs": len(run.history),
        "best_epoch": best.epoch,
        "scores": score_values(run, best.validation) if best.validation else {},
        "parent": _parent(run),
    }


def _parent(run: Run) -> dict[str, Any]:
    """Return the start model, or the encoder that a new model began with."""
    if run.start is None:
        return dict(run.model.spec.provenance.get("parent", {}))
    return {"name": run.start.spec.name, "digest": run.start.digest()}


def score_values(run: Run, scored: Validation) -> dict[str, Any]:
    """Return loss and Dice for JSON, which has no NaN."""
    names = run.model.spec.scheme.names
    values = scored.scores.dice.round(4).tolist()
    known = [None if math.isnan(value) else value for value in values]
    dice = dict(zip(names, known, strict=True))
    return {"loss": round(scored.loss, 5), "dice": dice}
