"""What is measured and where, from the command line's flags."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseg.cli.console import complain
from imageseg.errors import ImageReadError, SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imageseg.batch import Extras, Regions
    from imageseg.density import Region
    from imageseg.geometry import Circle
    from imageseg.units import PixelSize

AUTO_BOX, AUTO_CIRCLE = "auto-box", "auto-circle"


def add_measures(parser: argparse.ArgumentParser) -> None:
    """Declare regions, units and what else is measured."""
    group = parser.add_argument_group("density")
    group.add_argument(
        "--region",
        default="whole",
        help="where: whole; circle, as large as the image; its diameter as a share of "
        "the shorter side (0.9); circle X,Y,RADIUS or WIDTHxHEIGHT+LEFT+TOP in pixels; "
        f"{AUTO_BOX} or {AUTO_CIRCLE}, found in each fisheye photograph; a mask or "
        "labelme file; or a folder of such files named like the images",
    )
    group.add_argument(
        "--plots",
        help="one row for each part of the region: grid COLUMNSxROWS; the names in a "
        "labelme file; the values of a label image; or a folder of such files",
    )
    group.add_argument(
        "--slices", action="store_true", help="a table of each slice of stacks too"
    )
    group.add_argument(
        "--overexposed",
        action="store_true",
        help="measure the share of pixels at the largest value in all channels too",
    )
    group.add_argument(
        "--by",
        help="groups of the summary: folder; a column, as region; or a regular "
        "expression in the file names, as plot[0-9]+",
    )
    _add_units(parser)
    _add_lens(parser)


def _add_units(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("units (without them those in the files)")
    group.add_argument("--pixel-size", type=float, help="side of a pixel")
    group.add_argument(
        "--slice-distance", type=float, help="distance of the slices of stacks"
    )
    group.add_argument("--unit", default="µm", help="of both")


def _add_lens(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("hemispherical photographs")
    group.add_argument(
        "--lens",
        choices=("equidistant", "equisolid", "orthographic", "stereographic"),
        help="projection of the lens; adds openness, leaf area index, clumping, and a "
        "table of gap fractions by ring and sector",
    )
    group.add_argument(
        "--field-of-view", type=float, default=180, help="of its circle, degrees"
    )
    group.add_argument(
        "--circle",
        default="auto",
        help="its circle as X,Y,RADIUS in pixels; auto finds it in each photograph",
    )
    group.add_argument("--rings", type=int, default=9, help="of zenith angles")
    group.add_argument("--sectors", type=int, default=8, help="of azimuths")


def extras_from(options: argparse.Namespace) -> Extras:
    """Return what else is measured.

    Raises
    ------
    SettingsError
        A value is out of range.
    """
    from imageseg.batch import Extras  # noqa: PLC0415  heavy
    from imageseg.density import Lens  # noqa: PLC0415

    lens = Lens(options.lens, options.field_of_view) if options.lens else None
    return Extras(
        pixel_size=_pixel_size(options),
        slices=options.slices,
        overexposed=options.overexposed,
        lens=lens,
        circle=_circle(options.circle) if lens else None,
        rings=options.rings,
        sectors=options.sectors,
    )


def regions_from(options: argparse.Namespace, paths: Sequence[Path]) -> Regions:
    """Return what finds the regions of an image: one, or the plots in it.

    Images that have no file of their own in a folder are named before the work.

    Raises
    ------
    SettingsError
        A region makes no sense.
    ImageReadError
        A file of a region cannot be read, or a folder holds none for any image.
    """
    from imageseg.density import WHOLE, Within  # noqa: PLC0415  heavy

    region = _region_finder(options.region, paths)
    if not options.plots:
        return lambda path, image: [region(path, image)]
    if options.lens:
        raise SettingsError("--plots", options.plots, "left out with --lens")
    plots = _plots_finder(options.plots, paths)

    def find(path: Path, image: NDArray[Any]) -> list[Region]:
        whole, parts = region(path, image), plots(path)
        return parts if whole == WHOLE else [Within(part, whole) for part in parts]

    return find


def _region_finder(
    text: str, paths: Sequence[Path]
) -> Callable[[Path, NDArray[Any]], Region]:
    from imageseg.density import Placed, parse_region, read_region  # noqa: PLC0415
    from imageseg.preparation import find_valid_box, fit_circle  # noqa: PLC0415

    if text == AUTO_BOX:
        return lambda _, image: Placed(find_valid_box(image))
    if text == AUTO_CIRCLE:
        return lambda _, image: Placed(fit_circle(image).circle)
    if Path(text).is_dir():
        partner = _partners(Path(text), paths)
        return lambda path, _: read_region(partner(path))
    same = parse_region(text)
    return lambda _path, _image: same


def _plots_finder(text: str, paths: Sequence[Path]) -> Callable[[Path], list[Region]]:
    from imageseg.density import parse_plots, read_plots  # noqa: PLC0415  heavy

    if Path(text).is_dir():
        partner = _partners(Path(text), paths)
        return lambda path: read_plots(partner(path))
    same = parse_plots(text)
    return lambda _: same


def _partners(folder: Path, paths: Sequence[Path]) -> Callable[[Path], Path]:
    """Return what finds the file in a folder that is named like an image."""
    from imageseg.datasets import pair_by_stem  # noqa: PLC0415  heavy

    pairing = pair_by_stem(paths, _region_files(folder), several="one")
    found = {image: file for image, (file,) in pairing.pairs}
    reasons = {
        path: f"several files in it fit {path.name}, or one fits several images."
        for path in pairing.ambiguous
    }

    def failure(path: Path) -> ImageReadError:
        missing = f"there is no file named {path.stem} in it, as the image is."
        return ImageReadError(folder, reasons.get(path, missing))

    def partner(path: Path) -> Path:
        if path not in found:
            raise failure(path)
        return found[path]

    lacking = [failure(path) for path in paths if path not in found]
    if lacking and not found:
        raise lacking[0]
    complain([str(error) for error in lacking])
    return partner


def _region_files(folder: Path) -> list[Path]:
    """List masks and outlines; a photograph beside its outlines is none."""
    from imageseg.images import is_image  # noqa: PLC0415  heavy

    files = [file for file in sorted(folder.iterdir()) if file.is_file()]
    outlined = {file.stem for file in files if file.suffix.lower() == ".json"}
    return [
        file
        for file in files
        if file.suffix.lower() == ".json"
        or (file.stem not in outlined and is_image(file))
    ]


def _pixel_size(options: argparse.Namespace) -> PixelSize | None:
    from imageseg.units import PixelSize  # noqa: PLC0415

    side, z = options.pixel_size, options.slice_distance
    if side is None and z is not None:
        raise SettingsError("--pixel-size", None, "given with --slice-distance")
    return None if side is None else PixelSize(side, side, z, options.unit)


def _circle(text: str) -> Circle | None:
    from imageseg.geometry import Circle  # noqa: PLC0415

    if text == "auto":
        return None
    try:
        x, y, radius = map(float, text.split(","))
    except ValueError as error:
        raise SettingsError("--circle", text, "auto or X,Y,RADIUS") from error
    return Circle(y, x, radius)
