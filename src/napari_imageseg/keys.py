"""The keys of our layers: one table to bind them by and to list them from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from napari_imageseg.session import Session

MOST_CLASS_KEYS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A key, what it does and how people are told of it.

    Attributes
    ----------
    keys
        As napari spells them.
    shown
        As people read them.
    text
        What it does.
    actions
        One a key.
    on_image
        Whether the image's layer has it too, on which nothing can be painted.
    """

    keys: tuple[str, ...]
    shown: str
    text: str
    actions: tuple[Callable[[], object], ...]
    on_image: bool = False

    @property
    def bindings(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """Each key with what it does."""
        return zip(self.keys, self.actions, strict=True)


def key_table(session: Session) -> tuple[Key, ...]:
    """Return all keys, which act on a session."""
    classes, images, journal = session.classes, session.images, session.journal
    hide = partial(session.appearance.toggle, "prediction")
    numbers = range(1, MOST_CLASS_KEYS + 1)
    return (
        Key(
            tuple(str(number) for number in numbers),
            "1-9",
            "Paint with this class",
            tuple(partial(classes.select, number) for number in numbers),
        ),
        Key(("X",), "X", "Go back to the class before", (classes.swap,)),
        Key(
            ("Tab",),
            "Tab",
            "Hide or show the prediction",
            (hide,),
        ),
        Key(
            ("A",), "A", "Accept what is predicted in this view", (session.accept_view,)
        ),
        Key(
            ("Shift-A",),
            "Shift+A",
            "Accept all of the image: it is reviewed",
            (session.accept_image,),
        ),
        Key(("N",), "N", "Next image", (partial(images.step, 1),), on_image=True),
        Key(("B",), "B", "Image before", (partial(images.step, -1),), on_image=True),
        Key(
            ("G",),
            "G",
            "Go where a correction is worth most",
            (session.advisor.go,),
            on_image=True,
        ),
        Key(
            ("Control-Enter",),
            "Ctrl+Enter",
            "Predict this image",
            (session.predictor.predict,),
            on_image=True,
        ),
        Key(
            ("Shift-Enter",),
            "Shift+Enter",
            "Train",
            (session.trainer.train,),
            on_image=True,
        ),
        Key(
            ("Control-Z", "Control-Shift-Z"),
            "Ctrl+Z  Ctrl+Shift+Z",
            "Undo, redo: strokes and whole actions",
            (journal.undo, journal.redo),
            on_image=True,
        ),
    )
