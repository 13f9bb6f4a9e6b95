"""A simulated annotator paints, sees what is predicted, and corrects.

    python tests/benchmarks/annotator/run.py DATA --out FILE.jsonl \
        --tools ours forest unet --sets wbc_yellow --seeds 0 1 2
    python tests/benchmarks/annotator/report.py FILE.jsonl … --figure docs/images/x.png

First one simulated minute of strokes on two training images, then five rounds:
another training image is opened and predicted, four strokes are painted on its
largest mistakes, and the tool learns again. After each, the test images are predicted
and scored. FILE is added to; `--tools convpaint` needs an environment with
napari-convpaint 1.2.0.
`--trial` scores training images that nobody paints on, for choosing between ways.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from painter import Effort, correct, draw_strokes, strokes_for
from sets import FIRST, BenchmarkSet, Pair, Predict
from tools import TOOLS

HUMAN_SECONDS = 60.0
ROUNDS, CORRECTIONS = 5, 4


@dataclass(frozen=True, slots=True)
class Record:
    """What one tool reached after one round.

    Attributes
    ----------
    human_s
        Seconds of the person since the beginning.
    fit_s, look_s, machine_s
        Processor seconds: of learning, of predicting the image to be corrected, and
        of both since the beginning. Other work on the machine does not inflate them.
    predict_s_per_mp
        Processor seconds that a million pixels of the scored images take.
    dice
        Mean over images of the mean over classes but the first that the mask or the
        prediction holds.
    bias_pp, mae_pp
        Predicted minus true share of the image, in percentage points: the mean over
        images of each class, and the mean of its size.
    """

    set: str
    tool: str
    seed: int
    round: int
    human_s: float
    fit_s: float
    look_s: float
    machine_s: float
    predict_s_per_mp: float
    dice: float
    bias_pp: list[float]
    mae_pp: float


def session(data: BenchmarkSet, tool: str, seed: int) -> Iterator[Record]:
    """Paint and correct with one tool; yield what it reaches after each round."""
    scored, fitted = data.scored(), TOOLS[tool](data.classes, seed)
    each = strokes_for(HUMAN_SECONDS, FIRST, data.classes)
    opened = data.painted(seed, FIRST + ROUNDS)
    painted: list[Pair] = []
    effort, machine, look = Effort(), 0.0, 0.0
    predict: Predict | None = None
    for number, (image, mask) in enumerate(opened):
        if predict is None:
            marks, spent = draw_strokes(mask, data.classes, each, 1000 * seed + number)
        else:
            began = time.process_time()
            seen = predict(image)
            look = time.process_time() - began
            salt = 1000 * seed + 100 + number - FIRST + 1
            marks, spent = correct(mask, seen, CORRECTIONS, salt)
        effort += spent
        if marks.any():
            painted.append((image, marks))
        if number < FIRST - 1:
            continue
        began = time.process_time()
        predict = fitted.fit([i for i, _ in painted], [m for _, m in painted])
        fit = time.process_time() - began
        machine += look + fit
        yield Record(
            set=data.name,
            tool=tool,
            seed=seed,
            round=number - FIRST + 1,
            human_s=effort.seconds,
            fit_s=fit,
            look_s=look,
            machine_s=machine,
            **score(predict, scored, data.classes),
        )


def score(predict: Predict, pairs: Sequence[Pair], classes: int) -> dict[str, float]:
    """Predict images and compare them with their masks."""
    dices, errors, pixels = [], [], 0
    numbers = np.arange(classes)[:, None, None]
    spent = 0.0
    for image, mask in pairs:
        began = time.process_time()
        found = predict(image)
        spent += time.process_time() - began
        pixels += mask.size
        ours, theirs = found == numbers, mask == numbers
        both = (ours & theirs).sum((1, 2))[1:]
        sizes = ours.sum((1, 2))[1:] + theirs.sum((1, 2))[1:]
        dices.append(np.where(sizes > 0, 2 * both / np.maximum(sizes, 1), np.nan))
        shares = ours.mean((1, 2)) - theirs.mean((1, 2))
        errors.append(100 * shares[1:])
    kept = [np.nanmean(own) for own in dices if not np.isnan(own).all()]
    return {
        "predict_s_per_mp": 1e6 * spent / pixels,
        "dice": float(np.mean(kept)),
        "bias_pp": np.mean(errors, axis=0).round(3).tolist(),
        "mae_pp": float(np.abs(errors).mean()),
    }


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tools", nargs="+", required=True, choices=TOOLS)
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--trial", action="store_true")
    chosen = parser.parse_args()
    for name in chosen.sets:
        data = BenchmarkSet(chosen.data / name, trial=chosen.trial)
        for seed in chosen.seeds:
            for tool in chosen.tools:
                for record in session(data, tool, seed):
                    with chosen.out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(record)) + "\n")
                    print(
                        f"{name} {tool} seed {seed} round {record.round}: "
                        f"Dice {record.dice:.3f}, {record.machine_s:.1f} s",
                        flush=True,
                    )


if __name__ == "__main__":
    _main()
