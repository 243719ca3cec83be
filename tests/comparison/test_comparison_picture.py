"""The figure of a comparison: a named row for every rule; a diverging rule does not flatten the others."""

from __future__ import annotations

from itertools import pairwise

import pytest

from plastica import drawing as drawing_style
from plastica.comparison import Comparison, RuleRecord
from plastica.errors import FileError
from plastica.language import using

TASK = {"name": "rows", "kind": "regression", "rows": 100, "held_out": 50, "features": 4}
TERMS = {"layers": "8", "epochs": 3, "minutes": None, "batch_size": 32, "seeds": [0, 1]}


def record(name, losses, figure="r2", **more):
    given = {
        "seeds": [0, 1], "epochs": len(losses), "planned": 3, "figure": figure, "test": [0.5, 0.6],
        "curve": [[0.5] * len(losses)] * 2, "test_losses": [losses[-1]] * 2, "test_loss": [losses, losses],
        "clock": [0.1, 0.2, 0.3], "epoch_seconds": 0.1,
        "reached": [1, 1], "angles_begin": [80.0, 0.0], "angles_end": [40.0, 0.0],
    }  # fmt: skip
    return RuleRecord(name=name, **(given | more))


def compared(*records, target=0.5):
    return Comparison(task=TASK, terms=TERMS, target=target, target_is="as given", records=list(records))


def texts(drawing):
    from matplotlib.text import Text

    return {text.get_text() for text in drawing.findobj(Text)}


def panel(drawing, name):
    return next(axes for axes in drawing.axes if axes.get_title("left") == name)


@pytest.mark.parametrize("target", [0.5, None])
def test_a_rule_that_runs_away_is_marked_and_flattens_no_other(target):
    wild = record("wild", [1.0, 1e21, None], test=[-3e20, -3e20], reached=[None, None])
    drawing = compared(record("calm", [0.9, 0.5, 0.3]), wild, target=target).draw()
    low, high = panel(drawing, "calm").get_ylim()
    assert low < 0.3 and 0.9 < high < 10
    assert "up to 1e+21\nnot finite from epoch 3" in texts(drawing)
    low, high = drawing.axes[0].get_xlim()  # R2 of each seed
    assert -1 < low < 0.5 and 0.6 < high < 1
    assert "-3e+20" in texts(drawing)


def test_every_rule_has_a_row_the_best_first_and_one_that_did_not_learn_says_so():
    no_numbers = record("lost", [None], test=[None, None], test_losses=[None, None], reached=[None, None])
    refused = RuleRecord(name="refused", reason="It is for classes.", figure="r2")
    drawing = compared(refused, no_numbers, record("good", [0.9, 0.3, 0.2])).draw()
    assert drawing.axes[0].get_yticklabels()[0].get_text() == "good"
    assert {"good", "lost", "refused", "not trained", "not finite", "0.550"} <= texts(drawing)


def test_sentences_tables_and_picture_are_in_chinese_where_a_font_has_it(monkeypatch):
    found = compared(record("good", [0.9, 0.3, 0.2]), record("wild", [1.0, 1e21, None], reached=[None, None]))
    shown = texts(found.draw())
    assert "test R2" in shown and "grey: good, dotted: target loss 0.5" in shown
    with using("zh"):
        assert found.headline.startswith("在 rows 上比较 2 条规则：回归，训练集 100 行，测试集 50 行。")
        assert "目标损失：0.5（由用户指定）" in found.legend
        assert "每条规则的每一轮都有" in found.legend
        monkeypatch.setattr(drawing_style, "chinese_font", lambda: "DejaVu Sans")
        chinese = texts(found.draw())
        assert {"测试集 R2", "秒", "训练轮", "第 1 层", "灰色：good，虚线：目标损失 0.5"} <= chinese
        monkeypatch.setattr(drawing_style, "chinese_font", lambda: None)
        assert texts(found.draw()) == shown


def test_without_a_chinese_font_there_is_none(monkeypatch):
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: ["/fonts/Other.ttf"])
    assert drawing_style.chinese_font.__wrapped__() is None


@pytest.mark.parametrize("count", [1, 22])
def test_names_are_whole_and_no_two_overlap(count):
    names = [f"predictive_coding_of_variant_number_{place:02}" for place in range(count)]
    drawing = compared(*(record(name, [0.9, 0.3, 0.2], figure="accuracy") for name in names)).draw()
    drawing.draw_without_rendering()
    assert drawing.get_figwidth() < 8
    boxes = [label.get_window_extent() for label in drawing.axes[0].get_yticklabels()]
    assert all(above.y0 >= below.y1 for above, below in pairwise(boxes))
    assert all(box.x0 >= 0 for box in boxes)
    titles = [axes.title if not axes.get_title("left") else axes._left_title for axes in drawing.axes[3:]]
    for title in titles:
        assert title.get_window_extent().width <= title.axes.get_window_extent().width * 1.02


def test_a_stored_comparison_is_drawn_again_as_it_was(tmp_path):
    found = compared(record("good", [0.9, 0.3, 0.2]), record("other", [0.9, 0.5, 0.4]))
    (tmp_path / "rules.json").write_text(found.table("json"))
    found.draw(tmp_path / "once.svg")
    Comparison.load(tmp_path).draw(tmp_path / "again.svg")
    assert Comparison.load(tmp_path / "rules.json") == found
    assert (tmp_path / "once.svg").read_bytes() == (tmp_path / "again.svg").read_bytes()


def test_what_is_no_stored_comparison_is_refused(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        Comparison.load(tmp_path)
    (tmp_path / "rules.json").write_text("{}")
    with pytest.raises(FileError, match="is not a comparison of rules"):
        Comparison.load(tmp_path)
