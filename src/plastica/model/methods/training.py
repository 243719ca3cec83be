"""Training of a model: compile and fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import jax
import numpy as np

from ...declaration import replace
from ...errors import InvalidValue
from ...losses import LossLike
from ...optimizers import OptimizerLike
from ...rules import RuleLike
from ...training import interrupting
from ...training.callbacks import Callback
from ...training.devices import DevicesLike
from ...training.history import History
from ...training.run import Hook
from .. import compiling, fitting
from ..base import BaseModel
from ..exclusive import alone
from ..outputs import outputs_of
from ..training_data import GivenData


class TrainingMethods(BaseModel):
    """The methods of a model that configure training and train."""

    def compile(
        self,
        optimizer: OptimizerLike | None = None,
        loss: LossLike | Sequence[LossLike | None] | Mapping[str, LossLike | None] | None = None,
        metrics: object = None,
        *,
        weighted_metrics: object = None,
        loss_weights: Sequence[float | None] | Mapping[str, float | None] | None = None,
        rule: RuleLike = "backprop",
        precision: str | None = None,
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
            precision: ``"mixed_bfloat16"`` for a GPU: backprop computes in bfloat16, with parameters in float32; see
                :class:`~plastica.rules.MixedPrecisionBackprop`. Default: float32 throughout.

        Raises:
            InvalidValue: If a rule that needs a loss has none, or cannot compute in this precision.
            UnknownName: If a name is unknown; the message suggests the nearest one.
        """
        self._require_rule("compile()")
        rule = compiling.rule_in(precision, rule)
        several = len(self.network.output_activations) > 1
        found = outputs_of(self.network, self._known_shape()) if several else ()
        if found:
            self.set_compiled(
                compiling.resolve_outputs(found, optimizer, loss, loss_weights, metrics, rule, weighted_metrics)
            )
            return
        if loss_weights is not None:
            raise InvalidValue(f"compile(loss_weights={loss_weights!r}): this network has one output; scale its loss.")
        self.set_compiled(compiling.resolve(optimizer, cast("LossLike | None", loss), metrics, rule, weighted_metrics))

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

    def fit(
        self,
        x: object = None,
        y: object = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: object = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: object = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        *,
        sampling: object = None,
        until: object = None,
        time_limit: float | str | None = None,
        max_steps: int | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        checkpoint_seconds: float = 10.0,
        hooks: Sequence[Hook] | Hook = (),
        doctor: object = False,
        devices: DevicesLike = None,
        average_every: int | None = None,
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
            doctor: Whether to look at activities, errors and steps from time to time, and to say what is wrong as soon
                as it is seen; it takes at most 3 % of the time. The findings are in ``history.findings``. Or a
                :class:`~plastica.doctor.Doctor` with options.
            devices: The devices to compute on: ``"all"``, a number, a list from ``jax.devices()``, or the number along
                each axis, ``{"data": 2, "model": 2}``. Batches are divided along ``data``, large kernels and embeddings
                along ``model``. The result is that of one device up to rounding. Default: the first device.
            average_every: Let each of the devices train on its own share of the rows of an epoch, and average their
                weights after so many steps: for slow connections and short steps. The result then depends on the
                number of devices. Default: gradients are added up in every step.

        Returns:
            The history: loss and metrics of each epoch, and why training stopped.

        Raises:
            DataError, ShapeError, InvalidValue: If the data are invalid.
            InvalidValue: If there are fewer ``devices``, or a stateful network's batches cannot be divided among them.
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
            checkpoint_seconds, steps_per_epoch, validation_steps, devices, average_every,
        )  # fmt: skip
        given = GivenData(x, y, sample_weight, class_weight, validation_split, validation_data, sampling)
        callbacks = fitting.with_doctor(callbacks, doctor)
        # From the first line on: Ctrl-C while the data are checked ends the run before its first step.
        with alone(self), interrupting.noted():
            learn, held_out = fitting.training_data(self, given, options)
            return fitting.fit(self, learn, held_out, callbacks, options, hooks)

    def fit_readout(self, x: object, y: object, l2: float = 1e-4, washout: int = 0) -> None:
        r"""Compute the weights of the last layer in closed form; all others stay as they are.

        With H what the last layer reads and Y the targets, both centred, it is ridge regression,

        .. math:: W = (H^\top H + \lambda I)^{-1} H^\top Y, \quad b = \bar y - \bar h W,

        in double precision. When to use: for the read-out of a reservoir (``EchoState``), of random features, or of
        layers that were trained before. The network need not be compiled.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets in the shape of the output, ``(rows, units)`` or ``(rows, time, units)``.
            l2: The penalty :math:`\lambda` on the squared weights, as in scikit-learn's ``Ridge``.
            washout: The first steps of each sequence that are left out, until a reservoir has forgotten its start.

        Raises:
            InvalidValue: If the last layer is no dense layer without activation, or a number is out of range.
            ShapeError, DataError: If the targets do not fit.

        Example:
            >>> import numpy as np, plastica as pl
            >>> x = np.random.default_rng(0).normal(size=(1, 500, 1))
            >>> model = pl.Sequential([pl.Input((None, 1)), pl.EchoState(50, return_sequences=True), pl.Dense(1)])
            >>> model.fit_readout(x[:, 1:], x[:, :-1], washout=50)  # to recall the input of the step before
            >>> off = model.predict(x)[:, 50:] - x[:, 49:-1]
            >>> bool(np.square(off).mean() < 0.01)
            True

        Reference:
            H. Jaeger (2001), The "echo state" approach to analysing and training recurrent neural networks, section 3.
            M. Lukoševičius (2012), A practical guide to applying echo state networks, equation 9.
        """
        from ..readout import fit_readout

        with alone(self):
            fit_readout(self, x, y, l2, washout)
