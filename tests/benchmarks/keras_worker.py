"""Keras' side of training_speed.py: one train_on_batch for every line that it reads.

Started by that script with the Python that has TensorFlow. It needs nothing of this
project: imageseg's `u_net` is written down here a second time, from the R package's
documentation. Answers are lines of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

SMOOTH = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the other side asks for: its command line, as JSON."""

    data: str
    filters: int
    threads: int


def u_net(side: int, channels: int, filters: int, blocks: int = 4) -> keras.Model:
    """Return imageseg's network of version 0.5 for one class."""
    x = first = layers.Input((side, side, channels))
    skips = []
    for level in range(blocks):
        x = _block(x, filters * 2**level)
        skips.append(x)
        x = layers.MaxPooling2D(2)(x)
    x = _block(x, filters * 2**blocks)
    for level in reversed(range(blocks)):
        x = layers.Conv2DTranspose(filters * 2**level, 2, strides=2, padding="same")(x)
        x = layers.Concatenate()([x, skips[level]])
        x = _block(x, filters * 2**level)
    return keras.Model(first, layers.Conv2D(1, 1, activation="sigmoid")(x))


def _block(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    for _ in range(2):
        kernel = {"padding": "same", "kernel_initializer": "he_normal"}
        x = layers.Conv2D(width, 3, **kernel)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
    return x


def bce_dice(truth: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
    """Return imageseg's loss: binary cross-entropy and 1 - Dice of the whole batch."""
    cross = ops.mean(keras.losses.binary_crossentropy(truth, predicted))
    both = 2 * ops.sum(truth * predicted) + SMOOTH
    return cross + 1 - both / (ops.sum(truth) + ops.sum(predicted) + SMOOTH)


def serve(order: Order) -> None:
    """Say what was built, then train whenever a line comes, until none does."""
    tf.config.threading.set_intra_op_parallelism_threads(order.threads)
    tf.config.threading.set_inter_op_parallelism_threads(order.threads)
    data = np.load(order.data)
    images, truth = data["images"], data["truth"]
    model = u_net(images.shape[1], images.shape[3], order.filters)
    model.compile("adam", loss=bce_dice)  # without XLA, which Keras leaves to GPUs
    versions = f"Keras {keras.__version__}, TensorFlow {tf.__version__}"
    _answer(parameters=model.count_params(), versions=versions)
    for _ in sys.stdin:
        began, worked = time.perf_counter(), time.process_time()
        loss = model.train_on_batch(images, truth)
        _answer(
            seconds=time.perf_counter() - began,
            worked=time.process_time() - worked,
            loss=float(loss),
        )


def _answer(**values: object) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    serve(Order(**json.loads(sys.argv[1])))
