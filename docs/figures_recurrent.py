"""The figure of the page about sequences: what the gates of an LSTM do, and how far back a gradient reaches."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import plastica as pl

BLUE, ORANGE, GREEN, SKY, INK = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#222222"
TIME = 30


def marked(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of noise in which one step is marked, and the value at this step as the target."""
    rng = np.random.default_rng(0)
    values, places = rng.uniform(-1, 1, (rows, TIME)), rng.integers(2, TIME - 5, rows)
    marks = np.arange(TIME) == places[:, None]
    return np.stack([values, marks], -1).astype(np.float32), values[np.arange(rows), places][:, None]


def trained(layer: Any, x: np.ndarray, y: np.ndarray) -> Any:
    """Return a network that was trained to give back the marked value."""
    model = pl.Sequential([layer, pl.Dense(1)], seed=0)
    model.compile(pl.optimizers.Adam(0.01), "mse")
    model.fit(x, y, epochs=60, batch_size=64, verbose=0)
    return model


def by_lag(model: Any, x: np.ndarray) -> np.ndarray:
    """Return the mean size of the derivative of the answer with respect to the state at each lag."""
    cell, params = model.layers[0].cell, model.params[0]

    def answer(nudges: jax.Array, row: jax.Array) -> jax.Array:
        def step(carry: Any, now: Any) -> Any:
            x_t, nudge = now
            hidden, *others = carry
            moved = (hidden + nudge, *(other + nudge for other in others))
            return cell.step(params, moved, x_t[None])[0], None

        last, _ = jax.lax.scan(step, cell.start(params, 1), (row, nudges))
        return (last[0] @ model.params[1]["kernel"])[0, 0]

    nudges = jnp.zeros((TIME, 1, cell.units))
    gradients = jax.vmap(jax.grad(answer), (None, 0))(nudges, jnp.asarray(x))
    return np.asarray(jnp.linalg.norm(gradients[:, :, 0], axis=-1).mean(0))[::-1]


def recurrent() -> Figure:
    """Draw the gates of a trained LSTM over one sequence, and the gradient by lag of two networks."""
    x, y = marked(2000)
    lstm, simple = (trained(layer, x, y) for layer in (pl.LSTM(3), pl.SimpleRNN(3)))
    figure = Figure(figsize=(7.9, 3.4), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    places = x[:, :, 1].argmax(1)
    row = int(np.flatnonzero((np.abs(places - 8) < 2) & (np.abs(y[:, 0]) > 0.6))[0])
    gates = {name: values[0] for name, values in lstm.trace(x[row : row + 1])[0].trajectory.items()}
    place = int(places[row])
    unit = int(np.argmax(gates["input"][place] - np.median(gates["input"], 0)))  # the one that opens most
    left.axvline(place, color="#CCCCCC", lw=6, label="marked step")
    left.plot(x[row, :, 0], ".", color=INK, ms=5, label="input")
    for name, colour, label in (
        ("input", BLUE, "input gate"), ("forget", ORANGE, "forget gate"), ("cell", GREEN, "cell state"),
    ):  # fmt: skip
        left.plot(gates[name][:, unit], color=colour, label=label)
    left.set(xlabel="step", xlim=(-0.5, TIME - 0.5), title="one unit of an LSTM")
    left.legend(fontsize=7.5, ncols=2, loc="upper left", bbox_to_anchor=(0, -0.16))
    for name, model, colour in (("LSTM", lstm, BLUE), ("SimpleRNN", simple, ORANGE)):
        loss = model.evaluate(x, y, verbose=0)
        right.semilogy(by_lag(model, x[:200]), color=colour, label=f"{name}, loss {loss:.2g}")
    right.set(xlabel="steps before the answer", title="size of d answer / d state")
    right.legend(fontsize=8)
    return figure


FIGURES = {"recurrent": recurrent}
