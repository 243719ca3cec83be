"""Members are divided among the cores, and kinds of members are computed side by side: with the same results."""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.training import calls
from plastica.training.calls import InParts, KindShare, MemberKind

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5])


def predictions_with(cores, monkeypatch):
    monkeypatch.setattr(calls, "count_cores", lambda: cores)
    model = pl.Sequential([pl.Dense(4, activation="tanh"), pl.Dense(1)])
    model.compile("sgd", "mse")
    population = pl.Population(model, {"layers.0.activation": ["tanh", "sigmoid"]}, seeds=17)
    run = []
    population.fit(X, Y, epochs=3, batch_size=16, verbose=0, hooks=run.append)
    return population.predict(X).members, run[0].compute


def test_members_learn_the_same_on_one_core_and_on_several(monkeypatch):
    alone, one = predictions_with(1, monkeypatch)
    together, several = predictions_with(2, monkeypatch)
    assert [len(part.shares) for part in one.parts] == [1, 1]
    assert [len(part.shares) for part in several.parts] == [2, 2]
    assert sorted(place for part in several.parts for share in part.shares for place in share.places) == list(range(34))
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


def made(value: Any) -> Any:
    """Return a computation of one call that gives a value."""
    return lambda given, meanwhile: {number: value() for number in given}


def test_the_longest_part_is_first_and_threads_have_the_precision_of_the_caller(monkeypatch):
    monkeypatch.setattr(calls, "count_cores", lambda: 2)
    parts = [
        MemberKind([KindShare([place], made(lambda: jnp.ones(1)))], work, False) for place, work in enumerate((1, 3, 2))
    ]
    compute = InParts(parts)
    assert [part.work for part in compute.parts] == [3, 2, 1]
    every = cast(Any, dict.fromkeys(range(3)))
    for x64 in (True, False):
        with jax.enable_x64(x64):
            found = cast(Any, compute(every, lambda: None))
        assert sorted(found) == [0, 1, 2]
        assert {each.dtype for each in found.values()} == {np.dtype("float64" if x64 else "float32")}


def test_a_mistake_in_one_part_reaches_the_caller(monkeypatch):
    monkeypatch.setattr(calls, "count_cores", lambda: 2)

    def fails() -> None:
        raise ValueError("no step")

    parts = [MemberKind([KindShare([place], made(each))], 1, False) for place, each in enumerate((fails, lambda: None))]
    with pytest.raises(ValueError, match="no step"):
        InParts(parts)(cast(Any, dict.fromkeys(range(2))), lambda: None)
