"""Networks behind one table of names."""

from imageseg.networks.table import NETWORKS, Network, build_network, count_parameters
from imageseg.networks.unet import UNet

__all__ = ["NETWORKS", "Network", "UNet", "build_network", "count_parameters"]
