"""Program: what a run runs, a declaration of how training begins, makes a step, is judged and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import Declaration
from ..layers.in_network import as_float
from ..layers.layer import Layer, Params, Shape, State
from ..layers.walk import walk
from ..metrics import Metric
from ..rules import Batch
from ..typing import Float, Int, Memory, PyTree
from . import finite
from .rows import Rows
from .sums import BatchFigures


class Learner(NamedTuple):
    """All that changes in a run; what a checkpoint contains.

    Attributes:
        params: The network's parameters.
        state: What its layers carry (running statistics).
        memory: What the program carries for predictions, such as the memory of a rule.
        optimizer: What the optimizer carries; several optimizers in a dict or a tuple.
        step: How many steps were made, a scalar.
        sums: Loss and metrics of the epoch so far, and what rounding took from them, a vector; see :mod:`.sums`.
    """

    params: Params
    state: State
    memory: Memory
    optimizer: PyTree
    step: Int[Array, ""]
    sums: Float[Array, "sums"]


class RespondsToInputs(Protocol):
    """What predictions are computed by: a program, or the part of it that they depend on."""

    def cast_inputs(self, x: PyTree) -> PyTree:
        """Return inputs in the types that the network computes with."""
        ...

    def respond(self, params: Params, state: State, memory: Memory, x: PyTree) -> PyTree:
        """Return the predictions for inputs ``(batch, ...)``."""
        ...


class Program(Declaration):
    """What a run runs: how training begins, makes a step, is judged and answers.

    Networks trained by a rule towards a loss are :class:`.supervised.Supervised`, which ``compile`` makes. Write a
    subclass under ``@declaration`` for any other way of training, such as two networks that play against each other,
    and give it to ``Model``: ``fit`` then offers batches, progress, callbacks, stopping, checkpoints and files as for
    any model.

    ``begin``, ``step``, ``judge`` and ``respond`` run inside the compiled loop.

    Attributes:
        network: The network whose parameters are trained; several networks side by side in a ``Networks``.
    """

    network: Layer

    @property
    def means(self) -> tuple[str, ...]:
        """The names of the figures that are reported beside the loss, each a mean over rows."""
        return ()

    @property
    def watched(self) -> tuple[Metric, ...]:
        """The metrics, in the order of their sums."""
        return ()

    def begin(self, params: Params, state: State, key: jax.Array) -> tuple[Memory, PyTree]:
        """Return what the program carries for predictions, ``()`` for nothing, and what its optimizers carry."""
        raise NotImplementedError

    def step(self, learner: Learner, batch: Batch, key: jax.Array) -> tuple[Learner, BatchFigures]:
        """Make one step of learning; return the new state and the figures before the step.

        Args:
            learner: The state; ``step`` and ``sums`` are counted by the loop.
            batch: The rows of the step. Rows from ``batch.size`` on only fill up a short batch: their weight is 0.
            key: The randomness of this step, see :mod:`plastica.random`.
        """
        raise NotImplementedError

    def judge(self, params: Params, state: State, memory: Memory, batch: Batch) -> BatchFigures:
        """Return the figures of a batch that nothing is learned from."""
        raise NotImplementedError

    def respond(self, params: Params, state: State, memory: Memory, x: PyTree) -> PyTree:
        """Return the predictions for inputs ``(batch, ...)``."""
        raise NotImplementedError

    # What most programs leave as it is

    def reads(self, shape: Shape | None) -> Shape | None:
        """Return the shape of one input of :meth:`respond`, from that of one input of the training data."""
        return shape

    @property
    def answering(self) -> RespondsToInputs:
        """What ``predict`` compiles: the program, or the part of it that predictions depend on."""
        return self

    @property
    def full_batch(self) -> bool:
        """Whether a step needs all rows at once."""
        return False

    @property
    def learning_rate(self) -> float | None:
        """The learning rate, if there is one and it is a number."""
        return None

    def with_learning_rate(self, rate: float) -> Program:
        """Return the program with another learning rate."""
        return self

    @property
    def hidden_widths(self) -> dict[int, int]:
        """The units of layers that may be padded, by place; see :attr:`.layers.layer.Layer.hidden_widths`."""
        return {}

    def with_widths(self, widths: Mapping[int, int]) -> Program:
        """Return the program with other numbers of units of the network's layers."""
        return self

    def averaged(self, params: Params, optimizer: PyTree) -> Params:
        """Return the parameters to judge, predict and save with: the moving average, if there is one."""
        return params

    def carried(self, learner: Learner) -> PyTree:
        """Return everything that has to be finite after a step, since the next steps and predictions come from it."""
        return learner.params, learner.state

    def cast_inputs(self, x: PyTree) -> PyTree:
        """Return inputs in the types that the network computes with."""
        return self.network.cast_inputs(x)

    def cast(self, rows: Rows) -> tuple[PyTree, PyTree]:
        """Return inputs and targets in the types that the step computes with."""
        return self.cast_inputs(rows.x), jax.tree.map(as_float, rows.y)

    def explain(self, learner: Learner, batch: Batch, key: jax.Array) -> str:
        """Say where the first number that is not finite appeared in a step that failed.

        Args:
            learner: The state before the step.
            batch: The rows of the step.
            key: The randomness of the step.
        """
        after, figures = self.step(learner, batch, key)
        for name, value in {"loss": figures.loss, **figures.means}.items():
            if not bool(jnp.all(jnp.isfinite(value))):
                return f"the {name} is not finite"
        for path, _, params in walk(self.network, after.params):
            if not bool(finite.all_finite(params)):
                return f"the loss is finite, but the weights of {path} after the step are not"
        return "the figures and the weights are finite, but a running statistic after the step is not"

    def remedy(self) -> str:
        """Say what to try after a number that was not finite."""
        return finite.WHAT_TO_TRY
