"""A live line is there in a terminal, where it is wanted, and nowhere else."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from plastica.training.live_line import LiveLine


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    return Screen()


def test_a_terminal_shows_the_title_and_the_epoch_of_a_run_and_is_left_clean(screen):
    line = LiveLine(screen)
    line.start("lstm")
    assert line.is_shown
    line.show_run(SimpleNamespace(step=25, batches=10), 5, ["loss 0.25"])
    line.start("another title")  # the line that is there stays
    line.stop()
    line.stop()
    assert not line.is_shown
    said = screen.getvalue()
    assert "lstm" in said and "another title" not in said
    assert "3/5" in said and "loss 0.25" in said  # 25 of 50 steps are within the third of five epochs
    assert said.endswith("\x1b[2K")  # the last thing written erases the line


@pytest.mark.parametrize(("out", "wanted"), [(io.StringIO(), True), (Screen(), False)])
def test_without_a_terminal_or_a_wish_nothing_is_written(out, wanted, screen):
    line = LiveLine(out, wanted)
    line.start()
    line.show_run(SimpleNamespace(step=25, batches=10), 5)
    line.stop()
    assert not line.is_shown and out.getvalue() == ""
