"""Mask codings as people write them: on the command line and in files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseg.errors import SettingsError
from imageseg.masks.presets import PRESETS, ColourTable

if TYPE_CHECKING:
    from imageseg.masks.coding import MaskCoding

WAYS = (
    "auto, binary, inverted, ids, labels, voc, dubai, the codes of the classes in "
    "order (0,128,255 or '#000000,#ff0000'; 1+3,2+4 for several a class), or a JSON "
    "file; then, if need be, void=255, threshold=100, tolerance=20, strays=void"
)
_KINDS = ("auto", "binary", "ids", "labels")
_NUMBERS = ("threshold", "tolerance")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def parse_coding(text: str) -> dict[str, Any]:
    """Return the fields of a coding that somebody wrote (`MaskCoding.parse`).

    Raises
    ------
    SettingsError
        It is no coding.
    """
    if text.lower().endswith(".json"):
        return _from_json(Path(text))
    words = [word.strip() for word in text.split(",") if word.strip()]
    codes = [word for word in words if "=" not in word]
    try:
        fields = _first(codes)
        for word in words:
            if "=" in word:
                fields |= _option(*word.split("=", 1))
    except (ValueError, KeyError) as error:
        raise SettingsError("mask coding", text, WAYS) from error
    return fields


def write_coding(coding: MaskCoding) -> str:
    """Return the text that `parse_coding` understands."""
    words = [_head(coding)]
    named = next((t for t in PRESETS.values() if words[0] == t.name), None)
    if coding.void and not (named and coding.void == named.void):
        words.append("void=" + "+".join(map(coding.written, coding.void)))
    if coding.threshold != 128:
        words.append(f"threshold={coding.threshold}")
    if coding.tolerance:
        words.append(f"tolerance={coding.tolerance}")
    if coding.strays != "refuse":
        words.append(f"strays={coding.strays}")
    return ",".join(words)


def _head(coding: MaskCoding) -> str:
    if coding.kind == "binary":
        return "inverted" if coding.inverted else "binary"
    if not coding.codes:
        return coding.kind
    colours = [group[0] for group in coding.codes]
    plain = all(len(group) == 1 for group in coding.codes)
    for table in PRESETS.values():
        same = plain and list(table.colours) == colours
        if coding.kind == "colours" and same and coding.void:
            return table.name
    return ",".join("+".join(map(coding.written, group)) for group in coding.codes)


def _first(words: list[str]) -> dict[str, Any]:
    """Return what the words without ``=`` say: a name, or codes."""
    if len(words) == 1 and words[0] in _KINDS:
        return {"kind": words[0]}
    if words == ["inverted"]:
        return {"kind": "binary", "inverted": True}
    if len(words) == 1 and words[0] in PRESETS:
        return _of_table(PRESETS[words[0]])
    return _of_codes([word.split("+") for word in words])


def _of_table(table: ColourTable) -> dict[str, Any]:
    codes = tuple((colour,) for colour in table.colours)
    return {"kind": "colours", "codes": codes, "void": table.void}


def _of_codes(groups: Iterable[Iterable[object]]) -> dict[str, Any]:
    listed = [list(group) for group in groups]
    if not listed:
        raise ValueError(listed)
    coloured = {_is_colour(code) for group in listed for code in group}
    if len(coloured) > 1:
        raise ValueError(listed)
    return {
        "kind": "colours" if True in coloured else "values",
        "codes": tuple(tuple(map(_code, group)) for group in listed),
    }


def _option(name: str, value: str) -> dict[str, Any]:
    if name == "void":
        return {"void": tuple(map(_code, value.split("+")))}
    if name == "strays":
        return {"strays": value}
    if name not in _NUMBERS:
        raise KeyError(name)
    return {name: int(value)}


def _is_colour(code: object) -> bool:
    return isinstance(code, str) and _COLOUR.fullmatch(code) is not None


def _code(code: object) -> int:
    if isinstance(code, bool) or not isinstance(code, (int, str)):
        raise TypeError(code)
    return (
        int(code[1:], 16) if isinstance(code, str) and _is_colour(code) else int(code)
    )


def _from_json(path: Path) -> dict[str, Any]:
    """Read a coding from a file; the order of its classes is that of their ids."""
    try:
        content = json.loads(path.read_text("utf-8"))
        classes = content.pop("classes")
        codes = classes.values() if isinstance(classes, dict) else classes
        fields = _of_codes(code if isinstance(code, list) else [code] for code in codes)
        fields["void"] = tuple(map(_code, content.pop("void", ())))
        for name, value in content.items():
            fields |= _option(name, str(value))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(
            "mask coding",
            str(path),
            'a JSON file like {"classes": {"soil": "#000000", "leaf": "#00ff00"}, '
            '"void": ["#ffffff"]}',
        ) from error
    return fields
