"""What a search varies, and what a combination of it means for a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from itertools import product
from math import prod
from typing import Any, TypeVar

from imageseg.architectures import ARCHITECTURES
from imageseg.augmentation import AugmentSettings, preset
from imageseg.errors import SettingsError
from imageseg.search.dimension import HOW, Dimension, Value, parse_dimension
from imageseg.settings import (
    Checked,
    Setting,
    SettingField,
    TrainSettings,
    setting_fields,
)

Point = Mapping[str, Value]
"""A combination: the value of everything that varies and matters in it."""

S = TypeVar("S", TrainSettings, AugmentSettings)

NETWORK = "network"
LEARNS_WITHOUT_EPOCHS = "forest"  # nor has it a held-out score
_MOST_POINTS = 10_000  # more are not listed
_SAME_FOR_ALL = {
    "seed": "repeats",
    "restarts": "repeats",
    "validation": "scores of other pixels cannot be compared",
    "test": "scores of other pixels cannot be compared",
    "device": "it decides no score",
    "deterministic": "it decides no score",
    "watch": "rank",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What is the same in every trial, as far as the space does not vary it.

    Attributes
    ----------
    training
        How to train.
    network
        Name of the architecture; without a start model.
    arguments
        Of the network, where it takes them; the others have their defaults.
    changes
        Random changes that differ from those of the preset.
    """

    training: TrainSettings = field(default_factory=TrainSettings)
    network: str = "unet"
    arguments: Mapping[str, Value] = field(default_factory=dict)
    changes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Configuration:
    """One training: all its settings."""

    training: TrainSettings
    network: Checked
    augment: AugmentSettings | None


@dataclass(frozen=True, slots=True)
class Space:
    """Everything that varies, each thing by its name.

    Attributes
    ----------
    dimensions
        Names are those of `TrainSettings`, of the arguments of networks, of
        `AugmentSettings`, and ``network``.
    base
        What does not vary.
    """

    dimensions: tuple[Dimension, ...]
    base: Base

    @classmethod
    def parse(cls, texts: Sequence[str], base: Base | None = None) -> Space:
        """Read what varies, as in ``["filters=8,16", "rate=1e-4..1e-2:log"]``.

        Raises
        ------
        SettingsError
            A name is unknown, given twice or to be left alone, or a value is out of
            range.
        """
        base = base or Base()
        found: dict[str, Dimension] = {}
        for text in sorted(texts, key=lambda text: not text.startswith(f"{NETWORK}=")):
            name, equals, _ = text.partition("=")
            if not equals or name in found:
                raise SettingsError("what varies", text, f"given once each, {HOW}")
            networks = found[NETWORK].listed() if NETWORK in found else None
            fields_ = _fields_of(name, networks or (base.network,))
            found[name] = parse_dimension(text, fields_)
        order = [text.partition("=")[0] for text in texts]
        found = {name: found[name] for name in order}
        if not found:
            raise SettingsError("what varies", "nothing", f"at least one of {HOW}")
        space = cls(tuple(found.values()), base)
        space._check_arguments()
        return space

    @property
    def names(self) -> tuple[str, ...]:
        """Of the dimensions."""
        return tuple(dimension.name for dimension in self.dimensions)

    @property
    def shapes_network(self) -> bool:
        """Whether the network varies, which a start model would forbid."""
        arguments = _arguments()
        return any(name == NETWORK or name in arguments for name in self.names)

    def relevant(self, point: Point) -> list[Dimension]:
        """Return the dimensions that matter, given the network of a point."""
        taken = _arguments_of(str(point.get(NETWORK, self.base.network)))
        arguments = _arguments()
        return [
            dimension
            for dimension in self.dimensions
            if dimension.name in taken or dimension.name not in arguments
        ]

    def draw(self, choose: Callable[[Dimension], Value]) -> Point:
        """Choose a value for everything that matters; the network comes first."""
        point: dict[str, Value] = {}
        for dimension in sorted(self.dimensions, key=lambda d: d.name != NETWORK):
            if dimension in self.relevant(point):
                point[dimension.name] = choose(dimension)
        return {d.name: point[d.name] for d in self.relevant(point)}

    def points(self) -> list[Point] | None:
        """Return every combination, each once; None if there are too many."""
        listed = [dimension.listed() for dimension in self.dimensions]
        known = [values for values in listed if values is not None]
        if len(known) < len(listed) or prod(map(len, known)) > _MOST_POINTS:
            return None
        return list(self._combined(known))

    def configure(self, point: Point, *, seed: int) -> Configuration:
        """Return the settings of one training.

        Raises
        ------
        SettingsError
            Values contradict each other.
        """
        name = str(point.get(NETWORK, self.base.network))
        taken = _arguments_of(name)
        given = {**self.base.arguments, **point}
        arguments: dict[str, Any] = {k: v for k, v in given.items() if k in taken}
        training = _changed(self.base.training, {**point, "seed": seed})
        changes = {**self.base.changes, **_of_class(AugmentSettings, point)}
        usual = preset(training.augmentation)
        return Configuration(
            training,
            ARCHITECTURES[name].settings(**arguments),
            _changed(usual, changes) if changes else None,
        )

    def to_texts(self) -> list[str]:
        """Return what `parse` reads."""
        return [str(dimension) for dimension in self.dimensions]

    def _combined(self, listed: Sequence[Sequence[Value]]) -> Iterator[Point]:
        seen = set()
        for values in product(*listed):
            whole = dict(zip(self.names, values, strict=True))
            point = {d.name: whole[d.name] for d in self.relevant(whole)}
            key = tuple(point.items())
            if key not in seen:
                seen.add(key)
                yield point

    def _check_arguments(self) -> None:
        """Refuse arguments that none of the networks in question takes."""
        varied = next((d for d in self.dimensions if d.name == NETWORK), None)
        networks = (varied.listed() or ()) if varied else (self.base.network,)
        taken = {name for network in networks for name in _arguments_of(str(network))}
        for name in self.names:
            if name in _arguments() and name not in taken:
                named = " or ".join(map(str, networks))
                raise SettingsError(name, "given", f"left out: {named} has none")


def _fields_of(name: str, networks: Sequence[Value]) -> list[SettingField]:
    """Return what has this name; of arguments, those of these networks if any has it.

    Raises
    ------
    SettingsError
        Nothing has, or it must be the same in all trials.
    """
    if name in _SAME_FOR_ALL:
        raise SettingsError(name, "varied", f"the same for all ({_SAME_FOR_ALL[name]})")
    known = _known_fields()
    if name not in known:
        raise SettingsError("what varies", name, f"one of {', '.join(sorted(known))}")
    owners = [_arguments_of(str(network)).get(name) for network in networks]
    return [owner for owner in owners if owner is not None] or known[name]


@cache
def _known_fields() -> dict[str, list[SettingField]]:
    networks = tuple(name for name in ARCHITECTURES if name != LEARNS_WITHOUT_EPOCHS)
    setting = Setting(label="Network", help=f"one of {', '.join(networks)}")
    found = {NETWORK: [SettingField(NETWORK, str, networks, "unet", setting)]}
    for cls in (TrainSettings, AugmentSettings):
        found |= {field.name: [field] for field in setting_fields(cls)}
    found |= {name: list(owners) for name, owners in _arguments().items()}
    return {name: own for name, own in found.items() if name not in _SAME_FOR_ALL}


@cache
def _arguments() -> dict[str, tuple[SettingField, ...]]:
    """Return the arguments of all networks by name, with what each takes."""
    found: dict[str, tuple[SettingField, ...]] = {}
    for network in ARCHITECTURES:
        for name, own in _arguments_of(network).items():
            found[name] = (*found.get(name, ()), own)
    return found


@cache
def _arguments_of(network: str) -> dict[str, SettingField]:
    if network == LEARNS_WITHOUT_EPOCHS:
        return {}
    return {f.name: f for f in setting_fields(ARCHITECTURES[network].settings)}


def _of_class(cls: type[Any], point: Point) -> dict[str, Any]:
    names = {own.name for own in fields(cls)}
    return {name: value for name, value in point.items() if name in names}


def _changed(settings: S, values: Mapping[str, Value]) -> S:
    own: dict[str, Any] = _of_class(type(settings), values)  # checked when made
    return replace(settings, **own)
