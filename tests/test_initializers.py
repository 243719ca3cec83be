import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest
from keras.src.initializers.random_initializers import compute_fans
from scipy import stats

from plastica import initializers
from plastica.errors import InvalidValue, ShapeError, UnknownName
from plastica.initializers import CustomInitializer, fans, get

SHAPE = (3, 3, 40, 60)  # fan_in 360, fan_out 540
FAN_IN, FAN_OUT = 360, 540
STDDEV = {
    "glorot": (2 / (FAN_IN + FAN_OUT)) ** 0.5,
    "he": (2 / FAN_IN) ** 0.5,
    "lecun": (1 / FAN_IN) ** 0.5,
}
ALPHA = 1e-4
CUT = 0.87962566103423978  # the constant of Keras: the standard deviation after truncation at two


def draw(value, shape=SHAPE, seed=0):
    return get(value)(np.random.default_rng(seed), shape)


def assert_uniform(values, low, high):
    assert stats.kstest(values.ravel(), "uniform", (low, high - low)).pvalue > ALPHA
    assert low <= values.min() < low + 0.001 * (high - low)
    assert high >= values.max() > high - 0.001 * (high - low)


def assert_cut_normal(values, mean, stddev):
    """A normal distribution with ``stddev`` before truncation at two standard deviations."""
    assert stats.kstest(values.ravel(), "truncnorm", (-2, 2, mean, stddev)).pvalue > ALPHA
    assert 1.98 * stddev < np.abs(values - mean).max() <= 2 * stddev * (1 + 1e-6)
    assert abs(values.std() / (CUT * stddev) - 1) < 0.01


@pytest.mark.parametrize("shape", [(), (7,), (5, 9), (3, 5, 9), (3, 4, 5, 9), (2, 3, 4, 5, 9)], ids=str)
def test_fans_equal_to_keras(shape):
    assert fans(shape) == compute_fans(shape)


@pytest.mark.parametrize("family", STDDEV)
def test_uniform_families_have_their_bounds(family):
    limit = 3**0.5 * STDDEV[family]
    assert_uniform(draw(f"{family}_uniform"), -limit, limit)


@pytest.mark.parametrize("family", STDDEV)
def test_normal_families_have_their_variance_after_the_cut(family):
    values = draw(f"{family}_normal")
    assert_cut_normal(values, 0, STDDEV[family] / CUT)
    assert abs(values.std() / STDDEV[family] - 1) < 0.01


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 360), ("fan_out", 540), ("fan_avg", 450)])
@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
def test_variance_scaling_has_its_variance(mode, fan, distribution):
    values = draw(initializers.VarianceScaling(3.0, mode, distribution))
    assert abs(values.var() * fan / 3 - 1) < 0.02
    assert abs(values.mean()) < 4 * values.std() / values.size**0.5


def test_plain_distributions():
    assert_uniform(draw("random_uniform"), -0.05, 0.05)
    assert_uniform(draw(initializers.RandomUniform(1, 3)), 1, 3)
    assert_cut_normal(draw("truncated_normal"), 0, 0.05)
    assert_cut_normal(draw(initializers.TruncatedNormal(2, 0.5)), 2, 0.5)
    assert stats.kstest(draw("random_normal").ravel(), stats.norm(0, 0.05).cdf).pvalue > ALPHA
    assert stats.kstest(draw(initializers.RandomNormal(2, 0.5)).ravel(), stats.norm(2, 0.5).cdf).pvalue > ALPHA
    assert (get("normal"), get("uniform")) == (get("random_normal"), get("random_uniform"))


def test_constants():
    assert not draw("zeros").any()
    assert (draw("ones") == 1).all()
    assert not draw("constant").any()
    assert (draw(initializers.Constant(0.3)) == np.float32(0.3)).all()
    assert (draw(initializers.Identity(2), (3, 4)) == 2 * np.eye(3, 4)).all()


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9), (3, 3, 2, 5), (1, 1)], ids=str)
def test_orthogonal_has_orthonormal_rows_or_columns(shape):
    matrix = draw(initializers.Orthogonal(gain=2.0), shape).reshape(-1, shape[-1]).astype(float) / 2
    small = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-6)


def test_orthogonal_is_drawn_uniformly():
    """Each entry of a uniform rotation has mean 0 and mean square 1 / n, but not without the signs of QR."""
    rng = np.random.default_rng(0)
    many = np.stack([get("orthogonal")(rng, (3, 3)) for _ in range(2000)])
    assert np.abs(many.mean(0)).max() < 4.5 / (3 * 2000) ** 0.5
    np.testing.assert_allclose((many**2).mean(0), 1 / 3, atol=0.035)


@pytest.mark.parametrize("name", sorted(initializers.NAMES))
def test_float32_and_the_same_for_the_same_seed(name):
    shape = (8, 8)
    first, again, other = draw(name, shape), draw(name, shape), draw(name, shape, seed=1)
    assert (first.dtype, first.shape) == (np.float32, shape)
    assert first.flags.writeable
    np.testing.assert_array_equal(first, again)
    if name not in ("zeros", "ones", "constant", "identity"):
        assert (first != other).any()


@pytest.mark.parametrize("name", sorted(set(initializers.NAMES) - {"orthogonal", "identity"}))
def test_biases_and_empty_arrays(name):
    assert draw(name, (5,)).shape == (5,)
    assert draw(name, (0, 5)).shape == (0, 5)


def test_get_takes_what_a_person_may_give():
    def own(rng, shape):
        return rng.exponential(size=shape)

    assert get(initializers.HeNormal) == get("he_normal") == get(get("he_normal")) == initializers.HeNormal()
    assert get(own) == CustomInitializer(own)
    assert draw(own).dtype == np.float32
    assert repr(get("glorot_uniform")) == "GlorotUniform()"
    assert repr(initializers.VarianceScaling(2, mode="fan_out")) == "VarianceScaling(scale=2.0, mode='fan_out')"


def test_errors_say_what_to_give():
    with pytest.raises(UnknownName, match='unknown initializer "he_norm"; did you mean "he_normal"'):
        get("he_norm")
    with pytest.raises(InvalidValue, match=r"initializer=0.1: expected a name, an Initializer or a function"):
        get(0.1)
    with pytest.raises(InvalidValue, match="CustomInitializer: function is 3; expected a function"):
        CustomInitializer(3)
    with pytest.raises(ShapeError, match=r"returned an array of shape \(2,\); expected \(3,\)"):
        draw(lambda rng, shape: np.zeros(2), (3,))
    with pytest.raises(ShapeError, match=r"Orthogonal: got the shape \(3,\); it needs at least two axes"):
        draw("orthogonal", (3,))
    with pytest.raises(ShapeError, match=r"Identity: got the shape \(3, 3, 3\); it needs exactly two axes"):
        draw("identity", (3, 3, 3))
    with pytest.raises(InvalidValue, match=r"RandomNormal: stddev is -1.0; it cannot be negative"):
        initializers.RandomNormal(stddev=-1)
    with pytest.raises(InvalidValue, match="TruncatedNormal: stddev is nan"):
        initializers.TruncatedNormal(stddev=float("nan"))
    with pytest.raises(InvalidValue, match=r"RandomUniform: minval=2.0 is above maxval=1.0; swap them"):
        initializers.RandomUniform(2, 1)
    with pytest.raises(InvalidValue, match=r"VarianceScaling: scale is 0.0; it must be above 0"):
        initializers.VarianceScaling(0)
    with pytest.raises(InvalidValue, match="VarianceScaling: mode is 'in'; expected one of fan_in, fan_out, fan_avg"):
        initializers.VarianceScaling(mode="in")
    with pytest.raises(
        InvalidValue, match="VarianceScaling: distribution is 'normal'; expected one of truncated_normal"
    ):
        initializers.VarianceScaling(distribution="normal")
