"""Inspection of a model: its summary and picture, and what its layers do with a batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ... import random
from ...errors import InvalidValue
from ...lazy import deferred
from ...notebook.html import shown
from ...rules import Alignment, alignment
from ...rules.alignment import whole_batch
from ...training.devices import DevicesLike
from ...typing import Float, Params, State
from .. import examples, planning, tracing
from ..base import BaseModel
from ..options import Options
from ..planning import RunPlan
from ..training_data import GivenData

if TYPE_CHECKING:
    from ...drawing.figure import Drawing
    from ..diagnosis import Diagnosis


class InspectionMethods(BaseModel):
    """The methods of a model that show it."""

    def summary(self) -> None:
        """Print a table of the layers with their output shapes and numbers of parameters."""
        from ...views.summary import summary

        print(summary(self.network, self._shape, *self._learned(), name=self.name))  # noqa: T201

    def draw(
        self,
        path: str | Path | None = None,
        *,
        features: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
    ) -> Drawing:
        """Draw a diagram of the network: units, connections, shapes.

        Args:
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``). None
                only returns it.
            features: A name for each input; used for small networks, whose units are drawn.
            classes: A name for each output, likewise.

        Returns:
            A matplotlib figure, displayed in notebooks.
        """
        from ...views.picture import draw

        shape = self._known_shape()
        return draw(self.network, shape, path, params=self.params, features=features, classes=classes)

    def trace(self, x: object, y: object = None) -> tracing.Trace:
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

    def plot_gates(
        self, x: object, *, row: int = 0, layer: int | str | None = None, path: str | Path | None = None
    ) -> Drawing:
        """Draw the gates and states of a recurrent layer at every step of one sequence.

        Each panel is a quantity, such as the forget gate of an LSTM, with a line for each unit; the first is the
        input of the layer. The numbers are in ``model.trace(x)[layer].trajectory``.

        Args:
            x: Inputs, ``(rows, time, features)``.
            row: Which sequence.
            layer: The index or the path of the layer in the trace. Default: the first that is recurrent.
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``).

        Returns:
            A matplotlib figure, displayed in notebooks.

        Raises:
            InvalidValue: If there is no such row, or the layer is not recurrent.
        """
        from ...views.sequences import draw_gates

        traced = self.trace(x)
        chosen = next((each for each in traced if each.trajectory), None) if layer is None else traced[layer]
        if chosen is None or not chosen.trajectory:
            which = "no layer of this network" if chosen is None else f"{chosen.path} is no layer that"
            raise InvalidValue(f"plot_gates: {which} remembers; give one such as LSTM or GRU.")
        count = len(chosen.trajectory["pre"])
        if not 0 <= row < count:
            raise InvalidValue(f"plot_gates: row={row}; the inputs have rows 0 to {count - 1}.")
        own = {name: values[row].reshape(len(values[row]), -1) for name, values in chosen.trajectory.items()}
        return draw_gates(own, chosen.path).save(path)

    def gradient_by_lag(self, x: object, y: object, *, layer: str | None = None) -> Float[np.ndarray, "lags"]:
        r"""Return how strongly the loss depends on the inputs of earlier steps: the norm of dC/dx by lag.

        Entry k is the mean over rows of the norm of :math:`\partial C / \partial x_{T-k}`, with C the loss of a row and
        T the last step. Where it falls exponentially, the network cannot learn what lies further back (vanishing
        gradients); where it grows, gradients explode.

        Args:
            x: Inputs, ``(rows, time, ...)``.
            y: Targets, ``(rows, ...)``; the network must be compiled with a loss. With targets for every step, the loss
                is that of all steps.
            layer: The path of the layer whose inputs are meant, as in a trace. Default: the first that reads sequences
                of numbers; behind an ``Embedding``, the layer that reads the vectors.

        Returns:
            ``(time,)``; the last step first.

        Raises:
            InvalidValue, ShapeError: If there is no loss, or the layer does not read sequences.
            UnknownName: If there is no such layer.

        Reference:
            S. Hochreiter, Y. Bengio, P. Frasconi, J. Schmidhuber (2001), Gradient flow in recurrent nets: the
            difficulty of learning long-term dependencies, section 3.
        """
        from ..gradient_by_lag import gradient_by_lag

        found = examples.take(self, x, y)
        if self.objective is None:
            raise InvalidValue("gradient_by_lag: the network was compiled without a loss; give compile() one.")
        return gradient_by_lag(self.network, self.params, self.state, found.x, found.y, self.objective, layer)

    def plot_gradient_by_lag(
        self, x: object, y: object, *, layer: str | None = None, path: str | Path | None = None
    ) -> Drawing:
        """Draw :meth:`gradient_by_lag`.

        Args:
            x: Inputs, ``(rows, time, ...)``.
            y: Targets, ``(rows, ...)``; the network must be compiled with a loss.
            layer: The path of the layer whose inputs are meant. Default: the first that reads sequences of numbers.
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``).

        Returns:
            A matplotlib figure, displayed in notebooks.

        Raises:
            InvalidValue, ShapeError, UnknownName: As :meth:`gradient_by_lag`.
        """
        from ...views.sequences import draw_gradient_by_lag

        return draw_gradient_by_lag(self.gradient_by_lag(x, y, layer=layer), layer or "").save(path)

    def alignment(self, x: object, y: object) -> tuple[Alignment, ...]:
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

    def diagnose(
        self,
        x: object,
        y: object = None,
        *,
        validation_data: object = None,
        batch_size: int | None = None,
        names: Sequence[str] = (),
        seed: int = 0,
        retrain: bool | None = None,
    ) -> Diagnosis:
        """Return what is wrong with the network, its training and its data: where, by which number, and what to try.

        Looks at activities, errors and steps of each layer for some rows, at the learning curves of the last ``fit``,
        and at the data. The network is not changed. To find wrong labels, fifteen copies of it are trained, each
        without a fifth of the rows (see ``retrain``).

        Args:
            x: Training inputs, ``(rows, ...)``.
            y: Training targets, ``(rows, ...)``; None for networks compiled without a loss.
            validation_data: Rows that training did not see, ``(x, y)``; without them overfitting cannot be judged.
            batch_size: Rows of a batch in training. Default 32, as for :meth:`fit`.
            names: A name for each column of the inputs, for findings about columns.
            seed: The seed of what is drawn.
            retrain: Whether copies are trained. Default: if that takes at most 10^11 multiplications (about half a
                minute) on at most 2,000 rows; otherwise ``unjudged`` says how long it takes. True uses all rows.

        Returns:
            A table of findings in a terminal and in a notebook; ``to_json()`` for programs, ``try_remedies()`` to see
            which remedy helps.

        Raises:
            NotFitted: If the network is not compiled.
            DataError, ShapeError, InvalidValue: If the data do not suit the network.

        Example:
            >>> import numpy as np, plastica as pl
            >>> x = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0], [4.0, 5.0]])
            >>> model = pl.Sequential([pl.Dense(1)])
            >>> model.compile(pl.optimizers.SGD(0.1), "mse")
            >>> found = model.diagnose(x, x.sum(1))["rate_above_bound"]
            >>> found.severity, found.remedy
            ('serious', 'SGD(0.023)')
        """
        return deferred(
            "plastica.doctor", "diagnose", self, x, y, validation_data=validation_data, batch_size=batch_size,
            names=names, seed=seed, retrain=retrain,
        )()  # fmt: skip

    def plan(
        self,
        x: object,
        y: object = None,
        batch_size: int | None = None,
        epochs: int = 1,
        *,
        validation_split: float = 0.0,
        validation_data: object = None,
        sample_weight: object = None,
        devices: DevicesLike = None,
        seconds: float = 1.0,
    ) -> RunPlan:
        """Return what a run of :meth:`fit` will take, before it starts: memory, time, and where it would run.

        Compiles the program of the run and makes some of its steps on a copy of the weights; the model stays as it is.

        Args:
            x, y, batch_size, epochs, validation_split, validation_data, sample_weight, devices: As for :meth:`fit`.
            seconds: How long to measure, after compiling.

        Raises:
            NotFitted: If the network is not compiled.
            DataError, ShapeError, InvalidValue: If the data do not suit the network, or an option is invalid.
            NotFinite: If the loss is not finite from the first step on.

        Example:
            >>> import numpy as np, plastica as pl
            >>> model = pl.Sequential([pl.Dense(1)])
            >>> model.compile("adam", "mse")
            >>> plan = model.plan(np.ones((100, 4)), np.ones(100), epochs=1000, seconds=0.1)
            >>> plan.parameters, plan.batches, plan.fits, plan.seconds > 0
            (5, 4, True, True)
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < float("inf"):
            raise InvalidValue(f"plan(seconds={seconds!r}): give a number of seconds above 0.")
        options = Options(
            batch_size, epochs, 0, True, 0, None, None, None, None, False, 0.0, devices=devices
        )  # as for fit
        given = GivenData(x, y, sample_weight, None, validation_split, validation_data)
        return planning.plan_of(self, given, options, float(seconds))

    def _learned(self) -> tuple[Params | None, State | None]:
        """Return the parameters and the state, None before the network is built."""
        return (self.params, self.state) if self.built else (None, None)

    @shown
    def _repr_html_(self) -> str:
        from ...views.summary import page

        trained = f"{self.epochs_trained:,} epochs trained" if self.epochs_trained else ""
        said = [*self._compiled.words(), trained] if self._compiled else ["not compiled"]
        return page(self.network, self._shape, *self._learned(), name=self.name, words=said)
