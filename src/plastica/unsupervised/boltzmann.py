"""Likelihoods, samples and reconstructions of trained restricted Boltzmann machines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

import jax
import jax.numpy as jnp
import numpy as np

from .. import activations, random
from ..errors import InvalidValue
from ..layers import RestrictedBoltzmann
from ..layers.layer import Params
from ..model import examples
from ..random import Key
from ..typing import by_name

if TYPE_CHECKING:
    from ..model import Model

# 2**20 states take a second; each further unit doubles the time.
MOST_UNITS = 20
_AT_ONCE = 10
AnnealingCarry: TypeAlias = tuple[jax.Array, jax.Array, jax.Array]  # visible states, inverse temperature, gains


class LogPartition(NamedTuple):
    """An estimate of log Z with an interval of three standard errors of Z on each side.

    Attributes:
        value: The estimate.
        low: The lower bound; minus infinity if three standard errors exceed the estimate of Z.
        high: The upper bound.
    """

    value: float
    low: float
    high: float


def log_likelihood(model: Model, x: object, log_partition: float | None = None) -> np.ndarray:
    """Return the log-likelihood of each row under the first restricted Boltzmann machine, in nats, ``(rows,)``.

        log p(v) = -F(v) - log Z

    Args:
        model: A network with a :class:`~plastica.layers.RestrictedBoltzmann` layer that the inputs reach unchanged.
        x: Inputs, ``(rows, ...)``.
        log_partition: log Z if known, such as the ``value`` of an estimate; None computes it exactly.

    Raises:
        InvalidValue: If there is no such layer, or if log Z is not given and there are more than 20 units on each
            side (20 hidden units if the visible ones are Gaussian).

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.RestrictedBoltzmann(2, kernel_initializer="zeros", input_dim=3)])
        >>> log_likelihood(model, [[0, 1, 1]]).round(3)  # eight states, all alike
        array([-2.079], dtype=float32)
    """
    layer, params = _first(model)
    rows = _rows(model, x)
    known = log_partition_of(model) if log_partition is None else log_partition
    return -np.asarray(_free_energy(layer, params, rows)) - np.float32(known)


def log_partition_of(model: Model) -> float:
    """Return the exact log Z of the first restricted Boltzmann machine, a sum over all states of its smaller side.

    Raises:
        InvalidValue: If there is no such layer, or it has more than 20 units on each side.
    """
    layer, params = _first(model)
    sizes = params["kernel"].shape if layer.visible == "binary" else (layer.units, layer.units)
    if min(sizes) > MOST_UNITS:
        raise InvalidValue(
            f"{layer!r} with {params['visible_bias'].size} inputs: log Z is a sum over 2**{min(sizes)} states; at most "
            f"2**{MOST_UNITS} are summed. pl.boltzmann.annealed_importance_sampling(model) estimates it."
        )
    return float(_log_partition(layer, params, sizes[0] < sizes[1]))


def annealed_importance_sampling(
    model: Model, x: object = None, chains: int = 100, steps: int = 2000, seed: int = 0
) -> LogPartition:
    """Estimate log Z of the first restricted Boltzmann machine by annealed importance sampling; for any size.

    Chains move in small steps from a machine without connections, whose Z is known, to the model; their importance
    weights estimate the ratio of the two Zs. The estimate of Z is unbiased, that of log Z tends to be too small:
    increase ``steps`` until it stops rising.

        p_t(v) = exp((1 - t) a'v + t c'v) prod_j (1 + exp(t (v'W + b)_j)),   t from 0 to 1
        log Z is about log Z_0 + log mean_chains prod_t p_t+(v_t) / p_t(v_t)

    Args:
        model: The network.
        x: Training rows; the initial machine then has their means (log odds a), so that fewer steps are needed.
        chains: The number of chains.
        steps: The number of steps of each chain.
        seed: The random seed.

    Raises:
        InvalidValue: If there is no such layer, or if there are fewer than two chains or one step.

    Reference:
        Salakhutdinov, Murray (2008), On the quantitative analysis of deep belief networks, section 4.1, equations 15
        to 18.
    """
    if chains < 2 or steps < 1:
        raise InvalidValue(f"annealed_importance_sampling(chains={chains}, steps={steps}): at least 2 chains, 1 step.")
    layer, params = _first(model)
    start = params["visible_bias"]
    if x is not None and layer.visible == "binary":
        rows = _rows(model, x)
        mean = (rows.mean(0) * len(rows) + 1) / (len(rows) + 2)  # avoids log odds of infinity
        start = jnp.log(mean / (1 - mean))
    gains = _anneal(layer, params, start, random.seed_key(seed), chains, jnp.arange(1, steps + 1) / steps)
    weights = np.asarray(gains, np.float64)
    largest = weights.max()
    ratios = np.exp(weights - largest)
    mean, error = ratios.mean(), 3 * ratios.std(ddof=1) / np.sqrt(chains)
    first = largest + _log_first(layer, np.asarray(start, np.float64))
    low = np.log(mean - error) if mean > error else -np.inf
    return LogPartition(*(float(first + each) for each in (np.log(mean), low, np.log(mean + error))))


def sample(model: Model, n: int, steps: int = 1000, x: object = None, seed: int = 0) -> np.ndarray:
    """Draw samples of the visible units from the network by Gibbs sampling, ``(n, features)``.

    Each sample is the end of a separate chain. A stack of restricted Boltzmann machines is a deep belief network: its
    last machine is sampled, and the units below are drawn given those above.

    Args:
        model: The network.
        n: The number of samples.
        steps: The length of each chain; it should be long enough to forget the start.
        x: Rows to start the chains from, in turn; None starts from noise.
        seed: The random seed.

    Raises:
        InvalidValue: If there is no restricted Boltzmann machine, or another layer between two of them.

    Reference:
        Hinton, Osindero, Teh (2006), A fast learning algorithm for deep belief nets, section 6.1.
    """
    stack, params = _stack(model)
    key = random.seed_key(seed)
    if x is None:
        visible = random.bernoulli(random.fold(key, 0), 0.5, (n, params[-1]["visible_bias"].size)).astype(jnp.float32)
    else:
        rows = _rows(model, x)
        visible = jnp.asarray(rows[np.arange(n) % len(rows)])
        for layer, own in zip(stack[:-1], params[:-1], strict=True):
            visible = layer.hidden_given(own, visible)
    return np.asarray(_sample(stack, params, visible, jnp.asarray(random.fold(key, 1)), jnp.int32(steps)))


def reconstruct(model: Model, x: object) -> np.ndarray:
    """Return reconstructions of rows: one pass up through the machines and down again, ``(rows, features)``.

    The passes use probabilities instead of samples, so the result is deterministic.

    Args:
        model: The network.
        x: Inputs, ``(rows, ...)``.
    """
    stack, params = _stack(model)
    return np.asarray(_reconstruct(stack, params, _rows(model, x)))


@jax.jit
def _free_energy(layer: RestrictedBoltzmann, params: Params, rows: jax.Array) -> jax.Array:
    return layer.free_energy(params, rows)


@jax.jit
def _reconstruct(stack: tuple[RestrictedBoltzmann, ...], params: tuple[Params, ...], x: jax.Array) -> jax.Array:
    for layer, own in zip(stack, params, strict=True):
        x = layer.hidden_given(own, x)
    for layer, own in zip(reversed(stack), reversed(params), strict=True):
        x = layer.visible_given(own, x)
    return x


@jax.jit
def _sample(
    stack: tuple[RestrictedBoltzmann, ...], params: tuple[Params, ...], visible: jax.Array, key: Key, steps: jax.Array
) -> jax.Array:
    top, own = stack[-1], params[-1]

    def down(layer: RestrictedBoltzmann, own: Params, hidden: jax.Array, key: Key) -> jax.Array:
        return layer.draw_visible(layer.visible_given(own, hidden), key)

    def again(step: jax.Array, visible: jax.Array) -> jax.Array:
        hidden = top.draw_hidden(top.hidden_given(own, visible), random.fold(key, 2 * step))
        return down(top, own, hidden, random.fold(key, 2 * step + 1))

    visible = jax.lax.fori_loop(0, steps, again, visible)
    for place in reversed(range(len(stack) - 1)):
        visible = down(stack[place], params[place], visible, random.fold(key, 2 * steps + place))
    return visible


@partial(jax.jit, static_argnums=2)
def _log_partition(layer: RestrictedBoltzmann, params: Params, over_visible: bool) -> jax.Array:
    """Return log Z, summing over all states of one side; the sum over the other side is analytical."""
    if over_visible:
        return _log_sum(params["visible_bias"].size, lambda v: -layer.free_energy(params, v))
    return _log_sum(layer.units, lambda h: h @ params["bias"] + _log_sum_of_visible(layer, params, h))


def _log_sum_of_visible(layer: RestrictedBoltzmann, params: Params, h: jax.Array) -> jax.Array:
    heard = h @ params["kernel"].T
    if layer.visible == "gaussian":
        return jnp.sum(heard * heard / 2 + heard * params["visible_bias"] + jnp.log(2 * jnp.pi) / 2, -1)
    return jnp.sum(activations.get("softplus")(heard + params["visible_bias"]), -1)


def _log_sum(units: int, value: Callable[[jax.Array], jax.Array]) -> jax.Array:
    """Return the log-sum-exp of a function over all 2**units states, in chunks of a thousand states."""
    at_once = min(units, _AT_ONCE)
    few = jnp.arange(2**at_once)[:, None]

    def add(block: jax.Array, total: jax.Array) -> jax.Array:
        states = (few + block * 2**at_once) >> jnp.arange(units) & 1
        return jnp.logaddexp(total, jax.nn.logsumexp(value(states.astype(jnp.float32))))

    return jax.lax.fori_loop(0, 2 ** (units - at_once), add, jnp.float32(-jnp.inf))


@partial(jax.jit, static_argnums=4)
def _anneal(
    layer: RestrictedBoltzmann, params: Params, start: jax.Array, key: Key, chains: int, warmth: jax.Array
) -> jax.Array:
    """Return each chain's sum of log p_t+(v) - log p_t(v), without the terms added by :func:`_log_first`."""

    def bias_at(t: jax.Array) -> jax.Array:
        return (1 - t) * start + t * params["visible_bias"]

    def log_of(visible: jax.Array, potential: jax.Array, t: jax.Array) -> jax.Array:
        hidden = jnp.sum(activations.get("softplus")(t * potential), -1)
        return hidden if layer.visible == "gaussian" else visible @ bias_at(t) + hidden

    def draw(hidden: jax.Array, t: jax.Array, key: Key) -> jax.Array:
        scaled = {**by_name(params), "kernel": t * params["kernel"], "visible_bias": bias_at(t)}
        return layer.draw_visible(layer.visible_given(scaled, hidden), key)

    def go(carry: AnnealingCarry, place: jax.Array) -> tuple[AnnealingCarry, None]:
        visible, before, gain = carry
        # Key 0 is that of the first draw.
        t, own = warmth[place], random.fold(key, place + 1)
        potential = visible @ params["kernel"] + params["bias"]
        gain = gain + log_of(visible, potential, t) - log_of(visible, potential, before)
        hidden = layer.draw_hidden(activations.get("sigmoid")(t * potential), random.fold(own, 0))
        return (draw(hidden, t, random.fold(own, 1)), t, gain), None

    nothing = jnp.zeros((chains, layer.units))
    first = draw(nothing, jnp.float32(0), random.fold(key, 0))
    begin = (first, jnp.float32(0), jnp.zeros(chains))
    return jax.lax.scan(go, begin, jnp.arange(warmth.size))[0][2] + layer.units * jnp.log(2.0)


def _log_first(layer: RestrictedBoltzmann, start: np.ndarray) -> float:
    if layer.visible == "gaussian":
        return float(start.size * np.log(2 * np.pi) / 2)
    return float(np.logaddexp(0, start).sum())


def _rows(model: Model, x: object) -> np.ndarray:
    inputs = cast(np.ndarray, examples.take_inputs(model, x))
    return inputs.reshape(len(inputs), -1)


def _first(model: Model) -> tuple[RestrictedBoltzmann, Params]:
    stack, params = _stack(model)
    return stack[0], params[0]


def _stack(model: Model) -> tuple[tuple[RestrictedBoltzmann, ...], tuple[Params, ...]]:
    """Return the stack of restricted Boltzmann machines at the beginning of the network.

    Raises:
        InvalidValue: If there is none, or if another layer that changes its input comes before or between them.
    """
    places = [place for place, layer in enumerate(model.layers) if isinstance(layer, RestrictedBoltzmann)]
    if not places:
        raise InvalidValue(f"{model!r} has no RestrictedBoltzmann layer; pl.boltzmann needs one.")
    _ = model.input_shape  # raises an error if the network is not built
    params = model.params
    between = [place for place in range(places[-1]) if place not in places]
    for place in between:
        if place > places[0] or jax.tree.leaves(params[place]) or model.layers[place].output_activation is not None:
            raise InvalidValue(
                f"layer {place}, {model.layers[place]!r}, comes before a RestrictedBoltzmann layer; pl.boltzmann "
                "needs a stack of such layers, with at most Flatten() before them."
            )
    return tuple(model.layers[place] for place in places), tuple(params[place] for place in places)  # pyright: ignore[reportReturnType]
