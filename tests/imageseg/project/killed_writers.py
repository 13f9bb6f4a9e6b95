"""Kill writers at random moments, and look at what they leave.

Run by `test_kill`: image i shows class i all over, whatever the classes are called or
numbered at the moment; image 4 shows class 3 while class 4 is merged into it. The model
that is proposed, and changes all the time, is a whole one.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from imageseg.classes import ClassScheme
from imageseg.project import Changes, NewPrediction, Project, Story
from imageseg.spec import bundled_models

IMAGES = ("1", "2", "3", "4")
MERGED = ("c1", "c2", "c3")
CANOPY = bundled_models()["canopy"]


def label_of(project: Project, image: str) -> int:
    names = project.scheme.names
    wanted = f"c{image}"
    return names.index(wanted if wanted in names else "c3") + 1


def full(label: int) -> np.ndarray:
    return np.full((200, 300), label, np.uint8)


def write_for_ever(folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    project = Project.open(folder)
    while True:
        merged = len(project.scheme) == 3
        image = rng.choice(IMAGES[:3] if merged else IMAGES)
        label = label_of(project, image)
        action = rng.randrange(5)
        if action == 0:
            project.save_annotation(image, full(label))
        elif action == 1:
            project.save(
                Changes(predictions={image: NewPrediction(labels=full(label))})
            )
        elif action == 2:
            project.save(Changes(view={"round": rng.random()}, current=image))
        elif action == 3:
            propose(project, rng)
        elif merged:
            project.undo_classes()
        else:
            edit_classes(project, rng)


def propose(project: Project, rng: random.Random) -> None:
    if rng.random() < 0.8:
        project.add_model("canopy", Story(proposed=True))
    else:
        project.propose_model()


def edit_classes(project: Project, rng: random.Random) -> None:
    names = project.scheme.names
    if rng.random() < 0.5:
        project.merge_classes(names.index("c4") + 1, into=names.index("c3") + 1)
    else:
        project.reorder_classes(rng.sample(range(1, 5), 4))


def check(project: Project) -> None:
    assert set(project.scheme.names) in ({*MERGED, "c4"}, set(MERGED))
    for image in IMAGES:
        for labels in (project.annotation(image), project.prediction(image)):
            assert labels is not None, image
            assert (labels == label_of(project, image)).all(), image
    assert {entry.id for entry in project.models} <= {project.proposed}
    for entry in project.models:
        assert project.model_file(entry.id).read_bytes() == CANOPY.read_bytes()


def kill_one(folder: Path, rng: random.Random) -> None:
    pid = os.fork()
    if pid == 0:
        write_for_ever(folder, rng.randrange(10**9))
    time.sleep(rng.uniform(0.02, 0.25))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    check(Project.open(folder, read_only=True))
    with Project.open(folder) as project:
        check(project)
        assert not project.layout.journal.exists()
        project.save()
        leftovers = [p for p in folder.rglob(".*") if p.name != "project.lock"]
        assert not leftovers, leftovers


def main(folder: Path, rounds: int, seed: int) -> None:
    scheme = ClassScheme.from_names([f"c{i}" for i in IMAGES])
    with Project.create(folder, scheme) as project:
        for image in IMAGES:
            project.add_pixels(image, np.zeros((200, 300), np.uint8))
        labels = {image: full(int(image)) for image in IMAGES}
        new = {image: NewPrediction(labels=own) for image, own in labels.items()}
        project.save(Changes(annotations=labels, predictions=new))
    rng = random.Random(seed)
    for _ in range(rounds):
        kill_one(folder, rng)
    print(f"{rounds} killed")  # noqa: T201  the test reads it


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
