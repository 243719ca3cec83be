"""Stop rules: conditions, texts and errors."""

import datetime

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plastica.errors import InvalidValue, UnknownName
from plastica.training.stopping import MaxSteps, Reached, TimeLimit, Until, duration, stop_rules


def fired(rules, logs=None, seconds=0.0, steps=0):
    return [reason for rule in rules if (reason := rule.fired(logs or {}, seconds, steps))]


def test_losses_stop_below_and_scores_above():
    rules = stop_rules({"loss": 0.01, "val_accuracy": 0.95})
    assert fired(rules, {"loss": 0.02, "val_accuracy": 0.9}) == []
    assert fired(rules, {"loss": 0.01, "val_accuracy": 0.9}) == ["until: loss <= 0.01"]
    assert fired(rules, {"loss": 0.02, "val_accuracy": 0.95}) == ["until: val_accuracy >= 0.95"]
    assert fired(rules, {"loss": 0.0, "val_accuracy": 1.0}) == ["until: loss <= 0.01"]


def test_a_direction_may_be_said():
    assert fired(stop_rules({"temperature": (">=", 3)}), {"temperature": 3.0}) == ["until: temperature >= 3"]
    assert fired(stop_rules({"accuracy": ["<=", 0.5]}), {"accuracy": 0.6}) == []


@given(st.floats(allow_nan=False), st.floats())
def test_nan_reaches_nothing(wanted, figure):
    for how, compare in (("<=", np.less_equal), (">=", np.greater_equal)):
        assert bool(Reached("loss", how, wanted).fired({"loss": figure}, 0.0, 0)) == bool(compare(figure, wanted))


def test_figures_that_are_not_there_yet_reach_nothing():
    assert fired(stop_rules({"loss": 0.01})) == []


def test_time_and_steps():
    rules = stop_rules(time_limit="1m30s", max_steps=100)
    assert fired(rules, seconds=89.9, steps=99) == []
    assert fired(rules, seconds=90.0, steps=99) == ["time_limit"]
    assert fired(rules, seconds=0.0, steps=100) == ["max_steps"]


def test_rules_are_values():
    first, second = (stop_rules({"loss": 0.01}, "1m", 10) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first != stop_rules({"loss": 0.02}, "1m", 10)
    assert repr(first[0].rules[0]) == "Reached(name='loss', how='<=', value=0.01)"
    assert [repr(rule) for rule in first[1:]] == ["TimeLimit(seconds=60.0)", "MaxSteps(steps=10)"]
    assert [str(rule) for rule in first] == ["loss <= 0.01", "time_limit 60 s", "max_steps 10"]
    assert jax.tree.leaves(first) == [0.01, 60.0]


def test_rules_may_be_given_as_values():
    rule = Reached("loss", "<=", 0.01)
    assert stop_rules(rule) == (rule,)
    assert stop_rules([rule, TimeLimit("10m")]) == (rule, TimeLimit(600.0))
    assert stop_rules((Until((rule,)), MaxSteps(3))) == (Until((rule,)), MaxSteps(3))
    assert stop_rules() == ()
    assert stop_rules({"loss": np.float32(0.5)}) == (Until((Reached("loss", "<=", 0.5),)),)


def test_unknown_figures_are_named_with_what_there_is():
    (rule,) = stop_rules({"val_accuracy": 0.9})
    rule.check(["loss", "accuracy", "val_loss", "val_accuracy"])
    with pytest.raises(
        UnknownName, match=r'until: this run has no metric "val_accuracy"; did you mean "accuracy"'
    ) as error:
        rule.check(["loss", "accuracy"])
    assert "Available: loss, accuracy." in str(error.value)
    assert "pass validation_split= or validation_data= to fit" in str(error.value)
    TimeLimit(1).check([])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600),
        ("1h30m", 5400),
        ("1H 30M", 5400),
        ("1.5h", 5400),
        ("90", 90),
        ("90s", 90),
        ("2d", 172800),
        ("1d2h3m4s", 93784),
        (5, 5),
        (np.float32(2.5), 2.5),
        (datetime.timedelta(minutes=2), 120),
    ],
)
def test_durations_are_read(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "10x", "m", "30m1h", "-5", -5, 0, None, True, float("nan"), "1e3", "10mm"]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(
        InvalidValue, match=r"time_limit is .*; expected a positive number of seconds, or a string such as"
    ):
        duration(text)


@pytest.mark.parametrize(
    ("until", "message"),
    [
        ({}, "until is empty"),
        ("loss", "until is 'loss'; expected metrics and values"),
        (0.01, "until is 0.01"),
        ({"loss": "low"}, r"\"loss\" has the value 'low'; expected a number"),
        ({"loss": True}, "expected a number"),
        ({"loss": None}, "expected a number"),
        ({"loss": float("nan")}, "expected a number"),
        ({"loss": ("<", 1)}, 'has \'<\'; expected "<=" or ">="'),
        ({"loss": ("<=", 1, 2)}, "expected a number or a pair"),
        ({"temperature": 3}, r'cannot be inferred .* Pass \{"temperature": \("<=", 3\)\}'),
    ],
)
def test_what_cannot_be_read_is_refused(until, message):
    with pytest.raises(InvalidValue, match=message):
        stop_rules(until)


@pytest.mark.parametrize("steps", [0, -1, 1.5, "10", True])
def test_max_steps_is_a_whole_number(steps):
    with pytest.raises(InvalidValue, match="an integer of at least 1"):
        MaxSteps(steps)
