"""Many files become pages of figures; what fails is named and gone past."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import CANOPY, ClassScheme
from imageseg.errors import SettingsError
from imageseg.figures import FigureFiles
from imageseg.illustration import (
    comparisons_task,
    mosaics_task,
    overlays_task,
    sheets_task,
    uncertainties_task,
)
from imageseg.images import write_image
from imageseg.tasks import Progress, drain
from imageseg.training import Sample
from imageseg.units import PixelSize

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from imageseg.model import SegmentationModel


@pytest.fixture
def model(threshold_model: Callable[..., SegmentationModel]) -> SegmentationModel:
    return threshold_model(CANOPY)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Write ten photographs, the tenth part of each brighter."""
    paths = []
    for i in range(10):
        image = np.full((20, 20, 3), 30, np.uint8)
        image[: 2 * i] = 220
        paths.append(tmp_path / "in" / f"{i}.png")
        write_image(paths[-1], image)
    return paths


@pytest.fixture
def out(tmp_path: Path) -> FigureFiles:
    return FigureFiles(folder=tmp_path / "out", dpi=20)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Keep every figure that is written."""
    found: list[Figure] = []

    def keep(path: Path, figure: Figure, *, dpi: int) -> Path:
        found.append(figure)
        return path

    monkeypatch.setattr("imageseg.figures.save.save_figure", keep)
    return found


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def names(files: tuple[Path, ...]) -> list[str]:
    return [path.name for path in files]


def test_sheets_are_pages_of_eight_with_densities(
    files: list[Path],
    model: SegmentationModel,
    out: FigureFiles,
    drawn: list[Figure],
) -> None:
    result = drain(sheets_task(files, model, out))

    assert names(result.files) == ["sheet_01.png", "sheet_02.png"]
    assert [len(figure.axes) for figure in drawn] == [8 * 3 + 1, 2 * 3 + 1]
    assert texts(drawn[1])[3:6] == ["8.png", "canopy cover 0.20", "openness 0.80"]


def test_outside_the_region_classes_are_grey(
    files: list[Path],
    model: SegmentationModel,
    out: FigureFiles,
    drawn: list[Figure],
) -> None:
    drain(sheets_task(files[5:6], model, out, region=0.5))

    classes = drawn[0].axes[2].images[0].get_array()
    y, x = np.indices((20, 20)) - 9.5
    outside = y**2 + x**2 > 5**2
    np.testing.assert_array_equal((classes == 0x9C).all(-1), outside)
    assert "openness 0.50" in texts(drawn[0])


def test_files_that_fail_are_named_and_the_rest_is_drawn(
    files: list[Path],
    model: SegmentationModel,
    out: FigureFiles,
    drawn: list[Figure],
) -> None:
    files[3].write_bytes(files[3].read_bytes()[:40])
    files[4].unlink()
    result = drain(sheets_task(files, model, out))

    assert list(result.failures) == [str(files[3]), str(files[4])]
    assert "damaged" in result.failures[str(files[3])]
    shown = [text for text in texts(drawn[0]) if text.endswith(".png")]
    assert shown == [f"{i}.png" for i in (0, 1, 2, 5, 6, 7, 8, 9)]
    assert len(drawn) == 1


def test_a_failure_at_the_end_leaves_no_page_unwritten(
    files: list[Path],
    model: SegmentationModel,
    out: FigureFiles,
    drawn: list[Figure],
) -> None:
    files[-1].unlink()

    result = drain(sheets_task(files, model, out))
    assert names(result.files) == ["sheet_01.png", "sheet_02.png"]
    assert "8.png" in texts(drawn[1])


def test_a_page_that_cannot_be_written_ends_it_and_the_ones_before_stay(
    files: list[Path],
    model: SegmentationModel,
    out: FigureFiles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from imageseg.figures import save  # noqa: PLC0415

    original = save.save_figure

    def full(path: Path, figure: Figure, *, dpi: int) -> Path:
        if path.name == "sheet_02.png":
            raise OSError(28, "No space left on device")
        return original(path, figure, dpi=dpi)

    monkeypatch.setattr("imageseg.figures.save.save_figure", full)
    with pytest.raises(OSError, match="No space left"):
        drain(sheets_task(files, model, out))

    assert [path.name for path in out.folder.iterdir()] == ["sheet_01.png"]


def test_progress_tells_every_file(
    files: list[Path],
    model: SegmentationModel,
    out: FigureFiles,
    drawn: list[Figure],
) -> None:
    seen: list[Progress] = []
    drain(sheets_task(files, model, out), seen.append)

    fractions = [step.fraction for step in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert any("9.png" in step.message for step in seen)


@pytest.mark.parametrize("kind", ["overlay", "uncertainty"])
def test_one_figure_an_image_has_a_name_of_its_own(
    kind: str,
    files: list[Path],
    model: SegmentationModel,
    out: FigureFiles,
    tmp_path: Path,
) -> None:
    twin = tmp_path / "other" / "1.png"
    write_image(twin, np.zeros((20, 20, 3), np.uint8))
    task = overlays_task if kind == "overlay" else uncertainties_task
    result = drain(task([*files[:2], twin], model, out))

    stems = ("0", "in_1", "other_1")
    assert names(result.files) == [f"{stem}_{kind}.png" for stem in stems]
    for path in result.files:
        with Image.open(path) as file:
            file.verify()


def test_overlays_take_opacity_and_pixel_size(
    files: list[Path],
    model: SegmentationModel,
    out: FigureFiles,
    drawn: list[Figure],
) -> None:
    size = PixelSize(1.0, 1.0, unit="m")
    drain(overlays_task(files[:1], model, out, opacity=1.0, pixel_size=size))

    (axes,) = drawn[0].axes
    assert axes.texts[0].get_text() == "5 m"
    assert (axes.images[0].get_array() == [0x2E, 0x7D, 0x4F]).all()


def test_an_opacity_out_of_range_is_wrong_use(
    files: list[Path], model: SegmentationModel, out: FigureFiles
) -> None:
    with pytest.raises(SettingsError, match="opacity"):
        drain(overlays_task(files, model, out, opacity=2.0))


def test_comparisons_show_truth_and_errors(
    files: list[Path],
    model: SegmentationModel,
    out: FigureFiles,
    drawn: list[Figure],
) -> None:
    with Image.open(files[5]) as file:
        image = np.asarray(file)
    truth = np.ones((20, 20), np.uint8)
    truth[:5] = 2
    truth[15:] = 0
    bad = Sample(image, np.ones((3, 3), np.uint8), "bad")
    result = drain(comparisons_task([Sample(image, truth, "a"), bad], model, out))

    assert list(result.failures) == ["bad"]
    dice = 2 * 100 / (100 + 200)
    assert texts(drawn[0])[4:7] == ["a", "sky", f"Dice {dice:.3f}"]


def test_of_stacks_the_middle_is_drawn(
    threshold_model: Callable[..., SegmentationModel],
    out: FigureFiles,
    drawn: list[Figure],
    tmp_path: Path,
) -> None:
    stack = np.zeros((3, 30, 40), np.uint8)
    stack[1, :15] = 200
    write_image(tmp_path / "in" / "s.tif", stack)
    scheme = ClassScheme.from_names(["dark", "bright"])
    single = threshold_model(scheme, channels=1)
    drain(sheets_task([tmp_path / "in" / "s.tif"], single, out))
    labels = np.ones(stack.shape, np.uint8)
    labels[1, :15] = 2
    drain(comparisons_task([Sample(stack, labels, "s")], single, out))

    assert "bright 0.50" in texts(drawn[0])
    assert "Dice 1.000" in texts(drawn[1])


def test_mosaics_show_all_files(
    files: list[Path], out: FigureFiles, drawn: list[Figure]
) -> None:
    result = drain(mosaics_task(files, out, columns=3, rows=2))

    assert names(result.files) == ["mosaic_01.png", "mosaic_02.png"]
    assert [len(figure.axes) for figure in drawn] == [6, 4]
    assert texts(drawn[1]) == ["6.png", "7.png", "8.png", "9.png"]


@pytest.mark.parametrize("columns", [0, -3])
def test_a_page_without_columns_is_wrong_use(
    files: list[Path], out: FigureFiles, columns: int
) -> None:
    with pytest.raises(SettingsError, match="columns and rows"):
        drain(mosaics_task(files, out, columns=columns))


@pytest.mark.parametrize("task", [sheets_task, overlays_task, uncertainties_task])
def test_the_folder_of_the_images_takes_no_figures(
    task: Any, files: list[Path], model: SegmentationModel
) -> None:
    with pytest.raises(SettingsError, match="another folder"):
        drain(task(files, model, FigureFiles(folder=files[0].parent)))
