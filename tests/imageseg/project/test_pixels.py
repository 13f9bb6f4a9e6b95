"""Images without a file come back as they were."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.errors import SettingsError
from imageseg.project import Project, Space, pixels

RNG = np.random.default_rng(5)
ARRAYS = {
    "grey": RNG.integers(0, 256, (7, 9), dtype=np.uint8),
    "colour": RNG.integers(0, 256, (7, 9, 3), dtype=np.uint8),
    "stack": RNG.integers(0, 60000, (3, 7, 9), dtype=np.uint16),
    "float": RNG.normal(size=(7, 9)).astype(np.float32),
    "double stack": RNG.normal(size=(2, 7, 9)),
    "holes": np.where(np.eye(8) > 0, np.nan, 1).astype(np.float32),
    "truths": RNG.random((7, 9)) > 0.5,
    "signed": RNG.integers(-500, 500, (7, 9), dtype=np.int16),
    "thin": RNG.integers(0, 256, (3, 4, 3), dtype=np.uint16),
}


@pytest.mark.parametrize("planewise", [False, True])
@pytest.mark.parametrize("name", ARRAYS)
def test_pixels_are_kept_without_loss(
    project: Project, name: str, monkeypatch: pytest.MonkeyPatch, *, planewise: bool
) -> None:
    if planewise:
        monkeypatch.setattr(pixels, "_HELD", 0)
    array = ARRAYS[name]

    image = project.add_pixels(name, array)

    assert image.path.parent == project.folder / "images"
    back = project.pixels(image.id)
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)
    assert back.dtype == (np.uint8 if array.dtype == bool else array.dtype)


def test_space_is_kept(project: Project) -> None:
    space = Space(
        axes="ZYX", scale=(2, 0.5, 0.5), translate=(0, 1, 2), units=("µm",) * 3
    )
    image = project.add_pixels("nuclei [DAPI]", ARRAYS["stack"], space)
    project.close()

    with Project.open(project.folder) as again:
        assert again.image(image.id).name == "nuclei [DAPI]"
        assert again.image(image.id).space == space


def test_layers_of_one_name_are_two_images(project: Project) -> None:
    first = project.add_pixels("plot_1", ARRAYS["grey"])
    second = project.add_pixels("plot_1", ARRAYS["float"])

    assert (first.id, second.id) == ("plot_1-2", "plot_1-3")
    assert project.pixels(first.id).dtype == np.uint8


def test_what_no_file_keeps_is_refused(project: Project) -> None:
    for array in (np.zeros((4, 4), complex), np.zeros(4), np.zeros((4, 4), object)):
        with pytest.raises(SettingsError):
            project.add_pixels("odd", array)
    with pytest.raises(SettingsError, match="axes"):
        project.add_pixels("odd", ARRAYS["grey"], Space(axes="ZYX"))
    assert len(project.images) == 3
    assert not list((project.folder / "images").glob("*"))
