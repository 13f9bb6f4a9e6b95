"""Preparing images beside a plain scikit-image loop; peak memory of 500 photographs.

    python tests/benchmarks/preparation.py DATA

DATA holds the real data sets. 160 fluorescence images and their masks are read
and resized to 256 x 256 (squeezed, as scikit-image does it), in memory and from
file to file, by a loop over ``skimage.io`` and ``skimage.transform.resize`` with
anti-aliasing, and by our functions with one and two jobs: threads and, for
comparison, processes. All take turns, so that their ratios do not depend on what
else the machine does; so do CPU seconds. The peak memory is that of a fresh
``imageseg prepare``.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from skimage import io, transform

from imageseg.datasets import find_samples
from imageseg.images import read_image, read_values
from imageseg.parallel import map_ordered
from imageseg.preparation import (
    PrepareSettings,
    Source,
    list_sources,
    prepare_task,
    resize,
)
from imageseg.tasks import drain

ROUNDS = 7
SIZE = (256, 256)
SETTINGS = PrepareSettings(size="256x256", squeeze=True)
PHOTOGRAPHS = (
    *("canopy_sky", "whale_flukes", "pavement_cracks", "street_scene"),
    "wbc_yellow",
)


Way = Callable[[list[Source], Path], None]


def plain_pixels(source: Source) -> tuple[np.ndarray, np.ndarray]:
    """Read and resize an image and its mask with scikit-image."""
    image, mask = io.imread(source.image), io.imread(source.masks[0])
    small = transform.resize(image, SIZE, anti_aliasing=True, preserve_range=True)
    labels = transform.resize(
        mask, SIZE, order=0, anti_aliasing=False, preserve_range=True
    )
    return small.round().astype(image.dtype), labels.astype(mask.dtype)


def our_pixels(source: Source) -> tuple[np.ndarray, np.ndarray]:
    """Read and resize an image and its mask with our functions."""
    image, mask = read_image(source.image), read_values(source.masks[0])
    return resize(image, SIZE), resize(mask, SIZE, smoothing="nearest")


def plain_memory(sources: list[Source], _: Path) -> None:
    """Prepare in memory with scikit-image."""
    for source in sources:
        plain_pixels(source)


def our_memory(sources: list[Source], _: Path, jobs: int) -> None:
    """Prepare in memory with our functions."""
    for result in map_ordered(our_pixels, sources, jobs):
        if isinstance(result, Exception):
            raise result


def plain_files(sources: list[Source], out: Path) -> None:
    """Write files with scikit-image, as people do it."""
    for source in sources:
        for kind, pixels in zip(("images", "masks"), plain_pixels(source), strict=True):
            path = out / kind / f"{source.name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            io.imsave(path, pixels, check_contrast=False)


def our_files(sources: list[Source], out: Path, jobs: int) -> None:
    """Write files with `prepare_task`."""
    table = drain(prepare_task(sources, SETTINGS, out, jobs=jobs))
    if (table["error"] != "").any():
        raise SystemExit(table["error"].max())


def processes(sources: list[Source], out: Path) -> None:
    """Write files with `prepare_task` in two processes that share the images."""
    with ProcessPoolExecutor(2) as pool:
        halves = [sources[0::2], sources[1::2]]
        list(pool.map(partial(our_files, jobs=1), halves, [out / "0", out / "1"]))


def compare(sources: list[Source], ways: dict[str, Way]) -> None:
    """Print the least seconds of each way, measured in turns; the first is 1."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter(), time.process_time()
                way(sources, Path(folder))
                ended = time.perf_counter(), time.process_time()
            spent[name].append((ended[0] - began[0], ended[1] - began[1]))
    least = {name: np.min(times, axis=0) for name, times in spent.items()}
    slow, _ = next(iter(least.values()))
    for name, (wall, cpu) in least.items():
        ratio = slow / wall
        print(f"  {name:12} {wall:.2f} s, {ratio:.2f} times as fast (CPU {cpu:.2f} s)")


def difference(sources: list[Source]) -> float:
    """Return the mean difference between both ways' images, in grey levels."""
    with tempfile.TemporaryDirectory() as folder:
        mine, theirs = Path(folder) / "mine", Path(folder) / "theirs"
        our_files(sources, mine, 2)
        plain_files(sources, theirs)
        names = [f"images/{source.name}.png" for source in sources]
        pairs = ((io.imread(mine / n), io.imread(theirs / n)) for n in names)
        return float(np.mean([np.abs(a.astype(float) - b).mean() for a, b in pairs]))


def peak_memory(data: Path, count: int, jobs: int) -> tuple[float, float]:
    """Return the seconds and MB that ``imageseg prepare`` takes for photographs."""
    folders = (data / name / "images" for name in PHOTOGRAPHS)
    files = [file for folder in folders for file in sorted(folder.iterdir())]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "in").mkdir()
        for i, file in enumerate(files[:count]):
            (here / "in" / f"{i:04}{file.suffix}").symlink_to(file)
        words = ["prepare", here / "in", "--out", here / "out", "--size", "canopy"]
        command = [sys.executable, "-m", "imageseg", *words, "--jobs", str(jobs)]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  ours
        took = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 1e6
    return took, peak


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    root = Path(sys.argv[1])
    for many in (1, 2):
        took, peak = peak_memory(root, 500, many)
        print(f"500 photographs, jobs={many}: {took:.1f} s, peak {peak:.0f} MB")
    warnings.simplefilter("ignore")
    pairing = find_samples(
        root / "nuclei_fluo" / "images", root / "nuclei_fluo" / "masks"
    )
    nuclei = list_sources(pairing.images, (), {p.image: p.masks for p in pairing.pairs})
    print(f"mean difference of the images: {difference(nuclei):.2f} grey levels")
    print(f"{len(nuclei)} pairs in memory")
    compare(
        nuclei,
        {
            "scikit-image": plain_memory,
            "jobs=1": partial(our_memory, jobs=1),
            "jobs=2": partial(our_memory, jobs=2),
        },
    )
    print(f"{len(nuclei)} pairs from file to file")
    compare(
        nuclei,
        {
            "scikit-image": plain_files,
            "jobs=1": partial(our_files, jobs=1),
            "jobs=2": partial(our_files, jobs=2),
            "2 processes": processes,
        },
    )
