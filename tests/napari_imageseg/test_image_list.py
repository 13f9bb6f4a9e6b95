"""Opening, stepping, selecting and removing images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imageseg.errors import ImageReadError
from napari_imageseg.image_list import ImageList


@pytest.fixture
def images(errands) -> ImageList:
    """Return a list that reads at once."""
    return ImageList(errands)


@pytest.fixture
def shown(images) -> list:
    """Return the names shown, one after another."""
    names = []
    images.current_changed.connect(lambda item: names.append(item and item.name))
    return names


@pytest.fixture
def slow(held_runner):
    """Return a list and the runner that keeps its files."""
    runner = held_runner()
    return ImageList(runner), runner


def names(images: ImageList) -> list[str]:
    return [item.name for item in images.items]


def test_a_folder_opens_in_the_order_people_count(images, shown, photos) -> None:
    images.open_paths([photos])

    assert names(images) == ["plot_1", "plot_2", "plot_10"]
    assert shown == ["plot_1"]
    assert len(images) == 3
    np.testing.assert_array_equal(
        images.current.pixels, np.asarray(Image.open(photos / "plot_1.png"))
    )


def test_opening_again_adds_nothing(images, shown, photos) -> None:
    images.open_paths([photos])
    images.open_paths([photos, photos / "plot_2.png"])

    assert len(images) == 3
    assert shown == ["plot_1"]


def test_the_first_new_image_is_shown(images, photos) -> None:
    images.open_paths([photos / "plot_10.png"])
    images.open_paths([photos])

    assert names(images) == ["plot_10", "plot_1", "plot_2"]
    assert images.current.name == "plot_1"


def test_files_of_one_name_are_told_apart(images, photos) -> None:
    other = photos / "again"
    other.mkdir()
    (photos / "plot_1.png").rename(other / "plot_2.png")
    images.open_paths([photos])

    assert sorted(names(images)) == ["plot_10", "plot_2", "plot_2 (2)"]


def test_an_empty_folder_says_so(images, tmp_path) -> None:
    said = []
    images.nothing_found.connect(lambda: said.append(True))
    images.open_paths([tmp_path])

    assert said == [True]
    assert images.current is None


def test_opening_what_is_known_is_not_an_empty_folder(images, photos) -> None:
    said = []
    images.nothing_found.connect(lambda: said.append(True))
    images.open_paths([photos])
    images.open_paths([photos])

    assert said == []


def test_a_missing_file_is_an_error_of_the_errand(images, errands, tmp_path) -> None:
    images.open_paths([tmp_path / "gone.png"])

    ((title, error),) = errands.failures
    assert title == "Opening images"
    assert isinstance(error, ImageReadError)
    assert "gone.png" in str(error)


def test_an_unreadable_file_is_marked_and_the_next_one_shown(images, photos) -> None:
    told = []
    images.unreadable.connect(lambda item, error: told.append((item.name, str(error))))
    first, whole = photos / "plot_1.png", (photos / "plot_1.png").read_bytes()
    first.write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    images.open_paths([photos])

    ((name, error),) = told
    assert name == "plot_1"
    assert images.items[0].error == error
    assert "plot_1.png" in error
    assert images.current.name == "plot_2"

    first.write_bytes(whole)
    images.select(images.items[0])
    assert images.items[0].error == ""
    assert images.current.name == "plot_1"


def test_stepping_does_not_stick_at_an_unreadable_file(images, photos) -> None:
    images.open_paths([photos])
    (photos / "plot_2.png").write_bytes(b"no image any more")
    images.step(1)
    images.step(1)

    assert images.current.name == "plot_10"


def test_stepping_goes_round_and_round(images, shown, photos) -> None:
    images.open_paths([photos])
    for by in (1, 1, 1, -1):
        images.step(by)

    assert shown == ["plot_1", "plot_2", "plot_10", "plot_1", "plot_10"]


def test_stepping_through_nothing_does_nothing(images, shown) -> None:
    images.step(1)

    assert shown == []


def test_steps_taken_while_a_file_is_read_add_up(slow, photos) -> None:
    images, runner = slow
    images.open_paths([photos])
    runner.release()
    images.step(1)
    images.step(1)
    runner.release()

    assert images.current.name == "plot_10"


def test_selecting_reads_in_the_background(slow, photos) -> None:
    images, runner = slow
    images.open_paths([photos])
    runner.release()
    images.select(images.items[2])

    assert images.current.name == "plot_1"
    runner.release()
    assert images.current.name == "plot_10"


def test_the_image_chosen_last_is_shown(slow, make_item, photos) -> None:
    images, runner = slow
    images.add(make_item("in memory"))
    images.open_paths([photos])
    runner.release()
    images.select(images.items[2])
    images.select(images.items[0])
    runner.release()

    assert images.current.name == "in memory"


def test_an_image_removed_while_it_was_read_is_not_shown(slow, photos) -> None:
    images, runner = slow
    images.open_paths([photos])
    runner.release()
    gone = images.items[1]
    images.select(gone)
    images.remove(gone)
    runner.release()

    assert images.current.name == "plot_1"
    assert gone not in images.items


def test_an_image_in_memory_is_named_and_shown(images, shown, make_item) -> None:
    changes = []
    images.changed.connect(lambda: changes.append(len(images)))
    images.add(make_item())
    images.add(make_item())

    assert names(images) == ["plot", "plot (2)"]
    assert shown == ["plot", "plot (2)"]
    assert changes == [1, 2]


def test_removing_the_image_shown_shows_its_neighbour_with_pixels(
    images, photos
) -> None:
    images.open_paths([photos])
    images.remove(images.items[0])

    assert images.current.name == "plot_2"
    assert images.current.pixels is not None
    assert (photos / "plot_1.png").exists()


def test_removing_the_last_images_shows_none(images, shown, make_item) -> None:
    images.add(make_item("a"))
    images.add(make_item("b"))
    images.remove(images.items[1])
    images.remove(images.items[0])

    assert shown == ["a", "b", None, "a", None]
    assert images.current is None


def test_while_the_neighbour_is_read_the_removed_image_is_not_current(
    slow, photos
) -> None:
    images, runner = slow
    images.open_paths([photos])
    runner.release()
    images.remove(images.items[0])

    assert images.current is None
    runner.release()
    assert images.current.name == "plot_2"


def test_removing_another_image_leaves_the_one_shown(images, shown, make_item) -> None:
    images.add(make_item("a"))
    images.add(make_item("b"))
    images.remove(images.items[0])

    assert shown == ["a", "b"]
    assert images.current.name == "b"


def test_pixels_of_a_file_are_kept_while_it_is_shown_only(images, photos) -> None:
    images.open_paths([photos])
    images.step(1)

    assert [item.pixels is not None for item in images.items] == [False, True, False]


def test_pixels_without_a_file_are_kept(images, make_item, photos) -> None:
    images.add(make_item("in memory"))
    images.open_paths([Path(photos)])

    assert images.items[0].pixels is not None


def test_annotated_images_are_those_with_painted_pixels(images, make_item) -> None:
    images.add(make_item("a"))
    images.add(make_item("b"))
    images.items[1].ensure_annotation((8, 10))[0] = 1
    images.items[1].count_annotated()

    assert [item.name for item in images.annotated] == ["b"]


def test_an_image_removed_is_not_shown_again_by_itself(images, make_item) -> None:
    images.add(make_item("only"))
    images.hold()
    images.remove(images.items[0])
    images.go_on()

    assert images.current is None
    assert images.in_hand == set()


def test_an_image_chosen_and_removed_meanwhile_is_not_shown(images, make_item) -> None:
    for name in ("first", "second"):
        images.add(make_item(name))
    first, second = images.items
    images.hold()
    images.select(first)
    images.remove(first)
    images.go_on()

    assert images.current is second
