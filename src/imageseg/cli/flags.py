"""Flags made from the settings classes, and options that verbs share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from imageseg.errors import ImageReadError, SettingsError
from imageseg.settings import Checked, SettingField, setting_fields

if TYPE_CHECKING:
    from imageseg.images import ChannelChoice
    from imageseg.masks import MaskCoding
    from imageseg.spec import ModelSpec

S = TypeVar("S", bound=Checked)


def add_settings(
    parser: argparse.ArgumentParser, cls: type[Checked], title: str
) -> None:
    """Add one flag for every field of a settings class."""
    group = parser.add_argument_group(title)
    for field in setting_fields(cls):
        add_flag(group, field)


def settings_from(options: argparse.Namespace, cls: type[S]) -> S:
    """Build the settings from parsed flags.

    Raises
    ------
    SettingsError
        A value is out of range.
    """
    return cls(**{f.name: getattr(options, f.name) for f in setting_fields(cls)})


def add_paths(
    parser: argparse.ArgumentParser, what: str = "image files or folders"
) -> None:
    """Add the images that a verb works on: files and folders, and their names."""
    parser.add_argument("paths", type=Path, nargs="+", help=what)
    parser.add_argument(
        "--include", metavar="RE", help="only images whose name holds this expression"
    )
    parser.add_argument(
        "--exclude", metavar="RE", help="no images whose name holds this expression"
    )


def images_from(options: argparse.Namespace) -> list[Path]:
    """List the images that `add_paths` asked for.

    Raises
    ------
    ImageReadError
        There are none.
    """
    from imageseg.images import find_images  # noqa: PLC0415  heavy

    files = find_images(options.paths, options.include, options.exclude)
    if not files:
        raise ImageReadError(
            options.paths[0],
            "there are no images in it, or --include and --exclude leave none.",
        )
    return files


def add_data(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the flags of annotated data: images, masks, coding."""
    group = parser.add_argument_group("data")
    group.add_argument(
        "--images",
        type=Path,
        nargs="+",
        required=required,
        help="image files or folders; without --masks a folder with the folders images "
        "and masks in it or in the folder of each sample, a folder that holds both "
        "(1.jpg, 1_mask.png), or a CSV file with the columns images and masks",
    )
    group.add_argument(
        "--masks",
        type=Path,
        nargs="+",
        default=[],
        help="mask files or folders, paired by name (1.jpg with 1.png, 1_mask.png or "
        "1_mask_1.png and 1_mask_2.png, which are united)",
    )
    add_coding(group)


def add_groups(parser: argparse.ArgumentParser) -> None:
    """Add ``--groups``, which tells what is held out together."""
    parser.add_argument(
        "--groups",
        metavar="RE",
        default="",
        help="images whose names match in the parentheses are held out together: "
        "'^(plot[0-9]+)_'",
    )


def add_coding(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add ``--coding``, a `MaskCoding`."""
    parser.add_argument(
        "--coding",
        type=_coding,
        default="auto",
        help="how mask values mean classes: binary (128 and above is class 2), "
        "inverted (below 128 is class 2), ids (0 is class 1), labels (0 is not "
        "annotated, 1 is class 1), voc, dubai, the values or '#rrggbb' of the classes "
        "in order (0,128,255), or a JSON file of them; then void=VALUE for what is "
        "not annotated (ids,void=11), threshold=N, tolerance=N, strays=void",
    )


def _coding(text: str) -> MaskCoding:
    from imageseg.masks import MaskCoding  # noqa: PLC0415  only where masks are read

    try:
        return MaskCoding.parse(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_channels(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add ``--channels``, a `ChannelChoice`."""
    parser.add_argument(
        "--channels",
        type=_channels,
        metavar="LIST",
        help="which channels of the images the model sees, in its order: numbers from "
        "1 or names, as 3,1 or DAPI,GFP; grey makes colours grey; all. Without it "
        "those that the model knows by name, else all",
    )


def channels_from(
    options: argparse.Namespace, *specs: ModelSpec
) -> ChannelChoice | None:
    """Return the channels that are picked; None leaves them to the model.

    What a project has picked yields to a model that takes another number.

    Parameters
    ----------
    options
        Of `add_channels`.
    specs
        Of the models that will see them.

    Raises
    ------
    SettingsError
        A model takes another number.
    """
    picked: ChannelChoice | None = options.channels
    own: ChannelChoice | None = getattr(options, "own_channels", None)
    if picked is None:
        return own if all(_takes(spec, own) for spec in specs) else None
    for spec in specs:
        if not _takes(spec, picked):
            from imageseg.images import many_channels  # noqa: PLC0415  heavy

            wanted = f"{many_channels(spec.channels)}, as the model {spec.name} takes"
            raise SettingsError("--channels", str(picked), wanted)
    return picked


def _takes(spec: ModelSpec, choice: ChannelChoice | None) -> bool:
    """Say whether a model takes so many channels; of all, the images tell."""
    return choice is None or choice.count(spec.channels) == spec.channels


def _channels(text: str) -> ChannelChoice:
    from imageseg.images import ChannelChoice  # noqa: PLC0415  only where it is asked

    try:
        return ChannelChoice.parse(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_output_format(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON, nothing else"
    )


def add_flag(group: argparse._ArgumentGroup, field: SettingField) -> None:
    """Add the flag of one field of a settings class."""
    flag = "--" + field.name.replace("_", "-")
    if field.kind is bool:
        group.add_argument(
            flag,
            action=argparse.BooleanOptionalAction,
            default=field.default,
            help=_help(field),
        )
        return
    kind: Callable[[str], object] = field.kind
    group.add_argument(
        flag,
        type=kind,
        choices=field.choices or None,
        default=field.default,
        metavar=None if field.choices else field.kind.__name__.upper(),
        help=_help(field),
    )


def _help(field: SettingField) -> str:
    unit = f" ({field.setting.unit})" if field.setting.unit else ""
    return (field.setting.help + unit).replace("%", "%%")
