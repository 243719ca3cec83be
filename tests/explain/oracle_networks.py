"""Small networks with weights by a formula, and captum's values for them.

``python -m tests.explain.oracle_networks`` prints the values that the tests of DeepLIFT and DeepSHAP compare with. It
needs captum (0.9.0) and torch; the tests do not.
"""

from __future__ import annotations

import numpy as np

import plastica as pl

ROW = np.array([[1.0, -0.5, 2.0, 0.25]], np.float32)
BACKGROUND = np.array([[0.0, 0.0, 0.0, 0.0], [0.5, 1.0, -1.0, 0.0], [-1.0, 2.0, 0.5, 1.0]], np.float32)
IMAGE = np.cos(np.arange(16, dtype=np.float32)).reshape(1, 4, 4, 1)


def numbers(*shape, start=0):
    """Return numbers of both signs in a given shape."""
    return np.sin(np.arange(start, start + np.prod(shape), dtype=np.float32) * 1.7).reshape(shape)


DENSE_WEIGHTS = [numbers(4, 3), numbers(3, start=5), numbers(3, 2, start=9), numbers(2, start=3)]
CONVOLUTION_WEIGHTS = [numbers(2, 2, 1, 2), numbers(2, start=4), numbers(18, 1, start=2), numbers(1, start=7)]


def dense():
    """Return a network of dense layers."""
    model = pl.Sequential([pl.Dense(3, "relu"), pl.Dense(2, "sigmoid")])
    model.build((4,))
    model.set_weights(DENSE_WEIGHTS)
    return model


def convolution():
    """Return a convolutional network."""
    model = pl.Sequential([pl.Conv2D(2, 2, activation="relu"), pl.Flatten(), pl.Dense(1)])
    model.build((4, 4, 1))
    model.set_weights(CONVOLUTION_WEIGHTS)
    return model


def main():
    """Print captum's values."""
    import torch
    from captum.attr import DeepLift, DeepLiftShap

    def linear(kernel, bias):
        layer = torch.nn.Linear(*kernel.shape)
        layer.weight.data, layer.bias.data = torch.tensor(kernel.T.copy()), torch.tensor(bias)
        return layer

    class ChannelsLast(torch.nn.Module):
        def forward(self, x):
            return x.permute(0, 2, 3, 1).flatten(1)

    k1, b1, k2, b2 = DENSE_WEIGHTS
    net = torch.nn.Sequential(linear(k1, b1), torch.nn.ReLU(), linear(k2, b2), torch.nn.Sigmoid())
    row, background = torch.tensor(ROW), torch.tensor(BACKGROUND)
    for name, method, base in (
        ("deep_lift", DeepLift(net), background[1:2]),
        ("deep_shap", DeepLiftShap(net), background),
    ):
        found = [method.attribute(row, base, target=each).detach().numpy()[0].tolist() for each in (0, 1)]
        print(name, np.round(found, 5).tolist())
    k1, b1, k2, b2 = CONVOLUTION_WEIGHTS
    first = torch.nn.Conv2d(1, 2, 2)
    first.weight.data, first.bias.data = torch.tensor(k1.transpose(3, 2, 0, 1).copy()), torch.tensor(b1)
    net = torch.nn.Sequential(first, torch.nn.ReLU(), ChannelsLast(), linear(k2, b2))
    image = torch.tensor(IMAGE.transpose(0, 3, 1, 2).copy())
    values = DeepLift(net).attribute(image, target=0).detach().numpy().ravel()
    print("convolution", np.round(values.astype(float), 5).tolist())


if __name__ == "__main__":
    main()
