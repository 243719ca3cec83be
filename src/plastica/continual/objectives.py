"""Objectives of a step of continual learning: classes of one experience, and answers to keep."""

from __future__ import annotations

from typing import Protocol

import jax
import jax.numpy as jnp
from jax import Array

from ..losses import Loss, Objective
from ..typing import AnyArray, Bool, Float, Num, PyTree
from .strategy import OutputForm, class_numbers

FAR_BELOW = -1e9  # a logit whose probability is 0 in float32, and whose products stay finite


class ExtraLoss(Protocol):
    """What is added to the loss of a batch, given the last potentials."""

    def __call__(
        self, logits: Float[Array, "batch *outputs"], weight: Float[Array, "batch"], size: Num[Array, ""]
    ) -> Float[Array, ""]:
        """Return the addition."""
        ...


class StepObjective:
    """The objective of a network inside a step, with classes masked and terms added; for rules it is an ``Objective``.

    It exists only while a step is traced: it holds arrays, which declarations do not.

    Args:
        own: The objective of the network.
        form: What the network answers.
        replayed: How many rows at the beginning of the batch are stored ones.
        extra: Terms that are added to the mean loss.
    """

    def __init__(self, own: Objective, form: OutputForm, replayed: int = 0, extra: tuple[ExtraLoss, ...] = ()) -> None:
        self.own, self.form, self.replayed, self.extra = own, form, replayed, extra

    def adding(self, term: ExtraLoss) -> StepObjective:
        """Return the objective with one more term."""
        return StepObjective(self.own, self.form, self.replayed, (*self.extra, term))

    @property
    def loss(self) -> Loss:
        """The loss of the network."""
        return self.own.loss

    @property
    def at_potential(self) -> bool:
        """Whether the loss is computed from potentials."""
        return self.own.at_potential

    def read(self, potential: PyTree, activity: PyTree) -> PyTree:
        """Return what the loss is computed from; see :meth:`Objective.read`."""
        return self.own.read(potential, activity)

    def at_last_potential(self, delta: PyTree, pull_activation: object) -> PyTree:
        """Return the error at the last potential; see :meth:`Objective.at_last_potential`."""
        return self.own.at_last_potential(delta, pull_activation)  # pyright: ignore[reportArgumentType]

    def mean(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
        size: Num[Array, ""],
        within: PyTree = None,
    ) -> Float[Array, ""]:
        """Return the mean loss of a batch with what is added; see :meth:`Objective.mean`."""
        shown = own_classes(self.form, target, prediction)
        loss = self.own.mean(target, shown, weight, size, within)
        return sum((term(prediction, weight, size) for term in self.extra), start=loss)


def own_classes(
    form: OutputForm, target: Num[Array, "batch *targets"], logits: Float[Array, "batch *outputs"]
) -> Float[Array, "batch *outputs"]:
    """Return logits in which only the classes of the experience that a row is from can win."""
    if not form.groups:
        return logits
    groups = jnp.asarray(form.groups)
    own = groups[class_numbers(target)]
    return jnp.where(groups[None, :] == own[:, None], logits, FAR_BELOW)


def together(form: OutputForm, among: Bool[AnyArray, "classes"]) -> Bool[Array, "classes classes"]:
    """Return which classes share a softmax: those in ``among``, of one experience if experiences are apart."""
    pairs = jnp.logical_and(jnp.asarray(among)[:, None], jnp.asarray(among)[None, :])
    if not form.groups:
        return pairs
    groups = jnp.asarray(form.groups)
    return pairs & (groups[:, None] == groups[None, :])


def log_probabilities(
    logits: Float[Array, "batch classes"], pairs: Bool[Array, "classes classes"]
) -> Float[Array, "batch classes"]:
    """Return the logarithms of probabilities, each class among those that share its softmax."""
    # (batch, classes, classes): for each class the logits of those beside it.
    beside = jnp.where(pairs[None], logits[:, None, :], FAR_BELOW)
    return logits - jax.nn.logsumexp(beside, axis=-1)
