"""The arguments of the pixel classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from imageseg.settings import Checked, Setting

FeatureSet = Literal["weka", "basic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestSettings(Checked):
    """How pixels are described, and how trees learn to judge them."""

    features: Annotated[
        FeatureSet,
        Setting(
            label="Features",
            help="weka: the 76 planes of Trainable Weka Segmentation; basic: "
            "brightness, edges and curvature at four scales, three times as fast.",
        ),
    ] = "weka"
    trees: Annotated[
        int,
        Setting(
            label="Trees",
            help="Decision trees that vote; more are steadier and slower.",
            minimum=1,
            maximum=1000,
        ),
    ] = 200
    depth: Annotated[
        int,
        Setting(
            label="Depth",
            help="Most decisions on the way to a vote; fewer are faster.",
            minimum=1,
            maximum=64,
            advanced=True,
        ),
    ] = 20
    pixels: Annotated[
        int,
        Setting(
            label="Pixels",
            help="Annotated pixels learned from at most; rare classes more densely.",
            minimum=100,
            maximum=10_000_000,
            step=1000,
            advanced=True,
        ),
    ] = 20_000
    balance: Annotated[
        bool,
        Setting(
            label="Balance classes",
            help="All classes weigh the same, however much of each is annotated.",
        ),
    ] = False


INSTANT = ForestSettings(features="basic", trees=50, depth=16)
"""Answers within a second or two on a laptop."""
