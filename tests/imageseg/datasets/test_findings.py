"""Findings are told in words and as tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from imageseg.datasets import Finding, Pair, Pairing, Report
from imageseg.datasets.findings import worst_first
from imageseg.masks import MaskCoding


def finding(
    severity: str = "remark", name: str | None = "1.png", kind: str = "odd"
) -> Finding:
    return Finding(
        severity=severity,  # type: ignore[arg-type]
        kind=kind,
        path=None if name is None else Path(name),
        what="it is odd",
        advice="Look at it.",
    )


def report(*findings: Finding) -> Report:
    return Report(
        pairing=Pairing(pairs=(Pair(Path("1.jpg"), (Path("1.png"),)),)),
        coding=MaskCoding.parse("ids"),
        n_classes=2,
        findings=findings,
        pixels=np.array([10, 60, 30]),
        masks=np.array([1, 1, 1]),
        names=("soil",),
    )


def test_the_worst_comes_first() -> None:
    found = [finding("remark"), finding("error"), finding("warning"), finding("error")]

    assert [f.severity for f in worst_first(found)] == [
        *("error", "error", "warning", "remark")
    ]


def test_only_errors_stop_a_set() -> None:
    assert report(finding("warning"), finding("remark")).ok
    assert not report(finding("error")).ok
    assert report(finding("error"), finding()).errors == (finding("error"),)


def test_findings_of_one_kind_are_told_together() -> None:
    many = [finding("warning", f"{k}.png") for k in range(5)]

    text = report(*many, finding("remark", None, "other")).summary()

    assert text.splitlines() == [
        "1 pair, 2 classes, coding ids: sound.",
        "warning: odd",
        *(f"    {k}.png: it is odd" for k in range(3)),
        "    and 2 more like this",
        "    → Look at it.",
        "remark: other",
        "    it is odd",
        "    → Look at it.",
    ]


def test_tables_have_a_row_a_finding_and_a_row_a_class() -> None:
    found = report(finding(), finding("error", None))

    assert found.table().to_dict("list") == {
        "severity": ["remark", "error"],
        "kind": ["odd", "odd"],
        "file": ["1.png", ""],
        "what": ["it is odd"] * 2,
        "advice": ["Look at it."] * 2,
    }
    classes = found.classes()
    assert classes["class"].tolist() == ["(not annotated)", "soil", "class 2"]
    assert classes["share"].tolist() == [0.1, 0.6, 0.3]
