"""A model's layers: as nodes, by name, frozen, adapted to data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from ...layers.node import Node, NodeOrList
from .. import examples, remembering, wiring
from ..base import BaseModel


class StructureMethods(BaseModel):
    """The methods of a model that are about its layers."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The output of every layer as a node, the inputs first, to build another model from."""
        return wiring.nodes_of(self)

    @property
    def inputs(self) -> list[Node]:
        """The inputs as nodes: ``Model(model.inputs, model.get_layer("code").output)`` is a part of the network."""
        return [node for node in self.nodes if not node.reads]

    @property
    def outputs(self) -> list[Node]:
        """The outputs as nodes."""
        nodes, graph = self.nodes, self.network.call_graph  # nodes refuses a network without a call graph
        return [] if graph is None else [nodes[place] for place in graph.outputs]

    @property
    def input(self) -> NodeOrList:
        """The input as a node; a list of them if there are several."""
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    @property
    def output(self) -> NodeOrList:
        """The output as a node; a list of them if there are several."""
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    def get_layer(self, name: str | None = None, index: int | None = None) -> wiring.LayerView:
        """Return a layer with its weights and its place in the graph.

        Args:
            name: The layer's name in :meth:`summary`.
            index: Its place among :attr:`layers`.

        Raises:
            UnknownName: If there is no such layer.
            InvalidValue: If neither is given.
        """
        return wiring.layer_named(self, name, index)

    def freeze(self, *layers: str | int) -> None:
        """Freeze layers: training no longer changes their weights and running statistics.

        The optimizer begins anew, as after :meth:`compile`. Frozen layers take no gradient and no memory for moments.

        Args:
            layers: Names in :meth:`summary`, or places among :attr:`layers`; none for all of them.

        Raises:
            UnknownName: If there is no such layer.

        Example:
            >>> from plastica.layers import Dense
            >>> from plastica import Sequential
            >>> model = Sequential([Dense(8, "tanh", name="code", input_dim=4), Dense(1)])
            >>> model.freeze("code")
            >>> [layer.trainable for layer in model.layers]
            [False, True]
        """
        self._set_trainable(layers, False)

    def unfreeze(self, *layers: str | int) -> None:
        """Let training change the weights of layers again; arguments as for :meth:`freeze`."""
        self._set_trainable(layers, True)

    def _set_trainable(self, layers: Sequence[str | int], trainable: bool) -> None:
        self._require_rule("freezing by name")
        self.exchange_network(wiring.with_trainable_layers(self, layers, trainable))

    def adapt(self, x: object) -> None:
        """Set the parts of layers that are computed from data, such as the mean and variance of Normalization.

        Call it with the training rows before :meth:`fit`; layers before them must not change the data. The name is that
        of Keras's preprocessing layers, which have it too: ``layer.adapt(x)``.

        Args:
            x: Inputs, ``(rows, ...)``; the network is built if necessary.

        Raises:
            ShapeError, DataError: If the inputs are invalid.
        """
        rows = examples.take_inputs(self, x)
        self.keep_untrained(self.params, self.network.adapted(cast("np.ndarray", rows), self.state))

    def reset_states(self) -> None:
        """Let stateful layers (``LSTM(8, stateful=True)``) begin anew, as before the first step of a sequence.

        ``fit``, ``evaluate``, ``predict`` and the methods for one batch go on where the last of them ended.

        Example:
            >>> from plastica import LSTM, Input, Sequential
            >>> model = Sequential([Input((None, 1), batch_size=1), LSTM(2, stateful=True)])
            >>> import numpy as np
            >>> x = np.ones((1, 3, 1))
            >>> first, second = model.predict(x), model.predict(x)
            >>> model.reset_states()
            >>> bool((model.predict(x) == first).all()), bool((second == first).all())
            (True, False)
        """
        self._known_shape()
        remembering.reset_states(self)
