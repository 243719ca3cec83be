"""Backpropagation in mixed precision: activities and errors in bfloat16, parameters, losses and steps in float32."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.costs import costs_of
from ..layers.in_network import as_float
from ..layers.layer import Context, Layer, Params, State
from ..layers.walk import walk
from ..losses import Objective
from ..typing import AnyArray, Memory, PyTree
from .backprop import Backprop, send_back
from .rule import Batch, Signal

MIXED = "mixed_bfloat16"


@declaration
class MixedPrecisionBackprop(Backprop):
    """Backpropagation in bfloat16, with parameters, the loss and steps in float32.

    When to use: ``compile(precision="mixed_bfloat16")``, on a GPU, where products of bfloat16 take half the time or
    less and activities half the memory; on a CPU they are slower. As in Keras's policy of that name, parameters keep
    float32, so that steps below the digits of bfloat16 are not lost. Predictions and validation compute in float32.

    Raises:
        InvalidValue: If a layer adds to what it remembers step by step, as recurrent and spiking layers do.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(8, "relu"), pl.Dense(1)])
        >>> model.compile("adam", "mse", precision="mixed_bfloat16")
        >>> model.compiled.rule
        MixedPrecisionBackprop()

    Reference:
        P. Micikevicius et al., 2018, Mixed precision training, section 3.1.
    """

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        record, new_state = network.forward(_narrowed(params), _narrowed(batch.x), state, context)
        loss, errors = send_back(network, record, batch, objective)
        made = _widened((errors.gradient, record.activity, costs_of(record)))
        gradient, activity, costs = made
        return Signal(loss, gradient, activity, _like(new_state, state), memory, costs=costs)

    @property
    def follows_gradient(self) -> bool:
        """The gradient, up to the digits of bfloat16."""
        return True

    def check(self, network: Layer, objective: Objective | None) -> None:
        super().check(network, objective)
        for path, layer, _ in walk(network):
            if layer.adds_over_time and not layer.children:
                raise InvalidValue(
                    f"precision={MIXED!r}: {path}, {type(layer).__name__}, adds to what it remembers step by step, and "
                    "bfloat16 keeps 2 to 3 digits; leave precision out for this network."
                )


def _narrowed(tree: PyTree) -> PyTree:
    """Return arrays with floats in bfloat16."""
    return jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16) if _is_float(leaf) else leaf, tree)


def _widened(tree: PyTree) -> PyTree:
    """Return arrays with floats of at least 32 bits."""
    return jax.tree.map(lambda leaf: as_float(leaf) if _is_float(leaf) else leaf, tree)


def _like(tree: PyTree, other: PyTree) -> PyTree:
    """Return arrays in the types of others, such as running statistics."""
    return jax.tree.map(lambda leaf, old: leaf.astype(old.dtype), tree, other)


def _is_float(leaf: AnyArray) -> bool:
    return jnp.issubdtype(leaf.dtype, jnp.floating)
