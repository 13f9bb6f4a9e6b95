"""Tiled prediction equals prediction at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from imageseg.classes import ClassScheme
from imageseg.errors import OutOfMemoryError, ShapeMismatchError
from imageseg.images import ValueScale
from imageseg.inference import predict as predicting
from imageseg.inference import predict_task
from imageseg.model import new_model
from imageseg.settings import PredictSettings
from imageseg.tasks import drain

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.inference import Prediction
    from imageseg.model import SegmentationModel

    MakeModel = Callable[..., SegmentationModel]


def picture(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    """Random pixels."""
    top = np.iinfo(dtype).max
    return np.random.default_rng(1).integers(0, top, shape, dtype=dtype, endpoint=True)


def predict(
    model: SegmentationModel, image: np.ndarray, tile: int = 1024, **options: Any
) -> Prediction:
    """Predict in float32 on the CPU."""
    settings = PredictSettings(device="cpu", precision="fp32", tile=tile)
    return drain(predict_task(model, image, settings, **options))


def at_once(model: SegmentationModel, pixels: np.ndarray) -> np.ndarray:
    """Call the network on a whole plane (Y, X, C) of values 0 to 1, mirrored."""
    stride = model.network.stride
    rows, columns = pixels.shape[:2]
    pads = [(0, -rows % stride), (0, -columns % stride), (0, 0)]
    mirrored = np.pad(pixels.astype(np.float32), pads, mode="reflect")
    batch = torch.from_numpy(mirrored.transpose(2, 0, 1)[None].copy())
    with torch.no_grad():
        logits = model.network(batch)[0, :, :rows, :columns]
    if len(logits) == 1:
        logits = torch.cat([torch.zeros_like(logits), logits])
    return logits.softmax(0).numpy()


NETWORKS = {
    "transpose": {},
    "upsample": {"decoder": "upsample"},
    "three layers": {"layers_per_block": 3},
    "upsample, three layers": {"decoder": "upsample", "layers_per_block": 3},
    "one block": {"blocks": 1},
    "three blocks": {"blocks": 3, "filters": 2},
    "no normalisation": {"batch_normalization": False},
}


@pytest.mark.parametrize("arguments", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("shape", [(150, 203), (129, 64)])
def test_tiles_give_what_the_whole_plane_gives(
    make_model: MakeModel, arguments: dict[str, Any], shape: tuple[int, int]
) -> None:
    model = make_model(**arguments)
    image = picture(*shape, 3)
    whole = at_once(model, image / 255)

    assert whole.std() > 0.01  # a constant would prove nothing
    for tile in (32, 50, 64, 1024):
        tiled = predict(model, image, tile).probabilities
        np.testing.assert_allclose(tiled, whole, atol=1e-5)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_any_channels_and_classes_are_predicted_and_sum_to_one(
    make_model: MakeModel, classes: int, channels: int
) -> None:
    model = make_model(classes, channels)
    image = picture(70, 45, channels)
    result = predict(model, image, tile=32)

    assert result.probabilities.shape == (classes, 70, 45)
    assert result.probabilities.dtype == np.float32
    np.testing.assert_allclose(result.probabilities.sum(0), 1, atol=1e-6)
    np.testing.assert_allclose(
        result.probabilities, at_once(model, image / 255), atol=1e-5
    )
    assert result.scheme == model.spec.scheme
    assert result.model == "tiny"


def test_a_grey_image_may_come_with_or_without_a_channel_axis(
    make_model: MakeModel,
) -> None:
    model, image = make_model(channels=1), picture(40, 50)

    without, with_axis = predict(model, image), predict(model, image[..., None])
    np.testing.assert_array_equal(without.probabilities, with_axis.probabilities)
    assert without.probabilities.shape == with_axis.probabilities.shape == (2, 40, 50)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_stack_is_predicted_as_its_slices(
    make_model: MakeModel, channels: int
) -> None:
    model = make_model(3, channels)
    stack = picture(3, 37, 52, *([channels] if channels > 1 else []))
    result = predict(model, stack, tile=32)

    assert result.probabilities.shape == (3, 3, 37, 52)
    for z in range(3):
        np.testing.assert_allclose(
            result.probabilities[:, z],
            predict(model, stack[z]).probabilities,
            atol=1e-5,
        )


SMALL = {
    "unetpp": {"filters": 2, "blocks": 2},
    "custom": {"filters": 2, "blocks": 2, "attention": True},
    "classic": {"filters": 2, "blocks": 2},
    "vanilla": {"filters": 2, "blocks": 2},
    "satellite": {"filters": 2, "blocks": 1},
    "habitatnet": {"filters": 1},
    "platypus": {"filters": 2},
    "lab10": {"filters": 2},
    "zhixuhao": {"filters": 1},
    "resnet": {"filters": 2},
    "tile1": {"filters": 2},
    "tile2": {"filters": 2},
    "tile3": {"filters": 2},
}


@pytest.mark.parametrize("architecture", SMALL)
@pytest.mark.parametrize("classes", [2, 3])
def test_every_architecture_predicts_any_size_in_tiles(
    architecture: str, classes: int
) -> None:
    torch.manual_seed(0)
    model = new_model(
        ClassScheme.from_names([f"class {k}" for k in range(classes)]),
        channels=3,
        architecture=architecture,
        arguments=SMALL[architecture],
    )
    model.network.eval()
    image = picture(250, 333, 3)
    tiled = predict(model, image, tile=96).probabilities

    assert tiled.shape == (classes, 250, 333)
    np.testing.assert_allclose(tiled, at_once(model, image / 255), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "channels", "parts"),
    [
        pytest.param((9, 20, 21), 1, 1, id="volume"),
        pytest.param((9, 20, 21, 2), 2, 1, id="channels"),
        pytest.param((20, 21), 1, 1, id="one plane"),
        pytest.param((2, 9, 20, 21), 1, 2, id="two times"),
    ],
)
def test_volumes_are_predicted_in_cubes_as_at_once(
    shape: tuple[int, ...], channels: int, parts: int
) -> None:
    torch.manual_seed(0)
    model = new_model(
        ClassScheme.from_names(["one", "two", "three"]),
        channels=channels,
        architecture="unet3d",
        arguments={"filters": 2, "blocks": 1},
    )
    image = picture(*shape)
    result = predict(model, image, tile=32).probabilities  # cubes of 10
    spatial = shape if channels == 1 else shape[:-1]
    volumes = image.reshape(parts, *(1, *spatial)[-3:], channels)
    padded = np.pad(
        volumes / 255,
        [(0, 0), *((0, -n % 2) for n in volumes.shape[1:4]), (0, 0)],
        mode="reflect",
    )
    with torch.no_grad():
        batch = torch.from_numpy(padded.astype(np.float32)).movedim(-1, 1)
        at_once = model.network.eval()(batch).softmax(1)
    cut = tuple(slice(n) for n in volumes.shape[1:4])

    assert result.shape == (3, *spatial)
    np.testing.assert_allclose(
        result, at_once.movedim(0, 1)[(..., *cut)].reshape(result.shape), atol=1e-5
    )


def test_percentiles_are_those_of_the_whole_image_in_every_tile(
    make_model: MakeModel,
) -> None:
    model = make_model(channels=1, normalisation="percentile")
    image = picture(96, 128, dtype=np.uint16) // 8
    image[:, 64:] += 30_000  # halves whose own percentiles differ
    low, high = np.percentile(image, [1, 99.8])
    scaled = np.clip((image - low) / (high - low), 0, 1)[..., None]

    np.testing.assert_allclose(
        predict(model, image, tile=32).probabilities, at_once(model, scaled), atol=1e-5
    )


def test_a_part_of_an_image_may_bring_the_scale_of_the_whole(
    make_model: MakeModel,
) -> None:
    model = make_model(channels=1, normalisation="percentile")
    image = picture(64, 64)
    image[:, 32:] //= 4
    scale = ValueScale.of(image, "percentile")

    result = predict(model, image[:, 32:], scale=scale)
    expected = at_once(model, scale.apply(image)[:, 32:, None])
    np.testing.assert_allclose(result.probabilities, expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 33), (3, 2)])
def test_the_smallest_images_are_predicted(
    make_model: MakeModel, shape: tuple[int, int]
) -> None:
    result = predict(make_model(), picture(*shape, 3))

    assert result.probabilities.shape == (2, *shape)
    assert np.isfinite(result.probabilities).all()


def test_progress_counts_every_tile_of_every_plane(make_model: MakeModel) -> None:
    settings = PredictSettings(device="cpu", precision="fp32", tile=32)
    reports = list(predict_task(make_model(), picture(2, 60, 90, 3), settings))

    assert [r.done for r in reports] == list(range(1, 13))  # 2 planes, 2 x 3 tiles
    assert {r.total for r in reports} == {12}
    assert reports[-1].fraction == 1.0
    assert reports[2].message == "tile 3 of 12"


def test_closing_the_task_early_leaves_the_model_untouched(
    make_model: MakeModel,
) -> None:
    model = make_model()
    before = model.digest()
    task = predict_task(model, picture(80, 80, 3), PredictSettings(tile=32))
    next(task)
    task.close()

    assert model.digest() == before
    assert list(task) == []


def test_predicting_never_moves_the_running_means(make_model: MakeModel) -> None:
    model = make_model()
    model.network.train()
    before = model.digest()
    predict(model, picture(40, 40, 3))

    assert model.digest() == before


@pytest.mark.parametrize(
    ("channels", "shape"), [(3, (40, 40)), (1, (40, 40, 3)), (5, (40, 40, 3))]
)
def test_other_channels_than_the_models_are_refused(
    make_model: MakeModel, channels: int, shape: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeMismatchError, match="The model takes"):
        predict(make_model(channels=channels), picture(*shape))


def test_bfloat16_is_close_to_float32(make_model: MakeModel) -> None:
    model, image = make_model(3), picture(60, 60, 3)
    reduced = PredictSettings(device="cpu", precision="bf16", tile=32)

    close = drain(predict_task(model, image, reduced)).probabilities
    exact = predict(model, image).probabilities
    assert close.dtype == np.float32
    np.testing.assert_allclose(close, exact, atol=0.05)
    assert not np.array_equal(close, exact)  # the setting reached the network


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
    ids=["device", "cpu", "python"],
)
def test_running_out_of_memory_says_what_to_change(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def forward(images: torch.Tensor) -> torch.Tensor:
        raise error

    model = make_model()
    monkeypatch.setattr(model.network, "forward", forward)

    with pytest.raises(OutOfMemoryError, match="smaller tile") as caught:
        predict(model, picture(40, 40, 3))
    assert caught.value.__cause__ is error


def test_memory_may_also_run_out_while_logits_become_probabilities(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(logits: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(predicting, "class_probabilities", fail)

    with pytest.raises(OutOfMemoryError, match="smaller tile"):
        predict(make_model(), picture(40, 40, 3))


def test_other_errors_of_the_network_are_not_disguised(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(images: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("a fault of ours")

    model = make_model()
    monkeypatch.setattr(model.network, "forward", forward)

    with pytest.raises(RuntimeError, match="a fault of ours"):
        predict(model, picture(40, 40, 3))


def test_default_settings_choose_a_device_that_is_there(
    make_model: MakeModel,
) -> None:
    assert drain(predict_task(make_model(), picture(20, 20, 3))).labels.shape == (
        20,
        20,
    )
