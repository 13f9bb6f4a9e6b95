"""What happens when things go away while work is being done."""

from __future__ import annotations

import imageio.v3 as imageio
import numpy as np
import pytest
import tifffile
from qtpy.QtTest import QTest

from imageseg.samples import SAMPLES, canopy_scene
from napari_imageseg.docks import SegmentDock
from napari_imageseg.items import ImageItem

pytestmark = pytest.mark.canvas


@pytest.fixture
def painted(desk):
    """A desk with one image on which both classes are annotated."""
    sample = canopy_scene((128, 160), seed=0)
    desk.session.images.add(ImageItem(name="photo", pixels=sample.image))
    desk.wait()  # for the first model
    item = desk.session.images.current
    item.annotation[:40] = sample.labels[:40]
    desk.session.annotator.recount(item)
    return desk


def start_training(desk) -> None:
    desk.session.trainer.train()
    seen: list[object] = []
    desk.room.training.progressed.connect(lambda _, progress: seen.append(progress))
    desk.qtbot.waitUntil(lambda: len(seen) > 3, timeout=60_000)


def test_cancel_stops_training_and_changes_nothing(painted) -> None:
    model = painted.session.models.current
    digest = model.digest()
    start_training(painted)

    painted.click(painted.segment.train.progress.cancel_button)
    painted.wait(10)

    assert painted.session.models.candidate is None
    assert painted.session.models.current is model
    assert model.digest() == digest
    assert painted.segment.train.train_button.isEnabled()


def test_closing_the_dock_lets_training_end_and_a_new_dock_shows_the_result(
    painted,
) -> None:

    painted.session.trainer.settings = type(painted.session.trainer.settings)(
        epochs=2, patch=64, batch=2
    )
    start_training(painted)
    painted.viewer.window.remove_dock_widget(painted.segment)
    painted.segment.deleteLater()
    painted.wait(120)

    assert painted.session.models.candidate is not None
    again = SegmentDock(painted.viewer)
    painted.viewer.window.add_dock_widget(again, name="Segment", area="right")
    QTest.qWait(100)
    assert again.train.candidate.isVisible()


def test_closing_the_viewer_while_training_is_quiet(painted) -> None:
    start_training(painted)

    painted.viewer.close()
    painted.wait(10)

    assert painted.session.models.candidate is None
    assert painted.errors == []


def test_layers_deleted_and_renamed_while_predicting_are_tolerated(painted) -> None:
    annotation = painted.layer("annotation")
    kept = painted.session.images.current.annotation.copy()
    painted.session.predictor.predict()
    painted.layer("image").name = "renamed by hand"
    painted.viewer.layers.remove(annotation)
    painted.wait()
    painted.session.classes.select(2)

    assert painted.errors == []
    np.testing.assert_array_equal(painted.layer("annotation").data, kept)
    assert painted.layer("prediction").data.shape == kept.shape


def test_a_model_for_other_channels_says_so_and_keeps_the_rest(desk) -> None:
    sample = SAMPLES["microscopy"]((128, 128), seed=0)
    desk.session.images.add(ImageItem(name="cells", pixels=sample.image))
    desk.wait()  # for the first model

    desk.click(desk.segment.predict.predict_button)
    desk.wait()

    assert len(desk.errors) == 1
    assert "3 channels" in desk.errors[0]
    assert "one channel" in desk.errors[0]
    assert desk.segment.predict.predict_button.isEnabled()


def test_a_foreign_model_file_is_refused_and_the_old_model_stays(
    desk, tmp_path
) -> None:
    model = desk.session.models.current
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"\x80\x04 not a model")

    desk.session.models.open(path)
    desk.wait()

    assert "weights.safetensors" in desk.errors[0]
    assert desk.session.models.current is model


def test_training_with_one_class_asks_for_a_second(desk) -> None:
    sample = canopy_scene((128, 160), seed=0)
    desk.session.images.add(ImageItem(name="photo", pixels=sample.image))
    desk.session.classes.select(2)
    desk.paint(desk.layer("annotation"), [(40, 40), (40, 90)])

    desk.click(desk.segment.train.train_button)

    assert "second class" in desk.errors[0]
    assert not desk.room.training.busy


def test_own_layers_stay_when_a_photograph_gives_way_to_a_stack(desk, tmp_path) -> None:
    """Drawn while half of the layers are there, they have crashed OpenGL."""
    photo, stack = tmp_path / "photo.png", tmp_path / "stack.tif"
    imageio.imwrite(photo, canopy_scene((128, 160), seed=0).image)
    pixels = SAMPLES["stack"](seed=0).image[:4, :64, :64]
    tifffile.imwrite(stack, pixels, photometric="minisblack")
    images = desk.session.images
    images.open_paths([photo, stack])
    desk.wait()
    own = desk.viewer.add_labels(np.ones((128, 160), np.uint8), name="mine")
    dimensions = []
    for name in ("photo", "stack", "photo", "stack"):
        images.select(next(item for item in images.items if item.name == name))
        desk.wait()
        QTest.qWait(100)
        dimensions.append(desk.viewer.dims.ndim)

    assert own in desk.viewer.layers
    assert dimensions == [2, 3, 2, 3]
