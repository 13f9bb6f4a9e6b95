"""Engine tasks over frozen copies, and what they hand over on the way."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.density import WHOLE, CentredCircle
from imageseg.errors import ImageSegError
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.tasks import drain
from napari_imageseg import jobs
from napari_imageseg.sources import Source

CPU = PredictSettings(device="cpu", precision="fp32")
QUICK = TrainSettings(epochs=1, steps=1, batch=1, patch=32, validation=0, device="cpu")
SCHEME = ClassScheme.from_names(["dark", "bright"])


@pytest.fixture
def pixels() -> np.ndarray:
    """Return an image whose first two of eight rows are bright."""
    pixels = np.full((8, 10, 3), 20, np.uint8)
    pixels[:2] = 240
    return pixels


def predict(model, sources, **values):
    reports = []
    region = values.get("region", WHOLE)
    task = jobs.predict_task(model, sources, region, SCHEME, CPU)
    failed = drain(task, reports.append)
    handed = [r.predicted for r in reports if isinstance(r, jobs.PredictedProgress)]
    return failed, handed, reports


def test_a_source_reads_memory_before_its_file(pixels, tmp_path) -> None:
    path = tmp_path / "plot.png"
    Image.fromarray(255 - pixels).save(path)

    assert Source("plot", path, pixels).read().array is pixels
    np.testing.assert_array_equal(Source("plot", path, None).read().array, 255 - pixels)


def test_a_source_without_pixels_and_file_says_so() -> None:
    with pytest.raises(ImageSegError, match="plot has no pixels and no file"):
        Source("plot", None, None).read()


def test_finding_lists_the_images_of_a_folder(photos) -> None:
    found = drain(jobs.find_task([photos]))

    assert [path.name for path in found] == ["plot_1.png", "plot_2.png", "plot_10.png"]


def test_after_getting_ready_layers_import_nothing_more() -> None:
    code = (
        "import sys; import numpy as np; import napari.layers\n"
        "from napari_imageseg import jobs; from imageseg.tasks import drain\n"
        "steps = []; before = set(sys.modules)\n"
        "drain(jobs.ready_layers_task(), steps.append); ready = set(sys.modules)\n"
        "pixels = np.zeros((8, 8), np.uint8)\n"
        "napari.layers.Image(pixels); napari.layers.Labels(pixels)\n"
        "print(len(steps), len(ready - before) > 0, sorted(set(sys.modules) - ready))"
    )
    found = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "2 True []"


def test_a_model_saved_is_the_model_loaded(make_model, tmp_path) -> None:
    model = make_model()
    path = drain(jobs.save_model_task(model, tmp_path / "mine"))

    assert path.suffix == ".safetensors"
    assert drain(jobs.open_model_task(path)).digest() == model.digest()


def test_a_prediction_is_handed_over_with_its_density(threshold_model, pixels) -> None:
    source = Source("plot", None, pixels)
    failed, (predicted,), _ = predict(threshold_model(SCHEME), [source])

    assert failed == 0
    assert predicted.source is source
    np.testing.assert_array_equal(
        predicted.labels, np.where(pixels[..., 0] > 127, 2, 1)
    )
    assert predicted.density.fractions == {"dark": 0.75, "bright": 0.25}


def test_the_annotation_wins_in_the_density_not_in_the_labels(
    threshold_model, pixels
) -> None:
    annotation = np.zeros((8, 10), np.uint8)
    annotation[:2] = 1
    source = Source("plot", None, pixels, annotation)
    _, (predicted,), _ = predict(threshold_model(SCHEME), [source])

    assert predicted.density.fractions["bright"] == 0.0
    assert (predicted.labels[:2] == 2).all()


def test_one_bad_image_does_not_stop_the_others(
    threshold_model, pixels, tmp_path
) -> None:
    sources = [
        Source("first", None, pixels),
        Source("gone", tmp_path / "gone.png", None),
        Source("grey", None, pixels[..., 0]),
        Source("last", None, pixels),
    ]
    failed, handed, reports = predict(threshold_model(SCHEME), sources)

    assert failed == 2
    assert [p.source.name for p in handed] == ["first", "gone", "grey", "last"]
    assert [bool(p.error) for p in handed] == [False, True, True, False]
    assert "gone.png" in handed[1].error
    assert handed[1].labels is None
    fractions = [r.fraction for r in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_bug_in_the_network_is_no_bad_image(threshold_model, pixels) -> None:
    model = threshold_model(SCHEME)
    model.network.forward = lambda _: 1 / 0

    with pytest.raises(ZeroDivisionError):
        predict(model, [Source("plot", None, pixels)])


def test_the_density_is_that_of_the_region(threshold_model) -> None:
    """A bright disc of the circle's own size fills the circle."""
    y, x = np.mgrid[:20, :20] - 9.5
    inside = y**2 + x**2 <= 25
    pixels = np.repeat(np.where(inside, 240, 20).astype(np.uint8)[..., None], 3, 2)
    source = Source("disc", None, pixels)
    _, (predicted,), _ = predict(
        threshold_model(SCHEME), [source], region=CentredCircle(0.5)
    )

    assert predicted.density.fractions["bright"] == 1.0
    assert predicted.density.pixels == np.count_nonzero(inside)


def test_several_label_images_are_measured_again() -> None:
    labels = [np.array([[1, 2]], np.uint8), np.array([[2, 2]], np.uint8)]
    other = ClassScheme.from_names(["gap", "leaf"])
    rows = [
        jobs.Row(prediction, None, scheme)
        for prediction, scheme in zip(labels, [SCHEME, other], strict=True)
    ]
    densities = drain(jobs.measure_task(rows, WHOLE, SCHEME))

    assert densities[0].fractions == {"dark": 0.5, "bright": 0.5}
    assert densities[1].fractions == {"gap": 0.0, "leaf": 1.0}


def test_a_row_annotated_with_a_new_class_takes_the_classes_shown() -> None:
    prediction = np.array([[1, 2, 2, 2]], np.uint8)
    annotation = np.array([[0, 0, 0, 3]], np.uint8)
    shown = SCHEME.with_class("stone")
    (density,) = drain(
        jobs.measure_task([jobs.Row(prediction, annotation, SCHEME)], WHOLE, shown)
    )

    assert density.fractions == {"dark": 0.25, "bright": 0.5, "stone": 0.25}
