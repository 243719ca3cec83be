"""A program of one's own has every service of fit; a GAN and a VAE show it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.declaration import declaration
from plastica.errors import InvalidValue, NotFinite

ROOT = Path(__file__).parents[2]


def example(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for the names in annotations
    spec.loader.exec_module(module)
    return module


@declaration
class LeastSquares(pl.Program):
    """A linear network, trained by gradient descent on the squared error; as Supervised does it."""

    network: pl.Layer
    rate: float = 0.1
    means = ("bias",)

    def begin(self, params, state, key):
        return (), {"steps": jnp.zeros((), jnp.int32)}

    def error(self, params, batch):
        squares = (self.respond(params, ((),), (), batch.x) - batch.y) ** 2
        return jnp.sum(jnp.mean(squares, -1) * batch.weight) / batch.size

    def judge(self, params, state, memory, batch):
        return pl.BatchFigures(self.error(params, batch), {"bias": params[0]["bias"][0]})

    def step(self, learner, batch, key):
        figures = self.judge(learner.params, learner.state, (), batch)
        gradient = jax.grad(self.error)(learner.params, batch)
        params = jax.tree.map(lambda w, g: w - self.rate * g, learner.params, gradient)
        return learner._replace(params=params, optimizer={"steps": learner.optimizer["steps"] + 1}), figures

    def respond(self, params, state, memory, x):
        return self.network.apply(params, x, state)[0]

    @property
    def learning_rate(self):
        return self.rate

    def with_learning_rate(self, rate):
        return LeastSquares(self.network, rate)


X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
Y = X @ np.array([[1.0], [-2.0], [0.5]], np.float32) + 3
NETWORK = pl.layers.Sequential([pl.Dense(1)])


def supervised():
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.SGD(0.1), "mse")
    return model


def same(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_learns_what_the_rule_learns_and_is_watched_and_validated():
    own, plain = pl.Model(LeastSquares(NETWORK)), supervised()
    options = {"epochs": 4, "batch_size": 16, "verbose": 0, "validation_data": (X[:9], Y[:9])}
    found, expected = own.fit(X, Y, **options).history, plain.fit(X, Y, **options).history
    assert list(found) == ["loss", "bias", "val_loss", "val_bias"]
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, rel=1e-5)
    assert found["val_bias"][-1] == pytest.approx(float(own.get_weights()[1][0]), rel=1e-5)
    np.testing.assert_allclose(own.predict(X), plain.predict(X), rtol=1e-4, atol=1e-5)
    assert own.evaluate(X, Y, verbose=0) == pytest.approx([plain.evaluate(X, Y, verbose=0), found["val_bias"][-1]])
    assert int(own.learner.optimizer["steps"]) == 16


def test_stopping_and_learning_rates_serve_it():
    model = pl.Model(LeastSquares(NETWORK))
    reduce = pl.ReduceLROnPlateau("loss", patience=1, factor=0.5, min_delta=100.0)
    history = model.fit(X, Y, epochs=50, verbose=0, until={"loss": 5.0}, callbacks=[reduce])
    assert history.stopped_by == "until: loss <= 5" and history.history["loss"][-1] <= 5
    assert model.learning_rate < 0.1 and model.program == LeastSquares(NETWORK, model.learning_rate)
    best = pl.EarlyStopping("val_loss", patience=0, restore_best_weights=True)
    assert model.fit(X, Y, epochs=3, verbose=0, validation_data=(X, Y), callbacks=[best]).epoch == [0, 1, 2]


def test_it_is_resumed_and_saved_to_the_bit(tmp_path):
    straight, begun, resumed = (pl.Model(LeastSquares(NETWORK)) for _ in range(3))
    straight.fit(X, Y, epochs=5, verbose=0)
    begun.fit(X, Y, epochs=2, verbose=0, checkpoint=tmp_path / "run")
    begun.save(tmp_path / "net")
    resumed.fit(X, Y, epochs=5, verbose=0, checkpoint=tmp_path / "run", resume=True)
    loaded = pl.load(tmp_path / "net", custom={"LeastSquares": LeastSquares})
    assert loaded.program == begun.program
    loaded.fit(X, Y, epochs=5, initial_epoch=2, verbose=0)
    same(resumed, straight)
    same(loaded, straight)
    with pytest.raises(pl.errors.FileError, match="class 'LeastSquares' is somebody's own"):
        pl.load(tmp_path / "net")


def test_numbers_that_are_not_finite_are_explained_and_undone():
    model = pl.Model(LeastSquares(NETWORK, 1e30))
    with pytest.raises(NotFinite, match=r"the loss is not finite.*learning rate ten times smaller"):
        model.fit(X, Y, epochs=3, verbose=0)
    assert all(np.isfinite(array).all() for array in model.get_weights())
    quiet = pl.Model(LeastSquares(NETWORK, 1e30))
    quiet.fit(X, Y, epochs=3, verbose=0, callbacks=[pl.TerminateOnNaN()])
    assert quiet.stop_reason.startswith("not finite")


def test_its_floats_are_traced_so_that_another_rate_compiles_nothing():
    from plastica.training import advance

    pl.Model(LeastSquares(NETWORK, 0.03)).fit(X, Y, verbose=0)
    programs = advance._cache_size()
    pl.Model(LeastSquares(NETWORK, 0.01)).fit(X, Y, verbose=0)
    assert advance._cache_size() == programs


@declaration
class Misnamed(LeastSquares):
    means = ("weight",)


def test_what_does_not_fit_is_refused():
    model = pl.Model(LeastSquares(NETWORK))
    with pytest.raises(InvalidValue, match=r"compile\(\) belongs to networks that a rule trains.*LeastSquares"):
        model.compile("sgd", "mse")
    with pytest.raises(InvalidValue, match="the optimizer belongs to networks"):
        _ = model.optimizer
    with pytest.raises(InvalidValue, match="figures bias, but the program's means are weight"):
        pl.Model(Misnamed(NETWORK)).fit(X, Y, verbose=0)
    gan = example("gan")
    players = pl.Model(gan.Adversarial(NETWORK, NETWORK, pl.optimizers.SGD()))
    with pytest.raises(InvalidValue, match="Adversarial does not say what its learning_rate is"):
        _ = players.learning_rate
    players.build((2,))
    with pytest.raises(InvalidValue, match="no forward pass in common"):
        players.trace(np.zeros((3, 2)))


def test_a_gan_covers_a_ring_of_eight_gaussians(tmp_path):
    gan = example("gan")
    samples, model = gan.main(verbose=0)
    distances = np.linalg.norm(samples[:, None] - gan.CENTRES, axis=-1)
    assert (distances.min(1) < 0.4).mean() > 0.9  # four standard deviations
    counts = np.bincount(distances.argmin(1), minlength=8)
    assert counts.min() > 100  # of 250 each
    assert set(model.history.history) == {"loss", "generator_loss", "discriminator_loss"}
    model.save(tmp_path / "gan")
    loaded = pl.load(tmp_path / "gan", custom={"Adversarial": gan.Adversarial})
    noise = np.random.default_rng(5).normal(size=(3, gan.NOISE))
    np.testing.assert_array_equal(loaded.predict(noise), model.predict(noise))


def test_a_vae_bounds_the_evidence_of_digits_better_than_the_mean_digit():
    vae = example("vae")
    model, history, bound, baseline = vae.main(epochs=40, verbose=0)
    assert bound > baseline + 2  # nats a digit
    assert history["val_kl"][-1] > 2 / vae.PIXELS  # the code carries information
    assert vae.draw(model, 2).shape == (2, 8, 8)


def test_single_batches_are_steps_of_the_program_too():
    model = pl.Model(LeastSquares(NETWORK))
    first = model.train_on_batch(X, Y, return_dict=True)
    assert list(first) == model.metrics_names == ["loss", "bias"]
    assert model.train_on_batch(X, Y)[0] < first["loss"]
