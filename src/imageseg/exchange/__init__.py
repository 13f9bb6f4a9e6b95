"""Models of other programs, opened as ours."""

from imageseg.exchange.open import load_model

__all__ = ["load_model"]
