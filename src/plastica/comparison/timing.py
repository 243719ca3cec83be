"""How a number of minutes is shared among rules."""

from __future__ import annotations

from collections.abc import Sequence


def level(costs: Sequence[float], budget: float) -> float:
    """Return the seconds that each may have at most, so that all together stay within the budget.

    All have the same limit; what cheap ones leave raises it for the others.

    Args:
        costs: What each would take at most.
        budget: The seconds there are.

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


def epochs_within(seconds: float, epoch_seconds: float, most: int) -> int:
    """Return how many epochs fit, at least one and at most so many.

    Example:
        >>> epochs_within(10.0, 3.0, 20), epochs_within(1.0, 3.0, 20)
        (3, 1)
    """
    return max(1, min(most, int(seconds / max(epoch_seconds, 1e-9) + 1e-6)))


def epochs_planned(done: int, learned: float, seconds: float, most: int) -> int:
    """Return how many epochs a run should come to, from how long its finished epochs took.

    A cost measured before the run is never quite that of the run, so the plan is mended after every epoch; the run
    then ends within half an epoch of its time.

    Args:
        done: Finished epochs, at least one.
        learned: The seconds they took.
        seconds: The seconds of learning that the run has in all.
        most: The largest number of epochs.

    Example:
        >>> epochs_planned(2, 4.0, 10.9, 20), epochs_planned(5, 10.0, 10.9, 20)
        (5, 5)
    """
    more = int((seconds - learned) / max(learned / done, 1e-9) + 0.5)
    return min(most, done + max(0, more))
