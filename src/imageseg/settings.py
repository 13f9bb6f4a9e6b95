"""Every setting once: type, default, bounds, label and help in one declaration.

The command line turns these classes into flags, the plugin into forms, and
model files keep them as JSON.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import (
    Annotated,
    Any,
    Literal,
    get_args,
    get_origin,
    get_type_hints,
)

from imageseg.errors import SettingsError

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "bf16"]
Loss = Literal[
    "ce_dice",
    "ce",
    "dice",
    "jaccard",
    "focal",
    "tversky",
    "lovasz",
    "ce_boundary",
    "bce",
    "bce_dice",
    "dice_coef",
    "habitat_dice",
    "platypus_dice",
    "jaccard_distance",
]
"""Names in the table of losses (`imageseg.losses`), which says what they are."""

Augmentation = Literal["none", "flips", "photo", "microscopy"]
Normalisation = Literal["range", "percentile"]
"""How pixel values become 0 to 1: by the range of the dtype, or by the 1st and
99.8th percentile of the image (for micrographs that use a part of their range)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What people and forms need to know about one field.

    Attributes
    ----------
    label
        Short name beside the control.
    help
        One sentence: tooltip and ``--help``.
    minimum, maximum
        Bounds, both allowed; None is unbounded.
    step
        What one press of an arrow changes.
    unit
        Written after the value.
    advanced
        Hidden until the user asks for more.
    """

    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    advanced: bool = False


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field of a settings class, resolved for a form or a command line."""

    name: str
    kind: type
    choices: tuple[str, ...]
    default: Any
    setting: Setting


class Checked:
    """Base of the settings classes: values are checked when they are made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for field in setting_fields(type(self)):
            _check(field, getattr(self, field.name))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictSettings(Checked):
    """How images are predicted."""

    device: Annotated[
        Device,
        Setting(
            label="Device", help="Where to compute; auto takes a GPU if there is one."
        ),
    ] = "auto"
    precision: Annotated[
        Precision,
        Setting(
            label="Precision",
            help="Number format; auto takes bf16 where the hardware is faster with it.",
            advanced=True,
        ),
    ] = "auto"
    tile: Annotated[
        int,
        Setting(
            label="Tile size",
            help="Side of the square computed at once; smaller needs less memory, "
            "the result is the same.",
            minimum=32,
            maximum=8192,
            step=64,
            unit="px",
            advanced=True,
        ),
    ] = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings(Checked):
    """How a model learns."""

    epochs: Annotated[
        int,
        Setting(
            label="Epochs",
            help="Most rounds of training; it stops earlier when nothing improves.",
            minimum=1,
            maximum=10_000,
        ),
    ] = 60
    steps: Annotated[
        int,
        Setting(
            label="Steps per epoch",
            help="Batches per round; 0 chooses it from the annotated area.",
            minimum=0,
            maximum=100_000,
        ),
    ] = 0
    patience: Annotated[
        int,
        Setting(
            label="Patience",
            help="Epochs without improvement after which training stops; 0: never.",
            minimum=0,
            maximum=10_000,
        ),
    ] = 15
    rate: Annotated[
        float,
        Setting(
            label="Learning rate",
            help="Largest step of the optimiser (AdamW, one warm-up and cosine decay).",
            minimum=1e-6,
            maximum=1.0,
            step=1e-4,
        ),
    ] = 1e-3
    batch: Annotated[
        int,
        Setting(
            label="Batch",
            help="Patches learned from at once.",
            minimum=1,
            maximum=1024,
        ),
    ] = 4
    patch: Annotated[
        int,
        Setting(
            label="Patch size",
            help="Side of the square cut from an image for one training example.",
            minimum=32,
            maximum=2048,
            step=32,
            unit="px",
        ),
    ] = 256
    validation: Annotated[
        float,
        Setting(
            label="Held out",
            help="Share of images (of blocks, with fewer than five images) kept "
            "for validation; 0 trains on everything.",
            minimum=0.0,
            maximum=0.9,
            step=0.05,
        ),
    ] = 0.2
    augmentation: Annotated[
        Augmentation,
        Setting(
            label="Augmentation",
            help="Random changes: flips only, those of photographs (turns, scale, "
            "light, colour) or of microscopy (turns, scale, contrast, noise).",
        ),
    ] = "photo"
    normalisation: Annotated[
        Literal["auto", "range", "percentile"],
        Setting(
            label="Normalisation",
            help="How a new model scales pixel values: by the range of the file type, "
            "or by each image's percentiles; auto takes the range for 8-bit images.",
            advanced=True,
        ),
    ] = "auto"
    memory: Annotated[
        float,
        Setting(
            label="Memory",
            help="How strongly a model that is trained on keeps its opinion of what is "
            "not annotated; 0 lets it forget.",
            minimum=0.0,
            maximum=10.0,
            step=0.1,
        ),
    ] = 1.0
    loss: Annotated[
        Loss,
        Setting(
            label="Loss",
            help="What training makes small: ce_dice suits most; the last six are "
            "those of Keras, imageseg, Habitat-Net, platypus and keras-unet.",
            advanced=True,
        ),
    ] = "ce_dice"
    averaging: Annotated[
        float,
        Setting(
            label="Weight averaging",
            help="Memory of the running mean of the weights that is kept; 0 is off.",
            minimum=0.0,
            maximum=0.9999,
            step=0.01,
            advanced=True,
        ),
    ] = 0.98
    seed: Annotated[
        int,
        Setting(
            label="Seed",
            help="Start of the random numbers; equal seeds repeat a run.",
            minimum=0,
            maximum=2**31 - 1,
            advanced=True,
        ),
    ] = 0
    device: Annotated[
        Device,
        Setting(
            label="Device", help="Where to compute; auto takes a GPU if there is one."
        ),
    ] = "auto"
    precision: Annotated[
        Precision,
        Setting(
            label="Precision",
            help="Number format; auto takes bf16 where the hardware is faster with it.",
            advanced=True,
        ),
    ] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class UNetSettings(Checked):
    """The shape of an imageseg U-Net, its arguments under their own names."""

    filters: Annotated[
        int,
        Setting(
            label="Filters",
            help="Feature maps of the first level.",
            minimum=1,
            maximum=256,
        ),
    ] = 16
    blocks: Annotated[
        int,
        Setting(
            label="Blocks", help="How often the image is halved.", minimum=1, maximum=7
        ),
    ] = 4
    layers_per_block: Annotated[
        int,
        Setting(
            label="Layers per block",
            help="Convolutions in a block.",
            minimum=2,
            maximum=3,
        ),
    ] = 2
    dropout: Annotated[
        float,
        Setting(
            label="Dropout",
            help="Share of features dropped.",
            minimum=0,
            maximum=0.9,
            step=0.05,
        ),
    ] = 0.0
    batch_normalization: Annotated[
        bool,
        Setting(label="Batch normalisation", help="Normalise after each convolution."),
    ] = True
    kernel_initializer: Annotated[
        Literal["he_normal", "he_uniform", "glorot_normal", "glorot_uniform"],
        Setting(
            label="Initialiser", help="First values of the 3×3 kernels.", advanced=True
        ),
    ] = "he_normal"
    decoder: Annotated[
        Literal["transpose", "upsample"],
        Setting(
            label="Decoder",
            help="Transposed convolutions (imageseg 0.5) or plain enlarging (0.4).",
            advanced=True,
        ),
    ] = "transpose"


def setting_fields(cls: type) -> list[SettingField]:
    """Return the fields of a settings class in order of declaration."""
    hints = get_type_hints(cls, include_extras=True)
    result = []
    for field in fields(cls):
        kind, setting = get_args(hints[field.name])
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        kind = str if choices else kind
        result.append(SettingField(field.name, kind, choices, field.default, setting))
    return result


def _check(field: SettingField, value: object) -> None:
    if field.choices:
        if value not in field.choices:
            raise SettingsError(field.name, value, f"one of {', '.join(field.choices)}")
        return
    wanted: tuple[type, ...] = (int, float) if field.kind is float else (field.kind,)
    stray_bool = isinstance(value, bool) and field.kind is not bool
    if not isinstance(value, wanted) or stray_bool:
        raise SettingsError(field.name, value, f"of type {field.kind.__name__}")
    low, high = field.setting.minimum, field.setting.maximum
    high_enough = low is None or value >= low  # type: ignore[operator]
    low_enough = high is None or value <= high  # type: ignore[operator]
    if not (high_enough and low_enough):  # so written, it catches nan
        raise SettingsError(field.name, value, f"{low} to {high}")
