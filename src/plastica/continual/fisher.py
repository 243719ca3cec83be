"""The diagonal of the Fisher information: how much the answers of a network depend on each parameter."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..errors import InvalidValue
from ..layers.layer import INFERENCE, Layer, Params, State
from ..random import Key
from ..typing import AnyArray, Bool, Float, Num
from .objectives import FAR_BELOW
from .strategy import OutputForm, class_numbers, known_classes

FISHERS = ("exact", "sampled", "empirical")


def diagonal_fisher(
    network: Layer,
    params: Params,
    state: State,
    x: Num[np.ndarray, "rows *features"],
    y: Num[np.ndarray, "rows *targets"],
    form: OutputForm,
    *,
    classes: tuple[int, ...] = (),
    kind: str = "exact",
    rows: int = 1000,
    seed: int = 0,
) -> Params:
    r"""Return the diagonal of the Fisher information, in the structure of the parameters.

    .. math:: F_i = \mathrm{E}_x \, \mathrm{E}_{y \sim p_\theta(y|x)}
        \left(\frac{\partial \log p_\theta(y | x)}{\partial \theta_i}\right)^2

    Numbers are taken as the means of normal distributions of variance 1; then it is the mean square of the derivatives
    of the answers.

    Args:
        network: The network.
        params: Its parameters.
        state: The state of its layers.
        x: Inputs, ``(rows, ...)``.
        y: Targets, which only ``kind="empirical"`` uses.
        form: What the network answers.
        classes: The classes among which the probabilities are, if classes are apart (``form.groups``).
        kind: ``"exact"`` takes the expectation over y, ``"sampled"`` draws one y for each row, ``"empirical"`` takes
            the given targets.
        rows: The number of rows, drawn at random.
        seed: The random seed.

    Raises:
        InvalidValue: If the kind is unknown.
    """
    if kind not in FISHERS:
        raise InvalidValue(f"fisher kind={kind!r}: expected one of {', '.join(FISHERS)}.")
    if rows < len(x):
        chosen = np.sort(np.random.default_rng([seed, len(x)]).choice(len(x), rows, replace=False))
        x, y = x[chosen], y[chosen]
    among = known_classes(classes, form.classes) if form.groups and classes else np.ones(form.classes, bool)
    total = _sums(network, params, state, x, y, among, random.seed_key(seed), kind=kind, form=form.kind)
    return jax.tree.map(lambda part: part / len(x), total)


@partial(jax.jit, static_argnames=("kind", "form"))
def _sums(
    network: Layer,
    params: Params,
    state: State,
    x: Num[AnyArray, "rows *features"],
    y: Num[AnyArray, "rows *targets"],
    among: Bool[AnyArray, "classes"],
    key: Key,
    *,
    kind: str,
    form: str,
) -> Params:
    """Return the sum over rows, one row after another, so that memory holds the gradients of one."""

    def logits(params: Params, row: Num[Array, "*features"]) -> Float[Array, "outputs"]:
        found, _ = network.synapse(params, network.cast_inputs(row[None]), state, INFERENCE)
        return jnp.reshape(found, (-1,))

    def one(place: Array, total: Params) -> Params:
        answer, pull = jax.vjp(lambda params: logits(params, x[place]), params)
        errors, weights = _scores(answer, y[place], among, random.fold(key, place), kind, form)
        # (directions, ...): the gradient of each log-probability whose expectation is taken.
        gradients = jax.vmap(lambda error: pull(error)[0])(errors)
        return jax.tree.map(lambda sums, each: sums + jnp.tensordot(weights, jnp.square(each), 1), total, gradients)

    return jax.lax.fori_loop(0, x.shape[0], one, jax.tree.map(jnp.zeros_like, params))


def _scores(
    answer: Float[Array, "outputs"],
    target: Num[Array, "*targets"],
    among: Bool[AnyArray, "classes"],
    key: Array,
    kind: str,
    form: str,
) -> tuple[Float[Array, "directions outputs"], Float[Array, "directions"]]:
    """Return derivatives of log p(y) by the potentials for one or several y, and the weight of each."""
    count = answer.shape[0]
    if form == "numbers":
        if kind == "exact":  # E (y - f)^2 = 1 for each number, and they are independent
            return jnp.eye(count), jnp.ones(count)
        noise = random.normal(key, (count,)) if kind == "sampled" else jnp.reshape(target, (-1,)) - answer
        return noise[None], jnp.ones(1)
    if form == "binary":
        chance = jax.nn.sigmoid(answer[0])
        probabilities, scores = jnp.stack([1 - chance, chance]), jnp.stack([-chance, 1 - chance])[:, None]
    else:
        probabilities = jax.nn.softmax(jnp.where(among, answer, FAR_BELOW))
        scores = jnp.eye(count) - probabilities[None]
    if kind == "exact":
        return scores, probabilities
    if kind == "sampled":
        chosen = jnp.sum(random.uniform(key, (1,))[0] > jnp.cumsum(probabilities)[:-1])
    else:
        chosen = class_numbers(jnp.reshape(target, (1, -1)))[0]
    return scores[chosen][None], jnp.ones(1)
