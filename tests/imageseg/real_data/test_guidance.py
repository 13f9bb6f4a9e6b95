"""On photographs, squares that are asked for first hold the larger errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from imageseg import load_model, predict, read_samples
from imageseg.guidance import rank_regions
from imageseg.settings import PredictSettings


def test_the_expected_effect_follows_the_true_one(real_data: Path) -> None:
    folder = real_data / "canopy_sky"
    model = load_model("canopy")
    settings = PredictSettings(device="cpu", precision="fp32")
    expected, true = [], []
    masks = folder / "masks"
    for sample in read_samples(folder / "images", model.spec.scheme, masks=masks):
        prediction = predict(model, sample.image, settings)
        sky, found = sample.labels == 2, prediction.labels == 2
        for r in rank_regions(prediction, side=32, most=1000):
            square = np.s_[r.y0 : r.y1, r.x0 : r.x1]
            expected.append(r.effect)
            true.append(abs(int(sky[square].sum()) - int(found[square].sum())))

    assert len(true) == 8 * 64
    assert spearmanr(expected, true).statistic > 0.7
