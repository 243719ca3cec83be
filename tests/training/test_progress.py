"""What a person sees while a network trains."""

import io
import os
import subprocess
import sys
import time
import types

import pytest

from plastica.errors import InvalidValue
from plastica.training.history import History
from plastica.training.live import Live, Standing
from plastica.training.progress import Progress
from plastica.training.wording import clock, figures, seconds

LOGS = {"loss": 0.1234, "accuracy": 0.9, "val_loss": 0.2}


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def hands(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Clock(monkeypatch)


def begin(verbose=1, epochs=10, steps=100, out=None, history=None):
    progress = Progress(verbose, out=out or io.StringIO(), history=history)
    progress.set_params({"epochs": epochs, "steps": steps})
    progress.on_train_begin()
    return progress


def lines(progress):
    return progress.out.getvalue().splitlines()


def run(progress, hands, epochs, each):
    for epoch in range(epochs):
        hands.now += each
        progress.on_epoch_end(epoch, LOGS)


def test_verbose_0_is_silent(hands):
    progress = begin(0)
    run(progress, hands, 10, 5.0)
    progress.on_progress(0, 5, 10, LOGS)
    progress.on_train_end()
    progress.on_test_begin()
    progress.on_test_end(LOGS)
    assert progress.out.getvalue() == ""


def test_verbose_2_is_a_line_an_epoch_as_keras_writes_figures(hands):
    progress = begin(2, epochs=3)
    run(progress, hands, 3, 0.1)
    progress.on_train_end()
    assert len(lines(progress)) == 3
    assert lines(progress)[2] == "Epoch 3/3 - 0.1s - loss: 0.1234 - accuracy: 0.9000 - val_loss: 0.2000"


def test_epochs_that_arrive_together_show_their_mean_time(hands):
    progress = begin(2, epochs=100)
    run(progress, hands, 1, 5.0)  # compiles
    for look in range(4):
        hands.now += 0.1
        for epoch in range(10):
            progress.on_epoch_end(1 + 10 * look + epoch, LOGS)
    shown = [line.split(" - ")[1] for line in lines(progress)]
    assert (shown[0], shown[-1]) == ("5.0s", "10.0ms")


def test_the_line_of_the_epoch_that_stops_comes_at_once(hands):
    progress = begin(epochs=1000)
    progress.set_model(types.SimpleNamespace(stop_training=False))
    run(progress, hands, 3, 0.01)
    progress.model.stop_training = True
    progress.on_epoch_end(3, LOGS)
    assert [line.split(" - ")[0] for line in lines(progress)] == ["Epoch 1/1000", "Epoch 4/1000"]


def test_plain_lines_of_fast_epochs_come_once_a_second(hands):
    progress = begin(epochs=1000)
    run(progress, hands, 1000, 0.01)
    progress.on_train_end()
    shown = [int(line.split()[1].split("/")[0]) for line in lines(progress) if line.startswith("Epoch")]
    assert (shown[0], shown[-1]) == (1, 1000)
    assert 10 <= len(shown) <= 12
    assert lines(progress)[-1] == "1000 epochs in 10.0s."


def test_plain_lines_of_slow_epochs_come_each(hands):
    progress = begin(epochs=5)
    run(progress, hands, 5, 3.0)
    progress.on_train_end()
    assert len(lines(progress)) == 6


def test_plain_lines_within_very_slow_epochs(hands):
    progress = begin(epochs=2, steps=1000)
    for batch in range(0, 1000, 10):
        hands.now += 0.25
        progress.on_progress(0, batch, 1000, {"loss": 0.5})
    progress.on_epoch_end(0, LOGS)
    assert lines(progress)[0] == "Epoch 1/2 - 390/1000 steps - 10s - loss: 0.5000"
    assert len(lines(progress)) == 3


def test_the_last_epoch_is_shown_when_a_run_ends_early(hands):
    history = History()
    progress = begin(epochs=1000, history=history)
    run(progress, hands, 7, 0.01)
    history.stopped_by = "until: loss <= 0.2"
    progress.on_train_end()
    assert lines(progress)[-2].startswith("Epoch 7/1000")
    assert lines(progress)[-1] == "7 epochs in 0.1s, stopped by until: loss <= 0.2."


@pytest.mark.parametrize(("stopped_by", "shown"), [("epochs", 1), ("time_limit", 2), ("", 1)])
def test_verbose_2_says_only_why_a_run_ended_early(hands, stopped_by, shown):
    history = History()
    progress = begin(2, history=history)
    run(progress, hands, 1, 0.1)
    history.stopped_by = stopped_by
    progress.on_train_end()
    assert len(lines(progress)) == shown


def test_evaluation_is_one_line(hands):
    progress = Progress(1, out=io.StringIO())
    progress.set_params({"samples": 10000})
    progress.on_test_begin()
    hands.now += 0.25
    progress.on_test_end(LOGS)
    assert lines(progress) == ["Evaluated 10000 rows - 0.2s - loss: 0.1234 - accuracy: 0.9000 - val_loss: 0.2000"]


def test_a_run_of_unknown_length(hands):
    progress = begin(2, epochs=None, steps=None)
    run(progress, hands, 1, 0.1)
    assert lines(progress)[0].startswith("Epoch 1 - 0.1s")


@pytest.mark.parametrize("verbose", [3, -1, "loud", None, 1.0])
def test_unknown_verbosity_is_refused(verbose):
    with pytest.raises(InvalidValue, match="fit: verbose is"):
        Progress(verbose)


def test_verbosity_as_keras_takes_it():
    assert [Progress(v).verbose for v in ("auto", True, False, 2)] == [1, 1, 0, 2]


def test_words():
    assert figures({"a": 0.0, "b": 1e-3, "c": -12.0, "d": float("nan")}) == [
        "a: 0.0000",
        "b: 1.0000e-03",
        "c: -12.0000",
        "d: nan",
    ]
    assert [seconds(s) for s in (0.0012, 0.3, 61, 3725)] == ["1.2ms", "0.3s", "1:01", "1:02:05"]
    assert clock(59.6) == "1:00"


# --- live


def test_a_terminal_gets_the_bar(hands):
    progress = begin(out=Terminal())
    hands.now += 2.0
    progress.on_epoch_end(0, LOGS)
    hands.now += 1.0
    progress.on_progress(1, 50, 100, {"loss": 0.1})
    hands.now += 1.0
    progress.on_epoch_end(1, LOGS)
    text = progress.out.getvalue()
    assert "Epoch 2/10" in text
    assert "50/100" in text
    assert "50 steps/s" in text
    assert "left" in text
    assert "loss: 0.1234  accuracy: 0.9000" in text
    progress.on_train_end()
    assert "2 epochs in 4.0s." in progress.out.getvalue()


def test_the_bar_leaves_lines_of_slow_epochs_alone(hands):
    fast = begin(epochs=3, out=Terminal())
    run(fast, hands, 3, 0.2)
    fast.on_train_end()
    slow = begin(epochs=3, out=Terminal())
    run(slow, hands, 3, 2.0)
    slow.on_train_end()
    assert [t.out.getvalue().count("s - loss") for t in (fast, slow)] == [1, 3]


def test_the_cursor_comes_back_and_a_second_close_does_nothing(hands):
    progress = begin(out=Terminal())
    assert "\x1b[?25l" in progress.out.getvalue()
    progress.close()
    progress.close()
    assert progress.out.getvalue().count("\x1b[?25h") == 1


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_color_and_dumb_terminals_get_plain_lines(hands, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    progress = begin(out=Terminal(), epochs=1)
    run(progress, hands, 1, 0.1)
    progress.on_train_end()
    assert "\x1b" not in progress.out.getvalue()


def test_what_others_print_stands_above_the_bar(hands, monkeypatch):
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    progress = begin(out=out)
    print("a callback speaks")
    progress.close()
    assert sys.stdout is out
    assert "a callback speaks\n" in out.getvalue()


def test_square_brackets_and_colons_are_not_taken_for_markup(hands):
    progress = begin(out=Terminal(), history=History())
    progress._live.write("[bold] :smile: " + "x" * 200)
    assert "[bold] :smile: " + "x" * 200 + "\n" in progress.out.getvalue()
    progress.close()


def test_drawing_waits_longer_where_it_is_slow(monkeypatch):
    live = Live(Terminal())
    live.start(Standing(10))
    draws = []
    monkeypatch.setattr(live, "_picture", lambda: (draws.append(1), time.sleep(0.005), "")[2])
    began = time.perf_counter()
    while time.perf_counter() - began < 0.3:
        live.show(Standing(10, 1), time.perf_counter())
    live.stop()
    assert len(draws) <= 2
    assert live._wait >= 0.5


def test_rich_is_loaded_only_when_live():
    code = """
import sys
from plastica.training.progress import Progress
progress = Progress(1)
progress.set_params({"epochs": 1})
progress.on_train_begin()
progress.on_epoch_end(0, {"loss": 1.0})
progress.on_train_end()
assert not any(name.split(".")[0] == "rich" for name in sys.modules), "rich is loaded"
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is needed")
def test_interrupt_leaves_the_terminal_clean():
    import pty

    code = """
import os, signal, time
from plastica.training.progress import Progress
progress = Progress(1)
progress.set_params({"epochs": 100, "steps": 10})
progress.on_train_begin()
progress.on_epoch_end(0, {"loss": 1.0})
os.kill(os.getpid(), signal.SIGINT)
time.sleep(5)
"""
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm-256color"}
    with subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so when the other side has closed
                break
            if not part:
                break
            written += part
    os.close(ours)
    assert process.returncode != 0
    assert b"KeyboardInterrupt" in written
    assert written.rfind(b"\x1b[?25h") > written.rfind(b"\x1b[?25l") >= 0


def test_many_fast_epochs_cost_little():
    progress = begin(epochs=20000)
    began = time.process_time()
    for epoch in range(20000):
        progress.on_epoch_end(epoch, LOGS)
    assert (time.process_time() - began) / 20000 < 50e-6
