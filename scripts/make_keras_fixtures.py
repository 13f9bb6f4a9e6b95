"""Write tiny Keras models of every graph the importer knows, with their outputs.

Run once with each version of Keras; the tests need the files only::

    python3.8  -m venv a && a/bin/pip install tensorflow-cpu==2.2.0 "protobuf<3.21"
    python3.11 -m venv b && b/bin/pip install tensorflow-cpu==2.15.1
    python3.11 -m venv c && c/bin/pip install tensorflow-cpu==2.18.0   # Keras 3
    for v in a b c; do $v/bin/python make_keras_fixtures.py tests/data/keras; done

Each model is ``<graph>-<version>`` with the suffix of its format; beside it an
``.npz`` holds an input and Keras' prediction. The graphs are those of the seed
systems with few filters, written anew from their descriptions.
"""

# Python 3.8 and three versions of Keras read this; their tensors share no type.
# ruff: noqa: ANN001, ANN201, ANN202, FBT002

from __future__ import annotations

import os
import sys
import zlib
from functools import partial
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from tensorflow import keras

L = keras.layers
TAG = {"2.2": "tf22", "2.15": "k2"}.get(tf.__version__.rsplit(".", 1)[0], "k3")
F = 2  # filters of the first level
SIZE = (24, 16)
LIMITS = {"gamma": (0.5, 1.5), "moving_variance": (0.3, 2)}
SAME = {"padding": "same"}
FUSED = {"padding": "same", "activation": "relu"}
if TAG == "tf22":
    L.Rescaling = L.experimental.preprocessing.Rescaling


def unit(x, filters, norm=True):
    """Convolve, normalise, rectify: one unit of imageseg's U-Net."""
    x = L.Conv2D(filters, 3, kernel_initializer="he_normal", **SAME)(x)
    x = L.BatchNormalization()(x) if norm else x
    return L.Activation("relu")(x)


def block(x, filters, layers=2, norm=True):
    """Repeat the unit."""
    for _ in range(layers):
        x = unit(x, filters, norm)
    return x


def unet(decoder="transpose", layers=2, classes=1, norm=True, kernel=2, levels=2):
    """Write imageseg's u_net, 0.5 ("transpose") or 0.4; platypus has kernel 3."""
    x = first = keras.Input((*SIZE, 1 if classes == 3 else 3))
    skips = []
    for level in range(levels):
        x = block(x, F * 2**level, layers, norm)
        skips.append(x)
        x = L.Dropout(0.1)(L.MaxPooling2D(2)(x))
    x = block(x, F * 2**levels, layers, norm)
    for level in reversed(range(levels)):
        skip = skips[level]
        if decoder == "transpose":
            up = L.Conv2DTranspose(F * 2**level, kernel, strides=2, **SAME)(x)
        else:
            up = L.UpSampling2D(2)(x)
        old = decoder == "upsample" and layers == 2
        x = L.concatenate([skip, up] if old else [up, skip])
        x = block(L.Dropout(0.1)(x), F * 2**level, layers, norm)
    return keras.Model(first, head(x, classes))


def head(x, classes):
    """Map to probabilities."""
    return L.Conv2D(classes, 1, activation="sigmoid" if classes == 1 else "softmax")(x)


def unetpp():
    """Write imageseg's u_net_plusplus as shipped: a node's last convolution is lost."""
    x = first = keras.Input((*SIZE, 3))
    grid = {}
    for level in range(3):
        x = L.MaxPooling2D(2)(x) if level else x
        for _ in range(2):
            x = L.BatchNormalization()(L.Conv2D(F * 2**level, 3, **FUSED)(x))
        grid[level, 0] = x
    for j in (1, 2):
        for i in range(3 - j):
            up = L.Conv2DTranspose(F * 2**i, 3, strides=2, **FUSED)(grid[i + 1, j - 1])
            rows = [L.BatchNormalization()(up)]
            x = L.concatenate(rows + [grid[i, k] for k in range(j - 1, -1, -1)])
            L.BatchNormalization()(L.Conv2D(F * 2**i, 3, **FUSED)(x))  # lost
            grid[i, j] = x
    return keras.Model(first, head(grid[0, 2], 1))


def classic(rescale=False, inner=0.0, classes=1):
    """r-tensorflow's unet; Lab 10 has rescaling, inner dropout and six classes."""
    x = first = keras.Input((*SIZE, 3))
    x = L.Rescaling(1.0 / 255)(x) if rescale else x
    skips = []
    for level in range(2):
        x = fused_pair(x, F * 2**level, inner)
        skips.append(x)
        x = L.MaxPooling2D(2)(x)
    x = fused_pair(L.Dropout(0.5)(x), 4 * F, 0)
    for level in (1, 0):
        up = L.Conv2DTranspose(F * 2**level, 2, strides=2, **SAME)(x)
        x = fused_pair(L.concatenate([skips[level], up]), F * 2**level, inner)
    return keras.Model(first, head(x, classes))


def fused_pair(x, filters, dropout):
    """Convolve and rectify twice, with dropout between."""
    x = L.Conv2D(filters, 3, **FUSED)(x)
    x = L.Dropout(dropout)(x) if dropout else x
    return L.Conv2D(filters, 3, **FUSED)(x)


def vanilla():
    """keras-unet's vanilla_unet: valid padding and cropped skips."""
    x = first = keras.Input((60, 60, 1))
    skips = []
    for level in range(2):
        for _ in range(2):
            x = L.Conv2D(F * 2**level, 3, activation="relu")(x)
        skips.append(x)
        x = L.MaxPooling2D(2)(x)
    x = L.Dropout(0.5)(x)
    for _ in range(2):
        x = L.Conv2D(4 * F, 3, activation="relu")(x)
    for level in (1, 0):
        x = L.Conv2DTranspose(F * 2**level, 2, strides=2)(x)
        excess = int(skips[level].shape[1]) - int(x.shape[1])
        sides = (excess // 2, excess - excess // 2)
        skip = L.Cropping2D((sides, sides))(skips[level])
        x = L.concatenate([x, skip])
        for _ in range(2):
            x = L.Conv2D(F * 2**level, 3, activation="relu")(x)
    return keras.Model(first, head(x, 1))


def custom(dims=2, norm=True, attention=False, simple=False, levels=2):
    """keras-unet's custom_unet, and custom_vnet in three dimensions."""
    x = first = keras.Input((*SIZE, 3) if dims == 2 else (8, 12, 16, 1))
    layer = partial(getattr, L)
    pool, more = layer(f"MaxPooling{dims}D"), layer(f"UpSampling{dims}D")
    back = layer(f"Conv{dims}DTranspose")
    skips = []
    for level in range(levels):
        x = custom_block(x, F * 2**level, dims, norm, 0.1 + 0.1 * level)
        skips.append(x)
        x = pool(2)(x)
    x = custom_block(x, F * 2**levels, dims, norm, 0.3)
    for level in reversed(range(levels)):
        up = more(2)(x) if simple else back(F * 2**level, 2, strides=2, **SAME)(x)
        skip = gate(skips[level], up) if attention else skips[level]
        x = custom_block(L.concatenate([up, skip]), F * 2**level, dims, norm, 0)
    return keras.Model(first, layer(f"Conv{dims}D")(1, 1, activation="sigmoid")(x))


def custom_block(x, filters, dims, norm, dropout):
    """Convolve with fused ReLU, normalise, drop channels, and again."""
    for turn in range(2):
        conv = getattr(L, f"Conv{dims}D")
        x = conv(filters, 3, use_bias=not norm, **FUSED)(x)
        x = L.BatchNormalization()(x) if norm else x
        if dropout and not turn:
            x = getattr(L, f"SpatialDropout{dims}D")(dropout)(x)
    return x


def gate(skip, up):
    """Weigh a skip connection by attention (Oktay et al. 2018)."""
    channels = int(up.shape[-1])
    both = L.add([L.Conv2D(channels, 1)(skip), L.Conv2D(channels, 1)(up)])
    weight = L.Conv2D(1, 1)(L.Activation("relu")(both))
    return L.multiply([skip, L.Activation("sigmoid")(weight)])


def satellite():
    """keras-unet's satellite_unet: normalise first, one more skip at the top."""

    def norm_conv(x, filters):
        return L.Conv2D(filters, 3, **FUSED)(L.BatchNormalization(momentum=0.01)(x))

    x = first = keras.Input((*SIZE, 3))
    x = top = L.Conv2D(F, 3, **FUSED)(x)
    x = L.MaxPooling2D(2)(norm_conv(norm_conv(x, F), F))
    x = down = norm_conv(norm_conv(x, F), F)
    x = norm_conv(norm_conv(L.MaxPooling2D(2)(x), F), F)
    for skip in (down, top):
        up = L.Conv2DTranspose(F, 3, strides=2, output_padding=1, **SAME)(x)
        x = L.BatchNormalization(momentum=0.01)(L.concatenate([up, skip]))
        x = norm_conv(L.Conv2D(6, 3, **FUSED)(x), F)
    return keras.Model(first, head(x, 1))


def habitatnet():
    """Habitat-Net: uneven blocks, the first convolution of deep ones not normalised."""
    x = first = keras.Input((*SIZE, 3))
    skips = []
    for level, convs in enumerate((3, 4, 4)):
        x = L.MaxPooling2D(2)(x) if level else x
        for turn in range(convs):
            x = L.Conv2D(F * 2**level, 3, **FUSED)(x)
            x = x if level and not turn else L.BatchNormalization(axis=-1)(x)
        skips.append(x)
    for level in (1, 0):
        up = L.Conv2DTranspose(F * 2**level, 2, strides=2, **SAME)(x)
        x = L.concatenate([up, skips[level]], axis=3)
        for turn in range(4 - (level == 0)):
            x = L.Conv2D(F * 2**level, 3, **FUSED)(x)
            x = x if not turn else L.BatchNormalization(axis=-1)(x)
    return keras.Model(first, head(x, 1))


def zhixuhao():
    """Write zhixuhao's unet: a 2×2 convolution after enlarging, an own sigmoid."""
    x = first = keras.Input((*SIZE, 1))
    x = skip = L.Conv2D(F, 3, **FUSED)(x)
    x = L.Dropout(0.5)(L.Conv2D(2 * F, 3, **FUSED)(L.MaxPooling2D(2)(x)))
    up = L.Conv2D(F, 2, **FUSED)(L.UpSampling2D(2)(x))
    x = L.Conv2D(F, 3, **FUSED)(L.concatenate([skip, up], axis=3))
    x = L.Conv2D(2, 3, **FUSED)(x)
    return keras.Model(first, L.Activation("sigmoid")(L.Conv2D(1, 1)(x)))


def extras():
    """Layers that the seed systems do not use, odd sizes among them."""
    x = first = keras.Input((*SIZE, 2))
    x = L.Conv2D(F, 3, strides=2, **SAME)(x)
    x = L.LeakyReLU(0.2)(L.ZeroPadding2D(((1, 0), (0, 1)))(x))
    x = L.Conv2D(F, 3, dilation_rate=2, activation="elu", **SAME)(x)
    x = L.BatchNormalization(scale=False, epsilon=0.01)(x)
    x = L.AveragePooling2D(2, **SAME)(x)
    x = L.ReLU()(L.BatchNormalization(center=False)(x))
    x = L.MaxPooling2D(3, strides=1, **SAME)(x)
    x = L.GaussianNoise(0.1)(L.Conv2DTranspose(F, 4, strides=2, **SAME)(x))
    x = L.Cropping2D(((1, 1), (2, 0)))(L.ELU(0.5)(x))
    x = L.UpSampling2D(2, interpolation="bilinear")(x)
    return keras.Model(first, L.Softmax()(L.Conv2D(3, 1)(x)))


def tile(number):
    """Return one of the tile course's three classifiers."""
    first = keras.Input((12, 12, 3))
    model = keras.Sequential([first] if TAG == "k3" else [L.InputLayer((12, 12, 3))])
    model.add(L.Conv2D(F, 3, activation="relu", **(SAME if number == 3 else {})))
    if number == 3:
        model.add(L.Dropout(0.25))
    if number > 1:
        model.add(L.MaxPooling2D(3))
    if number == 3:
        model.add(L.Conv2D(3, 3, **FUSED))
        model.add(L.Dropout(0.25))
    model.add(L.Flatten())
    model.add(L.Dense(2, activation="softmax"))
    return model


def nested():
    """Put a model inside a model, and use one layer twice."""
    inside = keras.Input((*SIZE, F))
    y = L.BatchNormalization()(L.Conv2D(F, 3, **FUSED)(inside))
    inner = keras.Model(inside, L.Conv2D(F, 1)(L.add([inside, y])))
    shared = L.Conv2D(F, 3, **SAME)
    first = keras.Input((*SIZE, 3))
    x = inner(L.Conv2D(F, 3, **FUSED)(first))
    return keras.Model(first, head(shared(shared(x)), 1))


def with_lambda():
    """Hold a function, which is never run."""
    first = keras.Input((*SIZE, 3))
    x = L.Lambda(lambda t: t * 2.0, name="double")(first)
    return keras.Model(first, head(x, 1))


EVERYWHERE = {
    "unet05": unet,
    "unetpp": unetpp,
    "lab10": partial(classic, rescale=True, inner=0.1, classes=6),
    "custom_attention": partial(custom, attention=True),
    "satellite": satellite,
}
GRAPHS = {
    "unet05_grey3": partial(unet, layers=3, classes=3, levels=1),
    "unet04": partial(unet, "upsample", levels=1),
    "unet04_3layers": partial(unet, "upsample", layers=3, levels=1),
    "unet_plain": partial(unet, norm=False, levels=1),
    "platypus": partial(unet, classes=2, kernel=3, levels=1),
    "classic": classic,
    "vanilla": vanilla,
    "custom": partial(custom, levels=1),
    "custom_simple": partial(custom, simple=True, levels=1),
    "custom_plain": partial(custom, norm=False, levels=1),
    "vnet": partial(custom, 3, levels=1),
    "habitatnet": habitatnet,
    "zhixuhao": zhixuhao,
    "extras": extras,
    "tile1": partial(tile, 1),
    "tile2": partial(tile, 2),
    "tile3": partial(tile, 3),
    "nested": nested,
}
WEIGHTS_ONLY = {"tf22": "unet05", "k2": "custom_attention", "k3": "unet05"}
ZIPPED = ("unet05", "custom_attention", "lab10", "satellite", "nested")
THREE_TOO = ("nested", "tile3", "extras")  # also with Keras 3


def main():
    """Write the files of this version of Keras."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    chosen = dict(EVERYWHERE)
    if TAG == "k2":
        chosen.update(GRAPHS)
    if TAG == "k3":
        chosen.update({name: GRAPHS[name] for name in THREE_TOO})
    for name, build in chosen.items():
        write(name, build, folder)
    keras.backend.clear_session()
    with_lambda().save(str(folder / f"lambda-{TAG}.h5"))


def write(name, build, folder):
    """Save one model in the formats of this version, and what it predicts."""
    keras.backend.clear_session()
    model = build()
    rng = np.random.RandomState(zlib.crc32(name.encode()))
    model.set_weights([random_like(w, weight_name(w), rng) for w in model.weights])
    stem, count = f"{name}-{TAG}", 6 if name.startswith("tile") else 1
    image = rng.randint(0, 256, (count, *model.input_shape[1:])).astype("uint8")
    scale = np.float32(1 if name in ("lab10", "habitatnet") else 255)
    spread(model, image.astype("float32") / scale)
    predicted = model.predict(image.astype("float32") / scale, verbose=0)
    np.savez_compressed(str(folder / (stem + ".npz")), x=image, y=predicted)
    if name == "unet05" and TAG != "k3":
        train_a_little(model)
    if TAG != "k3" or name not in ZIPPED:
        model.save(str(folder / (stem + ".h5")))
    if (TAG == "k3" and name in ZIPPED) or (TAG == "k2" and name == ZIPPED[-1]):
        model.save(str(folder / (stem + ".keras")))
    if name == WEIGHTS_ONLY[TAG] and TAG != "k3":
        model.save_weights(str(folder / (stem + ".w.h5")))
    if name == WEIGHTS_ONLY[TAG] and TAG != "tf22":
        model.save_weights(str(folder / (stem + ".weights.h5")))


def train_a_little(model):
    """Give the file an optimiser's state and a metric nobody else has."""

    def dice_coef(truth, predicted):
        both = tf.reduce_sum(truth * predicted)
        return (2 * both + 1) / (tf.reduce_sum(truth) + tf.reduce_sum(predicted) + 1)

    kept = model.get_weights()
    model.compile("adam", "binary_crossentropy", metrics=[dice_coef])
    model.train_on_batch(*(np.zeros((1, *SIZE, n), "float32") for n in (3, 1)))
    model.set_weights(kept)


def spread(model, image):
    """Move the last weights so that probabilities are far from each other."""
    p = np.clip(model.predict(image, verbose=0), 1e-6, 1 - 1e-6)
    logits = np.log(p / (1 - p)) if p.shape[-1] == 1 else np.log(p)
    axes = tuple(range(p.ndim - 1))
    last = [layer for layer in model.layers if layer.weights][-1]
    kernel, bias = last.get_weights()
    gain = min(10.0, 1.5 / max(logits.std(), 1e-3))
    last.set_weights([gain * kernel, gain * (bias - logits.mean(axes))])


def weight_name(weight):
    """Return what a weight is, as kernel or gamma."""
    return getattr(weight, "path", weight.name).split("/")[-1].split(":")[0]


def random_like(weight, name, rng):
    """Draw a weight so that activations keep their size and nothing is at a default."""
    shape = tuple(weight.shape)
    if "kernel" in name:
        return rng.normal(0, np.sqrt(2.0 / np.prod(shape[:-1])), shape)
    low, high = LIMITS.get(name, (-0.1, 0.3))
    return rng.uniform(low, high, shape)


if __name__ == "__main__":
    main()
