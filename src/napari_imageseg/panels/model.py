"""The model in use: what it is, open another, save it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMenu, QMessageBox, QPushButton, QWidget

from imageseg.project import ModelEntry
from imageseg.spec import ModelSpec, bundled_models
from napari_imageseg.panels.parts import (
    MODEL_FILTER,
    MODELS_TO_OPEN,
    ElidedLabel,
    ask_open,
    ask_save,
    button,
    column,
    hint,
    listen,
    row,
)
from napari_imageseg.session import Session


class ModelPanel(QWidget):
    """Name and description of the model, and where it comes from.

    Parameters
    ----------
    session
        Whose model.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._name = ElidedLabel()
        font = self._name.font()
        font.setBold(True)
        self._name.setFont(font)
        self._summary = hint("")
        self._choose = QPushButton("Choose")
        self._choose.setToolTip("A bundled model, a file, or a new one")
        self._choose.setMenu(self._menu())
        self._save = button("Save…", "Save the model as one file", self._ask_save)
        self._card = button(
            "Card…", "What the model is and how it came to be", self._show_card
        )
        column(
            self, self._name, self._summary, row(self._choose, self._save, self._card)
        )
        listen(self, session.models.changed, self._refresh)
        self._refresh()

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for name in bundled_models():
            menu.addAction(f"{name} (bundled)").triggered.connect(
                lambda _=False, n=name: self._session.models.open(n)
            )
        menu.addSeparator()
        self._earlier = menu.addMenu("Earlier models")
        self._earlier.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._fill_earlier)
        menu.addAction("Open a model file…").triggered.connect(self._ask_open)
        menu.addAction("New model: learn from my strokes").triggered.connect(
            self._session.models.new
        )
        return menu

    def _fill_earlier(self) -> None:
        """List the models of the project, the newest first."""
        self._earlier.clear()
        projects = self._session.projects
        for entry in reversed(projects.lineage):
            proposed = entry.id == projects.proposed_id
            action = self._earlier.addAction(entry_text(entry, proposed=proposed))
            action.setToolTip(entry_tip(entry))
            action.setCheckable(True)
            action.setChecked(entry.id == projects.model_id)
            action.triggered.connect(lambda _=False, e=entry.id: projects.use_model(e))
        self._earlier.setEnabled(not self._earlier.isEmpty())

    def _refresh(self) -> None:
        model = self._session.models.current
        self._save.setEnabled(model is not None)
        self._card.setEnabled(model is not None)
        if model is None and self._session.models.expected:
            self._name.set_text(self._session.models.expected)
            self._summary.setText("is being opened …")
            return
        if model is None:
            self._name.set_text("New model")
            self._summary.setText("Paint a few strokes of each class, then Train.")
            return
        bundled = (
            " (bundled)" if self._session.models.origin in bundled_models() else ""
        )
        self._name.set_text(f"{model.spec.name}{bundled}")
        note = self._session.labels.text(model, self._session.classes.scheme)
        self._summary.setText("\n".join(filter(None, (model.spec.summary, note))))

    def _ask_open(self) -> None:
        path = ask_open(self, "Open a model", MODELS_TO_OPEN)
        if path is not None:
            self._session.models.open(path)

    def _ask_save(self) -> None:
        if self._session.models.current is None:
            return
        name = self._session.models.current.spec.name.replace(" ", "-") + ".safetensors"
        path = ask_save(self, "Save the model", name, MODEL_FILTER)
        if path is not None:
            self._session.models.save(Path(path))

    def _show_card(self) -> None:
        if self._session.models.current is None:
            return
        box = QMessageBox(self)
        box.setWindowTitle("Model card")
        box.setTextFormat(Qt.TextFormat.MarkdownText)
        box.setText(card_text(self._session.models.current.spec))
        box.setModal(False)
        box.show()


def entry_text(entry: ModelEntry, *, proposed: bool = False) -> str:
    """Say which model of the lineage it is, when it was made and how good it is."""
    made = ""
    if entry.created:
        when = datetime.fromisoformat(entry.created).astimezone()
        made = f" · {when:%d %b %H:%M}"
    scores = [v for v in entry.scores.get("dice", {}).values() if v is not None]
    dice = f" · Dice {sum(scores) / len(scores):.2f}" if scores else ""
    kind = "" if entry.accepted else " · candidate"
    kind = " · proposed" if proposed else kind
    return f"{entry.name}{made}{dice}{kind}"


def entry_tip(entry: ModelEntry) -> str:
    """Say what a model of the lineage comes from and what its score rests on."""
    origin = f"from {entry.parent}" if entry.parent else "no parent in this project"
    told = ", ".join(text for text in (origin, entry.held_out, entry.note) if text)
    ask = "Choose it to compare it, and to accept or discard it."
    return told if entry.accepted else f"{told}\n{ask}"


def card_text(spec: ModelSpec) -> str:
    """Return a model's card and provenance as Markdown."""
    lines = [f"## {spec.name}", spec.summary, "", spec.card.strip(), ""]
    made = spec.provenance
    if made:
        images = made.get("images", [])
        lines += [
            f"- trained {made.get('created', '')} on {len(images)} images",
            f"- {made.get('held_out', '')}",
            f"- {made.get('epochs', '?')} epochs, best {made.get('best_epoch', '?')}",
        ]
        scores = made.get("scores", {}).get("dice", {})
        lines += [f"- Dice {name}: {_score(value)}" for name, value in scores.items()]
        if parent := made.get("parent"):
            lines.append(f"- from {parent['name']} ({parent['digest']})")
    return "\n".join(lines)


def _score(value: float | None) -> str:
    """Return a score; a class that was not held out has none."""
    return "–" if value is None else f"{value:.3f}"
