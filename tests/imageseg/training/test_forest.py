"""The pixel classifier learns from strokes, and says honestly how well."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.errors import NotEnoughAnnotationsError
from imageseg.forest import ForestSettings
from imageseg.inference import predict_task
from imageseg.metrics import Scores
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import drain
from imageseg.training import Sample, fit_forest_task, train_task

QUICK = ForestSettings(features="basic", trees=10, depth=8)
TWO = ClassScheme.from_names(["ground", "disc"])
CPU = PredictSettings(device="cpu")


def _discs(seed=0, side=160):
    """Bright discs on dark ground, with noise; returns image and truth (1, 2)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    truth = np.ones((side, side), np.uint8)
    for cy, cx in rng.integers(0, side, (12, 2)):
        truth[(y - cy) ** 2 + (x - cx) ** 2 < 150] = 2
    image = 60 + 90 * (truth == 2) + rng.normal(0, 30, truth.shape)
    return image.clip(0, 255).astype(np.uint8), truth


def _strokes(seed=0):
    image, truth = _discs(seed)
    labels = np.zeros_like(truth)
    labels[5::40] = truth[5::40]
    return Sample(image, labels, f"discs {seed}")


def _fit(samples, settings=QUICK, **values):
    return drain(fit_forest_task(samples, settings, scheme=TWO, **values))


def _dice(model, seed=9):
    image, truth = _discs(seed)
    return Scores.of(truth, drain(predict_task(model, image, CPU)).labels, 2).dice[1]


def test_a_few_strokes_teach_it_what_noise_hides_from_single_pixels():
    result = _fit([_strokes()])

    assert _dice(result.model) > 0.9
    assert result.model.spec.architecture == "forest"
    assert result.model.spec.arguments == QUICK.to_dict()


def test_scores_on_unseen_groups_agree_with_new_images():
    result = _fit([_strokes(seed) for seed in range(6)])

    new = np.mean([_dice(result.model, seed) for seed in (20, 21, 22)])
    assert result.held_out == "images that a tree has not seen"
    assert result.scores.dice[1] == pytest.approx(new, abs=0.05)
    assert result.scores.pixels == pytest.approx(6 * 4 * 160, abs=2)


def test_labels_without_meaning_score_as_chance():
    """Trees that know single pixels by heart must not test each other's neighbours."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (256, 256), dtype=np.uint8)
    blocks = rng.integers(1, 3, (4, 4)).astype(np.uint8).repeat(64, 0).repeat(64, 1)

    result = _fit([Sample(noise, blocks)], ForestSettings(trees=20, depth=20))

    assert result.held_out == "blocks that a tree has not seen"
    assert result.scores.accuracy < 0.65


def test_annotations_in_one_block_leave_nothing_to_score():
    image, truth = _discs()
    labels = np.zeros_like(truth)
    labels[:60, :60] = truth[:60, :60]

    result = _fit([Sample(image, labels)])

    assert result.scores is None
    assert result.held_out == "no held-out blocks"
    assert result.history[0].validation_loss is None


def test_a_seed_decides_everything():
    sample = _strokes()
    first, again, other = (_fit([sample], seed=s).model.digest() for s in (1, 1, 2))

    assert first == again != other


def test_at_most_so_many_pixels_are_learned_from_and_rare_classes_more_densely():
    image, truth = _discs()
    truth[:, 4:] = 1  # few pixels of class 2

    settings = ForestSettings(features="basic", trees=3, pixels=400)
    result = _fit([Sample(image, truth)], settings)

    assert result.scores.pixels == pytest.approx(truth.size, rel=0.4)


def test_balanced_classes_find_more_of_a_rare_class():
    image, truth = _discs()
    noisy = np.random.default_rng(5).normal(image, 60).clip(0, 255).astype(np.uint8)
    found = []
    for balance in (False, True):
        settings = ForestSettings(features="basic", trees=10, depth=3, balance=balance)
        model = _fit([Sample(noisy, truth)], settings).model
        found.append((drain(predict_task(model, noisy, CPU)).labels == 2).sum())

    assert found[1] > found[0]


def test_unannotated_pixels_never_count():
    sample = _strokes()
    changed = sample.image.copy()
    far = np.zeros_like(changed, bool)
    far[140:] = True  # farther from any stroke than a feature looks
    labels = np.where(np.arange(160)[:, None] < 100, sample.labels, 0).astype(np.uint8)
    changed[far] = 255

    digests = {
        _fit([Sample(image, labels)]).model.digest()
        for image in (sample.image, changed)
    }

    assert len(digests) == 1


def test_classes_without_annotations_are_never_found():
    scheme = ClassScheme.from_names(["ground", "disc", "other"])
    result = drain(fit_forest_task([_strokes()], QUICK, scheme=scheme))

    found = drain(predict_task(result.model, _discs(4)[0], CPU)).labels

    assert set(np.unique(found)) == {1, 2}
    assert result.model.spec.provenance["scores"]["dice"]["other"] is None


def test_stacks_are_learned_slice_by_slice():
    samples = [_strokes(seed) for seed in (0, 1)]
    stack = Sample(
        np.stack([s.image for s in samples]), np.stack([s.labels for s in samples])
    )

    assert _dice(_fit([stack]).model) > 0.9


def test_progress_counts_planes_and_trees_and_can_be_cancelled():
    task = fit_forest_task([_strokes()], QUICK, scheme=TWO)
    first, second = next(task), next(task)
    task.close()

    assert (first.done, first.total, first.message) == (1, 11, "features of discs 0")
    assert second.message == "tree 1 of 10"


def test_one_class_is_not_enough():
    image, truth = _discs()

    with pytest.raises(NotEnoughAnnotationsError, match="Only ground"):
        _fit([Sample(image, np.ones_like(truth))])


def test_training_takes_it_as_a_network_and_goes_on_by_growing_anew():
    sample = _strokes()
    settings = TrainSettings(seed=3)
    direct = _fit([sample], seed=3).model

    trained = drain(train_task([sample], settings, scheme=TWO, network=QUICK)).model
    again = drain(train_task([sample], settings, start=trained)).model

    assert trained.digest() == again.digest() == direct.digest()
