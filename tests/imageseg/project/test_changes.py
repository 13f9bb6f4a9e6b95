"""Changes are values: they add up, and say whether there is anything to write."""

from __future__ import annotations

import numpy as np

from imageseg.project import Changes, EffortRow


def test_nothing_is_nothing_and_an_empty_view_is_something() -> None:
    assert not Changes()
    assert Changes(view={})
    assert Changes(current="")
    assert Changes(annotations={"a": np.zeros((1, 1), np.uint8)})


def test_later_changes_come_on_top() -> None:
    old, new = np.zeros((1, 1), np.uint8), np.ones((1, 1), np.uint8)
    rows = [EffortRow(action="paint"), EffortRow(action="train")]
    first = Changes(
        annotations={"a": old, "b": old}, current="a", view={"x": 1}, effort=(rows[0],)
    )
    later = Changes(annotations={"b": new}, view={"y": 2}, effort=(rows[1],))

    both = first.then(later)

    assert both.annotations["a"] is old
    assert both.annotations["b"] is new
    assert (both.current, both.view, both.region) == ("a", {"y": 2}, None)
    assert both.effort == tuple(rows)
