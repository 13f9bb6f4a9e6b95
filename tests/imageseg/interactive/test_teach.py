"""An answer at once, and a better one behind it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imageseg.architectures.keras_unet import UNet3DSettings
from imageseg.classes import ClassScheme
from imageseg.errors import (
    ImageReadError,
    ModelMismatchError,
    NotEnoughAnnotationsError,
    PixelValueError,
)
from imageseg.forest import ForestSettings
from imageseg.images import Stack
from imageseg.inference import predict_task
from imageseg.interactive import AnswerProgress, Taught, instant_task, teach_task
from imageseg.interactive import instant as module
from imageseg.interactive.teach import units_of
from imageseg.metrics import Scores
from imageseg.model import new_model
from imageseg.settings import TrainSettings
from imageseg.tasks import drain
from imageseg.training import (
    EpochProgress,
    HeldOut,
    Sample,
    StackSample,
    TrainingResult,
)
from imageseg.training.sample import annotated_parts
from imageseg.training.validate import Validation

SCHEME = ClassScheme.from_names(["dark", "bright"])
QUICK = TrainSettings(
    epochs=2, steps=2, batch=2, patch=32, patience=0, device="cpu", precision="fp32"
)
FEW = ForestSettings(features="basic", trees=8)


def scene(seed: int = 0, side: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Return bright squares on a dark ground, with noise, and their classes."""
    rng = np.random.default_rng(seed)
    truth = np.ones((side, side), np.uint8)
    for y, x in rng.integers(0, side - 24, (8, 2)):
        truth[y : y + 24, x : x + 24] = 2
    pixels = np.where(truth == 2, 170, 90) + rng.normal(0, 25, truth.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8), truth


def strokes(truth: np.ndarray) -> np.ndarray:
    """Annotate thin rows of an image, as strokes are."""
    labels = np.zeros_like(truth)
    labels[8::24] = truth[8::24]
    return labels


@pytest.fixture
def sample() -> Sample:
    """Return an image with strokes of both classes."""
    image, truth = scene()
    return Sample(image, strokes(truth), "scene")


def teach(sample: Sample, **options) -> tuple[list, Taught]:
    steps = []
    taught = drain(
        teach_task([sample], SCHEME, QUICK, forest=FEW, **options), steps.append
    )
    return steps, taught


def test_the_instant_model_answers_before_any_network_is_trained(sample) -> None:
    steps, _ = teach(sample)
    kinds = [type(step) for step in steps]
    first = kinds.index(AnswerProgress)

    assert steps[first].answer.kind == "instant"
    assert EpochProgress not in kinds[:first]
    assert kinds.count(EpochProgress) == QUICK.epochs


def test_the_instant_answer_is_right(sample) -> None:
    answer = drain(instant_task([sample], SCHEME, FEW))
    image, truth = scene(seed=1)
    labels = drain(predict_task(answer.model, image)).labels

    assert Scores.of(truth, labels, 2).mean_dice > 0.9
    assert answer.dice > 0.9


def test_a_start_that_knows_better_answers_first(sample, threshold_model) -> None:
    """Its classes are told by brightness alone, and the trees know next to nothing."""
    start = threshold_model(SCHEME, channels=1)
    one = ForestSettings(features="basic", trees=1, depth=1, pixels=100)
    task = teach_task([sample], SCHEME, QUICK, start=start, forest=one)
    first = next(step for step in task if isinstance(step, AnswerProgress))
    task.close()

    image, truth = scene()
    expected = drain(predict_task(start, image)).labels
    assert Scores.of(truth, expected, 2).mean_dice > 0.9
    assert first.answer.dice > 0.8


def test_it_is_judged_by_one_that_has_learned_nothing_of_what_is_held_out() -> None:
    """As one that is shown the other strokes alone; all are drawn of so few."""
    samples = []
    for seed in range(2):
        image, truth = scene(seed)
        samples.append(Sample(image, strokes(truth), f"scene {seed}"))
    masks = [np.random.default_rng(s).random((160, 160)) < 0.3 for s in range(2)]
    masks[1][:] = False
    learner = module.InstantLearner(samples, SCHEME, FEW)
    drain(learner.answer_task())
    found = drain(learner.without_task(masks))
    shown = [
        Sample(s.image, np.where(mask, 0, s.labels).astype(np.uint8), s.name)
        for s, mask in zip(samples, masks, strict=True)
    ]
    expected = drain(instant_task(shown, SCHEME, FEW)).model

    for own in samples:
        one, other = (drain(predict_task(m, own.image)) for m in (found, expected))
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_who_speaks_is_never_worse_than_who_spoke_before(sample) -> None:
    steps, taught = teach(sample)
    told = [step.answer for step in steps if isinstance(step, AnswerProgress)]
    compared = [answer for answer in told if answer.kind != "instant"]

    assert [a.dice for a in compared] == sorted(a.dice for a in compared)
    assert not any(a.better_than(taught.best) for a in taught.answers.values())


def test_all_are_compared_on_the_same_pixels(sample, make_model) -> None:
    start = make_model(channels=1)
    _, taught = teach(sample, start=start)

    assert set(taught.answers) == {"instant", "start", "network"}
    totals = {int(a.scores.matrix.sum()) for a in taught.answers.values()}
    assert len(totals) == 1
    assert len({a.held_out for a in taught.answers.values()}) == 1
    assert totals.pop() < np.count_nonzero(sample.labels)


@pytest.mark.parametrize("goes_on", [False, True])
def test_volumes_are_compared_on_the_same_voxels(goes_on) -> None:
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 256, (6, 48, 40), dtype=np.uint8)
    labels = np.zeros(stack.shape, np.uint8)
    labels[1, 4::12, 2:38], labels[4, 9::12, 2:38] = 1, 2
    small = UNet3DSettings(filters=2, blocks=1)
    start = new_model(
        SCHEME, channels=1, architecture="unet3d", arguments=small.to_dict()
    )
    options = {"start": start} if goes_on else {"network": small}
    _, taught = teach(Sample(stack, labels), **options)
    network = taught.answers["network"]

    assert network.model.spec.architecture == "unet3d"
    assert [part.labels.ndim for part in taught.split.validation] == [3]
    totals = {int(a.scores.matrix.sum()) for a in taught.answers.values()}
    assert totals == {sum(np.count_nonzero(p.labels) for p in taught.split.validation)}
    blocks = {len(a.units) for a in taught.answers.values() if a.units is not None}
    assert len(blocks) == 1


def test_a_network_that_is_better_takes_over(sample, monkeypatch) -> None:
    """An instant model that knows nothing is overtaken by what is trained."""

    def nothing(model, pixels, *, seed=0):
        yield from ()
        return TrainingResult(
            model=model,
            history=(),
            best_epoch=1,
            held_out="",
            scores=None,
            scores_before=None,
        )

    monkeypatch.setattr(module, "grow_forest_task", nothing)
    steps, taught = teach(sample)
    told = [s.answer.kind for s in steps if isinstance(s, AnswerProgress)]

    assert told[0] == "instant"
    assert taught.best.dice >= taught.answers["instant"].dice


def test_a_start_of_other_classes_only_lends_its_weights(sample, make_model) -> None:
    start = make_model(3, channels=1)
    _, taught = teach(sample, start=start)

    assert "start" not in taught.answers
    assert taught.answers["network"].model.spec.name == "tiny tuned"


def test_a_start_of_other_channels_is_refused(sample, make_model) -> None:
    with pytest.raises(ModelMismatchError, match="channel"):
        teach(sample, start=make_model(channels=3))


class Damaged:
    """An image of which one pixel is no number, or no byte can be read."""

    shape, dtype = (160, 160), np.dtype(np.float32)

    def __init__(self, *, readable: bool) -> None:
        self.readable = readable

    def __getitem__(self, key: object) -> np.ndarray:
        if not self.readable:
            raise ImageReadError("plot_9.tif", "it is damaged")
        pixels = np.ones(self.shape, self.dtype)
        pixels[150, 3] = np.nan
        return pixels[key]


@pytest.mark.parametrize(
    ("readable", "error", "told"),
    [(False, ImageReadError, r"plot_9\.tif"), (True, PixelValueError, "plot 9: 1 of")],
    ids=["unreadable", "no number"],
)
def test_a_damaged_image_is_told_after_the_answer_and_before_training(
    readable, error, told
) -> None:
    """Of its one annotated pixel nothing is learned at first."""
    samples = []
    for seed in range(8):
        image, truth = scene(seed)
        samples.append(Sample(image.astype("f4"), strokes(truth), f"plot {seed}"))
    labels = np.zeros(Damaged.shape, np.uint8)
    labels[5, 5] = 1
    samples.append(StackSample(Stack([Damaged(readable=readable)]), labels, "plot 9"))
    settings, forest = replace(QUICK, validation=0.0), replace(FEW, pixels=100)
    steps = []
    with pytest.raises(error, match=told):
        drain(teach_task(samples, SCHEME, settings, forest=forest), steps.append)

    assert [s.answer.kind for s in steps if isinstance(s, AnswerProgress)] == [
        "instant"
    ]
    assert not any(step.message.startswith("epoch") for step in steps)


def test_one_class_is_not_enough(sample) -> None:
    one = Sample(sample.image, np.minimum(sample.labels, 1), "scene")
    with pytest.raises(NotEnoughAnnotationsError, match="second class"):
        teach(one)


def test_strokes_in_one_block_are_answered_without_scores() -> None:
    image, truth = scene(side=40)
    labels = np.zeros_like(truth)
    dark, bright = np.argwhere(truth == 1), np.argwhere(truth == 2)
    for places, k in ((dark, 1), (bright, 2)):
        labels[tuple(places[:5].T)] = k
    _, taught = teach(Sample(image, labels, "scene"))

    assert taught.best.kind == "instant"
    assert np.isnan(taught.best.dice)


def test_teaching_can_be_stopped_at_every_step(sample) -> None:
    for wanted in range(1, 12):
        task = teach_task([sample], SCHEME, QUICK, forest=FEW)
        for _ in range(wanted):
            next(task)
        task.close()


def held_out(parts: list[Sample], training: list[Sample]) -> tuple:
    """Return a validation of two blocks of each part, and the split."""
    blocks = {p.name: np.full((2, 2, 2), i + 1) for i, p in enumerate(parts)}
    matrix = np.concatenate(list(blocks.values())).sum(0)
    kept, rest = (annotated_parts(s, 1, "fixed") for s in (parts, training))
    split = HeldOut(rest, kept, "images", len(parts))
    return Validation(0.1, Scores(matrix), blocks), split


def test_images_are_counted_as_evidence_and_blocks_of_a_single_one(sample) -> None:
    first, second = sample, Sample(sample.image, sample.labels, "second")
    several = units_of(*held_out([first, second], [first, second]))
    one_of_two = units_of(*held_out([first], [second]))
    single = units_of(*held_out([first], [first]))

    assert several.tolist() == [[[2, 2], [2, 2]], [[4, 4], [4, 4]]]
    assert one_of_two.tolist() == [[[2, 2], [2, 2]]]
    assert single.tolist() == [[[1, 1], [1, 1]]] * 2
    assert units_of(None, held_out([first], [first])[1]) is None


def test_strokes_that_the_start_has_learned_are_not_held_out(make_model) -> None:
    samples = []
    for seed in range(6):
        image, truth = scene(seed, side=64)
        samples.append(Sample(image, strokes(truth), f"scene {seed}"))
    model = make_model(channels=1)
    told = {"images": [f"scene {i}" for i in (0, 1, 2, 4, 5)]}
    start = replace(model, spec=replace(model.spec, provenance=told))
    taught = drain(teach_task(samples, SCHEME, QUICK, start=start, forest=FEW))

    assert {part.name for part in taught.split.validation} == {"scene 3"}
    held = np.count_nonzero(samples[3].labels)
    assert {a.scores.pixels for a in taught.answers.values()} == {held}


def test_a_mask_among_strokes_does_not_spoil_the_score_when_it_is_held_out(
    make_model,
) -> None:
    """Nearly all pixels are drawn from it; others have to be, to learn from."""
    samples = []
    for seed in range(5):
        image, truth = scene(seed, side=200 if seed else 400)
        labels = strokes(truth) if seed else truth
        samples.append(Sample(image, labels, f"scene {seed}"))
    model = make_model(channels=1)
    told = {"images": [f"scene {i}" for i in range(1, 5)]}
    start = replace(model, spec=replace(model.spec, provenance=told))
    sparse = replace(FEW, pixels=400)
    taught = drain(teach_task(samples, SCHEME, QUICK, start=start, forest=sparse))

    assert {part.name for part in taught.split.validation} == {"scene 0"}
    image, truth = scene(0, side=400)
    other = drain(instant_task(samples[1:], SCHEME, sparse)).model
    expected = Scores.of(truth, drain(predict_task(other, image)).labels, 2)
    found = taught.answers["instant"].scores
    np.testing.assert_array_equal(found.matrix, expected.matrix)
