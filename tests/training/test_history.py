"""The history of a run."""

import json
import math
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from plastica.errors import InvalidValue
from plastica.training.history import History


def a_history(epochs=5, names=("loss", "accuracy", "val_loss", "val_accuracy"), first=0):
    history = History()
    history.on_train_begin()
    for epoch in range(first, first + epochs):
        history.on_epoch_end(epoch, {name: (1.0 + i) / (epoch + 1) for i, name in enumerate(names)})
    history.stopped_by = "epochs"
    history.on_train_end()
    return history


def test_figures_stand_under_keras_keys_in_keras_order():
    history = a_history(2)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.history["val_loss"] == [3.0, 1.5]
    assert history.epoch == [0, 1]
    assert History.needs == "logs"


def test_figures_become_plain_numbers():
    history = History()
    history.on_epoch_end(0, {"loss": np.float32(0.5)})
    assert type(history.history["loss"][0]) is float


def test_a_second_run_begins_anew():
    history = a_history()
    history.on_train_begin()
    assert (history.history, history.epoch, history.stopped_by) == ({}, [], "")


def test_seconds_go_on_in_a_resumed_run():
    history = a_history()
    state = json.loads(json.dumps(history.get_state()))
    resumed = History()
    resumed.on_train_begin()
    resumed.set_state({**state, "seconds": 100.0})
    resumed.on_epoch_end(5, {"loss": 0.1, "accuracy": 0.1, "val_loss": 0.1, "val_accuracy": 0.1})
    assert resumed.epoch == [0, 1, 2, 3, 4, 5]
    assert resumed.history["loss"] == [*history.history["loss"], 0.1]
    assert 100.0 < resumed.seconds < 101.0


def test_state_is_a_copy():
    history = a_history(1)
    state = history.get_state()
    history.on_epoch_end(1, {"loss": 0.0})
    assert state["epoch"] == [0]
    assert state["history"]["loss"] == [1.0]


def test_json_round_trip_keeps_everything():
    history = a_history(3)
    history.history["loss"][1] = math.nan
    text = json.dumps(history.to_dict(), allow_nan=False)
    again = History.from_dict(json.loads(text))
    assert again.history["accuracy"] == history.history["accuracy"]
    assert math.isnan(again.history["loss"][1])
    assert (again.epoch, again.stopped_by, again.seconds) == (history.epoch, "epochs", history.seconds)


def test_frame_has_a_row_an_epoch():
    history = a_history(3)
    history.history["late"] = [7.0]
    frame = history.to_frame()
    assert frame.columns == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "late"]
    assert frame["epoch"].to_list() == [0, 1, 2]
    assert frame["loss"].to_list() == history.history["loss"]
    assert frame["late"].to_list()[2] == 7.0


def test_best_knows_which_way_is_better():
    history = a_history(3)
    history.history["val_loss"] = [0.5, 0.2, math.nan]
    history.history["val_accuracy"] = [0.5, 0.7, 0.9]
    assert history.best() == (1, 0.2)
    assert history.best("val_accuracy") == (2, 0.9)
    assert History().best() is None
    assert a_history(2, ["loss"], first=10).best() == (11, 1 / 12)


def test_repr_tells_the_run_in_a_line():
    history = a_history(1, ["loss"])
    history.seconds = 1.25
    assert repr(history) == "<History: 1 epoch in 1.25 s, loss 1, stopped by epochs>"


# --- the figure


def texts(axes):
    return axes.get_title("left"), axes.get_title("right"), axes.get_xlabel()


def test_plot_has_a_panel_a_figure_with_training_and_validation():
    figure = a_history().plot()
    assert [texts(axes)[0] for axes in figure.axes] == ["loss", "accuracy"]
    loss = figure.axes[0]
    training, validation = loss.lines[:2]
    assert list(training.get_xdata()) == [1, 2, 3, 4, 5]
    assert list(validation.get_ydata()) == a_history().history["val_loss"]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]
    assert texts(loss)[1:] == ("best 0.6, epoch 5", "epoch")
    assert training.get_linestyle() != validation.get_linestyle()


def test_plot_without_validation_needs_no_legend():
    figure = a_history(3, ["loss"]).plot()
    assert len(figure.axes) == 1
    assert figure.axes[0].get_legend() is None


def test_plot_of_one_epoch_shows_a_point_at_epoch_1():
    axes = a_history(1).plot().axes[0]
    assert list(axes.get_xticks()) == [1]
    assert axes.lines[0].get_marker() == "o"


def test_logarithmic_axis_only_where_all_is_above_0():
    history = a_history(20)
    assert history.plot(log=True).axes[0].get_yscale() == "log"
    assert history.plot(log=True).axes[1].get_yscale() == "linear"
    assert history.plot().axes[0].get_yscale() == "linear"
    history.history["val_loss"][3] = -1.0
    assert history.plot(log=True).axes[0].get_yscale() == "linear"


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_plot_is_saved_with_any_figures(tmp_path, ending):
    history = a_history(30, ["loss", "f1", "auc", "learning_rate", "val_loss", "val_extra"])
    history.history["loss"][5] = math.inf
    history.history["val_loss"][6] = math.nan
    path = tmp_path / f"curves.{ending}"
    figure = history.plot(path, log=True)
    assert path.stat().st_size > 1000
    assert [texts(axes)[0] for axes in figure.axes] == ["loss", "f1", "auc", "learning rate", "val extra"]


def test_plot_of_figures_that_are_all_nan(tmp_path):
    history = a_history(2, ["loss", "val_loss"])
    history.history = {name: [math.nan, math.nan] for name in history.history}
    history.plot(tmp_path / "curves.png", log=True)


def test_plot_of_nothing_says_so():
    with pytest.raises(InvalidValue, match="no epoch has finished"):
        History().plot()


def test_a_notebook_shows_the_picture_and_runs_nothing():
    history = a_history(3, ["loss", "<script>alert(1)</script>"])
    page = history._repr_html_()
    assert "<svg" in page
    assert "<script" not in page
    ET.fromstring(history.plot()._repr_svg_())
    assert "&lt;History" not in History()._repr_html_()


def test_plot_leaves_pyplot_and_global_settings_alone():
    code = """
import sys
from plastica.training.history import History
assert "matplotlib" not in sys.modules and "polars" not in sys.modules
history = History()
history.on_epoch_end(0, {"loss": 1.0})
import matplotlib
matplotlib.rcParams["backend"] = "agg"  # looking at an unresolved one would load pyplot
before = dict(matplotlib.rcParams)
history.plot()
assert dict(matplotlib.rcParams) == before
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
