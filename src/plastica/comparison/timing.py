"""Divide a time budget among rules."""

from __future__ import annotations

from collections.abc import Sequence


def level(costs: Sequence[float], budget: float) -> float:
    """Return the limit in seconds, the same for all rules, at which they use up the budget together.

    Time that cheap rules do not use raises the limit for the others.

    Args:
        costs: The seconds that each rule would take without a limit.
        budget: The seconds for all rules together.

    Example:
        >>> level([1.0, 10.0, 10.0], 12.0)
        5.5
    """
    left = budget
    for place, cost in enumerate(sorted(costs)):
        share = left / (len(costs) - place)
        if cost > share:
            return max(share, 0.0)
        left -= cost
    return max(costs, default=0.0)


def limit(costs: Sequence[float], budget: float) -> float:
    """Return the time limit of each rule: :func:`level`, plus an equal part of what remains if all rules fit.

    A measured cost may be too low. Without this reserve, a run would be cut short although there is time left.

    Example:
        >>> limit([1.0, 10.0, 10.0], 12.0), limit([1.0, 2.0], 8.0)
        (5.5, 4.5)
    """
    return level(costs, budget) + max(0.0, budget - sum(costs)) / max(len(costs), 1)


def epochs_within(seconds: float, epoch_seconds: float, most: int) -> int:
    """Return how many epochs fit into a time, at least 1 and at most ``most``.

    Example:
        >>> epochs_within(10.0, 3.0, 20), epochs_within(1.0, 3.0, 20)
        (3, 1)
    """
    # A whole number of epochs must not be lost to rounding.
    return max(1, min(most, int(seconds / max(epoch_seconds, 1e-9) + 1e-6)))


def epochs_planned(done: int, learned: float, seconds: float, most: int) -> int:
    """Return the number of epochs that a run should have in all, given the time of the completed epochs.

    The cost measured before a run differs from that of the run itself, so the number of epochs is adjusted after each
    epoch. The run then ends within half an epoch of its time limit.

    Args:
        done: The number of completed epochs, at least 1.
        learned: The seconds they took.
        seconds: The training time of the whole run in seconds.
        most: The maximum number of epochs.

    Example:
        >>> epochs_planned(2, 4.0, 10.9, 20), epochs_planned(5, 10.0, 10.9, 20)
        (5, 5)
    """
    more = int((seconds - learned) / max(learned / done, 1e-9) + 0.5)
    return min(most, done + max(0, more))
