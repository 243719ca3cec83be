"""Spans and n-back: crossings by hand, what sequences ask for, and small networks."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from plastica.errors import DataError, InvalidValue
from plastica.memory.people.spans import back_lists, digit_lists, digit_span, n_back, span_of


def test_the_span_is_where_half_of_the_lists_are_right():
    assert span_of([5, 6, 7, 8], [1, 0.9, 0.6, 0.2]) == pytest.approx(7.25)
    assert span_of([4, 8], [1, 0.5]) == np.inf and span_of([4], [0.25]) == pytest.approx(4 * 0.5 / 0.75)
    assert span_of([1, 2, 3], [0.4, 0.6, 0.0]) == pytest.approx(2 + 0.1 / 0.6)  # the last crossing


def test_digits_are_due_after_the_list_and_only_then():
    x, y, lengths = digit_lists(np.random.default_rng(0), np.array([1, 3]), 4)
    assert lengths.tolist() == [1, 3] and x.shape == (2, 8, 11)
    shown = x[1, :3].argmax(1)
    assert y[1].tolist() == [10, 10, 10, *shown.tolist(), 10, 10]
    assert x[1, 3:6, 10].tolist() == [1, 1, 1] and x[1, 6:].sum() == 0
    assert y[0].tolist() == [10, int(x[0, 0].argmax()), *[10] * 6]


def test_a_third_of_the_letters_repeat():
    x, y = back_lists(np.random.default_rng(0), 400, 20, 3)
    letters = x.argmax(2)
    assert (y[:, 3:] == (letters[:, 3:] == letters[:, :-3])).all() and y[:, :3].sum() == 0
    assert y[:, 3:].mean() == pytest.approx(1 / 3, abs=0.02)


def test_small_networks():
    found = digit_span("gru", [8], longest=3, rows=2000, epochs=8, learning_rate=2e-2, seeds=1)
    assert found.table["chance"].to_list() == pytest.approx([0.1, 0.01, 0.001])
    correct = found.table["correct"].to_list()
    assert correct[0] > 0.9 and correct[0] >= correct[2] and found.spans["people"].to_list() == [7]
    spans = found.spans.drop("span")
    for span, said in (
        (None, "at least 3.0 digits, more than people"),
        (2.26, "2.3 digits, fewer than people"),
        (6.0, "6.0 digits, like people"),
    ):
        own = found._replace(spans=spans.with_columns(span=pl.lit(span, pl.Float64)))
        assert own.words == [f"gru with 8 units repeats {said} (about 7)."]
    assert len(found.plot().axes[0].lines) == 2
    back = n_back([1], "gru", units=12, length=12, rows=1000, epochs=6, learning_rate=2e-2, seeds=1)
    assert back["balanced"][0] > 0.9 and back["chance"][0] == 0.5


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: span_of([1, 2], [1]), DataError, "2 lengths and 1 fractions"),
        (lambda: span_of([2, 1], [1, 0]), DataError, "ascending"),
        (lambda: digit_span(units=[]), InvalidValue, "at least one of each"),
        (lambda: n_back([24]), InvalidValue, "from 1 to below the length"),
    ],
)
def test_mistakes_with_spans(call, error, message):
    with pytest.raises(error, match=message):
        call()
