"""Memories beside each other: how many damaged patterns each recalls."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ...errors import InvalidValue, PlasticaWarning
from ...typing import Bool, Float, Shaped
from .associative import AssociativeMemory, RecalledPatterns
from .dense import DenseAssociativeMemory
from .hopfield import HopfieldNetwork
from .patterns import read_patterns
from .sparse_hopfield import SparseHopfieldNetwork

MEMORIES: Mapping[str, Callable[[], AssociativeMemory]] = {
    "hebbian": lambda: HopfieldNetwork("hebbian"),
    "storkey": lambda: HopfieldNetwork("storkey"),
    "pseudo_inverse": lambda: HopfieldNetwork("pseudo_inverse"),
    "covariance": SparseHopfieldNetwork,
    "polynomial": lambda: DenseAssociativeMemory("polynomial"),
    "exponential": lambda: DenseAssociativeMemory("exponential"),
}
DAMAGES = ("flip", "mask", "bottom")


class MemoryScore(NamedTuple):
    """How well a memory recalls damaged patterns.

    Attributes:
        recalled: Which patterns were recalled without an error.
        error_before: The fraction of wrong units of the probes.
        error_after: That of what was recalled.
        recall: What was recalled.
    """

    recalled: Bool[np.ndarray, "patterns"]
    error_before: float
    error_after: float
    recall: RecalledPatterns


def damaged(
    patterns: Shaped[np.ndarray, "patterns *shape"], kind: str = "flip", amount: float = 0.2, seed: int = 0
) -> Shaped[np.ndarray, "patterns *shape"]:
    """Return damaged copies of patterns, to recall them from.

    Args:
        patterns: Patterns of two values, ``(patterns, ...)``.
        kind: ``"flip"`` exchanges the values of random units; ``"mask"`` sets random units to the lower value;
            ``"bottom"`` sets the last units to it, the lower part of an image.
        amount: The fraction of units.
        seed: The random seed.

    Raises:
        InvalidValue: If the kind is unknown, or the amount is not from 0 to 1.
        DataError: If there are more than two values.
    """
    if kind not in DAMAGES:
        raise InvalidValue(f"damaged(kind={kind!r}): expected one of {', '.join(DAMAGES)}.")
    if not 0 <= amount <= 1:
        raise InvalidValue(f"damaged(amount={amount!r}): expected a fraction from 0 to 1.")
    signs, values = read_patterns(patterns, "damaged")
    count = round(amount * signs.shape[1])
    order = np.random.default_rng(seed).random(signs.shape).argsort(1)
    hit = order < count if kind != "bottom" else np.arange(signs.shape[1]) >= signs.shape[1] - count
    return values.restore(np.where(hit, -signs if kind == "flip" else -1.0, signs))


def compare_memories(
    patterns: Shaped[np.ndarray, "patterns *shape"],
    probes: Shaped[np.ndarray, "patterns *shape"],
    memories: Sequence[str] = tuple(MEMORIES),
    *,
    seed: int = 0,
) -> dict[str, MemoryScore]:
    """Store patterns in several memories, and recall them from damaged probes.

    Args:
        patterns: Patterns of two values, ``(patterns, ...)``.
        probes: A probe for each.
        memories: The memories: Hopfield networks with the storage ``"hebbian"``, ``"storkey"`` or
            ``"pseudo_inverse"``, ``"covariance"`` for sparse patterns, and dense memories with the interaction
            ``"polynomial"`` or ``"exponential"``. Those that cannot hold so many patterns are left out.
        seed: The random seed of the order of units.

    Raises:
        InvalidValue: If a memory is unknown, or none can hold the patterns.
        DataError, ShapeError: If the patterns or probes are not valid.
    """
    if unknown := [name for name in memories if name not in MEMORIES]:
        raise InvalidValue(f"memory {unknown[0]!r}: expected one of {', '.join(MEMORIES)}.")
    if len(patterns) != len(probes):
        raise InvalidValue(f"got {len(patterns)} patterns and {len(probes)} probes; expected a probe for each pattern.")
    found: dict[str, MemoryScore] = {}
    refused = ""
    for name in memories:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PlasticaWarning)  # the scores show what is beyond capacity
                recall = MEMORIES[name]().store(patterns).recall(probes, seed=seed)
        except InvalidValue as error:
            refused = str(error)
            continue
        found[name] = _score(recall, patterns)
    if not found:
        raise InvalidValue(refused)
    return found


def _score(recall: RecalledPatterns, patterns: Shaped[np.ndarray, "patterns *shape"]) -> MemoryScore:
    before, after = (_wrong(states, patterns) for states in (recall.probes, recall.states))
    return MemoryScore(after == 0, float(before.mean()), float(after.mean()), recall)


def _wrong(
    states: Shaped[np.ndarray, "patterns *shape"], patterns: Shaped[np.ndarray, "patterns *shape"]
) -> Float[np.ndarray, "patterns"]:
    return (states != patterns).reshape(len(patterns), -1).mean(1)
