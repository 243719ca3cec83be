"""A Hopfield network that learns lists one pattern after another and forgets the older ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import InvalidValue

if TYPE_CHECKING:
    import polars

SWEEPS = 20
ALIKE = 0.95  # overlap from which on a pattern counts as recalled


def palimpsest_recall(
    length: int = 16, units: int = 200, forgetting: float = 0.1, damage: float = 0.1, trials: int = 20, seed: int = 0
) -> polars.DataFrame:
    """Return how well a forgetful Hopfield network recalls the patterns of a list, by position.

        W <- (1 - forgetting) W + xi xi' / N,   without self-connections

    Without forgetting, the network loses all patterns beyond 0.138 N; with it, it always holds the latest ones:
    recency without primacy.

    Args:
        length: The number of patterns of a list.
        units: N, the number of units.
        forgetting: How much of each weight is lost with each new pattern, from 0 to below 1.
        damage: The fraction of units of a probe that are flipped.
        trials: The number of lists.
        seed: The random seed.

    Returns:
        A polars data frame as that of ``recall_lists``: layer, task, position, accuracy, lowest, highest and chance,
        which is 0, since a random state is like no pattern.

    Raises:
        InvalidValue: If an argument is out of its range.

    Reference:
        J. P. Nadal, G. Toulouse, J. P. Changeux, S. Dehaene, 1986, Networks of formal neurons and memory palimpsests.
        M. Mézard, J. P. Nadal, G. Toulouse, 1986, Solvable models of working memories.
    """
    import polars

    if length < 1 or units < 2 or trials < 1 or not 0 <= forgetting < 1 or not 0 <= damage <= 1:
        raise InvalidValue(
            f"palimpsest_recall(length={length}, units={units}, forgetting={forgetting}, damage={damage}, "
            f"trials={trials}): expected patterns, units and lists, forgetting below 1 and damage from 0 to 1."
        )
    rng = np.random.default_rng(seed)
    right = np.zeros((trials, length))
    for trial in range(trials):
        patterns = rng.choice((-1.0, 1.0), (length, units))
        fading = (1 - forgetting) ** np.arange(length - 1, -1, -1)
        weights = (patterns * fading[:, None]).T @ patterns / units
        np.fill_diagonal(weights, 0)
        states = np.where(rng.random(patterns.shape) < damage, -patterns, patterns)
        for _ in range(SWEEPS):
            states = np.where(states @ weights >= 0, 1.0, -1.0)
        right[trial] = (states * patterns).mean(1) >= ALIKE
    half = max(trials // 2, 1)
    return polars.DataFrame(
        {
            "layer": "hopfield",
            "task": "recognition",
            "position": np.arange(1, length + 1),
            "accuracy": right.mean(0),
            "lowest": np.minimum(right[:half].mean(0), right[-half:].mean(0)),
            "highest": np.maximum(right[:half].mean(0), right[-half:].mean(0)),
            "chance": 0.0,
        }
    )
