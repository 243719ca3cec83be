"""plastica, through its public fit."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import plastica as pl

from ..workloads import Workload
from .functional import network


class Net:
    """The network of a workload in plastica."""

    def __init__(self, workload: Workload) -> None:
        self.batch = workload.batch
        self.model = pl.Model(*network(pl, workload))
        self.model.compile(optimizer="adam", loss=workload.loss, metrics=["accuracy"] if workload.accuracy else None)

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int) -> None:
        self.model.fit(x, y, batch_size=self.batch, epochs=epochs, verbose=0)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x)


class Layer:
    """A convolution alone: its output and its gradients, again and again in one compiled loop."""

    def __init__(self, given: dict[str, Any]) -> None:
        layer = pl.Conv2D(given["filters"], given["kernel"], strides=given["stride"], padding="same", use_bias=False)
        shape = (given["size"], given["size"], given["channels"])
        source = np.random.default_rng(0)
        self.carried = layer.init(source, shape).params, source.random((given["batch"], *shape), dtype=np.float32)

        def once(_: Any, carried: Any) -> Any:
            params, x = carried
            output, pull = jax.vjp(lambda params, x: layer.apply(params, x)[0], params, x)
            gradient, error = pull(output)
            # Something of each result goes into the next pass, so that all of them are computed.
            params = jax.tree.map(lambda own, along: own - 1e-9 * along, params, gradient)
            some = 0.0 if given["is_first"] else 1e-9 * jnp.max(error[0])
            return params, x.at[0, 0, 0, 0].add(some)

        self.loop = jax.jit(lambda count, carried: jax.lax.fori_loop(0, count, once, carried))

    def passes(self, count: int) -> None:
        jax.block_until_ready(self.loop(count, self.carried))


def version() -> str:
    import jax

    return f"plastica {pl.__version__} (jax {jax.__version__})"
