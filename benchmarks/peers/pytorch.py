"""PyTorch eager on the CPU: a plain loop, fused Adam, channels last for convolutions."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from torch import nn

from ..workloads import Workload

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))

ACTIVATIONS = {"relu": nn.ReLU, "linear": nn.Identity, "softmax": nn.Identity}  # the loss takes logits


class Last(nn.Module):
    """A recurrent layer of which the last state is the answer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0][:, -1]


class Net:
    """The workload's network in PyTorch."""

    def __init__(self, workload: Workload) -> None:
        self.batch, self.accuracy = workload.batch, workload.accuracy
        self.images = len(workload.shape) == 3
        self.model = nn.Sequential(*modules(workload))
        if self.images:
            self.model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.loss = nn.MSELoss() if workload.loss == "mse" else nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(self.model.parameters(), fused=True)

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int) -> list[tuple[float, float]]:
        inputs, targets = self.tensor(x), torch.from_numpy(y)
        history = []
        for _ in range(epochs):
            total, right = torch.zeros(()), torch.zeros(())
            for rows in torch.randperm(len(inputs)).split(self.batch):
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
        return torch.cat([self.model(part) for part in self.tensor(x).split(128)]).numpy()

    def tensor(self, x: np.ndarray) -> torch.Tensor:
        inputs = torch.from_numpy(x)
        if not self.images:
            return inputs
        return inputs.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def modules(workload: Workload) -> list[nn.Module]:
    made: list[nn.Module] = []
    shape: Any = workload.shape
    for kind, *given in workload.layers:
        match kind:
            case "dense":
                made += [nn.Linear(shape[0], given[0]), ACTIVATIONS[given[1]]()]
                shape = (given[0],)
            case "conv":
                height, width, channels = shape
                made += [nn.Conv2d(channels, given[0], given[1]), ACTIVATIONS[given[2]]()]
                shape = (height - given[1] + 1, width - given[1] + 1, given[0])
            case "pool":
                made.append(nn.MaxPool2d(given[0]))
                shape = (shape[0] // given[0], shape[1] // given[0], shape[2])
            case "flatten":
                made.append(nn.Flatten())
                shape = (int(np.prod(shape)),)
            case "lstm" | "gru":
                kinds = {"lstm": nn.LSTM, "gru": nn.GRU}
                made.append(Last(kinds[kind](shape[1], given[0], batch_first=True)))
                shape = (given[0],)
    return made


def version() -> str:
    return f"PyTorch {torch.__version__}"
