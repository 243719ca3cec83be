"""Encoding of tables, fitted to training rows only and saved as plain values."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder, PowerTransformer, RobustScaler

from plastica.data.columns import infer_columns
from plastica.data.encoding import FeatureLayout, TableEncoder
from plastica.data.reading import read_table
from plastica.datasets import path_of
from plastica.errors import DataError, PlasticaWarning


def fit(**columns):
    return TableEncoder.fit(read_table(columns))


def transform(encoder, **columns):
    return encoder.transform(read_table(columns))


def test_penguins_are_those_of_scikit_learn():
    table = read_table("penguins")
    train = np.arange(0, 344, 2)
    encoder = TableEncoder.fit(table.take(train), infer_columns(table, skip=["species"]), ignored=["species"])
    x = encoder.transform(table)
    assert x.dtype == np.float32
    assert x.shape == (344, len(encoder.feature_names))
    frame = pd.read_csv(path_of("penguins"))
    for name in ("bill_length_mm", "body_mass_g"):
        values = frame[name].to_numpy()
        scaled = RobustScaler().fit(values[train][:, None]).transform(values[:, None])[:, 0]
        scaled = np.where(np.isnan(values), 0, scaled)
        made = x[:, encoder.feature_names.index(name)]
        np.testing.assert_allclose(made, scaled / np.sqrt(1 + (scaled / 3) ** 2), atol=1e-6)
    columns = [number for number, name in enumerate(encoder.feature_names) if name.startswith("island=")]
    theirs = OneHotEncoder(sparse_output=False).fit_transform(frame[["island"]])
    np.testing.assert_array_equal(x[:, columns], theirs)


def test_missing_numbers_get_the_median_and_an_indicator():
    encoder = fit(a=["1", "2", "", "9"], b=["1", "2", "3", "4"])
    assert encoder.feature_names == ("a", "a is missing", "b")
    notes = []
    x = encoder.transform(read_table({"a": ["2", None], "b": ["1", None]}), notes)
    assert x[0, 0] == x[1, 0]
    assert list(map(str, notes)) == ["column 'b': 1 missing, but none were missing in training; treated as the median."]
    assert x[:, 1].tolist() == [0, 1]


def test_missing_categories_are_a_category_and_booleans_are_zero_and_one():
    encoder = fit(c=["x", "y", "NA"], b=["yes", "no", "yes"])
    assert encoder.feature_names == ("c=x", "c=y", "c is missing", "b")
    assert transform(encoder, c=["y", ""], b=["no", "yes"]).tolist() == [[0, 1, 0, 0], [0, 0, 1, 1]]


def test_unseen_categories_are_said_once_for_each_column():
    encoder = fit(c=["x", "y", "x"])
    with pytest.warns(PlasticaWarning) as said:
        x = transform(encoder, c=["z", "y", "z", "w"])
    assert [str(one.message) for one in said] == [
        "column 'c': 'z', 'w' did not occur in training and is treated as unknown (3 rows)."
    ]
    assert x.tolist() == [[0, 0], [0, 1], [0, 0], [0, 0]]


def test_scaling_is_that_of_the_paper_where_quartiles_or_all_numbers_agree():
    few = fit(a=[0.0] * 9 + [4.0], b=[*range(9), 1e9])  # equal quartiles: 2 / (max - min); an outlier has no influence
    x = transform(few, a=[4.0, 0.0], b=[1e9, 4.5])
    np.testing.assert_allclose(x, [[2 / np.sqrt(1 + 4 / 9), 3.0], [0, 0]], atol=1e-6)


def test_heavy_tails_are_bent_as_box_and_cox_would():
    rng = np.random.default_rng(0)
    income, tails, plain = np.exp(2 * rng.normal(size=400)), rng.standard_cauchy(400), rng.exponential(size=400)
    encoder = fit(income=income, tails=tails, plain=plain)
    assert [bool(each.scaling.unit) for each in encoder.encoders] == [True, True, False]
    assert encoder.columns[0].note == "its logarithm is used because of its long tails."
    theirs = PowerTransformer("box-cox").fit_transform(income[:, None])[:, 0]
    bulk = np.abs(theirs) < 2
    assert np.corrcoef(encoder.transform(read_table({"income": income, "tails": tails, "plain": plain}))[bulk, 0],
                       theirs[bulk])[0, 1] > 0.98  # fmt: skip


def test_columns_missing_together_have_one_indicator():
    holes = [1, None, 2, None, 5]
    encoder = fit(a=holes, b=["x", None, "y", "", "x"], c=[None, 1, 2, 3, 4], d=[3, None, 4, None, 5])
    names = encoder.feature_names
    assert [name for name in names if "missing" in name] == ["a is missing", "c is missing"]
    notes = []
    encoder.transform(read_table({"a": [None], "b": [None], "c": [1], "d": [None]}), notes)
    assert not notes  # nothing outside the training range


def test_many_categories_become_codes_of_which_0_is_rare_missing_or_never_seen():
    common = [f"c{number:02}" for number in range(12) for _ in range(3)]
    encoder = fit(n=[*range(38)], c=[*common, "rare", None])
    assert encoder.layout == FeatureLayout(3, numbers=(0,), codes=((1, 13),))
    assert encoder.feature_names == ("n", "c code", "c is missing")
    notes = []
    x = encoder.transform(read_table({"n": [1] * 5, "c": ["rare", "new", "c03", None, "c11"]}), notes)
    assert x[:, 1:].tolist() == [[0, 0], [0, 0], [4, 0], [0, 1], [12, 0]]
    assert list(map(str, notes)) == [
        "column 'c': 'new' did not occur in training and is treated as a rare value (1 row)."
    ]


def test_at_most_a_thousand_codes_the_commonest():
    values = [f"c{number}" for number in range(1100)] * 2 + [f"c{number}" for number in range(100, 1100)]
    encoder = fit(c=values)
    assert encoder.layout.codes == ((0, 1001),)
    assert transform(encoder, c=["c0", "c99"]).tolist() == [[0], [0]]


def test_text_is_hashed_and_no_row_depends_on_another():
    texts = [f"the {size} box number {number} is {colour}" for number, (size, colour) in
             enumerate([("big", "red"), ("small", "red"), ("big", "blue")] * 30)]  # fmt: skip
    encoder = fit(t=texts)
    assert len(encoder.feature_names) == 8  # 90 rows / 8, as a power of two
    x = encoder.transform(read_table({"t": texts}))
    one = encoder.transform(read_table({"t": [texts[5]]}))
    np.testing.assert_array_equal(x[5:6], one)
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), 0.5, rtol=1e-6)
    assert encoder.transform(read_table({"t": ["", "unheard of words"]}), []).any(1).tolist() == [False, True]


def test_dates_become_days_and_turns():
    encoder = fit(d=["2020-01-01", "2020-07-01", "2021-01-15", "2021-03-03"])
    assert encoder.feature_names == ("d day", "d year sine", "d year cosine", "d week sine", "d week cosine")
    assert encoder.layout.numbers == (0,)
    x = transform(encoder, d=["2020-01-01", "2020-07-01"])
    assert x[0, 1:3].tolist() == [0, 1]
    assert x[1, 2] < -0.99
    assert fit(d=["2026-01-30", "2026-01-31"]).feature_names[-1] == "d is on a weekend"
    assert fit(t=["14:30", "06:00"]).feature_names == ("t time", "t hour sine", "t hour cosine")


def test_names_are_checked():
    encoder = TableEncoder.fit(read_table({"age": [1, 2], "sex": ["f", "m"], "id": ["a", "a"]}), ignored=["y"])
    assert encoder.ignored == ("id", "y")
    with pytest.raises(DataError, match=r"has no column 'age', which .* named 'Age' here\?"):
        encoder.transform(read_table({"Age": [1], "sex": ["f"]}))
    notes = []
    encoder.transform(read_table({"sex": ["f"], "age": [1], "y": [1], "new": [2], "id": ["b"]}), notes)
    assert list(map(str, notes)) == ["column 'new' unknown to the model and ignored."]


def test_order_of_columns_does_not_matter():
    encoder = fit(a=[1, 2, 3], c=["x", "y", "x"])
    np.testing.assert_array_equal(transform(encoder, a=[1], c=["y"]), transform(encoder, c=["y"], a=[1]))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": ["1", "x"]}, "the table, row index 1, column 'a': 'x' is not a number"),
        ({"a": ["1", "inf"]}, "row index 1, column 'a': 'inf' is infinite"),
    ],
)
def test_wrong_values_name_row_column_and_value(columns, message):
    with pytest.raises(DataError, match=message):
        fit(a=[1, 2, 3]).transform(read_table(columns))


def test_odd_words_of_training_are_missing_at_predict_too():
    encoder = fit(a=[*map(str, range(20)), "many"])
    assert transform(encoder, a=["many"])[0, 1] == 1


def test_constant_training_part_and_huge_numbers_stay_finite():
    table = read_table({"a": [1.0, 1.0, 2.0], "b": [1e300, -1e300, 1e308]})
    x = TableEncoder.fit(table.take([0, 1]), infer_columns(table)).transform(table.take([0, 1]))
    assert np.isfinite(x).all()
    assert x[:, 0].tolist() == [0, 0]
    assert transform(fit(a=[1, 2, 3, 5e-324]), a=[1e300, -1e308]).tolist() == [[3], [-3]]


def test_a_table_without_usable_columns_is_refused():
    with pytest.raises(DataError, match=r"no usable columns\. 'a': left out: every value is 1"):
        fit(a=[1, 1, 1])
    with pytest.raises(DataError, match=r"at least one column besides the target\."):
        TableEncoder.fit(read_table({"y": [1.5, 2.5, 3.5]}), ignored=["y"])


def test_types_may_change_between_training_and_predicting():
    encoder = fit(a=["1", "2", "3"], c=["7", "x", "7"], b=["true", "false", "true"])
    frame = pd.DataFrame({"a": [2], "c": [7.0], "b": [True]})
    x = encoder.transform(read_table(frame))
    np.testing.assert_array_equal(x, transform(encoder, a=["2"], c=["7"], b=["True"]))


@pytest.fixture
def saved():
    table = read_table(
        {
            "n": ["1", "", "3"],
            "c": ["x", "y", "x"],
            "b": ["yes", "no", ""],
            "d": ["2020-01-01", "2020-01-02", "2020-05-05"],
        }
    )
    encoder = TableEncoder.fit(table)
    return encoder, json.loads(json.dumps(encoder.to_dict())), table


def test_encoders_go_to_json_and_back(saved):
    encoder, plain, table = saved
    made = TableEncoder.from_dict(plain)
    assert made == encoder
    np.testing.assert_array_equal(made.transform(table), encoder.transform(table))


def test_damaged_records_are_refused(saved):
    _, plain, _ = saved
    changes = [
        lambda plain: plain.pop("encoders"),
        lambda plain: plain.update(encoders=[]),
        lambda plain: plain.update(more=1),
        lambda plain: plain["encoders"].append(plain["encoders"][0]),
        lambda plain: plain["encoders"][0].update(type="other"),
        lambda plain: plain["encoders"][0]["scaling"].update(scale=-1.0),
        lambda plain: plain["encoders"][0]["scaling"].update(centre=float("nan")),
        lambda plain: plain["encoders"][0]["column"].update(kind="other"),
        lambda plain: plain["encoders"][1].update(categories="x"),
        lambda plain: plain["encoders"][3].update(cycles=["decade"]),
        lambda plain: plain["encoders"][0]["column"]["format"].update(group="_"),
        lambda plain: plain["encoders"][0]["column"].update(kind="date"),
        lambda plain: plain["encoders"][0]["column"].update(highest=None),
        lambda plain: plain["encoders"][2]["column"].update(booleans=["yes"]),
        lambda plain: plain["encoders"][3]["column"].update(date_order="dym"),
    ]
    for change in changes:
        damaged = json.loads(json.dumps(plain))
        change(damaged)
        with pytest.raises(DataError, match="not a description of a table's encoding"):
            TableEncoder.from_dict(damaged)


THOUSANDS = [str(number) for number in range(1000, 9000, 37)]


def from_csv(tmp_path, cells, separator=";"):
    path = tmp_path / "new.csv"
    path.write_text("\n".join([f"a{separator}b", *(f"{cell}{separator}x" for cell in cells)]))
    return read_table(path)


@pytest.mark.parametrize("whole", [THOUSANDS, [*map(int, THOUSANDS)], [f"{int(each):,}" for each in THOUSANDS]])
def test_thousands_with_a_dot_are_refused_where_training_had_whole_numbers(tmp_path, whole):
    encoder = fit(a=whole)
    with pytest.raises(
        DataError, match=r"line 3, column 'a': '1\.037' is 1\.037 as .* from 1000 to 8992\. Write 1037 if"
    ):
        encoder.transform(from_csv(tmp_path, ["999", "1.037", "8.001"]), [])


def test_thousands_with_a_comma_are_refused_where_training_had_dots(tmp_path):
    encoder = fit(a=[f"{int(each):,}".replace(",", ".") for each in THOUSANDS], d=["1,5"] * 100 + ["2,5"] * 117)
    table = read_table({"a": ["1,037", "5,000"], "d": ["1,5", "2,5"]})
    with pytest.raises(DataError, match=r"'1,037' is 1\.037 .*the comma marks thousands"):
        encoder.transform(table, [])


def test_decimals_where_training_had_whole_numbers_are_said(tmp_path):
    notes = []
    fit(a=[str(number) for number in range(1, 60)]).transform(from_csv(tmp_path, ["5", "1.5", "2.25"]), notes)
    assert list(map(str, notes)) == [
        "column 'b' unknown to the model and ignored.",
        "column 'a': 1.5 in line 3 and 1 more are not whole; all numbers in training were whole.",
    ]


def test_numbers_outside_of_the_range_of_training_are_said():
    encoder = fit(a=[0.1, 0.5, 0.9, 0.3])
    notes = []
    encoder.transform(read_table({"a": [10.0, 50.0, 90.0]}), notes)
    assert list(map(str, notes)) == [
        "column 'a': 3 of 3 values are outside the range of the training set, 0.1 to 0.9 and divided by 100 inside "
        "it: check the unit and the decimal point."
    ]
    notes.clear()
    encoder.transform(read_table({"a": [float(number) for number in range(2, 14)]}), notes)
    assert list(map(str, notes)) == [
        "column 'a': 12 of 12 values are outside the range of the training set, 0.1 to 0.9."
    ]
    notes.clear()
    encoder.transform(read_table({"a": [0.2, 3.0, 0.4]}), notes)
    assert not notes


def test_missing_values_that_training_never_saw_are_said_for_every_kind():
    day = ["2020-01-31", "2020-02-01", "2020-03-07", "2020-05-05"]
    encoder = fit(n=[1, 2, 3, 5], b=["yes", "no", "no", "yes"], d=day, c=["x", "y", "x", "z"])
    notes = []
    encoder.transform(read_table({name: [None] * 2 for name in "nbdc"}), notes)
    taken = {"n": "the median", "b": "0.5", "d": "the median", "c": "unknown"}
    assert list(map(str, notes)) == [
        f"column {name!r}: 2 missing, but none were missing in training; treated as {what}."
        for name, what in taken.items()
    ]


def test_a_column_without_any_value_is_said_though_training_saw_some_missing():
    notes = []
    fit(n=[1, 2, None, 5]).transform(read_table({"n": [None] * 12}), notes)
    assert list(map(str, notes)) == ["column 'n': all 12 values are missing."]


def test_categories_that_are_whole_floats_are_the_same_in_any_rows():
    encoder = fit(c=pd.Series([1.0, 2.5, 1.0], dtype="category"))
    assert transform(encoder, c=[1.0, 1.0]).tolist() == transform(encoder, c=["1", "1"]).tolist() == [[1, 0], [1, 0]]


def test_records_of_before_load(saved):
    encoder, plain, table = saved
    for record in plain["encoders"]:
        for name in ("whole", "declared"):
            record["column"].pop(name)
    np.testing.assert_array_equal(TableEncoder.from_dict(plain).transform(table), encoder.transform(table))
