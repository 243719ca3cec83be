"""Model: a network that learns, with the methods of Keras."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np

from .. import random
from ..declaration import replace
from ..errors import InvalidValue, NotFitted, ShapeError
from ..initializers import Undrawn
from ..layers import Graph, lengths
from ..layers.layer import Layer, Shape
from ..layers.node import Node, nodes_of
from ..losses import Objective
from ..notebook.html import shown
from ..optimizers import Optimizer, OptimizerLike
from ..rules import Alignment, Backprop, RuleLike, alignment
from ..rules.alignment import whole_batch
from ..specification import to_spec
from ..training.callbacks import Callback
from ..training.history import History
from ..training.program import Learner, Program
from ..training.run import Hook
from ..training.sums import empty_sums
from ..training.supervised import Answering, Supervised
from . import cautions, compiling, examples, fitting, inference, remembering, saving, stepping, tracing, weights, wiring
from .compiling import Compiled
from .exclusive import alone
from .on_batch import OnBatch
from .outputs import outputs_of
from .stepping import StepwiseAnswers


class Model(OnBatch):
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

    def __init__(self, inputs: Any, outputs: Any = None, *, name: str | None = None, seed: int = 0) -> None:
        kind = type(self).__name__
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise InvalidValue(f"{kind}(seed={seed!r}): the seed must be a whole number of at least 0.")
        if not isinstance(name, str | None):
            raise InvalidValue(f"{kind}(name={name!r}): the name must be a string.")
        own = inputs if isinstance(inputs, Program) else None
        inputs = inputs if own is None else own.network
        if outputs is None and not isinstance(inputs, Layer):
            raise InvalidValue(
                f"{kind}({inputs!r}): give a layer, a program, inputs and outputs of a graph, or layers in a list: "
                "Sequential([...])."
            )
        wired = wiring.WiredNetwork(inputs, ()) if outputs is None else wiring.wire(inputs, outputs)
        self.network: Layer = wired.network
        self.name = name or kind.lower()
        self.seed = int(seed)
        self.epochs_trained = 0
        self.is_training = False
        self.times_in_training = 0  # how often it was called with training=True
        self.stop_training = False
        self.stop_reason = ""
        self.history: History | None = None
        self.extra: dict[str, Any] = {}
        self._shape: Shape | None = None
        self._params: Any = None
        self._state: Any = None
        self._compiled: Compiled | None = None if own is None else compiling.own_program(own)
        self._program: Program | None = None
        self._learner: Learner | None = None
        self._initial = True  # whether the weights are still the initial ones and no warning has been issued
        self._nodes: tuple[Layer, tuple[Node, ...]] | None = None
        if self.network.declared_shape is not None:
            self.build()
            if any(wired.origins):
                self.replace_weights(*wiring.carried(wired, self._params, self._state))

    def __repr__(self) -> str:
        return f"Model({self.network!r})"

    @shown
    def _repr_html_(self) -> str:
        from ..views.summary import page

        trained = f"{self.epochs_trained:,} epochs trained" if self.epochs_trained else ""
        said = [*self._compiled.words(), trained] if self._compiled else ["not compiled"]
        return page(self.network, self._shape, self.params, self.state, name=self.name, words=said)

    # Structure

    @property
    def layers(self) -> list[Layer]:
        """The layers of the network; the network itself if it is a single layer."""
        return list(self.network.children or (self.network,))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The output of every layer as a node, the inputs first, to build another model from."""
        if self._nodes is None or self._nodes[0] is not self.network:
            self._nodes = self.network, wiring.nodes_for(self)
        return self._nodes[1]

    @property
    def inputs(self) -> list[Node]:
        """The inputs as nodes: ``Model(model.inputs, model.get_layer("code").output)`` is a part of the network."""
        return [node for node in self.nodes if not node.reads]

    @property
    def outputs(self) -> list[Node]:
        """The outputs as nodes."""
        places = self.network.outputs if isinstance(self.network, Graph) else (-1,)
        return [self.nodes[place] for place in places]

    @property
    def input(self) -> Any:
        """The input as a node; a list of them if there are several."""
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    @property
    def output(self) -> Any:
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

    def exchange_network(self, network: Any) -> None:
        """Set a network whose parameters and state have the same structure."""
        params, state = self.params, self.state
        self.network = network
        self._params, self._state, self._program, self._learner = params, state, None, None

    def _set_trainable(self, layers: Sequence[str | int], trainable: bool) -> None:
        self._require_rule("freezing by name")
        self.exchange_network(wiring.with_trainable_layers(self, layers, trainable))

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Create the initial weights.

        Called by :meth:`fit` if necessary.

        Args:
            input_shape: The shape of one input, ``(784,)``, or with the batch axis as in Keras, ``(None, 784)``;
                further None are sizes that vary, as the length in ``(None, None, 8)``. None uses the shape declared by
                the first layer.

        Raises:
            InvalidValue: If the shape is not given and not declared.
            ShapeError: If the layers do not fit the input or each other.
        """
        self._begin(input_shape, np.random.default_rng(self.seed))

    def adapt(self, x: Any) -> None:
        """Set the parts of layers that are computed from data, such as the mean and variance of Normalization.

        Call it with the training rows before :meth:`fit`; layers before them must not change the data. The name is that
        of Keras's preprocessing layers, which have it too: ``layer.adapt(x)``.

        Args:
            x: Inputs, ``(rows, ...)``; the network is built if necessary.

        Raises:
            ShapeError, DataError: If the inputs are invalid.
        """
        rows = examples.take_inputs(self, x)
        self.keep_untrained(self.params, self.network.adapted(rows, self.state))

    def reset_states(self) -> None:
        """Let stateful layers (``LSTM(8, stateful=True)``) begin anew, as before the first step of a sequence.

        ``fit``, ``evaluate``, ``predict`` and the methods for one batch go on where the last of them ended.

        Example:
            >>> from plastica import LSTM, Input, Sequential
            >>> model = Sequential([Input((None, 1), batch_size=1), LSTM(2, stateful=True)])
            >>> x = np.ones((1, 3, 1))
            >>> first, second = model.predict(x), model.predict(x)
            >>> model.reset_states()
            >>> bool((model.predict(x) == first).all()), bool((second == first).all())
            (True, False)
        """
        self._known_shape()
        remembering.reset_states(self)

    def build_undrawn(self, input_shape: Sequence[int | None], elements: int) -> None:
        """Create the weights without drawing values, for arrays set by :meth:`restore`.

        Args:
            input_shape: As for :meth:`build`.
            elements: The maximum total number of elements.

        Raises:
            ShapeError: If the layers do not fit the input or each other, or declare more elements.
        """
        self._begin(input_shape, Undrawn(elements))

    def _begin(self, input_shape: Sequence[int | None] | None, rng: np.random.Generator) -> None:
        stated = self.network.declared_shape
        given: Any = stated if input_shape is None else input_shape
        if not isinstance(given, Sequence):
            told = "" if given is None else f"; got {given!r}"
            raise InvalidValue(f"build() needs the shape of one input, such as build((None, 784)){told}.")
        several = bool(given) and all(isinstance(each, tuple | list) for each in given)
        shape: Any = tuple(map(_sizes, given)) if several else _sizes(given)
        if given is stated or (stated is not None and lengths.without_lists(given) == stated):
            shape = stated  # an open size may come first there, with no batch axis before it
        if stated is not None and shape != stated:
            raise ShapeError(f"build({given}): the network declares inputs of shape {stated}; the two must agree.")
        self._params, state = lengths.init(self.network, rng, shape)
        self._state = remembering.with_memory(self.network, self._params, state, rng)
        self._shape, self._program, self._learner = shape, None, None

    def unbuild(self) -> None:
        """Remove weights and shape, so that the network is built again by the next data."""
        self._shape, self._params, self._state, self._program, self._learner = (None,) * 5

    @property
    def built(self) -> bool:
        """Whether the weights have been created."""
        return self._shape is not None

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of the inputs, with None for the batch axis; a tuple of shapes for several inputs."""
        return _with_batch(self._known_shape())

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of the outputs, with None for the batch axis; a tuple of shapes for several outputs."""
        return _with_batch(lengths.output_shape(self.network, self._known_shape()))

    @property
    def params(self) -> Any:
        """The trainable parameters: a tuple with a dict for each layer."""
        return self._learner.params if self._learner is not None else self._params

    @property
    def state(self) -> Any:
        """The non-trainable state of the layers, such as running statistics."""
        return self._learner.state if self._learner is not None else self._state

    def count_params(self) -> int:
        """Return the number of parameters, including non-trainable ones."""
        return sum(array.size for array in self.get_weights())

    def get_weights(self) -> list[np.ndarray]:
        """Return all weights as a list of arrays, in the order and shapes of Keras."""
        self._known_shape()
        return weights.get_weights(self.network, self.params, self.state)

    @property
    def weights(self) -> list[np.ndarray]:
        """All weights, as :meth:`get_weights` returns them."""
        return self.get_weights()

    @property
    def trainable_weights(self) -> list[np.ndarray]:
        """The weights that training changes, in the order of :meth:`get_weights`."""
        self._known_shape()
        return weights.trainable(self.network, self.params)

    @property
    def non_trainable_weights(self) -> list[np.ndarray]:
        """The other weights: those of frozen layers, and state such as running statistics."""
        self._known_shape()
        return weights.not_trainable(self.network, self.params, self.state)

    def set_weights(self, arrays: Sequence[Any]) -> None:
        """Set all weights from a list of arrays, in the order and shapes of Keras.

        Raises:
            ShapeError: If the number of arrays or a shape differs.
        """
        self._known_shape()
        self.replace_weights(*weights.set_weights(self.network, self.params, self.state, arrays))

    def copy_weights(self, source: Model) -> list[str]:
        """Copy the weights of another network where name and shape agree, such as those of a trained encoder.

        The name of an array is that of its layer in :meth:`summary` and its own: ``"dense_1/kernel"``.

        Args:
            source: The network whose weights are copied.

        Returns:
            The names of the arrays that were copied.

        Raises:
            ShapeError: If no array of the two networks has the same name and shape.
        """
        own, other = (weights.by_name(model.network, model.judged_params, model.state) for model in (self, source))
        params, state, taken = weights.carried_over(other, own)
        if not taken:
            raise ShapeError(
                "copy_weights: no array has the same name and shape in both networks. Here: "
                f"{', '.join(own.arrays) or 'none'}; there: {', '.join(other.arrays) or 'none'}. "
                'Name the layers alike: Dense(8, name="code").'
            )
        self.replace_weights(params, state)
        return taken

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return a copy of all parameters and state arrays, by name."""
        self._known_shape()
        return saving.snapshot(self.judged_params, self.state)

    @property
    def judged_params(self) -> Any:
        """The weights used for evaluation, prediction and saving: with ``use_ema``, the averaged ones during training.

        After training, the averaged weights replace the others.
        """
        if self.is_training:
            return self.program.averaged(self.params, self.learner.optimizer)
        return self.params

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Restore a :meth:`snapshot`."""
        self._known_shape()
        self.replace_weights(*saving.from_snapshot(self.params, self.state, snapshot))

    # Training

    def compile(
        self,
        optimizer: OptimizerLike | None = None,
        loss: Any = None,
        metrics: Any = None,
        *,
        weighted_metrics: Any = None,
        loss_weights: Any = None,
        rule: RuleLike = "backprop",
    ) -> None:
        """Configure the network for training.

        Args:
            optimizer: A name or an optimizer: ``"adam"``, ``Adam(3e-4)``; or one for each part of the network, by the
                names of layers: ``{"encoder": Adam(1e-4), "default": "sgd"}``. Default: depends on the rule; Adam for
                backprop (RMSprop in Keras).
            loss: A name, a loss, or a function of (targets, predictions). None for unsupervised rules; with such a
                rule, a loss makes the last layer a read-out trained on the targets.
            metrics: Names, metrics or functions of (targets, predictions) to report with the loss. As in Keras,
                they ignore sample and class weights.
            weighted_metrics: The same, but weighted by ``sample_weight`` and ``class_weight``. A metric that is also
                in ``metrics`` is named ``"weighted_..."`` in the history.
            loss_weights: For a network with several outputs the weight of each loss in the sum, a list or a dict by
                name; 1 by default. Loss and metrics are then lists or dicts as well, or one for every output.
            rule: The learning rule, a name or a rule: ``"feedback_alignment"``, ``Oja(learning_rate=0.01)``.

        Raises:
            InvalidValue: If a rule that needs a loss has none.
            UnknownName: If a name is unknown; the message suggests the nearest one.
        """
        self._require_rule("compile()")
        found = outputs_of(self.network, self._known_shape()) if isinstance(self.network, Graph) else ()
        if found:
            self.set_compiled(
                compiling.resolve_outputs(found, optimizer, loss, loss_weights, metrics, rule, weighted_metrics)
            )
            return
        if loss_weights is not None:
            raise InvalidValue(f"compile(loss_weights={loss_weights!r}): this network has one output; scale its loss.")
        self.set_compiled(compiling.resolve(optimizer, loss, metrics, rule, weighted_metrics))

    @property
    def compiled(self) -> Compiled:
        """The resolved arguments of ``compile``.

        Raises:
            NotFitted: Before ``compile``.
        """
        if self._compiled is None:
            raise NotFitted('this network is not compiled; call model.compile(optimizer="adam", loss=...) first.')
        return self._compiled

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        self._require_rule("the optimizer")
        return self.compiled.optimizer

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        if self.compiled.own is not None:
            rate = self.program.learning_rate
            if rate is None:
                raise InvalidValue(f"{type(self.program).__name__} does not say what its learning_rate is.")
            return rate
        steps = 0 if self._learner is None else int(self._learner.optimizer["step"])
        return float(self.optimizer.current_rate(steps))

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        # A new optimizer, so that the rate is validated.
        if not isinstance(rate, int | float | np.number | np.ndarray | jax.Array):
            raise InvalidValue(f"learning_rate={rate!r}: expected a number.")
        if self.compiled.own is not None:
            self.program = self.program.with_learning_rate(float(rate))
            return
        optimizer = dataclasses.replace(self.optimizer, learning_rate=float(rate))
        self._compiled = dataclasses.replace(self.compiled, optimizer=optimizer)
        if self._program is not None:
            self._program = replace(self._program, optimizer=optimizer)

    @property
    def program(self) -> Program:
        """The program of the training loop: that of the network and the settings of ``compile``, or one's own."""
        if self.compiled.own is not None:
            return self.compiled.own
        if self._program is None:
            shape = lengths.output_shape(self.network, self._known_shape())
            program = compiling.assemble(self.network, self.compiled, shape)
            cautions.of_masks(self.network, self.params, self.state, self._known_shape())
            self.program = compiling.placed(program, lambda: weights.array_names(self.network, self.params, self.state))
        return cast(Program, self._program)

    @program.setter
    def program(self, program: Program) -> None:
        self._program = program
        self._compiled = self.compiled.running(program)

    @property
    def objective(self) -> Objective | None:
        """What training minimizes; None for rules without a loss and for programs of one's own."""
        return self.program.objective if isinstance(self.program, Supervised) else None

    @property
    def learner(self) -> Learner:
        """The training state: everything that changes during training.

        Raises:
            NotFitted: Before training.
        """
        if self._learner is None:
            raise NotFitted("this network has no training state yet; call fit() first.")
        return self._learner

    @learner.setter
    def learner(self, learner: Learner) -> None:
        self._learner, self._initial = learner, False

    @property
    def declared_shape(self) -> Shape | None:
        """The shape of one input, if known."""
        return self._shape

    @property
    def is_compiled(self) -> bool:
        """Whether ``compile`` has been called."""
        return self._compiled is not None

    @property
    def is_trained(self) -> bool:
        """Whether there is a training state."""
        return self._learner is not None

    def set_compiled(self, compiled: Compiled) -> None:
        """Set compile settings that are already resolved."""
        if self._learner is not None:
            self._params, self._state = self._learner.params, self._learner.state
        self._compiled, self._program, self._learner = compiled, None, None

    def answering(self) -> tuple[Any, Any, Any, Any]:
        """Return what predictions are computed from: what responds to inputs, params, state, memory."""
        own, rule = (None, Backprop()) if self._compiled is None else (self._compiled.own, self._compiled.rule)
        answering = Answering(self.network, rule) if own is None else own.answering
        if self._learner is not None:
            return answering, self.judged_params, self.state, self._learner.memory
        memory = compiling.memory_for(own, rule, self.network, self.params, self.state, self.seed)
        return answering, self.params, self.state, memory

    def start_learner(self, widths: tuple[int, ...]) -> Learner:
        """Return the training state; create a new one if there is none or the metrics have changed."""
        if self._learner is None:
            self._learner = compiling.begin(self.program, self._params, self._state, self.seed, widths)
        elif self._learner.sums.shape != (empty := empty_sums(self.program, widths)).shape:
            self._learner = self._learner._replace(sums=empty)
        return self._learner

    def laid_out_learner(self) -> Learner:
        """Return the shapes and types of a training state, for arrays from a file."""
        return compiling.lay_out(self.program, self._params, self._state, self.seed)

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        *,
        sampling: Any = None,
        until: Any = None,
        time_limit: float | str | None = None,
        max_steps: int | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        checkpoint_seconds: float = 10.0,
        hooks: Sequence[Hook] | Hook = (),
    ) -> History:
        """Train the network.

        Args:
            x: Inputs, ``(rows, ...)``: an array, lists, or a pandas, polars or pyarrow frame of numbers; or
                :class:`~plastica.data.streaming.Blocks` with inputs and targets that do not fit into memory; or a
                generator or data loader of batches ``(x, y)`` or ``(x, y, sample_weight)``.
            y: Targets, ``(rows, ...)``; None with blocks and generators, and for networks compiled without a loss.
            batch_size: Rows per gradient step. Default 32, as in Keras; all rows for L-BFGS. The last batch of an
                epoch may be smaller.
            epochs: The number of the last epoch; with ``initial_epoch=0``, the number of epochs.
            verbose: 0 for no output, 1 ("auto") for a live progress line, 2 for one line per epoch.
            callbacks: Callbacks, which can observe, change or stop training.
            validation_split: The fraction of the rows, taken from the end before shuffling, used for validation.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` for validation, instead of ``validation_split``;
                or a generator of such batches.
            shuffle: Whether to shuffle the rows before each epoch.
            class_weight: The weight of each class in the loss, by class number.
            sample_weight: The weight of each row in the loss, ``(rows,)``; or of each step of a row,
                ``(rows, steps)``, if each step has a target; or of each member of an ensemble.
            initial_epoch: The number of the first epoch.
            steps_per_epoch: Batches in an epoch, for generators; required if one never ends. Default: as many as one
                iteration has.
            validation_steps: The number of batches of a generator given as ``validation_data``. They are read once.
            sampling: The relative probability of each row to be drawn, ``(rows,)``, such as the inverse frequency of
                its class. Each epoch then draws as many rows as there are, with replacement; the draws depend only on
                the seed and the epoch. None uses each row once per epoch.
            until: When to stop before ``epochs``: ``{"loss": 0.01}``, ``{"val_accuracy": 0.95}``.
            time_limit: The maximum training time: seconds, or a string such as ``"10m"``.
            max_steps: The maximum number of gradient steps; training may stop within an epoch.
            checkpoint: A folder for checkpoints, from which an interrupted run can be resumed.
            resume: Continue from the newest checkpoint in the folder, or start from the beginning if there is none.
            checkpoint_seconds: Seconds between checkpoints; 0 writes one whenever control returns to the host.
            hooks: Functions called with the :class:`~plastica.training.Run` after each call of the compiled program,
                about ten times a second: ``hook(run)``. A hook reads ``run.step``, ``run.seconds`` and, of each of
                ``run.members``, ``logs`` (the last finished epoch) and ``trainee`` (this model with its present
                weights). It may set weights or the learning rate, or call ``model.stop("reason")``. How many steps lie
                between two calls depends on the speed of the machine; whatever must happen after every epoch or step
                belongs in a callback.

        Returns:
            The history: loss and metrics of each epoch, and why training stopped.

        Raises:
            DataError, ShapeError, InvalidValue: If the data are invalid.
            InvalidValue: If the network is already in training, in another thread or in the run of a callback.
            KeyboardInterrupt: At Ctrl-C, after the current steps. The network keeps their result, and a checkpoint is
                written. A second Ctrl-C interrupts immediately.
            NotFinite: If the loss or the weights become NaN or infinite; the network then has the weights of the last
                finite loss.
        """
        if sampling is not None and not shuffle:
            raise InvalidValue(
                "fit(sampling=..., shuffle=False): rows drawn at random have no order; remove shuffle=False."
            )
        options = fitting.Options(
            batch_size, epochs, verbose, shuffle, initial_epoch, until, time_limit, max_steps, checkpoint, resume,
            checkpoint_seconds, steps_per_epoch, validation_steps,
        )  # fmt: skip
        with alone(self):
            learn, held_out = fitting.examples_for(
                self, x, y, sample_weight, class_weight, validation_split, validation_data, sampling, options
            )
            return fitting.fit(self, learn, held_out, callbacks, options, hooks)

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        *,
        callbacks: Sequence[Callback] | Callback | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics for given data.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; None for networks compiled without a loss.
            batch_size: Rows computed at once; affects only speed.
            verbose: 0 for no output, otherwise one line.
            sample_weight: The weight of each row, ``(rows,)``.
            steps: The number of batches of a generator given as ``x``. Default: all.
            callbacks: Callbacks with ``on_test_begin`` and ``on_test_end``.
            return_dict: Whether to return a dictionary by name.

        Returns:
            The loss if there are no metrics, otherwise a list ``[loss, metric, ...]``.
        """
        watchers = fitting.watchers(self, callbacks)
        for watcher in watchers:
            watcher.on_test_begin({})
        found = inference.evaluate(self, x, y, sample_weight, batch_size, steps)
        for watcher in watchers:
            watcher.on_test_end(dict(found))
        if verbose not in (0, "0"):
            print(" - ".join(f"{name}: {value:.4f}" for name, value in found.items()))  # noqa: T201
        if return_dict:
            return found
        return found["loss"] if len(found) == 1 else list(found.values())

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = 0,
        steps: int | None = None,
        *,
        callbacks: Sequence[Callback] | Callback | None = None,
    ) -> Any:
        """Return the predictions of the network, ``(rows, ...)``.

        The prediction for a row does not depend on the other rows: all are computed in chunks of one fixed size.

        Args:
            x: Inputs, ``(rows, ...)``.
            batch_size: Rows computed at once. Default 128.
            verbose: Accepted for compatibility with Keras; nothing is printed.
            steps: The number of batches of a generator given as ``x``. Default: all.
            callbacks: Callbacks with ``on_predict_begin`` and ``on_predict_end``.
        """
        watchers = fitting.watchers(self, callbacks)
        for watcher in watchers:
            watcher.on_predict_begin({})
        answers = inference.predict(self, x, batch_size, steps)
        for watcher in watchers:
            watcher.on_predict_end({})
        return answers

    def stream(self, batch: int = 1) -> StepwiseAnswers:
        """Return the network as it answers one step of a sequence at a time, remembering the steps before.

        For sensors, control and text as it is written. The answers equal those of :meth:`predict` for the sequence so
        far. The weights are those of this moment.

        Args:
            batch: How many sequences go side by side.

        Raises:
            InvalidValue: If a layer needs the whole sequence, such as Bidirectional or a mean over time.

        Example:
            >>> from plastica import LSTM, Dense, Sequential
            >>> model = Sequential([LSTM(4, input_shape=(None, 2)), Dense(1)])
            >>> answers = model.stream()
            >>> answers.step([0.5, -1.0]).shape
            (1, 1)
            >>> x = np.ones((1, 3, 2))
            >>> answers.reset()
            >>> last = [answers.step(x[:, t]) for t in range(3)][-1]
            >>> bool(abs(last - model.predict(x)).max() < 1e-5)
            True
        """
        return stepping.stream(self, batch)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Return the predictions of the network, as :meth:`predict` does; for a node, the network's output as a node.

        A network that is called with a node becomes a layer of the graph, with a copy of its weights.

        Args:
            x: Inputs, ``(rows, ...)``, or a node.
            training: Whether layers work as in training: dropout, random changes of pictures, statistics of the batch.
                Each call draws anew, so that the spread over calls shows how sure a network with dropout is. No weights
                or statistics change.
        """
        if wiring.is_node(x):
            return Node(self.network, nodes_of(self.network, (x,)), wiring.Origin(self, None))
        return inference.answers_in_training(self, x) if training else self.predict(x)

    def say_if_untrained(self) -> None:
        """Warn, once, that the network has not been trained."""
        if self._initial and self.is_compiled and any(array.size for array in jax.tree.leaves(self.params)):
            self._initial = False
            cautions.of_initial_weights()

    def stop(self, reason: str) -> None:
        """Stop training after the current steps, and record the reason."""
        self.stop_training, self.stop_reason = True, reason

    # Inspection

    def trace(self, x: Any, y: Any = None) -> tracing.Trace:
        """Return the input, potential and activity of each layer and, with targets, its error and gradients.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; the network must be compiled.
        """
        if y is None or self.compiled.loss is None:
            inputs = examples.take_inputs(self, x)
            return tracing.trace(self.network, self.params, self.state, inputs, None, None)
        found = examples.take(self, x, y)
        return tracing.trace(self.network, self.params, self.state, found.x, found.y, self.objective)

    def alignment(self, x: Any, y: Any) -> tuple[Alignment, ...]:
        """Compare the direction of the learning rule with the true gradient on a batch, layer by layer.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; the network must be compiled with a loss.

        Returns:
            For each layer with parameters, its ``path`` and the ``cosine`` and the ``angle`` in degrees between the
            two directions.
        """
        found = examples.take(self, x, y)
        self._require_rule("alignment")
        rule, (_, _, _, memory) = self.compiled.rule, self.answering()
        batch = whole_batch(found.x, found.y, self.epochs_trained)
        objective, key = self.objective, random.seed_key(self.seed)
        return alignment(rule, self.network, self.params, self.state, memory, batch, objective, key)

    def summary(self) -> None:
        """Print a table of the layers with their output shapes and numbers of parameters."""
        from ..views.summary import summary

        print(summary(self.network, self._shape, self.params, self.state, name=self.name))  # noqa: T201

    def draw(
        self,
        path: str | Path | None = None,
        *,
        features: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
    ) -> Any:
        """Draw a diagram of the network: units, connections, shapes.

        Args:
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``). None
                only returns it.
            features: A name for each input; used for small networks, whose units are drawn.
            classes: A name for each output, likewise.

        Returns:
            A matplotlib figure, displayed in notebooks.
        """
        from ..views.picture import draw

        shape = self._known_shape()
        return draw(self.network, shape, path, params=self.params, features=features, classes=classes)

    # Saving

    def save(self, path: str | Path) -> Path:
        """Save the network with its weights, compile settings and training state to a file.

        An existing file is replaced only when the new one is complete.
        """
        return saving.save(self, path)

    def save_weights(self, path: str | Path) -> Path:
        """Save only the weights to a file."""
        return saving.save_weights(self, path)

    def load_weights(self, path: str | Path) -> None:
        """Load the weights from a file written by :meth:`save_weights` or :meth:`save`."""
        saving.load_weights(self, path)

    def get_config(self) -> dict[str, Any]:
        """Return the network as dictionaries, lists, strings and numbers, without weights; see :meth:`from_config`."""
        return to_spec(self.network)

    def to_json(self) -> str:
        """Return :meth:`get_config` as a string."""
        return json.dumps(self.get_config())

    @staticmethod
    def from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Model:
        """Return a model with new weights from what :meth:`get_config` returned.

        Args:
            config: The network.
            custom_objects: Classes and functions of your own in it, by name.
        """
        return saving.from_config(config, custom_objects or {})

    # Helpers

    def _known_shape(self) -> Shape:
        if self._shape is None:
            raise NotFitted(
                "the input shape of this network is not known yet. Call build((None, 784)) with the shape of one "
                "input, pass input_shape= to the first layer, or call fit()."
            )
        return self._shape

    def keep_untrained(self, params: Any, state: Any) -> None:
        """Set parameters and state as :meth:`replace_weights` does, for a network that stays as trained as it was."""
        initial = self._initial
        self.replace_weights(params, state)
        self._initial = initial

    def _require_rule(self, what: str) -> None:
        if self._compiled is not None and self._compiled.own is not None:
            raise InvalidValue(
                f"{what} belongs to networks that a rule trains; this one is trained by "
                f"{type(self._compiled.own).__name__}, whose fields say how."
            )

    def replace_weights(self, params: Any, state: Any) -> None:
        """Set parameters and state of the same structure."""
        self._initial = False
        if self._learner is not None:
            self._learner = self._learner._replace(params=params, state=state)
        else:
            self._params, self._state = params, state


def _sizes(given: Sequence[Any]) -> tuple[int | None, ...]:
    """Return the shape of one input without the batch axis, checked; None for sizes that vary."""
    given = tuple(given)
    if given and given[0] is None:
        given = given[1:]
    if any(size is not None and not isinstance(size, int | np.integer) for size in given):
        raise InvalidValue(f"build({given}): every size must be a whole number, as in build((None, 784)).")
    shape = tuple(None if size is None else int(size) for size in given)
    if any(size is not None and size < 1 for size in shape):
        raise InvalidValue(f"build({given}): every size must be at least 1.")
    return shape


def _with_batch(shape: Any) -> tuple[Any, ...]:
    if shape and isinstance(shape[0], tuple):
        return tuple((None, *each) for each in shape)
    return (None, *shape)
