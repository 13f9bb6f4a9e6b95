"""The coding of a set is judged from all its masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imageseg.datasets.survey import judge
from imageseg.masks import Census, MaskCoding

AUTO = MaskCoding()


def masks(*codes: tuple[int, ...]) -> dict[Path, Census]:
    return {
        Path(f"{i}.tif"): Census.of(np.repeat(np.array(found, np.int32), 50)[None])
        for i, found in enumerate(codes)
    }


def test_what_few_masks_hold_does_not_change_the_coding_of_all() -> None:
    found = masks(*[(0, 1, 2)] * 20, (0, 1, 255))

    verdict = judge(found, 3, AUTO)

    assert str(verdict.coding) == "ids"
    (stray,) = verdict.findings
    assert (stray.kind, stray.path) == ("stray values", Path("20.tif"))
    assert "it may be meant as ids,void=255" in stray.advice


def test_what_many_hold_does() -> None:
    verdict = judge(masks(*[(0, 1, 2)] * 10, *[(0, 1, 255)] * 10), 3, AUTO)

    assert str(verdict.coding) == "ids,void=255"
    assert [f.severity for f in verdict.findings] == ["error"]


def test_a_mask_may_have_a_coding_of_its_own() -> None:
    verdict = judge(masks(*[(0, 1)] * 11, (0, 255)), 2, AUTO)

    assert str(verdict.coding_of(Path("0.tif"))) == "ids"
    assert str(verdict.coding_of(Path("11.tif"))) == "binary"


@pytest.mark.parametrize(
    ("text", "codes", "n_classes"),
    [
        ("ids", (0, 1, 4), 5),
        ("labels", (0, 1, 4), 4),
        ("ids,void=9", (0, 1, 9), 2),
        ("binary", (0, 255), 2),
        ("0,7,9", (0, 7), 3),
    ],
)
def test_a_named_coding_tells_how_many_classes_there_are(
    text: str, codes: tuple[int, ...], n_classes: int
) -> None:
    verdict = judge(masks(codes), None, MaskCoding.parse(text))

    assert verdict.n_classes == n_classes
    assert verdict.findings == ()


def test_a_named_coding_that_does_not_fit_is_told_for_each_mask() -> None:
    verdict = judge(masks((0, 128, 255), (0, 64)), 3, MaskCoding.parse("0,128,255"))

    (stray,) = verdict.findings
    assert stray.path == Path("1.tif")
    assert "it holds 64" in stray.what


def test_without_masks_there_is_nothing_to_judge() -> None:
    verdict = judge({}, 2, AUTO)

    assert (verdict.n_classes, verdict.findings) == (2, ())


def test_ids_of_which_each_is_rare_are_no_strays_among_black_and_white() -> None:
    verdict = judge(masks(*[(0, k, 255) for k in range(1, 21)]), None, AUTO)

    assert (str(verdict.coding), verdict.n_classes) == ("ids,void=255", 21)
    assert [f.severity for f in verdict.findings] == ["error"]


def test_a_mask_of_ids_among_black_and_white_is_an_error() -> None:
    verdict = judge(masks(*[(0, 255)] * 20, (0, 15, 255)), 2, AUTO)

    assert str(verdict.coding) == "binary"
    (stray,) = verdict.findings
    assert (stray.severity, stray.path) == ("error", Path("20.tif"))
    assert "other values than black and white: 15" in stray.what


@pytest.mark.parametrize("n_classes", [2, None])
@pytest.mark.parametrize(
    ("usual", "odd", "coding", "own"),
    [((0, 1), (1, 2), "ids", "labels"), ((1, 2), (0, 1), "labels", "ids")],
    ids=["from 1 among 0", "from 0 among 1"],
)
def test_masks_that_count_from_another_number_are_repaired(
    usual: tuple[int, ...],
    odd: tuple[int, ...],
    coding: str,
    own: str,
    n_classes: int | None,
) -> None:
    verdict = judge(masks(*[usual] * 11, odd), n_classes, AUTO)

    assert (str(verdict.coding), verdict.n_classes) == (coding, 2)
    (shifted,) = (f for f in verdict.findings if f.severity == "error")
    assert (shifted.kind, shifted.path) == ("shifted ids", Path("11.tif"))
    assert str(verdict.coding_of(Path("11.tif"))) == own


def test_a_mask_without_the_first_class_is_not_shifted() -> None:
    verdict = judge(masks(*[(0, 1, 2)] * 11, (1, 2)), None, AUTO)

    assert str(verdict.coding) == "ids"
    assert verdict.findings == ()
