"""Keras on TensorFlow as a contender: in graph mode, with oneDNN, without XLA.

`train_on_batch` and `predict_on_batch` were as fast as `tf.function`s written by hand, or faster.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from serve import serve


def convolution(x, no, size=3, stride=1):
    # "same" is one-sided at stride 2, so the padding is laid by hand, as in PyTorch and the kit.
    if stride == 1:
        return layers.Conv2D(no, size, padding="same", use_bias=False)(x)
    padded = x if size == 1 else layers.ZeroPadding2D(size // 2)(x)
    return layers.Conv2D(no, size, stride, use_bias=False)(padded)


def norm(x):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def pad_shortcut(x, no):
    side = (no - x.shape[-1]) // 2
    return keras.ops.pad(x[:, ::2, ::2], [[0, 0], [0, 0], [0, 0], [side, side]])


def projection_shortcut(x, no):
    return norm(convolution(x, no, size=1, stride=2))


def block(x, no, shortcut):
    same = x.shape[-1] == no
    y = layers.ReLU()(norm(convolution(x, no, stride=1 if same else 2)))
    y = norm(convolution(y, no))
    return layers.ReLU()(layers.Add()([y, x if same else shortcut(x, no)]))


def network(image, x, widths, repeat, shortcut, classes):
    for no in widths:
        for _ in range(repeat):
            x = block(x, no, shortcut)
    return keras.Model(image, layers.Dense(classes)(layers.GlobalAveragePooling2D()(x)))


def resnet20(size, classes):
    image = keras.Input((size, size, 3))
    x = layers.ReLU()(norm(convolution(image, 16)))
    return network(image, x, (16, 32, 64), 3, pad_shortcut, classes)


def resnet18(size, classes):
    image = keras.Input((size, size, 3))
    x = layers.ReLU()(norm(convolution(image, 64, size=7, stride=2)))
    # After a ReLU nothing is below 0, so that zeros pad as well as minus infinity.
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    return network(image, x, (64, 128, 256, 512), 2, projection_shortcut, classes)


def make(model, batch, size, classes):
    keras.backend.clear_session()
    built = {"resnet20": resnet20, "resnet18": resnet18}[model](size, classes)
    # Keras's decay goes past the momentum, unlike PyTorch's; it is the same amount of work.
    optimizer = keras.optimizers.SGD(0.001, momentum=0.9, nesterov=True, weight_decay=5e-4)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    built.compile(optimizer, loss, jit_compile=False)
    images = tf.random.normal((batch, size, size, 3))
    labels = tf.range(batch) % classes
    parameters = sum(int(np.prod(weight.shape)) for weight in built.trainable_weights)
    return (
        parameters,
        lambda: built.train_on_batch(images, labels),
        lambda: built.predict_on_batch(images),
    )


serve(
    f"Keras {keras.__version__} on TensorFlow {tf.__version__}",
    f"CPU, {os.cpu_count()} threads",
    make,
)
