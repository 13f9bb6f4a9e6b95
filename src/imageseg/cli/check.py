"""``imageseg prepare --check``: what is odd in a data set, and how to mend it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.console import (
    complain,
    count,
    failure,
    print_table,
    print_values,
    say,
    show_progress,
)
from imageseg.cli.flags import add_coding
from imageseg.errors import SettingsError

if TYPE_CHECKING:
    from imageseg.datasets import Report


def add_check(parser: argparse.ArgumentParser) -> None:
    """Declare ``--check`` with what belongs to it, and ``--coding``."""
    group = parser.add_argument_group("check of images and masks")
    group.add_argument(
        "--check", action="store_true", help="say what is odd; write nothing"
    )
    group.add_argument(
        "--repair",
        type=Path,
        metavar="DIR",
        help="check, then write all masks as labels to this new folder, mended",
    )
    group.add_argument(
        "--classes",
        nargs="+",
        metavar="NAME",
        help="class names in order of their ids, or their number; found out without",
    )
    group.add_argument(
        "--findings", type=Path, metavar="CSV", help="file for the findings"
    )
    add_coding(group)


def run_check(options: argparse.Namespace) -> int:
    """Check the images and masks named; mend them if asked.

    Returns
    -------
    status
        0 if the set can be used as it is, or was mended; 1 if there are errors.
    """
    from imageseg.datasets import check_task, find_samples  # noqa: PLC0415  heavy

    as_json = bool(getattr(options, "json", False))
    images = getattr(options, "images", None) or getattr(options, "paths", [])
    n_classes, names = parse_classes(options.classes)
    pairing = find_samples(images, getattr(options, "masks", None) or [])
    task = check_task(pairing, n_classes, options.coding, names=names)
    report = show_progress(task, quiet=as_json)
    _show(report, as_json=as_json)
    if options.findings:
        from imageseg.tables import write_table  # noqa: PLC0415  heavy

        say(f"Findings in {write_table(options.findings, report.table())}")
    if options.repair:
        return _repair(report, options.repair, quiet=as_json)
    return DONE if report.ok else SOME_FAILED


def _repair(report: Report, out: Path, *, quiet: bool) -> int:
    from imageseg.datasets import repair_task  # noqa: PLC0415  heavy

    done = show_progress(repair_task(report, out), quiet=quiet)
    complain([failure(image, why) for image, why in done.left_out.items()])
    say(f"{count(len(done.written), 'mask')} in {out}; read them with --coding labels")
    return SOME_FAILED if done.left_out else DONE


def parse_classes(words: list[str] | None) -> tuple[int | None, tuple[str, ...]]:
    """Understand what ``--classes`` says: names, or one number.

    Returns
    -------
    n_classes, names
        None and nothing without the flag.

    Raises
    ------
    SettingsError
        It is one name, or less than two classes.
    """
    if not words:
        return None, ()
    if len(words) > 1:
        return len(words), tuple(words)
    if not words[0].isdecimal() or int(words[0]) < 2:
        raise SettingsError("--classes", words[0], "two names or more, or a number")
    return int(words[0]), ()


def _show(report: Report, *, as_json: bool) -> None:
    print_values(_values(report), as_json=as_json, text=report.summary())
    if not as_json:
        print()
        print_table(report.classes(), as_json=False)


def _values(report: Report) -> dict[str, object]:
    return {
        "ok": report.ok,
        "pairs": len(report.pairing.pairs),
        "classes": report.classes().to_dict("records"),
        "coding": None if report.coding is None else str(report.coding),
        "findings": report.table().to_dict("records"),
    }
