"""Every setting is a flag, with its default, its help and its bounds."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

import pytest

from imageseg.cli import build_parser
from imageseg.cli.flags import add_coding, add_data, add_settings, settings_from
from imageseg.errors import SettingsError
from imageseg.masks import MaskCoding
from imageseg.settings import (
    Checked,
    PredictSettings,
    TrainSettings,
    UNetSettings,
    setting_fields,
)

CLASSES = [PredictSettings, TrainSettings, UNetSettings]


def parsed(cls: type[Checked], *arguments: str) -> Checked:
    parser = argparse.ArgumentParser()
    add_settings(parser, cls, "settings")
    return settings_from(parser.parse_args(arguments), cls)


@pytest.mark.parametrize("cls", CLASSES)
def test_without_flags_settings_have_their_defaults(cls: type[Checked]) -> None:
    assert parsed(cls) == cls()


def other_value(cls: type[Checked], name: str) -> object:
    """Return a value that is allowed and not the default."""
    field = next(f for f in setting_fields(cls) if f.name == name)
    if field.choices:
        return next(c for c in field.choices if c != field.default)
    if field.kind is bool:
        return not field.default
    if field.kind is str:
        return "1,2"
    low, high = field.setting.minimum, field.setting.maximum
    return field.kind(low if field.default != low else high)


@pytest.mark.parametrize(
    ("cls", "name"),
    [(cls, f.name) for cls in CLASSES for f in fields(cls)],  # type: ignore[arg-type]
)
def test_every_field_can_be_set(cls: type[Checked], name: str) -> None:
    value = other_value(cls, name)
    flag = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        arguments = [flag if value else flag.replace("--", "--no-")]
    else:
        arguments = [flag, str(value)]

    settings = parsed(cls, *arguments)

    assert getattr(settings, name) == value
    others = {f.name for f in fields(cls)} - {name}  # type: ignore[arg-type]
    assert all(getattr(settings, o) == getattr(cls(), o) for o in others)


@pytest.mark.parametrize(
    ("verb", "classes"),
    [
        ("train", [TrainSettings, UNetSettings]),
        ("crossval", [TrainSettings, UNetSettings]),
        ("predict", [PredictSettings]),
        ("density", [PredictSettings]),
        ("evaluate", [PredictSettings]),
    ],
)
def test_verbs_show_every_setting_with_its_help(
    verb: str, classes: list[type[Checked]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        build_parser(verb).parse_args([verb, "--help"])

    text = "".join(capsys.readouterr().out.split())
    for cls in classes:
        for field in setting_fields(cls):
            assert "--" + field.name.replace("_", "-") in text
            assert "".join(field.setting.help.split()) in text
            if field.default is not False:
                assert f"(default:{field.default})" in text


def test_a_value_out_of_bounds_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="rate is 7") as raised:
        parsed(TrainSettings, "--rate", "7")

    assert raised.value.field == "rate"


def test_per_cents_in_a_help_do_not_disturb(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from imageseg.cli import flags  # noqa: PLC0415

    [first, *_] = setting_fields(PredictSettings)
    odd = replace(first, setting=replace(first.setting, help="Use 50 % of it."))
    monkeypatch.setattr(flags, "setting_fields", lambda _: [odd])
    parser = argparse.ArgumentParser()
    add_settings(parser, PredictSettings, "settings")

    assert "Use 50 % of it." in parser.format_help()


@pytest.mark.parametrize(
    "text", ["auto", "inverted", "ids,void=11", "0,128,255", "voc"]
)
def test_codings_are_understood_when_they_are_parsed(text: str) -> None:
    parser = argparse.ArgumentParser()
    add_coding(parser)

    assert parser.parse_args(["--coding", text]).coding == MaskCoding.parse(text)
    assert parser.parse_args([]).coding == MaskCoding()


def test_a_coding_that_is_none_is_refused_with_what_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = argparse.ArgumentParser()
    add_coding(parser)

    with pytest.raises(SystemExit):
        parser.parse_args(["--coding", "nonsense"])

    assert "mask coding is 'nonsense'; it must be auto, binary" in (
        capsys.readouterr().err
    )


def test_masks_need_not_be_named() -> None:
    parser = argparse.ArgumentParser()
    add_data(parser)

    options = parser.parse_args(["--images", "set"])

    assert (options.images, options.masks) == ([Path("set")], [])
