"""One thing that a search varies: some values, or a range of numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from imageseg.errors import SettingsError
from imageseg.settings.base import SettingField, check_value, value_of_text

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

Value = bool | int | float | str

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?::(log|{_NUMBER}))?")
HOW = "values as in loss=ce,dice, or a range as in rate=1e-4..1e-2:log or blocks=2..5:1"


@dataclass(frozen=True, slots=True)
class Values:
    """Some values of a setting."""

    name: str
    values: tuple[Value, ...]

    def listed(self) -> tuple[Value, ...]:
        """Return all values."""
        return self.values

    def distribution(self) -> BaseDistribution:
        """Return what Optuna draws from."""
        from optuna.distributions import CategoricalDistribution  # noqa: PLC0415

        return CategoricalDistribution(self.values)

    def draw(self, trial: optuna.Trial) -> Value:
        """Let Optuna choose a value."""
        value = trial.suggest_categorical(self.name, self.values)
        return cast("Value", value)

    def __str__(self) -> str:
        texts = [str(value) for value in self.values]
        return f"{self.name}={('|' if ',' in ''.join(texts) else ',').join(texts)}"


@dataclass(frozen=True, slots=True)
class Range:
    """All numbers between two, both included.

    Attributes
    ----------
    log
        Draw their logarithms evenly.
    step
        Draw multiples of it above `low`; None for any number, or any whole one.
    """

    name: str
    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int)

    def listed(self) -> tuple[Value, ...] | None:
        """Return all values; None if there are too many to list."""
        step = self.step or (1 if self.whole and not self.log else None)
        if step is None:
            return None
        count = int((self.high - self.low) / step + 1e-9) + 1
        numbers = (self.low + i * step for i in range(count))
        return tuple(n if self.whole else round(n, 12) for n in numbers)

    def distribution(self) -> BaseDistribution:
        """Return what Optuna draws from."""
        from optuna.distributions import (  # noqa: PLC0415  optional
            FloatDistribution,
            IntDistribution,
        )

        if not self.whole:
            return FloatDistribution(self.low, self.high, log=self.log, step=self.step)
        return IntDistribution(*self._whole(), log=self.log, step=int(self.step or 1))

    def draw(self, trial: optuna.Trial) -> Value:
        """Let Optuna choose a number."""
        if not self.whole:
            return trial.suggest_float(
                self.name, self.low, self.high, log=self.log, step=self.step
            )
        step = int(self.step or 1)
        return trial.suggest_int(self.name, *self._whole(), log=self.log, step=step)

    def _whole(self) -> tuple[int, int]:
        return int(self.low), int(self.high)

    def __str__(self) -> str:
        how = ":log" if self.log else f":{self.step}" if self.step else ""
        return f"{self.name}={self.low}..{self.high}{how}"


Dimension = Values | Range


def parse_dimension(text: str, fields: Sequence[SettingField]) -> Dimension:
    """Read ``NAME=A,B,C``, ``NAME=LOW..HIGH``, ``…:log`` or ``…:STEP``.

    Parameters
    ----------
    text
        Values that hold commas themselves are parted by ``|``.
    fields
        What has this name: one setting, or the arguments of several networks.

    Raises
    ------
    SettingsError
        The text is neither, or a value is none that the setting can have.
    """
    name, _, rest = text.partition("=")
    found = _RANGE.fullmatch(rest.strip())
    if found:
        return _range(name, found, fields)
    texts = [t.strip() for t in rest.split("|" if "|" in rest else ",")]
    values = tuple(dict.fromkeys(_typed(t, name, fields) for t in texts))
    return Values(name, values)


def _range(
    name: str, found: re.Match[str], fields: Sequence[SettingField]
) -> Dimension:
    low, high = (_typed(found[i], name, fields) for i in (1, 2))
    if isinstance(low, (bool, str)) or isinstance(high, (bool, str)):
        raise SettingsError(name, found[0], "values parted by commas: it has no range")
    log = found[3] == "log"
    step = None if log or not found[3] else _step(found[3], low, name)
    if not low < high or (log and low <= 0) or (step is not None and step <= 0):
        raise SettingsError(
            name, found[0], "a range from low to high, from above 0 for log"
        )
    return Range(name, low, high, log, step)


def _step(text: str, low: float, name: str) -> float:
    step = float(text)
    if not isinstance(low, int):
        return step
    if not step.is_integer():
        raise SettingsError(name, text, "a whole step: it has whole numbers only")
    return int(step)


def _typed(text: str, name: str, fields: Sequence[SettingField]) -> Value:
    """Return the value that every one of the settings takes."""
    if not text:
        raise SettingsError("what varies", name, HOW)
    value: Value = value_of_text(fields[0], text)
    for field in fields:
        check_value(field, value)
    return value
