"""The command line answers with the right words and the right status."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

import imageseg
from imageseg import cli
from imageseg.cli import DONE, INTERRUPTED, SOME_FAILED, WRONG_USE, main
from imageseg.errors import SettingsError

VERBS = (
    "images",
    "prepare",
    "augment",
    "predict",
    "density",
    "train",
    "next",
    "evaluate",
    "crossval",
    "search",
    "figures",
    "models",
    "project",
    "samples",
)


def status_of_exit(arguments: list[str]) -> int:
    """Run what argparse ends by itself."""
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    return int(str(raised.value.code))


def test_the_states_are_those_that_are_documented() -> None:
    assert (DONE, SOME_FAILED, WRONG_USE, INTERRUPTED) == (0, 1, 2, 130)


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of_exit(["--help"]) == 0

    text = capsys.readouterr().out
    assert all(f"\n    {verb} " in text for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of_exit([verb, "--help"]) == 0

    text = capsys.readouterr().out
    assert text.startswith(f"usage: imageseg {verb}")
    assert not re.search(r"default:\s*(None|False)", text)


@pytest.mark.parametrize("verb", ["list", "info"])
def test_the_verbs_of_models_explain_themselves(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of_exit(["models", verb, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_the_version_is_that_of_the_package(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status_of_exit(["--version"]) == 0
    assert capsys.readouterr().out.strip() == imageseg.__version__


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "required: VERB"),
        (["segment"], "invalid choice: 'segment'"),
        (["predict"], "required: paths"),
        (["train", "--epochs", "many"], "invalid int value: 'many'"),
        (["train", "--device", "abacus"], "invalid choice: 'abacus'"),
        (["evaluate", "--coding", "xyz"], "mask coding is 'xyz'; it must be auto"),
        (["models"], "required: VERB"),
        (["samples", "desert", "--out", "x"], "invalid choice: 'desert'"),
    ],
)
def test_wrong_use_is_explained(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of_exit(arguments) == WRONG_USE
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_help_does_not_wait_for_torch(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from imageseg.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as exit: assert exit.code == 0\n"
        "print('HEAVY', {'torch', 'pandas', 'napari', 'scipy'} & set(sys.modules))"
    )
    process = subprocess.run(  # noqa: S603  our own interpreter and code
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )

    assert process.stdout.endswith("HEAVY set()\n")


def test_the_package_runs_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["imageseg", "models", "list", "--json"])

    with pytest.raises(SystemExit) as raised:
        runpy.run_module("imageseg", run_name="__main__")

    assert raised.value.code == DONE
    assert capsys.readouterr().out.startswith("{")


def test_arguments_are_taken_from_the_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["imageseg", "models", "list"])

    assert main() == DONE


def ending_in(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    """Run a verb that ends in an error."""

    def fail(options: Namespace) -> int:
        raise error

    monkeypatch.setattr("imageseg.cli.models.run_list", fail)
    return main(["models", "list"])


def test_errors_of_ours_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = ending_in(monkeypatch, SettingsError("rate", 7, "0 to 1"))

    assert status == WRONG_USE
    assert capsys.readouterr().err == "imageseg: rate is 7; it must be 0 to 1.\n"


def test_a_disk_that_takes_no_files_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = PermissionError(13, "Permission denied", "/out/density.csv")

    assert ending_in(monkeypatch, error) == WRONG_USE
    assert "Permission denied: '/out/density.csv'" in capsys.readouterr().err


def test_control_c_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending_in(monkeypatch, KeyboardInterrupt()) == INTERRUPTED

    captured = capsys.readouterr()
    assert captured.err == "imageseg: stopped; what was finished is kept.\n"
    assert captured.out == ""


def test_errors_of_the_program_itself_are_not_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ZeroDivisionError):
        ending_in(monkeypatch, ZeroDivisionError())


def test_the_verbs_are_the_modules_of_the_command_line() -> None:
    folder = Path(cli.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")}

    assert set(VERBS) == set(cli._VERBS)
    assert modules >= set(VERBS)
