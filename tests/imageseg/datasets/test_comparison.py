"""What stands out among the pairs of a set is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imageseg.datasets import Pair
from imageseg.datasets.comparison import Facts, compared


def facts(contrasts: list[float], counts: tuple[int, ...] = (0, 80, 20)) -> list[Facts]:
    return [
        Facts(
            pair=Pair(Path(f"{i}.jpg"), (Path(f"{i}.png"),)),
            counts=np.pad(np.array(counts), (0, 256 - len(counts))),
            contrast=contrast,
            image=str(i).encode(),
            truth=b"",
        )
        for i, contrast in enumerate(contrasts)
    ]


@pytest.mark.parametrize(
    ("contrasts", "suspected"),
    [
        ([2.0] * 9 + [-2.0], ["9.png"]),
        ([-1.5] * 9 + [1.5], ["9.png"]),
        ([2.0] * 9 + [-0.5], []),
        ([2.0] * 7 + [-2.0] * 3, []),
        ([2.0] * 3 + [-2.0], []),
        ([2.0] * 9 + [float("nan")], []),
        ([0.0] * 10, []),
    ],
    ids=["dark", "bright", "slight", "mixed", "few", "unknown", "flat"],
)
def test_masks_against_the_brightness_of_the_others_are_suspected(
    contrasts: list[float], suspected: list[str]
) -> None:
    found = [f for f in compared(facts(contrasts), 2) if f.kind == "polarity"]

    assert [f.path.name for f in found if f.path] == suspected


def test_polarity_is_a_matter_of_two_classes() -> None:
    found = compared(facts([2.0] * 9 + [-2.0], (0, 50, 25, 25)), 3)

    assert found == []


def test_classes_in_no_mask_are_told() -> None:
    (found,) = compared(facts([1.0], (0, 50, 50)), 3)

    assert found.what == "class 3 is in no mask"


def test_nothing_stands_out_of_nothing() -> None:
    assert compared([], 2) == []
