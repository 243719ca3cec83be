"""Model and Sequential: networks that learn, with the methods of Keras."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import InvalidValue
from ..layers import Sequential as Network
from ..layers import lengths
from ..layers.layer import Layer
from ..specification import from_spec, to_spec
from ..training.program import Program
from ..typing import Document
from . import saving, wiring
from .methods.inspection import InspectionMethods
from .methods.on_batch import BatchMethods
from .methods.prediction import PredictionMethods
from .methods.structure import StructureMethods
from .methods.training import TrainingMethods
from .methods.weights import WeightMethods


class Model(StructureMethods, WeightMethods, TrainingMethods, BatchMethods, PredictionMethods, InspectionMethods):
    """A network that learns: any layer, or a graph of layers written as in Keras's functional API.

    Usage::

        x = Input((28, 28, 1))
        h = Flatten()(x)
        h = Add()([Dense(64, "relu")(h), Dense(64)(h)])
        model = Model(x, Dense(10, "softmax")(h))

    Args:
        inputs: The inputs of a graph: an ``Input``, several in a list, or a dict of them by name. Or the whole network,
            a layer, if ``outputs`` is left out; its input shape is inferred from the data unless it declares it. Or a
            :class:`~plastica.training.Program` of your own, which says how its network is trained; there is nothing to
            compile then.
        outputs: The outputs of the graph: a node, several in a list, or a dict of them by name. Weights of nodes that
            belong to another model are copied from it.
        name: A name for summaries.
        seed: The random seed of initial weights, shuffling and dropout. The same seed and data give bitwise
            identical weights on machines of the same kind.

    Raises:
        InvalidValue: If ``inputs`` is not a layer, something is no node, an output depends on an ``Input`` that is not
            among ``inputs``, or the seed is not a whole number of at least 0.

    Example:
        >>> from plastica.layers import Dense, Residual
        >>> model = Model(Residual([Dense(4, "tanh")]))
        >>> model.build((4,))
        >>> model.output_shape
        (None, 4)
    """

    def __init__(self, inputs: object, outputs: object = None, *, name: str | None = None, seed: int = 0) -> None:
        own = inputs if isinstance(inputs, Program) else None
        inputs = inputs if own is None else own.network
        if outputs is None and not isinstance(inputs, Layer):
            raise InvalidValue(
                f"{type(self).__name__}({inputs!r}): give a layer, a program, inputs and outputs of a graph, or "
                "layers in a list: Sequential([...])."
            )
        wired = (
            wiring.WiredNetwork(inputs, ())
            if outputs is None and isinstance(inputs, Layer)
            else wiring.wire(inputs, outputs)
        )
        super().__init__(wired.network, name=name, seed=seed, own=own)
        if self.network.declared_shape is not None:
            self.build()
            if any(wired.origins):
                self.replace_weights(*wiring.carried(wired, self._params, self._state))

    def __repr__(self) -> str:
        return f"Model({self.network!r})"

    def save(self, path: str | Path) -> Path:
        """Save the network with its weights, compile settings and training state to a file.

        An existing file is replaced only when the new one is complete.
        """
        return saving.save(self, path)

    def get_config(self) -> Document:
        """Return the network as dictionaries, lists, strings and numbers, without weights; see :meth:`from_config`."""
        return to_spec(self.network)

    def to_json(self) -> str:
        """Return :meth:`get_config` as a string."""
        return json.dumps(self.get_config())

    @staticmethod
    def from_config(config: Document, custom_objects: Mapping[str, object] | None = None) -> Model:
        """Return a model with new weights from what :meth:`get_config` returned.

        Args:
            config: The network.
            custom_objects: Classes and functions of your own in it, by name.
        """
        network = from_spec(config, custom_objects or {}, Layer)
        model = empty_model(network, type(network).__name__.lower(), 0)
        if network.declared_shape is not None:
            model.build(network.declared_shape)
        return model


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
        params, state = (), ()
        if shape is not None:
            params, state = lengths.init(network, np.random.default_rng(self.seed), shape)
            # Layers keep their weights when others are added behind them, as in Keras; not when the input changed.
            same = min(len(layers), len(self.network.layers)) if shape == self._shape else 0
            params, state = (*self.params[:same], *params[same:]), (*self.state[:same], *state[same:])
        self._shape, self._params, self._state = shape, params, state
        self.network = network  # pyright: ignore[reportIncompatibleVariableOverride]
        self._program = self._learner = None


def empty_model(network: Layer, name: str, seed: int) -> Model:
    """Return a model of a network without weights, even where the network declares its input shape."""
    empty = Network(())
    model = Sequential(name=name, seed=seed) if type(network) is Network else Model(empty, name=name, seed=seed)
    model.network = network  # pyright: ignore[reportAttributeAccessIssue]
    return model
