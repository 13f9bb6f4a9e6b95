"""``imageseg project``: create, describe, restore."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseg.classes import ClassScheme
from imageseg.cli import DONE, SOME_FAILED
from imageseg.cli.console import complain, count, print_values, say, show_progress
from imageseg.cli.flags import add_output_format
from imageseg.cli.train import add_context, scheme_of
from imageseg.errors import SettingsError

if TYPE_CHECKING:
    from imageseg.project import Project


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _configure_create(verbs.add_parser("create", help="make a project of images"))
    info = verbs.add_parser(
        "info", help="tell what a project holds, and whether its images are there"
    )
    use = verbs.add_parser("use", help="take a model into use: a candidate, or another")
    use.add_argument("folder", type=Path, help="of the project")
    use.add_argument(
        "model", help="id in the project, name of a bundled model, or a model file"
    )
    use.set_defaults(run=run_use)
    restore = verbs.add_parser(
        "restore", help="go back to the state before the last save"
    )
    locate = verbs.add_parser("locate", help="find images that have moved")
    for sub, run in ((info, run_info), (restore, run_restore), (locate, run_locate)):
        sub.add_argument("folder", type=Path, help="of the project")
        sub.set_defaults(run=run)
    add_output_format(info)
    locate.add_argument(
        "where", type=Path, help="folder to search, subfolders included"
    )


def _configure_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="of the new project")
    parser.add_argument("images", type=Path, nargs="+", help="image files or folders")
    parser.add_argument(
        "--classes",
        help="class names with commas between, in order of their ids; without it those "
        "of --model",
    )
    add_context(parser)
    parser.add_argument("--model", help="to begin with: a bundled model, or a file")
    parser.set_defaults(run=run_create)


def run_create(options: argparse.Namespace) -> int:
    """Make a project; images stay where they are."""
    from imageseg.images import find_images  # noqa: PLC0415  heavy
    from imageseg.project import Project, Story  # noqa: PLC0415

    scheme = _scheme(options)
    images = find_images(options.images)
    with Project.create(options.folder, scheme) as project:
        added = project.add_images(images)
        if options.model:
            project.add_model(options.model, Story(accepted=True))
    say(f"{count(len(added), 'image')} in the new project {options.folder}")
    return DONE


def _scheme(options: argparse.Namespace) -> ClassScheme:
    from imageseg.spec import find_model, read_spec  # noqa: PLC0415  rarely needed

    if options.classes:
        return scheme_of(options.classes.split(","), options.context)
    if options.model is None:
        raise SettingsError("--classes", None, "given when there is no --model")
    return read_spec(find_model(options.model)).scheme


def run_info(options: argparse.Namespace) -> int:
    """Describe a project; images that are missing are named."""
    from imageseg.project import Project  # noqa: PLC0415  heavy

    project = Project.open(options.folder, read_only=True)
    problems = show_progress(project.check_task(), quiet=options.json)
    values = _described(project) | {"problems": problems}
    print_values(values, as_json=options.json, text="\n".join(_lines(project)))
    complain(list(problems.values()))
    return SOME_FAILED if problems or project.problems else DONE


def _described(project: Project) -> dict[str, Any]:
    contents = project.contents
    return {
        "folder": str(project.folder),
        "malformed": list(project.problems),
        "classes": contents.scheme.to_dict()["classes"],
        "images": [
            image.to_dict() | {"path": str(image.path)} for image in contents.images
        ],
        "models": [entry.to_dict() for entry in contents.models],
        "model": contents.model,
        "proposed": contents.proposed,
        "region": contents.region,
        "predict": contents.predict.to_dict(),
        "train": contents.train.to_dict(),
    }


def _lines(project: Project) -> list[str]:
    found = Counter(image.status for image in project.listed)
    statuses = ", ".join(f"{n} {status}" for status, n in found.items())
    classes = ", ".join(f"{c.id} {c.name}" for c in project.scheme)
    lines = [
        f"{project.folder}",
        f"{count(len(project.listed), 'image')}" + (f": {statuses}" if found else ""),
        f"classes: {classes}",
    ]
    special = {project.proposed: "proposed", project.model: "in use"}
    for entry in project.models:
        usual = "accepted" if entry.accepted else "candidate"
        kind = special.get(entry.id, usual)
        origin = f", from {entry.parent}" if entry.parent else ""
        lines.append(f"model {entry.id}: {kind}{origin}, {entry.created}")
    return lines


def run_use(options: argparse.Namespace) -> int:
    """Take a model into use."""
    from imageseg.project import Project, Story  # noqa: PLC0415  heavy

    with Project.open(options.folder) as project:
        if options.model in {entry.id for entry in project.models}:
            project.use_model(options.model)
        else:
            project.add_model(options.model, Story(accepted=True))
        say(f"{options.folder} uses {project.model}")
    return DONE


def run_restore(options: argparse.Namespace) -> int:
    """Put the description before the last save back."""
    from imageseg.project import Project  # noqa: PLC0415  heavy

    with Project.open(options.folder, previous=True) as project:
        say(
            f"{project.folder} is as before its last save; the description that was "
            "there is in its folder removed."
        )
    return DONE


def run_locate(options: argparse.Namespace) -> int:
    """Search for images that are not where they were."""
    from imageseg.project import Project  # noqa: PLC0415  heavy

    with Project.open(options.folder) as project:
        found = show_progress(project.relocate_task(options.where))
    say(f"{count(len(found.found), 'image')} found")
    complain([f"{image.path} is not in {options.where}" for image in found.missing])
    complain([f"several files may be {image.path}" for image in found.ambiguous])
    return SOME_FAILED if found.missing or found.ambiguous else DONE
