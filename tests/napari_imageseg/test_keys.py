"""The table of keys."""

from __future__ import annotations

from napari_imageseg.keys import key_table


def action_of(session, key: str):
    return next(
        action
        for entry in key_table(session)
        for k, action in entry.bindings
        if k == key
    )


def test_no_key_is_bound_twice(ready) -> None:
    keys = [key for entry in key_table(ready) for key, _ in entry.bindings]

    assert len(keys) == len(set(keys))


def test_every_class_up_to_nine_has_its_key(ready) -> None:
    for _ in range(7):
        ready.classes.add()
    action_of(ready, "9")()

    assert ready.classes.label == 9


def test_a_key_accepts_the_image(ready, make_item) -> None:
    item = make_item()
    ready.images.add(item)
    ready.predictor.predict()
    action_of(ready, "Shift-A")()

    assert item.reviewed


def test_a_key_goes_where_a_correction_is_worth_most(ready, make_item) -> None:
    ready.images.add(make_item())
    action_of(ready, "G")()

    assert ready.advisor.pointer.item is ready.images.current
