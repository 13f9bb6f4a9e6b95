"""A candidate is better, no better, or forgets; and the text says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from imageseg.classes import ClassScheme
from imageseg.errors import (
    DeviceError,
    ModelMismatchError,
    NotEnoughAnnotationsError,
)
from imageseg.evaluation import Judgement, guard_task
from imageseg.evaluation.guard import ImageChange
from imageseg.model import SegmentationModel
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import drain
from imageseg.training import Sample, hold_out, train_task
from imageseg.training.sample import annotated_parts

CPU = PredictSettings(device="cpu", precision="fp32")
MakeModel = Callable[..., SegmentationModel]


def block(hits: int, of: int = 100) -> list[list[int]]:
    """Return a block of one annotated class."""
    return [[hits, of - hits], [0, 0]]


def change(
    before: list[int], after: list[int], *, held_out: bool = True, **values: Any
) -> ImageChange:
    """Return an image whose blocks of 100 pixels have so many hits."""
    return ImageChange(
        image=values.get("image", "plot_01"),
        held_out=held_out,
        known=values.get("known", False),
        before=np.array([block(n) for n in before]),
        after=np.array([block(n) for n in after]),
    )


def dice(hits: int, of: int) -> float:
    return 2 * hits / (hits + of)


def test_more_dice_is_better() -> None:
    judged = Judgement((change([80] * 4, [90] * 4),))

    assert judged.verdict == "better"
    assert judged.proposed
    assert judged.dice == pytest.approx((dice(320, 400), dice(360, 400)))
    assert judged.text == (
        "Better: mean Dice 0.89 before, 0.95 after, on 1 image with pixels that the "
        "new model did not learn from."
    )


def test_a_gain_that_two_digits_do_not_show_is_no_better() -> None:
    judged = Judgement((change([900, 900], [901, 901]),))
    rows = (change([90, 90, 90], [90, 90, 91]),)

    assert Judgement(rows).verdict == "no better"
    assert Judgement(rows).proposed
    assert judged.verdict == "no better"


def test_an_image_that_fell_everywhere_is_named() -> None:
    rows = (
        change([80] * 4, [95] * 4),
        change([90] * 4, [70, 72, 68, 70], image="plot_03"),
    )
    judged = Judgement(rows)

    assert judged.verdict == "forgets"
    assert not judged.proposed
    assert judged.text.startswith(
        "Not proposed, it forgets: plot_03 fell from 0.95 to 0.82 ("
    )


def test_a_fall_in_one_block_of_many_is_an_accident_of_the_place() -> None:
    """Dice falls by 0.06, all of it in one of five blocks."""
    row = change([90] * 5, [90, 90, 90, 90, 45])

    assert row.change < -0.05
    assert Judgement((row,)).verdict == "no better"


def test_a_small_fall_does_not_matter_however_sure() -> None:
    assert Judgement((change([90] * 9, [85] * 9),)).verdict == "no better"


@pytest.mark.parametrize(("after", "verdict"), [(78, "no better"), (50, "forgets")])
def test_where_chance_cannot_be_told_only_a_large_fall_counts(
    after: int, verdict: str
) -> None:
    row = change([90, 90], [after, after])

    assert np.isnan(row.error)
    assert row.change < -0.05
    assert Judgement((row,)).verdict == verdict


def test_many_images_raise_no_more_false_alarms_than_one() -> None:
    """The same fall convinces of one image, not of one among five hundred."""
    row = change([90] * 4, [80, 70, 78, 66])

    assert row.fell(1)
    assert not row.fell(500)


def test_gains_count_only_on_what_was_not_learned() -> None:
    rows = (
        change([50] * 4, [99] * 4, held_out=False),
        change([80] * 4, [80] * 4, image="plot_02", known=True),
    )
    judged = Judgement(rows)

    assert judged.verdict == "no better"
    assert [row.image for row in judged.judged] == ["plot_02"]
    assert judged.text.endswith(
        "on 1 image with pixels that the new model did not learn from, 1 of them "
        "known to the present one."
    )


def test_a_fall_counts_on_what_was_learned_too() -> None:
    rows = (
        change([90] * 4, [60] * 4, held_out=False, image="plot_03"),
        change([80] * 4, [90] * 4, image="plot_02"),
    )

    assert Judgement(rows).verdict == "forgets"


def test_without_held_out_images_the_text_says_so() -> None:
    judged = Judgement((change([50] * 4, [99] * 4, held_out=False),))

    assert judged.verdict == "better"
    assert "that the new model learned from; none is held out" in judged.text


def test_the_worst_images_are_told_first_and_the_rest_counted() -> None:
    rows = tuple(
        change([90] * 4, [70 - 5 * i] * 4, image=f"plot_{i}") for i in range(5)
    )

    assert "plot_4 fell from 0.95 to 0.67, plot_3" in Judgement(rows).text
    assert "and 2 more (" in Judgement(rows).text


def test_the_table_has_a_row_an_image() -> None:
    table = Judgement((change([90] * 4, [70] * 4),)).table()

    assert table.loc[0, "pixels"] == 400
    assert table.loc[0, "accuracy_before"] == pytest.approx(0.9)
    assert table.loc[0, "accuracy_after"] == pytest.approx(0.7)
    assert table.loc[0, "fell"]


class Fixed(nn.Module):
    """Calls everything the second class if it is as bright as this."""

    stride, halo, dims = 1, 0, 2

    def __init__(self, limit: float, *, corrupt: bool = False) -> None:
        super().__init__()
        self.limit, self.corrupt, self.pixels = limit, corrupt, 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map (N, C, Y, X) to the logits of two classes."""
        self.pixels += images[:, 0].numel()
        logits = 50 * (images.mean(1, keepdim=True) - self.limit)
        return -logits if self.corrupt and torch.is_autocast_enabled("cpu") else logits


def fixed(threshold_model: MakeModel, limit: float, **values: Any) -> SegmentationModel:
    model = threshold_model()
    learned = values.pop("learned", ())
    spec = replace(model.spec, provenance={"images": list(learned)})
    return SegmentationModel(Fixed(limit, **values), spec)


def photograph(name: str, seed: int, side: int = 200) -> Sample:
    """Return noise whose bright half, from 0.5 on, is class 2; all is annotated."""
    rng = np.random.default_rng(seed)
    grey = rng.integers(0, 256, (side, side, 1), dtype=np.uint8)
    labels = np.where(grey[..., 0] / 255 >= 0.5, 2, 1).astype(np.uint8)
    return Sample(np.repeat(grey, 3, axis=2), labels, name)


def test_models_are_compared_on_annotated_pixels(threshold_model: MakeModel) -> None:
    """The present model errs on what is between 0.3 and 0.5, a fifth of all."""
    samples = [photograph(f"plot_{i}", i) for i in range(2)]
    old = fixed(threshold_model, 0.3, learned=["plot_1"])
    new = fixed(threshold_model, 0.5, learned=["plot_0"])
    judged = drain(guard_task(old, new, samples, CPU))

    assert judged.verdict == "better"
    assert [(r.image, r.held_out, r.known) for r in judged.rows] == [
        ("plot_0", False, False),
        ("plot_1", True, True),
    ]
    for row, sample in zip(judged.rows, samples, strict=True):
        wrong = ((sample.image[..., 0] / 255 >= 0.3) & (sample.labels == 1)).mean()
        assert row.pixels == 200 * 200
        assert row.accuracy == pytest.approx((1 - wrong, 1))


def test_a_candidate_that_lost_an_image_is_not_proposed(
    threshold_model: MakeModel,
) -> None:
    old, new = fixed(threshold_model, 0.5), fixed(threshold_model, 0.2)
    judged = drain(guard_task(old, new, [photograph("plot_03", 0)], CPU))

    assert judged.verdict == "forgets"
    assert "plot_03 fell from 1.00 to" in judged.text


def test_held_out_pixels_of_a_split_are_what_is_scored(
    threshold_model: MakeModel,
) -> None:
    samples = [photograph("plot_0", 0, 256), photograph("plot_1", 1, 256)]
    model = fixed(threshold_model, 0.5)
    split = hold_out(annotated_parts(samples, 3, "range"), 0.25)
    judged = drain(guard_task(model, model, samples, CPU, split=split))

    assert split.unit == "blocks"
    assert all(row.held_out for row in judged.rows)
    held = sum(int((part.labels > 0).sum()) for part in split.validation)
    assert sum(row.pixels for row in judged.rows) == held < 2 * 256 * 256


def test_images_without_held_out_pixels_are_still_watched(
    threshold_model: MakeModel,
) -> None:
    samples = [photograph(f"plot_{i}", i, 64) for i in range(6)]
    model = fixed(threshold_model, 0.5)
    split = hold_out(annotated_parts(samples, 3, "range"), 0.2)
    judged = drain(guard_task(model, model, samples, CPU, split=split))

    assert len(judged.rows) == 6
    assert [row.image for row in judged.judged] == [split.validation[0].name]


def test_only_annotated_areas_are_predicted(threshold_model: MakeModel) -> None:
    """A stroke in a large image costs a square around it."""
    sample = photograph("large", 0, 1500)
    labels = np.zeros_like(sample.labels)
    labels[700:704, 900:940] = sample.labels[700:704, 900:940]
    old, new = fixed(threshold_model, 0.5), fixed(threshold_model, 0.4)
    drain(guard_task(old, new, [replace(sample, labels=labels)], CPU))

    assert new.network.pixels == 256 * 256


def test_many_areas_are_thinned_but_no_image_is_left_out(
    threshold_model: MakeModel,
) -> None:
    samples = [photograph(f"plot_{i}", i, 600) for i in range(3)]
    old, new = fixed(threshold_model, 0.5), fixed(threshold_model, 0.4)
    judged = drain(guard_task(old, new, samples, CPU, areas=1))

    assert len(judged.rows) == 3
    assert new.network.pixels <= 3 * 2 * 256 * 256


def test_a_device_that_errs_stops_it(threshold_model: MakeModel) -> None:
    old = fixed(threshold_model, 0.5)
    new = fixed(threshold_model, 0.5, corrupt=True)
    bf16 = PredictSettings(device="cpu", precision="bf16")

    with pytest.raises(DeviceError):
        drain(guard_task(old, new, [photograph("plot", 0)], bf16))


def test_a_class_more_is_compared_by_name(make_model: MakeModel) -> None:
    """The present model cannot know the new class, and has none of it right."""
    old = make_model(2)
    scheme = ClassScheme.from_names(["class 2", "class 1", "new"])
    new = make_model(3)
    new = replace(new, spec=replace(new.spec, scheme=scheme))
    sample = photograph("plot", 0)
    labels = np.full_like(sample.labels, 3)
    judged = drain(guard_task(old, new, [replace(sample, labels=labels)], CPU))

    assert judged.rows[0].accuracy[0] == 0


def test_models_of_other_classes_or_channels_are_refused(
    make_model: MakeModel, threshold_model: MakeModel
) -> None:
    sample = photograph("plot", 0)
    with pytest.raises(ModelMismatchError, match="same classes"):
        drain(guard_task(make_model(3), threshold_model(), [sample], CPU))
    with pytest.raises(ModelMismatchError, match="channels"):
        drain(guard_task(make_model(channels=1), threshold_model(), [sample], CPU))


def test_nothing_annotated_cannot_be_compared(threshold_model: MakeModel) -> None:
    sample = photograph("plot", 0)
    empty = replace(sample, labels=np.zeros_like(sample.labels))

    with pytest.raises(NotEnoughAnnotationsError, match="compared"):
        drain(guard_task(threshold_model(), threshold_model(), [empty], CPU))


def test_a_training_tells_what_it_held_out(make_model: MakeModel) -> None:
    settings = TrainSettings(epochs=1, steps=1, batch=1, patch=32, device="cpu")
    samples = [photograph(f"plot_{i}", i, 64) for i in range(4)]
    start = make_model()
    result = drain(
        train_task(samples, settings, start=start, held_out=["plot_1", "plot_3"])
    )
    judged = drain(guard_task(start, result.model, samples, CPU, split=result.split))

    assert result.held_out == "2 held-out images"
    assert {r.image for r in judged.rows if r.held_out} == {"plot_1", "plot_3"}
    assert result.model.spec.provenance["images"] == ["plot_0", "plot_2"]


class Middle(nn.Module):
    """Judges a slice by its own brightness, however many neighbours it is given."""

    stride, halo, dims = 1, 0, 2

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map (N, C, Y, X) to the logits of two classes."""
        middle = images.shape[1] // 2
        return 50 * (images[:, middle : middle + 1] - 0.5)


def seeing(threshold_model: MakeModel, neighbours: int) -> SegmentationModel:
    """Return a model of grey stacks that sees so many slices on each side."""
    model = threshold_model(channels=1)
    return SegmentationModel(Middle(), replace(model.spec, neighbours=neighbours))


def test_a_model_that_sees_more_slices_is_compared_on_the_same_ones(
    threshold_model: MakeModel, rng: np.random.Generator
) -> None:
    image = rng.integers(0, 256, (5, 40, 40, 1), dtype=np.uint8)
    labels = np.where(image[..., 0] / 255 >= 0.5, 2, 1).astype(np.uint8)
    stack = Sample(image, labels, "stack")
    flat, deep = seeing(threshold_model, 0), seeing(threshold_model, 2)
    judged = drain(guard_task(flat, deep, [stack], CPU))

    assert judged.rows[0].pixels == labels.size
    assert judged.rows[0].accuracy == (1, 1)
    with pytest.raises(ModelMismatchError, match="different slices"):
        drain(guard_task(deep, flat, [stack], CPU))
