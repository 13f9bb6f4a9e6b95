"""A U-Net whose encoder is a ResNet, so that it can begin with weights of ImageNet.

Encoder: He, Zhang, Ren & Sun 2016, doi 10.1109/CVPR.2016.90, with the padding and the
names of layers of torchvision's ``resnet18`` and ``resnet34``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from imageseg.architectures.fields import Filters
from imageseg.architectures.graph import Builder, Graph
from imageseg.settings import Checked, Setting

MEANS = (0.485, 0.456, 0.406)
DEVIATIONS = (0.229, 0.224, 0.225)
"""Of red, green and blue in ImageNet, values 0 to 1, as torchvision has them."""

_BLOCKS = {"18": (2, 2, 2, 2), "34": (3, 4, 6, 3)}
_EPSILON, _MOMENTUM = 1e-5, 0.1  # torch's


@dataclass(frozen=True, slots=True, kw_only=True)
class ResNetSettings(Checked):
    """The shape of a U-Net with a ResNet as encoder."""

    encoder_layers: Annotated[
        Literal["18", "34"],
        Setting(label="Layers", help="Which ResNet is the encoder: 18 or 34 layers."),
    ] = "18"
    filters: Filters = 64


def resnet(channels: int, outputs: int, settings: ResNetSettings) -> Graph:
    """Write down a ResNet and a decoder of five levels that enlarges plainly.

    With 64 filters the decoder has 256, 128, 64, 32 and 16.
    """
    g = Builder(channels)
    x, *skips = reversed(_encoder(g, channels, settings))
    for level in range(_LEVELS):
        width = max(4 * settings.filters // 2**level, 1)
        x = _decoder_block(g, f"decoder.{level}", (x, *skips[level : level + 1]), width)
    return g.graph(g.add("conv", x, name="head", filters=outputs, kernel=3))


_LEVELS = 5


def _encoder(g: Builder, channels: int, settings: ResNetSettings) -> list[str]:
    """Add the encoder; return its last layer on each of the five levels."""
    width = settings.filters
    x = g.add("rescale", g.input, name="normalise", **imagenet_scale(channels))
    x = _convolved(g, x, ("conv1", "bn1"), width, kernel=7, stride=2)
    x = g.add("activation", x, name="relu", kind="relu")
    levels = [x]
    # Zeros around what is not negative are as good as torch's minus infinity.
    x = g.add("pad", x, name="maxpool.pad", sides=[[1, 1], [1, 1]])
    x = g.add("max_pool", x, name="maxpool", size=3, stride=2)
    for number, blocks in enumerate(_BLOCKS[settings.encoder_layers], start=1):
        for block in range(blocks):
            first = number > 1 and block == 0
            x = _residual(g, f"layer{number}.{block}", x, width, shrink=first)
        levels.append(x)
        width *= 2
    return levels


def imagenet_scale(channels: int) -> dict[str, list[float]]:
    """Return the arguments of `rescale` that subtract means and divide by deviations.

    Red, green and blue have their own. Fewer channels have the mean of the three; of
    more than three, the fourth has those of red again, and so on.
    """
    means, deviations = (
        [sum(values) / 3] * channels
        if channels < 3
        else [values[i % 3] for i in range(channels)]
        for values in (MEANS, DEVIATIONS)
    )
    return {
        "scale": [1 / d for d in deviations],
        "offset": [-m / d for m, d in zip(means, deviations, strict=True)],
    }


def _residual(g: Builder, name: str, x: str, width: int, *, shrink: bool) -> str:
    """Add a basic block: two convolutions beside the way past them."""
    stride = 2 if shrink else 1
    y = _convolved(g, x, (f"{name}.conv1", f"{name}.bn1"), width, stride=stride)
    y = g.add("activation", y, name=f"{name}.relu1", kind="relu")
    y = _convolved(g, y, (f"{name}.conv2", f"{name}.bn2"), width)
    if shrink:
        names = (f"{name}.downsample.0", f"{name}.downsample.1")
        x = _convolved(g, x, names, width, kernel=1, stride=2)
    x = g.add("add", y, x, name=f"{name}.add")
    return g.add("activation", x, name=f"{name}.relu2", kind="relu")


def _decoder_block(g: Builder, name: str, given: tuple[str, ...], width: int) -> str:
    """Enlarge the first, join the second if there is one, convolve twice."""
    x, *skip = given
    x = g.add("upsample", x, name=f"{name}.upsample", factor=2)
    if skip:
        x = g.add("concat", x, *skip, name=f"{name}.concat")
    for i in (1, 2):
        x = _convolved(g, x, (f"{name}.conv{i}", f"{name}.bn{i}"), width)
        x = g.add("activation", x, name=f"{name}.relu{i}", kind="relu")
    return x


def _convolved(
    g: Builder,
    x: str,
    names: tuple[str, str],
    width: int,
    *,
    kernel: int = 3,
    stride: int = 1,
) -> str:
    """Convolve and normalise.

    torch pads both sides alike. At a stride of 2, "same" padding would put the only
    zero at the end, so the zeros are a layer of their own.
    """
    conv, norm = names
    around = kernel // 2
    if stride > 1 and around:
        x = g.add("pad", x, name=f"{conv}.pad", sides=[[around, around]] * 2)
    x = g.add(
        "conv",
        x,
        name=conv,
        filters=width,
        kernel=kernel,
        stride=stride,
        padding="same" if stride == 1 else "valid",
        bias=False,
        init="he_normal",
    )
    return g.add("batch_norm", x, name=norm, epsilon=_EPSILON, momentum=_MOMENTUM)
