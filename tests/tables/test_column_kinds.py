"""Kinds of columns in estimators, networks for tables and files read in parts, and their notes."""

import decimal

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest
from sklearn.base import clone

import plastica as pl
from plastica.errors import DataError, InvalidValue, PlasticaWarning
from plastica.tables import Settings, TableNetwork
from plastica.tables.streamed import fit_streaming

CODES = np.arange(240) * 7 % 12
FRAME = pd.DataFrame({"code": CODES, "x": np.sin(np.arange(240))})
LABELS = np.array(["no", "yes"])[CODES * 5 % 11 % 2]
SMALL = {"network": "mlp", "layers": (4,), "epochs": 1, "random_state": 0}
QUICK = Settings(network="mlp", layers=(4,), epochs=1, baselines=())


def as_categories(kind):
    """The frame with its codes declared categories."""
    if kind == "pandas":
        return FRAME.astype({"code": "category"})
    if kind == "polars":
        return polars.from_pandas(FRAME).with_columns(polars.col("code").cast(polars.String).cast(polars.Categorical))
    if kind == "enum":
        words = polars.Enum([str(code) for code in range(12)])
        return polars.from_pandas(FRAME).with_columns(polars.col("code").cast(polars.String).cast(words))
    return pa.table({"code": pa.array(CODES).dictionary_encode(), "x": pa.array(FRAME["x"])})


def wide(network):
    return [(column.name, column.kind) for column in network.columns], len(network.layout.codes)


WANTED = [("code", "category"), ("x", "number")], 1


@pytest.mark.parametrize("kind", ["pandas", "polars", "enum", "pyarrow"])
def test_categories_of_numbers_are_categories_in_every_frame(kind):
    frame = as_categories(kind)
    made = pl.NetworkClassifier(**SMALL).fit(frame, LABELS)
    assert wide(made.encoder_) == WANTED
    assert wide(pl.NetworkRegressor(**SMALL).fit(frame, CODES * 1.5).encoder_) == WANTED
    np.testing.assert_array_equal(made.predict_proba(frame), made.predict_proba(FRAME.astype({"code": "str"})))


def test_categories_of_numbers_in_networks_for_tables_and_in_parquet(tmp_path):
    frame = as_categories("pandas").assign(y=LABELS)
    frame.to_parquet(tmp_path / "t.parquet")
    made = TableNetwork.fit(frame, "y", QUICK)
    for other in (TableNetwork.fit(tmp_path / "t.parquet", "y", QUICK), fit_streaming(tmp_path, "y", QUICK)):
        assert wide(other.encoder) == wide(made.encoder) == WANTED
    said = TableNetwork.fit(FRAME.assign(y=LABELS), "y", Settings(kinds={"code": "category"}, epochs=1))
    assert wide(said.encoder) == WANTED
    path = said.save(tmp_path / "model.plastica")
    assert TableNetwork.load(path).facts.settings.kinds == (("code", "category"),)


@pytest.mark.parametrize("as_array", [False, True])
def test_declared_kinds_reach_estimators_and_are_kept(tmp_path, as_array):
    x, name = (FRAME.to_numpy(), "x0") if as_array else (FRAME, "code")
    made = pl.NetworkClassifier(**SMALL, kinds={name: "category"}, missing_words=("5",)).fit(x, LABELS)
    assert wide(made.encoder_)[1] == 1
    assert made.encoder_.columns[0].missing == 20
    back = pl.NetworkClassifier.load(made.save(tmp_path / "c.plastica"))
    assert back.kinds == {name: "category"}
    assert back.missing_words == ("5",)
    np.testing.assert_array_equal(back.predict_proba(x), made.predict_proba(x))
    assert clone(back).get_params()["kinds"] == {name: "category"}
    ignoring = pl.NetworkClassifier(**SMALL, kinds={name: "ignore"}).fit(x, LABELS)
    assert len(ignoring.encoder_.columns) == 1
    ignoring.predict(x)


@pytest.mark.parametrize(
    ("params", "error", "said"),
    [
        ({"kinds": {"code": "amount"}}, InvalidValue, "expected one of number, category, text, date, ignore"),
        ({"kinds": {"Code": "number"}}, DataError, "did you mean 'code'"),
        ({"kinds": "category"}, InvalidValue, "expected a dict"),
        ({"kinds": {"code": "category"}, "encode": False}, InvalidValue, "encode=False"),
        ({"missing_words": "unknown"}, InvalidValue, "missing_words must be a list of texts"),
    ],
)
def test_kinds_that_cannot_be(params, error, said):
    with pytest.raises(error, match=said):
        pl.NetworkClassifier(**SMALL, **params).fit(FRAME, LABELS)


def test_estimators_say_once_what_they_leave_out():
    frame = FRAME.assign(
        tags=[[1, 2]] * 240, waves=np.arange(240) + 2j, raw=[b"x"] * 240, key=[f"{n:032x}" for n in range(240)]
    )
    with pytest.warns(PlasticaWarning) as said:
        made = pl.NetworkClassifier(**SMALL).fit(frame, LABELS)
    (message,) = [str(one.message) for one in said]
    assert message.startswith("NetworkClassifier: 'tags': left out: ")
    for words in (
        "it contains list",
        "'waves'",
        "it contains complex",
        "'raw'",
        "it contains bytes",
        "left out: it identifies the rows",
    ):
        assert words in message
    assert [column.name for column in made.encoder_.columns] == ["code", "x"]
    made.predict(frame)


def test_decimals_of_pyarrow_and_intervals_are_used():
    money = pd.Series([decimal.Decimal(int(code)) / 4 for code in CODES], dtype=pd.ArrowDtype(pa.decimal128(12, 2)))
    frame = FRAME.assign(money=money, part=pd.cut(FRAME["x"], 3), word=LABELS)
    made = pl.NetworkClassifier(**SMALL).fit(frame, LABELS)
    assert {column.name: column.kind for column in made.encoder_.columns} == {
        "code": "number", "x": "number", "money": "number", "part": "category", "word": "boolean"
    }  # fmt: skip
    made.predict(frame)
    alone = pl.NetworkClassifier(**SMALL).fit(frame[["code", "x", "money"]], LABELS)
    assert [column.name for column in alone.encoder_.columns] == ["code", "x", "money"]


def test_whole_numbers_that_doubles_round_are_codes_in_frames_and_refused_in_arrays():
    keys = 2**53 + CODES
    made = pl.NetworkClassifier(**SMALL).fit(FRAME.assign(key=keys), LABELS)
    assert {column.name: column.distinct for column in made.encoder_.columns if column.kind == "category"} == {
        "key": 12
    }
    with pytest.raises(DataError, match=r"column 'x0': 9007199254740\d+ is a whole number beyond 2\*\*53"):
        pl.NetworkClassifier(**SMALL).fit(keys[:, None], LABELS)


def test_a_column_without_values_is_said_at_predict():
    made = TableNetwork.fit(FRAME.assign(y=LABELS), "y", QUICK)
    notes = made.predict(FRAME.assign(x=np.nan)).notes
    assert list(map(str, notes)) == [
        "column 'x': 240 missing, but none were missing in training; treated as the median."
    ]
