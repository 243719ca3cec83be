"""Sequential: a network with the words that people know from Keras."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from .. import layers as layer_kinds
from .. import random
from ..declaration import replace
from ..errors import InvalidValue, NotFitted, ShapeError
from ..initializers import Undrawn
from ..layers.layer import Layer, Shape
from ..notebook.html import shown
from ..optimizers import Optimizer, OptimizerLike
from ..rules import Alignment, Backprop, Rule, RuleLike, alignment
from ..rules.alignment import whole_batch
from ..training.callbacks import Callback
from ..training.history import History
from ..training.program import Learner, Program
from ..training.sums import empty_sums
from . import cautions, compiling, fitting, saving, tracing, weights
from .compiling import Compiled
from .exclusive import alone


class Sequential:
    """A network of layers, one after another, that learns.

    The three lines that most people need::

        model = Sequential([Dense(32, activation="relu"), Dense(10, activation="softmax")])
        model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, epochs=10, validation_split=0.2)

    Args:
        layers: The layers, first to last; ``Input(shape=...)`` or a first layer's ``input_shape=`` may state
            the input's shape, which is otherwise learned from the data.
        name: A name for summaries.
        seed: Where all randomness of this network comes from: initial weights, shuffling, dropout. The same
            seed and data give the same weights, bit for bit, on every machine of a kind.

    Raises:
        InvalidValue: When something in ``layers`` is not a layer, or the seed is not a whole number.
    """

    def __init__(self, layers: Sequence[Layer] = (), *, name: str | None = None, seed: int = 0) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise InvalidValue(f"Sequential(seed={seed!r}): the seed is a whole number of at least 0.")
        if not isinstance(name, str | None):
            raise InvalidValue(f"Sequential(name={name!r}): the name is a text.")
        if not isinstance(layers, Iterable):
            raise InvalidValue(f"Sequential({layers!r}): give a list of layers: Sequential([{layers!r}]).")
        self.network = layer_kinds.Sequential(tuple(layers))
        self.name = name or "sequential"
        self.seed = int(seed)
        self.epochs_trained = 0
        self.is_training = False
        self.stop_training = False
        self.stop_reason = ""
        self.history: History | None = None
        self.extra: dict[str, Any] = {}
        self._shape: Shape | None = None
        self._params: Any = None
        self._state: Any = None
        self._compiled: Compiled | None = None
        self._program: Program | None = None
        self._learner: Learner | None = None
        self._initial = True  # whether the weights are those that were drawn, and nobody was told
        if self._declared_shape() is not None:
            self.build(self._declared_shape())

    def __repr__(self) -> str:
        return f"Sequential({list(self.network.layers)!r})"

    @shown
    def _repr_html_(self) -> str:
        from ..views.summary import page

        trained = f"{self.epochs_trained:,} epochs trained" if self.epochs_trained else ""
        said = [*self._compiled.words(), trained] if self._compiled else ["not compiled"]
        return page(self.network, self._shape, self.params, self.state, name=self.name, words=said)

    # What the network is made of

    @property
    def layers(self) -> list[Layer]:
        """The layers, first to last."""
        return list(self.network.layers)

    def add(self, layer: Layer) -> None:
        """Put a layer at the end; the layers before it keep their weights."""
        self._relayer((*self.network.layers, layer))

    def pop(self) -> Layer:
        """Take the last layer away and return it; the others keep their weights."""
        if not self.network.layers:
            raise InvalidValue("pop(): this network has no layer.")
        last = self.network.layers[-1]
        self._relayer(self.network.layers[:-1])
        return last

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Draw the initial weights, for inputs of ``input_shape``.

        Args:
            input_shape: The shape of one input, ``(784,)``; with the batch axis in front, ``(None, 784)``, as in
                Keras, too. None takes what the first layer states.

        Raises:
            InvalidValue: When the shape is nowhere stated.
            ShapeError: When layers do not fit each other or the input.
        """
        self._begin(input_shape, np.random.default_rng(self.seed))

    def adapt(self, x: Any) -> None:
        """Let layers take from data what they do not learn, such as the knots of a PiecewiseLinearEmbedding.

        Call it with the training rows before :meth:`fit`; the name is that of Keras's preprocessing layers.

        Args:
            x: Inputs, ``(rows, ...)``; a network that is not built yet is built for them.

        Raises:
            ShapeError, DataError: Inputs that the network does not take.
        """
        rows = fitting.take_inputs(self, x)
        initial = self._initial
        self._put(self.params, self.network.adapt(rows, self.state))
        self._initial = initial

    def build_undrawn(self, input_shape: Sequence[int | None], elements: int) -> None:
        """Lay out the weights without drawing them, for arrays that :meth:`restore` brings.

        Args:
            input_shape: As for :meth:`build`.
            elements: How many elements there may be in all; nothing larger than these arrays takes memory.

        Raises:
            ShapeError: When layers do not fit each other or the input, or declare more elements.
        """
        self._begin(input_shape, Undrawn(elements))

    def _begin(self, input_shape: Sequence[int | None] | None, rng: np.random.Generator) -> None:
        given = self._declared_shape() if input_shape is None else input_shape
        if not isinstance(given, Sequence):
            told = "" if given is None else f"; got {given!r}"
            raise InvalidValue(f"build() needs the shape of one input, such as build((None, 784)){told}.")
        given = tuple(given)
        if given and given[0] is None:
            given = given[1:]
        if any(size is not None and not isinstance(size, int | np.integer) for size in given):
            raise InvalidValue(f"build({given}): every size must be a whole number, as in build((None, 784)).")
        if any(size is None for size in given):
            raise InvalidValue(f"build({given}): every size beside the batch axis must be known.")
        shape = tuple(int(size) for size in given if size is not None)
        if any(size < 1 for size in shape):
            raise InvalidValue(f"build({given}): every size must be at least 1.")
        stated = self._declared_shape()
        if stated is not None and shape != stated:
            raise ShapeError(
                f"build({given}): the first layer states inputs of shape {stated}; one of the two is wrong."
            )
        self._params, self._state = self.network.init(rng, shape)
        self._shape, self._program, self._learner = shape, None, None

    @property
    def built(self) -> bool:
        """Whether the weights exist."""
        return self._shape is not None

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The inputs' shape with None for the batch axis."""
        return (None, *self._known_shape())

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The outputs' shape with None for the batch axis."""
        return (None, *self.network.output_shape(self._known_shape()))

    @property
    def params(self) -> Any:
        """The learned parameters: a tuple with a dict for each layer."""
        return self._learner.params if self._learner is not None else self._params

    @property
    def state(self) -> Any:
        """What the layers carry beside what is learned, such as running statistics."""
        return self._learner.state if self._learner is not None else self._state

    def count_params(self) -> int:
        """Return how many numbers the network has learned and carries."""
        return sum(array.size for array in self.get_weights())

    def get_weights(self) -> list[np.ndarray]:
        """Return every array in Keras's order and shapes."""
        self._known_shape()
        return weights.get_weights(self.network, self.params, self.state)

    def set_weights(self, arrays: Sequence[Any]) -> None:
        """Take every array from a list in Keras's order and shapes.

        Raises:
            ShapeError: When the number of arrays or a shape differs.
        """
        self._known_shape()
        self._put(*weights.set_weights(self.network, self.params, self.state, arrays))

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return a copy of everything learned and carried, by name."""
        self._known_shape()
        return saving.snapshot(self.judged_params, self.state)

    @property
    def judged_params(self) -> Any:
        """What evaluation, answers and files take: during a run with ``use_ema`` the averaged weights.

        After a run the averaged weights are the network's own.
        """
        if self.is_training and self.optimizer.use_ema:
            return self.optimizer.averaged(self.params, self.learner.optimizer)
        return self.params

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go back to a :meth:`snapshot`."""
        self._known_shape()
        self._put(*saving.from_snapshot(self.params, self.state, snapshot))

    # How it learns

    def compile(
        self,
        optimizer: OptimizerLike | None = None,
        loss: Any = None,
        metrics: Any = None,
        *,
        weighted_metrics: Any = None,
        rule: RuleLike = "backprop",
    ) -> None:
        """Say how the network learns.

        Args:
            optimizer: A name or an optimizer: ``"adam"``, ``Adam(3e-4)``. By default the rule's usual one, which
                is Adam for backprop (RMSprop in Keras).
            loss: A name, a loss, or a function of (targets, predictions). None for rules that learn from the inputs
                alone; under such a rule a loss makes the last layer a read-out.
            metrics: Names, metrics or functions of (targets, predictions), to be shown beside the loss. They count
                every row alike, whatever the weights of rows and classes, as in Keras.
            weighted_metrics: The same, counting each row by its ``sample_weight`` and ``class_weight``. One that is
                also among ``metrics`` stands in the history under ``"weighted_..."``.
            rule: The learning rule, a name or a rule: ``"feedback_alignment"``, ``Oja(learning_rate=0.01)``.

        Raises:
            InvalidValue: When no loss is given to a rule that needs one.
            UnknownName: For a name that stands for nothing, with the nearest that does.
        """
        self.set_compiled(compiling.resolve(optimizer, loss, metrics, rule, weighted_metrics))

    @property
    def compiled(self) -> Compiled:
        """What ``compile`` was told.

        Raises:
            NotFitted: Before ``compile``.
        """
        if self._compiled is None:
            raise NotFitted('this network was not compiled; call model.compile(optimizer="adam", loss=...) first.')
        return self._compiled

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer in use."""
        return self.program.optimizer if self._program is not None else self.compiled.optimizer

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        steps = 0 if self._learner is None else int(self._learner.optimizer["step"])
        return float(self.optimizer.current_rate(steps))

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        # Written anew, so that a rate that is no rate is refused.
        if not isinstance(rate, int | float | np.number | np.ndarray | jax.Array):
            raise InvalidValue(f"learning_rate={rate!r}: a number is expected.")
        optimizer = dataclasses.replace(self.optimizer, learning_rate=float(rate))
        self._compiled = dataclasses.replace(self.compiled, optimizer=optimizer)
        if self._program is not None:
            self._program = replace(self._program, optimizer=optimizer)

    @property
    def program(self) -> Program:
        """The program that the compiled run executes."""
        if self._program is None:
            shape = self.network.output_shape(self._known_shape())
            self._program = compiling.assemble(self.network, self.compiled, shape)
        return self._program

    @program.setter
    def program(self, program: Program) -> None:
        self._program = program
        self._compiled = dataclasses.replace(self.compiled, optimizer=program.optimizer)

    @property
    def learner(self) -> Learner:
        """All that changes in training.

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
        """The shape of one input as far as it is known."""
        return self._shape

    @property
    def is_compiled(self) -> bool:
        """Whether ``compile`` was called."""
        return self._compiled is not None

    @property
    def is_trained(self) -> bool:
        """Whether there is a training state."""
        return self._learner is not None

    def set_compiled(self, compiled: Compiled) -> None:
        """Take compile settings that are resolved already."""
        if self._learner is not None:
            self._params, self._state = self._learner.params, self._learner.state
        self._compiled, self._program, self._learner = compiled, None, None

    def answering(self) -> tuple[Any, Any, Rule, Any]:
        """Return what answers are computed from: params, state, the rule and its memory."""
        if self._compiled is None:
            return self.params, self.state, Backprop(), ()  # the plain forward pass
        rule = self._compiled.rule
        if self._learner is not None:
            return self.judged_params, self.state, rule, self._learner.memory
        return self.params, self.state, rule, compiling.memory_for(rule, self.network, self.params, self.seed)

    def start_learner(self, widths: tuple[int, ...]) -> Learner:
        """Return the training state, begun anew where there is none or other metrics are kept."""
        if self._learner is None:
            self._learner = compiling.begin(self.program, self._params, self._state, self.seed, widths)
        elif self._learner.sums.shape != (empty := empty_sums(self.program.watched, widths)).shape:
            self._learner = self._learner._replace(sums=empty)
        return self._learner

    def laid_out_learner(self) -> Learner:
        """Return the shapes and types of a training state, for arrays from a file; nothing is drawn."""
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
        validation_data: tuple[Any, ...] | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        *,
        sampling: Any = None,
        until: Any = None,
        time_limit: float | str | None = None,
        max_steps: int | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        checkpoint_seconds: float = 10.0,
    ) -> History:
        """Train on examples.

        Args:
            x: Inputs, ``(rows, ...)``: an array, lists, or a pandas, polars or pyarrow frame of numbers; or
                :class:`~plastica.data.streaming.Blocks` with inputs and targets larger than memory.
            y: Targets, ``(rows, ...)``; None with blocks, and where ``compile`` was given no loss.
            batch_size: Rows a step; 32 by default, as in Keras, and all rows for L-BFGS. The last batch of an
                epoch may be shorter and counts for what it is.
            epochs: The number of the last epoch; with ``initial_epoch`` 0 how many epochs are run.
            verbose: 0 for silence, 1 ("auto") for a live line, 2 for one line an epoch.
            callbacks: Whom to tell, and who may stop or change the run.
            validation_split: The fraction of the rows, taken from the end before shuffling, to judge by.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to judge by instead.
            shuffle: Whether each epoch goes through the rows in an order of its own.
            class_weight: How much each class counts in the loss.
            sample_weight: How much each row counts in the loss, ``(rows,)``; or each of its steps, ``(rows, steps)``,
                where the network answers for each step of a row, or each member of an ensemble.
            initial_epoch: From which number epochs are counted.
            sampling: How likely each row is to be drawn beside the others, ``(rows,)``, such as one over the number
                of rows of its class. An epoch then draws as many rows as there are, each time from all of them
                (with replacement), by the seed and the epoch's number alone. None: each row once an epoch.
            until: When to stop before ``epochs``: ``{"loss": 0.01}``, ``{"val_accuracy": 0.95}``.
            time_limit: When to stop by the clock: seconds, or ``"10m"``.
            max_steps: After how many steps to stop, wherever in an epoch that is.
            checkpoint: A folder to keep checkpoints in, so that a killed run can be resumed.
            resume: Go on from the newest checkpoint in that folder; from the start where there is none.
            checkpoint_seconds: How often a checkpoint is written; 0 at every look.

        Returns:
            The figures of each epoch, and why the run stopped.

        Raises:
            DataError, ShapeError, InvalidValue: When the data cannot be learned from as it is.
            InvalidValue: When the network is in training already, in another thread or around the callback that calls.
            KeyboardInterrupt: At Ctrl-C, once the steps under way are made; the network is as they left it, and a
                checkpoint is written. A second Ctrl-C ends at once.
            NotFinite: When the loss or the weights become NaN or infinite; the weights of the last finite loss stay.
        """
        if sampling is not None and not shuffle:
            raise InvalidValue("fit(sampling=..., shuffle=False): rows that are drawn have no order; leave shuffle on.")
        options = fitting.Options(
            batch_size, epochs, verbose, shuffle, initial_epoch, until, time_limit, max_steps, checkpoint, resume,
            checkpoint_seconds,
        )  # fmt: skip
        with alone(self):
            examples, held_out = fitting.examples_for(
                self, x, y, sample_weight, class_weight, validation_split, validation_data, sampling
            )
            return fitting.fit(self, examples, held_out, callbacks, options)

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        *,
        callbacks: Sequence[Callback] | Callback | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics on examples.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; None where ``compile`` was given no loss.
            batch_size: Rows computed at once; changes nothing but speed.
            verbose: 0 for silence; else one line.
            sample_weight: How much each row counts, ``(rows,)``.
            callbacks: Whom to tell, by ``on_test_begin`` and ``on_test_end``.
            return_dict: Return the figures by name.

        Returns:
            The loss alone where there are no metrics, else a list ``[loss, metric, ...]``.
        """
        watchers = fitting.watchers(self, callbacks)
        for watcher in watchers:
            watcher.on_test_begin({})
        found = fitting.evaluate(self, x, y, sample_weight, batch_size)
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
        *,
        callbacks: Sequence[Callback] | Callback | None = None,
    ) -> np.ndarray:
        """Return the network's answers, ``(rows, ...)``.

        A row's answer does not depend on the rows beside it: rows are computed in chunks of one fixed size.

        Args:
            x: Inputs, ``(rows, ...)``.
            batch_size: Rows computed at once, 128 by default.
            verbose: Taken as in Keras; nothing is printed.
            callbacks: Whom to tell, by ``on_predict_begin`` and ``on_predict_end``.
        """
        watchers = fitting.watchers(self, callbacks)
        for watcher in watchers:
            watcher.on_predict_begin({})
        answers = fitting.predict(self, x, batch_size)
        for watcher in watchers:
            watcher.on_predict_end({})
        return answers

    def __call__(self, x: Any) -> np.ndarray:
        """Return the network's answers; the same as :meth:`predict`."""
        return self.predict(x)

    def say_if_untrained(self) -> None:
        """Warn, once, that the weights are still those that were drawn."""
        if self._initial and self.is_compiled and any(array.size for array in jax.tree.leaves(self.params)):
            self._initial = False
            cautions.of_initial_weights()

    def stop(self, reason: str) -> None:
        """End the run after what is under way, and say why."""
        self.stop_training, self.stop_reason = True, reason

    # What it looks like inside

    def trace(self, x: Any, y: Any = None) -> tracing.Trace:
        """Return each layer's input, potential and activity and, with targets, its error and gradients.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; the network must be compiled.
        """
        if y is None or self.compiled.loss is None:
            inputs = fitting.take_inputs(self, x)
            return tracing.trace(self.network, self.params, self.state, inputs, None, None)
        found = fitting.take(self, x, y)
        return tracing.trace(self.network, self.params, self.state, found.x, found.y, self.program.objective)

    def alignment(self, x: Any, y: Any) -> tuple[Alignment, ...]:
        """Return how near the rule's direction comes to the true gradient on a batch, layer by layer.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; the network must be compiled with a loss.

        Returns:
            An entry for each layer with parameters, with its ``path``, the ``cosine`` and the ``angle`` in degrees.
        """
        found = fitting.take(self, x, y)
        _, _, rule, memory = self.answering()
        batch = whole_batch(found.x, found.y, self.epochs_trained)
        objective, key = self.program.objective, random.seed_key(self.seed)
        return alignment(rule, self.network, self.params, self.state, memory, batch, objective, key)

    def summary(self) -> None:
        """Print the layers with their output shapes and numbers of parameters."""
        from ..views.summary import summary

        print(summary(self.network, self._shape, self.params, self.state, name=self.name))  # noqa: T201

    def draw(
        self,
        path: str | Path | None = None,
        *,
        features: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
    ) -> Any:
        """Draw the network as a picture: units, connections, shapes.

        Args:
            path: Where to write it; the ending says how (``.svg``, ``.png``, ``.pdf``). None only returns it.
            features: A name for each input; used for small networks, whose units are drawn.
            classes: A name for each output, likewise.

        Returns:
            A matplotlib figure, which a notebook shows.
        """
        from ..views.picture import draw

        shape = self._known_shape()
        return draw(self.network, shape, path, params=self.params, features=features, classes=classes)

    # Where it is kept

    def save(self, path: str | Path) -> Path:
        """Write the network, its weights, its compile settings and its training state to one file.

        The file is written beside and renamed: the one that was there stays until the new one is whole.
        """
        return saving.save(self, path)

    def save_weights(self, path: str | Path) -> Path:
        """Write the weights alone to one file."""
        return saving.save_weights(self, path)

    def load_weights(self, path: str | Path) -> None:
        """Take the weights from a file that :meth:`save_weights` or :meth:`save` wrote."""
        saving.load_weights(self, path)

    # Helpers

    def _relayer(self, layers: tuple[Layer, ...]) -> None:
        network = layer_kinds.Sequential(layers)
        declared = layers[0].declared_shape if layers else None
        shape = self._shape if declared is None and layers else declared
        params = state = None
        if shape is not None:
            params, state = network.init(np.random.default_rng(self.seed), shape)
            same = min(len(layers), len(self.network.layers)) if shape == self._shape else 0
            params, state = (*(self.params or ())[:same], *params[same:]), (*(self.state or ())[:same], *state[same:])
        self.network, self._shape, self._params, self._state = network, shape, params, state
        self._program = self._learner = None

    def _declared_shape(self) -> Shape | None:
        return self.network.layers[0].declared_shape if self.network.layers else None

    def _known_shape(self) -> Shape:
        if self._shape is None:
            raise NotFitted(
                "this network does not know its input's shape yet. Call build((None, 784)) with the shape of one "
                "input, state input_shape= in the first layer, or call fit()."
            )
        return self._shape

    def _put(self, params: Any, state: Any) -> None:
        self._initial = False
        if self._learner is not None:
            self._learner = self._learner._replace(params=params, state=state)
        else:
            self._params, self._state = params, state
