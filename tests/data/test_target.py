"""The target: inference of the task, order of labels, errors."""

import json

import numpy as np
import pytest

from plastica.data.reading import read_table
from plastica.data.target import Target, choose_target
from plastica.errors import DataError, InvalidValue


def choose(values, task=None):
    return choose_target(read_table({"y": values}), "y", task)


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["b", "a", "c", "a"], "multiclass", ("a", "b", "c")),
        (["pos", "neg", "pos"], "binary", ("neg", "pos")),
        (["Yes", "no", "yes", "Yes"], "binary", ("no", "Yes")),
        ([True, False, True], "binary", ("false", "true")),
        ([1, 0, 1], "binary", (0, 1)),
        (["1", "2", "2"], "binary", (1, 2)),
        ([0.5, 1.5, 0.5], "binary", (0.5, 1.5)),
        ([3, 1, 2] * 10, "multiclass", (1, 2, 3)),
        (["None", "mild", "None", "severe"], "multiclass", ("None", "mild", "severe")),
        (["+", "-", "-"], "binary", ("+", "-")),
        ([1.5, 2.5, 3.5], "regression", ()),
        (list(range(100)), "regression", ()),
        ([3, 1, 2], "regression", ()),
    ],
)
def test_task_and_classes(values, task, classes):
    target, table, _ = choose(values)
    assert (target.task, target.classes) == (task, classes)
    encoded = target.encode(table)
    if task == "regression":
        np.testing.assert_allclose(target.decode(encoded), values, atol=1e-4)
    else:
        assert encoded.dtype == np.int64
        assert [str(label).lower() for label in target.decode(encoded)] == [str(value).lower() for value in values]


def test_counts_with_a_rare_end_are_quantities_and_it_is_said():
    rng = np.random.default_rng(0)
    grades = np.concatenate([rng.permutation(np.repeat(np.arange(4, 18), 20)), [1, 19]]).tolist()
    target, _, notes = choose(grades)
    assert target.task == "regression" and "16 different whole numbers, some of them in fewer than 5 rows" in str(
        notes[0]
    )
    assert choose(grades, "multiclass")[0].task == "multiclass"
    assert choose(np.repeat(np.arange(10), 5).tolist())[0].task == "multiclass"  # digits
    assert choose([*[1, 2, 3, 4] * 20, 5, 6, 7])[0].task == "multiclass"  # a scale whose ends are rare


def test_labels_come_back_as_they_were_written():
    for written in (["1.0", "2.50"], ["10 %", "20 %"], ["1e5", "2e5"], ["+1", "-1"], ["1.0", "2.0", "3.0"] * 5):
        target, table, notes = choose(written, "classification")
        assert not notes
        assert target.decode(target.encode(table)).tolist() == written
    target, _, _ = choose(["1.0", "2.50"])
    assert target.classes == ("1.0", "2.50")
    assert Target.from_dict(json.loads(json.dumps(target.to_dict()))) == target
    assert target.encode(read_table({"y": [2.5, 1.0]})).tolist() == [1, 0]  # numbers elsewhere are the same classes
    assert choose(["1", "1.0", "2"])[0].classes == (1, 2)


def test_dates_are_classes_where_the_task_says_so():
    days = ["2020-01-02", "2020-01-01", "2020-01-02"]
    target, table, _ = choose(days, "binary")
    assert target.decode(target.encode(table)).tolist() == days


def test_whole_numbers_as_classes_are_said_and_can_be_overridden():
    target, _, notes = choose([3, 1, 2] * 10)
    assert "treated as classes; set the task to regression" in str(notes[0])
    assert choose([3, 1, 2] * 10, "regression")[0].task == "regression"
    assert choose([3, 1, 2], "classification")[0].task == "multiclass"
    assert target.task == "multiclass"


def test_rows_without_target_are_left_out_and_said():
    target, table, notes = choose(["a", "", "b", "NA"])
    assert table.height == 2
    assert list(map(str, notes)) == ["2 rows without a target left out (first: row index 1)."]
    assert list(target.encode(table)) == [0, 1]


def test_scale_comes_from_the_training_rows():
    target, table, _ = choose([1.0, 3.0, 100.0])
    fitted = target.fitted(table.take([0, 1]))
    assert (fitted.mean, fitted.scale) == (2.0, 1.0)
    np.testing.assert_array_equal(fitted.encode(table), np.array([-1, 1, 98], np.float32))
    assert target.fitted(table.take([0])).scale == 1.0


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (["a", "a"], None, "'y' is 'a' in every row"),
        (["a", "nan", "a"], None, "'y' is 'a' in all rows that hold a value"),
        ([[1, 2], [3]], None, "cannot be predicted: Object is not a number"),
        ([5.0, 5.0], "regression", "is 5 in every row"),
        (["", None], None, "has no values"),
        ([f"name {number}" for number in range(100)], None, "100 different values in 100 rows"),
        (["1", "x", "z"], "regression", "row index 1, column 'y': 'x' is not a number"),
        (["a", "b", "c"], "binary", "has 3 classes; the task binary takes two"),
        ([number / 3 for number in range(99)], "classification", "too many for classes. Set the task to regression"),
        (["2020-01-01", "2020-01-02"], None, "contains dates. Set the task to multiclass"),
    ],
)
def test_what_cannot_be_predicted_is_refused(values, task, message):
    with pytest.raises(DataError, match=message):
        choose(values, task)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1e300, 2e300, 3e300], r"row index 0, column 'y': the target 1e\+?300 is beyond 1e\+100"),
        ([1e-300, 2e-300, 3e-300], "varies by only 8e-301"),
        ([0.0, 1.0, 1e60], "row index 2, column 'y': .* too far from the training rows"),
    ],
)
def test_numbers_whose_squared_errors_no_computer_holds_are_refused(values, message):
    with pytest.raises(DataError, match=message):
        target, table, _ = choose(values, "regression")
        target.fitted(table.take([0, 1])).encode(table)


@pytest.mark.parametrize("labels", [["9007199254740993", "9007199254740992"], [2**53, 2**53 + 1], [1, -(2**60)]])
def test_labels_that_doubles_do_not_tell_apart_are_refused(labels):
    with pytest.raises(DataError, match=r"row index [01], column 'y'.*2\*\*53"):
        choose(labels * 10)


def test_wrong_names():
    with pytest.raises(DataError, match="did you mean 'species'"):
        choose_target(read_table("penguins"), "Species ")
    with pytest.raises(InvalidValue, match="expected binary"):
        choose(["a", "b"], "clustering")


def test_labels_of_another_table_are_checked():
    target, _, _ = choose(["a", "b"])
    with pytest.raises(DataError, match="row index 1, column 'y': the target 'z' is not one of the classes a, b"):
        target.encode(read_table({"y": ["a", "z"]}))
    with pytest.raises(DataError, match="row index 0, column 'y': the target '' is missing"):
        target.encode(read_table({"y": ["", "a"]}))


@pytest.mark.parametrize("values", [["a", "b"], [1, 0], [1.5, 2.5, 7.0], ["yes", "no"]])
def test_targets_go_to_json_and_back(values):
    target, _, _ = choose(values)
    assert Target.from_dict(json.loads(json.dumps(target.to_dict()))) == target


@pytest.mark.parametrize(
    "change",
    [
        {"scales": [0.0]},
        {"means": [float("nan")], "scales": [1.0]},
        {"task": "other"},
        {"classes": ["a"]},
        {"more": 1},
        {"scales": "1"},
    ],
)
def test_damaged_targets_are_refused(change):
    with pytest.raises(DataError, match="not a description of a target"):
        Target.from_dict(choose(["a", "b"])[0].to_dict() | change)


def test_several_columns_of_yes_and_no_are_labels():
    table = read_table({"x": [1, 2, 3], "red": [1, 0, 1], "blue": ["yes", "no", "no"], "round": [True, True, False]})
    target, kept, _ = choose_target(table, ["red", "blue", "round"])
    assert (target.task, target.classes, target.outputs) == ("multilabel", ("red", "blue", "round"), 3)
    encoded = target.encode(kept)
    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(encoded, [[1, 1, 1], [0, 0, 1], [1, 0, 0]])
    assert target.name == "red, blue, round"
    assert Target.from_dict(json.loads(json.dumps(target.to_dict()))) == target
    with pytest.raises(DataError, match=r"column 'red': the target 2\.0 is neither"):
        target.encode(read_table({"red": [2], "blue": ["no"], "round": [True]}))


def test_several_numbers_are_scaled_each_by_its_own():
    table = read_table({"x": [1, 2, 3, 4], "a": [1.0, 3.0, None, 2.0], "b": [100.0, 300.0, 5.0, 200.0]})
    target, kept, notes = choose_target(table, ["a", "b"])
    assert (target.task, target.outputs, target.means) == ("regression", 2, (2.0, 200.0))
    assert list(map(str, notes)) == ["1 row without a target left out (first: row index 2)."]
    np.testing.assert_allclose(target.encode(kept)[:, 0], target.encode(kept)[:, 1], rtol=1e-6)
    np.testing.assert_allclose(target.decode(target.encode(kept)), [[1, 100], [3, 300], [2, 200]], rtol=1e-6)


def test_a_pattern_stands_for_columns_unless_one_is_called_so():
    table = read_table({"Class1": [0, 1], "Class2": [1, 0], "x": [1, 2], "y*": ["a", "b"]})
    assert choose_target(table, "Class*")[0].names == ("Class1", "Class2")
    assert choose_target(table, "y*")[0].task == "binary"
    assert choose_target(table, ["Class1", "Class2"], "regression")[0].task == "regression"
    with pytest.raises(DataError, match="has no column 'Klass"):
        choose_target(table, "Klass*")


@pytest.mark.parametrize(
    ("names", "task", "message"),
    [
        (["p", "word"], None, r"'p' \(number\), 'word' \(category\) cannot be combined"),
        (["p", "n"], "multilabel", "all be yes/no"),
        (["p", "ones"], None, "'ones' is 1 in every row"),
        (["p", "p"], None, "given twice"),
        (["p", "q"], "binary", "takes one target, but 2 were given"),
        ("p", "multilabel", "takes several yes/no columns"),
        ([], None, "no target was given"),
    ],
)
def test_targets_that_do_not_go_together_are_refused(names, task, message):
    table = {"p": [0, 1, 0], "q": [1, 1, 0], "n": [1.5, 2, 3], "ones": [1, 1, 1], "word": ["a", "b", "c"]}
    with pytest.raises((DataError, InvalidValue), match=message):
        choose_target(read_table(table), names, task)
