"""Strategies that hold parameters where they are important: elastic weight consolidation, synaptic intelligence."""

from __future__ import annotations

from functools import reduce
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Params
from ..random import Key
from ..typing import Float, Memory
from .fisher import FISHERS, diagonal_fisher
from .strategy import ContinualStrategy, LearnedExperience, OutputForm


def squared_distance(importance: Params, params: Params, centre: Params) -> Float[Array, ""]:
    r"""Return :math:`\sum_i \Omega_i (\theta_i - \theta^*_i)^2`."""
    parts = jax.tree.map(lambda w, a, b: jnp.sum(w * jnp.square(a - b)), importance, params, centre)
    return reduce(jnp.add, jax.tree.leaves(parts), jnp.zeros(()))


def zeros(params: Params) -> Params:
    """Return zeros in the shapes of parameters."""
    return jax.tree.map(jnp.zeros_like, params)


@declaration
class ElasticWeightConsolidation(ContinualStrategy):
    r"""Elastic weight consolidation (EWC): springs hold parameters that matter for earlier experiences.

    When to use: if no rows may be kept and experiences have the same outputs. With classes that come one after another
    (``scenario="class"``) it fails, as all penalties on parameters do.

    After experience :math:`A` with parameters :math:`\theta^*_A` and the diagonal Fisher information :math:`F`, the
    loss of the next one is

    .. math:: L(\theta) = L_B(\theta) + \sum_i \frac{\lambda}{2} F_i (\theta_i - \theta^*_{A,i})^2

    One spring for each earlier experience is the same as one spring with the sum of their strengths at their weighted
    mean, which is what is kept, so that memory does not grow. Online, there is one spring at the last parameters, with
    :math:`F \leftarrow \gamma F + F_B`.

    Args:
        strength: The constant :math:`\lambda`, for a loss that is a mean over rows. 100 suits permuted MNIST in the
            tables of van de Ven and others (2022); split MNIST takes far more.
        fisher: ``"exact"``: the expectation over the network's own probabilities of all classes; ``"sampled"``: over
            one label drawn for each row; ``"empirical"``: the true labels.
        rows: The number of rows from which the information is computed, drawn at random.
        online: Whether there is one spring at the last parameters.
        decay: The constant :math:`\gamma` of the online form, 1 to forget nothing.

    Raises:
        InvalidValue: If a number is out of range, or the Fisher information unknown.

    Reference:
        J. Kirkpatrick and others (2017), Overcoming catastrophic forgetting in neural networks, equation 3.
        J. Schwarz and others (2018), Progress and compress, section 4, for the online form.
        G. M. van de Ven (2025), On the computation of the Fisher information in continual learning.
    """

    strength: float = 100.0
    fisher: str = "exact"
    rows: int = 1000
    online: bool = False
    decay: float = 1.0
    label: ClassVar[str] = "ewc"

    def __post_init__(self) -> None:
        if self.strength < 0 or self.rows < 1 or not 0 <= self.decay <= 1:
            raise InvalidValue(f"{self!r}: expected a strength of at least 0, at least 1 row, and a decay from 0 to 1.")
        if self.fisher not in FISHERS:
            raise InvalidValue(f"fisher={self.fisher!r}: expected one of {', '.join(FISHERS)}.")

    def begin(self, params: Params, form: OutputForm) -> Memory:
        return {"importance": zeros(params), "centre": params}

    def penalty(self, memory: Memory, params: Params) -> Float[Array, ""]:
        return 0.5 * self.strength * squared_distance(memory["importance"], params, memory["centre"])

    def consolidate(self, memory: Memory, learned: LearnedExperience) -> Memory:
        information = diagonal_fisher(
            learned.network, learned.params, learned.state, learned.x, learned.y, learned.form,
            classes=learned.classes, kind=self.fisher, rows=self.rows, seed=learned.seed,
        )  # fmt: skip
        if self.online:
            kept = jax.tree.map(lambda old, new: self.decay * old + new, memory["importance"], information)
            return {"importance": kept, "centre": learned.params}
        return _joined_springs(memory, information, learned.params)


@jax.jit
def _joined_springs(memory: Memory, information: Params, params: Params) -> Memory:
    """Return the one spring that pulls as the old one and the new one do together."""
    total = jax.tree.map(jnp.add, memory["importance"], information)

    def centre(old: Array, at: Array, new: Array, here: Array) -> Array:
        # Where nothing pulls, any place does.
        return jnp.where(old + new > 0, (old * at + new * here) / jnp.where(old + new > 0, old + new, 1.0), here)

    middle = jax.tree.map(centre, memory["importance"], memory["centre"], information, params)
    return {"importance": total, "centre": middle}


@declaration
class SynapticIntelligence(ContinualStrategy):
    r"""Synaptic intelligence (SI): each synapse keeps track of how much it contributed to lowering the loss.

    When to use: as EWC, if nothing is to be computed after an experience: the importance is gathered while learning.

    With the gradient :math:`g` of the loss and the step :math:`\Delta\theta`, the contribution of a parameter is the
    path integral :math:`\omega_k = -\sum_t g_k(t) \Delta\theta_k(t)`. After each experience

    .. math:: \Omega_k \leftarrow \Omega_k + \frac{\omega_k}{(\Delta_k)^2 + \xi}

    with the whole way :math:`\Delta_k` of the parameter in it, and the loss of the next one is
    :math:`L + c \sum_k \Omega_k (\tilde\theta_k - \theta_k)^2`. As in the authors' code, :math:`\Omega_k` does not
    become negative.

    Args:
        strength: The constant :math:`c`; the authors take 0.1 for permuted MNIST with 2,000 units and 1 for split
            MNIST.
        damping: The constant :math:`\xi`, which keeps :math:`\Omega` finite; the authors take 0.1 for permuted and
            0.001 for split MNIST.

    Raises:
        InvalidValue: If the strength is negative or the damping not above 0.

    Reference:
        F. Zenke, B. Poole, S. Ganguli (2017), Continual learning through synaptic intelligence, equations 3 to 5.
    """

    strength: float = 1.0
    damping: float = 0.1
    label: ClassVar[str] = "si"

    def __post_init__(self) -> None:
        if self.strength < 0 or self.damping <= 0:
            raise InvalidValue(f"{self!r}: expected a strength of at least 0 and a damping above 0.")

    def begin(self, params: Params, form: OutputForm) -> Memory:
        empty = zeros(params)
        return {"importance": empty, "centre": params, "path": empty, "gradient": empty, "before": params}

    def observe(self, memory: Memory, params: Params, key: Key) -> Memory:
        # The step is known only when the next one begins: what the optimizer made of the gradient lies between.
        return memory | {"path": _along(memory, params)}

    def record(self, memory: Memory, params: Params, direction: Params) -> Memory:
        return memory | {"gradient": direction, "before": params}

    def penalty(self, memory: Memory, params: Params) -> Float[Array, ""]:
        return self.strength * squared_distance(memory["importance"], params, memory["centre"])

    def consolidate(self, memory: Memory, learned: LearnedExperience) -> Memory:
        return _remembered(memory, learned.params, self.damping)


def _along(memory: Memory, params: Params) -> Params:
    """Return the path integral up to these parameters."""
    return jax.tree.map(
        lambda path, gradient, now, before: path - gradient * (now - before),
        memory["path"], memory["gradient"], params, memory["before"],
    )  # fmt: skip


@jax.jit
def _remembered(memory: Memory, params: Params, damping: Float[Array, ""] | float) -> Memory:
    def total(importance: Array, path: Array, now: Array, start: Array) -> Array:
        return jnp.maximum(importance + path / (jnp.square(now - start) + damping), 0.0)

    path = _along(memory, params)
    importance = jax.tree.map(total, memory["importance"], path, params, memory["centre"])
    empty = jax.tree.map(jnp.zeros_like, params)
    return {"importance": importance, "centre": params, "path": empty, "gradient": empty, "before": params}
