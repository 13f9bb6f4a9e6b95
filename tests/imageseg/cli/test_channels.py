"""``--channels`` picks and orders what models see; expectations come from NumPy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.cli import main
from imageseg.images import read_image
from imageseg.inference import predict_task
from imageseg.model import SegmentationModel, load_model
from imageseg.project import Changes, Project, Story
from imageseg.settings import PredictSettings, TrainSettings
from imageseg.spec import read_spec
from imageseg.tasks import drain

CPU = ("--device", "cpu", "--precision", "fp32")
NAMES = ("DAPI", "GFP", "RFP")
SETTINGS = PredictSettings(device="cpu", precision="fp32")

Captured = pytest.CaptureFixture[str]
MakeModel = Callable[..., SegmentationModel]


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def write_cells(path: Path, seed: int, names: Sequence[str] = NAMES) -> np.ndarray:
    """Write an OME-TIFF of one plane a channel; return it as (Y, X, C)."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 65536, (len(names), 40, 40), dtype=np.uint16)
    told = {"Channel": {"Name": list(names)}} if any(names) else {}
    path.parent.mkdir(exist_ok=True)
    tifffile.imwrite(
        path, pixels, photometric="minisblack", metadata={"axes": "CYX"} | told
    )
    return np.moveaxis(pixels, 0, -1)


@pytest.fixture
def cells(tmp_path: Path) -> np.ndarray:
    """Write one image of three named channels, and its mask."""
    mask = np.zeros((40, 40), np.uint8)
    mask[:15] = 255
    (tmp_path / "masks").mkdir()
    Image.fromarray(mask).save(tmp_path / "masks" / "a.png")
    return write_cells(tmp_path / "images" / "a.ome.tif", 1)


@pytest.fixture
def data(tmp_path: Path) -> list[str]:
    return ["--images", str(tmp_path / "images"), "--masks", str(tmp_path / "masks")]


@pytest.fixture
def save(tmp_path: Path, make_model: MakeModel) -> Callable[..., Path]:
    """Write an untrained model that may know its channels by name."""

    def write(channels: int, names: tuple[str, ...] = ()) -> Path:
        model = make_model(channels=channels, filters=2, blocks=1)
        model = replace(model, spec=replace(model.spec, channel_names=names))
        return model.save(tmp_path / f"of_{channels}.safetensors")

    return write


def expected(model: Path, pixels: np.ndarray) -> np.ndarray:
    return drain(predict_task(load_model(model), pixels, SETTINGS)).labels


def predicted(tmp_path: Path, model: Path, *flags: str) -> np.ndarray:
    """Predict the image of `cells` and read the labels that were written."""
    out = tmp_path / "out"
    status = run("predict", tmp_path / "images", "--model", model, "--out", out, *flags)
    assert status == 0
    return read_image(out / "a.ome_labels.png")


@pytest.mark.parametrize("flag", ["3,1", "RFP,DAPI", "rfp, dapi", "3,DAPI"])
def test_channels_are_predicted_in_the_order_given(
    tmp_path, cells, save, flag: str
) -> None:
    model = save(2)
    labels = predicted(tmp_path, model, "--channels", flag, *CPU)

    np.testing.assert_array_equal(labels, expected(model, cells[..., [2, 0]]))
    other = expected(model, cells[..., [0, 2]])
    assert (labels != other).any()  # the order matters to this model


def test_a_model_finds_the_channels_that_it_knows_by_name(
    tmp_path, cells, save
) -> None:
    labels = predicted(tmp_path, model := save(2, ("GFP", "DAPI")), *CPU)
    np.testing.assert_array_equal(labels, expected(model, cells[..., [1, 0]]))

    labels = predicted(tmp_path, model, "--channels", "1,2", *CPU)  # the flag wins
    np.testing.assert_array_equal(labels, expected(model, cells[..., [0, 1]]))


def test_one_colour_of_a_photograph_is_a_grey_image(
    tmp_path, photos: Any, save
) -> None:
    model, green = save(1), tmp_path / "green"
    green.mkdir()
    for path in photos.images.iterdir():
        Image.fromarray(np.asarray(Image.open(path))[..., 1]).save(green / path.name)
    tables = []
    for images, picked in ((photos.images, ("--channels", "2")), (green, ())):
        table = tmp_path / f"{images.name}.csv"
        flags = (*picked, "--overexposed", *CPU)
        assert run("density", images, "--model", model, "--table", table, *flags) == 0
        tables.append(pd.read_csv(table).drop(columns="image"))

    pd.testing.assert_frame_equal(*tables)


def test_channels_are_picked_of_stacks(tmp_path, save, rng) -> None:
    stack = rng.integers(0, 256, (4, 3, 32, 24), dtype=np.uint8)
    (tmp_path / "images").mkdir()
    path = tmp_path / "images" / "a.ome.tif"
    tifffile.imwrite(path, stack, photometric="minisblack", metadata={"axes": "ZCYX"})
    model, out = save(1), tmp_path / "out"
    flags = ("--out", out, "--channels", "2", *CPU)

    assert run("predict", path, "--model", model, *flags) == 0
    np.testing.assert_array_equal(
        read_image(out / "a.ome_labels.tif"), expected(model, stack[:, 1][..., None])
    )


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("Cy5,GFP", r"a\.ome\.tif: Channels Cy5,GFP .* 3 channels \(1 DAPI, 2 GFP, "),
        ("4,1", r"a\.ome\.tif: Channels 4,1 .* 3 channels .* Choose among these"),
    ],
)
def test_what_is_not_there_is_named_with_the_file(
    tmp_path, cells, save, capsys: Captured, flag: str, message: str
) -> None:
    table = tmp_path / "density.csv"
    flags = ("--channels", flag, "--table", table, *CPU)

    assert run("density", tmp_path / "images", "--model", save(2), *flags) == 1
    assert pd.read_csv(table)["error"].str.contains(message).all()


@pytest.mark.parametrize(
    "verb", ["predict", "density", "next", "figures", "evaluate", "train", "crossval"]
)
def test_a_model_of_another_number_of_channels_is_refused_at_once(
    tmp_path, cells, data, save, capsys: Captured, verb: str
) -> None:
    images, model = tmp_path / "images", save(2)
    arguments = {
        "predict": ("predict", images, "--out", tmp_path / "out", "--model", model),
        "density": ("density", images, "--model", model),
        "next": ("next", images, "--model", model),
        "figures": (*("figures", "overlay"), images, "--out", "out", "--model", model),
        "evaluate": ("evaluate", *data, "--model", model),
        "train": ("train", *data, "--start", model, "--out", tmp_path / "new"),
        "crossval": ("crossval", *data, "--start", model),
    }[verb]

    assert run(*arguments, "--channels", "GFP") == 2
    assert "--channels is 'GFP'; it must be 2 channels" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "1,,2", ""])
def test_what_names_no_channels_is_wrong_use(
    tmp_path, capsys: Captured, text: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("density", tmp_path, "--channels", text)
    assert "--channels" in capsys.readouterr().err


def test_a_new_model_learns_what_is_picked_and_keeps_its_names(
    tmp_path, cells, data, quick
) -> None:
    out = tmp_path / "new.safetensors"
    classes = ("--classes", "background", "cell")
    assert run("train", *data, *classes, "--channels", "3,1", "--out", out, *quick) == 0
    spec = read_spec(out)
    assert (spec.channels, spec.channel_names) == (2, ("RFP", "DAPI"))

    reordered = tmp_path / "reordered" / "images" / "a.ome.tif"
    reordered.parent.mkdir(parents=True)
    pixels = np.moveaxis(cells[..., [2, 0]], -1, 0)
    told = {"axes": "CYX", "Channel": {"Name": ["RFP", "DAPI"]}}
    tifffile.imwrite(reordered, pixels, photometric="minisblack", metadata=told)
    other = tmp_path / "other.safetensors"
    images = ("--images", reordered.parent, *data[2:])
    assert run("train", *images, *classes, "--out", other, *quick) == 0
    assert load_model(out).digest() == load_model(other).digest()

    labels = predicted(tmp_path, out, *CPU)  # finds them again, by name
    np.testing.assert_array_equal(labels, expected(out, cells[..., [2, 0]]))


def test_channels_without_names_are_found_again_by_number(
    tmp_path, photos: Any, quick
) -> None:
    out, table = tmp_path / "new.safetensors", tmp_path / "density.csv"
    flags = ("--classes", "leaf", "gap", "--channels", "2", "--out", out, *quick)
    assert run("train", *photos.data, *flags) == 0
    assert read_spec(out).channel_names == ("channel 2",)

    assert run("density", photos.images, "--model", out, "--table", table, *CPU) == 0
    photo = np.asarray(Image.open(photos.images / "1.png"))
    share = (expected(out, photo[..., 1]) == 2).mean()
    assert pd.read_csv(table)["gap_fraction"][0] == pytest.approx(share)


def test_a_start_model_goes_on_with_the_channels_that_it_knows(
    tmp_path, cells, data, save, quick
) -> None:
    start = save(2, ("GFP", "DAPI"))
    digests, names = [], []
    for flags in ((), ("--channels", "2,1"), ("--channels", "3,2")):
        out = tmp_path / "new.safetensors"
        command = ("train", *data, "--start", start, *flags, "--out", out, *quick[:-4])
        assert run(*command) == 0
        digests.append(load_model(out).digest())
        names.append(read_spec(out).channel_names)

    assert digests[0] == digests[1]
    assert digests[0] != digests[2]
    assert names == [("GFP", "DAPI"), ("GFP", "DAPI"), ("RFP", "GFP")]


def test_models_are_scored_on_what_is_picked(
    tmp_path, cells, data, save, capsys: Captured
) -> None:
    model = save(2)
    truth = np.where(read_image(tmp_path / "masks" / "a.png") > 0, 2, 1)
    labels = expected(model, cells[..., [2, 0]])
    flags = ("--json", *CPU)
    assert run("evaluate", *data, "--model", model, "--channels", "3,1", *flags) == 0
    (row,) = (r for r in json.loads(capsys.readouterr().out) if r["image"] == "a.ome")
    assert row["accuracy"] == pytest.approx((labels == truth).mean(), abs=1e-4)

    named = save(2, ("RFP", "DAPI"))
    assert run("evaluate", *data, "--model", named, *flags) == 0
    (same,) = (r for r in json.loads(capsys.readouterr().out) if r["image"] == "a.ome")
    assert same["accuracy"] == row["accuracy"]


def test_two_models_are_compared_on_what_is_picked(
    tmp_path, cells, data, save, capsys: Captured
) -> None:
    model = save(2)
    flags = ("--model", model, "--against", model, "--channels", "3,1", "--json", *CPU)

    assert run("evaluate", *data, *flags) == 0
    assert json.loads(capsys.readouterr().out)["images"][0]["image"] == "a.ome"


def test_models_that_know_other_channels_are_compared_on_what_is_told(
    tmp_path, cells, data, save, capsys: Captured
) -> None:
    model = save(2, ("DAPI", "GFP"))
    known = load_model(model)
    turned = replace(known.spec, channel_names=("GFP", "DAPI"))
    other = replace(known, spec=turned).save(tmp_path / "other.safetensors")
    flags = ("--model", model, "--against", other, *CPU)

    assert run("evaluate", *data, *flags) == 2
    assert "know different channels, GFP, DAPI and DAPI" in capsys.readouterr().err
    assert run("evaluate", *data, *flags, "--channels", "1,2") == 0


def test_names_in_other_letters_are_the_same_channels(
    tmp_path, cells, data, save
) -> None:
    known = load_model(save(2, ("DAPI", "GFP")))
    written = replace(known.spec, channel_names=("dapi", "gfp"))
    other = replace(known, spec=written).save(tmp_path / "other.safetensors")
    flags = ("--model", save(2, ("DAPI", "GFP")), "--against", other, *CPU)

    assert run("evaluate", *data, *flags) == 0


@pytest.fixture
def six(tmp_path: Path, cells: np.ndarray, data: list[str]) -> list[str]:
    """Write five images and masks more; enough to hold one out."""
    mask = read_image(tmp_path / "masks" / "a.png")
    for seed, name in enumerate("bcdef", start=2):
        write_cells(tmp_path / "images" / f"{name}.ome.tif", seed)
        Image.fromarray(mask).save(tmp_path / "masks" / f"{name}.png")
    return [*data, "--classes", "background", "cell", "--channels", "GFP"]


def test_folds_learn_and_are_scored_on_what_is_picked(
    six: list[str], quick, capsys: Captured
) -> None:
    assert run("crossval", *six, *quick, "--folds", "2", "--json") == 0
    images = {row["image"] for row in json.loads(capsys.readouterr().out)}
    assert {f"{name}.ome" for name in "abcdef"} <= images


def test_a_search_tries_settings_on_what_is_picked(
    tmp_path, six: list[str], quick
) -> None:
    out = tmp_path / "search"
    trials = ("--vary", "loss=ce,dice", "--validation", "0.3", "--out", out)

    assert run("search", *six, *quick, *trials) == 0
    spec = read_spec(out / "best.safetensors")
    assert (spec.channels, spec.channel_names) == (1, ("GFP",))


@pytest.mark.parametrize("kind", ["sheet", "overlay", "uncertainty", "compare"])
def test_figures_show_what_is_picked(tmp_path, cells, data, save, kind: str) -> None:
    reordered = tmp_path / "same"
    reordered.mkdir()
    tifffile.imwrite(
        reordered / "a.ome.tif",
        np.moveaxis(cells[..., [2, 0]], -1, 0),
        photometric="minisblack",
        metadata={"axes": "CYX"},
    )
    pictures = []
    for images, flags in ((Path(data[1]), ("--channels", "3,1")), (reordered, ())):
        where = ("--images", images, *data[2:]) if kind == "compare" else (images,)
        out = tmp_path / f"figures_{images.name}"
        shared = ("--out", out, "--model", save(2), "--dpi", "40", *flags, *CPU)
        assert run("figures", kind, *where, *shared) == 0
        (file,) = out.iterdir()
        pictures.append(read_image(file))

    np.testing.assert_array_equal(*pictures)


def test_images_are_ranked_by_what_is_picked(
    tmp_path, cells, save, capsys: Captured
) -> None:
    tables = []
    for model, flags in (
        (save(2), ("--channels", "3,1")),
        (save(2, ("RFP", "DAPI")), ()),
    ):
        command = ("next", tmp_path / "images", "--model", model, "--json")
        assert run(*command, *flags, *CPU) == 0
        tables.append(json.loads(capsys.readouterr().out))

    assert tables[0] == tables[1]


# -- projects -----------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, cells: np.ndarray, make_model: MakeModel) -> Path:
    """Make a project whose window has picked RFP and DAPI."""
    scheme = ClassScheme.from_names(["class 1", "class 2"])
    painted = np.ones((40, 40), np.uint8)
    painted[:15] = 2
    training = TrainSettings(
        epochs=1, steps=2, batch=1, patch=32, validation=0, device="cpu"
    )
    with Project.create(tmp_path / "plots", scheme) as project:
        (image,) = project.add_images([tmp_path / "images" / "a.ome.tif"])
        model = make_model(channels=2, filters=2, blocks=1)
        project.add_model(model, Story(accepted=True))
        project.save(
            Changes(
                annotations={image.id: painted},
                predict=SETTINGS,
                train=training,
                view={"channels": "3,1"},
            )
        )
    return tmp_path / "plots"


@pytest.mark.parametrize(
    ("flags", "seen"), [((), [2, 0]), (("--channels", "GFP,DAPI"), [1, 0])]
)
def test_a_project_predicts_what_it_has_picked_unless_told(
    folder: Path, tmp_path: Path, cells, flags: tuple[str, ...], seen: list[int]
) -> None:
    out = tmp_path / "out"
    assert run("predict", folder, *flags) == 0
    assert run("predict", folder, "--out", out, *flags) == 0

    with Project.open(folder, read_only=True) as project:
        (image,) = project.images
        labels = project.prediction(image.id)
        truth = expected(project.model_file(project.model), cells[..., seen])
    np.testing.assert_array_equal(labels, truth)
    np.testing.assert_array_equal(read_image(out / "a.ome_labels.png"), truth)


@pytest.mark.parametrize("flag", [("--channels", "2,1"), ("--model", "canopy")])
def test_a_project_measures_what_was_predicted(
    folder: Path, capsys: Captured, flag: tuple[str, str]
) -> None:
    assert run("density", folder, *flag) == 2
    told = capsys.readouterr().err

    assert f"{flag[0]} is '{flag[1]}'; it must be left out" in told
    anew = f"imageseg predict {folder} {flag[0]} {flag[1]} --again"
    assert f"`{anew}`" in told


def test_what_density_advises_instead_predicts_and_measures(
    folder: Path, cells, capsys: Captured
) -> None:
    assert run("predict", folder) == 0
    assert run("density", folder, "--channels", "2,1") == 2
    advised = capsys.readouterr().err.split("`")[1]
    assert main(shlex.split(advised)[1:]) == 0

    with Project.open(folder, read_only=True) as project:
        (image,) = project.images
        truth = expected(project.model_file(project.model), cells[..., [1, 0]])
        np.testing.assert_array_equal(project.prediction(image.id), truth)
        assert project.densities()["image"].tolist() == [image.id]


@pytest.fixture
def nameless(tmp_path: Path, make_model: MakeModel) -> tuple[Path, np.ndarray]:
    """Make a project of a file without names, which its window has given some."""
    pixels = write_cells(tmp_path / "images" / "a.ome.tif", 1, ("", "", ""))
    with Project.create(
        tmp_path / "plots", ClassScheme.from_names(["class 1", "class 2"])
    ) as project:
        (image,) = project.add_images([tmp_path / "images" / "a.ome.tif"])
        model = make_model(channels=2, filters=2, blocks=1)
        project.add_model(model, Story(accepted=True))
        told = {image.id: {"channels": list(NAMES)}}
        view = {"channels": "RFP,DAPI", "images": told}
        project.save(Changes(predict=SETTINGS, view=view))
    return tmp_path / "plots", pixels


@pytest.mark.parametrize(
    ("flags", "seen"), [((), [2, 0]), (("--channels", "gfp,DAPI"), [1, 0])]
)
def test_names_given_in_the_window_are_known_outside_of_the_project_too(
    nameless: tuple[Path, np.ndarray],
    tmp_path: Path,
    flags: tuple[str, ...],
    seen: list[int],
) -> None:
    folder, pixels = nameless
    out = tmp_path / "out"
    assert run("predict", folder, "--out", out, *flags) == 0
    assert run("predict", folder, *flags) == 0

    with Project.open(folder, read_only=True) as project:
        truth = expected(project.model_file(project.model), pixels[..., seen])
        (image,) = project.images
        np.testing.assert_array_equal(project.prediction(image.id), truth)
    np.testing.assert_array_equal(read_image(out / "a.ome_labels.png"), truth)


def test_a_project_is_ranked_by_the_names_given_in_the_window(
    nameless: tuple[Path, np.ndarray], save, capsys: Captured
) -> None:
    folder, _ = nameless
    tables = []
    for flags in ((), ("--channels", "3,1"), ("--channels", "2,1")):
        assert run("next", folder, "--json", *flags) == 0
        tables.append(json.loads(capsys.readouterr().out))

    assert tables[0] == tables[1]
    assert tables[0] != tables[2]


def test_a_model_finds_channels_by_the_names_given_in_the_window(
    nameless: tuple[Path, np.ndarray], tmp_path: Path, save
) -> None:
    folder, pixels = nameless
    with Project.open(folder) as project:
        project.save(Changes(view=dict(project.view) | {"channels": ""}))
    model = save(2, ("GFP", "DAPI"))
    assert run("predict", folder, "--model", model, "--out", tmp_path / "out") == 0

    truth = expected(model, pixels[..., [1, 0]])
    labels = read_image(tmp_path / "out" / "a.ome_labels.png")
    np.testing.assert_array_equal(labels, truth)


@pytest.mark.parametrize(
    ("flags", "names", "parent"),
    [
        ((), ("RFP", "DAPI"), "tiny"),
        (("--channels", "2,3"), ("GFP", "RFP"), "tiny"),
        (("--channels", "GFP", "--filters", "2", "--blocks", "1"), ("GFP",), ""),
    ],
)
def test_a_project_trains_on_what_it_has_picked_unless_told(
    folder: Path, flags: tuple[str, ...], names: tuple[str, ...], parent: str
) -> None:
    assert run("train", folder, *flags) == 0

    with Project.open(folder, read_only=True) as project:
        entry = project.models[-1]
        assert project.load_model(entry.id).spec.channel_names == names
        assert entry.parent == parent


def test_what_a_project_has_picked_yields_to_a_start_of_another_number(
    folder: Path, tmp_path: Path, make_model: MakeModel
) -> None:
    start = make_model(channels=3, filters=2, blocks=1)
    path = start.save(tmp_path / "three.safetensors")
    assert run("train", folder, "--start", path) == 0

    with Project.open(folder, read_only=True) as project:
        learned = project.load_model(project.models[-1].id)
    assert learned.spec.channel_names == NAMES
