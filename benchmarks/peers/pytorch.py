"""PyTorch: a plain loop, fused Adam, channels last for convolutions; eager on the CPU, compiled on a GPU."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from torch import nn

from ..workloads import Workload

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
ON_GPU = os.environ.get("BENCHMARK_DEVICE") == "gpu"
DEVICE = torch.device("cuda" if ON_GPU else "cpu")

ACTIVATIONS = {"relu": nn.ReLU, "linear": nn.Identity, "softmax": nn.Identity}  # the loss expects logits


class Last(nn.Module):
    """A recurrent layer that returns its last state."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0][:, -1]


class Net:
    """The network of a workload in PyTorch."""

    def __init__(self, workload: Workload) -> None:
        self.batch, self.accuracy = workload.batch, workload.accuracy
        self.images = len(workload.shape) == 3
        self.steps_last = any(words[0] in ("conv1d", "causal") for words in workload.layers)
        self.model = nn.Sequential(*modules(workload.layers, workload.shape)[0]).to(DEVICE)
        if self.images:
            self.model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.loss = nn.MSELoss() if workload.loss == "mse" else nn.CrossEntropyLoss()
        if ON_GPU:
            self.model.compile()  # on the CPU eager is faster, without the seconds that compiling takes
        learned = [each for each in self.model.parameters() if each.requires_grad]
        self.optimizer = torch.optim.Adam(learned, fused=not any(each.is_complex() for each in learned))

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int) -> list[tuple[float, float]]:
        inputs, targets = self.tensor(x), torch.from_numpy(y).to(DEVICE)
        history = []
        for _ in range(epochs):
            total, right = torch.zeros((), device=DEVICE), torch.zeros((), device=DEVICE)
            for rows in torch.randperm(len(inputs), device=DEVICE).split(self.batch):
                target = targets[rows]
                answer = self.model(inputs[rows])
                loss = self.loss(answer, target)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.detach() * len(rows)
                if self.accuracy:
                    labels = target if target.ndim == 1 else target.argmax(1)
                    right += (answer.detach().argmax(1) == labels).sum()
            history.append((total.item() / len(inputs), right.item() / len(inputs)))
        return history

    @torch.inference_mode()
    def predict(self, x: np.ndarray) -> np.ndarray:
        return torch.cat([self.model(part) for part in self.tensor(x).split(128)]).cpu().numpy()

    def tensor(self, x: np.ndarray) -> torch.Tensor:
        inputs = torch.from_numpy(x).to(DEVICE)
        if self.steps_last:
            return inputs.permute(0, 2, 1).contiguous()
        if not self.images:
            return inputs
        return inputs.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


class Layer:
    """A convolution alone: its output and its gradients."""

    def __init__(self, given: dict[str, Any]) -> None:
        channels, size, kernel = given["channels"], given["size"], given["kernel"]
        self.layer = nn.Conv2d(channels, given["filters"], kernel, given["stride"], kernel // 2, bias=False)
        self.layer.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        x = torch.rand(given["batch"], channels, size, size).contiguous(memory_format=torch.channels_last)
        self.x = x.requires_grad_(not given["is_first"])

    def passes(self, count: int) -> None:
        for _ in range(count):
            self.layer.zero_grad()
            self.x.grad = None
            output = self.layer(self.x)
            output.backward(output.detach())


class Mean(nn.Module):
    """The mean over all positions of each channel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).mean(2)


class Residual(nn.Module):
    """relu(x + f(x)), with a projection of x if f changes its shape."""

    def __init__(self, branch: list[nn.Module], shortcut: list[nn.Module]) -> None:
        super().__init__()
        self.branch, self.shortcut = nn.Sequential(*branch), nn.Sequential(*shortcut)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.shortcut(x) + self.branch(x))


class MeanOfSteps(nn.Module):
    """The mean over the steps of ``(batch, steps, features)``."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(1)


class Transformer(nn.Module):
    """A block of a transformer with the normalization before each part, on PyTorch's fused attention."""

    def __init__(self, features: int, heads: int, units: int) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(features, eps=1e-3), nn.LayerNorm(features, eps=1e-3)
        self.attention = nn.MultiheadAttention(features, heads, batch_first=True)
        self.each = nn.Sequential(nn.Linear(features, units), nn.ReLU(), nn.Linear(units, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normal = self.first(x)
        x = x + self.attention(normal, normal, normal, need_weights=False)[0]
        return x + self.each(self.second(x))


class LinearRecurrentUnit(nn.Module):
    """The unit of Orvieto et al. (2023): the products for all steps at once, then a loop over steps."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        radius = torch.rand(units).clamp(0.01, 0.99)
        self.nu, self.theta = nn.Parameter(torch.log(-torch.log(radius))), nn.Parameter(torch.rand(units))
        self.gamma = nn.Parameter(0.5 * torch.log(1 - radius**2))
        self.b = nn.Parameter(torch.randn(features, units, dtype=torch.complex64) / (2 * features) ** 0.5)
        self.c = nn.Parameter(torch.randn(units, features, dtype=torch.complex64) / (2 * units) ** 0.5)
        self.d = nn.Parameter(torch.randn(features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        factor = torch.exp(torch.complex(-torch.exp(self.nu), torch.exp(self.theta)))
        inputs = (x.to(torch.complex64) @ self.b) * torch.exp(self.gamma)
        memory, steps = torch.zeros_like(inputs[:, 0]), []
        for step in inputs.unbind(1):
            memory = factor * memory + step
            steps.append(memory)
        return (torch.stack(steps, 1) @ self.c).real + self.d * x


def modules(layers: tuple[tuple[Any, ...], ...], shape: Any) -> tuple[list[nn.Module], Any]:
    """Return the modules of layers for inputs of ``shape`` (channels last), and the shape of the output."""
    made: list[nn.Module] = []
    for words in layers:
        more, shape = module(words, shape)
        made += more
    return made, shape


def module(words: tuple[Any, ...], shape: Any) -> tuple[list[nn.Module], Any]:  # noqa: PLR0911, PLR0912 - a line a kind
    kind, *given = words
    match kind:
        case "dense":
            return [nn.Linear(shape[0], given[0]), ACTIVATIONS[given[1]]()], (given[0],)
        case "conv":
            height, width, channels = shape
            after = (height - given[1] + 1, width - given[1] + 1, given[0])
            return [nn.Conv2d(channels, given[0], given[1]), ACTIVATIONS[given[2]]()], after
        case "same":
            filters, size, stride = given
            height, width, channels = shape
            after = (-(-height // stride), -(-width // stride), filters)
            return [nn.Conv2d(channels, filters, size, stride, size // 2)], after
        case "conv1d":
            steps, channels = shape
            made = nn.Conv1d(channels, given[0], given[1], padding=given[1] // 2)
            return [made, ACTIVATIONS[given[2]]()], (steps, given[0])
        case "separable":
            height, width, channels = shape
            depthwise = nn.Conv2d(channels, channels, given[1], padding=given[1] // 2, groups=channels, bias=False)
            return [depthwise, nn.Conv2d(channels, given[0], 1), ACTIVATIONS[given[2]]()], (height, width, given[0])
        case "causal" | "transformer" | "lru" | "reservoir" | "mean_steps":
            return in_time(kind, given, shape)
        case "norm":
            return [nn.BatchNorm2d(shape[-1], eps=1e-3, momentum=0.01)], shape
        case "relu":
            return [nn.ReLU()], shape
        case "mean":
            return [Mean()], (shape[-1],)
        case "residual":
            branch, after = modules(tuple(given), shape)
            stride = shape[0] // after[0]
            projected = (("same", after[-1], 1, stride), ("norm",))
            shortcut = [] if after == shape else modules(projected, shape)[0]
            return [Residual(branch, shortcut)], after
        case "pool":
            return [nn.MaxPool2d(given[0])], (shape[0] // given[0], shape[1] // given[0], shape[2])
        case "flatten":
            return [nn.Flatten()], (int(np.prod(shape)),)
        case "lstm" | "gru":
            kinds = {"lstm": nn.LSTM, "gru": nn.GRU}
            return [Last(kinds[kind](shape[1], given[0], batch_first=True))], (given[0],)
        case _:
            raise ValueError(f"unknown layer {kind!r}")


def in_time(kind: str, given: list[Any], shape: Any) -> tuple[list[nn.Module], Any]:
    """Return the modules of a layer for series, and the shape of its output."""
    steps, features = shape
    match kind:
        case "causal":
            filters, size, dilation, activation = given
            padded = nn.ConstantPad1d(((size - 1) * dilation, 0), 0.0)
            made = nn.Conv1d(features, filters, size, dilation=dilation)
            return [padded, made, ACTIVATIONS[activation]()], (steps, filters)
        case "transformer":
            return [Transformer(features, *given)], shape
        case "lru":
            return [LinearRecurrentUnit(features, given[0])], shape
        case "reservoir":
            fixed = nn.RNN(features, given[0], batch_first=True).requires_grad_(False)
            nn.init.normal_(fixed.weight_hh_l0, std=0.9 / given[0] ** 0.5)
            return [Last(fixed)], (given[0],)
        case _:
            return [MeanOfSteps()], (features,)


def version() -> str:
    return f"PyTorch {torch.__version__}"
