"""Runs with more steps than the range of int32."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.training import run as host
from plastica.training.batches import Planner
from plastica.training.share import MOST_COUNTED, made_before, progress_of

X = np.random.default_rng(0).normal(size=(80, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]
LOOK = pl.LambdaCallback(on_train_batch_end=lambda batch, logs: None)


def trained(epochs, rule="backprop", callbacks=None, **options):
    model = pl.Sequential([pl.Dense(2), pl.Dropout(0.1)] if rule == "backprop" else [pl.Dense(2)])
    if rule == "backprop":
        model.add(pl.Dense(1))
        model.compile("adam", "mse")
    else:
        model.compile(rule=rule)
    y = Y if rule == "backprop" else None
    model.fit(X, y, batch_size=16, epochs=epochs, verbose=0, callbacks=callbacks, max_steps=12, **options)
    return model.get_weights()


@pytest.mark.parametrize("epochs", [2**31 // 5 + 1, 10**9, MOST_COUNTED])
def test_a_run_may_have_more_steps_than_an_int32_counts(epochs):
    for one, other in zip(trained(epochs), trained(100), strict=True):
        np.testing.assert_array_equal(one, other)


def test_its_bits_do_not_depend_on_how_it_is_cut(monkeypatch):
    whole = trained(10**9, "competitive")
    found = [trained(10**9, "competitive", [LOOK])]
    monkeypatch.setattr(host, "SECONDS_A_CALL", 1e-9)
    found.append(trained(10**9, "competitive"))
    for weights in found:
        np.testing.assert_array_equal(weights[0], whole[0])


@pytest.mark.parametrize("epochs", [4, 10**9])
def test_the_share_of_the_run_is_that_of_its_steps(epochs):
    batches, first = 5, 7
    for step in (0, 3, 5, 17, epochs * batches // 2 + 1, epochs * batches - 1):
        plan_start = step // batches * batches
        before = made_before(first, batches, plan_start, epochs)
        share = progress_of(before, 0, step - plan_start, batches)
        assert float(share) == pytest.approx(step / (epochs * batches), rel=1e-6)
        assert before[0] == first + step // batches


def test_the_optimizers_count_stands_still_at_its_end():
    optimizer, params = pl.optimizers.SGD(0.1), {"w": np.ones(2, np.float32)}
    state = {**optimizer.init(params), "step": np.int32(2**31 - 2)}
    for _ in range(3):
        _, state = optimizer.update(params, state, params)
    assert int(state["step"]) == 2**31 - 1


def test_more_epochs_or_rows_than_are_counted_are_refused_in_words():
    with pytest.raises(InvalidValue, match=r"epochs=2147483648: the maximum is 2147483647.*time_limit="):
        trained(2**31)
    with pytest.raises(InvalidValue, match=r"3000000000 rows: at most 2147483647.*blocks"):
        Planner(3_000_000_000, 32, 0, True, 0)
