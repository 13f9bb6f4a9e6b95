"""Models as bioimage.io packages: ours written and read, others described."""

from imageseg.exchange.bioimageio.archive import is_package
from imageseg.exchange.bioimageio.export import PackageOptions, export_package
from imageseg.exchange.bioimageio.importer import import_package

__all__ = ["PackageOptions", "export_package", "import_package", "is_package"]
