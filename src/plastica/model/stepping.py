"""Answers step by step, as the inputs come."""

from __future__ import annotations

from typing import cast

import jax
import numpy as np

from ..data.arrays import to_array
from ..errors import InvalidValue, ShapeError
from ..layers import lengths
from ..layers.in_time import Carry
from ..layers.layer import INFERENCE, Layer
from ..typing import AnyShape, ModelAnswers, Params, PyTree, State
from .base import BaseModel
from .inputs import HostArrays
from .outputs import named_outputs


class StepwiseAnswers:
    """A network that answers one step at a time and remembers the steps before; ``model.stream()`` returns it.

    Attributes:
        batch: How many sequences go side by side.
        steps: How many steps were taken since the beginning.
    """

    def __init__(self, model: BaseModel, batch: int) -> None:
        if isinstance(batch, bool) or not isinstance(batch, int | np.integer) or batch < 1:
            raise InvalidValue(f"stream(batch={batch!r}): give a whole number of at least 1.")
        _, params, state, _ = model.answering()
        shape: AnyShape = model.declared_shape
        rule = model.compiled.rule if model.is_compiled else None
        if rule is not None and not rule.answers_forward:
            raise InvalidValue(
                f"stream(): a network trained by {type(rule).__name__} does not answer by a forward pass, step by step."
            )
        self.batch, self._network, self._params, self._state = int(batch), model.network, params, state
        several = bool(shape) and isinstance(shape[0], tuple)
        self._shapes = tuple(each[1:] for each in shape) if several else tuple(shape[1:])
        self._several = several
        self.reset()
        example = self._blank()
        # Traced without computing: a layer that cannot walk in time says so here and not at the first step.
        jax.eval_shape(_one_step, self._network, self._params, self._state, self._carry, example)

    def step(self, x_t: object) -> ModelAnswers:
        """Return the answers to the next step.

        Args:
            x_t: Inputs of one step, ``(batch, features)``; for one sequence also ``(features,)``.

        Raises:
            ShapeError: If the inputs have another shape.
        """
        inputs = self._taken(x_t)
        self._carry, answer = _one_step(self._network, self._params, self._state, self._carry, inputs)
        self.steps += 1
        return named_outputs(self._network, jax.tree.map(np.array, answer))

    def __call__(self, x_t: object) -> ModelAnswers:
        """Return the answers to the next step; see :meth:`step`."""
        return self.step(x_t)

    def reset(self) -> None:
        """Begin anew, with nothing remembered."""
        self._carry, self.steps = self._network.start(self._params, self.batch), 0

    def __repr__(self) -> str:
        return f"<{self.batch} sequence{'s' * (self.batch > 1)} after {self.steps} steps>"

    def _taken(self, x_t: object) -> HostArrays:
        if self._several:
            return tuple(
                self._one(part, shape, f"x_t[{place}]")
                for place, (part, shape) in enumerate(zip(cast("tuple[object, ...]", x_t), self._shapes, strict=True))
            )
        return self._one(x_t, self._shapes, "x_t")

    def _one(self, x_t: object, shape: tuple[int, ...], name: str) -> np.ndarray:
        array = to_array(x_t, name)
        array = array[None] if self.batch == 1 and array.shape == shape else array
        if array.shape != (self.batch, *shape):
            raise ShapeError(
                f"{name} has shape {array.shape}; one step of {self.batch} sequences has shape {(self.batch, *shape)}."
            )
        return array

    def _blank(self) -> HostArrays:
        def blank(shape: tuple[int, ...]) -> np.ndarray:
            return np.zeros((self.batch, *shape), np.float32)

        return tuple(map(blank, self._shapes)) if self._several else blank(self._shapes)


def _step(network: Layer, params: Params, state: State, carry: Carry, x_t: PyTree) -> tuple[Carry, PyTree]:
    carry, potential = network.step(params, carry, network.cast_inputs(x_t), state, INFERENCE)
    return carry, network.activate(potential)


_one_step = jax.jit(_step)


def stream(model: BaseModel, batch: int) -> StepwiseAnswers:
    """Return the network of a model as it answers step by step; see :meth:`Model.stream`."""
    shape: AnyShape = model.input_shape
    first = shape[0] if shape and isinstance(shape[0], tuple) else shape
    items = model.network.takes_integers
    if len(first) < 3 and not (items if isinstance(items, bool) else all(items)):
        raise ShapeError(f"stream(): the network takes inputs of shape {shape}, which have no axis for time.")
    lengths.output_shape(model.network, model.declared_shape or ())
    return StepwiseAnswers(model, batch)
