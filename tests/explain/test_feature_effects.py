"""Effects of categories, dates and missing numbers: closed forms of additive functions, and scikit-learn's curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars
import pytest
from sklearn.compose import make_column_transformer
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import plastica as pl
from plastica.errors import DataError, InvalidValue, UnknownName
from plastica.explain.category_order import order_by_likeness
from plastica.language import using
from plastica.settings import Settings
from plastica.tables import TableNetwork

RANDOM = np.random.default_rng(0)
TOWNS = np.array(["Ely", "Rye", "Bath"])[RANDOM.choice(3, 120, p=[0.5, 0.3, 0.2])]
SIZE = RANDOM.normal(size=120) + (TOWNS == "Rye")
WORTH = {"Ely": 1.0, "Rye": 4.0, "Bath": -2.0}
FRAME = pd.DataFrame({"size": SIZE, "town": TOWNS})


def price(frame):
    return 3 * frame["size"].to_numpy() + frame["town"].map(WORTH).to_numpy()


def test_the_effect_of_a_category_is_that_of_its_values_in_an_additive_function(tmp_path):
    found = pl.explain.partial_dependence(price, FRAME, "town")
    assert found.is_category and found.labels == ("Ely", "Rye", "Bath")  # the most frequent first
    np.testing.assert_allclose(found.mean[:, 0], [3 * SIZE.mean() + WORTH[each] for each in found.labels])
    assert found.curves.shape == (120, 3, 1) and found.heterogeneity[0] == pytest.approx(0, abs=1e-9)
    assert found.to_frame()["value"].to_list() == ["Ely", "Rye", "Bath"]
    said = found.sentences()[0]
    assert "lowest" in said and "if town is Bath" in said and "if it is Rye" in said
    found.plot(tmp_path / "town.svg")
    assert "Bath" in (tmp_path / "town.svg").read_text()
    with using("zh"):
        assert "平均回答最低" in found.sentences()[0]


def test_accumulated_effects_of_a_category_are_centred_on_the_rows_though_it_is_correlated():
    found = pl.explain.accumulated_local_effects(price, FRAME, "town")
    mean = np.mean([WORTH[each] for each in TOWNS])
    told = dict(zip(found.labels, found.mean[:, 0], strict=True))
    assert told == pytest.approx({name: value - mean for name, value in WORTH.items()})


def test_curves_of_a_pipeline_are_those_of_scikit_learn():
    encode = make_column_transformer((OneHotEncoder(), ["town"]), remainder="passthrough")
    model = make_pipeline(encode, LogisticRegression()).fit(FRAME, SIZE + (TOWNS == "Bath") > 0.3)
    found = pl.explain.partial_dependence(model, FRAME, "town")
    expected = partial_dependence(model, FRAME, ["town"], kind="both", categorical_features=["town"])
    order = [list(expected["grid_values"][0]).index(each) for each in found.labels]
    np.testing.assert_allclose(found.mean[:, 1], expected["average"][0][order], atol=1e-12)
    np.testing.assert_allclose(found.curves[..., 1], expected["individual"][0][:, order], atol=1e-12)


def test_one_hot_columns_are_one_category():
    hot = np.stack([each == TOWNS for each in WORTH], 1).astype(float)
    x = np.concatenate([SIZE[:, None], hot], 1)
    worth = np.array([*WORTH.values()])
    named = {"feature_names": ["size", "Ely", "Rye", "Bath"], "groups": {"town": ["Ely", "Rye", "Bath"]}}
    found = pl.explain.partial_dependence(lambda x: 3 * x[:, 0] + x[:, 1:] @ worth, x, "town", **named)
    assert found.labels == ("Ely", "Rye", "Bath")
    np.testing.assert_allclose(found.mean[:, 0], [3 * SIZE.mean() + WORTH[each] for each in found.labels])


def test_missing_numbers_of_a_frame_are_left_out_of_the_grid():
    frame = polars.DataFrame({"size": [1.0, None, 2.0, 4.0], "town": ["a", "b", None, "a"]})
    found = pl.explain.partial_dependence(lambda x: x["size"].fill_null(0).to_numpy(), frame, "size")
    np.testing.assert_allclose(found.mean[:, 0], found.grid)
    assert set(found.grid) <= {1.0, 2.0, 4.0}
    towns = pl.explain.partial_dependence(lambda x: (x["town"] == "a").fill_null(False).to_numpy(), frame, "town")
    assert dict(zip(towns.labels, towns.mean[:, 0], strict=True)) == {"a": 1, "b": 0, "(missing)": 0}


def test_missing_numbers_of_a_background_do_not_hide_its_range():
    frame = pd.DataFrame({"size": [1.0, np.nan, 3.0], "town": ["a", "b", "a"]})
    row = pd.DataFrame({"size": [2.0, 9.0], "town": ["a", "a"]})
    found = pl.explain.exact_shap(lambda x: x["size"].fillna(0).to_numpy(), row, frame)
    assert found.notes == ("row 1: size = 9 lies outside of the background, 1 to 3.",)


def test_dates_of_a_frame_are_in_order():
    days = pd.date_range("2026-01-01", periods=40)
    frame = pd.DataFrame({"day": days[::-1], "size": np.arange(40.0)})

    def age(frame):
        return (pd.to_datetime(frame["day"]) - days[0]).dt.days.to_numpy() + frame["size"].to_numpy()

    found = pl.explain.partial_dependence(age, frame, "day", grid=5)
    assert not found.is_category and found.labels[0].startswith("2026-01-0") and (np.diff(found.grid) > 0).all()
    np.testing.assert_allclose(np.diff(found.mean[:, 0]), np.diff(found.grid) / 86_400)
    local = pl.explain.accumulated_local_effects(age, frame, "day", bins=4)
    np.testing.assert_allclose(np.diff(local.mean[:, 0]), np.diff(local.grid) / 86_400)


def test_categories_stand_beside_those_that_are_alike():
    own = np.repeat([0, 1, 2, 3], 50)
    place = np.array([0.0, 3.0, 1.0, 2.0])[own]
    order = order_by_likeness(own, 4, (place + RANDOM.normal(size=200) * 0.3)[:, None])
    assert order.tolist() in ([0, 2, 3, 1], [1, 3, 2, 0])
    texts = np.array(["a", "b", "a", "b"])[own][:, None]
    alike = order_by_likeness(own, 4, texts.astype(object)).tolist()
    assert abs(alike.index(0) - alike.index(2)) == 1 and abs(alike.index(1) - alike.index(3)) == 1


@pytest.fixture(scope="module")
def network():
    days = np.datetime64("2026-01-01") + np.arange(120)
    table = {
        "size": [None if place == 5 else float(value) for place, value in enumerate(SIZE)],
        "town": TOWNS.tolist(),
        "day": [str(day) for day in days],
        "remark": [f"the house at number {place} has {place % 7} rooms and a garden" for place in range(120)],
        "price": price(FRAME),
    }
    settings = Settings(layers=(8,), network="mlp", epochs=30, kinds={"remark": "text"}, baselines=())
    return TableNetwork.fit(table, "price", settings), table


def test_columns_of_a_table_are_set_as_they_are_written(network, tmp_path):
    made, table = network
    for column in ("size", "town", "day"):
        found = pl.explain.table_effect(made, table, column, rows=range(40), points=5)
        for place in range(len(found.grid)):
            value = found.labels[place] if found.labels else found.grid[place]
            changed = {name: values[:40] for name, values in table.items()} | {column: [value] * 40}
            np.testing.assert_allclose(found.curves[:, place, 0], made.predict(changed).labels, rtol=1e-5)
        if column == "day":
            assert found.labels[0] == "2026-01-02" and not found.is_category
            found.plot(tmp_path / "day.svg")
            assert found.labels[0] in (tmp_path / "day.svg").read_text()
    local = pl.explain.table_effect(made, table, "size", method="accumulated_local_effects", rows=120)
    assert local.mean[-1, 0] > local.mean[0, 0] and local.curves is None


def test_what_has_no_effect_is_refused(network):
    made, table = network
    with pytest.raises(InvalidValue, match="'remark' is free text"):
        pl.explain.table_effect(made, table, "remark")
    with pytest.raises(UnknownName, match="no column 'siz'; did you mean \"size\""):
        pl.explain.table_effect(made, table, "siz")
    with pytest.raises(InvalidValue, match="expected partial_dependence or"):
        pl.explain.table_effect(made, table, "size", method="ale")
    one = {name: values[:1] for name, values in table.items()}
    for column in ("size", "town"):
        with pytest.raises(DataError, match=f"'{column}' is .* in all 1 rows"):
            pl.explain.table_effect(made, one, column)
    alike = pd.DataFrame({"size": [1.0, 2.0, 3.0], "town": ["Ely"] * 3})
    with pytest.raises(DataError, match="'town' is Ely in all 3 rows"):
        pl.explain.partial_dependence(price, alike, "town")
