"""The workloads: descriptions of networks, data, and the required ratios."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Workload:
    """A network and its data, described so that every peer can build the network.

    Attributes:
        name: The name for ``--only``.
        title: The title in the table.
        shape: The shape of one input.
        layers: ``("dense", units, activation)``, ``("conv", filters, size, activation)``, ``("pool", size)``,
            ``("flatten",)``, ``("lstm", units)``, ``("gru", units)``; convolutions without padding. With padding, so
            that the size stays but for the stride: ``("same", filters, size, stride)``, ``("conv1d", filters, size,
            activation)``, ``("separable", filters, size, activation)``. ``("norm",)`` is batch normalization,
            ``("relu",)`` an activation, ``("mean",)`` the mean over all positions, and ``("residual", *layers)`` adds
            its input, projected by ``same`` of size 1 and ``norm`` where the shape changes, before a ReLU. For series:
            ``("causal", filters, size, dilation, activation)``, ``("transformer", heads, units)`` with the
            normalization first, ``("lru", units)``, ``("reservoir", units)`` with fixed weights, of which the last
            state is read, and ``("mean_steps",)``.
        loss: ``"sparse_categorical_crossentropy"``, ``"categorical_crossentropy"`` or ``"mse"``.
        rows: The number of rows.
        batch: The batch size.
        epochs: The number of epochs of the example.
        accuracy: Whether accuracy is measured in addition to the loss.
        reach: By peer, the required ratio of the times per step.
        beside: The peers that have such a layer; all if empty.
    """

    name: str
    title: str
    shape: tuple[int, ...]
    layers: tuple[tuple[Any, ...], ...]
    loss: str
    rows: int
    batch: int
    epochs: int = 10
    accuracy: bool = False
    reach: dict[str, float] = field(default_factory=dict)
    beside: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """The number of steps in an epoch."""
        return -(-self.rows // self.batch)

    @property
    def outputs(self) -> int:
        """The units of the last layer."""
        return self.layers[-1][1]

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return random inputs and targets, since the time of a step does not depend on the data."""
        source = np.random.default_rng(0)
        x = source.standard_normal((self.rows, *self.shape), dtype=np.float32)
        if self.loss == "mse":
            return x, source.standard_normal((self.rows, self.outputs), dtype=np.float32)
        labels = source.integers(0, self.outputs, self.rows)
        return x, self.targets(labels)

    def targets(self, labels: np.ndarray) -> np.ndarray:
        """Return class indices in the form required by the loss."""
        if self.loss == "categorical_crossentropy":
            return np.eye(self.outputs, dtype=np.float32)[labels]
        return labels.astype(np.int64)

    def first_batch(self) -> Workload:
        """Return the workload with the data of a single step."""
        return replace(self, rows=min(self.rows, self.batch), epochs=1)

    def flops(self) -> float:
        """Return the floating-point operations of the matrix products of one step, forward and backward."""
        total, _ = _stack_products(self.layers, self.shape, False)
        return 2.0 * total * self.batch * (self.rows / (self.steps * self.batch))


def _stack_products(
    layers: tuple[tuple[Any, ...], ...], shape: tuple[int, ...], learned_below: bool
) -> tuple[int, tuple[int, ...]]:
    """Return the multiply-adds of layers for one row, and their output shape."""
    total = 0
    for kind, *given in layers:
        multiply_adds, shape = _products(kind, given, shape, 2 + learned_below)
        total += multiply_adds
        learned_below |= multiply_adds > 0
    return total, shape


def _products(  # noqa: PLR0911, PLR0912 - a formula a kind
    kind: str, given: list[Any], shape: tuple[int, ...], passes: int
) -> tuple[int, tuple[int, ...]]:
    """Return the multiply-adds of a layer for one row, and its output shape.

    ``passes`` is 3: the output, the gradient of the weights and that of the inputs; the first layer needs only two.
    """
    match kind:
        case "dense":
            return passes * shape[0] * given[0], (given[0],)
        case "conv":
            filters, size = given[:2]
            height, width, channels = shape
            height, width = height - size + 1, width - size + 1
            return passes * height * width * size * size * channels * filters, (height, width, filters)
        case "same":
            filters, size, stride = given
            height, width, channels = -(-shape[0] // stride), -(-shape[1] // stride), shape[2]
            return passes * height * width * size * size * channels * filters, (height, width, filters)
        case "conv1d":
            filters, size = given[:2]
            return passes * shape[0] * size * shape[1] * filters, (shape[0], filters)
        case "causal":
            return passes * shape[0] * given[1] * shape[1] * given[0], (shape[0], given[0])
        case "transformer":
            steps, features = shape
            each = 4 * features**2 + 2 * steps * features + 2 * features * given[1]
            return passes * steps * each, shape
        case "lru":  # real and imaginary parts of B and C
            return passes * shape[0] * 4 * shape[1] * given[0], shape
        case "reservoir":  # no way back
            return shape[0] * given[0] * (shape[1] + given[0]), (given[0],)
        case "mean_steps":
            return 0, (shape[-1],)
        case "separable":
            filters, size = given[:2]
            height, width, channels = shape
            return passes * height * width * channels * (size * size + filters), (height, width, filters)
        case "residual":
            total, after = _stack_products(tuple(given), shape, True)
            if after != shape:
                total += passes * int(np.prod(after)) * shape[-1]
            return total, after
        case "norm" | "relu":
            return 0, shape
        case "mean":
            return 0, (shape[-1],)
        case "pool":
            return 0, (shape[0] // given[0], shape[1] // given[0], shape[2])
        case "flatten":
            return 0, (int(np.prod(shape)),)
        case "lstm" | "gru":
            steps, features = shape
            gates = given[0] * (4 if kind == "lstm" else 3)
            return steps * (passes * features + 3 * given[0]) * gates, (given[0],)
        case _:
            raise ValueError(f"unknown layer {kind!r}")


RELU, SOFTMAX = "relu", "softmax"


def _block(filters: int, stride: int = 1) -> tuple[Any, ...]:
    """Return the residual block of He et al. (2016): two convolutions of 3x3 with batch normalization."""
    first, second = ("same", filters, 3, stride), ("same", filters, 3, 1)
    return ("residual", first, ("norm",), ("relu",), second, ("norm",))


def _temporal(filters: int, dilation: int) -> tuple[Any, ...]:
    """Return the block of temporal convolutional networks (Bai et al. 2018), without dropout."""
    return ("residual", *[("causal", filters, 3, dilation, RELU)] * 2)


LENET = (
    ("conv", 6, 5, RELU),
    ("pool", 2),
    ("conv", 16, 5, RELU),
    ("pool", 2),
    ("flatten",),
    ("dense", 120, RELU),
    ("dense", 84, RELU),
    ("dense", 10, SOFTMAX),
)
LABELS = "sparse_categorical_crossentropy"

STEPS = (
    Workload(
        "tiny",
        "Dense 8-10-2, batch 32",
        (8,),
        (("dense", 10, RELU), ("dense", 2, SOFTMAX)),
        LABELS,
        rows=2048,
        batch=32,
        reach={"PyTorch": 15, "scikit-learn": 10, "Keras-JAX": 6, "Keras-TF": 100},
    ),
    Workload(
        "small",
        "Dense 784-32-10, batch 32",
        (784,),
        (("dense", 32, RELU), ("dense", 10, SOFTMAX)),
        LABELS,
        rows=4096,
        batch=32,
        reach={"PyTorch": 3.5, "scikit-learn": 3, "Keras-JAX": 1.8, "Keras-TF": 12},
    ),
    Workload(
        "large",
        "Dense 784-512-512-10, batch 128",
        (784,),
        (("dense", 512, RELU), ("dense", 512, RELU), ("dense", 10, SOFTMAX)),
        LABELS,
        rows=4096,
        batch=128,
        reach={"PyTorch": 1.1},
    ),
    Workload(
        "cnn",
        "CNN of two layers, 28x28, batch 64",
        (28, 28, 1),
        (
            ("conv", 32, 3, RELU),
            ("pool", 2),
            ("conv", 64, 3, RELU),
            ("pool", 2),
            ("flatten",),
            ("dense", 10, SOFTMAX),
        ),
        LABELS,
        rows=2048,
        batch=64,
        reach={"PyTorch": 1.1, "Keras-TF": 2.5},
    ),
    Workload(
        "lenet5",
        "LeNet, 28x28, batch 128",
        (28, 28, 1),
        LENET,
        LABELS,
        rows=4096,
        batch=128,
        reach={"PyTorch": 1.2, "Keras-JAX": 1.3, "Keras-TF": 1.0},
    ),
    Workload(
        "resnet6",
        "ResNet of 6 blocks, 16 channels, 28x28, batch 128",
        (28, 28, 1),
        (("same", 16, 3, 1), *[_block(16)] * 6, ("mean",), ("dense", 10, SOFTMAX)),
        LABELS,
        rows=256,
        batch=128,
        reach={"PyTorch": 0.5, "Keras-JAX": 1.3, "Keras-TF": 1.0},
    ),
    Workload(
        "resnet20",
        "ResNet-20, 32x32x3, batch 128",
        (32, 32, 3),
        (
            ("same", 16, 3, 1),
            ("norm",),
            ("relu",),
            *[_block(16)] * 3,
            _block(32, 2),
            *[_block(32)] * 2,
            _block(64, 2),
            *[_block(64)] * 2,
            ("mean",),
            ("dense", 10, SOFTMAX),
        ),
        LABELS,
        rows=256,
        batch=128,
        reach={"PyTorch": 0.5, "Keras-JAX": 1.3, "Keras-TF": 1.0},
    ),
    Workload(
        "conv1d",
        "two Conv1D of 64, kernel 7, 128 steps, batch 64",
        (128, 8),
        (("conv1d", 64, 7, RELU), ("conv1d", 64, 7, RELU), ("mean",), ("dense", 10, SOFTMAX)),
        LABELS,
        rows=1024,
        batch=64,
        reach={"PyTorch": 0.9, "Keras-JAX": 1.3, "Keras-TF": 1.0},
    ),
    Workload(
        "separable",
        "depthwise-separable block, 28x28x32, batch 64",
        (28, 28, 32),
        (("separable", 64, 3, RELU), ("separable", 64, 3, RELU), ("mean",), ("dense", 10, SOFTMAX)),
        LABELS,
        rows=256,
        batch=64,
        reach={"PyTorch": 0.6, "Keras-JAX": 1.3, "Keras-TF": 1.0},
    ),
    Workload(
        "lstm50",
        "LSTM 50, 50 steps, batch 32",
        (50, 1),
        (("lstm", 50), ("dense", 1, "linear")),
        "mse",
        rows=1024,
        batch=32,
        reach={"PyTorch": 1.0},
    ),
    Workload(
        "lstm128",
        "LSTM 128, 50 steps, batch 64",
        (50, 8),
        (("lstm", 128), ("dense", 1, "linear")),
        "mse",
        rows=1024,
        batch=64,
        reach={"PyTorch": 0.8},
    ),
    Workload(
        "gru128",
        "GRU 128, 50 steps, batch 64",
        (50, 8),
        (("gru", 128), ("dense", 1, "linear")),
        "mse",
        rows=1024,
        batch=64,
        reach={"PyTorch": 1.1},
    ),
    Workload(
        "tcn",
        "TCN of 4 blocks of 64, kernel 3, 128 steps, batch 32",
        (128, 8),
        (("causal", 64, 1, 1, "linear"), *[_temporal(64, 2**n) for n in range(4)], ("mean",), ("dense", 10, SOFTMAX)),
        LABELS,
        rows=256,
        batch=32,
        reach={"PyTorch": 1.0, "Keras-JAX": 1.0, "Keras-TF": 1.0},
    ),
    Workload(
        "attention",
        "2 transformer blocks of 64, 4 heads, 128 steps, batch 32",
        (128, 64),
        (("transformer", 4, 256), ("transformer", 4, 256), ("mean_steps",), ("dense", 10, SOFTMAX)),
        LABELS,
        rows=256,
        batch=32,
        reach={"PyTorch": 1.0, "Keras-JAX": 1.0, "Keras-TF": 1.0},
    ),
    Workload(
        "lru",
        "linear recurrent unit of 64, 1,000 steps, batch 16",
        (1000, 16),
        (("lru", 64), ("mean_steps",), ("dense", 10, SOFTMAX)),
        LABELS,
        rows=128,
        batch=16,
        reach={"PyTorch": 1.0},
        beside=("PyTorch",),
    ),
    Workload(
        "reservoir",
        "echo state of 300, 1,000 steps, batch 16, its read-out",
        (1000, 4),
        (("reservoir", 300), ("dense", 1, "linear")),
        "mse",
        rows=64,
        batch=16,
        reach={"PyTorch": 1.0, "Keras-JAX": 1.0, "Keras-TF": 1.0},
    ),
)

EXAMPLE_1 = Workload(
    "example1",
    "worked example 1: 784-32-10, 1,000 rows",
    (784,),
    (("dense", 32, RELU), ("dense", 10, SOFTMAX)),
    "categorical_crossentropy",
    rows=1000,
    batch=32,
    epochs=10,
    accuracy=True,
)

EXAMPLE_5 = Workload(
    "example5",
    "worked example 5: LSTM 50, 1 step, 99 rows",
    (1, 1),
    (("lstm", 50), ("dense", 1, "linear")),
    "mse",
    rows=99,
    batch=32,
    epochs=100,
    reach={"PyTorch": 15},
)

MNIST = (
    Workload(
        "mlp",
        "784-512-512-10",
        (784,),
        (("dense", 512, RELU), ("dense", 512, RELU), ("dense", 10, SOFTMAX)),
        LABELS,
        rows=60_000,
        batch=128,
    ),
    Workload(
        "lenet",
        "LeNet",
        (28, 28, 1),
        LENET,
        LABELS,
        rows=60_000,
        batch=128,
    ),
)

# Networks of which many are trained: the same for each member and for the peers, 64 steps an epoch.
POPULATIONS = (
    Workload(
        "members8", "Dense 8-10-2, batch 32", (8,), (("dense", 10, RELU), ("dense", 2, SOFTMAX)), LABELS, 2048, 32, 40
    ),
    Workload(
        "members64",
        "Dense 64-32-10, batch 32",
        (64,),
        (("dense", 32, RELU), ("dense", 10, SOFTMAX)),
        LABELS,
        2048,
        32,
        20,
    ),
    Workload(
        "members784",
        "Dense 784-32-10, batch 32",
        (784,),
        (("dense", 32, RELU), ("dense", 10, SOFTMAX)),
        LABELS,
        2048,
        32,
        5,
    ),
)

BY_NAME = {workload.name: workload for workload in (*STEPS, EXAMPLE_1, EXAMPLE_5, *MNIST, *POPULATIONS)}
