"""The U-Net with a ResNet as encoder is that of torchvision and of the field."""

from __future__ import annotations

import pytest

from imageseg.architectures import (
    Graph,
    count_parameters,
    encoder_nodes,
    layer_rows,
    write_graph,
)
from imageseg.architectures.resnet import imagenet_scale


def network(depth: str, channels: int = 3) -> Graph:
    return write_graph("resnet", channels, 1, {"encoder_layers": depth})


@pytest.mark.parametrize(
    ("depth", "encoder", "whole"),
    [("18", 11_176_512, 14_328_209), ("34", 21_284_672, 24_436_369)],
)
def test_it_learns_as_many_numbers_as_segmentation_models_pytorch_says(
    depth: str, encoder: int, whole: int
) -> None:
    """Those of torchvision without ``fc``, and of smp.Unet; running means aside."""
    graph = network(depth)
    names = set(encoder_nodes(graph))
    learned = sum(row.trainable for row in layer_rows(graph) if row.name in names)

    assert learned == encoder
    assert count_parameters(graph)[1] == whole


@pytest.mark.parametrize(("depth", "blocks"), [("18", [2] * 4), ("34", [3, 4, 6, 3])])
def test_its_levels_are_those_of_the_publication(depth: str, blocks: list[int]) -> None:
    """He et al. 2016, table 1: 112 pixels of 224, then 56, 28, 14 and 7."""
    rows = {row.name: row for row in layer_rows(network(depth), (224, 224))}

    assert rows["conv1"].shape == (112, 112, 64)
    for level, (count, side, width) in enumerate(
        zip(blocks, (56, 28, 14, 7), (64, 128, 256, 512), strict=True), start=1
    ):
        assert rows[f"layer{level}.{count - 1}.add"].shape == (side, side, width)
        assert f"layer{level}.{count}.add" not in rows
    kinds = [row.kind for row in rows.values() if row.name in encoder(depth)]
    convolutions = kinds.count("Conv2D") - 3  # those beside a block do not count
    assert convolutions + 1 == int(depth)  # the last layer would be dense


def encoder(depth: str) -> tuple[str, ...]:
    return encoder_nodes(network(depth))


def test_the_encoder_ends_before_the_decoder() -> None:
    names = encoder("18")

    assert names[-1] == "layer4.1.relu2"
    assert not [name for name in names if name.startswith(("decoder", "head"))]


def test_the_decoder_has_the_widths_of_the_field() -> None:
    rows = {row.name: row for row in layer_rows(network("34"), (64, 64))}
    shapes = [rows[f"decoder.{level}.conv2"].shape for level in range(5)]

    assert shapes == [(4 * 2**i, 4 * 2**i, 256 // 2**i) for i in range(5)]
    assert [rows[f"decoder.{level}.conv1"].parameters for level in range(5)] == [
        9 * (512 + 256) * 256,
        9 * (256 + 128) * 128,
        9 * (128 + 64) * 64,
        9 * (64 + 64) * 32,
        9 * 32 * 16,
    ]


@pytest.mark.parametrize(
    ("channels", "means", "deviations"),
    [
        (1, [0.449], [0.226]),
        (2, [0.449] * 2, [0.226] * 2),
        (3, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        (4, [0.485, 0.456, 0.406, 0.485], [0.229, 0.224, 0.225, 0.229]),
    ],
)
def test_values_are_scaled_as_those_of_imagenet(
    channels: int, means: list[float], deviations: list[float]
) -> None:
    numbers = imagenet_scale(channels)
    pairs = zip(numbers["scale"], numbers["offset"], strict=True)
    scaled = [0.7 * scale + offset for scale, offset in pairs]

    expected = [(0.7 - m) / d for m, d in zip(means, deviations, strict=True)]
    assert scaled == pytest.approx(expected, rel=1e-12)
