"""Findings of networks that read sequences: how far back the error reaches, stuck gates, unused vectors."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import numpy as np

from ..checks.findings import Finding, observed, percent
from ..layers import Embedding
from ..layers.recurrent_base import Recurrent
from ..layers.spiking.firing import spike_step
from ..layers.walk import walk
from ..model import Model
from ..model.gradient_by_lag import gradient_by_lag
from ..model.tracing import trace
from ..typing import PyTree
from .sources import HOCHREITER, MEASURED

FEWEST_STEPS = 8
FORGOTTEN, BLOWN_UP = 1e-4, 1e3
SKILLED = 0.5  # of the way from a constant answer to a loss of 0: what the network needs, it has then found
ALWAYS = 0.99
MOST = 0.5
GATES = ("input", "forget", "output", "update", "reset")
UNUSED = 0.5


def lags(model: Model, x: PyTree, y: PyTree, skill: float | None) -> Iterator[Finding]:
    """Find errors that vanish or explode on their way back in time, where the network has not learned its task.

    Args:
        model: A compiled model, whose first recurrent layer is looked at.
        x: Inputs, ``(rows, time, features)``.
        y: Targets.
        skill: How far the loss is on the way from that of a constant answer to 0; None if it is not known.
    """
    path, steps = _recurrent(model)
    spiking = [each for each, layer, _ in walk(model.network) if spike_step(layer) is not None]
    if not path or steps is None or steps < FEWEST_STEPS or model.objective is None:
        return
    norms = gradient_by_lag(model.network, model.params, model.state, x, y, model.objective, path)
    if len(norms) < FEWEST_STEPS or not norms.max() > 0:
        return
    ratio, growth = float(norms[-1] / norms.max()), float(norms[-1] / max(norms[0], 1e-30))
    if ratio < FORGOTTEN and not (skill is not None and skill > SKILLED):
        yield observed(
            "vanishing_in_time",
            "warning",
            where=path,
            value=ratio,
            threshold=FORGOTTEN,
            source=HOCHREITER,
            certainty="likely",
            remedy="LSTM(units)" if path not in spiking else "Spiking(units, AdaptiveThreshold(LIF()))",
            lags=len(norms) - 1,
            ratio=f"{ratio:.1g}",
            limit=f"{FORGOTTEN:g}",
        )
    if growth > BLOWN_UP and norms[0] > 0:
        yield observed(
            "exploding_in_time",
            "warning",
            where=path,
            value=growth,
            threshold=BLOWN_UP,
            source=HOCHREITER,
            remedy="Adam(1e-3, global_clipnorm=1.0)",
            lags=len(norms) - 1,
            ratio=f"{growth:.3g}",
            limit=f"{BLOWN_UP:g}",
        )


def stuck_gates(model: Model, x: PyTree) -> Iterator[Finding]:
    """Find gates that are open or closed in every step for most units."""
    if not _recurrent(model)[0]:
        return
    for part in trace(model.network, model.params, model.state, x, None, None):
        for gate, values in part.trajectory.items():
            if gate not in GATES:
                continue
            means = values.reshape(-1, values.shape[-1]).mean(0)
            for state, share in (("open", (means > ALWAYS).mean()), ("closed", (means < 1 - ALWAYS).mean())):
                if share >= MOST:
                    yield observed(
                        "stuck_gates",
                        "warning",
                        where=part.path,
                        value=float(share),
                        threshold=MOST,
                        source=MEASURED,
                        certainty="likely",
                        remedy="x = (x - x.mean((0, 1))) / x.std((0, 1))",
                        gate=gate,
                        share=percent(float(share)),
                        state=state,
                        limit=percent(ALWAYS),
                    )


def dead_embeddings(model: Model, x: PyTree) -> Iterator[Finding]:
    """Find embeddings most of whose vectors belong to tokens that do not occur."""
    if not any(isinstance(layer, Embedding) for _, layer, _ in walk(model.network)):
        return
    seen = trace(model.network, model.params, model.state, x, None, None)
    for (path, layer, _), part in zip(walk(model.network), seen, strict=True):
        if not isinstance(layer, Embedding):
            continue
        used = len(np.unique(np.asarray(part.input).astype(np.int64)))
        share = 1 - used / layer.input_dim
        rows = len(jax.tree.leaves(x)[0])
        if share > UNUSED:
            yield observed(
                "dead_embeddings",
                "note",
                where=path,
                value=share,
                threshold=UNUSED,
                source=MEASURED,
                remedy=f"Embedding({used}, {layer.output_dim})",
                share=percent(share),
                vocabulary=layer.input_dim,
                used=used,
                rows=rows,
            )


def _recurrent(model: Model) -> tuple[str, int | None]:
    """Return the path of the first recurrent layer, and the number of steps that it reads; empty if there is none."""
    for path, layer, _ in walk(model.network):
        if isinstance(layer, Recurrent):
            shape = model.declared_shape
            if shape and isinstance(shape[0], tuple):  # of several inputs, the first is the sequence
                shape = shape[0]
            return path, shape[0] if shape and len(shape) > 1 else None
    return "", None
