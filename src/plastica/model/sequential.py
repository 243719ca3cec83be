"""Sequential: a linear stack of layers, with the methods of Keras."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..errors import InvalidValue
from ..layers import Sequential as Network
from ..layers import lengths
from ..layers.layer import Layer
from .model import Model


class Sequential(Model):
    """A linear stack of layers.

    Usage::

        model = Sequential([Dense(32, activation="relu"), Dense(10, activation="softmax")])
        model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, epochs=10, validation_split=0.2)

    Args:
        layers: The layers, first to last. The input shape can be given by ``Input(shape=...)`` or by
            ``input_shape=`` of the first layer; otherwise it is inferred from the data.
        name: A name for summaries.
        seed: As for :class:`Model`.

    Raises:
        InvalidValue: If an element of ``layers`` is not a layer, or the seed is not a whole number of at least 0.
    """

    network: Network

    def __init__(self, layers: Sequence[Layer] = (), *, name: str | None = None, seed: int = 0) -> None:
        if not isinstance(layers, Iterable):
            raise InvalidValue(f"Sequential({layers!r}): give a list of layers: Sequential([{layers!r}]).")
        super().__init__(Network(tuple(layers)), name=name, seed=seed)

    def __repr__(self) -> str:
        return f"Sequential({list(self.network.layers)!r})"

    @property
    def layers(self) -> list[Layer]:
        """The layers, first to last."""
        return list(self.network.layers)

    def add(self, layer: Layer) -> None:
        """Append a layer; the other layers keep their weights."""
        self._relayer((*self.network.layers, layer))

    def pop(self) -> Layer:
        """Remove and return the last layer; the other layers keep their weights."""
        if not self.network.layers:
            raise InvalidValue("pop(): this network has no layers.")
        last = self.network.layers[-1]
        self._relayer(self.network.layers[:-1])
        return last

    def _relayer(self, layers: tuple[Layer, ...]) -> None:
        network = Network(layers)
        shape = self._shape if network.declared_shape is None and layers else network.declared_shape
        params = state = None
        if shape is not None:
            params, state = lengths.init(network, np.random.default_rng(self.seed), shape)
            same = min(len(layers), len(self.network.layers)) if shape == self._shape else 0
            params, state = (*(self.params or ())[:same], *params[same:]), (*(self.state or ())[:same], *state[same:])
        self._shape, self._params, self._state = shape, params, state
        self.network = network  # pyright: ignore[reportIncompatibleVariableOverride]
        self._program = self._learner = None
