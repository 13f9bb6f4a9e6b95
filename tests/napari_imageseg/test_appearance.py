"""What panels and layers agree on."""

from __future__ import annotations

from napari_imageseg.appearance import Appearance


def test_only_a_change_is_told() -> None:
    appearance, told = Appearance(), []
    appearance.changed.connect(lambda: told.append(appearance.opacity))
    appearance.set(opacity=0.2)
    appearance.set(opacity=0.2, contours=False)

    assert told == [0.2]


def test_a_kind_is_hidden_and_shown() -> None:
    appearance = Appearance()
    appearance.toggle("prediction")
    assert not appearance.prediction
    appearance.toggle("prediction")

    assert appearance.prediction
    assert appearance.annotation
