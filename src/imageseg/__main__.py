"""``python -m imageseg`` is the command ``imageseg``."""

from imageseg.cli import main

raise SystemExit(main())
