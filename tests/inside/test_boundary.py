"""Decision boundaries: of functions whose boundary is known, along principal axes, and in columns of a table."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError, UnknownName
from plastica.inside.planes import principal_plane
from plastica.tables import Settings, TableNetwork

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(80, 4)).astype(np.float32)


def by_first(x):
    """Probabilities of two classes, divided at x0 = 0.25."""
    right = (x[:, 0] > 0.25) * 1.0
    return np.stack([1 - right, right], 1)


def test_a_boundary_in_two_inputs_is_where_the_function_has_it(tmp_path):
    labels = (X[:, 0] > 0.25).astype(int)
    found = pl.inside.decision_boundary(by_first, X, labels, axes=(0, "x2"), points=41, class_names=["left", "right"])
    chosen = found.answers.argmax(2)
    np.testing.assert_array_equal(chosen, np.broadcast_to(found.grid[0] > 0.25, chosen.shape))
    assert found.agreement == 1 and found.decides and found.axes == ("x0", "x2")
    assert found.shares["right"] == pytest.approx((found.grid[0] > 0.25).mean())
    assert "The other columns are held at: their medians" in repr(found)
    found.plot(tmp_path / "a.svg")
    assert "right" in (tmp_path / "a.svg").read_text()


def test_a_plane_that_hides_the_input_that_decides_says_so():
    found = pl.inside.decision_boundary(by_first, X, axes=(1, 2), points=5, class_names=["left", "right"])
    assert set(found.shares.values()) == {0.0, 1.0}
    assert found.agreement == pytest.approx(max((X[:, 0] > 0.25).mean(), (X[:, 0] <= 0.25).mean()))


def test_principal_axes_span_the_largest_variance_and_give_the_rows_back():
    rows = GENERATOR.normal(size=(50, 1)) @ np.ones((1, 2)) * [1.0, 30.0] + [3.0, -5.0]
    plane = principal_plane(rows)
    assert plane.axes[0] == "principal axis 1 (100 % of the variance)"
    np.testing.assert_allclose(plane.rows_at(plane.places), rows, rtol=1e-6)


def test_numbers_have_a_range_and_a_fit(tmp_path):
    found = pl.inside.decision_boundary(lambda x: x[:, 0] + x[:, 1], X[:, :2], X[:, 0], points=11)
    assert not found.decides and found.agreement == pytest.approx(1) and found.shares == {}
    assert found.to_frame().height == 121 and "R2 of 1.00" in repr(found)
    found.plot(tmp_path / "a.svg")


def test_a_sigmoid_has_two_classes_and_images_have_principal_axes():
    model = pl.Sequential([pl.Flatten(), pl.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    x, y = X.reshape(80, 2, 2), (X[:, 0] > 0).astype(int)
    model.fit(x, y, epochs=1, verbose=0)
    found = pl.inside.decision_boundary(model, x, y, points=9)
    assert found.output_names == ("0", "1") and found.answers.shape == (9, 9, 2)
    np.testing.assert_allclose(found.answers.sum(2), 1, rtol=1e-6)


def test_a_boundary_of_a_table_is_in_the_units_of_its_columns(tmp_path):
    network = TableNetwork.fit("penguins", "species", Settings(epochs=3, network="mlp", layers=(6,), baselines=()))
    pair = ("bill_length_mm", "body_mass_g")
    found = pl.inside.table_decision_boundary(network, "penguins", pair, points=15)
    assert found.axes == pair and 2000 < found.grid[1][0] < found.grid[1][-1] < 7000
    assert found.output_names == ("Adelie", "Chinstrap", "Gentoo") and "island" in found.held
    held = dict(part.split(" ", 1) for part in found.held.split(", "))
    row = {**held, "bill_length_mm": found.grid[0][3], "body_mass_g": found.grid[1][4]}
    expected = network.predict({name: [value] for name, value in row.items()}).probabilities[0]
    np.testing.assert_allclose(found.answers[4, 3], expected, atol=2e-3)  # held values are written with four digits
    found.plot(tmp_path / "a.svg")
    assert pl.inside.table_decision_boundary(network, "penguins", points=5).held == ""
    with pytest.raises(UnknownName, match="no column 'beak'"):
        pl.inside.table_decision_boundary(network, "penguins", ("beak", "body_mass_g"))
    with pytest.raises(InvalidValue, match="both columns are 'body_mass_g'"):
        pl.inside.table_decision_boundary(network, "penguins", ("body_mass_g", "body_mass_g"))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"y": [1, 2]}, ShapeError, "y has 2 values for 80 rows"),
        ({"axes": (0, 0)}, InvalidValue, "both axes are 'x0'"),
        ({"axes": (0, 9)}, UnknownName, "no input 9"),
        ({"feature_names": ["a"]}, ShapeError, "1 names for 4 inputs"),
    ],
)
def test_what_spans_no_plane_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        pl.inside.decision_boundary(by_first, X, **given)


def test_rows_without_a_plane_are_refused():
    with pytest.raises(ShapeError, match="expected rows of at least two inputs"):
        pl.inside.decision_boundary(by_first, X[:, :1])
    with pytest.raises(InvalidValue, match="'x1' is 2 in all rows"):
        pl.inside.decision_boundary(by_first, np.stack([X[:, 0], np.full(80, 2)], 1))
    with pytest.raises(InvalidValue, match="all rows are equal"):
        pl.inside.decision_boundary(by_first, np.ones((5, 3)))
    model = pl.Sequential([pl.Dense(3, "softmax")])
    model.build((4,))
    with pytest.raises(ShapeError, match="class_names has 2 names for 3 classes"):
        pl.inside.decision_boundary(model, X, class_names=["a", "b"])
