"""What varies is read from text, listed, drawn, and turned into settings."""

from __future__ import annotations

import pytest

from imageseg.architectures import ARCHITECTURES
from imageseg.augmentation import AugmentSettings, preset
from imageseg.errors import SettingsError
from imageseg.search import Base, Space
from imageseg.search.dimension import Range, Values
from imageseg.settings import TrainSettings, UNetSettings, setting_fields


def names(cls: type) -> set[str]:
    return {field.name for field in setting_fields(cls)}


def test_values_have_the_types_of_their_settings() -> None:
    space = Space.parse(
        ["filters=8,16", "rate=1e-3,0.01", "loss=ce,dice", "nesterov=yes,no"]
    )

    assert [d.listed() for d in space.dimensions] == [
        (8, 16),
        (0.001, 0.01),
        ("ce", "dice"),
        (True, False),
    ]
    assert type(space.dimensions[0].listed()[0]) is int


def test_values_that_hold_commas_are_parted_by_bars() -> None:
    (dimension,) = Space.parse(["class_weights=equal|1,1,1.2"]).dimensions

    assert dimension == Values("class_weights", ("equal", "1,1,1.2"))
    assert str(dimension) == "class_weights=equal|1,1,1.2"


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("blocks=2..5", (2, 3, 4, 5)),
        ("batch=4..16:4", (4, 8, 12, 16)),
        ("dropout=0..0.3:0.1", (0.0, 0.1, 0.2, 0.3)),
        ("rate=1e-4..1e-2:log", None),
        ("weight_decay=0..0.1", None),
        ("filters=8..64:log", None),
    ],
)
def test_ranges_list_their_numbers_if_there_is_an_end_to_them(
    text: str, listed: tuple[float, ...] | None
) -> None:
    (dimension,) = Space.parse([text]).dimensions

    assert isinstance(dimension, Range)
    assert dimension.listed() == listed


def test_what_is_written_is_read_again() -> None:
    texts = ["network=unet,lab10", "filters=8..16:4", "rate=0.0001..0.01:log"]

    assert Space.parse(Space.parse(texts).to_texts()) == Space.parse(texts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour=1", "what varies is 'colour'"),
        ("rate", "given once each"),
        ("rate=", "values as in"),
        ("rate=5,6", "rate is 5.0"),
        ("rate=1e-2..1e-4", "from low to high"),
        ("momentum=0..0.9:log", "from above 0 for log"),
        ("filters=a", "of type int"),
        ("nesterov=perhaps", "yes or no"),
        ("optimiser=1..2", "one of adamw"),
        ("seed=1,2", "the same for all"),
        ("validation=0.1,0.2", "the same for all"),
        ("network=forest", "one of unet"),
        ("attention=yes", "unet has none"),
        ("filters=8..32:0.5", "a whole step"),
    ],
)
def test_what_cannot_be_varied_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Space.parse([text])


def test_a_name_stands_once() -> None:
    with pytest.raises(SettingsError, match="once"):
        Space.parse(["rate=0.1,0.2", "rate=0.3"])


def test_no_name_means_two_things() -> None:
    arguments = {n for a in ARCHITECTURES.values() for n in names(a.settings)}

    assert not arguments & names(TrainSettings)
    assert not arguments & names(AugmentSettings)
    assert not names(TrainSettings) & names(AugmentSettings)


def test_a_grid_holds_every_combination_once_and_no_argument_that_a_network_lacks() -> (
    None
):
    space = Space.parse(["network=unet,lab10", "filters=8,16", "layers_per_block=2,3"])

    assert space.points() == [
        {"network": "unet", "filters": 8, "layers_per_block": 2},
        {"network": "unet", "filters": 8, "layers_per_block": 3},
        {"network": "unet", "filters": 16, "layers_per_block": 2},
        {"network": "unet", "filters": 16, "layers_per_block": 3},
        {"network": "lab10", "filters": 8},
        {"network": "lab10", "filters": 16},
    ]


def test_bounds_are_those_of_the_networks_tried() -> None:
    (dimension,) = Space.parse(["blocks=5..7"]).dimensions

    assert dimension.listed() == (5, 6, 7)
    with pytest.raises(SettingsError, match="blocks is 6"):
        Space.parse(["blocks=6", "network=unet,unetpp"])


def test_too_many_combinations_are_not_listed() -> None:
    assert Space.parse(["filters=1..256", "epochs=1..1000"]).points() is None


def test_a_point_becomes_the_settings_of_a_training() -> None:
    base = Base(
        training=TrainSettings(epochs=7, augmentation="flips"),
        arguments={"filters": 4, "attention": True},
        changes={"noise": 0.1},
    )
    space = Space.parse(["rate=1e-3,1e-2", "blocks=2,3", "rotation=10,20"], base)

    found = space.configure({"rate": 0.01, "blocks": 3, "rotation": 20.0}, seed=5)

    assert found.training == TrainSettings(
        epochs=7, augmentation="flips", rate=0.01, seed=5
    )
    assert found.network == UNetSettings(filters=4, blocks=3)
    assert found.augment is not None
    assert (found.augment.rotation, found.augment.noise) == (20.0, 0.1)
    assert found.augment.flip_vertical == preset("flips").flip_vertical


def test_without_changes_the_preset_stays() -> None:
    space = Space.parse(["augmentation=flips,photo"])

    assert space.configure({"augmentation": "flips"}, seed=0).augment is None
