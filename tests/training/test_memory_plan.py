"""As many members at once as fit into memory; the rest in turns of the same program."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.training import calls, memory
from plastica.training.side_by_side import advance_members

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X.sum(1)


def population(seeds):
    model = pl.Sequential([pl.Dense(4, "tanh"), pl.Dense(1)])
    model.compile("adam", "mse")
    return pl.Population(model, seeds=seeds)


def trained(seeds=5):
    made = population(seeds)
    made.fit(X, Y, 8, 3, verbose=0, validation_split=0.2)
    return made


def test_members_that_do_not_fit_at_once_take_turns_in_one_program(monkeypatch):
    whole, shapes = trained(), []

    def noted(members, *rest):
        shapes.append(jax.tree.map(np.shape, members))
        return advance_members(members, *rest)

    monkeypatch.setattr("plastica.training.stacked.advance_members", noted)
    monkeypatch.setattr(memory, "bytes_of", lambda member: 1000)
    monkeypatch.setattr(memory, "free_bytes", lambda: int(2 * 1000 / memory.SHARE))
    turned = trained()
    assert {shape.key[0] for shape in shapes} == {2} and len({str(shape) for shape in shapes}) == 1
    for one, other in zip(whole, turned, strict=True):
        for mine, its in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(mine, its, rtol=0, atol=1e-6)
    assert whole.history.values() == pytest.approx(turned.history.values(), abs=1e-6)


def test_turns_have_equal_sizes_and_at_least_one_member(monkeypatch):
    seen = []
    original = calls.turns_of
    monkeypatch.setattr(calls, "turns_of", lambda members: seen.append(members) or original(members))
    trained()
    (members,) = seen
    a_member = memory.bytes_of(members[0])
    assert 3 * 4 * 3 * 21 < a_member < 2048
    for fit, expected in [(100, [5]), (4, [3, 2]), (2, [2, 2, 1]), (0.1, [1] * 5)]:
        monkeypatch.setattr(memory, "free_bytes", lambda fit=fit: int(fit * a_member / memory.SHARE) + 1)
        assert [len(turn) for turn in memory.turns_of(members)] == expected


def test_the_memory_of_this_machine_is_known():
    assert memory.free_bytes() > 1 << 20
