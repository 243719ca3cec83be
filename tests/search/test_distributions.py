"""Distributions of hyper-parameters: values, places, grids, errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.search.names import strategy_of
from plastica.search.space import Space
from plastica.search.strategies import GridSearch, RandomSearch

ALL = [
    pl.Uniform(-1, 3),
    pl.LogUniform(1e-4, 1),
    pl.IntUniform(2, 9),
    pl.IntUniform(8, 512, log=True),
    pl.Choice(["sgd", "adam", "rmsprop"]),
]
PLACES = np.linspace(0.01, 0.99, 29)


@pytest.mark.parametrize("distribution", ALL, ids=repr)
def test_places_and_values_correspond(distribution):
    values = [distribution.at(place) for place in PLACES]
    again = [distribution.at(distribution.place_of(value)) for value in values]
    assert again == values
    if not isinstance(distribution, pl.Choice):
        assert values == sorted(values)
        assert all(distribution.low <= value <= distribution.high for value in values)
        assert distribution.grid(5)[0] == distribution.low and distribution.grid(5)[-1] == distribution.high


def test_distributions_are_values():
    again = eval(repr(ALL), {name: getattr(pl, name) for name in ("Uniform", "LogUniform", "IntUniform", "Choice")})
    assert again == ALL and len({*again, *ALL}) == len(ALL)
    with pytest.raises(AttributeError):
        ALL[0].low = 0


def test_the_median_of_a_logarithmic_range_is_its_geometric_mean():
    rng = np.random.default_rng(0)
    drawn = [pl.LogUniform(1e-4, 1e-2).draw(rng) for _ in range(4000)]
    assert abs(np.log10(np.median(drawn)) + 3) < 0.06
    assert abs(np.mean(np.array(drawn) < 1e-3) - 0.5) < 0.03


def test_whole_numbers_are_equally_frequent_bounds_included():
    rng = np.random.default_rng(1)
    _, counts = np.unique([pl.IntUniform(1, 4).draw(rng) for _ in range(4000)], return_counts=True)
    assert len(counts) == 4 and counts.min() > 900


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: pl.Uniform(1, 1), "the lower one first"),
        (lambda: pl.Uniform(0, float("inf")), "two finite numbers"),
        (lambda: pl.LogUniform(0, 1), "begins above 0"),
        (lambda: pl.IntUniform(0.5, 3), "give whole numbers"),
        (lambda: pl.Choice([]), "an empty choice has no value"),
        (lambda: Space({}), "give settings by name"),
        (lambda: Space({"units": []}), "an empty grid has no member"),
        (lambda: GridSearch(points=1), "at least 2"),
        (lambda: pl.Choice([1]).scaled(1, 2), "no values that can change during training"),
        (lambda: GridSearch(3).count(Space({"a": pl.Uniform(0, 1), "b": [1, 2]}), 5), "6 combinations, but trials=5"),
        (lambda: strategy_of("rondom"), 'did you mean "random"'),
    ],
)
def test_bad_distributions_are_said(made, message):
    with pytest.raises(ValueError, match=message):
        made()
    assert issubclass(InvalidValue, ValueError)


def test_a_grid_has_every_combination():
    space = Space({"a": pl.Uniform(0, 1), "b": ["x", "y"]})
    found = GridSearch(3).proposals(space, None, 0)
    expected = [{"a": a, "b": b} for a, b in itertools.product([0.0, 0.5, 1.0], ["x", "y"])]
    assert [*found.ask(4), *found.ask(10)] == expected


def test_a_random_trial_depends_on_the_seed_and_its_number_alone():
    space = Space({"a": pl.Uniform(0, 1), "b": pl.LogUniform(0.1, 1)})
    one, other = RandomSearch().proposals(space, 5, 3), RandomSearch().proposals(space, 9, 3)
    straight = one.ask(5)
    assert [*other.ask(2), *other.ask(3)] == straight and one.ask(1) == []
    assert RandomSearch().proposals(space, 5, 4).ask(5) != straight
