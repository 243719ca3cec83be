"""A training loop of one's own, in NumPy, judged by the doctor: ``python examples/doctor_own_loop.py``.

With PyTorch it is the same: hand in the tensors, ``gradients={name: layer.weight.grad}``.
"""

from __future__ import annotations

import itertools
import sys

import numpy as np

import plastica as pl

LAYERS = {f"hidden {place}": "sigmoid" for place in range(6)} | {"output": "linear"}


def main(epochs: int = 10, rate: float = 0.1) -> pl.doctor.Diagnosis:
    """Train six layers of sigmoids by gradient descent, and let the doctor look once an epoch."""
    random = np.random.default_rng(0)
    x = random.normal(size=(256, 8))
    y = np.sin(x[:, :1]) + x[:, 1:2]
    sizes = [8, *[16] * 6, 1]
    weights = [random.normal(size=(a, b)) / np.sqrt(a) for a, b in itertools.pairwise(sizes)]

    def forward(kernels: list[np.ndarray]) -> list[np.ndarray]:
        activities = [x]
        for place, kernel in enumerate(kernels):
            potential = activities[-1] @ kernel
            activities.append(potential if place == len(kernels) - 1 else 1 / (1 + np.exp(-potential)))
        return activities

    def named(arrays: list[np.ndarray]) -> dict[str, object]:
        return dict(zip(LAYERS, arrays, strict=True))

    doctor = pl.doctor.LoopDoctor(LAYERS, rate=rate, chance=float(y.var()))
    for step in range(epochs):
        activities = forward(weights)
        loss = float(((activities[-1] - y) ** 2).mean())
        errors = [2 * (activities[-1] - y) / len(x)]
        for kernel, activity in zip(weights[:0:-1], activities[-2:0:-1], strict=True):
            errors.insert(0, errors[0] @ kernel.T * activity * (1 - activity))
        gradients = [a.T @ error for a, error in zip(activities, errors, strict=False)]
        updates = [-rate * gradient for gradient in gradients]

        def loss_at(length: float, before=tuple(weights), step_of=tuple(updates)) -> float:
            moved = forward([kernel + length * change for kernel, change in zip(before, step_of, strict=True)])
            return float(((moved[-1] - y) ** 2).mean())

        parts = {"activities": activities[1:], "errors": errors, "gradients": gradients}
        parts |= {"weights": weights, "updates": updates}
        doctor.look(step, loss, loss_at=loss_at, **{kind: named(arrays) for kind, arrays in parts.items()})
        doctor.epoch(loss=loss)
        weights = [kernel + change for kernel, change in zip(weights, updates, strict=True)]
    print(doctor.diagnosis)
    return doctor.diagnosis


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
