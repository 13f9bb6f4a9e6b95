"""Model cards: what must be known of a model before its numbers are trusted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imageseg.architectures import Reach, measure_reach, write_graph
from imageseg.spec import ModelSpec

NOT_STATED = "not stated"
_SHOWN = 12
_LICENCE = re.compile(r"\bLicen[cs]e: *([A-Za-z0-9][\w.+-]*\w)")
_VALUES = {
    "range": "0 to 1: whole numbers divided by the largest of their type (255 of 8 "
    "bits), fractions as they are",
    "percentile": "0 to 1: from percentile 1 to percentile 99.8 of each image, the "
    "rest cut off",
}


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model takes, gives and learned from; nothing is ever left out.

    Attributes
    ----------
    name, summary, text
        Name, one line, and the sentences of whoever made it.
    input_size
        Sides of the images it takes.
    channels
        How many, and in which order.
    values
        How pixel values become what the network takes.
    classes
        (label, name, colour, meaning) of each class.
    output
        What the maps of the network are.
    training
        What it learned from, and which images were held out.
    scores
        On the images held out.
    lineage
        The models it was made from, nearest first.
    licence, authors, citations
        As stated.
    """

    name: str
    summary: str
    text: str
    input_size: str
    channels: str
    values: str
    classes: tuple[tuple[int, str, str, str], ...]
    output: str
    training: str
    scores: str
    lineage: str
    licence: str
    authors: tuple[str, ...]
    citations: tuple[str, ...]

    def facts(self) -> dict[str, str]:
        """Return the required entries by the names that people read."""
        return {
            "Input size": self.input_size,
            "Channels": self.channels,
            "Values": self.values,
            "Output": self.output,
            "Training data": self.training,
            "Scores": self.scores,
            "Lineage": self.lineage,
            "Licence": self.licence,
            "Authors": ", ".join(self.authors) or NOT_STATED,
            "Citations": "; ".join(self.citations) or NOT_STATED,
        }

    def markdown(self, further: dict[str, str] | None = None) -> str:
        """Return the card as Markdown, with `further` entries at its end."""
        rows = [f"| {k} | {n} | {c} | {m} |" for k, n, c, m in self.classes]
        entries = self.facts() | (further or {})
        parts = [
            f"# {self.name}",
            self.summary,
            _without_heading(self.text),
            "\n".join(
                ["| Class | Name | Colour | Meaning |", "|--:|---|---|---|", *rows]
            ),
            "\n".join(f"- **{key}:** {value}" for key, value in entries.items()),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


def model_card(spec: ModelSpec) -> ModelCard:
    """Write the card of a model.

    Raises
    ------
    ModelFormatError
        Its description makes no network.
    SettingsError
        An argument of its network is out of range.
    """
    made = spec.provenance
    return ModelCard(
        name=spec.name,
        summary=spec.summary,
        text=spec.card.strip(),
        input_size=_size(spec),
        channels=_channels(spec),
        values=_VALUES[spec.normalisation],
        classes=_classes(spec),
        output=_output(spec),
        training=_training(made),
        scores=_scores(made),
        lineage=_lineage(made),
        licence=_licence(spec),
        authors=_texts(made.get("authors")),
        citations=_texts(made.get("citations")),
    )


def _size(spec: ModelSpec) -> str:
    graph = write_graph(spec.architecture, spec.inputs, spec.outputs, spec.arguments)
    reach = measure_reach(graph)
    kind = "volumes" if graph.dims == 3 else "images"
    if graph.tile:
        return f"any; each square of {graph.tile} × {graph.tile} pixels gets one class"
    return f"{kind} of any size, padded to multiples of {_grid(reach)}"


def _grid(reach: Reach) -> str:
    return f"{reach.stride} pixel{'s' if reach.stride > 1 else ''}"


def _channels(spec: ModelSpec) -> str:
    names = {1: "1 (grey)", 3: "3 (red, green, blue in this order: RGB, not BGR)"}
    text = names.get(
        spec.channels, f"{spec.channels}, in the order of the training images"
    )
    if spec.channel_names:
        text = f"{spec.channels}: {', '.join(spec.channel_names)}"
    if not spec.neighbours:
        return text
    slices = 2 * spec.neighbours + 1
    return f"{text}; of {slices} slices from the one before on, {spec.inputs} in all"


def _classes(spec: ModelSpec) -> tuple[tuple[int, str, str, str], ...]:
    seen = spec.scheme.open_class
    return tuple(
        (c.id, c.name, c.colour, _meaning(c.excluded, c == seen, seen is not None))
        for c in spec.scheme
    )


def _meaning(excluded: bool, is_open: bool, has_open: bool) -> str:  # noqa: FBT001  three facts
    if excluded:
        return "left out of every density"
    if is_open:
        return "open: its share is the openness"
    return "vegetation: its share is the cover" if has_open else "a class of its own"


def _output(spec: ModelSpec) -> str:
    first, second = spec.scheme.names[:2]
    if spec.outputs == 1:
        return f"the probability of class 2 ({second}); the rest is class 1 ({first})"
    return (
        f"a probability for each of the {len(spec.scheme)} classes, which add up to 1"
    )


def _training(made: dict[str, Any]) -> str:
    imported = made.get("imported")
    if isinstance(imported, dict):
        return f"{NOT_STATED}; imported from {imported.get('file', 'another program')}"
    images = _texts(made.get("images"))
    if not images:
        return NOT_STATED
    more = ", …" if len(images) > _SHOWN else ""
    text = f"{len(images)} image(s): {', '.join(images[:_SHOWN])}{more}"
    extras = [made.get("held_out"), _epochs(made), made.get("software")]
    return "; ".join([text, *(str(extra) for extra in extras if extra)])


def _epochs(made: dict[str, Any]) -> str:
    if "epochs" not in made:
        return ""
    return f"{made['epochs']} epochs, the best of them {made.get('best_epoch', '?')}"


def _scores(made: dict[str, Any]) -> str:
    scores = made.get("scores")
    dice = scores.get("dice") if isinstance(scores, dict) else None
    if not isinstance(dice, dict) or not dice:
        return "none: no image was held out"
    return "Dice of " + ", ".join(f"{k} {_number(v)}" for k, v in dice.items())


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "–"


def _lineage(made: dict[str, Any]) -> str:
    parents: list[str] = []
    parent = made.get("parent")
    while isinstance(parent, dict) and parent and len(parents) < _SHOWN:
        parents.append(f"{parent.get('name', '?')} ({parent.get('digest', '?')})")
        parent = parent.get("parent")
    return "from " + ", from ".join(parents) if parents else "trained from scratch"


def _licence(spec: ModelSpec) -> str:
    stated = spec.provenance.get("licence")
    if isinstance(stated, str) and stated:
        return stated
    found = _LICENCE.search(spec.card)
    return found[1] if found else NOT_STATED


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str):
        return ()
    return tuple(str(value) for value in values)


def _without_heading(text: str) -> str:
    """Leave out a first heading: the card has one."""
    first, _, rest = text.partition("\n")
    return rest.strip() if first.startswith("# ") else text
