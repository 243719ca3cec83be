"""A search for the settings of a network for a table: held-out rows, folds, the comparison with the default."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.data.inputs import as_table
from plastica.errors import InvalidValue, UnknownName
from plastica.evaluation.intervals import Figure
from plastica.search.facts import facts_of_search, said
from plastica.search.parsing import space_from
from plastica.search.tables import folds_of, table_search
from plastica.search.verdict import beyond_default
from plastica.settings import Settings
from plastica.tables.preparation import prepare

SETTINGS = Settings(members=1, layers=(8,), epochs=4, patience=3)
SPACE = {"learning_rate": pl.LogUniform(1e-3, 0.3)}


def prepared_table(rows=160, settings=SETTINGS, **columns):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3))
    y = np.where(x[:, 0] + 0.5 * x[:, 1] + 0.5 * rng.normal(size=rows) > 0, "yes", "no")
    frame = polars.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y, **columns})
    return prepare(as_table(frame), "y", settings)


@pytest.fixture(scope="module")
def prepared():
    return prepared_table()


@pytest.fixture(scope="module")
def found(prepared):
    search = table_search(prepared, SETTINGS, SPACE, trials=4, folds=2)
    search.fit()
    return search


def test_the_default_is_tried_first_and_to_its_end(found):
    assert found.search.trials[0].settings == {"learning_rate": 2e-3}
    assert found.search.trials[0].epochs == 4 and len(found.search.trials) == 5
    assert found.search.strategy == pl.SuccessiveHalving(spared=1)
    facts = facts_of_search(found)
    assert facts.to_dict()["space"] == {"learning_rate": "0.001..0.3:log"} and facts.folds == 2


def test_a_leak_planted_in_held_out_rows_is_not_found(prepared, found):
    held_out = np.setdiff1d(np.arange(len(prepared.x)), prepared.split.train)
    assert len(held_out) == len(prepared.split.validation) + len(prepared.split.test) == 64
    x, y = prepared.x.copy(), prepared.y.copy()
    y[held_out] = 1 - y[held_out]
    x[held_out] = 100 * y[held_out, None] - 50
    leaky = table_search(dataclasses.replace(prepared, x=x, y=y), SETTINGS, SPACE, trials=4, folds=2)
    leaky.fit()
    assert leaky.search.leaderboard().equals(found.search.leaderboard())


def test_the_winner_is_compared_with_the_default_row_by_row(prepared, found):
    winner, default = found.models
    held = prepared.split.validation
    y = prepared.y[held]

    def losses(models):
        shares = [model.predict(prepared.x[held])[:, 0, 0].astype(float) for model in models]
        return np.mean([-np.log(np.where(y == 1, share, 1 - share)) for share in shares], axis=0)

    gaps = losses(winner) - losses(default)
    beyond = found.beyond_default()
    assert beyond.rows == len(held) == 32 and beyond.measure == "log_loss"
    assert beyond.difference.value == pytest.approx(gaps.mean(), rel=1e-4)
    half = 2.0395 * gaps.std(ddof=1) / np.sqrt(32)  # Student's quantile for 31 degrees of freedom
    assert beyond.difference.high == pytest.approx(gaps.mean() + half, rel=1e-3)
    outcome = "better" if gaps.mean() + half < 0 else "worse" if gaps.mean() - half > 0 else "no_better"
    assert beyond.outcome == outcome
    assert beyond_default(prepared, default, winner).difference.value == pytest.approx(-gaps.mean(), rel=1e-4)


def test_the_default_against_itself_is_the_same(prepared, found):
    default = found.models[1]
    assert beyond_default(prepared, default, default).outcome == "same"
    assert beyond_default(prepared, default, default).difference == Figure(0.0, 0.0, 0.0)


def test_numbers_are_compared_by_squared_error():
    rng = np.random.default_rng(1)
    x = rng.normal(size=120)
    table = as_table(polars.DataFrame({"x": x, "y": 1000 * x + 100 * rng.normal(size=120)}))
    prepared = prepare(table, "y", SETTINGS)
    search = table_search(prepared, SETTINGS, {"learning_rate": [1e-5, 0.02]}, strategy="grid", folds=2)
    search.fit()
    beyond = search.beyond_default()
    assert search.winner.learning_rate == 0.02 and beyond.measure == "squared_error"
    assert beyond.winner < beyond.default < 3  # of variances, not of units


def test_folds_are_divided_as_the_table_is(prepared):
    folds = folds_of(prepared, 3, 0)
    labels = prepared.y[prepared.split.train]
    assert sorted(np.concatenate([held for _, held in folds])) == list(range(96))
    assert np.ptp([labels[held].mean() for _, held in folds]) < 0.05
    grouped = prepared_table(
        160, group=[f"g{number % 20}" for number in range(160)], settings=Settings(split="group:group")
    )
    groups = np.array(grouped.table.column("group").to_list())[grouped.split.train]
    for train, held in folds_of(grouped, 3, 0):
        assert not set(groups[train]) & set(groups[held])
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(160)]
    timed = prepared_table(160, day=days, settings=Settings(split="time:day"))
    stamps = timed.scheme.series.stamps[timed.split.train]
    found = folds_of(timed, 3, 0)
    assert len(found) == 3 and all(stamps[train].max() < stamps[held].min() for train, held in found)


@pytest.mark.parametrize(
    ("space", "error", "message"),
    [
        ({"learning_rat": [0.1]}, UnknownName, 'no setting that a search can vary; did you mean "learning_rate"'),
        ({"label_smoothing": [0.1]}, UnknownName, "changes the loss by which trials are compared"),
        ({"dropout": pl.Uniform(0.5, 2)}, InvalidValue, '"dropout" does not take 1.0'),
        ({"batch_size": []}, InvalidValue, "an empty grid has no member"),
    ],
)
def test_what_cannot_be_searched_is_said(prepared, space, error, message):
    with pytest.raises(error, match=message):
        table_search(prepared, SETTINGS, space)


def test_a_winner_needs_rows_that_judge_it():
    without = Settings(validation=0)
    with pytest.raises(InvalidValue, match="on the validation set: set it above 0"):
        table_search(prepared_table(settings=without), without)
    with pytest.raises(InvalidValue, match="folds=1"):
        folds_of(prepared_table(), 1, 0)


def test_more_folds_than_the_rows_allow_are_refused_and_the_usual_number_shrinks():
    with pytest.raises(
        InvalidValue, match="folds=400 of 96 training rows: a fold needs at least 10 rows; give at most 9"
    ):
        table_search(prepared_table(), SETTINGS, folds=400)
    small = prepared_table(40)
    assert len(small.split.train) == 24 and table_search(small, SETTINGS).folds == 2


def test_a_space_is_read_from_texts_and_files(tmp_path):
    texts = [
        "learning_rate=1e-4..1e-1:log",
        "dropout=0..0.5",
        "layers=64|64,32|0",
        "batch_size=16..64:log",
        "optimizer=adam|sgd",
    ]
    found = space_from(texts)
    assert found == {
        "learning_rate": pl.LogUniform(1e-4, 0.1),
        "dropout": pl.Uniform(0.0, 0.5),
        "layers": pl.Choice([(64,), (64, 32), ()]),
        "batch_size": pl.IntUniform(16, 64, log=True),
        "optimizer": pl.Choice(["adam", "sgd"]),
    }
    path = tmp_path / "space.toml"
    path.write_text('learning_rate = "1e-4..1e-1:log"\nlayers = [[64], [64, 32], []]\ndropout = "0..0.5"\n')
    assert space_from([str(path), "dropout=0.1"]) == {
        **{name: found[name] for name in ("learning_rate", "layers")},
        "dropout": pl.Choice([0.1]),
    }
    assert said(found["layers"]) == "64 | 64,32 | none"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dropout", "is no setting with its values"),
        ("dropout=", "is no setting with its values"),
        ("dropout=a..b", "has no two numbers"),
        ("dropout=0..1:lin", 'the only ending is ":log"'),
        ("layers=64,x", "has no whole numbers of units"),
        ("missing.toml", "cannot be read"),
    ],
)
def test_bad_texts_of_a_space_are_said(text, message):
    with pytest.raises(Exception, match=message):
        space_from([text])
