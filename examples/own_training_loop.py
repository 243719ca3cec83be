"""A user-defined training loop from the parts of ``fit``.

A network is a value; ``init`` returns its parameters, ``apply`` its output. A rule gives the direction in which each
parameter is changed, an optimizer the step. Run: ``python examples/own_training_loop.py``.
"""

from __future__ import annotations

import jax
import numpy as np

import plastica as pl
from plastica.rules import Batch


def main(steps=2000, size=32):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (512, 1)).astype(np.float32)
    y = np.sin(3 * x)

    network = pl.layers.Sequential((pl.Dense(32, activation="tanh"), pl.Dense(1)))
    params, state = network.init(rng, (1,))
    rule, optimizer = pl.Backprop(), pl.optimizers.Adam(0.01)
    objective = pl.losses.place(pl.losses.get("mse"), network.output_activation)
    memory, moments = rule.init(network, params, None), optimizer.init(params)

    @jax.jit
    def learn(params, state, memory, moments, batch):
        context = pl.layers.Context(training=True)  # a network with Dropout also needs key=
        signal = rule.signal(network, params, state, memory, batch, objective, context)
        params, moments = optimizer.update(signal.direction, moments, params)
        return params, signal.state, signal.memory, moments, signal.loss

    weight, losses = np.ones(size, np.float32), []
    for step in range(steps):
        rows = rng.integers(0, len(x), size)
        batch = Batch(x[rows], y[rows], weight, np.float32(size))
        params, state, memory, moments, loss = learn(params, state, memory, moments, batch)
        losses.append(float(loss))
        if step % 250 == 0:
            print(f"step {step:4d}: loss {losses[-1]:.5f}")

    answer, _ = network.apply(params, np.float32([[0.5]]), state)
    print(f"answer at 0.5: {float(answer[0, 0]):.3f}; right is {np.sin(1.5):.3f}")
    return losses


if __name__ == "__main__":
    main()
