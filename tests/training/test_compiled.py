"""Programs that are compiled with fewer optimizations give the same results."""

import numpy as np
import pytest

import plastica as pl
from plastica.layers import Dense, Dropout, Ensemble, Residual, Sequential
from plastica.training import compiled
from plastica.training.batches import ANSWER_ROWS, PART_ROWS, parts

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X[:, :1] - X[:, 1:2]


@pytest.fixture
def fresh():
    compiled._compiled_fast.cache_clear()
    yield
    compiled._compiled_fast.cache_clear()


def ensemble():
    model = pl.Sequential([Ensemble([Dense(4, "tanh"), Dropout(0.1), Dense(1)], copies=2)], seed=1)
    model.compile("adam", pl.losses.MemberLoss(pl.losses.MeanSquaredError()))
    return model


def test_a_network_with_an_ensemble_anywhere_in_it_is_compiled_fast():
    inner = Ensemble([Dense(4)], copies=2)
    assert compiled.compiled_for(Sequential([Residual([inner])])) is not compiled.FAST_STEPS
    assert compiled.compiled_for(Sequential([Residual([Dense(4)])])) is compiled.FAST_STEPS


def test_both_kinds_of_program_learn_the_same(monkeypatch, fresh):
    quick = ensemble()
    losses = quick.fit(X, Y, epochs=3, verbose=0).history["loss"]
    monkeypatch.setattr(compiled, "COMPILES_FAST", {})
    compiled._compiled_fast.cache_clear()
    slow = ensemble()
    np.testing.assert_allclose(slow.fit(X, Y, epochs=3, verbose=0).history["loss"], losses, rtol=1e-5)
    np.testing.assert_allclose(slow.predict(X), quick.predict(X), rtol=1e-4, atol=1e-6)


def test_an_xla_that_does_not_know_the_options_compiles_as_it_does(monkeypatch, fresh):
    monkeypatch.setattr(compiled, "COMPILES_FAST", {"xla_no_such_option": True})
    assert compiled.compiled_for(Ensemble([Dense(4)])) is compiled.FAST_STEPS


def test_few_programs_answer_any_number_of_small_rows():
    rooms = {parts(rows, ANSWER_ROWS, 10)[1] for rows in range(ANSWER_ROWS + 1, 3 * PART_ROWS, 997)}
    assert rooms == {PART_ROWS}
    assert {parts(rows, ANSWER_ROWS, 10)[1] for rows in range(114, ANSWER_ROWS + 1)} <= {120, 128}


def test_rows_whose_answers_are_large_take_little_room():
    numbers = 500_000  # a row of 2 MB: a full part would take 65 GB
    assert parts(200, ANSWER_ROWS, numbers)[1] == 208
