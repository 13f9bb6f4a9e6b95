"""Every layout of the same data gives the same pairs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imageseg.datasets import Pairing, find_samples, read_pairs
from imageseg.errors import ImageReadError
from imageseg.images import read_image
from imageseg.masks import read_labels

GREYS = (0, 111, 222, 255)
COLOURS = ",".join(f"#{g:02x}{g:02x}{g:02x}" for g in GREYS)


def save(path: Path, values: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)
    return path


def save_palette(path: Path, greys: np.ndarray) -> Path:
    """Save a palette picture whose palette has an order of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    used, where = np.unique(greys, return_inverse=True)
    indices = (used.size - 1 - where.reshape(greys.shape)).astype(np.uint8)
    picture = Image.fromarray(indices).convert("P")
    picture.putpalette(np.repeat(used[::-1].astype(np.uint8), 3).tobytes())
    picture.save(path)
    return path


@pytest.fixture
def truth(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return three masks of 480² pixels with the grey values of four classes."""
    blocks = {name: rng.integers(0, 4, (12, 12)) for name in ("1", "2", "10")}
    return {
        name: np.array(GREYS, np.uint8)[np.kron(b, np.ones((40, 40), int))]
        for name, b in blocks.items()
    }


def parts(greys: np.ndarray) -> list[np.ndarray]:
    """Return a mask for each class but the first, black around it."""
    return [np.where(greys == g, greys, 0) for g in GREYS[1:]]


def flat(root: Path, truth: dict[str, np.ndarray]) -> tuple[Path, ...]:
    for name, greys in truth.items():
        save(root / "images" / f"{name}.png", greys)
        save_palette(root / "masks" / f"{name}.png", greys)
    return (root / "images", root / "masks")


def flat_by_itself(root: Path, truth: dict[str, np.ndarray]) -> tuple[Path, ...]:
    flat(root, truth)
    return (root,)


def together(root: Path, truth: dict[str, np.ndarray]) -> tuple[Path, ...]:
    for name, greys in truth.items():
        save(root / f"{name}.png", greys)
        save_palette(root / f"{name}_mask.png", greys)
    return (root,)


def numbered(root: Path, truth: dict[str, np.ndarray]) -> tuple[Path, ...]:
    for name, greys in truth.items():
        save(root / f"{name}.png", greys)
        for i, part in enumerate(parts(greys)):
            save_palette(root / f"{name}_mask_{i}.png", part)
    return (root,)


def nested(root: Path, truth: dict[str, np.ndarray]) -> tuple[Path, ...]:
    for name, greys in truth.items():
        save(root / name / "images" / f"{name}.png", greys)
        for i, part in enumerate(parts(greys)):
            save_palette(root / name / "masks" / f"{i:08x}.png", part)
    return (root,)


def table(root: Path, truth: dict[str, np.ndarray]) -> tuple[Path, ...]:
    rows = ["images,masks"]
    for name, greys in truth.items():
        save(root / "pictures" / f"{name}.png", greys)
        masks = [
            save_palette(root / "truth" / f"{name}-{i}.png", part)
            for i, part in enumerate(parts(greys))
        ]
        listed = ";".join(str(mask.relative_to(root)) for mask in masks)
        rows.append(f"pictures/{name}.png,{listed}")
    (root / "set.csv").write_text("\n".join(rows))
    return (root / "set.csv",)


@pytest.mark.parametrize(
    "layout", [flat, flat_by_itself, together, numbered, nested, table]
)
def test_every_layout_gives_the_same_labels(
    layout: object, tmp_path: Path, truth: dict[str, np.ndarray]
) -> None:
    pairing = find_samples(*layout(tmp_path, truth))  # type: ignore[operator]

    assert pairing.messages() == []
    assert {image.stem for image in pairing.images} == set(truth)
    labels = read_labels(pairing.masks, 4, coding=COLOURS)
    for image, found in zip(pairing.images, labels, strict=True):
        np.testing.assert_array_equal(read_image(image), truth[image.stem])
        expected = np.searchsorted(GREYS, truth[image.stem]) + 1
        np.testing.assert_array_equal(found, expected)


def test_samples_come_in_the_order_people_count(
    tmp_path: Path, truth: dict[str, np.ndarray]
) -> None:
    pairing = find_samples(*nested(tmp_path, truth))

    assert [image.stem for image in pairing.images] == ["1", "2", "10"]


def test_folders_that_mirror_each_other_pair_folder_by_folder(tmp_path: Path) -> None:
    small = np.zeros((4, 4), np.uint8)
    for site in ("a", "b"):
        save(tmp_path / "images" / site / "1.png", small)
        save(tmp_path / "masks" / site / "1.png", small)

    for pairing in (
        find_samples(tmp_path),
        find_samples(tmp_path / "images", tmp_path / "masks"),
    ):
        assert [(i.parent.name, m.parent.name) for i, (m,) in pairing.pairs] == [
            ("a", "a"),
            ("b", "b"),
        ]


def test_parts_of_a_set_are_found_together(tmp_path: Path) -> None:
    small = np.zeros((4, 4), np.uint8)
    for part, name in (("train", "1"), ("train", "2"), ("test", "1")):
        save(tmp_path / part / "images" / f"{name}.png", small)
        save(tmp_path / part / "masks" / f"{name}.png", small)

    pairing = find_samples([tmp_path / "train", tmp_path / "test"])

    assert [len(p.pairs) for p in (pairing, find_samples(tmp_path))] == [3, 3]


def test_a_sample_without_a_mask_is_named(tmp_path: Path) -> None:
    small = np.zeros((4, 4), np.uint8)
    for name in ("a", "b"):
        save(tmp_path / name / "images" / f"{name}.png", small)
        (tmp_path / name / "masks").mkdir()
    save(tmp_path / "a" / "masks" / "x.png", small)

    pairing = find_samples(tmp_path)

    assert [image.stem for image in pairing.images] == ["a"]
    assert [image.stem for image in pairing.images_without_mask] == ["b"]


def test_files_that_are_called_images_and_are_none_are_reported(
    tmp_path: Path,
) -> None:
    small = np.zeros((4, 4), np.uint8)
    for folder in ("images", "masks"):
        save(tmp_path / folder / "1.png", small)
    (tmp_path / "images" / "2.JPG").write_text("a text")
    (tmp_path / "masks" / "2.png").touch()
    (tmp_path / "masks" / "notes.txt").touch()

    pairing = find_samples(tmp_path)

    assert len(pairing.pairs) == 1
    assert pairing.unreadable == (
        tmp_path / "images" / "2.JPG",
        tmp_path / "masks" / "2.png",
    )
    assert (
        f"no image in {tmp_path / 'masks' / '2.png'}; left out." in pairing.messages()
    )


def outline(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"shapes": [], "imageHeight": 4, "imageWidth": 4}))


@pytest.mark.parametrize("masks", ["", "masks"])
def test_outlines_are_masks_where_no_picture_is_one(tmp_path: Path, masks: str) -> None:
    save(tmp_path / "images" / "1.jpg", np.zeros((4, 4), np.uint8))
    outline(tmp_path / (masks or "images") / "1.json")
    where = [tmp_path / "images", tmp_path / masks] if masks else [tmp_path / "images"]

    pairing = find_samples(*where)

    assert [m.suffix for m in pairing.masks[0]] == [".json"]


def test_outlines_beside_pictures_that_are_masks_are_left_alone(tmp_path: Path) -> None:
    save(tmp_path / "1.jpg", np.zeros((4, 4), np.uint8))
    save(tmp_path / "1.png", np.zeros((4, 4), np.uint8))
    outline(tmp_path / "1.json")

    assert find_samples(tmp_path) == Pairing(
        pairs=((tmp_path / "1.jpg", (tmp_path / "1.png",)),)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "images,masks\n1.png,m/1.png;m/2.png\n"),
        ("a.tsv", "image\tmask\n1.png\tm/1.png;m/2.png\n"),
        ("a.csv", '\ufeffimages;masks\n1.png;"m/1.png;m/2.png"\n\n'),
        ("a.csv", "plot, Masks ,Images\nx,m/1.png,1.png\nx,m/2.png,1.png\n"),
    ],
)
def test_tables_are_understood(tmp_path: Path, name: str, text: str) -> None:
    small = np.zeros((4, 4), np.uint8)
    image = save(tmp_path / "1.png", small)
    masks = tuple(save(tmp_path / "m" / f"{k}.png", small) for k in (1, 2))
    (tmp_path / name).write_text(text, "utf-8")

    assert find_samples(tmp_path / name).pairs == ((image, masks),)


def test_what_a_table_names_and_is_not_there_is_reported(tmp_path: Path) -> None:
    small = np.zeros((4, 4), np.uint8)
    files = [save(tmp_path / f"{n}.png", small) for n in ("1", "1m", "2", "2m", "3")]
    (tmp_path / "a.csv").write_text(
        "images,masks\n1.png,1m.png\n2.png,2m.png;gone.png\n3.png,\nlost.png,1m.png\n"
    )

    pairing = read_pairs(tmp_path / "a.csv")

    assert pairing.pairs == ((files[0], (files[1],)),)
    assert pairing.images_without_mask == (files[2], files[4])
    assert pairing.masks_without_image == (files[3],)
    assert pairing.absent == (tmp_path / "lost.png", tmp_path / "gone.png")


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"", b"\xff\xfe\x00"])
def test_a_table_without_the_columns_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)

    with pytest.raises(ImageReadError, match=r"a\.csv"):
        find_samples(tmp_path / "a.csv")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match="gone"):
        find_samples(tmp_path / "gone")
