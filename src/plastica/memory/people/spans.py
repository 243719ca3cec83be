"""Spans: how long lists may be until half of them are repeated with an error, and n-back by load."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import DataError, InvalidValue
from ...language import Texts
from ...layers import Dense
from ...registry import look_up
from ...typing import Float, Int
from ..tasks.task_layers import LAYERS, LayerPlan
from .human_curves import MILLER_RANGE, MILLER_SPAN
from .list_recall import TEST_LISTS
from .list_training import TEST_SEED, ListTraining

if TYPE_CHECKING:
    import polars

    from ...drawing.figure import Drawing

SAY = Texts("people")
DIGITS = 10
LOSS = "sparse_categorical_crossentropy"
LETTERS = 8  # of n-back
REPEATED = 1 / 3  # the share of n-back steps that repeat, as is usual with people: W. K. Kirchner, 1958


class DigitSpan(NamedTuple):
    """How many digits networks repeat.

    Attributes:
        table: A polars data frame with the columns layer, units, length, correct (the fraction of lists repeated
            without an error, mean over networks) and chance.
        spans: A polars data frame with the columns layer, units, span, people (7) and within (whether the span is from
            5 to 9: G. A. Miller, 1956). Null for a span above the longest list.
    """

    table: polars.DataFrame
    spans: polars.DataFrame

    @property
    def words(self) -> list[str]:
        """How many digits networks repeat beside people, in sentences, in the current language."""
        said: list[str] = []
        for row in self.spans.rows(named=True):
            span = float("inf") if row["span"] is None else row["span"]
            low, high = MILLER_RANGE
            key = "span_within" if low <= span <= high else "span_below" if span < low else "span_above"
            shown = float(self.table["length"][-1]) if row["span"] is None else span
            said.append(SAY(key, who=row["layer"], units=row["units"], span=shown, people=MILLER_SPAN))
        return said

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the fraction of lists that are right by their length, and the spans of people, five to nine, in grey.

        Args:
            path: The file to write, ``.svg``, ``.png`` or ``.pdf``. Default: none.
        """
        from .lists_picture import draw_spans

        return draw_spans(self).save(path)


def span_of(lengths: Sequence[float], correct: Sequence[float]) -> float:
    """Return the length at which half of the lists are right, between the lengths that were measured.

    Args:
        lengths: Lengths of lists, in ascending order.
        correct: The fraction of lists that are right at each.

    Returns:
        The last crossing of one half, by a straight line between two lengths; infinite if more than half are right at
        the longest, and from 0, where all lists are right, to the first length if fewer are at all lengths.

    Raises:
        DataError: If the numbers differ, or lengths are not in ascending order.

    Example:
        >>> span_of([5, 6, 7, 8], [1.0, 0.9, 0.6, 0.2])
        7.25
    """
    x, y = np.asarray(lengths, np.float64), np.asarray(correct, np.float64)
    if len(x) != len(y) or not len(x) or not (np.diff(x) > 0).all() or not x[0] > 0:
        raise DataError(f"span_of: got {len(x)} lengths and {len(y)} fractions; expected pairs with ascending lengths.")
    x, y = np.concatenate([[0.0], x]), np.concatenate([[1.0], y])
    above = np.flatnonzero(y >= 0.5)[-1]
    if above == len(x) - 1:
        return float("inf")
    fraction = (y[above] - 0.5) / (y[above] - y[above + 1])
    return float(x[above] + fraction * (x[above + 1] - x[above]))


def digit_span(
    layers: str | Sequence[str] = ("simple_rnn", "lstm", "gru"),
    units: Sequence[int] = (8, 16, 32),
    *,
    longest: int = 12,
    rows: int = 4000,
    epochs: int = 20,
    batch_size: int = 50,
    learning_rate: float = 5e-3,
    seeds: int = 2,
    seed: int = 0,
    verbose: int | str = 0,
) -> DigitSpan:
    """Train recurrent layers to repeat digits, and find the length at which half of the lists are right.

    Args:
        layers: Names of layers, as for ``recall_lists``.
        units: Numbers of units.
        longest: The longest list; lists of all lengths from 1 are trained on.
        rows: The number of lists to train on.
        epochs: The number of epochs.
        batch_size: Lists per step.
        learning_rate: Of Adam, with gradients clipped to the norm 1.
        seeds: The number of networks for each layer and number of units, trained in one program.
        seed: The first random seed.
        verbose: As for ``fit``.

    Raises:
        UnknownName: If a layer is unknown.
        InvalidValue: If there are no units, seeds or digits.

    Reference:
        G. A. Miller, 1956, The magical number seven, plus or minus two: people repeat about seven digits. N. Cowan,
        2001, The magical number 4 in short-term memory: about four where rehearsal and grouping are prevented.
    """
    import polars

    if seeds < 1 or longest < 1 or not len(units) or min(units) < 1:
        raise InvalidValue(
            f"digit_span(units={list(units)}, longest={longest}, seeds={seeds}): expected at least one of each."
        )
    rng = np.random.default_rng(seed)
    x, y, _ = digit_lists(rng, rng.integers(1, longest + 1, rows), longest)
    test_rng = np.random.default_rng(TEST_SEED + seed)
    lengths = np.arange(1, longest + 1)
    tests = [digit_lists(test_rng, np.full(TEST_LISTS, length), longest) for length in lengths]
    training = ListTraining(epochs, batch_size, learning_rate, seeds, seed, verbose)
    tables: list[polars.DataFrame] = []
    spans: list[dict[str, object]] = []
    for name in [layers] if isinstance(layers, str) else layers:
        make = look_up("layer", name, LAYERS)
        for count in units:
            population = training.population((make(LayerPlan(count, True)), Dense(DIGITS + 1, "softmax")), LOSS, x, y)
            correct = np.array(
                [np.mean([_whole(np.asarray(each.predict(own[0])), own[1]) for each in population]) for own in tests]
            )
            chance = (1.0 / DIGITS) ** lengths
            own = {"layer": name, "units": count, "length": lengths, "correct": correct, "chance": chance}
            tables.append(polars.DataFrame(own))
            span = span_of(lengths.tolist(), correct.tolist())
            known = bool(np.isfinite(span))
            within = known and MILLER_RANGE[0] <= span <= MILLER_RANGE[1]
            spans.append(
                {
                    "layer": name,
                    "units": count,
                    "span": span if known else None,
                    "people": MILLER_SPAN,
                    "within": within,
                }
            )
    return DigitSpan(polars.concat(tables), polars.DataFrame(spans))


def n_back(
    loads: Sequence[int] = (1, 2, 3),
    layers: str | Sequence[str] = ("simple_rnn", "lstm", "gru"),
    *,
    units: int = 16,
    length: int = 24,
    rows: int = 2000,
    epochs: int = 20,
    batch_size: int = 50,
    learning_rate: float = 5e-3,
    seeds: int = 2,
    seed: int = 0,
    verbose: int | str = 0,
) -> polars.DataFrame:
    """Train recurrent layers to say at each step whether a letter equals that of n steps before.

    Args:
        loads: The n.
        layers: Names of layers, as for ``recall_lists``.
        units: The units of each layer.
        length: The number of letters of a sequence.
        rows: The number of sequences to train on.
        epochs: The number of epochs.
        batch_size: Sequences per step.
        learning_rate: Of Adam, with gradients clipped to the norm 1.
        seeds: The number of networks for each layer and n, trained in one program.
        seed: The first random seed.
        verbose: As for ``fit``.

    Returns:
        A polars data frame with the columns layer, n, hits (of repetitions), false_alarms (of others), balanced (the
        mean of hits and refusals; chance is one half) and chance. Figures of people depend on the rate and the
        material; give those of an article with ``read_human_curve``.

    Raises:
        UnknownName: If a layer is unknown.
        InvalidValue: If there are no seeds, or an n is not from 1 to below the length.

    Reference:
        W. K. Kirchner, 1958, Age differences in short-term retention of rapidly changing information.
    """
    import polars

    if seeds < 1 or not len(loads) or min(loads) < 1 or max(loads) >= length:
        raise InvalidValue(
            f"n_back(loads={list(loads)}, length={length}, seeds={seeds}): expected an n from 1 to below the length, "
            "and at least one seed."
        )
    training = ListTraining(epochs, batch_size, learning_rate, seeds, seed, verbose)
    found: list[dict[str, object]] = []
    for n in loads:
        x, y = back_lists(np.random.default_rng(seed), rows, length, n)
        new_x, new_y = back_lists(np.random.default_rng(TEST_SEED + seed), TEST_LISTS, length, n)
        for name in [layers] if isinstance(layers, str) else layers:
            layer = look_up("layer", name, LAYERS)(LayerPlan(units, True, length))
            population = training.population((layer, Dense(2, "softmax")), LOSS, x, y)
            said = np.stack([np.asarray(member.predict(new_x)).argmax(-1) for member in population])[:, :, n:]
            same = new_y[:, n:] == 1
            hits, alarms = float(said[:, same].mean()), float(said[:, ~same].mean())
            balanced = (hits + 1 - alarms) / 2
            found.append(
                {"layer": name, "n": n, "hits": hits, "false_alarms": alarms, "balanced": balanced, "chance": 0.5}
            )
    return polars.DataFrame(found)


def digit_lists(
    rng: np.random.Generator, lengths: Int[np.ndarray, "lists"], longest: int
) -> tuple[Float[np.ndarray, "lists time features"], Int[np.ndarray, "lists time"], Int[np.ndarray, "lists"]]:
    """Return digits to repeat: inputs, the digit due at each step (10 for none), and the lengths of lists."""
    rows, steps = len(lengths), np.arange(2 * longest)
    digits = rng.integers(0, DIGITS, (rows, longest))
    shown = steps[:longest] < lengths[:, None]
    due = (steps >= lengths[:, None]) & (steps < 2 * lengths[:, None])
    x = np.zeros((rows, 2 * longest, DIGITS + 1), np.float32)
    row, step = np.nonzero(shown)
    x[row, step, digits[row, step]] = 1
    x[due, DIGITS] = 1
    y = np.full((rows, 2 * longest), DIGITS)
    row, step = np.nonzero(due)
    y[row, step] = digits[row, step - lengths[row]]
    return x, y, lengths


def back_lists(
    rng: np.random.Generator, rows: int, length: int, n: int
) -> tuple[Float[np.ndarray, "rows time letters"], Int[np.ndarray, "rows time"]]:
    """Return letters, a third of which repeat that of n steps before, and whether each does."""
    given = rng.integers(0, LETTERS, (rows, length))
    repeat = rng.random((rows, length)) < (REPEATED - 1 / LETTERS) / (1 - 1 / LETTERS)
    for step in range(n, length):
        given[:, step] = np.where(repeat[:, step], given[:, step - n], given[:, step])
    y = np.zeros((rows, length), int)
    y[:, n:] = given[:, n:] == given[:, :-n]
    return np.eye(LETTERS, dtype=np.float32)[given], y


def _whole(answers: Float[np.ndarray, "lists time digits"], y: Int[np.ndarray, "lists time"]) -> float:
    """Return the fraction of lists in which every digit is right."""
    return float(((answers.argmax(-1) == y) | (y == DIGITS)).all(1).mean())
