"""Training learns, keeps the best weights and never touches its start model."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from imageseg.classes import ClassScheme
from imageseg.errors import (
    ModelMismatchError,
    NotEnoughAnnotationsError,
    PixelValueError,
    SettingsError,
    ShapeMismatchError,
    TrainingDivergedError,
)
from imageseg.inference import predict_task
from imageseg.metrics import Scores
from imageseg.model import load_model
from imageseg.settings import PredictSettings, TrainSettings, UNetSettings
from imageseg.tasks import Progress, drain
from imageseg.training import EpochProgress, Sample, hold_out, train_task
from imageseg.training import run as run_module
from imageseg.training.sample import annotated_parts
from imageseg.training.validate import Validation, validate_task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from imageseg.model import SegmentationModel
    from imageseg.tasks import Task
    from imageseg.training import TrainingResult
    from imageseg.training.sample import Part

    MakeModel = Callable[..., SegmentationModel]

TWO = ClassScheme.from_names(["soil", "leaf"])
THREE = ClassScheme.from_names(["soil", "leaf", "stone"])
TINY = UNetSettings(filters=4, blocks=2)
HEAD = "layers.conv_10"  # the last layer of such a network
CPU = PredictSettings(device="cpu", precision="fp32")


def settings(**values: Any) -> TrainSettings:
    """Return settings that train in a second at most."""
    quick = {"epochs": 2, "steps": 2, "batch": 2, "patch": 32, "averaging": 0.5}
    return TrainSettings(**{"device": "cpu", "precision": "fp32"} | quick | values)


ENOUGH = settings(
    epochs=2,
    steps=150,
    rate=0.02,
    batch=1,
    validation=0.0,
    augmentation="flips",
    averaging=0.8,
)


def discs(
    side: int = 64, channels: int = 3, seed: int = 0, name: str = "discs"
) -> Sample:
    """Bright discs (class 2) on a dark ground (class 1), with noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.ogrid[:side, :side]
    inside = np.zeros((side, side), bool)
    for row, column in rng.uniform(8, side - 8, (4, 2)):
        inside |= (rows - row) ** 2 + (columns - column) ** 2 < 64
    grey = np.where(inside, 150, 90)[..., None] + rng.normal(
        0, 15, (side, side, channels)
    )
    image = grey.clip(0, 255).astype(np.uint8)
    labels = np.where(inside, 2, 1).astype(np.uint8)
    return Sample(image if channels > 1 else image[..., 0], labels, name)


def run(
    samples: Sequence[Sample], given: TrainSettings, **options: Any
) -> TrainingResult:
    """Train to the end; a tiny U-Net of two classes if nothing else is said."""
    if "start" not in options:
        options = {"scheme": TWO, "network": TINY} | options
    return drain(train_task(samples, given, **options))


def held_out_loss(model: SegmentationModel, sample: Sample, share: float) -> float:
    """Return a model's loss on what training would hold out of a sample."""
    planes = annotated_parts([sample], 3, "range")
    held_out = hold_out(planes, share, seed=0).validation
    task = validate_task(model, held_out, CPU, Progress(done=0, total=1))
    return drain(task).loss


def dice(model: SegmentationModel, sample: Sample) -> float:
    """Score a model on all pixels of a sample."""
    predicted = drain(predict_task(model, sample.image, CPU)).labels
    return Scores.of(sample.labels, predicted, len(model.spec.scheme)).mean_dice


def scripted(monkeypatch: pytest.MonkeyPatch, losses: Sequence[float]) -> list[dict]:
    """Let validation return these losses, and collect the weights it is shown."""
    seen: list[dict] = []

    def validate(
        model: SegmentationModel, planes: list[Part], *_: object
    ) -> Task[Validation | None]:
        state = model.network.state_dict()
        seen.append({name: tensor.clone() for name, tensor in state.items()})
        yield Progress(done=0, total=1)
        return Validation(losses[len(seen) - 1], Scores(np.eye(2, dtype=np.int64)))

    monkeypatch.setattr(run_module, "validate_task", validate)
    return seen


def equal(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    """Compare two state dicts bit by bit."""
    return one.keys() == two.keys() and all(torch.equal(one[k], two[k]) for k in one)


def test_one_small_image_is_soon_known_by_heart() -> None:
    sample = discs()

    assert dice(run([sample], ENOUGH).model, sample) > 0.95


def test_a_few_strokes_teach_a_model_images_in_another_light() -> None:
    start = run([discs(seed=1)], ENOUGH).model
    truth = discs(96)
    dark = Sample((truth.image * 0.6).astype(np.uint8), truth.labels)
    strokes = np.zeros_like(truth.labels)
    for k in (1, 2):
        places = np.argwhere(truth.labels == k)
        for row, column in places[:: len(places) // 5]:
            near = np.s_[row : row + 3, column : column + 3]
            strokes[near] = truth.labels[near]
    given = replace(ENOUGH, steps=100, rate=0.005, batch=2)
    tuned = run([Sample(dark.image, strokes)], given, start=start).model

    assert (strokes > 0).mean() < 0.02
    assert dice(start, dark) < 0.6
    assert dice(tuned, dark) > 0.9


def test_going_on_from_a_model_is_better_than_its_start_and_leaves_it_alone() -> None:
    sample = discs(128)
    first = settings(epochs=1, steps=10, rate=0.01, validation=0.3)
    start = run([sample], first).model
    before = start.digest()
    more = settings(epochs=3, steps=80, rate=0.01, validation=0.3, memory=0.0)
    result = run([sample], more, start=start)

    assert start.digest() == before
    assert result.model.digest() != before
    assert result.scores.pixels == result.scores_before.pixels
    assert min(row.validation_loss for row in result.history) < held_out_loss(
        start, sample, share=0.3
    )
    assert result.model.network is not start.network


@pytest.mark.parametrize("reports", [1, 2, 4, 9])
def test_cancelling_at_any_moment_leaves_the_start_model_bit_identical(
    make_model: MakeModel, reports: int
) -> None:
    start = make_model()
    weights = {n: t.clone() for n, t in start.network.state_dict().items()}
    task = train_task(
        [discs(128)], settings(epochs=3, steps=3, rate=0.1, validation=0.3), start=start
    )
    for _ in range(reports):
        next(task)
    task.close()

    assert equal(weights, start.network.state_dict())
    assert not start.network.training
    assert list(task) == []


def test_the_best_epoch_is_that_of_the_lowest_validation_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = scripted(monkeypatch, [0.9, 0.4, 0.6, 0.4])
    result = run([discs(128)], settings(epochs=4))

    assert result.best_epoch == 2  # the first of equals
    assert equal(result.model.network.state_dict(), seen[1])
    assert [row.validation_loss for row in result.history] == [0.9, 0.4, 0.6, 0.4]


def test_the_kept_weights_give_the_scores_that_are_reported() -> None:
    samples = [discs(128)]
    given = settings(epochs=4, steps=5, rate=0.02, validation=0.3)
    result = run(samples, given)
    planes = annotated_parts(samples, 3, "range")
    held = hold_out(planes, 0.3, seed=given.seed).validation
    again = drain(validate_task(result.model, held, CPU, Progress(done=0, total=1)))
    losses = [row.validation_loss for row in result.history]

    assert result.best_epoch == 1 + int(np.argmin(losses))
    assert again.loss == pytest.approx(min(losses), rel=1e-5)
    np.testing.assert_array_equal(again.scores.matrix, result.scores.matrix)
    best = result.history[result.best_epoch - 1]
    assert best.validation_dice == pytest.approx(result.scores.mean_dice)


def test_training_stops_when_nothing_improves_for_the_patience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = scripted(monkeypatch, [0.5, 0.3, 0.4, 0.31, 0.35, 0.1])
    result = run([discs(128)], settings(epochs=6, patience=3))

    assert len(result.history) == len(seen) == 5
    assert result.best_epoch == 2
    assert equal(result.model.network.state_dict(), seen[1])


def test_without_patience_every_epoch_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, [0.1, *[0.5] * 5])

    assert len(run([discs(128)], settings(epochs=6, patience=0)).history) == 6


def test_with_nothing_held_out_the_last_epoch_is_kept() -> None:
    result = run([discs()], settings(epochs=3, validation=0.0, patience=1))

    assert len(result.history) == result.best_epoch == 3
    assert result.scores is None
    assert result.held_out == "no held-out images"
    assert result.history[-1].validation_loss is None
    assert result.history[-1].validation_dice is None
    assert result.model.spec.provenance["scores"] == {}


def test_equal_seeds_give_equal_weights_and_others_others() -> None:
    one, two, other = (
        run([discs(128)], settings(seed=seed, averaging=0.9)).model
        for seed in (3, 3, 4)
    )

    assert equal(one.network.state_dict(), two.network.state_dict())
    assert one.digest() != other.digest()


def test_random_numbers_drawn_between_runs_do_not_matter() -> None:
    first = run([discs()], settings()).model.digest()
    torch.rand(5)

    assert run([discs()], settings()).model.digest() == first


def test_another_number_of_classes_starts_only_the_head_anew(
    make_model: MakeModel,
) -> None:
    start = make_model(2)
    sample = discs()
    sample.labels[:8] = 3
    still = settings(epochs=1, steps=1, rate=1e-6, averaging=0.0)
    result = run([sample], still, start=start, scheme=THREE)
    old, new = start.network.state_dict(), result.model.network.state_dict()

    assert new[f"{HEAD}.weight"].shape[0] == 3
    assert result.model.spec.scheme == THREE
    assert result.scores_before is None
    for name, weights in old.items():
        counts = not weights.is_floating_point() or "running" in name
        if not name.startswith(HEAD) and not counts:
            torch.testing.assert_close(new[name], weights, atol=0.05, rtol=0.05)


def test_other_names_for_as_many_classes_keep_the_head(make_model: MakeModel) -> None:
    start = make_model(2)
    still = settings(epochs=1, steps=1, rate=1e-6, validation=0.3)
    result = run([discs(128)], still, start=start, scheme=TWO)

    heads = [m.network.get_submodule(HEAD).weight for m in (result.model, start)]
    torch.testing.assert_close(*heads, atol=1e-4, rtol=0)
    assert result.model.spec.scheme == TWO
    assert result.scores_before is not None


def test_scores_before_are_those_of_the_start_model(make_model: MakeModel) -> None:
    start, samples = make_model(), [discs(128)]
    result = run(samples, settings(validation=0.3), start=start)
    planes = annotated_parts(samples, 3, "range")
    held = hold_out(planes, 0.3, seed=0).validation
    before = drain(validate_task(start, held, CPU, Progress(done=0, total=1)))

    np.testing.assert_array_equal(result.scores_before.matrix, before.scores.matrix)
    assert run(samples, settings()).scores_before is None


def test_unannotated_pixels_and_unannotated_images_never_count() -> None:
    sample = discs()
    sample.labels[:, 40:] = 0
    blank = Sample(discs(seed=5).image, np.zeros((64, 64), np.uint8), "blank")
    given = settings(validation=0.0)
    alone, beside = run([sample], given), run([sample, blank], given)

    assert alone.model.digest() == beside.model.digest()


def test_progress_rises_to_its_total_and_brings_a_row_every_epoch() -> None:
    task = train_task(
        [discs(128)], settings(epochs=3, steps=4), scheme=TWO, network=TINY
    )
    reports: list[Progress] = []
    result = drain(task, reports.append)
    done = [report.done for report in reports]
    rows = [report.row for report in reports if isinstance(report, EpochProgress)]

    assert done == sorted(done)
    assert set(done) == set(range(13))
    assert {report.total for report in reports} == {12}
    assert tuple(rows) == result.history
    assert [row.epoch for row in rows] == [1, 2, 3]
    assert {"preparing", "validating", "epoch 2 of 3"} <= {r.message for r in reports}
    assert rows[0].rate > rows[2].rate > 0
    assert all(row.seconds > 0 and np.isfinite(row.loss) for row in rows)


@pytest.mark.parametrize(
    ("side", "patch", "batch", "steps"), [(64, 32, 2, 10), (256, 32, 2, 32)]
)
def test_the_steps_of_an_epoch_follow_the_annotated_area(
    side: int, patch: int, batch: int, steps: int
) -> None:
    given = settings(epochs=1, steps=0, patch=patch, batch=batch, validation=0.0)
    task = train_task([discs(side)], given, scheme=TWO, network=TINY)
    first = next(task)
    task.close()

    assert first.total == steps  # enough patches for the area, ten steps at least


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_new_models_take_the_channels_of_the_images(channels: int) -> None:
    result = run([discs(channels=channels)], settings(epochs=1, validation=0.0))

    assert result.model.spec.channels == channels
    assert 0 <= dice(result.model, discs(channels=channels, seed=2)) <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_stacks_are_learned_plane_by_plane(channels: int) -> None:
    planes = [discs(channels=channels, seed=seed) for seed in range(3)]
    stack = Sample(
        np.stack([p.image for p in planes]), np.stack([p.labels for p in planes])
    )
    stack.labels[1] = 0
    result = run([stack], settings(epochs=1, validation=0.0))

    assert result.model.spec.channels == channels
    predicted = drain(predict_task(result.model, stack.image, CPU))
    assert predicted.labels.shape == (3, 64, 64)


@pytest.mark.parametrize(
    ("dtype", "chosen", "expected"),
    [
        (np.uint8, "auto", "range"),
        (np.uint16, "auto", "percentile"),
        (np.float32, "auto", "percentile"),
        (np.uint16, "range", "range"),
        (np.uint8, "percentile", "percentile"),
    ],
)
def test_normalisation_follows_the_type_unless_it_is_chosen(
    dtype: type, chosen: str, expected: str
) -> None:
    sample = discs()
    sample = Sample(sample.image.astype(dtype), sample.labels)
    given = settings(epochs=1, steps=1, validation=0.0, normalisation=chosen)

    assert run([sample], given).model.spec.normalisation == expected


def test_an_8_bit_image_among_others_does_not_decide_on_the_normalisation() -> None:
    first, second = discs(name="first"), discs(seed=1, name="second")
    second = Sample(second.image.astype(np.float32) * 1e4, second.labels, "second")
    given = settings(epochs=1, steps=1, validation=0.0)

    assert run([first, second], given).model.spec.normalisation == "percentile"


def test_a_start_model_keeps_its_normalisation(make_model: MakeModel) -> None:
    start = make_model(normalisation="percentile")
    given = settings(epochs=1, steps=1, normalisation="range")

    assert run([discs()], given, start=start).model.spec.normalisation == "percentile"


def test_provenance_says_how_the_model_came_to_be(
    make_model: MakeModel, tmp_path: Path
) -> None:
    start = make_model()
    samples = [discs(seed=i, name=f"photo {i}") for i in range(6)]
    given = settings(epochs=2, validation=0.34)
    result = run(samples, given, start=start, name="mine")
    story = result.model.spec.provenance

    assert result.model.spec.name == "mine"
    assert result.held_out == story["held_out"] == "2 held-out images"
    assert len(story["images"]) == 4
    assert set(story["images"]) < {sample.name for sample in samples}
    assert story["settings"] == given.to_dict()
    assert TrainSettings(**story["settings"]) == given
    assert (story["epochs"], story["best_epoch"]) == (2, result.best_epoch)
    assert story["parent"] == {"name": "tiny", "digest": start.digest()}
    assert story["software"].startswith("napari-imageseg ")
    assert story["created"].endswith("+00:00")
    best = result.history[result.best_epoch - 1]
    assert story["scores"]["loss"] == pytest.approx(best.validation_loss, abs=1e-5)
    assert list(story["scores"]["dice"]) == list(start.spec.scheme.names)
    reopened = load_model(result.model.save(tmp_path / "mine"))
    assert reopened.spec == result.model.spec
    assert reopened.digest() == result.model.digest()


def test_provenance_is_plain_json_even_if_a_class_was_not_held_out() -> None:
    sample = discs(128)
    sample.labels[:3, :3] = 3  # in one block, which stays in training
    result = run([sample], settings(validation=0.3, rate=1e-6), scheme=THREE)
    scores = result.model.spec.provenance["scores"]["dice"]

    json.dumps(result.model.spec.provenance, allow_nan=False)
    assert result.scores.matrix[2].sum() == 0
    assert set(scores) == {"soil", "leaf", "stone"}


def test_names_and_parents_have_defaults(make_model: MakeModel) -> None:
    brief = settings(epochs=1, steps=1)
    new, tuned = run([discs()], brief), run([discs()], brief, start=make_model())

    assert new.model.spec.name == "new"
    assert new.model.spec.provenance["parent"] == {}
    assert new.model.spec.arguments == TINY.to_dict()
    assert tuned.model.spec.name == "tiny tuned"


def test_the_result_is_ready_to_predict() -> None:
    network = run([discs()], settings(epochs=1)).model.network

    assert not network.training
    assert {p.device.type for p in network.parameters()} == {"cpu"}


def test_the_default_settings_and_network_are_those_of_imageseg() -> None:
    task = train_task([discs()], scheme=TWO)
    first = next(task)
    task.close()

    assert first.total == TrainSettings().epochs * 10


def with_labels(labels: np.ndarray, name: str = "oak.jpg") -> Sample:
    """Return the discs with other labels."""
    return Sample(discs().image, labels.astype(np.uint8), name)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([], "Nothing is annotated"),
        ([with_labels(np.zeros((64, 64)))], "Nothing is annotated"),
        ([with_labels(np.full((64, 64), 2))], "Only leaf is annotated"),
        ([with_labels(np.eye(64) * 2 + 1)], "label 3.*only 2 classes"),
    ],
    ids=["no image", "no stroke", "one class", "a class too many"],
)
def test_too_little_annotation_is_told_before_anything_is_built(
    samples: list[Sample], message: str
) -> None:
    with pytest.raises(NotEnoughAnnotationsError, match=message):
        run(samples, settings())


def test_a_mask_of_another_size_is_named() -> None:
    wrong = with_labels(1 + np.eye(32))

    with pytest.raises(ShapeMismatchError, match=r"oak\.jpg.*\(32, 32\).*\(64, 64\)"):
        run([discs(), wrong], settings())


def test_images_of_other_channels_than_the_first_are_named() -> None:
    with pytest.raises(ShapeMismatchError, match=r"grey\.png"):
        run([discs(), discs(channels=1, name="grey.png")], settings())


@pytest.mark.parametrize(("wanted", "found"), [(1, 3), (3, 1), (3, 5), (5, 3), (1, 5)])
def test_a_start_model_of_other_channels_is_refused(
    make_model: MakeModel, wanted: int, found: int
) -> None:
    sample = discs(channels=found, name="oak.jpg")

    with pytest.raises(
        ModelMismatchError,
        match=rf"oak\.jpg has {found} channel.*'tiny' takes {wanted}",
    ):
        run([sample], settings(), start=make_model(channels=wanted))


def test_without_classes_and_start_model_the_classes_are_asked_for() -> None:
    with pytest.raises(SettingsError, match="scheme"):
        drain(train_task([discs()], settings()))


def test_a_training_that_diverges_says_so_and_spares_the_start_model(
    make_model: MakeModel,
) -> None:
    start = make_model()
    before = start.digest()
    glaring = np.full((64, 64, 3), 3e38, np.float32)  # overflows in the first layer
    broken = Sample(glaring, discs().labels, "glare")

    with pytest.raises(TrainingDivergedError, match="smaller learning rate") as told:
        run([broken], settings(validation=0.0, augmentation="none"), start=start)
    assert "in batch 1, patches of glare," in str(told.value)
    assert told.value.best is None
    assert start.digest() == before


def test_pixels_that_are_no_numbers_are_refused_before_training() -> None:
    image = discs().image.astype(np.float32)
    image[3, 4] = np.nan

    with pytest.raises(PixelValueError, match="holes: 3 of its 12288 pixel values"):
        run([discs(), Sample(image, discs().labels, "holes")], settings())


def test_memory_keeps_what_strokes_say_nothing_of() -> None:
    """Strokes of both classes in one corner must not change the rest much."""
    rng = np.random.default_rng(0)
    truth = np.where(np.indices((64, 64)).sum(0) // 16 % 2, 2, 1).astype(np.uint8)
    image = np.where(truth == 2, 170, 80) + rng.integers(-20, 20, truth.shape)
    image = image.astype(np.uint8)
    common = {"patch": 32, "batch": 2, "validation": 0, "augmentation": "none"}
    common |= {"device": "cpu", "precision": "fp32", "averaging": 0.0}
    start = drain(
        train_task(
            [Sample(image, truth)],
            TrainSettings(epochs=4, steps=30, rate=1e-2, **common),
            scheme=TWO,
            network=UNetSettings(filters=4, blocks=2),
        )
    ).model
    strokes = np.zeros_like(truth)
    strokes[2:6, 2:30], strokes[8:12, 2:30] = 2, 1  # wrong on purpose: much sky
    learning = TrainSettings(epochs=1, steps=30, rate=1e-2, memory=0.0, **common)
    before = drain(predict_task(start, image)).probabilities

    moved = []
    for settings in (learning, replace(learning, memory=5.0)):
        model = drain(train_task([Sample(image, strokes)], settings, start=start)).model
        after = drain(predict_task(model, image)).probabilities
        moved.append(float(np.abs(after - before)[:, 16:].mean()))

    assert moved[1] < 0.7 * moved[0]
