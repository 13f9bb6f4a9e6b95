"""Graphs at work: one torch module that runs any architecture."""

from imageseg.networks.network import GraphNetwork
from imageseg.networks.table import build_network, count_parameters

__all__ = ["GraphNetwork", "build_network", "count_parameters"]
