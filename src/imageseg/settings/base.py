"""What a setting is, and how its value is checked."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from imageseg.errors import SettingsError

_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What people and forms need to know about one field.

    Attributes
    ----------
    label
        Short name beside the control.
    help
        One sentence: tooltip and ``--help``.
    minimum, maximum
        Bounds, both allowed; None is unbounded.
    step
        What one press of an arrow changes.
    unit
        Written after the value.
    advanced
        Hidden until the user asks for more.
    pattern
        What a text must match, as a regular expression; empty takes any.
    """

    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    advanced: bool = False
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field of a settings class, resolved for a form or a command line."""

    name: str
    kind: type
    choices: tuple[str, ...]
    default: Any
    setting: Setting


class Checked:
    """Base of the settings classes: values are checked when they are made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for field in setting_fields(type(self)):
            check_value(field, getattr(self, field.name))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]


def setting_fields(cls: type) -> list[SettingField]:
    """Return the fields of a settings class in order of declaration."""
    hints = get_type_hints(cls, include_extras=True)
    result = []
    for field in fields(cls):
        kind, setting = get_args(hints[field.name])
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        kind = str if choices else kind
        result.append(SettingField(field.name, kind, choices, field.default, setting))
    return result


def check_value(field: SettingField, value: object) -> None:
    """Refuse what the field cannot have.

    Raises
    ------
    SettingsError
        The value is of another type, out of range, or none of the choices.
    """
    if field.choices:
        if value not in field.choices:
            raise SettingsError(field.name, value, f"one of {', '.join(field.choices)}")
        return
    wanted: tuple[type, ...] = (int, float) if field.kind is float else (field.kind,)
    stray_bool = isinstance(value, bool) and field.kind is not bool
    if not isinstance(value, wanted) or stray_bool:
        raise SettingsError(field.name, value, f"of type {field.kind.__name__}")
    if isinstance(value, str):
        _check_text(field, value)
        return
    low, high = field.setting.minimum, field.setting.maximum
    high_enough = low is None or value >= low  # type: ignore[operator]
    low_enough = high is None or value <= high  # type: ignore[operator]
    if not (high_enough and low_enough):  # so written, it catches nan
        raise SettingsError(field.name, value, f"{low} to {high}")


def value_of_text(field: SettingField, text: str) -> bool | int | float | str:
    """Read a value as people write it.

    Raises
    ------
    SettingsError
        The text is no value of the field's type.
    """
    if field.kind is bool:
        if text.lower() not in _TRUTHS:
            raise SettingsError(field.name, text, "yes or no")
        return _TRUTHS[text.lower()]
    try:
        value: bool | float | str = field.kind(text)
    except ValueError as error:
        expected = f"of type {field.kind.__name__}"
        raise SettingsError(field.name, text, expected) from error
    return value


def _check_text(field: SettingField, value: str) -> None:
    pattern = field.setting.pattern
    if pattern and re.fullmatch(pattern, value) is None:
        raise SettingsError(field.name, value, f"as in: {field.setting.help}")
