"""The page in Chinese: only code is in English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from plastica.data.reading import read_table
from plastica.report import write_report
from plastica.report.wording import listed, say_notes, say_place
from plastica.tables import Settings, TableNetwork
from plastica.tables.preparation import prepare

CODE = {"pre", "code", "style", "title"}  # commands and settings
VOID = {"meta", "input", "br", "img", "link", "hr"}
NAMES = {"plastica", "English", "AUC", "UTC", "Python", "jax", "numpy", "polars", "scikit", "learn"}
NAMES |= {"input", "Input", "dense", "Dense", "relu", "softmax", "sigmoid", "linear"}  # layers and their activations
NAMES |= {"mlp", "network", "dummy", "auto", "backprop"}  # values of settings


class Untranslated(HTMLParser):
    """Return the English words visible in Chinese that are not from messages of the page."""

    def __init__(self, page):
        super().__init__()
        self.open, self.words = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag in CODE or dict(attrs).get("class") in ("en", "zh"))

    def handle_endtag(self, tag):
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data):
        if not any(self.open):
            self.words += re.findall(r"[A-Za-z]{3,}", data)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_chinese_page_of_a_chinese_table_has_no_english_word(task, tmp_path):
    rng = np.random.default_rng(0)
    size, town = rng.normal(size=120), np.array(["北京", "上海", "广州"])[rng.integers(0, 3, 120)]
    targets = {
        "binary": np.where(size + rng.normal(size=120) > 0, "是", "否"),
        "multiclass": np.roll(town, 1),
        "regression": size**2,
    }
    table = read_table({"面积": size, "城市": town.tolist(), "结果": targets[task].tolist()})
    settings = Settings(layers=(4,), epochs=2, network="mlp", baselines=("linear", "dummy"))
    prepared = prepare(table, "结果", settings)
    path = write_report(TableNetwork.train(prepared, settings), prepared, tmp_path / "report.html", lang="zh")
    assert sorted(set(Untranslated(path.read_text("utf-8")).words) - NAMES) == []


def test_places_and_lists_are_written_as_each_language_writes_them():
    assert "第 17 行" in say_place("line 17")
    assert "line 17" in say_place("line 17")
    assert "甲、乙" in listed(["甲", "乙"])
    assert "甲, 乙" in listed(["甲", "乙"])


def test_notes_about_columns_are_known_as_the_table_s_reader_writes_them():
    rows = 60
    table = read_table(
        {
            "x": list(range(0, 2 * rows, 2)),
            "copy": list(range(0, 2 * rows, 2)),
            "same": [1] * rows,
            "none": [None] * rows,
            "id": [f"ID-{row:04}" for row in range(rows)],
            "text": [f"good tea and cup {row}" for row in range(rows)],
            "y": [row % 2 for row in range(rows)],
        }
    )
    prepared = prepare(table, "y", Settings())
    noted = [column.notes for column in prepared.columns if column.notes]
    assert len(noted) >= 5
    for notes in noted:
        assert re.search("[一-龥]", say_notes(notes)), notes
