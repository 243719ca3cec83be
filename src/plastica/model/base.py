"""What a model has: a network with weights, the settings of ``compile``, and the state of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import jax
import numpy as np

from ..errors import InvalidValue, NotFitted
from ..layers import lengths
from ..layers.layer import Layer
from ..losses import Objective
from ..optimizers import Optimizer
from ..rules import Backprop
from ..training.history import History
from ..training.program import Learner, Program, RespondsToInputs
from ..training.sums import empty_sums
from ..training.supervised import Answering, Supervised
from ..typing import Document, Memory, Params, State
from . import cautions, compiling, weights
from .built import BuiltNetwork
from .compiling import Compiled
from .step_durations import warn_of_steps


class BaseModel(BuiltNetwork):
    """A network with the settings of ``compile`` and the state of training, but none of Keras's methods.

    Fitting, inference, saving and tracing are functions of it; :class:`Model` offers them as methods.

    Args:
        network: The network.
        name: As for :class:`Model`.
        seed: As for :class:`Model`.
        own: A program of the user's own that trains the network.
    """

    def __init__(self, network: Layer, *, name: str | None, seed: int, own: Program | None = None) -> None:
        super().__init__(network, name=name, seed=seed)
        self.epochs_trained = 0
        self.is_training = False
        self.times_in_training = 0  # how often it was called with training=True
        self.stop_training = False
        self.stop_reason = ""
        self.history: History | None = None
        self.extra: Document = {}
        self._compiled: Compiled | None = None if own is None else compiling.own_program(own)

    def set_compiled(self, compiled: Compiled) -> None:
        """Set compile settings that are already resolved."""
        if self._learner is not None:
            # The weights outlive the training state, whose optimizer and sums belong to the old settings.
            self._params, self._state = self._learner.params, self._learner.state
        self._compiled, self._program, self._learner = compiled, None, None

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
    def is_compiled(self) -> bool:
        """Whether ``compile`` has been called."""
        return self._compiled is not None

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        self._require_rule("the optimizer")
        return self.compiled.optimizer

    @property
    def program(self) -> Program:
        """The program of the training loop: that of the network and the settings of ``compile``, or one's own."""
        if self.compiled.own is not None:
            return self.compiled.own
        if self._program is None:
            shape = lengths.output_shape(self.network, self._known_shape())
            program = compiling.assemble(self.network, self.compiled, shape)
            # Once for each program, at the first moment at which both the shape and the loss are known.
            cautions.of_masks(self.network, self.params, self.state, self._known_shape())
            warn_of_steps(self.network)
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
    def is_trained(self) -> bool:
        """Whether there is a training state."""
        return self._learner is not None

    def start_learner(self, widths: tuple[int, ...]) -> Learner:
        """Return the training state; create a new one if there is none or the metrics have changed."""
        if self._learner is None:
            self._learner = compiling.begin(self.program, self._params, self._state, self.seed, widths)
        # Targets of another shape have other sums; weights and moments go on.
        elif self._learner.sums.shape != (empty := empty_sums(self.program, widths)).shape:
            self._learner = self._learner._replace(sums=empty)
        return self._learner

    def laid_out_learner(self) -> Learner:
        """Return the shapes and types of a training state, for arrays from a file."""
        return compiling.lay_out(self.program, self._params, self._state, self.seed)

    def answering(self) -> tuple[RespondsToInputs, Params, State, Memory]:
        """Return what predictions are computed from: what responds to inputs, params, state, memory."""
        own, rule = (None, Backprop()) if self._compiled is None else (self._compiled.own, self._compiled.rule)
        answering = Answering(self.network, rule) if own is None else own.answering
        if self._learner is not None:
            return answering, self.judged_params, self.state, self._learner.memory
        # A network that was not trained may answer too; for some rules the answer needs their memory, which is then the
        # initial one.
        memory = compiling.memory_for(own, rule, self.network, self.params, self.state, self.seed)
        return answering, self.params, self.state, memory

    @property
    def judged_params(self) -> Params:
        """The weights used for evaluation, prediction and saving: with ``use_ema``, the averaged ones during training.

        After training, the averaged weights replace the others.
        """
        if self.is_training:
            return self.program.averaged(self.params, self.learner.optimizer)
        return self.params

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return a copy of all parameters and state arrays, by name."""
        self._known_shape()
        return weights.snapshot(self.judged_params, self.state)

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Restore a :meth:`snapshot`."""
        self._known_shape()
        self.replace_weights(*weights.from_snapshot(self.params, self.state, snapshot))

    def stop(self, reason: str) -> None:
        """Stop training after the current steps, and record the reason."""
        self.stop_training, self.stop_reason = True, reason

    def say_if_untrained(self) -> None:
        """Warn, once, that the network has not been trained."""
        # A network that was never compiled may be meant to stay as it was drawn, such as a random projection; no
        # warning.
        if self._initial and self.is_compiled and any(array.size for array in jax.tree.leaves(self.params)):
            self._initial = False
            cautions.of_initial_weights()

    def _require_rule(self, what: str) -> None:
        if self._compiled is not None and self._compiled.own is not None:
            raise InvalidValue(
                f"{what} belongs to networks that a rule trains; this one is trained by "
                f"{type(self._compiled.own).__name__}, whose fields say how."
            )
