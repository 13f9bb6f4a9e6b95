"""What napari reads about the plugin, and that all of it is there."""

from __future__ import annotations

import tomllib
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pytest
from npe2 import PluginManifest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "napari.yaml"
NAME = "napari-imageseg"


@pytest.fixture
def manifest() -> PluginManifest:
    """Return the manifest at the root of the repository."""
    return PluginManifest.from_file(FILE)


def test_every_python_name_can_be_imported(manifest) -> None:
    manifest.validate_imports()


def test_every_command_is_something_to_call(manifest) -> None:
    commands = manifest.contributions.commands
    assert commands
    for command in commands:
        module, _, name = command.python_name.partition(":")
        assert callable(getattr(import_module(module), name)), command.id


def test_commands_are_named_once_and_after_the_plugin(manifest) -> None:
    ids = [command.id for command in manifest.contributions.commands]

    assert len(set(ids)) == len(ids)
    assert all(i.startswith(f"{NAME}.") for i in ids)


def test_everything_contributed_is_a_command(manifest) -> None:
    contributions = manifest.contributions
    ids = {command.id for command in contributions.commands}
    used = [c.command for c in contributions.widgets + contributions.readers]
    used += [c.command for c in contributions.sample_data]
    used += [c.command for menu in contributions.menus.values() for c in menu]

    assert set(used) <= ids


def test_the_plugin_is_named_as_the_distribution(manifest) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert manifest.name == project["name"] == NAME
    assert project["entry-points"]["napari.manifest"] == {
        NAME: "napari_imageseg:napari.yaml"
    }


def test_the_package_has_the_manifest_of_the_root() -> None:
    inside = files("napari_imageseg").joinpath("napari.yaml")

    assert inside.read_text("utf-8") == FILE.read_text("utf-8")


def test_napari_finds_the_installed_plugin() -> None:
    try:
        distribution(NAME)
    except PackageNotFoundError:
        pytest.skip("the plugin runs from its sources; it is not installed")
    found = PluginManifest.from_distribution(NAME)
    ours = PluginManifest.from_file(FILE)

    assert found.contributions == ours.contributions
    assert (found.name, found.display_name) == (ours.name, ours.display_name)


def test_the_manifest_can_be_read_without_importing_the_plugin() -> None:
    """Napari scans at its start; nothing of ours may run for that."""
    assert find_spec("napari_imageseg").submodule_search_locations
    init = files("napari_imageseg").joinpath("__init__.py").read_text("utf-8")

    assert "import" not in init
