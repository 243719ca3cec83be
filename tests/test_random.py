"""The counter-based hash has the statistics of independent uniform words."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from plastica import random
from plastica.errors import InvalidValue, ShapeError

ALPHA = 1e-4  # samples are fixed, so a test always passes or always fails; this accounts for multiple tests

KEY = random.seed_key(20)
SIZE = 1 << 16


def words(key, *shape):
    return np.asarray(random.bits(key, shape))


def keys_of(seeds, steps, layers):
    """Every (seed, step, layer), as ``(n, 2)`` keys."""

    def key_of(key, step, layer):
        return random.fold(random.fold(key, step), layer)

    over_layers = jax.vmap(key_of, (None, None, 0))
    over_steps = jax.vmap(over_layers, (None, 0, None))
    keys = jnp.asarray(np.stack([random.seed_key(seed) for seed in seeds]))
    made = jax.jit(jax.vmap(over_steps, (0, None, None)))(keys, jnp.arange(steps), jnp.arange(layers))
    return np.asarray(made).reshape(-1, 2)


def streams(keys, size):
    return np.asarray(jax.jit(jax.vmap(lambda key: random.bits(key, (size,))))(jnp.asarray(keys)))


def assert_uncorrelated(a, b):
    """All bits of ``a`` are independent of all bits of ``b``, and so are the numbers."""
    a, b = a.ravel(), b.ravel()
    bound = stats.norm.isf(ALPHA / (2 * 32 * 32)) / np.sqrt(a.size)
    assert abs(np.corrcoef(a, b)[0, 1]) < bound
    shifts = np.arange(32, dtype=np.uint32)[:, None]
    signs_a, signs_b = ((x >> shifts & 1).astype(np.float32) * 2 - 1 for x in (a, b))
    assert np.abs(signs_a @ signs_b.T / a.size).max() < bound


def assert_uniform_counts(counts):
    assert ALPHA < stats.chisquare(counts).pvalue < 1 - ALPHA


def test_words_stay_what_they_are():
    """Saved runs can be resumed bit-identically only if these numbers never change."""
    assert random.seed_key(0).tolist() == [380914762, 1577500788]
    assert random.fold(random.seed_key(0), 1).tolist() == [3409860411, 3009613108]
    assert words(random.seed_key(0), 4).tolist() == [42930908, 2513464643, 2189813594, 2833277913]


@pytest.mark.parametrize("key", [KEY, np.zeros(2, np.uint32), np.array([1, 0], np.uint32)], ids=str)
def test_every_bit_is_even(key):
    ones = (words(key, SIZE)[:, None] >> np.arange(32, dtype=np.uint32) & 1).sum(0)
    assert np.abs(ones / SIZE - 0.5).max() < stats.norm.isf(ALPHA / 64) / (2 * np.sqrt(SIZE))


@pytest.mark.parametrize("shift", [0, 8, 16, 24])
@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_every_byte_is_uniform(shift, seed):
    byte = words(random.seed_key(seed), SIZE) >> shift & 0xFF
    assert_uniform_counts(np.bincount(byte, minlength=256))


@pytest.mark.parametrize("lag", [1, 2, 3, 32, 512, 1 << 12])
@pytest.mark.parametrize("shift", [0, 28], ids=["low", "high"])
def test_pairs_of_positions_are_uniform(lag, shift):
    nibble = words(KEY, SIZE) >> shift & 0xF
    pairs = nibble[:-lag].astype(int) * 16 + nibble[lag:]
    assert_uniform_counts(np.bincount(pairs, minlength=256))


@pytest.mark.parametrize("lag", [1, 2, 512, 1 << 15])
def test_positions_are_uncorrelated(lag):
    drawn = words(KEY, SIZE)
    assert_uncorrelated(drawn[:-lag], drawn[lag:])


@pytest.mark.parametrize("other", [1, 2, 3, 1 << 16, 1 << 31])
def test_steps_are_uncorrelated(other):
    assert_uncorrelated(words(random.fold(KEY, 0), SIZE), words(random.fold(KEY, other), SIZE))


def test_layers_and_seeds_are_uncorrelated():
    step = random.fold(KEY, 7)
    here = words(random.fold(step, 0), SIZE)
    assert_uncorrelated(here, words(random.fold(step, 1), SIZE))
    assert_uncorrelated(here, words(random.fold(random.fold(random.seed_key(21), 7), 0), SIZE))
    assert_uncorrelated(here, words(step, SIZE))


@pytest.mark.parametrize("change", [(1, 0), (1 << 31, 0), (0, 1), (0, 1 << 31), (3, 5)], ids=str)
def test_keys_that_differ_in_a_bit_are_uncorrelated(change):
    assert_uncorrelated(words(KEY, SIZE), words(KEY ^ np.array(change, np.uint32), SIZE))


def test_one_unit_over_many_steps_is_uniform():
    """The words for dropout: those of each position over 4,000 steps, and the variance of the units' keep counts."""
    drawn = streams(keys_of([3], 4000, 1), 64)
    for position in (0, 1, 63):
        assert_uniform_counts(np.bincount(drawn[:, position] >> 24, minlength=256))
        assert_uncorrelated(drawn[:-1, position], drawn[1:, position])
    kept = (drawn < 0.9 * 2**32).sum(0)
    spread = ((kept - 3600) ** 2 / (4000 * 0.9 * 0.1)).sum()
    assert ALPHA < stats.chi2.sf(spread, 64) < 1 - ALPHA


def test_no_two_of_100000_uses_share_a_key_or_a_stream():
    keys = keys_of(range(20), 500, 10)
    assert len(np.unique(keys, axis=0)) == len(keys) == 100_000
    assert len(np.unique(streams(keys, 2), axis=0)) == len(keys)


def test_birthday_spacings():
    """Marsaglia's birthday spacings, which detect counters: 4 equal gaps among 4,096 sorted words are expected."""
    drawn = np.sort(streams(keys_of([5], 200, 1), 4096).astype(np.int64))
    gaps = np.sort(np.diff(drawn))
    equal = (np.diff(gaps) == 0).sum()
    assert ALPHA < stats.poisson.cdf(equal, 200 * 4096**3 / 2**34) < 1 - ALPHA


def test_streams_do_not_overlap():
    """A million words of 1,000 uses have the expected number of collisions (birthdays), also when shifted."""
    drawn = streams(keys_of(range(5), 20, 10), 1024).ravel()
    expected = drawn.size**2 / 2 / 2**32
    repeated = drawn.size - len(np.unique(drawn))
    assert ALPHA < stats.poisson.cdf(repeated, expected) < 1 - ALPHA


@pytest.mark.parametrize("part", ["number", "first word", "second word"])
def test_fold_has_avalanche(part):
    """Flipping one bit of the number or the key flips each bit of the result in half of all cases."""
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 2**32, (4096, 2), np.uint32)
    numbers = np.arange(4096, dtype=np.uint32)
    fold = jax.jit(jax.vmap(random.fold))
    before = np.asarray(fold(keys, numbers))
    for bit in range(32):
        flip = np.uint32(1 << bit)
        change = {"number": 0, "first word": np.array([flip, 0]), "second word": np.array([0, flip])}[part]
        after = fold(keys ^ np.uint32(change), numbers ^ flip if part == "number" else numbers)
        turned = (before ^ np.asarray(after))[..., None] >> np.arange(32, dtype=np.uint32) & 1
        assert np.abs(turned.mean(0) - 0.5).max() < stats.norm.isf(ALPHA / (64 * 32)) / (2 * 64)


@pytest.mark.parametrize("number", [0, 1, 2**31, 2**32 - 1, np.int32(5), np.uint32(2**32 - 1)])
def test_fold_is_the_same_on_the_host_and_traced(number):
    on_host = random.fold(KEY, number)
    assert isinstance(on_host, np.ndarray)
    assert on_host.dtype == np.uint32
    traced = jax.jit(random.fold)(KEY, np.uint32(number))
    np.testing.assert_array_equal(on_host, traced)
    np.testing.assert_array_equal(on_host, random.fold(jnp.asarray(KEY), number))


def test_population_equals_loop():
    keys = np.stack([random.seed_key(seed) for seed in range(3)])
    for draw in (random.bits, random.uniform, random.normal):
        together = jax.jit(jax.vmap(lambda key, draw=draw: draw(key, (5, 7))))(keys)
        np.testing.assert_array_equal(
            together, np.stack([jax.jit(draw, static_argnums=1)(key, (5, 7)) for key in keys])
        )


def test_a_prefix_is_the_same_whatever_the_length():
    np.testing.assert_array_equal(words(KEY, 3, 5), words(KEY, 8, 5)[:3])


def test_uniform_fills_the_half_open_interval():
    drawn = np.asarray(random.uniform(KEY, (512, 512)))
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > ALPHA
    for power in range(1, 5):
        variance = 1 / (2 * power + 1) - 1 / (power + 1) ** 2
        error = (drawn.astype(float) ** power).mean() - 1 / (power + 1)
        assert abs(error) < 4 * np.sqrt(variance / drawn.size)


@pytest.mark.parametrize("probability", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_bernoulli_is_true_as_often_as_asked(probability):
    drawn = np.asarray(random.bernoulli(KEY, probability, (512, 512)))
    assert drawn.dtype == bool
    assert stats.binomtest(int(drawn.sum()), drawn.size, probability).pvalue > ALPHA


def test_bernoulli_at_the_ends_and_with_a_probability_for_each_column():
    drawn = np.asarray(random.bernoulli(KEY, jnp.array([0.0, 1.0, 0.25]), (4096, 3)))
    assert not drawn[:, 0].any()
    assert drawn[:, 1].all()
    assert stats.binomtest(int(drawn[:, 2].sum()), 4096, 0.25).pvalue > ALPHA


def test_another_probability_compiles_nothing():
    traces = []

    @jax.jit
    def draw(probability):
        traces.append(probability)
        return random.bernoulli(KEY, probability, (4,))

    draw(0.1), draw(0.2)
    assert len(traces) == 1


def test_normal_is_normal():
    drawn = np.asarray(random.normal(KEY, (512, 512))).ravel()
    assert drawn.dtype == np.float32
    assert stats.kstest(drawn, "norm").pvalue > ALPHA
    moments = [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]  # E z^p and the variance of z^p
    for power, mean, variance in moments:
        assert abs((drawn.astype(float) ** power).mean() - mean) < 4 * np.sqrt(variance / drawn.size)
    for limit in (2, 3, 4):
        beyond = int((np.abs(drawn) > limit).sum())
        assert stats.binomtest(beyond, drawn.size, 2 * stats.norm.sf(limit)).pvalue > ALPHA


def test_inverse_erf_beside_scipy():
    ends = np.array([1, 3, 2**22 + 1, 2**23 - 3, 2**23 - 1])
    odd = np.concatenate([np.random.default_rng(0).integers(-(2**22), 2**22, 100_000) * 2 + 1, ends, -ends])
    got = jax.jit(random._inverse_erf)((odd * 2.0**-23).astype(np.float32))
    np.testing.assert_allclose(got, special.erfinv(odd * 2.0**-23), rtol=4e-7)


def test_wide_numbers_change_nothing():
    narrow = [np.asarray(draw(KEY, (9,))) for draw in (random.bits, random.uniform, random.normal)]
    with jax.enable_x64(True):
        wide = [np.asarray(draw(KEY, (9,))) for draw in (random.bits, random.uniform, random.normal)]
    for a, b in zip(narrow, wide, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_a_seed_out_of_range_is_refused():
    for seed in (-1, 2**64):
        with pytest.raises(InvalidValue, match=f"seed is {seed}; expected a whole number from 0"):
            random.seed_key(seed)


def test_too_many_positions_are_refused():
    with pytest.raises(ShapeError, match="the maximum per draw is 2\\*\\*32 - 1"):
        random.bits(KEY, (1 << 16, 1 << 16))
