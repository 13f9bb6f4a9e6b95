"""What a check of a data set found, and what it proposes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from imageseg.datasets.pairing import Pairing
from imageseg.masks import MaskCoding

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning", "remark"]
"""Error: it cannot be read, or would be read wrongly. Warning: probably a mistake.
Remark: good to know."""

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "remark")
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What a program can do about one mask.

    Attributes
    ----------
    coding
        Read it so.
    orientation
        Turn it as an EXIF orientation says, 1 to 8.
    shape
        Bring it to this size by nearest neighbour.
    """

    coding: MaskCoding | None = None
    orientation: int = 1
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One oddity.

    Attributes
    ----------
    severity
        How bad it is.
    kind
        Short name: findings of one kind are summed up together.
    path
        The file, or None if it is the whole set.
    what
        What was seen.
    advice
        What to do.
    repair
        The same for a program, where it is mechanical.
    """

    severity: Severity
    kind: str
    path: Path | None
    what: str
    advice: str
    repair: Repair | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Report:
    """What is odd in a data set.

    Attributes
    ----------
    pairing
        What was checked.
    coding
        The coding that fits the set, if any does.
    n_classes
        How many classes it has.
    names
        Of the classes, if they are known.
    findings
        The worst first.
    pixels, masks
        (n_classes + 1,) pixels of each label, and masks that hold it; 0 is not
        annotated.
    """

    pairing: Pairing
    coding: MaskCoding | None
    n_classes: int
    findings: tuple[Finding, ...]
    pixels: NDArray[np.int64]
    masks: NDArray[np.int64]
    names: Sequence[str] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether the set can be used as it is."""
        return bool(self.pairing.pairs) and not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What stops it from being used."""
        return tuple(f for f in self.findings if f.severity == "error")

    def table(self) -> pd.DataFrame:
        """Return one row a finding."""
        import pandas as pd  # noqa: PLC0415  heavy

        columns = ["severity", "kind", "file", "what", "advice"]
        rows = [
            (f.severity, f.kind, str(f.path or ""), f.what, f.advice)
            for f in self.findings
        ]
        return pd.DataFrame(rows, columns=columns)

    def classes(self) -> pd.DataFrame:
        """Return one row a label: pixels, share of all, masks that hold it."""
        import pandas as pd  # noqa: PLC0415  heavy

        return pd.DataFrame(
            {
                "label": range(self.n_classes + 1),
                "class": [self._name(k) for k in range(self.n_classes + 1)],
                "pixels": self.pixels,
                "share": self.pixels / max(int(self.pixels.sum()), 1),
                "masks": self.masks,
            }
        )

    def summary(self) -> str:
        """Return the findings for people, those of one kind together."""
        ordered = sorted(self.findings, key=lambda f: (_rank(f), f.kind, f.advice))
        groups = groupby(ordered, key=lambda f: (f.severity, f.kind, f.advice))
        pairs = len(self.pairing.pairs)
        head = (
            f"{pairs} {'pair' if pairs == 1 else 'pairs'}, {_classes(self.n_classes)}"
        )
        coding = "no coding fits" if self.coding is None else f"coding {self.coding}"
        lines = [f"{head}, {coding}: {'sound' if self.ok else 'not usable as it is'}."]
        for (severity, kind, advice), found in groups:
            lines += [f"{severity}: {kind}", *_lines(list(found)), f"    → {advice}"]
        return "\n".join(lines)

    def _name(self, label: int) -> str:
        if label == 0:
            return "(not annotated)"
        return self.names[label - 1] if label <= len(self.names) else f"class {label}"


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return errors, warnings and remarks in this order."""
    return tuple(sorted(findings, key=_rank))


def _classes(n: int) -> str:
    return "1 class" if n == 1 else f"{n} classes"


def _rank(finding: Finding) -> int:
    return _SEVERITIES.index(finding.severity)


def _lines(findings: list[Finding]) -> list[str]:
    lines = [
        f"    {finding.path}: {finding.what}" if finding.path else f"    {finding.what}"
        for finding in findings[:_SHOWN]
    ]
    more = len(findings) - _SHOWN
    return [*lines, f"    and {more} more like this"] if more > 0 else lines
