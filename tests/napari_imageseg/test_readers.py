"""Files are opened by their content, whatever their name says."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from napari.layers import Layer
from PIL import Image

from imageseg.classes import CANOPY
from imageseg.errors import ImageReadError
from imageseg.project import Project
from napari_imageseg.readers import get_project_reader, get_reader


@pytest.fixture
def png(tmp_path, rgb):
    """Return a colour photograph whose name lies about its format."""
    path = tmp_path / "photo.jpg"
    Image.fromarray(rgb).save(path, format="PNG")
    return path


def test_an_image_under_a_wrong_name_is_read(png, rgb) -> None:
    read = get_reader(str(png))
    ((data, meta, kind),) = read(str(png))

    np.testing.assert_array_equal(data, rgb)
    assert meta == {"name": "photo", "rgb": True}
    assert kind == "image"


def test_text_under_the_name_of_an_image_is_left_to_others(tmp_path) -> None:
    (tmp_path / "x.png").write_text("no image")

    assert get_reader(str(tmp_path / "x.png")) is None


@pytest.mark.parametrize("name", [".", "gone.png"], ids=["folder", "missing"])
def test_what_cannot_be_opened_is_left_to_others(tmp_path, name) -> None:
    assert get_reader(str(tmp_path / name)) is None


def test_several_files_become_several_layers(tmp_path, png, grey) -> None:
    other = tmp_path / "grey.tif"
    tifffile.imwrite(other, grey)
    paths = [str(png), str(other)]
    layers = [Layer.create(*data) for data in get_reader(paths)(paths)]

    assert [layer.name for layer in layers] == ["photo", "grey"]
    assert [layer.rgb for layer in layers] == [True, False]
    np.testing.assert_array_equal(layers[1].data, grey)


def test_one_foreign_file_among_images_leaves_all_to_others(tmp_path, png) -> None:
    (tmp_path / "notes.txt").write_text("notes")

    assert get_reader([str(png), str(tmp_path / "notes.txt")]) is None


def test_a_stack_is_no_colour_image(tmp_path) -> None:
    stack = np.arange(4 * 5 * 6, dtype=np.uint16).reshape(4, 5, 6)
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, stack, photometric="minisblack")
    ((data, meta, _),) = get_reader(str(path))(str(path))

    np.testing.assert_array_equal(data, stack)
    assert not meta["rgb"]


def test_a_damaged_image_says_which_when_it_is_read(tmp_path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    read = get_reader(str(path))

    with pytest.raises(ImageReadError, match=r"cut\.png"):
        read(str(path))


def test_a_project_is_opened_in_the_dock_and_brings_no_layers(
    tmp_path, monkeypatch
) -> None:
    folder, opened = tmp_path / "project", []
    Project.create(folder, CANOPY).close()
    monkeypatch.setattr("napari_imageseg.commands.open_project", opened.append)
    for path in (folder, folder / "project.json"):
        assert get_project_reader(str(path))(str(path)) == [(None,)]

    assert opened == [folder, folder / "project.json"]


def test_other_folders_are_no_projects(tmp_path) -> None:
    assert get_project_reader(str(tmp_path)) is None
    assert get_project_reader([str(tmp_path)]) is None
