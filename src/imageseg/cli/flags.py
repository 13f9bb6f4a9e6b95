"""Flags made from the settings classes, and options that verbs share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from imageseg.settings import Checked, SettingField, setting_fields

S = TypeVar("S", bound=Checked)

CODINGS = ("auto", "binary", "ids", "labels")


def add_settings(
    parser: argparse.ArgumentParser, cls: type[Checked], title: str
) -> None:
    """Add one flag for every field of a settings class."""
    group = parser.add_argument_group(title)
    for field in setting_fields(cls):
        _add_flag(group, field)


def settings_from(options: argparse.Namespace, cls: type[S]) -> S:
    """Build the settings from parsed flags.

    Raises
    ------
    SettingsError
        A value is out of range.
    """
    return cls(**{f.name: getattr(options, f.name) for f in setting_fields(cls)})


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the flags of annotated data: images, masks, coding, classes."""
    group = parser.add_argument_group("data")
    group.add_argument(
        "--images", type=Path, nargs="+", required=True, help="image files or folders"
    )
    group.add_argument(
        "--masks",
        type=Path,
        nargs="+",
        required=True,
        help="mask files or folders, paired by name (1.jpg with 1.png or 1_mask.png)",
    )
    group.add_argument(
        "--coding",
        choices=CODINGS,
        default="auto",
        help="how mask values mean classes: binary (128 and above is class 2), ids "
        "(0 is class 1), labels (0 is not annotated, 1 is class 1)",
    )


def add_output_format(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON, nothing else"
    )


def _add_flag(group: argparse._ArgumentGroup, field: SettingField) -> None:
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
