"""Memory tasks: targets recomputed from the inputs, chance levels, and networks that solve them or not."""

from __future__ import annotations

import re

import numpy as np
import pytest

from plastica.errors import InvalidValue, UnknownName
from plastica.memory import compare_recurrent_layers, make_task
from plastica.memory.tasks import TASKS, embedded_reber


@pytest.mark.parametrize(("name", "join"), [("adding", np.sum), ("multiplication", np.prod)])
def test_marked_numbers_are_joined(name, join):
    task = make_task(name, 4000, 20)
    values, marks = task.x[..., 0], task.x[..., 1]
    assert (marks[:, :10].sum(1) == 1).all() and (marks[:, 10:].sum(1) == 1).all()
    expected = [join(row[mark == 1]) for row, mark in zip(values, marks, strict=True)]
    np.testing.assert_allclose(task.y[:, 0], expected, rtol=1e-6)
    assert task.y.var() == pytest.approx(task.chance, rel=0.1)  # the best constant


def test_copied_symbols_come_after_the_delay():
    task = make_task("copy", 50, 30)
    given = task.x.argmax(-1)
    assert task.x.shape == (50, 50, 10) and task.at_every_step
    assert (task.y[:, 40:] == given[:, :10]).all() and (task.y[:, :40] == 8).all()
    assert (given[:, 39] == 9).all() and (given[:, 40:] == 8).all()
    assert ((task.y == 8).mean() + 10 / 50 / 8) == pytest.approx(task.chance)


@pytest.mark.parametrize(("name", "symbols"), [("temporal_order", 2), ("temporal_order_3", 3)])
def test_the_order_of_symbols_is_the_class(name, symbols):
    task = make_task(name, 500, 36)
    given = task.x.argmax(-1)
    for row, target in zip(given, task.y, strict=True):
        kinds = row[row < 2]
        assert len(kinds) == symbols and target == sum(kind << place for place, kind in enumerate(kinds))
    assert len(set(task.y)) == task.classes == 2**symbols


def test_other_targets():
    assert (make_task("latch", 20, 15).x[:, 0, :2].argmax(1) == make_task("latch", 20, 15).y).all()
    bits = make_task("parity", 20, 9)
    assert (bits.x.sum((1, 2)) % 2 == bits.y).all()
    match = make_task("delayed_match", 200, 12)
    assert ((match.x[:, 0, :4].argmax(1) == match.x[:, -1, :4].argmax(1)) == match.y).all()
    back = make_task("two_back", 400, 30)
    given = back.x.argmax(-1)
    assert (back.y[:, 2:] == (given[:, 2:] == given[:, :-2])).all() and not back.y[:, :2].any()
    assert (back.y == 0).mean() == pytest.approx(back.chance, abs=0.02)
    recall = make_task("associative_recall", 100, 13)
    for row, target in zip(recall.x.argmax(-1), recall.y, strict=True):
        pairs = dict(zip(row[0:-1:2], row[1:-1:2], strict=True))
        assert len(pairs) == 6 and pairs[row[-1]] == target + 8


def test_strings_of_the_embedded_reber_grammar():
    # The grammar as a regular expression, written from the figure.
    inner = r"B(TS*X|PT*V(PX|PS)?)"  # its beginning only; the whole is checked by the automaton below
    automaton = {
        ("0", "T"): "1", ("0", "P"): "2", ("1", "S"): "1", ("1", "X"): "3", ("2", "T"): "2", ("2", "V"): "4",
        ("3", "X"): "2", ("3", "S"): "5", ("4", "P"): "3", ("4", "V"): "5",
    }  # fmt: skip
    rng = np.random.default_rng(0)
    for _ in range(200):
        string = embedded_reber(rng)
        assert re.match(r"B[TP]" + inner, string) and string[1] == string[-2] and string[-1] == "E"
        state = "0"
        for symbol in string[3:-3]:
            state = automaton[state, symbol]
        assert state == "5"
    task = make_task("reber", 300, 20)
    first = np.argmax(task.x.any(-1), 1)  # the outer B
    assert (task.x[np.arange(300), first + 1].argmax(1) == np.where(task.y, 4, 1)).all()
    assert task.x[:, -1].any(-1).all() and 0.3 < task.y.mean() < 0.7


def test_networks_are_trained_and_tested_on_new_sequences():
    options = {"length": 8, "units": 8, "rows": 800, "epochs": 15, "seeds": 2, "learning_rate": 0.02}
    table = compare_recurrent_layers("latch", "gru", **options)
    assert table["best"][0] > 0.95 and table["solved"][0] >= 1
    assert table["chance"].to_list() == [0.5] and table["networks"].to_list() == [2]
    untrained = compare_recurrent_layers("parity", "gru", **options | {"epochs": 1, "rows": 50})
    assert untrained["score"][0] == pytest.approx(0.5, abs=0.1) and untrained["solved"][0] == 0


def test_every_task_is_made_and_told_apart_by_its_seed():
    for name in TASKS:
        task, same, other = make_task(name, 8, 20), make_task(name, 8, 20), make_task(name, 8, 20, seed=1)
        assert np.array_equal(task.x, same.x) and not np.array_equal(task.x, other.x)
        assert len(task.x) == len(task.y) == 8 and task.x.dtype == np.float32 and task.name == name and task.source


def test_mistakes_in_tasks():
    with pytest.raises(UnknownName, match='did you mean "adding"'):
        make_task("ading", 5)
    with pytest.raises(InvalidValue, match="at least 1 row, 12 steps"):
        make_task("reber", 5, 3)
    with pytest.raises(InvalidValue, match="at least one"):
        compare_recurrent_layers("adding", seeds=0)
    with pytest.raises(UnknownName, match="lstm"):
        compare_recurrent_layers("adding", "ltsm")
