"""Tuning curves, selectivity, recordings from a file, and maps of representations."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError, FileError, InvalidValue, ShapeError
from plastica.memory.representations.representation import centered_kernel_alignment
from plastica.memory.representations.representation_map import compare_representations
from plastica.memory.representations.tuning import direction_selectivity, read_recordings, tuning_curves

RNG = np.random.default_rng(0)
ANGLES = np.tile(np.arange(0, 360, 45), 3)


def test_tuning_by_hand():
    found = tuning_curves([[1.0, 2.0], [3.0, 2.0], [0.0, 2.0], [2.0, 2.0]], ["b", "b", "a", "a"])
    assert found.values.tolist() == ["a", "b"] and found.counts.tolist() == [2, 2]
    assert found.means.tolist() == [[1, 2], [2, 2]] and found.errors[:, 0].tolist() == pytest.approx([1, 1])
    assert found.selectivity.tolist() == pytest.approx([1 / 3, 0]) and found.preferred[0] == "b"
    # The squares between values are 4 times 0.5^2, and all of them 2 times 0.5^2 and 2 times 1.5^2.
    assert found.explained.tolist() == pytest.approx([1 / 5, 0])
    assert found.table.columns == ["unit", "preferred", "selectivity", "explained"]


def test_angles():
    # A cosine above a constant has the resultant b / (2 a), a unit for one angle only the resultant 1.
    radians = np.deg2rad(ANGLES)
    responses = np.stack(
        [2 + np.cos(radians - 1), (ANGLES == 90) * 1.0, np.ones(len(ANGLES)), np.zeros(len(ANGLES))], 1
    )
    curves = tuning_curves(responses, ANGLES)
    np.testing.assert_allclose(direction_selectivity(curves), [0.25, 1, 0, np.nan], atol=1e-12)
    assert curves.preferred[1] == 90 and curves.explained[:2].tolist() == pytest.approx([1, 1])


def test_pictures(tmp_path):
    curves = tuning_curves(RNG.random((24, 20)), ANGLES)
    assert curves.plot(tmp_path / "tuning.svg").axes[0].get_title() == "12 units"
    named = tuning_curves(RNG.normal(size=(6, 3)), list("abcabc"))
    assert len(named.plot(most=2).axes) == 2  # activities below 0 have no selectivity: the explained share is drawn
    layers = {"a": RNG.random((8, 5)), "b": RNG.random((8, 3)), "c": RNG.normal(size=(8, 4, 2))}
    found = compare_representations(layers)
    assert len(found.plot(tmp_path / "map.svg").axes) == 4 and (tmp_path / "map.svg").stat().st_size > 5000


def test_maps_are_of_all_pairs():
    a = RNG.random((10, 6))
    turned = a @ np.linalg.qr(RNG.normal(size=(6, 6)))[0] * 3
    other = RNG.random((10, 4))
    found = compare_representations({"a": a, "turned": turned, "other": other}, "cka")
    assert found.similarity[0, 1] == pytest.approx(1) and found.similarity.shape == (3, 3)
    assert found.similarity[2, 0] == found.similarity[0, 2] == pytest.approx(centered_kernel_alignment(other, a))
    assert found.table["units"].to_list() == [6, 6, 4] and np.isnan(found.table["lifetime"][1])
    assert 0 < found.table["lifetime"][0] < 1
    rsa = compare_representations({"a": a, "scaled": 2 * a})
    assert rsa.similarity[0, 1] == pytest.approx(1) and rsa.dissimilarities["a"].shape == (10, 10)


def test_recordings_from_a_file(tmp_path):
    path = tmp_path / "neurons.csv"
    path.write_text("n1,n2\n1,2\n3,4.5\n\n")
    assert read_recordings(path).tolist() == [[1, 2], [3, 4.5]]
    np.save(tmp_path / "neurons.npy", np.eye(3))
    assert read_recordings(tmp_path / "neurons.npy").shape == (3, 3)
    for text, message in (("1 2\n3\n", "row 2: 1 numbers"), ("1 2\na b\n", "row 2: expected numbers"), ("", "shape")):
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            read_recordings(path)
    path.write_text("1 nan\n")
    with pytest.raises(DataError, match="stimulus 0: a value is not finite"):
        read_recordings(path)
    with pytest.raises(FileError, match="cannot be read"):
        read_recordings(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tuning_curves(np.ones((3, 2)), [1, 2]), ShapeError, "a value for each stimulus"),
        (lambda: tuning_curves([[1.0, np.inf], [1, 1]], [1, 2]), DataError, "stimulus 0 are not finite"),
        (lambda: tuning_curves(np.ones((3, 2)), [1, 1, 1]), DataError, "at least two"),
        (lambda: direction_selectivity(tuning_curves(np.eye(2), ["a", "b"])), InvalidValue, "angles as numbers"),
        (lambda: compare_representations({"a": np.eye(4)}), InvalidValue, "at least two"),
        (lambda: compare_representations({"a": np.eye(4), "b": np.eye(4)}, "pca"), InvalidValue, "rsa, cka"),
        (lambda: compare_representations({"a": np.eye(4), "b": np.eye(5)}), ShapeError, "same ones"),
    ],
)
def test_mistakes_with_representations(call, error, message):
    with pytest.raises(error, match=message):
        call()
