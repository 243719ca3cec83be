"""The live display below the cell of a notebook, with a minimal replacement of IPython."""

from __future__ import annotations

import io
import sys
import time
import types
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import plastica as pl
from plastica.notebook.display import cell_for
from plastica.training.live import Standing
from plastica.training.live_cell import LiveCell
from plastica.training.progress import Progress


class OutStream(io.StringIO):
    """The stream of a notebook kernel."""


OutStream.__module__ = "ipykernel.iostream"


class Shell:
    """The parts of the IPython shell used for display."""

    def __init__(self, kernel):
        self.kernel, self.shown = kernel, []
        self.display_pub = self

    def publish(self, data, metadata=None, *, transient, update):
        self.shown.append((transient["display_id"], update, data))


@pytest.fixture
def shell(monkeypatch):
    made = Shell(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: made))
    return made


@pytest.fixture
def clock(monkeypatch):
    made = types.SimpleNamespace(now=1000.0)
    monkeypatch.setattr(time, "perf_counter", lambda: made.now)
    return made


def model_and_rows():
    rng = np.random.default_rng(0)
    model = pl.Sequential([pl.Dense(1, input_dim=3)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model, rng.normal(size=(16, 3)), rng.normal(size=16)


def test_fit_updates_one_display_and_leaves_the_curves(shell, monkeypatch):
    out = OutStream()
    monkeypatch.setattr(sys, "stdout", out)
    model, x, y = model_and_rows()
    model.fit(x, y, epochs=5, validation_split=0.5)
    names, updates, pages = zip(*shell.shown, strict=True)
    assert len(set(names)) == 1
    assert updates == (False, *[True] * (len(updates) - 1))
    assert "compiling" in pages[0]["text/html"]
    last = ET.fromstring(pages[-1]["text/html"])
    said = "".join(last.itertext())
    assert not [part for part in last.iter() if part.get("class") == "bar"]
    assert all(words in said for words in ("validation loss", "mae", "epoch 5"))
    assert pages[-1]["text/plain"].startswith("Epoch 5/5 - validation loss ")
    assert out.getvalue().startswith("5 epochs in ")
    assert len(out.getvalue().splitlines()) == 1


@pytest.mark.parametrize("verbose", [0, 2])
def test_other_kinds_of_progress_are_no_display(shell, monkeypatch, verbose):
    monkeypatch.setattr(sys, "stdout", OutStream())
    model, x, y = model_and_rows()
    model.fit(x, y, epochs=2, verbose=verbose)
    assert not shell.shown


def test_no_display_without_ipython_in_its_terminal_and_where_output_is_redirected(shell, monkeypatch):
    assert cell_for(OutStream()) is not None
    assert cell_for(io.StringIO()) is None
    shell.kernel = None
    assert cell_for(OutStream()) is None
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    assert cell_for(OutStream()) is None
    monkeypatch.delitem(sys.modules, "IPython")
    assert cell_for(OutStream()) is None


def test_it_draws_four_times_a_second_and_takes_every_epoch_into_the_curves(shell, clock):
    live = LiveCell(cell_for(OutStream()))
    live.start()
    for epoch in range(1000):
        clock.now += 0.01
        live.show(Standing(1000, epoch + 1, 10, logs={"loss": 1.0 / (epoch + 1)}), clock.now)
    live.stop()
    assert 38 <= len(shell.shown) <= 43  # ten seconds
    page = shell.shown[-2][2]["text/html"]
    assert 'class="bar"' in page and " left" in page
    assert max(len(data["text/html"]) for *_, data in shell.shown) < 12_000
    assert "epoch 1000" in shell.shown[-1][2]["text/html"]


def test_figures_that_come_late_leave_a_gap_and_names_are_text(shell, clock):
    live = LiveCell(cell_for(OutStream()))
    live.start()
    for epoch in range(4):
        logs = {"loss": 1.0 + epoch} | ({"<img onerror=alert(1)>": float(epoch)} if epoch > 1 else {})
        live.show(Standing(4, epoch + 1, figures=list(logs), logs=logs), clock.now)
    live.stop()
    page = ET.fromstring(shell.shown[-1][2]["text/html"])
    assert not [part for part in page.iter() if part.tag == "img"]
    assert "<img onerror=alert(1)>" in "".join(page.itertext())


def test_an_interrupted_run_leaves_no_bar(shell, monkeypatch):
    out = OutStream()
    monkeypatch.setattr(sys, "stdout", out)
    progress = Progress(1)
    progress.set_params({"epochs": 10, "steps": 5})
    progress.on_train_begin()
    progress.close()
    progress.close()
    assert "compiling" in shell.shown[0][2]["text/html"]
    assert 'class="bar"' not in shell.shown[-1][2]["text/html"]
    assert len(shell.shown) == 2
