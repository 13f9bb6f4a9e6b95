"""Models as ONNX files: written from the graph, and ours read back."""

from imageseg.exchange.onnx.export import OPSET, export_onnx
from imageseg.exchange.onnx.importer import import_onnx, is_onnx_file

__all__ = ["OPSET", "export_onnx", "import_onnx", "is_onnx_file"]
