"""The napari plugin: docks over the engine `imageseg`; no mathematics here."""
