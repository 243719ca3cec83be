"""Damage, images and rows as patterns, and memories beside each other."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from plastica.data.reading import read_table
from plastica.errors import DataError, FileError, InvalidValue
from plastica.memory.associative_memory.comparing import compare_memories, damaged
from plastica.memory.associative_memory.images import otsu_threshold, read_images
from plastica.memory.associative_memory.rows import read_rows


def test_damage():
    patterns = np.ones((3, 4, 5), int)
    patterns[:, 0, 0] = 0
    flipped = damaged(patterns, "flip", 0.25)
    assert ((flipped != patterns).sum((1, 2)) == 5).all() and not (flipped[0] == flipped[1]).all()
    bottom = damaged(patterns, "bottom", 0.5)
    assert (bottom[:, :2] == patterns[:, :2]).all() and (bottom[:, 2:] == 0).all()
    assert (damaged(patterns, "mask", 0.3) <= patterns).all()
    assert (damaged(patterns, amount=0) == patterns).all()
    with pytest.raises(InvalidValue, match="flip, mask, bottom"):
        damaged(patterns, "noise")
    with pytest.raises(InvalidValue, match="from 0 to 1"):
        damaged(patterns, amount=2)


def test_memories_beside_each_other():
    patterns = (load_digits().images[:12] > 7).astype(int)
    scores = compare_memories(patterns, damaged(patterns, amount=0.1))
    assert scores["exponential"].recalled.sum() >= 11 and scores["exponential"].error_after < 0.02
    assert scores["hebbian"].error_after > 0.05  # digits are alike
    assert all(score.error_before == pytest.approx(6 / 64) for score in scores.values())
    many = (load_digits().images[:100] > 7).astype(int)  # more than units
    assert set(compare_memories(many, many)) == {"covariance", "polynomial", "exponential"}
    with pytest.raises(InvalidValue, match="100 patterns for 64 units"):
        compare_memories(many, many, ["storkey"])
    with pytest.raises(InvalidValue, match="expected one of hebbian"):
        compare_memories(many, many, ["hebb"])


def test_otsu_separates_two_heaps():
    grey = np.r_[np.full(30, 10.0), np.full(20, 12.0), np.full(40, 200.0), np.full(5, 190.0)]
    assert otsu_threshold(grey) == 12


def test_images_of_a_folder(tmp_path):
    ink = np.full((10, 12), 250, np.uint8)
    ink[2:5] = 20
    Image.fromarray(ink).save(tmp_path / "b.png")
    Image.fromarray(ink[::-1]).save(tmp_path / "a.png")
    (tmp_path / "notes.txt").write_text("no image")
    found = read_images(tmp_path, 10)
    assert found.names == ["a.png", "b.png"] and found.patterns.shape == (2, 10, 10)
    assert (found.patterns[1] == np.isin(np.arange(10), (2, 3, 4))[:, None]).all()
    (tmp_path / "c.png").write_text("no image")
    with pytest.raises(FileError, match=r"c\.png: cannot be read as an image"):
        read_images(tmp_path)
    (tmp_path / "c.png").unlink()
    Image.fromarray(np.full((4, 4), 7, np.uint8)).save(tmp_path / "d.png")
    with pytest.raises(DataError, match="same tone"):
        read_images(tmp_path)
    with pytest.raises(InvalidValue, match="from 2 to 128"):
        read_images(tmp_path, 500)
    with pytest.raises(FileError, match="no such folder"):
        read_images(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no images"):
        read_images(tmp_path / "empty")


def test_rows_of_a_table():
    table = read_table(
        pl.DataFrame(
            {"fur": ["yes", "no", "yes", "yes"], "legs": [4, 2, 0, 0], "kind": ["a", "b", "c", "c"], "one": [1] * 4}
        )
    )
    rows = read_rows(table)
    assert rows.names == ["fur = yes", "legs > 1", "kind = a", "kind = b", "kind = c"]
    assert rows.patterns.tolist() == [[1, 1, 1, 0, 0], [0, 1, 0, 1, 0], [1, 0, 0, 0, 1]]  # equal rows once
    with pytest.raises(DataError, match='column "x" has 1 missing'):
        read_rows(read_table(pl.DataFrame({"x": ["a", None, "b"]})))
    with pytest.raises(DataError, match="30 different words; at most 20"):
        read_rows(read_table(pl.DataFrame({"x": [f"name {each}" for each in range(30)]})))
    with pytest.raises(DataError, match="nothing to remember"):
        read_rows(read_table(pl.DataFrame({"x": [1, 1]})))
