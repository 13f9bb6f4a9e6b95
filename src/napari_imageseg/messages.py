"""What a session tells its user."""

from __future__ import annotations

from psygnal import Signal

from imageseg.errors import ImageSegError


class Messages:
    """Notes and errors, for whoever shows them."""

    notified = Signal(str)
    """Something worth saying happened."""
    failed = Signal(str, Exception)
    """What was tried, and the error that says why it did not work."""

    hints_wanted = Signal()
    """The user wants to be told what to do next."""

    def notify(self, text: str) -> None:
        """Tell of something worth saying."""
        self.notified.emit(text)

    def fail(self, title: str, error: Exception) -> None:
        """Tell of an error."""
        self.failed.emit(title, error)

    def refuse(self, title: str, reason: str) -> None:
        """Say why something was not done."""
        self.failed.emit(title, ImageSegError(reason))
