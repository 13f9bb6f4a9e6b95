"""A report is a folder of tables and figures, those of each model by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from imageseg.evaluation import compare_task, write_report
from imageseg.figures import FigureFiles
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings
from imageseg.tasks import drain
from imageseg.training import Sample

MakeModel = Callable[..., SegmentationModel]


def test_the_report_of_a_model_and_a_baseline(
    threshold_model: MakeModel, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    samples = [
        Sample(
            rng.integers(0, 256, (9, 9, 3), dtype=np.uint8),
            rng.integers(0, 3, (9, 9), dtype=np.uint8),
            name,
        )
        for name in "ab"
    ]
    models = {"v1.2": threshold_model(), "V1.2": threshold_model()}
    task = compare_task(
        models,
        samples,
        PredictSettings(device="cpu", precision="fp32"),
        baselines=["otsu"],
    )
    result = drain(task)

    files = write_report(result, FigureFiles(folder=tmp_path / "report"))

    assert all(file.is_file() for file in files)
    of_all = {"comparison.csv", "comparison.png", "scores.csv", "classes.csv"}
    assert {"otsu_agreement.png", "model_v1.2_curves.png"} | of_all <= {
        f.name for f in files
    }
    assert len({file.name.casefold() for file in files}) == len(files) == 15
    stored = pd.read_csv(tmp_path / "report" / "comparison.csv")
    np.testing.assert_allclose(stored["mean_dice"], result.table()["mean_dice"])
    assert len(pd.read_csv(tmp_path / "report" / "model_v1.2_curves.csv")) == 2002
    with Image.open(tmp_path / "report" / "comparison.png") as picture:
        assert picture.width > 300
