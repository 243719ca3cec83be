"""The figure of the page on energies, drawn by ``python docs/figures.py docs/figures energy``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import plastica as pl
from plastica.layers.layer import INFERENCE, Context
from plastica.rules import Backprop, Batch, chain
from plastica.rules.coding import energies
from plastica.rules.energy import bind, run
from plastica.rules.equilibrium_propagation import EquilibriumPropagation
from plastica.rules.predictive_coding import PredictiveCoding

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"  # as in figures.py


def task(activation: str) -> tuple[Any, Any, Any, Batch, Any]:
    """Return a network with parameters and state in double precision, 200 small digits and the loss."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    hidden = [pl.Dense(32, activation=activation) for _ in range(2)]
    network = pl.layers.Sequential([*hidden, pl.Dense(10, activation="softmax")])
    params, state = jax.tree.map(np.float64, tuple(network.init(np.random.default_rng(0), (64,))))
    batch = Batch(x[:200] / 16, y[:200].astype(float), np.ones(200), np.array(200.0))
    loss = pl.losses.get("sparse_categorical_crossentropy")
    return network, params, state, batch, pl.losses.place(loss, network.output_activation)


def direction(rule: Any, task: Any) -> np.ndarray:
    """Return the direction of a rule as one vector."""
    network, params, state, batch, objective = task
    context = Context(key=np.zeros(2, np.uint32))
    found = jax.jit(lambda p: rule.signal(network, p, state, (), batch, objective, context).direction)(params)
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(found)])


def apart(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return a relative distance."""
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def falling(step_size: float, task: Any, steps: int = 40) -> np.ndarray:
    """Return the mean energy at each step of settling."""
    network, params, state, batch, objective = task

    @jax.jit
    def path() -> jax.Array:
        parts = bind(chain(network, params), params, state, INFERENCE)
        start = tuple(record.activity for record in run(parts, batch.x)[0][:-1])

        def step(nodes: Any, _: Any) -> Any:
            found = energies(parts, start[0], batch, objective, nodes)
            return tuple(a - step_size * slope for a, slope in zip(nodes, found.slopes, strict=True)), found.rows

        return jnp.mean(jax.lax.scan(step, start, None, steps)[1], axis=1)

    return np.asarray(path())


def energy() -> Figure:
    """Draw the energy over steps, errors that approach those of backprop, and directions that approach the gradient."""
    figure = Figure(figsize=(7.9, 2.9), layout="constrained", facecolor="white")
    left, middle, right = np.ravel(figure.subplots(1, 3))
    with jax.enable_x64(True):
        made = task("tanh")
        for size, colour in ((0.05, INK), (0.1, BLUE), (0.2, ORANGE)):
            left.plot(falling(size, made), color=colour, label=f"step size {size}")
        gradient, counts = direction(Backprop(), made), (1, 2, 4, 8, 16, 24, 32, 40)
        for size, colour in ((0.2, INK), (0.5, BLUE), (1.0, ORANGE)):
            found = [apart(direction(PredictiveCoding("fixed_prediction", n, size), made), gradient) for n in counts]
            middle.semilogy(counts, np.maximum(found, 1e-16), "o-", ms=3, color=colour, label=f"step size {size}")
        made = task("sigmoid")
        betas = np.array([0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
        limit = direction(EquilibriumPropagation(1e-4, 100, 100), made)
        for centred, colour, name in ((False, BLUE, "one-sided"), (True, ORANGE, "centred")):
            rules = [EquilibriumPropagation(beta, 60, 60, centred=centred) for beta in betas]
            found = [apart(direction(rule, made), limit) for rule in rules]
            right.loglog(betas, found, "o-", ms=3, color=colour, label=name)
        right.loglog(betas, 0.03 * betas, color="#BBBBBB", lw=0.8, zorder=0)
        right.loglog(betas, 0.003 * betas**2, color="#BBBBBB", lw=0.8, zorder=0)
    left.set(title="predictive coding:\nenergy of a row", xlabel="step of settling")
    middle.set(title="fixed prediction:\napart from backprop", xlabel="steps", ylim=(1e-17, 10))
    right.set(title="equilibrium propagation:\napart from the gradient", xlabel="beta")
    left.legend(fontsize=8)
    middle.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0.15, 0.08))
    right.legend(fontsize=8)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"energy": energy}
