"""Coalitions: the answer if some features keep the values of a row, and the others have those of background rows."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from math import comb
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..training.cache import keep_compiled_programs
from ..typing import Bool, Float, Int, Num
from .answering import TracedFunction, checked
from .cores import on_each_core
from .explained import Explained
from .first_layer import DenseFirst, dense_first, mixed_behind

CHUNK = 4096  # rows that are answered at once: enough for matrix products
FEWEST = 256  # in which products of matrices are still as fast
CACHE = 128 * 1024  # bytes of an activity that stays in the cache of a core beside the next one
HOST_CHUNK = 65_536  # rows that a function is called with
HOST_VALUES = 8_000_000  # values in them


class Coalitions(NamedTuple):
    """Coalitions of features and their weights in a regression.

    Attributes:
        masks: Which groups keep the values of the row, ``(coalitions, groups)``.
        weights: The weight of each.
        draws: The number of the draw that each came from; -1 if it is enumerated. Members of a pair share one.
    """

    masks: Bool[np.ndarray, "coalitions groups"]
    weights: Float[np.ndarray, "coalitions"]
    draws: Int[np.ndarray, "coalitions"]

    @property
    def is_sampled(self) -> bool:
        """Whether some coalitions were drawn, so that the result is an estimate."""
        return bool((self.draws >= 0).any())


def every_coalition(groups: int) -> Bool[np.ndarray, "coalitions groups"]:
    """Return all coalitions, ``(2**groups, groups)``: from none to all."""
    return (np.arange(2**groups)[:, None] >> np.arange(groups)) % 2 == 1


def coalition_answers(
    asked: Explained, masks: Bool[np.ndarray, "coalitions groups"]
) -> Float[np.ndarray, "rows coalitions outputs"]:
    """Return for each row and coalition the mean answer over the background.

    v(S) = 1/B sum_b f(x_S, b_rest)

    Groups in the coalition have the values of the row, the others those of each background row (the interventional, or
    marginal, value function).
    """
    assert asked.background is not None
    features = masks[:, asked.labels]  # (coalitions, features)
    if asked.function.convert is not None and asked.function.traced is not None:
        return _in_one_program(asked, features)
    return _by_calls(asked, features)


def _in_one_program(
    asked: Explained, features: Bool[np.ndarray, "coalitions features"]
) -> Float[np.ndarray, "rows coalitions outputs"]:
    keep_compiled_programs()
    x, background = asked.x, cast(np.ndarray, asked.background)
    network = dense_first(asked)
    most = max(1, min(len(features), _rows_at_once(network) // len(background)))
    chunks = -(-len(features) // most)
    size = -(-len(features) // chunks)  # as even as possible, so that few are added
    padded = np.zeros((chunks * size, features.shape[1]), bool)
    padded[: len(features)] = features
    flat, behind = x.reshape(len(x), -1), background.reshape(len(background), -1)
    chunked = padded.reshape(chunks, size, -1)

    def answers(rows: np.ndarray) -> Array:
        if network is None:
            return _mixed(asked.function.traced, rows, behind, chunked, asked.outputs, shape=x.shape[1:])
        own = network.params, network.state, network.link
        return mixed_behind(*own, rows, behind, chunked, asked.outputs, links=network.links)

    found = on_each_core(answers, flat, len(x) * len(padded) * len(background))
    return checked(found.reshape(len(x), chunks * size, -1)[:, : len(features)])


def _rows_at_once(network: DenseFirst | None) -> int:
    """Return how many rows are answered at once: on a processor so few that activities stay in its cache."""
    if network is None or jax.default_backend() != "cpu":
        return CHUNK
    widest = max(leaf.shape[-1] for leaf in jax.tree.leaves(network.params))
    return int(np.clip(CACHE // (4 * widest), FEWEST, CHUNK))


@partial(jax.jit, static_argnames="shape")
def _mixed(
    function: TracedFunction,
    x: Num[Array, "rows features"],
    background: Num[Array, "background features"],
    masks: Bool[Array, "chunks size features"],
    outputs: Int[Array, "outputs"],
    shape: tuple[int, ...],
) -> Float[Array, "rows chunks size outputs"]:
    def of_row(row: Array) -> Array:
        def of_chunk(mask: Array) -> Array:
            made = jnp.where(mask[:, None], row, background)  # (size, background, features)
            answers = function(made.reshape(-1, *shape))[:, outputs]
            return answers.reshape(*made.shape[:2], -1).mean(1)

        return jax.lax.map(of_chunk, masks)

    return jax.lax.map(of_row, x)


def _by_calls(
    asked: Explained, features: Bool[np.ndarray, "coalitions features"]
) -> Float[np.ndarray, "rows coalitions outputs"]:
    """Call a function with as many rows at once as memory allows."""
    x, background = asked.x, cast(np.ndarray, asked.background)
    flat, behind = x.reshape(len(x), -1), background.reshape(len(background), -1)
    most = max(1, min(HOST_CHUNK, HOST_VALUES // flat.shape[1]) // len(behind))
    found = np.empty((len(x), len(features), len(asked.outputs)))
    for number, row in enumerate(flat):
        for start in range(0, len(features), most):
            mask = features[start : start + most]
            made = np.where(mask[:, None], row, behind)  # (size, background, features)
            answers = asked.function(made.reshape(-1, *x.shape[1:]))[:, asked.outputs]
            found[number, start : start + most] = answers.reshape(len(mask), len(behind), -1).mean(1)
    return found


def kernel_coalitions(groups: int, evaluations: int, seed: int) -> Coalitions:
    """Return coalitions for KernelSHAP, apart from none and all: enumerated by size as far as possible, then drawn.

    The weight of all coalitions of size s is (n - 1) / (s (n - s)). Sizes are enumerated from both ends, where each
    coalition weighs most; the rest of the evaluations are pairs of a coalition and its complement, drawn in proportion
    to the weights of the remaining sizes.
    """
    sizes = np.arange(1, groups)
    shares = 1 / (sizes * (groups - sizes))
    shares = shares / shares.sum()
    masks: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    left, low = evaluations, 1
    while low <= groups - low:
        pair = {low, groups - low}
        count = comb(groups, low) * len(pair)
        if count > left:
            break
        for size in sorted(pair):
            own = _of_size(groups, size)
            masks.append(own)
            weights.append(np.full(len(own), shares[size - 1] / len(own)))
        left, low = left - count, low + 1
    made = np.concatenate(masks) if masks else np.zeros((0, groups), bool)
    weight = np.concatenate(weights) if weights else np.zeros(0)
    draws = np.full(len(made), -1)
    pairs = left // 2
    if low > groups - low or not pairs:
        return Coalitions(made, weight, draws)
    rest = np.arange(low, groups - low + 1)
    random = np.random.default_rng(seed)
    chosen = random.choice(rest, pairs, p=shares[rest - 1] / shares[rest - 1].sum())
    ranks = random.random((pairs, groups)).argsort(1).argsort(1)
    drawn = ranks < chosen[:, None]
    both = np.stack([drawn, ~drawn], 1).reshape(-1, groups)
    each = np.full(len(both), shares[rest - 1].sum() / len(both))
    return Coalitions(
        np.concatenate([made, both]),
        np.concatenate([weight, each]),
        np.concatenate([draws, np.arange(pairs).repeat(2)]),
    )


def _of_size(groups: int, size: int) -> Bool[np.ndarray, "coalitions groups"]:
    """Return all coalitions of a size."""
    chosen = np.array(list(combinations(range(groups), size)))
    made = np.zeros((len(chosen), groups), bool)
    made[np.arange(len(chosen))[:, None], chosen] = True
    return made
