"""OME-Zarr of every version gives axes, levels and pixel sizes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imageseg.errors import ImageReadError
from imageseg.images import describe_image, open_image, read_image
from imageseg.units import PixelSize

zarr = pytest.importorskip("zarr")


def space(name: str) -> dict[str, str]:
    return {"name": name, "type": "space", "unit": "micrometer"}


CZYX = [{"name": "c", "type": "channel"}, space("z"), space("y"), space("x")]


def scaled(*scale: float) -> dict[str, Any]:
    return {"coordinateTransformations": [{"type": "scale", "scale": list(scale)}]}


def write(
    path: Path,
    levels: Sequence[np.ndarray],
    *,
    version: str = "0.4",
    axes: Sequence[Any] | None = CZYX,
    scales: Sequence[Sequence[float]] = (),
    **more: Any,
) -> Path:
    """Write an image by the NGFF specification of a version."""
    group = zarr.open_group(path, mode="w", zarr_format=3 if version == "0.5" else 2)
    datasets: list[dict[str, Any]] = []
    for i, level in enumerate(levels):
        group.create_array(f"s{i}", data=level, chunks=(1,) * (level.ndim - 2) + (4, 4))
        datasets.append({"path": f"s{i}"} | (scaled(*scales[i]) if scales else {}))
    image = {"version": version, "datasets": datasets} | more
    if axes is not None:
        image["axes"] = list(axes)
    if version == "0.5":
        group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    else:
        group.attrs["multiscales"] = [image]
    return path


@pytest.fixture
def levels(rng: np.random.Generator) -> list[np.ndarray]:
    """Return an image of two channels and its half."""
    large = rng.integers(0, 2**16, (2, 5, 8, 12), dtype=np.uint16)
    return [large, large[..., ::2, ::2]]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_levels_are_laid_out_with_channels_last(
    tmp_path: Path, levels: list[np.ndarray], version: str
) -> None:
    scales = [[1, 2.0, 0.5, 0.25], [1, 2.0, 1.0, 0.5]]
    path = write(tmp_path / "a", levels, version=version, scales=scales)

    with open_image(path) as image:
        assert (image.info.axes, image.info.format) == ("ZYXC", "zarr")
        assert image.info.colour == "channels"
        assert [level.info.pixel_size for level in image.levels] == [
            PixelSize(0.5, 0.25, 2.0),
            PixelSize(1.0, 0.5, 2.0),
        ]
        for level, stored in zip(image.levels, levels, strict=True):
            ours = np.moveaxis(stored, 0, -1)
            np.testing.assert_array_equal(level[1:4, ::2, 3], ours[1:4, ::2, 3])
            np.testing.assert_array_equal(level[...], ours)
    np.testing.assert_array_equal(read_image(path), np.moveaxis(levels[0], 0, -1))


def test_the_scale_of_all_levels_counts_too(
    tmp_path: Path, levels: list[np.ndarray]
) -> None:
    scales = [[1, 2, 3, 3], [1, 2, 6, 6]]
    path = write(tmp_path / "a", levels, scales=scales, **scaled(1, 1, 0.5, 0.5))

    assert describe_image(path).pixel_size == PixelSize(1.5, 1.5, 2.0)


@pytest.mark.parametrize(
    ("axes", "shape", "expected"),
    [
        (None, (1, 2, 5, 8, 12), "ZYXC"),
        (["z", "y", "x"], (5, 8, 12), "ZYX"),
        ([{"name": n} for n in "tyx"], (5, 8, 12), "TYX"),
        (
            [{"name": "dye", "type": "channel"}, space("y"), space("x")],
            (3, 8, 12),
            "YXC",
        ),
        ([{"name": "angle"}, space("y"), space("x")], (3, 8, 12), "ZYX"),
    ],
    ids=["0.1", "0.3", "names", "types", "unknown"],
)
def test_axes_of_other_versions_are_understood(
    tmp_path: Path, axes: Any, shape: tuple[int, ...], expected: str
) -> None:
    path = write(tmp_path / "a", [np.zeros(shape, np.uint8)], axes=axes)

    info = describe_image(path)

    assert info.axes == expected
    assert info.pixel_size is None


def test_the_first_image_of_bioformats2raw_is_read(
    tmp_path: Path, levels: list[np.ndarray]
) -> None:
    root = zarr.open_group(tmp_path / "a", mode="w", zarr_format=2)
    root.attrs["bioformats2raw.layout"] = 3
    write(tmp_path / "a" / "0", levels)

    np.testing.assert_array_equal(
        read_image(tmp_path / "a"), np.moveaxis(levels[0], 0, -1)
    )


@pytest.mark.parametrize(
    ("shape", "names", "axes"),
    [
        ((8, 12), None, "YX"),
        ((5, 8, 12), None, "ZYX"),
        ((8, 12, 3), None, "YXC"),
        ((5, 8, 12, 3), None, "ZYXC"),
        ((3, 5, 8, 12), None, "TZYX"),
        ((2, 8, 12), ["c", "y", "x"], "YXC"),
    ],
)
@pytest.mark.parametrize("version", [2, 3])
def test_plain_arrays_have_the_axes_they_name_or_the_usual_ones(
    tmp_path: Path, shape: tuple[int, ...], names: Any, axes: str, version: int
) -> None:
    options = {"dimension_names": names} if version == 3 else {}
    values = np.arange(np.prod(shape)).reshape(shape)
    array = zarr.create_array(
        tmp_path / "a", data=values, zarr_format=version, **options
    )
    if names and version == 2:
        array.attrs["_ARRAY_DIMENSIONS"] = names

    assert describe_image(tmp_path / "a").axes == axes


@pytest.mark.parametrize(
    ("attributes", "text"),
    [({"plate": {}}, "plate of many images"), ({}, "no multiscales")],
)
def test_a_group_without_an_image_says_what_to_name(
    tmp_path: Path, attributes: dict[str, Any], text: str
) -> None:
    zarr.open_group(tmp_path / "a", mode="w").attrs.update(attributes)

    with pytest.raises(ImageReadError, match=text):
        read_image(tmp_path / "a")


def test_a_damaged_level_is_named(tmp_path: Path, levels: list[np.ndarray]) -> None:
    path = write(tmp_path / "a", levels)
    for chunk in (path / "s0").glob("[0-9]*"):
        chunk.write_bytes(b"not a chunk")

    with pytest.raises(ImageReadError, match=f"{path}: it is damaged"):
        read_image(path)


def test_without_the_package_it_is_named(
    tmp_path: Path, levels: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a", levels)
    monkeypatch.setattr("imageseg.images.zarrs.is_installed", lambda _: False)

    with pytest.raises(ImageReadError, match=r"pip install .*\[zarr\]"):
        describe_image(path)


def test_only_the_channels_asked_for_are_read(
    tmp_path: Path, levels: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    omero = {"channels": [{"label": "DAPI"}, {"label": "GFP"}]}
    path = write(tmp_path / "a", levels)
    zarr.open_group(path, mode="a").attrs["omero"] = omero
    asked = []
    original = zarr.Array.__getitem__

    def noting(array: Any, key: Any) -> Any:
        asked.append(key[0])  # stored as CZYX
        return original(array, key)

    monkeypatch.setattr(zarr.Array, "__getitem__", noting)
    pixels = read_image(path, "GFP")

    np.testing.assert_array_equal(pixels, levels[0][1])
    assert asked == [1]
