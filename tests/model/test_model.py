"""Any layer is a model."""

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X[:, :1] - X[:, 1:2]
NETWORKS = {
    "one layer": pl.Dense(1),
    "sequential": pl.layers.Sequential([pl.Dense(4, "tanh"), pl.Dense(1)]),
    "residual": pl.Residual([pl.Dense(4, "tanh"), pl.Dense(3)]),
    "branches": pl.Branches([pl.Dense(2, "tanh"), pl.Dense(1)]),
    "ensemble": pl.Ensemble([pl.Dense(4, "tanh"), pl.Dense(3)], copies=2),
}


def trained(network):
    model = pl.Model(network, seed=3)
    targets = np.repeat(Y, 3, axis=1) if model.network.output_shape((3,)) == (3,) else Y
    loss = pl.losses.MemberLoss(pl.losses.MeanSquaredError()) if isinstance(network, pl.Ensemble) else "mse"
    model.compile("adam", loss)
    history = model.fit(X, np.repeat(Y, 3, axis=1) if loss != "mse" else targets, epochs=3, batch_size=8, verbose=0)
    return model, history.history["loss"]


@pytest.mark.parametrize("kind", NETWORKS)
def test_any_layer_learns_answers_and_is_saved(kind, tmp_path):
    model, losses = trained(NETWORKS[kind])
    assert losses[-1] < losses[0]
    again = pl.load(model.save(tmp_path / "net.plastica"))
    assert type(again) is (pl.Sequential if kind == "sequential" else pl.Model)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.network == model.network


@pytest.mark.parametrize("kind", NETWORKS)
def test_any_layer_shows_itself(kind, capsys):
    model, _ = trained(NETWORKS[kind])
    model.summary()
    assert f"{model.count_params():,}" in capsys.readouterr().out
    assert model.trace(X[:5])[-1].activity.shape[0] == 5
    assert model.draw().axes
    arrays = model.get_weights()
    model.set_weights([array * 0 for array in arrays])
    assert not np.concatenate([array.ravel() for array in model.get_weights()]).any()


def test_a_sequential_network_in_a_model_learns_what_sequential_learns():
    layers = [pl.Dense(4, "tanh"), pl.Dense(1)]
    model, losses = trained(pl.layers.Sequential(layers))
    plain = pl.Sequential(layers, seed=3)
    plain.compile("adam", "mse")
    assert plain.fit(X, Y, epochs=3, batch_size=8, verbose=0).history["loss"] == losses
    for one, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_no_layer_is_refused():
    with pytest.raises(InvalidValue, match=r"Model\(\[Dense.*give a layer"):
        pl.Model([pl.Dense(3)])
