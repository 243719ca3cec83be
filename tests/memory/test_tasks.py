"""Memory tasks: targets recomputed from the inputs, chance levels, and networks that solve them or not."""

from __future__ import annotations

import re

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError, UnknownName
from plastica.memory import compare_recurrent_layers, make_task
from plastica.memory.tasks.catalogue import TASKS
from plastica.memory.tasks.chrono_bias import ChronoBias
from plastica.memory.tasks.reber import SYMBOLS, embedded_string
from plastica.memory.tasks.recurrent_layers import TRAINING
from plastica.memory.tasks.task_layers import LAYERS, LayerPlan


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
    assert task.score(np.eye(task.classes)[task.y]) == task.optimal


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


AUTOMATON = {  # the grammar written from the figure, of Reber's strings without B and E
    ("0", "T"): "1", ("0", "P"): "2", ("1", "S"): "1", ("1", "X"): "3", ("2", "T"): "2", ("2", "V"): "4",
    ("3", "X"): "2", ("3", "S"): "5", ("4", "P"): "3", ("4", "V"): "5",
}  # fmt: skip


def inner_state(symbols):
    """Return the state of Reber's grammar behind these symbols."""
    state = "0"
    for symbol in symbols:
        state = AUTOMATON[state, symbol]
    return state


def legal_after(string):
    """Return the symbols that may follow the beginning of an embedded string."""
    if len(string) < 3:
        return {0: "B", 1: "TP", 2: "B"}[len(string)]
    inner = re.sub(r"E.*", "", string[3:])
    if inner_state(inner) != "5":
        return "".join(symbol for state, symbol in AUTOMATON if state == inner_state(inner))
    return ["E", string[1], "E", "B"][len(string) - 3 - len(inner)]


def test_strings_of_the_embedded_reber_grammar():
    rng = np.random.default_rng(0)
    for _ in range(200):
        string = embedded_string(rng)
        assert re.match(r"B[TP]B(TS*X|PT*V)", string) and string[1] == string[-2] and string[-1] == "E"
        assert inner_state(string[3:-3]) == "5"
    task = make_task("reber", 300, 20)
    first = np.argmax(task.x.any(-1), 1)  # the outer B
    assert (task.x[np.arange(300), first + 1].argmax(1) == np.where(task.y, 4, 1)).all()
    assert task.x[:, -1].any(-1).all() and 0.3 < task.y.mean() < 0.7


@pytest.mark.parametrize("name", ["embedded_reber", "continual_reber"])
def test_symbols_that_may_follow(name):
    task = make_task(name, 60, 40)
    due = np.ones((60, 40)) if task.weights is None else task.weights
    assert due[:, 0].all() and (task.x.any(-1) == due).all()
    for row in range(60):
        string = ""
        for step in range(int(due[row].sum())):
            string += SYMBOLS[task.x[row, step].argmax()]
            following = legal_after(string)
            assert {SYMBOLS[place] for place in np.flatnonzero(task.y[row, step])} == set(following)
            string = "" if following == "B" and len(string) > 2 else string
        assert name == "continual_reber" or not due[row].all() or following != "B"


def best_from_the_input(task, by_step):
    """Return the accuracy and cross-entropy of a table of the current input, and of the step where steps differ."""
    y = task.y if task.at_every_step else task.y[:, None]
    x = task.x[:, -y.shape[1] :].argmax(-1)
    steps = np.broadcast_to(np.arange(y.shape[1]), x.shape) if by_step else np.zeros_like(x)
    due = np.ones(x.shape, bool) if task.weights is None else task.weights > 0
    keys = (steps * task.x.shape[-1] + x)[due]
    due_y = y[due].astype(int) if y.ndim == 2 else y[due].astype(int) @ 2 ** np.arange(y.shape[2])
    answers = np.unique(due_y, return_inverse=True)[1].ravel()
    right = entropy = 0.0
    for key in np.unique(keys):
        own = answers[keys == key]
        right += np.bincount(own).max()
        if task.has_several_answers:
            share = np.clip(y[due][keys == key].mean(0, float), 1e-12, 1 - 1e-12)
            entropy -= len(own) * (share * np.log(share) + (1 - share) * np.log(1 - share)).mean()
        else:
            share = np.bincount(own) / len(own)
            entropy -= len(own) * (share * np.log(np.maximum(share, 1e-12))).sum()
    return right / due.sum(), entropy / due.sum()


LENGTHS = {"copy": 5, "noise_free": 10, "reber": 14}


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if not task.of_images])
def test_chance_is_the_best_that_the_current_input_tells(name):
    task = make_task(name, 20000, LENGTHS.get(name, 12))
    if not task.classes:
        constant = np.full_like(task.y, task.y.mean())
        found = task.score(constant), task.loss_of(constant)
    elif name in ("delayed_match", "parity"):  # the input is noise or a bit, and the last tells nothing
        found = best_from_the_input(task._replace(x=np.eye(2)[np.round(task.x[..., :1]).astype(int)[..., 0]]), False)
    else:
        found = best_from_the_input(task, by_step="reber" not in name)
    assert found == pytest.approx((task.chance, task.chance_loss), rel=0.1)


def remembered(task):
    """Return the answers of a memory that has seen everything, computed from the inputs in other ways than the task."""
    given = task.x.argmax(-1)
    if task.name == "copy":
        answers = np.full(task.y.shape, 8)
        answers[:, -10:] = given[:, :10]
        return answers
    if task.name in ("latch", "noise_free"):
        return given[:, 0]
    if task.name == "parity":
        return (1 - np.prod(1 - 2 * task.x[..., 0], 1)) // 2
    back = {"n_back": 2, "two_back": 2, "three_back": 3}[task.name]
    return np.array([[step >= back and row[step] == row[step - back] for step in range(len(row))] for row in given])


@pytest.mark.parametrize("name", ["copy", "latch", "noise_free", "parity", "n_back", "three_back"])
def test_a_perfect_memory_has_the_optimal_score(name):
    task = make_task(name, 50, 12, seed=3)
    answers = np.eye(task.classes)[np.asarray(remembered(task), int)]
    assert task.score(answers) == task.optimal == 1 and task.loss_of(answers) == pytest.approx(0, abs=1e-6)
    assert task.is_solved(task.score(answers)) and not task.is_solved(task.chance)


def test_images_become_sequences():
    from sklearn.datasets import load_digits

    digits = load_digits()
    by_row = {image.tobytes(): label for image, label in zip(digits.images / 16, digits.target, strict=True)}
    task = make_task("digit_rows", 30)
    assert task.x.shape == (30, 8, 8) and [by_row[row.astype(float).tobytes()] for row in task.x] == task.y.tolist()
    assert task.chance == pytest.approx(np.bincount(digits.target).max() / 1797)
    pixels = make_task("sequential_digits", 30)
    assert (pixels.x[..., 0] == task.x.reshape(30, 64)).all()
    permuted = make_task("permuted_digits", 30)
    assert (np.sort(permuted.x[..., 0], 1) == np.sort(pixels.x[..., 0], 1)).all() and (permuted.x != pixels.x).any()
    parts = [make_task("digit_rows", None, part=part).x for part in ("training", "validation", "test")]
    assert [len(part) for part in parts] == [1259, 179, 359]
    whole = {row.tobytes() for part in parts for row in part}
    assert len(whole) >= 1790  # no image is in two parts; a few of the digits are equal
    own = make_task("digit_rows", 3, images=np.arange(240).reshape(20, 4, 3), labels=["a", "b"] * 10)
    assert own.x.shape == (3, 4, 3) and own.classes == 2 and own.x.max() <= 1


def test_networks_are_trained_until_they_solve_a_task():
    options = {"length": 8, "units": 8, "rows": 200, "epochs": 30, "seeds": 2, "learning_rate": 0.02}
    table = compare_recurrent_layers("latch", "gru", **options)
    row = table.row(0, named=True)
    assert row["solved"] == row["networks"] == 2 and row["score"] > 0.99 and row["loss"] < row["chance_loss"]
    assert 200 <= row["sequences"] <= row["trained"] < 6000 and row["trained"] % 200 == 0  # it stopped early
    assert row["chance"] == 0.5 and row["deviation"] == pytest.approx(0, abs=0.01)
    untrained = compare_recurrent_layers("parity", "gru", **options | {"epochs": 1, "rows": 50})
    assert untrained["score"][0] == pytest.approx(0.5, abs=0.1) and untrained["solved"][0] == 0
    assert untrained["sequences"].to_list() == [None]


def test_a_layer_of_your_own_and_progress(capsys):
    def mine(plan):
        return [pl.Dense(plan.units, "tanh"), pl.GRU(plan.units, return_sequences=plan.return_sequences)]

    options = {"length": 8, "units": 8, "rows": 50, "epochs": 1, "seeds": 2}
    table = compare_recurrent_layers("latch", [mine, "gru"], **options, verbose=1)
    assert table["layer"].to_list() == ["mine", "gru"]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and lines[0].startswith("1/2 latch, mine: score ") and "100 sequences" not in lines[0]
    with pytest.raises(InvalidValue, match="layers: wrong returned int; expected a layer"):
        compare_recurrent_layers("latch", {"wrong": lambda plan: 3}, **options)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_answer_at_the_last_step_or_at_every_one_and_see_no_later_one(name):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 9, 3)).astype(np.float32)
    later = x.copy()
    later[:, 5:] += 1
    for every in (True, False):
        layer = LAYERS[name](LayerPlan(8, every, 9, 2))
        variables = layer.init(np.random.default_rng(0), (9, 3))
        found, other = (layer.apply(variables.params, each, variables.state)[0] for each in (x, later))
        assert found.shape[:-1] == ((2, 9) if every else (2,))
        if every:
            np.testing.assert_allclose(found[:, :5], other[:, :5], atol=1e-5)
        assert not np.allclose(found[:, -1] if every else found, other[:, -1] if every else other, atol=1e-3)


def test_every_task_is_made_and_told_apart_by_its_seed():
    for name in TASKS:
        task, same, other = make_task(name, 8, 20), make_task(name, 8, 20), make_task(name, 8, 20, seed=1)
        assert np.array_equal(task.x, same.x) and not np.array_equal((task.x, task.y), (other.x, other.y))
        assert not np.array_equal(task.y, make_task(name, 8, 20, part="test").y) or name == "latch"
        assert len(task.x) == len(task.y) == 8 and task.x.dtype == np.float32 and task.name == name and task.source


def test_every_task_has_a_plan_of_training():
    assert set(TRAINING) == set(TASKS) and all(TASKS[name].length >= TASKS[name].shortest for name in TASKS)


def test_forget_gates_begin_with_memories_up_to_the_length():
    bias = ChronoBias(50)(np.random.default_rng(0), (400,))
    steps = 1 + np.exp(bias[100:200])  # 1 / (1 - sigmoid(b)): the time constant of a cell whose gate has this bias
    assert steps.min() > 2 and steps.max() < 50 and np.median(steps) == pytest.approx(26, abs=8)  # uniform
    with pytest.raises(InvalidValue, match="at least 3 steps"):
        ChronoBias(2)


def test_mistakes_in_tasks():
    with pytest.raises(UnknownName, match='did you mean "adding"'):
        make_task("ading", 5)
    with pytest.raises(InvalidValue, match="at least 1 row, 12 steps"):
        make_task("reber", 5, 3)
    with pytest.raises(InvalidValue, match="at least one"):
        compare_recurrent_layers("adding", seeds=0)
    with pytest.raises(UnknownName, match="lstm"):
        compare_recurrent_layers("adding", "ltsm")
    with pytest.raises(InvalidValue, match="its options are n, symbols"):
        make_task("n_back", 5, lag=3)
    with pytest.raises(InvalidValue, match="expected n from 1 to 7"):
        make_task("n_back", 5, 8, n=8)
    with pytest.raises(InvalidValue, match="1259 images for training"):
        make_task("digit_rows", 5000)
    with pytest.raises(InvalidValue, match="labels= too"):
        make_task("digit_rows", 5, images=np.ones((20, 3, 3)))
    with pytest.raises(ShapeError, match="a label each"):
        make_task("digit_rows", 5, images=np.ones((20, 9)), labels=np.ones(20))
    with pytest.raises(DataError, match="pixels are 0"):
        make_task("digit_rows", 5, images=np.zeros((20, 3, 3)), labels=np.ones(20))
    with pytest.raises(InvalidValue, match="training, validation, test"):
        make_task("adding", 5, part="testing")
    with pytest.raises(ShapeError, match=r"answers of shape \(5, 1\); got \(5,\)"):
        make_task("adding", 5).score(np.ones(5))
