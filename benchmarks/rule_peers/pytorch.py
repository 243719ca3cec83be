"""Learning rules in plain eager PyTorch: loops over batches, as in tutorials and the code of the papers.

Each function takes a :class:`~benchmarks.rules.Row` and its data and returns a function that trains one epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot, softplus

Epoch = Callable[[], None]


def batches(x: Tensor, y: Tensor, size: int) -> Any:
    order = torch.randperm(len(x))
    for start in range(0, len(x), size):
        chosen = order[start : start + size]
        yield x[chosen], y[chosen]


def weights(sizes: tuple[int, ...]) -> tuple[list[Tensor], list[Tensor]]:
    kernels = [nn.init.xavier_uniform_(torch.empty(i, o)) for i, o in pairwise(sizes)]
    return kernels, [torch.zeros(o) for o in sizes[1:]]


def forward(kernels: list[Tensor], biases: list[Tensor], x: Tensor) -> list[Tensor]:
    """Return the input and every activity; tanh, and logits at the end."""
    found = [x]
    for place, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        z = found[-1] @ kernel + bias
        found.append(torch.tanh(z) if place < len(kernels) - 1 else z)
    return found


def output_error(logits: Tensor, y: Tensor) -> Tensor:
    return (torch.softmax(logits, 1) - one_hot(y, logits.shape[1])) / len(y)


def step(optimizer: Any, parameters: list[Tensor], gradients: list[Tensor]) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()


def train(row: Any, x: Any, y: Any, gradients: Callable[..., tuple[list[Tensor], list[Tensor]]]) -> Epoch:
    """Train with Adam by a function from (kernels, activities, error) to the gradients of kernels and biases."""
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    kernels, biases = weights(row.sizes)
    optimizer = torch.optim.Adam([*kernels, *biases], 1e-3)

    @torch.no_grad()
    def epoch() -> None:
        for xb, yb in batches(inputs, labels, row.batch):
            activities = forward(kernels, biases, xb)
            of_kernels, of_biases = gradients(kernels, activities, output_error(activities[-1], yb))
            step(optimizer, [*kernels, *biases], [*of_kernels, *of_biases])

    return epoch


def backprop(row: Any, x: Any, y: Any) -> Epoch:
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    layers: list[nn.Module] = []
    for i, o in pairwise(row.sizes):
        layers += [nn.Linear(i, o), nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def epoch() -> None:
        for xb, yb in batches(inputs, labels, row.batch):
            optimizer.zero_grad()
            cross_entropy(model(xb), yb).backward()
            optimizer.step()

    return epoch


def through(back: Callable[[list[Tensor]], list[Tensor]]) -> Callable[..., Any]:
    """Return the gradients if errors are sent back through ``back(kernels)`` instead of the kernels."""

    def gradients(kernels: list[Tensor], activities: list[Tensor], error: Tensor) -> Any:
        roads, of_kernels, of_biases = back(kernels), [], []
        for place in reversed(range(len(kernels))):
            of_kernels.insert(0, activities[place].T @ error)
            of_biases.insert(0, error.sum(0))
            if place:
                error = (error @ roads[place].T) * (1 - activities[place] ** 2)
        return of_kernels, of_biases

    return gradients


def feedback_alignment(row: Any, x: Any, y: Any) -> Epoch:
    fixed, _ = weights(row.sizes)
    return train(row, x, y, through(lambda kernels: fixed))


def sign_symmetry(row: Any, x: Any, y: Any) -> Epoch:
    scale = [(6 / (i + o)) ** 0.5 / 3**0.5 for i, o in pairwise(row.sizes)]
    return train(row, x, y, through(lambda kernels: [s * torch.sign(k) for s, k in zip(scale, kernels, strict=True)]))


def direct_feedback_alignment(row: Any, x: Any, y: Any) -> Epoch:
    roads = [nn.init.xavier_uniform_(torch.empty(row.sizes[-1], size)) for size in row.sizes[1:-1]]

    def gradients(kernels: list[Tensor], activities: list[Tensor], error: Tensor) -> Any:
        errors = [(error @ road) * (1 - a**2) for road, a in zip(roads, activities[1:-1], strict=True)]
        errors.append(error)
        of_kernels = [a.T @ e for a, e in zip(activities[:-1], errors, strict=True)]
        return of_kernels, [e.sum(0) for e in errors]

    return train(row, x, y, gradients)


def target_propagation(row: Any, x: Any, y: Any) -> Epoch:
    """Difference target propagation, Lee et al. 2015, algorithm 1."""
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    kernels, biases = weights(row.sizes)
    backs, back_biases = weights(tuple(reversed(row.sizes[1:-1])))
    backs, back_biases = backs[::-1], back_biases[::-1]
    forward_optimizer = torch.optim.Adam([*kernels, *biases], 1e-3)
    inverse_optimizer = torch.optim.Adam([*backs, *back_biases], 1e-3)

    def inverse(place: int, a: Tensor) -> Tensor:
        return torch.tanh(a @ backs[place] + back_biases[place])

    @torch.no_grad()
    def epoch() -> None:
        for xb, yb in batches(inputs, labels, row.batch):
            a = forward(kernels, biases, xb)
            error = output_error(a[-1], yb)
            hidden = len(kernels) - 1
            target = a[hidden] - len(yb) * 0.1 * (error @ kernels[-1].T)
            errors = [error]
            for place in reversed(range(hidden)):
                errors.insert(0, (a[place + 1] - target) * (1 - a[place + 1] ** 2) / len(yb))
                if place:
                    target = a[place] + inverse(place - 1, target) - inverse(place - 1, a[place + 1])
            step(
                forward_optimizer,
                [*kernels, *biases],
                [*(a_.T @ e for a_, e in zip(a[:-1], errors, strict=True)), *(e.sum(0) for e in errors)],
            )
            of_backs, of_back_biases = [], []
            for place in range(1, hidden):
                noisy = a[place] + 0.1 * torch.randn_like(a[place])
                above = torch.tanh(noisy @ kernels[place] + biases[place])
                again = inverse(place - 1, above)
                e = (again - noisy) * (1 - again**2) / len(yb)
                of_backs.append(above.T @ e)
                of_back_biases.append(e.sum(0))
            step(inverse_optimizer, [*backs, *back_biases], [*of_backs, *of_back_biases])

    return epoch


def predictive_coding(row: Any, x: Any, y: Any) -> Epoch:
    """Whittington and Bogacz 2017: the hidden activities relax, then each layer learns from its own error."""
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    kernels, biases = weights(row.sizes)
    optimizer = torch.optim.Adam([*kernels, *biases], 1e-3)

    @torch.no_grad()
    def epoch() -> None:
        for xb, yb in batches(inputs, labels, row.batch):
            a = forward(kernels, biases, xb)
            for _ in range(row.steps):
                guess = [torch.tanh(a[i] @ kernels[i] + biases[i]) for i in range(len(kernels) - 1)]
                logits = a[-2] @ kernels[-1] + biases[-1]
                errors = [a[i + 1] - guess[i] for i in range(len(guess))]
                top = len(yb) * output_error(logits, yb)
                for i in range(len(guess)):
                    above = top if i == len(guess) - 1 else -errors[i + 1] * (1 - guess[i + 1] ** 2)
                    a[i + 1] = a[i + 1] - 0.1 * (errors[i] + above @ kernels[i + 1].T)
            guess = [torch.tanh(a[i] @ kernels[i] + biases[i]) for i in range(len(kernels) - 1)]
            deltas = [-(a[i + 1] - g) * (1 - g**2) / len(yb) for i, g in enumerate(guess)]
            deltas.append(output_error(a[-2] @ kernels[-1] + biases[-1], yb))
            step(
                optimizer,
                [*kernels, *biases],
                [*(a[i].T @ d for i, d in enumerate(deltas)), *(d.sum(0) for d in deltas)],
            )

    return epoch


def equilibrium_propagation(row: Any, x: Any, y: Any) -> Epoch:
    """Scellier and Bengio 2017, centred as in Laborieux et al. 2021, in the discrete form s = rho(dPhi/ds)."""
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    kernels, biases = weights(row.sizes)
    optimizer = torch.optim.Adam([*kernels, *biases], 1e-3)
    beta = 0.5

    def relax(states: list[Tensor], xb: Tensor, wanted: Tensor, nudge: float, steps: int) -> list[Tensor]:
        for _ in range(steps):
            below = [xb, *states]
            moved = []
            for i in range(len(states)):
                drive = below[i] @ kernels[i] + biases[i]
                if i < len(states) - 1:
                    drive = drive + states[i + 1] @ kernels[i + 1].T
                else:
                    drive = drive + nudge * (wanted - states[i])
                moved.append(drive.clamp(0, 1))
            states = moved
        return states

    @torch.no_grad()
    def epoch() -> None:
        for xb, yb in batches(inputs, labels, row.batch):
            wanted = one_hot(yb, row.sizes[-1]).float()
            free = relax([torch.zeros(len(xb), size) for size in row.sizes[1:]], xb, wanted, 0.0, row.steps)
            plus = relax(free, xb, wanted, beta, row.nudged)
            minus = relax(free, xb, wanted, -beta, row.nudged)
            share = -1 / (2 * beta * len(xb))
            up, down = [xb, *plus], [xb, *minus]
            step(
                optimizer,
                [*kernels, *biases],
                [
                    *(share * (up[i].T @ up[i + 1] - down[i].T @ down[i + 1]) for i in range(len(kernels))),
                    *(share * (p - m).sum(0) for p, m in zip(plus, minus, strict=True)),
                ],
            )

    return epoch


def forward_forward(row: Any, x: Any, y: Any) -> Epoch:
    """Hinton 2022: a loss and an optimizer for each layer, with autograd inside the layer."""
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    classes = row.sizes[-1]
    sizes = (row.sizes[0] + classes, *row.sizes[1:-1])
    layers = [nn.Linear(i, o) for i, o in pairwise(sizes)]
    optimizers = [torch.optim.Adam(layer.parameters(), 1e-3) for layer in layers]
    readout = nn.Linear(row.sizes[-2], classes)
    of_readout = torch.optim.Adam(readout.parameters(), 1e-3)

    def normalised(a: Tensor) -> Tensor:
        return a / (a.norm(dim=1, keepdim=True) + 1e-8)

    def epoch() -> None:
        for xb, yb in batches(inputs, labels, row.batch):
            wrong = (yb + torch.randint(1, classes, yb.shape)) % classes
            positive = torch.cat([xb, one_hot(yb, classes).float()], 1)
            negative = torch.cat([xb, one_hot(wrong, classes).float()], 1)
            neutral = torch.cat([xb, torch.full((len(xb), classes), 1 / classes)], 1)
            for layer, optimizer in zip(layers, optimizers, strict=True):
                p, n = torch.relu(layer(positive)), torch.relu(layer(negative))
                good, bad = p.pow(2).mean(1), n.pow(2).mean(1)
                loss = softplus(torch.cat([2 - good, bad - 2])).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                positive, negative = normalised(p.detach()), normalised(n.detach())
            with torch.no_grad():
                for layer in layers:
                    neutral = normalised(torch.relu(layer(neutral)))
            of_readout.zero_grad()
            cross_entropy(readout(neutral), yb).backward()
            of_readout.step()

    return epoch


def sanger(row: Any, x: Any, y: Any) -> Epoch:
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    kernel = nn.init.xavier_uniform_(torch.empty(row.sizes[0], row.sizes[1]))

    @torch.no_grad()
    def epoch() -> None:
        for xb, _ in batches(inputs, labels, row.batch):
            answer = xb @ kernel
            kernel.add_(xb.T @ answer - kernel @ torch.triu(answer.T @ answer), alpha=1e-3 / len(xb))

    return epoch


def krotov_hopfield(row: Any, x: Any, y: Any) -> Epoch:
    """The code of the paper, translated from NumPy to PyTorch line by line (p = 2, k = 2, delta = 0.4)."""
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    synapses = torch.randn(row.sizes[1], row.sizes[0])
    every = torch.arange(row.batch)

    @torch.no_grad()
    def epoch() -> None:
        for xb, _ in batches(inputs, labels, row.batch):
            total = synapses @ xb.T
            order = total.argsort(0)
            learned = torch.zeros_like(total)
            learned[order[-1], every[: len(xb)]] = 1.0
            learned[order[-2], every[: len(xb)]] = -0.4
            change = learned @ xb - (learned * total).sum(1, keepdim=True) * synapses
            synapses.add_(change / change.abs().max().clamp(min=1e-30), alpha=2e-2)

    return epoch


def contrastive_divergence(row: Any, x: Any, y: Any) -> Epoch:
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    kernel = 0.01 * torch.randn(row.sizes[0], row.sizes[1])
    hidden_bias, visible_bias = torch.zeros(row.sizes[1]), torch.zeros(row.sizes[0])
    velocity = torch.zeros_like(kernel)

    @torch.no_grad()
    def epoch() -> None:
        for v, _ in batches(inputs, labels, row.batch):
            first = torch.sigmoid(v @ kernel + hidden_bias)
            again = torch.sigmoid(torch.bernoulli(first) @ kernel.T + visible_bias)
            last = torch.sigmoid(again @ kernel + hidden_bias)
            velocity.mul_(0.5).add_(v.T @ first - again.T @ last, alpha=0.05 / len(v))
            kernel.add_(velocity)
            hidden_bias.add_((first - last).mean(0), alpha=0.05)
            visible_bias.add_((v - again).mean(0), alpha=0.05)

    return epoch
