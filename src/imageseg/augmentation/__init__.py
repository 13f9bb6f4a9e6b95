"""Random changes of images together with their labels, and fixed sets of them.

`settings` names the changes, `augmenter` draws them on the fly, `offline` writes
the classical set of turned and mirrored copies. Only `settings` does without
torch: forms and flags are made from it.
"""

from imageseg.augmentation.presets import preset
from imageseg.augmentation.settings import AugmentSettings

__all__ = ["AugmentSettings", "preset"]
