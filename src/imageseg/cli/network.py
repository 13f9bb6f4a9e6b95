"""Flags that choose a network and shape it."""

from __future__ import annotations

import argparse
from dataclasses import replace

from imageseg.architectures import ARCHITECTURES
from imageseg.cli.flags import add_flag
from imageseg.errors import SettingsError
from imageseg.settings import Checked, SettingField, setting_fields


def add_network(parser: argparse.ArgumentParser, title: str) -> None:
    """Add ``--network`` and one flag for every argument that any network takes."""
    group = parser.add_argument_group(title)
    group.add_argument(
        "--network",
        choices=ARCHITECTURES,
        default="unet",
        metavar="NAME",
        help="; ".join(
            f"{name}: {entry.help}" for name, entry in ARCHITECTURES.items()
        ),
    )
    add_arguments(group)


def add_arguments(group: argparse._ArgumentGroup) -> None:
    """Add one flag for every argument that any network takes."""
    for owners in _fields().values():
        first = next(iter(owners.values()))
        text = f"{first.setting.help} {_defaults(owners)}"
        setting = replace(first.setting, help=text)
        add_flag(group, replace(first, default=None, setting=setting))


def network_from(options: argparse.Namespace, name: str) -> Checked:
    """Build the settings of a network from the flags that were given.

    Raises
    ------
    SettingsError
        A flag is not one of this network's, or its value is out of range.
    """
    given = given_arguments(options)
    settings = ARCHITECTURES[name].settings
    known = {field.name for field in setting_fields(settings)}
    for field, value in given.items():
        if field not in known:
            flag = "--" + field.replace("_", "-")
            raise SettingsError(flag, value, f"left out: {name} has no such argument")
    return settings(**given)


def given_arguments(options: argparse.Namespace) -> dict[str, bool | int | float | str]:
    """Return the arguments of networks that were given, by name."""
    values = {name: getattr(options, name) for name in _fields()}
    return {name: value for name, value in values.items() if value is not None}


def _fields() -> dict[str, dict[str, SettingField]]:
    """Return every argument's field in each network that takes it."""
    found: dict[str, dict[str, SettingField]] = {}
    for name, entry in ARCHITECTURES.items():
        for field in setting_fields(entry.settings):
            found.setdefault(field.name, {})[name] = field
    return found


def _defaults(owners: dict[str, SettingField]) -> str:
    """Write down which networks take an argument and what it is without a flag."""
    groups: dict[object, list[str]] = {}
    for name, field in owners.items():
        groups.setdefault(field.default, []).append(name)
    (usual, _), *others = groups.items()
    text = "" if usual is False else f"(default: {usual})"
    for default, names in others:
        text += f" ({default}: {', '.join(names)})"
    if len(owners) < len(ARCHITECTURES):
        text += f" [{', '.join(owners)}]"
    return text.strip()
