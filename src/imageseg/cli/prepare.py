"""``imageseg prepare``: images and masks cropped, resized, tiled."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.classes import MAX_CLASSES
from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.check import add_check, parse_classes, run_check
from imageseg.cli.console import (
    complain,
    count,
    failure,
    print_table,
    say,
    show_progress,
)
from imageseg.cli.flags import add_output_format, add_settings, settings_from
from imageseg.errors import ImageReadError, SettingsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imageseg.masks import Labels
    from imageseg.preparation import Source

_SHOWN = ["source", "output", "size", "crop", "new_size", "tiles"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from imageseg.preparation import PrepareSettings  # noqa: PLC0415  heavy

    parser.add_argument("paths", type=Path, nargs="*", help="image files or folders")
    _add_pairs(parser)
    parser.add_argument(
        "--out", type=Path, help="folder to write to; with masks to images/ and masks/"
    )
    parser.add_argument(
        "--outline",
        type=Path,
        metavar="FILE",
        help="labelme file with one shape: all images are cropped to it",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, help="files at a time; 0 takes every CPU"
    )
    add_output_format(parser)
    add_settings(parser, PrepareSettings, "preparation")
    add_check(parser)
    parser.set_defaults(run=run)


def _add_pairs(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("images with masks")
    group.add_argument("--images", type=Path, nargs="+", help="image files or folders")
    group.add_argument(
        "--masks",
        type=Path,
        nargs="+",
        default=[],
        help="mask files or folders, paired by name (1.jpg with 1.png or 1_mask.png)",
    )


def run(options: argparse.Namespace) -> int:
    """Check the data, or prepare it, and report."""
    _check_inputs(options)
    if options.check or options.repair:
        return run_check(options)
    return _prepare(options)


def _check_inputs(options: argparse.Namespace) -> None:
    if bool(options.paths) == bool(options.images):
        raise SettingsError("images", None, "given either alone or after --images")
    if options.paths and options.masks:
        raise SettingsError("--masks", None, "given together with --images")


def _prepare(options: argparse.Namespace) -> int:
    from imageseg.preparation import PrepareSettings, prepare_task  # noqa: PLC0415

    if options.out is None:
        raise SettingsError("--out", None, "a folder to write to")
    sources = _alone(options) if options.paths else _paired(options)
    if not sources:
        first = (options.paths or options.images)[0]
        raise ImageReadError(first, "there are no images to prepare in it.")
    task = prepare_task(
        sources,
        settings_from(options, PrepareSettings),
        options.out,
        labels=_labels(options, sources),
        region=_outline(options.outline),
        jobs=options.jobs,
    )
    table = show_progress(task, quiet=options.json)
    print_table(table if options.json else table[_SHOWN], as_json=options.json)
    named = table[["source", "remark", "error"]].itertuples(index=False)
    complain([failure(source, e or r) for source, r, e in named if e or r])
    failed = int((table["error"] != "").sum())
    say(f"{count(len(table) - failed, 'image')} done; in {options.out}")
    return SOME_FAILED if failed else DONE


def _alone(options: argparse.Namespace) -> list[Source]:
    from imageseg.images import find_images  # noqa: PLC0415  heavy
    from imageseg.preparation import list_sources, without_results  # noqa: PLC0415

    found = without_results(find_images(options.paths), options.paths, options.out)
    return list_sources(found, options.paths)


def _paired(options: argparse.Namespace) -> list[Source]:
    from imageseg.datasets import find_samples  # noqa: PLC0415  heavy
    from imageseg.preparation import list_sources, without_results  # noqa: PLC0415

    pairing = find_samples(options.images, options.masks)
    complain(pairing.messages())
    masks = {pair.image: pair.masks for pair in pairing.pairs}
    found = without_results(list(masks), options.images, options.out)
    return list_sources(found, options.images, masks)


def _labels(
    options: argparse.Namespace, sources: Sequence[Source]
) -> Sequence[Labels] | None:
    """Return what masks mean if that is said; otherwise they keep their values."""
    if options.coding.kind == "auto" and not options.classes:
        return None
    from imageseg.masks import LabelReader  # noqa: PLC0415  heavy

    n_classes, names = parse_classes(options.classes)
    masks = [source.masks for source in sources]
    return LabelReader(
        masks, n_classes or MAX_CLASSES, coding=options.coding, names=names
    )


def _outline(path: Path | None) -> NDArray[np.float64] | None:
    """Read the one shape that images are cropped to."""
    if path is None:
        return None
    from imageseg.masks import read_labelme  # noqa: PLC0415  heavy

    outlines = read_labelme(path).outlines
    if len(outlines) != 1:
        raise ImageReadError(path, f"it holds {len(outlines)} shapes; leave one.")
    return outlines[0].vertices
