"""Write down ONNX nodes one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Writer:
    """Collects nodes and the arrays they take; every call returns a value's name.

    Parameters
    ----------
    state
        Weights by the names that torch gives them.
    """

    def __init__(self, state: Mapping[str, NDArray[Any]]) -> None:
        self.nodes: list[Any] = []  # onnx.NodeProto
        self.arrays: dict[str, NDArray[Any]] = {}
        self.layer = ""
        self._state = state

    def add(self, op: str, *inputs: str, output: str = "", **attributes: Any) -> str:  # noqa: ANN401  an operator's attributes
        """Add a node and return the name of its value."""
        from onnx import helper  # noqa: PLC0415  optional

        number = len(self.nodes)
        output = output or f"{op.lower()}_{number}"
        name = f"{self.layer}/{op}_{number}"
        self.nodes.append(helper.make_node(op, inputs, [output], name, **attributes))
        return output

    def weight(self, key: str) -> str:
        """Return the name of a weight; nothing if the layer has none of it."""
        if key not in self._state:
            return ""
        self.arrays[key] = self._state[key]
        return key

    def constant(
        self, values: float | Sequence[float] | NDArray[Any], kind: type
    ) -> str:
        """Return the name of a small array."""
        array: NDArray[Any] = np.asarray(values, kind)
        name = f"constant_{len(self.arrays)}"
        self.arrays[name] = array
        return name

    def whole(self, *values: int) -> str:
        """Return the name of a vector of whole numbers."""
        return self.constant(values, np.int64)

    def ones(self, key: str, value: float) -> str:
        """Return the name of an array like a weight, of one value."""
        return self.constant(np.full(self._state[key].shape, value), np.float32)

    def shape(self, value: str, start: int, end: int | None = None) -> str:
        """Return the sides of a value from one axis to another, as a vector."""
        ends: dict[str, Any] = {} if end is None else {"end": end}
        return self.add("Shape", value, start=start, **ends)

    def cut(self, value: str, starts: str, ends: str, axes: Sequence[int]) -> str:
        """Return a part of a value."""
        return self.add("Slice", value, starts, ends, self.whole(*axes))
