"""Values of JSON objects, each of the kind it has to be.

People edit descriptions, disks damage them, and newer programs write what this one
does not know. `Fields.get` gives the default for what is of another kind and notes it;
`Fields.need` refuses it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Self, TypeAlias, TypeVar

T = TypeVar("T")

Kind: TypeAlias = Callable[[object], T]
"""Returns a value as it has to be, or raises `MalformedError`."""

FAR = 1e15
"""Larger than any position or number of pixels; from here on sums lose digits."""
_SHOWN = 40  # letters of a value in a message
_LISTED = 5  # problems in a message


class MalformedError(ValueError):
    """A value is of another kind; carries what it had to be."""


class Fields:
    """An object of a description, field by field.

    Parameters
    ----------
    values
        The object.
    name
        Its own, as ``"view.images"``; empty for the description itself.
    problems
        Where it is noted what was replaced.
    """

    def __init__(
        self, values: Mapping[str, Any], name: str, problems: list[str]
    ) -> None:
        self.values = values
        self.name = name
        self.problems = problems

    def get(self, name: str, kind: Kind[T], default: T) -> T:
        """Return a field; its default if it is missing, or of another kind."""
        if name not in self.values:
            return default
        try:
            return kind(self.values[name])
        except MalformedError as error:
            self.problems.append(self._said(name, error))
            return default

    def need(self, name: str, kind: Kind[T]) -> T:
        """Return a field without which nothing goes.

        Raises
        ------
        MalformedError
            It is missing, or of another kind; the text names it.
        """
        if name not in self.values:
            raise MalformedError(f"{self._named(name)} is missing")
        try:
            return kind(self.values[name])
        except MalformedError as error:
            raise MalformedError(self._said(name, error)) from error

    def inner(self, name: str) -> Self:
        """Return an object in it; empty if it is missing, or none."""
        found: dict[str, Any] = self.get(name, anything_named, {})
        return type(self)(found, self._named(name), self.problems)

    def each(self, name: str) -> list[Self]:
        """Return the objects of a list in it; those that are none are left out."""
        found: list[Any] = self.get(name, anything_listed, [])
        return [
            type(self)(value, f"{self._named(name)}[{i}]", self.problems)
            for i, value in enumerate(found)
            if self._is_object(f"{name}[{i}]", value)
        ]

    def note(self, name: str, value: object, expected: str) -> None:
        """Note that a field is not as it has to be."""
        said = f"{self._named(name)} is {_short(value)} and must be {expected}"
        self.problems.append(said)

    def note_others(self, known: AbstractSet[str]) -> None:
        """Note fields that this version does not know, and will not write again."""
        if self.values.keys() <= known:
            return
        for name in sorted(self.values.keys() - known):
            self.problems.append(f"{self._named(name)} is not known")

    def _is_object(self, name: str, value: object) -> bool:
        if not isinstance(value, dict):
            self.note(name, value, "an object")
        return isinstance(value, dict)

    def _said(self, name: str, error: MalformedError) -> str:
        value = _short(self.values[name])
        return f"{self._named(name)} is {value} and must be {error}"

    def _named(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name else name


def problems_text(path: object, problems: Iterable[str]) -> str:
    """Say what of a file was replaced, for people."""
    told = list(problems)
    rest = len(told) - _LISTED
    listed = "; ".join(told[:_LISTED]) + (f"; and {rest} more" if rest > 0 else "")
    return (
        f"{path} is not as it has to be: {listed}. Defaults are used instead; what "
        "stands there is kept in the folder removed when the project is saved."
    )


def is_writable(value: str) -> bool:
    """Say whether a text is one in UTF-8: half of a pair of surrogates is not."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


# -- kinds --------------------------------------------------------------------


def anything_named(value: object) -> dict[str, Any]:
    """Take an object."""
    if not isinstance(value, dict):
        raise MalformedError("an object")
    return value


def anything_listed(value: object) -> list[Any]:
    """Take a list."""
    if not isinstance(value, list):
        raise MalformedError("a list")
    return value


def text(value: object) -> str:
    """Take a text that files and their names can hold."""
    if not isinstance(value, str) or "\0" in value or not is_writable(value):
        raise MalformedError("a text")
    return value


def truth(value: object) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise MalformedError("true or false")
    return value


def number(low: float = -FAR, high: float = FAR) -> Kind[float]:
    """Take a number between bounds, both allowed."""

    def kind(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise MalformedError("a number")
        if not low <= value <= high:  # so written, it catches nan
            raise MalformedError(f"a number from {low:g} to {high:g}")
        return float(value)

    return kind


def integer(low: int = 0, high: int = 1 << 63) -> Kind[int]:
    """Take a whole number between bounds, both allowed."""

    def kind(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise MalformedError("a whole number")
        if not low <= value <= high:
            raise MalformedError(f"a whole number from {low} to {high}")
        return value

    return kind


def one_of(*choices: T) -> Kind[T]:
    """Take one of some values."""

    def kind(value: object) -> T:
        for choice in choices:
            if type(value) is type(choice) and value == choice:
                return choice
        raise MalformedError(f"one of {', '.join(map(json.dumps, choices))}")

    return kind


def many(
    kind: Kind[T], most: float = math.inf, *, least: int = 0
) -> Kind[tuple[T, ...]]:
    """Take a list of so many values of a kind."""

    def listed(value: object) -> tuple[T, ...]:
        values = anything_listed(value)
        try:
            found = tuple(map(kind, values))
        except MalformedError as error:
            raise MalformedError(f"a list, each {error}") from error
        if not least <= len(found) <= most:
            raise MalformedError(f"a list of {least} to {most}")
        return found

    return listed


def named(kind: Kind[T]) -> Kind[dict[str, T]]:
    """Take an object whose values are of a kind."""

    def each(value: object) -> dict[str, T]:
        values = anything_named(value)
        try:
            return {text(k): kind(v) for k, v in values.items()}
        except MalformedError as error:
            raise MalformedError(f"an object, each value {error}") from error

    return each


def optional(kind: Kind[T]) -> Kind[T | None]:
    """Take a value of a kind, or null."""
    return lambda value: None if value is None else kind(value)


def like_last(kind: Kind[T]) -> Kind[T]:
    """Take values of a kind; what is like the one before is read only once."""
    last: tuple[object, T] | None = None

    def found(value: object) -> T:
        nonlocal last
        known = last  # another thread may read meanwhile
        if known is None or known[0] != value:
            known = last = (value, kind(value))
        return known[1]

    return found


def _short(value: object) -> str:
    told = json.dumps(value)
    return told if len(told) <= _SHOWN else f"{told[: _SHOWN - 1]}…"
