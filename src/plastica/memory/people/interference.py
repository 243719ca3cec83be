"""Interference: a network learns pairs A-B, then A-C, and forgets the first; and what the first does to the second."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import InvalidValue
from ...language import Texts
from ...layers import Dense
from ...model import Sequential
from ...optimizers import SGD
from ...typing import Float
from .human_curves import human_curve

if TYPE_CHECKING:
    import polars

    from ...drawing.figure import Drawing

SAY = Texts("people")
ALIKE = 0.2  # fractions of a list nearer than this count as alike; a quarter of it as an effect
FEATURES = 10  # units of a stimulus and of a response: M. McCloskey, N. J. Cohen, 1989, for A-B and A-C lists
MOST_EPOCHS = 2000  # of the first list
STEP = 10  # epochs of the first list between looks


class Interference(NamedTuple):
    """What two lists that share their stimuli do to each other.

    Attributes:
        table: A polars data frame with the columns trial (epochs on the second list), first (the fraction of pairs of
            the first list that are right), second, second_alone (the second list learned by networks without a first),
            and chance; means over networks.
        first_epochs: How many epochs the first list took, mean over networks.
        people: What people keep of the first list after 20 trials on the second.
        source: Where that comes from.
    """

    table: polars.DataFrame
    first_epochs: float
    people: float
    source: str

    @property
    def kept(self) -> float:
        """What is left of the first list when nine in ten of the second are right, or after the last trial."""
        import polars

        learned = self.table.filter(polars.col("second") >= 0.9)
        return float((learned if learned.height else self.table.tail(1))["first"][0])

    @property
    def slowed(self) -> float:
        """Proactive interference: how much less of the second list is right than without a first, mean over trials."""
        return float((self.table["second_alone"] - self.table["second"]).mean())  # type: ignore[operator,arg-type]

    @property
    def words(self) -> list[str]:
        """What agrees with people and what does not, in sentences made from the numbers, in the current language."""
        alike = abs(self.kept - self.people) < ALIKE
        more = "keeps_more" if self.kept > self.people else "keeps_less"
        kept = SAY("keeps_alike" if alike else more, kept=self.kept, people=self.people)
        return [kept, SAY("slowed" if self.slowed >= ALIKE / 4 else "not_slowed", slowed=self.slowed)]

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw both lists by trials on the second, and what people keep of the first.

        Args:
            path: The file to write, ``.svg``, ``.png`` or ``.pdf``. Default: none.
        """
        from .lists_picture import draw_interference

        return draw_interference(self).save(path)


def learn_two_lists(
    units: int = 50,
    pairs: int = 8,
    *,
    trials: int = 100,
    learning_rate: float = 5.0,
    momentum: float = 0.0,
    context: bool = True,
    seeds: int = 3,
    seed: int = 0,
) -> Interference:
    """Train networks on pairs A-B until all are right, then on A-C, and test both lists after each trial.

    Stimuli and responses are random patterns of ten units, 0 or 1; further inputs tell which list is asked for. A
    response counts as right if it is nearer to the right pattern than to those of all other pairs of both lists.

    Args:
        units: The hidden units.
        pairs: The number of pairs of a list.
        trials: How often the second list is seen.
        learning_rate: Of gradient descent on the mean squared error, all pairs at a time.
        momentum: Its momentum.
        context: Whether inputs tell which list is asked for, as people know.
        seeds: The number of networks, each with its own lists.
        seed: The first random seed.

    Returns:
        Curves of both lists, and what people keep. ``kept`` and ``slowed`` are retroactive and proactive interference.

    Raises:
        InvalidValue: If an argument is out of its range, or the first list is not learned in 2,000 epochs.

    Reference:
        J. M. Barnes, B. J. Underwood, 1959, "Fate" of first-list associations in transfer theory.
        M. McCloskey, N. J. Cohen, 1989, Catastrophic interference in connectionist networks: the sequential learning
        problem.
    """
    import polars

    if min(units, pairs, trials, seeds) < 1 or pairs > 2 ** (FEATURES - 2):
        raise InvalidValue(
            f"learn_two_lists(units={units}, pairs={pairs}, trials={trials}, seeds={seeds}): expected at least one of "
            f"each, and at most {2 ** (FEATURES - 2)} pairs."
        )
    curves: list[list[tuple[float, float, float]]] = []
    epochs: list[int] = []
    for each in range(seed, seed + seeds):
        lists = _Lists(np.random.default_rng(each), pairs, context)
        model, control = (_network(units, each) for _ in range(2))
        untrained = lists.right(control, 1)
        for network in (model, control):
            network.compile(SGD(learning_rate, momentum=momentum), "mse")
        epochs.append(_learn_first(model, lists))
        rows = [(lists.right(model, 0), lists.right(model, 1), untrained)]
        for _ in range(trials):
            for network in (model, control):
                network.fit(lists.x[1], lists.y[1], epochs=1, batch_size=pairs, shuffle=False, verbose=0)
            rows.append((lists.right(model, 0), lists.right(model, 1), lists.right(control, 1)))
        curves.append(rows)
    first, second, alone = np.mean(curves, 0).T
    curve = human_curve("first_list_after_second")
    table = polars.DataFrame(
        {
            "trial": np.arange(trials + 1),
            "first": first,
            "second": second,
            "second_alone": alone,
            "chance": 1 / (2 * pairs),
        }
    )
    return Interference(table, float(np.mean(epochs)), float(curve.y[-1]), curve.source)


class _Lists:
    """Two lists of pairs with the same stimuli."""

    def __init__(self, rng: np.random.Generator, pairs: int, context: bool) -> None:
        stimuli = _different(rng, pairs)
        responses = _different(rng, 2 * pairs)
        which = np.repeat(np.eye(2), FEATURES // 2, axis=1) if context else np.zeros((2, FEATURES))
        self.x = [np.hstack([stimuli, np.tile(which[each], (pairs, 1))]).astype(np.float32) for each in range(2)]
        self.y = [responses[:pairs], responses[pairs:]]
        self.responses = responses

    def right(self, model: Sequential, which: int) -> float:
        said = np.asarray(model.predict(self.x[which]))
        apart = ((said[:, None] - self.responses) ** 2).sum(-1)
        pairs = len(self.x[which])
        return float((apart.argmin(1) == np.arange(pairs) + which * pairs).mean())


def _different(rng: np.random.Generator, count: int) -> Float[np.ndarray, "patterns features"]:
    """Return different random patterns of 0 and 1."""
    numbers = rng.permutation(2**FEATURES)[:count]
    return (numbers[:, None] >> np.arange(FEATURES) & 1).astype(np.float32)


def _network(units: int, seed: int) -> Sequential:
    model = Sequential([Dense(units, "sigmoid"), Dense(FEATURES, "sigmoid")], seed=seed)
    model.build((None, 2 * FEATURES))
    return model


def _learn_first(model: Sequential, lists: _Lists) -> int:
    for epochs in range(STEP, MOST_EPOCHS + 1, STEP):
        model.fit(lists.x[0], lists.y[0], epochs=STEP, batch_size=len(lists.x[0]), shuffle=False, verbose=0)
        if lists.right(model, 0) == 1:
            return epochs
    raise InvalidValue(
        f"learn_two_lists: the first list is not learned in {MOST_EPOCHS} epochs; give more units, fewer pairs or "
        "another learning_rate."
    )
