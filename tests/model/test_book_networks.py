"""Networks as books on Keras write them: the same code in both libraries, the same weights, the same training."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
import pytest

import plastica as pl

RNG = np.random.default_rng(0)


def generator(layers, model):
    """A decoder of a generative network, from a code to a picture."""
    parts = [
        layers.Input((6,)),
        layers.Dense(3 * 3 * 4),
        layers.Reshape((3, 3, 4)),
        layers.Conv2DTranspose(6, kernel_size=4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2DTranspose(4, kernel_size=3, strides=2, padding="same"),
        layers.PReLU(shared_axes=[1, 2]),
        layers.Conv2D(2, kernel_size=5, padding="same", activation="sigmoid"),
    ]
    node = parts[0]
    for layer in parts[1:]:
        node = layer(node)
    return model(parts[0], node), (RNG.normal(size=(16, 6)), RNG.random((16, 12, 12, 2)))


def xception(layers, model):
    """A small network of separable convolutions with residual connections."""
    inputs = layers.Input((9, 8, 2))
    x = layers.Rescaling(1.0 / 2)(inputs)
    x = layers.Conv2D(4, 3, use_bias=False)(x)
    for size in (4, 6):
        residual = x
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(size, 3, padding="same", use_bias=False)(x)
        x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
        x = layers.SeparableConv2D(size, 3, padding="same", activation="hard_silu")(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(size, 1, strides=2, padding="same", use_bias=False)(residual)
        x = layers.Add()([x, residual])
    outputs = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
    return model(inputs, outputs), (RNG.normal(size=(16, 9, 8, 2)), RNG.normal(size=(16, 3)))


def transformer(layers, model):
    """A decoder of a transformer, which attends to its own past and to an encoder."""
    source, inputs = layers.Input((7, 6)), layers.Input((5, 8))
    encoded = layers.MultiHeadAttention(num_heads=2, key_dim=3, name="part_1")(source, source)
    encoded = layers.LayerNormalization(name="part_2")(layers.Add()([source, encoded]))
    own = layers.MultiHeadAttention(num_heads=2, key_dim=4, name="part_3")(
        query=inputs, value=inputs, key=inputs, use_causal_mask=True
    )
    x = layers.LayerNormalization(name="part_4")(layers.Add()([inputs, own]))
    other = layers.MultiHeadAttention(num_heads=2, key_dim=4, name="part_5")(query=x, value=encoded, key=encoded)
    x = layers.RMSNormalization(name="part_6")(layers.Add()([x, other]))
    x = layers.Add()([x, layers.Conv1D(8, 1, name="part_7")(layers.Conv1D(12, 1, activation="gelu", name="part_8")(x))])
    outputs = layers.Dense(1, name="part_9")(layers.GlobalMaxPooling1D()(x))
    return model([source, inputs], outputs), (
        [RNG.normal(size=(16, 7, 6)), RNG.normal(size=(16, 5, 8))],
        RNG.normal(size=(16, 1)),
    )


@pytest.mark.parametrize("network", [generator, xception, transformer], ids=lambda network: network.__name__)
def test_training_equals_keras(network):
    theirs, (x, y) = network(keras.layers, keras.Model)
    ours, _ = network(pl.layers, pl.Model)
    weights = [0.5 * RNG.normal(size=each.shape).astype(np.float32) for each in ours.get_weights()]
    weights = [np.abs(each) if each.ndim == 1 else each for each in weights]  # variances are positive
    theirs.set_weights(weights)
    ours.set_weights(weights)
    x = [each.astype(np.float32) for each in x] if isinstance(x, list) else x.astype(np.float32)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), rtol=1e-3, atol=1e-4)
    ours.compile(pl.optimizers.SGD(0.01), "mse")
    theirs.compile(keras.optimizers.SGD(0.01), "mse")
    told, heard = (
        model.fit(x, y, epochs=3, batch_size=16, shuffle=False, verbose=0).history["loss"] for model in (ours, theirs)
    )
    np.testing.assert_allclose(told, heard, rtol=1e-3)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), rtol=5e-3, atol=1e-3)
