"""What is learned from painted images, and from which model."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
import torch

from imageseg.classes import ClassScheme
from imageseg.density import WHOLE
from imageseg.errors import ImageReadError, NotEnoughAnnotationsError
from imageseg.forest import PixelMemory
from imageseg.images import ChannelChoice, LazyImage, write_image
from imageseg.model import new_model
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import drain
from napari_imageseg import jobs, teach_jobs
from napari_imageseg.sources import Source

QUICK = TrainSettings(epochs=1, steps=1, batch=1, patch=32, validation=0, device="cpu")
SCHEME = ClassScheme.from_names(["dark", "bright"])


@pytest.fixture
def pixels() -> np.ndarray:
    """Return an image whose first two of eight rows are bright."""
    pixels = np.full((8, 10, 3), 20, np.uint8)
    pixels[:2] = 240
    return pixels


def test_training_from_scratch_makes_a_model_for_the_classes(pixels) -> None:
    annotation = np.zeros((8, 10), np.uint8)
    annotation[0], annotation[-1] = 2, 1
    source = Source("plot", None, pixels, annotation)
    taught = drain(teach_jobs.teach_task([source], QUICK, SCHEME, None)).taught
    made = {kind: answer.model.spec for kind, answer in taught.answers.items()}

    assert made["instant"].name == "instant model"
    assert made["network"].name == "my model"
    assert {spec.scheme for spec in made.values()} == {SCHEME}


def test_training_on_names_the_model_after_the_one_before(make_model, pixels) -> None:
    annotation = np.zeros((8, 10), np.uint8)
    annotation[0], annotation[-1] = 2, 1
    start = make_model()
    before = start.digest()
    source = Source("plot", None, pixels, annotation)
    lesson = drain(teach_jobs.teach_task([source], QUICK, start.spec.scheme, start))

    assert lesson.taught.answers["network"].model.spec.name == "tiny tuned"
    assert [row.image for row in lesson.judgement.rows] == ["plot"]
    assert start.digest() == before


def test_images_that_are_learned_are_opened_and_not_read_yet(
    tmp_path, pixels, monkeypatch
) -> None:
    write_image(tmp_path / "plot.png", pixels)
    sources = [
        Source("plot", tmp_path / "plot.png", None, strokes_of_two()),
        Source("not annotated", tmp_path / "gone.png", None),
    ]
    monkeypatch.setattr(LazyImage, "read", lambda _: pytest.fail("it was read"))
    steps = []
    with ExitStack() as files:
        samples = drain(teach_jobs.samples_task(sources, files), steps.append)

    assert [step.message for step in steps] == [
        "opening plot",
        "opening not annotated",
    ]
    assert [sample.name for sample in samples] == ["plot"]


def strokes_of_two() -> np.ndarray:
    annotation = np.zeros((8, 10), np.uint8)
    annotation[0], annotation[-1] = 2, 1
    return annotation


def test_training_goes_on_from_a_model_whose_classes_are_in_another_order(
    make_model, pixels
) -> None:
    start = make_model()
    source = Source("plot", None, pixels, strokes_of_two())
    still = replace(QUICK, rate=1e-6)
    today = start.spec.scheme.reordered([2, 1]).after
    task = teach_jobs.teach_task([source], still, today, start, labels=(2, 1))
    lesson = drain(task)
    network = lesson.taught.answers["network"].model
    image = torch.rand(1, 3, 32, 32, generator=torch.manual_seed(0))
    with torch.no_grad():
        before = start.network(image).sigmoid()  # of its second class
        after = network.network(image).sigmoid()

    # one step only moves the statistics of batch normalisation a little
    assert (after - (1 - before)).abs().mean() < 0.1
    assert (after - before).abs().mean() > 0.2
    assert network.spec.name == "tiny tuned"
    assert network.spec.scheme.names == ("class 2", "class 1")
    assert lesson.judgement is not None


@pytest.mark.parametrize(
    ("labels", "name"),
    [((1, 2, 2), "tiny tuned"), ((1, 0, 2), "tiny tuned"), ((1, 1), "my model")],
    ids=["merged", "removed", "merged, one added"],
)
def test_of_other_classes_only_the_layers_before_the_last_are_taken_over(
    make_model, pixels, labels, name
) -> None:
    start = make_model(classes=len(labels))
    source = Source("plot", None, pixels, strokes_of_two())
    task = teach_jobs.teach_task([source], QUICK, SCHEME, start, labels=labels)
    lesson = drain(task)

    assert lesson.judgement is None  # it is no better or worse at these classes
    assert "start" not in lesson.taught.answers
    assert lesson.taught.answers["network"].model.spec.name == name
    assert lesson.taught.answers["network"].model.spec.scheme == SCHEME


def test_a_model_of_volumes_learns_from_strokes_in_a_stack_and_predicts_it() -> None:
    stack = np.random.default_rng(0).integers(0, 256, (5, 20, 24), dtype=np.uint8)
    strokes = np.zeros(stack.shape, np.uint8)
    strokes[1, 3:5, 2:20], strokes[3, 12:15, 4:9] = 1, 2
    start = new_model(
        SCHEME,
        channels=1,
        architecture="unet3d",
        arguments={"filters": 2, "blocks": 1},
    )
    source = Source("stack", None, stack, strokes)
    taught = drain(teach_jobs.teach_task([source], QUICK, SCHEME, start)).taught
    model = taught.answers["network"].model
    cpu = PredictSettings(device="cpu", precision="fp32")
    *_, last = jobs.predict_task(model, [source], WHOLE, SCHEME, cpu)

    assert model.spec.architecture == "unet3d"
    assert last.predicted.error == ""
    assert last.predicted.labels.shape == stack.shape


def test_images_without_annotation_are_nothing_to_train_on(pixels) -> None:
    source = Source("plot", None, pixels)

    with pytest.raises(NotEnoughAnnotationsError):
        drain(teach_jobs.teach_task([source], QUICK, SCHEME, None))


def test_training_reports_the_file_it_cannot_read(tmp_path) -> None:
    source = Source("gone", tmp_path / "gone.png", None, np.ones((2, 2), np.uint8))

    with pytest.raises(ImageReadError, match=r"gone\.png"):
        drain(teach_jobs.teach_task([source], QUICK, SCHEME, None))


def test_a_new_model_knows_its_channels_by_their_names() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 20, 24), dtype=np.uint8)
    strokes = np.zeros((20, 24), np.uint8)
    strokes[2, 2:20], strokes[12, 4:9] = 1, 2
    source = Source(
        "cells",
        None,
        pixels,
        strokes,
        axes="CYX",
        channel_names=("DAPI", "GFP", "red"),
        choice=ChannelChoice((2, 0)),
    )
    taught = drain(teach_jobs.teach_task([source], QUICK, SCHEME, None)).taught

    for answer in taught.answers.values():
        assert answer.model.spec.channel_names == ("red", "DAPI")


@pytest.mark.parametrize(
    ("depth", "architecture", "beside"),
    [("slices", "unet", 0), ("neighbours", "unet", 1), ("volumes", "unet3d", 0)],
)
def test_a_depth_that_the_model_does_not_see_makes_a_new_one(
    depth, architecture, beside, make_model
) -> None:
    stack = np.random.default_rng(0).integers(0, 256, (4, 32, 40), dtype=np.uint8)
    strokes = np.zeros(stack.shape, np.uint8)
    strokes[1, 3:5, 2:20], strokes[3, 12:15, 4:9] = 1, 2
    source = Source("stack", None, stack, strokes, axes="ZYX")
    start = make_model(channels=1)
    task = teach_jobs.teach_task([source], QUICK, start.spec.scheme, start, depth)
    spec = drain(task).taught.answers["network"].model.spec

    assert (spec.architecture, spec.neighbours) == (architecture, beside)
    assert spec.name == ("tiny tuned" if depth == "slices" else "my model")


def test_an_image_file_learned_from_before_is_not_read_again(
    tmp_path, monkeypatch
) -> None:
    rng = np.random.default_rng(0)
    for name in ("first", "second"):
        write_image(tmp_path / f"{name}.png", rng.integers(0, 256, (40, 50, 3), "u1"))
    annotation = np.zeros((40, 50), np.uint8)
    annotation[:3], annotation[20:22] = 1, 2
    memory, read = PixelMemory(), []
    whole = LazyImage.read
    monkeypatch.setattr(
        LazyImage,
        "read",
        lambda self: (read.append(self.info.path.stem), whole(self))[1],
    )

    def live() -> None:
        sources = [
            Source(name, tmp_path / f"{name}.png", None, annotation, memory=memory)
            for name in ("first", "second")
        ]
        drain(teach_jobs.live_task(sources, SCHEME, None, None, PredictSettings()))

    live()
    assert read == ["first", "second"]
    annotation = annotation.copy()
    live()
    assert read == ["first", "second"]
    write_image(tmp_path / "second.png", rng.integers(0, 256, (40, 50, 3), "u1"))
    live()
    assert read == ["first", "second", "second"]
