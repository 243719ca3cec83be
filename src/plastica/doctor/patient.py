"""A patient: a model with its data, and what was measured of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from .. import random
from ..declaration import replace
from ..errors import InvalidValue, NotFitted
from ..model import Model
from ..model.inputs import Examples
from ..rules import Batch
from ..rules.alignment import whole_batch
from ..training import History, Learner, Supervised
from .chance import chance_loss
from .looks import StepLook, evenly, take_look
from .out_of_sample import MOST, NETWORKS

ROWS = 256  # of a look: a standard error of the share of dead units of 3 %
MOST_WORK = 1e11  # multiplications of further training that nobody has to ask for: half a minute on two cores
SOME_ROWS = 64  # for derivatives by lag, whose mean over rows settles soon


@dataclass(frozen=True, eq=False)
class Patient:
    """What a diagnosis is made of: a model, its data, and what was measured.

    Attributes:
        model: The model, compiled and built.
        learn: Training rows.
        held_out: Validation rows; None if there are none.
        history: The losses of training; None if the model was not trained in this process.
        batch_size: The rows of a batch in training.
        names: The names of the columns of the inputs; empty if they have none.
        seed: Of what is drawn.
        retrain: Whether further networks may be trained; None if that takes a few seconds.
    """

    model: Model
    learn: Examples
    held_out: Examples | None
    history: History | None
    batch_size: int
    names: tuple[str, ...] = ()
    seed: int = 0
    retrain: bool | None = None

    @property
    def program(self) -> Supervised | None:
        """What trains the model, without metrics; None for programs of one's own."""
        program = self.model.program
        return replace(program, metrics=(), weighted_metrics=()) if isinstance(program, Supervised) else None

    @property
    def rate(self) -> float | None:
        """The learning rate of the next step; None for rules that make their own steps."""
        try:
            rate = self.model.learning_rate
        except (InvalidValue, NotFitted):
            return None
        return rate if self.model.compiled.own is None and math.isfinite(rate) else None

    @cached_property
    def learner(self) -> Learner:
        """The state of training; that of a first step if the model was not trained."""
        if self.model.is_trained:
            return self.model.learner
        program, params, state = self.program, self.model.params, self.model.state
        assert program is not None
        memory, optimizer = program.begin(params, state, jnp.asarray(random.seed_key(self.model.seed)))
        return Learner(params, state, memory, optimizer, jnp.zeros((), jnp.int32), jnp.zeros(1))

    @property
    def is_trained(self) -> bool:
        """Whether at least one step was made."""
        return int(self.learner.step) > 0

    @cached_property
    def look(self) -> StepLook:
        """What a step on some training rows does."""
        assert self.program is not None
        key = random.fold(random.seed_key(self.seed), int(self.learner.step))
        return take_look(self.program, self.learner, self.batch, key, int(self.learner.step))

    @cached_property
    def other_looks(self) -> tuple[StepLook, ...]:
        """What steps on other training rows do; none if there are too few rows."""
        assert self.program is not None
        size = int(self.batch.size)
        key = random.fold(random.seed_key(self.seed), int(self.learner.step))
        parts = [self._batch_of(size, part) for part in (1, 2)] if self.learn.rows >= 2 * size else []
        return tuple(take_look(self.program, self.learner, part, key, self.look.step) for part in parts)

    @cached_property
    def batch(self) -> Batch:
        """Some training rows as one batch."""
        return self._batch_of(min(ROWS, max(SOME_ROWS, self.learn.rows // 2)))

    def _batch_of(self, rows: int, part: int = 0) -> Batch:
        found = self.some(rows, part)
        assert self.program is not None
        x, y = self.program.cast_inputs(found.x), found.y
        return whole_batch(x, jax.tree.map(np.asarray, y), self.model.epochs_trained)

    def some(self, rows: int, part: int = 0) -> Examples:
        """Return so many training rows at even distances; others for another part."""
        chosen = (evenly(self.learn.rows, rows) + part * max(1, self.learn.rows // (3 * rows))) % self.learn.rows
        return jax.tree.map(lambda part: np.asarray(part[chosen]), Examples(self.learn.x, self.learn.y))

    @property
    def seconds_of_folds(self) -> float:
        """How long training a network for each fold takes at most; infinite if it is not known."""
        rows = self.learn.rows + (0 if self.held_out is None else self.held_out.rows)
        seconds = math.inf if self.history is None or not self.history.epoch else self.history.seconds
        return NETWORKS * seconds * min(1.0, MOST / rows)

    @property
    def work_of_folds(self) -> float:
        """About how many multiplications that is: six for each weight, row, epoch, and step of time or place.

        Unlike the time, it is the same whatever else the machine does, so that findings do not depend on that.
        """
        rows = min(MOST, self.learn.rows + (0 if self.held_out is None else self.held_out.rows))
        weights = sum(leaf.size for leaf in jax.tree.leaves(self.model.params))
        places = math.prod(size or 1 for size in (self.model.declared_shape or ())[:-1])
        return 6.0 * NETWORKS * weights * places * rows * max(self.model.epochs_trained, 1)

    @property
    def may_retrain(self) -> bool:
        """Whether further networks are trained."""
        return self.work_of_folds <= MOST_WORK if self.retrain is None else self.retrain

    @cached_property
    def chance(self) -> float | None:
        """The loss of the best constant answer on the training rows; None if it is not known."""
        y = self.learn.y
        return chance_loss(self.model, y) if isinstance(y, np.ndarray) else None

    @cached_property
    def skill(self) -> float | None:
        """How far the loss is on the way from that of a constant answer to 0; None if it is not known."""
        loss = self.look.along[0]
        if self.chance is None or not self.chance > 0 or not math.isfinite(loss):
            return None
        return 1 - loss / self.chance
