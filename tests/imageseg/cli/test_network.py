"""Every argument of every network is a flag of training."""

from __future__ import annotations

import argparse

import pytest

from imageseg.architectures import ARCHITECTURES
from imageseg.cli.network import add_network, network_from
from imageseg.errors import SettingsError
from imageseg.settings import SettingField, setting_fields


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser()
    add_network(result, "network")
    return result


def parsed(*arguments: str) -> object:
    options = parser().parse_args(arguments)
    return network_from(options, options.network)


def other(field: SettingField) -> object:
    """Return a value that is allowed and not the default."""
    if field.choices:
        return next(c for c in field.choices if c != field.default)
    if field.kind is bool:
        return not field.default
    low, high = field.setting.minimum, field.setting.maximum
    return field.kind(low if field.default != low else high)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_without_flags_a_network_has_its_own_defaults(name: str) -> None:
    assert parsed("--network", name) == ARCHITECTURES[name].settings()


def test_without_a_name_it_is_the_u_net_of_imageseg() -> None:
    assert parsed("--filters", "8") == ARCHITECTURES["unet"].settings(filters=8)


@pytest.mark.parametrize(
    ("name", "field"),
    [(n, f) for n, e in ARCHITECTURES.items() for f in setting_fields(e.settings)],
    ids=lambda value: getattr(value, "name", value),
)
def test_every_argument_can_be_set(name: str, field: SettingField) -> None:
    value = other(field)
    flag = "--" + field.name.replace("_", "-")
    if isinstance(value, bool):
        flags = [flag if value else flag.replace("--", "--no-")]
    else:
        flags = [f"{flag}={value}"]

    settings = parsed("--network", name, *flags)
    assert settings == ARCHITECTURES[name].settings(**{field.name: value})


def test_the_arguments_of_other_networks_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"--attention.*classic has no such"):
        parsed("--network", "classic", "--attention")


def test_help_names_defaults_and_networks() -> None:
    text = " ".join(parser().format_help().split())

    assert "first level. (default: 16) (64: resnet, classic, vanilla" in text
    assert "Convolutions in a block. (default: 2) [unet]" in text
    assert all(f"{name}: {entry.help}" in text for name, entry in ARCHITECTURES.items())
