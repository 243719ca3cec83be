"""Connectivity laws compared with independent counts; absent connections remain absent with every rule."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.layers.connections import wiring

RNG = np.random.default_rng


def test_sparse_has_the_density_within_binomial_bounds():
    for density in (0.02, 0.5):
        mask = pl.Sparse(density).draw(RNG(0), 300, 400)
        spread = np.sqrt(density * (1 - density) / mask.size)
        assert abs(mask.mean() - density) < 4 * spread
        # As many connections to a unit as a binomial has, not a fixed number.
        assert np.var(mask.sum(0)) == pytest.approx(300 * density * (1 - density), rel=0.25)
    assert pl.Sparse(1).draw(RNG(0), 3, 4).all()


@pytest.mark.parametrize("grids", [None, ((20, 30), (25, 16))], ids=["line", "grid"])
def test_the_logarithm_of_the_share_of_connections_falls_by_one_over_the_length(grids):
    law = pl.DistanceDependent(
        0.2, 0.1, peak=0.8, **({} if grids is None else {"input_grid": grids[0], "unit_grid": grids[1]})
    )
    strength, far = law.draw(RNG(0), 600, 400), law.distances(600, 400)
    if grids is None:
        expected = np.abs((np.arange(600)[:, None] + 0.5) / 600 - (np.arange(400) + 0.5) / 400)
    else:
        row, column = np.divmod(np.arange(600), 30), np.divmod(np.arange(400), 16)
        down = (row[0][:, None] + 0.5) / 20 - (column[0] + 0.5) / 25
        expected = np.hypot(down, (row[1][:, None] + 0.5) / 30 - (column[1] + 0.5) / 16)
    np.testing.assert_allclose(far, expected, atol=1e-12)
    edges = np.linspace(0, 0.6, 13)
    bins = np.digitize(far, edges)
    share = [np.mean(strength[bins == place] > 0) for place in range(1, 13)]
    middle = [far[bins == place].mean() for place in range(1, 13)]
    slope, at_zero = np.polyfit(middle, np.log(share), 1)
    assert slope == pytest.approx(-1 / 0.2, rel=0.05)
    assert np.exp(at_zero) == pytest.approx(0.8, rel=0.05)
    there = strength > 0
    np.testing.assert_allclose(strength[there], np.exp(-far[there] / 0.1), rtol=1e-5)


def test_without_rewiring_the_small_world_is_the_ring_of_watts_and_strogatz():
    law = pl.SmallWorld(7, rewiring=0)
    mask = law.draw(RNG(0), 60, 60)
    apart = np.abs(np.arange(60)[:, None] - np.arange(60))
    np.testing.assert_array_equal(mask, np.minimum(apart, 60 - apart) <= 3)
    facts = wiring(mask, law.distances(60, 60))
    assert facts.clustering == pytest.approx(3 * (6 - 2) / (4 * (6 - 1)))  # 3 (k - 2) / 4 (k - 1) with k = 6
    assert facts.path_length == pytest.approx(np.mean([np.ceil(step / 3) for step in [*range(1, 31), *range(1, 30)]]))
    assert facts.mean_length == pytest.approx((1 + 2 + 3) * 2 / 7 / 60)
    assert facts.inputs_per_unit == 7
    wide = pl.SmallWorld(4, rewiring=0).draw(RNG(0), 30, 10)
    assert [list(np.flatnonzero(wide[:, unit])) for unit in (1, 2)] == [[2, 3, 4, 5], [5, 6, 7, 8]]


def test_between_ring_and_chance_lies_the_small_world():
    found = {}
    for rewiring in (0, 0.05, 1):
        mask = pl.SmallWorld(11, rewiring).draw(RNG(0), 200, 200)
        assert np.all(mask.sum(0) == 11)
        found[rewiring] = wiring(mask, np.zeros(mask.shape))
    assert found[0.05].clustering > 0.75 * found[0].clustering
    assert found[0.05].path_length < 0.5 * found[0].path_length
    # By chance each pair is connected with the probability 1 - (1 - 11/200)^2, in one direction or the other.
    assert found[1].clustering == pytest.approx(1 - (1 - 11 / 200) ** 2, rel=0.1)
    moved = pl.SmallWorld(11, 1).draw(RNG(1), 200, 200)
    assert abs(moved[np.arange(200), np.arange(200)].mean() - 11 / 200) < 4 * np.sqrt(0.055 * 0.945 / 200)


def test_wiring_agrees_with_counts_one_by_one():
    mask = pl.Sparse(0.15).draw(RNG(5), 25, 25)
    graph = [{j for j in range(25) if j != i and (mask[i, j] or mask[j, i])} for i in range(25)]
    local = []
    for known in graph:
        pairs = [(a, b) for a in known for b in known if a < b]
        local.append(sum(b in graph[a] for a, b in pairs) / len(pairs) if pairs else 0)
    steps = []
    for start in range(25):
        seen, front, far = {start}, {start}, 0
        while front:
            far, front = far + 1, {b for a in front for b in graph[a]} - seen
            seen |= front
            steps += [far] * len(front)
    facts = wiring(mask, np.ones(mask.shape))
    assert facts.clustering == pytest.approx(np.mean(local))
    assert facts.path_length == pytest.approx(np.mean(steps))
    assert facts.density == mask.mean()
    assert wiring(mask[:, :20], np.ones((25, 20))).clustering is None
    assert wiring(np.zeros((3, 3)), np.zeros((3, 3))).path_length is None


def connected(layer, shape=(12,), seed=0):
    params, state = layer.init(RNG(seed), shape)
    return params, state


def test_what_remains_of_the_weights_keeps_the_potentials_variance():
    whole, _ = connected(pl.Dense(400), (500,))
    for law in (pl.Sparse(0.1), pl.DistanceDependent(0.2, 0.1), pl.SmallWorld(20, 0.1)):
        params, _ = connected(pl.Wired(pl.Dense(400), law), (500,))
        assert np.mean(params["kernel"] ** 2) == pytest.approx(np.mean(whole["kernel"] ** 2), rel=0.05)


@pytest.mark.parametrize("rule", ["backprop", "oja", "sanger"])
def test_what_is_not_connected_stays_exactly_zero(rule):
    x, needs_loss = RNG(0).normal(size=(64, 12)), pl.rules.get(rule).needs_loss
    y = {"y": x @ RNG(1).normal(size=(12, 5))} if needs_loss else {}
    inner = pl.Dense(5, kernel_regularizer="l2" if needs_loss else None)
    model = pl.Sequential([pl.Wired(inner, pl.Sparse(0.4))])
    model.compile("adam" if needs_loss else None, "mse" if needs_loss else None, rule=rule)
    model.build((12,))
    before, there = np.asarray(model.params[0]["kernel"]), np.asarray(model.state[0]["mask"]) > 0
    model.fit(x, **y, epochs=3, verbose=0)
    after = np.asarray(model.params[0]["kernel"])
    np.testing.assert_array_equal(after != 0, there)
    assert np.all(after[there] != before[there])


def test_the_mask_comes_back_from_a_file(tmp_path):
    model = pl.Sequential([pl.Wired(pl.Dense(5), pl.Sparse(0.4))])
    model.build((12,))
    again = pl.load(model.save(tmp_path / "wired.plastica"))
    np.testing.assert_array_equal(again.state[0]["mask"], model.state[0]["mask"])
    assert again.layers == model.layers


def test_a_wired_layer_answers_as_a_plain_one_with_its_weights():
    for inner, shape in ((pl.Dense(5, activation="tanh"), (12,)), (pl.Conv2D(4, 2, activation="relu"), (5, 5, 3))):
        layer = pl.Wired(inner, pl.Sparse(0.5))
        params, state = connected(layer, shape)
        x = RNG(2).normal(size=(3, *shape)).astype(np.float32)
        np.testing.assert_allclose(layer.apply(params, x, state)[0], inner.apply(params, x)[0], rtol=1e-6)
        assert state["mask"].shape == params["kernel"].shape[-2:]
        assert layer.output_activation == inner.output_activation
        facts = layer.wiring(state)
        assert facts.density == pytest.approx(np.mean(params["kernel"] != 0))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: pl.Sparse(0), "probability above 0"),
        (lambda: pl.DistanceDependent(0), "expected a length above 0"),
        (lambda: pl.DistanceDependent(0.1, -1), "strength_length=-1"),
        (lambda: pl.DistanceDependent(0.1, peak=2), "probability above 0"),
        (lambda: pl.DistanceDependent(0.1, input_grid=(2, 2)), "both input_grid and unit_grid"),
        (lambda: pl.SmallWorld(0), "neighbours=0.*expected at least 1"),
        (lambda: pl.SmallWorld(3, 1.5), "expected a fraction"),
        (lambda: pl.Wired(pl.Flatten(), pl.Sparse(0.5)), "layer of units with one kernel"),
        (lambda: pl.Wired(pl.Wired(pl.Dense(3), pl.Sparse(0.5)), pl.Sparse(0.5)), "that is not wired"),
        (lambda: pl.Wired(pl.Dense(3), 0.5), "expected a law such as Sparse"),
    ],
)
def test_laws_that_are_none_are_refused(make, said):
    with pytest.raises(pl.errors.InvalidValue, match=said):
        make()


def test_laws_that_do_not_fit_the_sizes_are_refused():
    with pytest.raises(pl.errors.ShapeError, match="only 5 inputs"):
        pl.SmallWorld(6).draw(RNG(0), 5, 5)
    with pytest.raises(pl.errors.ShapeError, match=r"a grid of \(3, 3\) has 9 cells, but there are 8 inputs"):
        pl.DistanceDependent(0.1, input_grid=[3, 3], unit_grid=[2, 2]).draw(RNG(0), 8, 4)
