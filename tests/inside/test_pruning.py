"""Pruning: nothing pruned is the network bit for bit, the right weights go, pruned ones stay 0, tickets rewind."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.inside.magnitudes import cuts, pruned, scores_of, sparsity_of

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(80, 6)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


def network(rule="backprop", optimizer="adam"):
    model = pl.Sequential([pl.Dense(8, "relu"), pl.Dense(2, "softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], rule=rule)
    model.build((6,))
    return model


@pytest.fixture(scope="module")
def trained():
    model = network()
    model.fit(X, Y, epochs=15, verbose=0)
    return model


@pytest.fixture(scope="module")
def curves(trained):
    return pl.inside.pruning_curves(trained, X, Y, sparsities=[0, 0.5, 0.9, 1], fine_tune=3, train=(X, Y))


def test_nothing_pruned_is_the_network_bit_for_bit(trained, curves):
    scores = scores_of(trained.params)
    params, _ = pruned((trained.params, scores, trained.state), cuts(scores, 0.0, "global"))
    for one, other in zip(jax.tree.leaves(params), jax.tree.leaves(trained.params), strict=True):
        np.testing.assert_array_equal(one, other)
    own = pl.inside.pruning_curves(trained, X, Y, sparsities=[0.0])
    assert len({float(found["loss"][0]) for found in own.curves.values()}) == 1
    assert curves.curves["magnitude"]["loss"][0] == pytest.approx(trained.evaluate(X, Y, verbose=0)[0], rel=1e-5)


@pytest.mark.parametrize("scope", ["global", "layer"])
@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_the_smallest_weights_are_pruned_and_only_they(trained, scope, share):
    scores = scores_of(trained.params)
    params, _ = pruned((trained.params, scores, trained.state), cuts(scores, share, scope))
    kernels = [
        (np.asarray(own["kernel"]), np.asarray(new["kernel"])) for own, new in zip(trained.params, params, strict=True)
    ]
    groups = (
        kernels if scope == "layer" else [tuple(np.concatenate([each[k].ravel() for each in kernels]) for k in (0, 1))]
    )
    for before, after in groups:
        gone, kept = np.abs(before[after == 0]), np.abs(before[after != 0])
        assert len(gone) == round(share * before.size)
        assert not len(kept) or gone.max() < kept.min()
    for own, new in zip(trained.params, params, strict=True):
        np.testing.assert_array_equal(own["bias"], new["bias"])


def test_each_kernel_is_also_pruned_alone(trained, curves):
    weights = trained.get_weights()
    alone = network()
    alone.set_weights([weights[0] * (np.abs(weights[0]) >= np.sort(np.abs(weights[0]).ravel())[24]), *weights[1:]])
    expected = alone.evaluate(X, Y, verbose=0)[0]
    assert curves.curves["layer 0, Dense: kernel"]["loss"][1] == pytest.approx(expected, rel=1e-5)


def test_fine_tuned_networks_stay_pruned_and_do_better(curves):
    assert [sparsity_of(model.params) for model in curves.models] == [0, 0.5, pytest.approx(0.9, abs=0.01), 1]
    assert curves.curves["fine-tuned"]["loss"][2] < curves.curves["magnitude"]["loss"][2]
    assert type(curves.models[1].compiled.rule).__name__ == "Backprop"
    assert "After fine-tuning" in repr(curves)


def test_pruned_weights_stay_pruned_under_momentum_clipping_and_decay(trained):
    tuned = network(optimizer=pl.optimizers.AdamW(1e-2, weight_decay=0.1, clipnorm=0.1))
    tuned.set_weights(trained.get_weights())
    found = pl.inside.pruning_curves(tuned, X, Y, sparsities=[0.8], fine_tune=2, train=(X, Y), batch_size=16)
    assert sparsity_of(found.models[1].params) == pytest.approx(0.8, abs=0.01)


def test_curves_are_tables_and_pictures(curves, tmp_path):
    assert set(curves.to_frame()["curve"]) == set(curves.curves) and curves.monitor == "accuracy"
    assert "connections can be pruned by magnitude" in repr(curves)
    curves.plot(tmp_path / "a.svg")
    assert "smallest weights, fine-tuned" in (tmp_path / "a.svg").read_text()


@pytest.fixture(scope="module")
def tickets():
    return pl.inside.lottery_tickets(
        network(), X[:60], Y[:60], validation_data=(X[60:], Y[60:]), epochs=3, rounds=2, seeds=2
    )


def test_tickets_have_half_of_the_connections_of_the_round_before(tickets, tmp_path):
    np.testing.assert_allclose(tickets.remaining, [1, 0.5, 0.25])
    for number, remaining in enumerate(tickets.remaining):
        for model in tickets.models[number]:
            assert 1 - sparsity_of(model.params) == pytest.approx(remaining, abs=0.01)
    first, second = (np.asarray(models[0].params[0]["kernel"]) for models in tickets.models[1:])
    assert not (second[first == 0]).any()
    frame = tickets.to_frame()
    assert frame.height == 3 * 3 * 2 and set(frame["kind"]) == {"ticket", "reinitialized", "random"}
    whole = frame.filter(frame["remaining"] == 1)
    assert whole["loss"].n_unique() == 2  # in round 0 all kinds are the whole networks
    assert "the same connections with new weights" in repr(tickets)
    tickets.plot(tmp_path / "a.svg")


def test_without_steps_tickets_keep_their_first_weights():
    model = network(optimizer=pl.optimizers.SGD(0.0))
    found = pl.inside.lottery_tickets(model, X, Y, validation_data=(X, Y), epochs=2, rewind=1, rounds=1, seeds=1)
    ticket, first = (np.asarray(each.params[0]["kernel"]) for each in (found.models[1][0], network()))
    np.testing.assert_array_equal(ticket[ticket != 0], first[ticket != 0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sparsities": [0.5, 1.5]}, "expected shares between 0 and 1"),
        ({"scope": "unit"}, r"scope='unit'\): expected one of global, layer"),
        ({"fine_tune": 2}, r"fine_tune=2\): pass train=\(x, y\)"),
    ],
)
def test_what_cannot_be_pruned_is_refused(given, message):
    with pytest.raises(InvalidValue, match=message):
        pl.inside.pruning_curves(network(), X, Y, **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"share": 1}, r"share=1\): expected a share between 0 and 1"),
        ({"rewind": 3}, r"rewind=3\): expected an epoch before the last, epochs=3"),
        ({"scope": "unit"}, "expected one of global, layer"),
    ],
)
def test_what_makes_no_tickets_is_refused(given, message):
    with pytest.raises(InvalidValue, match=message):
        pl.inside.lottery_tickets(network(), X, Y, validation_data=(X, Y), epochs=3, **given)


def test_networks_without_kernels_or_gradients_are_refused():
    model = pl.Sequential([pl.Flatten()])
    model.compile("sgd", "mse")
    with pytest.raises(InvalidValue, match="the network has no kernel"):
        pl.inside.pruning_curves(model, X, X)
    with pytest.raises(InvalidValue, match="trained by backpropagation, and this model by FeedbackAlignment"):
        pl.inside.lottery_tickets(network("feedback_alignment"), X, Y, validation_data=(X, Y), epochs=1)
