"""Sources open images for workers, with the channels that a model takes."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from imageseg.classes import ClassScheme
from imageseg.errors import ImageSegError, ShapeMismatchError
from imageseg.images import ChannelChoice, write_image
from imageseg.spec import ModelSpec
from napari_imageseg import sources
from napari_imageseg.items import ImageItem
from napari_imageseg.sources import Source, source_of


def spec_of(channels: int, *names: str) -> ModelSpec:
    return ModelSpec(
        name="m",
        architecture="unet",
        arguments={},
        channels=channels,
        scheme=ClassScheme.from_names(["a", "b"]),
        channel_names=names,
    )


@pytest.fixture
def five(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (6, 8, 5), dtype=np.uint8)


def test_a_model_of_three_channels_takes_the_first_three_unless_told(five) -> None:
    source = Source("plot", None, five, axes="YXC")
    with source.opened(spec_of(3)) as stack:
        np.testing.assert_array_equal(stack.part(0), five[..., :3])
    told = Source("plot", None, five, axes="YXC", choice=ChannelChoice((4, 0, 1)))
    with told.opened(spec_of(3)) as stack:
        np.testing.assert_array_equal(stack.part(0), five[..., [4, 0, 1]])


def test_channels_are_found_by_the_names_that_the_model_knows(five) -> None:
    names = ("DAPI", "GFP", "RFP", "Cy5", "DIC")
    source = Source("plot", None, five, axes="YXC", channel_names=names)
    with source.opened(spec_of(2, "DIC", "GFP")) as stack:
        np.testing.assert_array_equal(stack.part(0), five[..., [4, 1]])


def test_too_few_channels_are_named_with_what_to_do(five) -> None:
    source = Source("plot", None, five[..., 0])

    with (
        pytest.raises(ShapeMismatchError, match=r"3 channels, but plot has only one"),
        source.opened(spec_of(3)),
    ):
        pass


def test_without_a_model_all_channels_are_seen(five) -> None:
    with Source("plot", None, five, axes="YXC").opened() as stack:
        assert stack.channels == 5


def test_axes_tell_a_narrow_stack_from_a_photograph() -> None:
    narrow = np.zeros((7, 6, 3), np.uint8)

    with Source("plot", None, narrow).opened() as stack:
        assert (stack.shape, stack.channels) == ((7, 6), 3)
    with Source("stack", None, narrow, axes="ZYX").opened() as stack:
        assert (stack.shape, stack.channels) == ((7, 6, 3), 1)


@pytest.mark.parametrize("limit", [10**9, 10])
def test_files_are_read_whole_or_by_slices(limit, tmp_path, monkeypatch) -> None:
    pixels = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
    path = tmp_path / "narrow.ome.tif"
    tifffile.imwrite(path, pixels, metadata={"axes": "ZYX"}, photometric="minisblack")
    monkeypatch.setattr(sources, "_READ_WHOLE", limit)
    source = Source("narrow", path, None)

    with source.opened(spec_of(1)) as stack:
        assert stack.shape == (5, 6, 3)
        np.testing.assert_array_equal(stack.part(3), pixels[3, ..., None])
    read = source.read()
    assert read.axes == "ZYX"
    np.testing.assert_array_equal(read.array, pixels)


def test_a_source_without_pixels_and_file_says_so() -> None:
    with (
        pytest.raises(ImageSegError, match="plot has no pixels and no file"),
        Source("plot", None, None).opened(),
    ):
        pass


def test_a_smaller_copy_knows_the_full_size() -> None:
    full = np.zeros((3, 8, 8), np.uint8)
    item = ImageItem(name="pyramid", pixels=full, levels=(full[:, ::2, ::2],))

    assert source_of(item).shape is None
    source = source_of(item, level=1)
    assert source.pixels.shape == (3, 4, 4)
    assert source.shape == (3, 8, 8)


def test_the_annotation_to_learn_from_is_a_copy() -> None:
    item = ImageItem(name="plot", pixels=np.zeros((4, 4), np.uint8))
    item.ensure_annotation((4, 4))[0] = 1
    assert source_of(item).annotation is None  # nothing was counted yet
    item.count_annotated()

    assert source_of(item).annotation is item.annotation
    assert source_of(item, copy=True).annotation is not item.annotation


TWO = (np.full((8, 10), 10, np.uint8), np.full((8, 10), 200, np.uint8))


def test_channels_of_a_file_are_found_by_their_names(tmp_path) -> None:
    path = tmp_path / "cells.ome.tif"
    metadata = {"axes": "CYX", "Channel": {"Name": ["GFP", "DAPI"]}}
    tifffile.imwrite(path, np.stack(TWO), metadata=metadata)
    names = Source("cells", path, None).read().channel_names
    assert names == ("GFP", "DAPI")

    source, spec = (
        Source("cells", path, None, channel_names=names),
        spec_of(2, "DAPI", "GFP"),
    )
    with source.opened(spec) as stack:
        assert stack.whole()[0, 0].tolist() == [200, 10]
    taught = source.seen_by(spec)  # training goes on with what the model sees
    with taught.opened() as stack:
        assert stack.whole()[0, 0].tolist() == [200, 10]
    assert taught.seen_names == ("DAPI", "GFP")


def test_channels_without_names_are_found_by_their_numbers() -> None:
    pixels = np.dstack([*TWO, np.zeros((8, 10), np.uint8)])
    picked = Source("cells", None, pixels, axes="YXC", choice=ChannelChoice((1, 0)))
    assert picked.seen_names == ("channel 2", "channel 1")

    spec = spec_of(2, *picked.seen_names)
    with replace(picked, choice=None).opened(spec) as stack:
        assert stack.whole()[0, 0].tolist() == [200, 10]
    taught = replace(picked, choice=None).seen_by(spec)  # and by training
    with taught.opened() as stack:
        assert stack.whole()[0, 0].tolist() == [200, 10]


def test_channels_are_picked_by_name(five) -> None:
    names = ("DAPI", "GFP", "RFP", "Cy5", "DIC")
    choice = ChannelChoice(("dic", "DAPI"))
    source = Source("cells", None, five, axes="YXC", channel_names=names, choice=choice)
    for spec in (None, spec_of(2)):
        with source.opened(spec) as stack:
            np.testing.assert_array_equal(stack.part(0), five[..., [4, 0]])
    assert source.seen_names == ("DIC", "DAPI")


def test_a_file_is_known_by_its_time_and_what_is_in_memory_by_its_pixels(
    tmp_path, rng
) -> None:
    path = tmp_path / "plot.png"
    pixels = rng.integers(0, 256, (8, 10, 3), dtype=np.uint8)
    write_image(path, pixels)
    source = Source("plot", path, None)
    before = source.identity
    one_channel = replace(source, choice=ChannelChoice((1,)))

    assert before == Source("plot", path, None).identity != one_channel.identity
    os.utime(path, ns=(0, 0))
    assert source.identity != before
    assert Source("plot", path, pixels).identity == ""  # may be older than the file
    assert Source("plot", None, pixels).identity == ""
    assert Source("plot", tmp_path, None).identity == ""  # OME-Zarr
