"""What is held out from a model that has learned before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imageseg.interactive.unlearned import unlearned_images
from imageseg.training import Sample
from imageseg.training.sample import annotated_parts


def parts(count: int, *, group: str = "", bare: tuple[int, ...] = ()) -> list:
    """Return images with two classes; those in `bare` have the first one only."""
    samples = []
    for i in range(count):
        labels = np.zeros((16, 16), np.uint8)
        labels[2], labels[9] = 1, 1 if i in bare else 2
        samples.append(Sample(labels * 90, labels, f"image {i}", group))
    return annotated_parts(samples, 1, "range")


@pytest.fixture
def taught(make_model):
    """Build models that have learned some images."""

    def build(*numbers: int):
        model = make_model(channels=1)
        told = {"images": [f"image {i}" for i in numbers]}
        return replace(model, spec=replace(model.spec, provenance=told))

    return build


def test_images_that_the_model_has_learned_are_not_held_out(taught) -> None:
    assert unlearned_images(taught(0, 1, 2, 3), parts(5), 0.2) == ("image 4",)
    assert unlearned_images(taught(0, 2, 3, 4), parts(6), 0.2) == ("image 1",)


def test_what_was_held_out_stays_so_and_later_images_are_learned(taught) -> None:
    """A tenth of eight is one, a quarter of eight two."""
    start = taught(0, 1, 2, 3, 5)
    assert unlearned_images(start, parts(8), 0.1) == ("image 4",)
    assert unlearned_images(start, parts(8), 0.25) == ("image 4", "image 6")


def test_a_class_is_left_to_learn(taught) -> None:
    """Only the last image shows both classes."""
    found = unlearned_images(taught(0, 1, 2), parts(5, bare=(0, 1, 2, 3)), 0.4)
    assert found == ("image 3",)


@pytest.mark.parametrize(
    ("learned", "annotated"),
    [
        ((), parts(6)),
        ((9,), parts(6)),
        ((0, 1, 2, 3, 4, 5), parts(6)),
        ((0, 1), parts(4)),
        ((0, 1), parts(6, group="plot")),
    ],
    ids=["nothing", "other images", "all", "few images: blocks", "groups"],
)
def test_nothing_is_chosen_where_it_makes_no_difference(
    taught, learned, annotated
) -> None:
    assert unlearned_images(taught(*learned), annotated, 0.2) == ()


def test_nothing_is_chosen_if_nothing_is_to_be_held_out(taught) -> None:
    assert unlearned_images(taught(0, 1, 2, 3), parts(6), 0.0) == ()
