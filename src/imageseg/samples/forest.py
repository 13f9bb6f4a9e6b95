"""A forest seen from below: layers of foliage and the trees that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from imageseg.samples.branches import Shoots, grow_tree
from imageseg.samples.camera import linear
from imageseg.samples.fields import fractal_noise, ramp, smooth_noise
from imageseg.samples.foliage import Habit, grow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imageseg.samples.blades import Blades
    from imageseg.samples.painting import Painting

FRINGE = 0.25
"""Cover below which foliage is too thin to hold on to the rest."""

GREENS = (
    (3, 5, 4),
    (14, 19, 11),
    (40, 54, 23),
    (92, 118, 40),
    (166, 188, 66),
    (224, 232, 128),
)
"""From a leaf in deep shade to one with the sun behind it (sRGB)."""

BARK = ((6, 6, 6), (34, 31, 27))
"""Wood in deep shade and near an opening (sRGB)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Foliage at one distance.

    Attributes
    ----------
    habit
        How it grows.
    cover
        How often its leaves hide an average pixel of closed canopy.
    reach
        How far it grows into the opening, in standard deviations of the layout.
    tone
        How bright its leaves are in the shade, 0 to 1.
    shine
        How much brighter leaves get in the sun; those close by hang in the shade.
    haze
        Light that the air before it adds.
    """

    habit: Habit
    cover: float
    reach: float
    tone: float
    shine: float
    haze: float


FAR = Layer(
    habit=Habit(leaf=7, count=10, disorder=0.9),
    cover=1.3,
    reach=0.0,
    tone=0.27,
    shine=0.6,
    haze=0.006,
)
MIDDLE = Layer(
    habit=Habit(leaf=12), cover=1.1, reach=0.0, tone=0.21, shine=0.6, haze=0.002
)
CLOSE = Layer(
    habit=Habit(leaf=19, count=13),
    cover=0.7,
    reach=-0.1,
    tone=0.14,
    shine=0.5,
    haze=0.0,
)
NEAREST = tuple(
    Layer(habit=habit, cover=0.22, reach=-0.4, tone=0.04, shine=0.25, haze=0.0)
    for habit in (
        Habit(leaf=40, count=11, twig=2.4, slender=0.42),
        Habit(
            leaf=80,
            slender=0.09,
            count=60,
            spacing=0.055,
            splay=0.85,
            disorder=0.07,
            curl=0.5,
            twig=3.0,
            tilt=(0.7, 1.1),
        ),
        Habit(leaf=28, count=14, slender=0.6, twig=2.0),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """The place and its light.

    Attributes
    ----------
    openness
        (Y, X), 0 at the edge of the openings, in standard deviations.
    patches
        (Y, X), where the sun reaches the leaves.
    sun
        (Y, X), 1 in the direction of the sun, falling to 0.
    exposure
        Light of all foliage against the usual.
    sunshine
        How many leaves the sun reaches against the usual.
    scale
        Size of things against a picture of the usual height.
    """

    openness: NDArray[np.float32]
    patches: NDArray[np.float32]
    sun: NDArray[np.float32]
    exposure: float
    sunshine: float
    scale: float

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.openness.shape[0], self.openness.shape[1]


def grow_forest(painting: Painting, site: Site, rng: np.random.Generator) -> None:
    """Paint foliage and wood from far to near."""
    limbs, tips = grow_tree(_trunk(site, rng), 0.9 * min(site.size), rng)
    support = _support(site.size, limbs)
    nearest = NEAREST[rng.integers(len(NEAREST))]
    _grow_layer(painting, FAR, site, support, rng)
    for limb in limbs:
        painting.add(limb, _bark_light(limb, site, rng), "stick")
    _grow_layer(painting, MIDDLE, site, support, rng, tips)
    _grow_layer(painting, CLOSE, site, support, rng)
    # what is nearest belongs to no tree in view: it hangs in from the side
    _grow_layer(painting, nearest, site, _support(site.size, []), rng)


def _trunk(site: Site, rng: np.random.Generator) -> Shoots:
    """Return the foot of a tree outside the picture that leans into it."""
    middle = 0.5 * np.asarray(site.size)
    aim = middle * rng.uniform(0.6, 1.4, 2)
    foot = aim.copy()
    axis = rng.integers(2)
    foot[axis] = rng.choice([-0.03, 2.03]) * middle[axis]
    foot[1 - axis] *= rng.uniform(0.4, 1.6)
    row, col = aim - foot
    return Shoots(
        start=foot[None].astype(np.float32),
        heading=np.array([np.arctan2(row, col)], np.float32),
        width=np.array([rng.uniform(14, 36) * site.scale], np.float32),
    )


def _support(size: tuple[int, int], limbs: list[Blades]) -> NDArray[np.bool_]:
    """Return where foliage can hold on: at the picture's border and at branches."""
    support = np.ones(size, np.bool_)
    support[1:-1, 1:-1] = False
    for limb in limbs:
        rows, cols = np.rint(limb.centre).astype(int).T
        inside = (rows >= 0) & (rows < size[0]) & (cols >= 0) & (cols < size[1])
        support[rows[inside], cols[inside]] = True
    return support


def _grow_layer(
    painting: Painting,
    layer: Layer,
    site: Site,
    support: NDArray[np.bool_],
    rng: np.random.Generator,
    tips: Shoots | None = None,
) -> None:
    """Paint one layer; each of `tips` gets a twig as well."""
    habit = layer.habit.scaled(site.scale)
    anchors = _scattered(_density(layer, site, support, rng) / habit.spray_area, rng)
    headings = rng.uniform(-np.pi, np.pi, len(anchors)).astype(np.float32)
    if tips is not None:
        anchors = np.concatenate([tips.start, anchors])
        headings = np.concatenate([tips.heading, headings])
    twigs, leaves = grow(habit, anchors, headings, rng)
    painting.add(twigs, _bark_light(twigs, site, rng), "stick")
    painting.add(leaves, _leaf_light(leaves, layer, site, rng), "leaf")


def _density(
    layer: Layer, site: Site, support: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return how often the layer's leaves hide each pixel on average."""
    edge = 0.5 * fractal_noise(site.size, 90 * site.scale, rng, octaves=3)
    openness = np.asarray(site.openness + edge - layer.reach, np.float32)
    closed = 1 - ramp(openness, -0.4, 0.3)
    closed *= _reached(closed > FRINGE, support)
    clumps = np.exp(0.4 * smooth_noise(site.size, 40 * site.scale, rng))
    return np.asarray(layer.cover * closed * clumps, np.float32)


def _reached(
    closed: NDArray[np.bool_], support: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return those parts of `closed` that touch `support`: no foliage floats."""
    part, count = scipy.ndimage.label(closed)
    held = np.zeros(count + 1, np.bool_)
    held[part[support]] = True
    held[0] = False
    return np.asarray(held[part])


def _scattered(
    density: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return random places (n, 2), about `density` of them to a pixel."""
    total = np.cumsum(density.ravel(), dtype=np.float64)
    drawn = rng.uniform(0, total[-1], rng.poisson(total[-1]))
    flat = np.minimum(np.searchsorted(total, drawn), density.size - 1)
    places = np.stack(np.unravel_index(flat, density.shape), axis=-1)
    return (places + rng.uniform(-0.5, 0.5, places.shape)).astype(np.float32)


def _leaf_light(
    leaves: Blades, layer: Layer, site: Site, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return (n, 3) light of leaves: dark inside, bright where sun shines through."""
    n = len(leaves)
    edge = ramp(_at(site.openness, leaves), -1.2, 0.4)
    patch = _at(site.patches, leaves)
    twigs = leaves.family.max(initial=0) + 1
    twig = rng.standard_normal(twigs)[leaves.family]
    sunny = site.sunshine * (0.01 + 0.2 * ramp(patch, 0, 2) * (0.3 + edge))
    # the sun finds a twig or misses it; on it, most leaves are lit in part
    found = rng.random(twigs)[leaves.family] * rng.uniform(0.4, 1.6, n) < sunny
    shine = layer.shine * found * rng.beta(1.2, 1.8, n)
    tone = layer.tone + 0.12 * edge + 0.08 * patch + 0.05 * twig + shine
    tone += 0.05 * rng.standard_normal(n)
    stops = np.linspace(0, 1, len(GREENS))
    green = [np.interp(tone, stops, channel) for channel in zip(*GREENS, strict=True)]
    tint = rng.lognormal(0, 0.06, (n, 3))
    return site.exposure * linear(np.stack(green, axis=-1) * tint) + layer.haze


def _bark_light(
    wood: Blades, site: Site, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return (n, 3) light of wood: a silhouette, a little brighter near openings."""
    edge = ramp(_at(site.openness, wood), -1.2, 0.6)[:, None]
    dark, bright = np.asarray(BARK, np.float32)
    tint = rng.lognormal(0, 0.1, (wood.family.max(initial=0) + 1, 1))[wood.family]
    return linear((dark + (bright - dark) * edge) * tint)


def _at(field: NDArray[np.float32], blades: Blades) -> NDArray[np.float32]:
    """Return the field at each blade, or at the border nearest to it."""
    rows, cols = np.rint(blades.centre).astype(int).T
    height, width = field.shape
    rows, cols = np.clip(rows, 0, height - 1), np.clip(cols, 0, width - 1)
    return np.asarray(field[rows, cols])
