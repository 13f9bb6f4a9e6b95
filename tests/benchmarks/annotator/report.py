"""Tables and a figure of what the simulated annotator reached.

    python tests/benchmarks/annotator/report.py FILE.jsonl … [--figure FILE.png]

Medians over seeds, with the least and the most; a tool's times are processor seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

Records = list[dict[str, Any]]
_NAMES = {
    "ours": "ours, first answer",
    "ours+network": "ours, 30 s later",
    "forest": "scikit-image forest",
    "convpaint": "convpaint gaussian",
    "unet": "plain U-Net",
}
_COLOURS = dict(
    zip(_NAMES, ("#0072b2", "#56b4e9", "#d55e00", "#009e73", "#777777"), strict=True)
)  # Okabe & Ito: told apart by the colour-blind


def read(paths: list[Path]) -> Records:
    """Read records; of the same round, the last counts."""
    found = {}
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            record = json.loads(line)
            key = tuple(record[k] for k in ("set", "tool", "seed", "round"))
            found[key] = record
    return list(found.values())


def grouped(records: Records) -> Iterator[tuple[str, str, dict[int, Records]]]:
    """Yield set, tool and records by round."""
    groups: dict[tuple[str, str], dict[int, Records]] = {}
    for r in records:
        key = r["set"], r["tool"]
        groups.setdefault(key, defaultdict(list))[r["round"]].append(r)
    order = list(_NAMES)
    for (name, tool), rounds in sorted(
        groups.items(), key=lambda item: (item[0][0], order.index(item[0][1]))
    ):
        yield name, tool, dict(sorted(rounds.items()))


def spread(records: Records, key: str, digits: int) -> str:
    """Return ``median (least..most)``, or the number where there is one."""
    values = [r[key] for r in records]
    text = f"{statistics.median(values):.{digits}f}"
    if len(values) == 1:
        return text
    return f"{text} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def table(records: Records, key: str, digits: int) -> str:
    """Return a Markdown table of one measure, round by round."""
    last = max(r["round"] for r in records)
    rounds = range(last + 1)
    lines = [
        "| set | tool | seeds | " + " | ".join(f"r{n}" for n in rounds) + " |",
        "|---" * (4 + last) + "|",
    ]
    for name, tool, own in grouped(records):
        cells = [spread(own[n], key, digits) if n in own else "" for n in rounds]
        row = [name, _NAMES[tool], str(len(own[0])), *cells]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def times(records: Records) -> str:
    """Return a Markdown table of seconds: of the person, and of the machine."""
    lines = [
        "| set | tool | person, s | first fit, s | last fit, s | s/MP | all, s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, tool, own in grouped(records):
        first, last = own[0], own[max(own)]
        every = [r for part in own.values() for r in part]
        cells = [
            f"{_median(last, 'human_s'):.0f}",
            f"{_median(first, 'fit_s'):.1f}",
            f"{_median(last, 'fit_s'):.1f}",
            f"{_median(every, 'predict_s_per_mp'):.1f}",
            f"{_median(last, 'machine_s'):.0f}",
        ]
        lines.append("| " + " | ".join([name, _NAMES[tool], *cells]) + " |")
    return "\n".join(lines) + "\n"


def _median(records: Records, key: str) -> float:
    return float(statistics.median(r[key] for r in records))


def figure(records: Records, file: Path) -> None:
    """Draw Dice and density error over the person's seconds, set by set."""
    mpl.use("Agg")
    sets = sorted({r["set"] for r in records})
    shape = {"figsize": (3.1 * len(sets), 5.6), "squeeze": False, "sharex": True}
    canvas, axes = plt.subplots(2, len(sets), **shape)
    for name, tool, own in grouped(records):
        for key, axis in zip(
            ("dice", "mae_pp"), axes[:, sets.index(name)], strict=True
        ):
            _line(axis, tool, own, key)
    for column, name in enumerate(sets):
        axes[0][column].set_title(name)
        axes[1][column].set_xlabel("seconds of the person")
    axes[0][0].set_ylabel("foreground Dice")
    axes[1][0].set_ylabel("density error, pp")
    drawn: dict[str, Any] = {}
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_ylim(bottom=0 if axis in axes[1] else None)
        drawn |= dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    names = [name for name in _NAMES.values() if name in drawn]
    handles = [drawn[name] for name in names]
    canvas.legend(handles, names, loc="lower center", ncols=len(names), frameon=False)
    canvas.tight_layout(rect=(0, 0.05, 1, 1))
    canvas.savefig(file, dpi=110)
    plt.close(canvas)


def _line(axis: Axes, tool: str, rounds: dict[int, Records], key: str) -> None:
    seconds = [_median(own, "human_s") for own in rounds.values()]
    values = [[r[key] for r in own] for own in rounds.values()]
    style = {"color": _COLOURS[tool], "label": _NAMES[tool]}
    middle = [statistics.median(own) for own in values]
    axis.plot(seconds, middle, marker="o", markersize=3, **style)
    least, most = [min(own) for own in values], [max(own) for own in values]
    axis.fill_between(
        seconds, least, most, color=_COLOURS[tool], alpha=0.12, linewidth=0
    )


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--figure", type=Path)
    chosen = parser.parse_args()
    records = read(chosen.files)
    print(table(records, "dice", 3))
    print(table(records, "mae_pp", 1))
    print(times(records))
    if chosen.figure:
        figure(records, chosen.figure)


if __name__ == "__main__":
    _main()
