"""First values of kernels as Keras draws them."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from imageseg.errors import ModelFormatError

_TRUNCATION = 0.87962566103423978  # std of a normal cut at two sigma


def fill(weight: Tensor, name: str) -> None:
    """Draw a kernel as Keras' initialisers do (truncated normals included).

    He: He et al. 2015, doi 10.1109/ICCV.2015.123; Glorot: Glorot & Bengio 2010,
    AISTATS 9:249-256.

    Parameters
    ----------
    weight
        Filled in place.
    name
        ``he``, ``glorot`` or ``lecun``, then ``_normal`` or ``_uniform``.

    Raises
    ------
    ModelFormatError
        The name is unknown.
    """
    family, _, shape = name.partition("_")
    if family not in _SCALES or shape not in ("normal", "uniform"):
        raise ModelFormatError(
            f"The initialiser {name!r} is unknown; there are he_normal, he_uniform, "
            "glorot_normal, glorot_uniform, lecun_normal and lecun_uniform."
        )
    fans = nn.init._calculate_fan_in_and_fan_out(weight)  # noqa: SLF001  no public twin
    scale = _SCALES[family](*fans)
    if shape == "uniform":
        bound = (3.0 * scale) ** 0.5
        nn.init.uniform_(weight, -bound, bound)
    else:
        std = scale**0.5 / _TRUNCATION
        nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)


_SCALES: dict[str, Callable[[int, int], float]] = {
    "he": lambda fan_in, _fan_out: 2.0 / fan_in,
    "glorot": lambda fan_in, fan_out: 2.0 / (fan_in + fan_out),
    "lecun": lambda fan_in, _fan_out: 1.0 / fan_in,
}
