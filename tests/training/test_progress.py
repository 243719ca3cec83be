"""The display of progress during training."""

import io
import os
import re
import subprocess
import sys
import time
import types

import pytest
from tests.processes import started

from plastica.errors import InvalidValue
from plastica.language import using
from plastica.training import progress as showing
from plastica.training.history import History
from plastica.training.live import Live, Standing
from plastica.training.progress import Progress
from plastica.training.timing import CompileClock, Timing
from plastica.training.wording import clock, figures, seconds

LOGS = {"loss": 0.1234, "accuracy": 0.9, "val_loss": 0.2}


class Clock:
    """A clock that is advanced explicitly."""

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


def begin(verbose=1, epochs=10, steps=100, out=None, history=None, **options):
    progress = Progress(verbose, out=out or io.StringIO(), history=history, **options)
    progress.set_params({"epochs": epochs, "steps": steps})
    progress.on_train_begin()
    return progress


def lines(progress):
    return progress.out.getvalue().splitlines()


def run(progress, hands, epochs, each):
    for epoch in range(epochs):
        hands.now += each
        progress.timing.epoch = each
        progress.on_epoch_end(epoch, LOGS)


def numbers(progress):
    return [int(line.split()[1].split("/")[0]) for line in lines(progress) if line.startswith("Epoch")]


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
    assert lines(progress)[2] == "Epoch 3/3 - 0.1 s - loss: 0.1234 - accuracy: 0.9000 - val_loss: 0.2000"


def test_the_time_of_a_call_is_shared_out_over_its_epochs():
    timing = Timing()
    timing.start()
    timing.called(4, 0.4)  # part of the first epoch
    timing.made(4)
    timing.called(36, 1.8)  # the rest of it, and three more
    found = []
    for steps in (6, 10, 10, 10):
        timing.made(steps)
        timing.finish_epoch()
        found.append(timing.epoch)
    assert found == pytest.approx([0.7, 0.5, 0.5, 0.5])


def test_compiling_counts_once_and_not_as_an_epoch(hands):
    clock = CompileClock()
    hands.now = 10.0
    clock._ended("/jax/core/compile/jaxpr_trace_duration", 2.0)  # within the next
    hands.now = 11.0
    clock._ended("/jax/core/compile/jaxpr_trace_duration", 4.0)
    clock._ended("/jax/something/else", 100.0)
    hands.now = 15.0
    clock._ended("/jax/core/compile/backend_compile_duration", 3.0)
    assert clock.take() == pytest.approx(4.0 + 3.0)
    assert clock.take() == 0.0


def test_jax_tells_the_compile_clock(monkeypatch):
    import jax

    clock = CompileClock()
    clock.start()
    jax.jit(lambda x: x * 3 + 1)(2.0)
    assert clock.take() > 0


def test_plain_lines_come_at_doublings_and_for_the_last(hands):
    progress = begin(epochs=1000)
    run(progress, hands, 1000, 0.01)
    progress.on_train_end()
    assert numbers(progress) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000]
    assert lines(progress)[3] == "Epoch 8/1000 - 10 ms - validation loss 0.2, best 0.2 - accuracy 0.9 - loss 0.123"
    assert lines(progress)[-1] == "1,000 epochs in 10.0 s: validation loss 0.2, best 0.2, accuracy 0.9, loss 0.123."


def test_plain_lines_are_never_more_than_a_minute_apart(hands):
    progress = begin(epochs=100)
    run(progress, hands, 24, 25.0)
    assert numbers(progress) == [1, 2, 4, 7, 8, 11, 14, 16, 19, 22]


def test_the_line_of_the_epoch_that_stops_comes_once(hands):
    history = History()
    progress = begin(epochs=1000, history=history)
    progress.set_model(types.SimpleNamespace(stop_training=False))
    run(progress, hands, 6, 0.01)
    progress.model.stop_training = True
    progress.on_epoch_end(6, LOGS)
    history.stopped_by = "until: loss <= 0.2"
    progress.on_train_end()
    assert numbers(progress) == [1, 2, 4, 7]
    assert lines(progress)[-1].endswith("; stopped by until: loss <= 0.2.")


def test_plain_lines_within_very_slow_epochs(hands):
    progress = begin(epochs=2, steps=1000)
    for batch in range(0, 1000, 10):
        hands.now += 1.25
        progress.on_progress(0, batch, 1000, {"loss": 0.5})
    progress.on_epoch_end(0, LOGS)
    assert lines(progress)[0] == "Epoch 1/2 - 470/1,000 steps - loss 0.5"
    assert len(lines(progress)) == 3


def test_the_best_so_far_goes_by_what_the_figure_means(hands):
    for monitor, values, best in (("val_loss", (0.5, 0.3, 0.4), 0.3), ("val_auc", (0.5, 0.9, 0.8), 0.9)):
        progress = begin(monitor=monitor)
        for epoch, value in enumerate((*values, float("nan"))):
            progress.on_epoch_end(epoch, {"loss": 0.1, monitor: value})
        assert progress._best == best
        resumed = begin(monitor=monitor)
        resumed.set_state(progress.get_state())
        assert resumed._best == best


def test_live_leaves_the_last_word_to_the_caller(hands):
    progress = begin("live", epochs=3)
    run(progress, hands, 3, 0.1)
    progress.on_train_end()
    assert numbers(progress) == [1, 2, 3] and len(lines(progress)) == 3


def test_a_wait_without_news_is_called_compiling(monkeypatch):
    monkeypatch.setattr(showing, "COMPILING_AFTER", 0.0)
    with using("zh"):
        progress = begin()
        progress._waiting.join(10)
    assert lines(progress) == ["正在编译 ..."]
    monkeypatch.setattr(showing, "COMPILING_AFTER", 60.0)
    progress = begin()
    waiting = progress._waiting
    progress.on_epoch_end(0, LOGS)
    waiting.join(10)  # it received an update
    assert "compiling" not in progress.out.getvalue()


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
    assert lines(progress) == ["Evaluated 10000 rows - 0.2 s - loss: 0.1234 - accuracy: 0.9000 - val_loss: 0.2000"]


def test_a_run_of_unknown_length(hands):
    progress = begin(2, epochs=None, steps=None)
    run(progress, hands, 1, 0.1)
    assert lines(progress)[0].startswith("Epoch 1 - 0.1 s")


@pytest.mark.parametrize("verbose", [3, -1, "loud", None, 1.0])
def test_unknown_verbosity_is_refused(verbose):
    with pytest.raises(InvalidValue, match="fit: verbose is"):
        Progress(verbose)


def test_verbosity_as_keras_takes_it():
    assert [Progress(v).verbose for v in (True, False, 2)] == [1, 0, 2] and Progress("auto").shows


def test_words():
    assert figures({"a": 0.0, "b": 1e-3, "c": -12.0, "d": float("nan")}) == [
        "a: 0.0000",
        "b: 1.0000e-03",
        "c: -12.0000",
        "d: nan",
    ]
    assert [seconds(s) for s in (0.0012, 0.3, 61, 3725)] == ["1.2 ms", "0.3 s", "1:01", "1:02:05"]
    assert clock(59.6) == "1:00"


# --- live


def pictures(out):
    """The successive contents of the terminal."""
    found = re.split(r"\r\n|\r|\n", out.getvalue())
    return [text for each in found if (text := re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", each).strip())]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_a_terminal_gets_one_line_that_fits(hands, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    out = Terminal()
    progress = begin(out=out, may_stop=True, monitor="val_binary_crossentropy")
    hands.now += 2.0
    progress._live._live.refresh()
    logs = {"loss": 0.1234, "accuracy": 0.9, "val_binary_crossentropy": 0.23456}
    progress.on_epoch_end(0, logs)
    hands.now += 1.0
    progress.on_progress(1, 50, 100, {"loss": 0.1})
    hands.now += 1.0
    progress.on_epoch_end(1, {**logs, "val_binary_crossentropy": 0.34567})
    progress.on_train_end()
    compiling, *_, last, closing = pictures(out)
    assert re.fullmatch("compiling  0:02", compiling)
    assert last.startswith("Epoch 3/10 ━━━━━━━━") and "  ≤ 0:16 left" in last and len(last) <= width
    said = "validation log loss 0.346, best 0.235" if width >= 80 else "  best 0.235"
    assert said in last and ("accuracy 0.9" in last) == (width > 80)
    assert closing.startswith("2 epochs in 4.0 s: validation log loss 0.346, best 0.235")


def test_the_line_speaks_chinese(hands):
    out = Terminal()
    with using("zh"):
        progress = begin(out=out)
        progress.on_epoch_end(0, LOGS)
    progress._live._live.refresh()  # whatever the language of the drawing thread
    assert "第 2/10 轮" in pictures(out)[-1] and "验证损失 0.2，最佳 0.2" in pictures(out)[-1]
    progress.close()


def test_epochs_leave_nothing_behind_in_a_terminal(hands):
    for each in (0.2, 2.0, 200.0):
        progress = begin(epochs=3, out=Terminal())
        run(progress, hands, 3, each)
        progress.on_train_end()
        text = progress.out.getvalue()
        assert text.count("\n") == 2 and "3 epochs in" in text  # rich ends the removed line


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


def test_showing_draws_nothing_itself(monkeypatch):
    live = Live(Terminal())
    live.start()
    live._live._refresh_thread.stop()
    live._live._refresh_thread.join()
    monkeypatch.setattr(live, "_drawn", lambda at: pytest.fail("drawn where the network trains"))
    for epoch in range(100):
        live.show(Standing(10, epoch), float(epoch))
    monkeypatch.undo()
    live.stop()


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
    with started([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the error on Linux if the other side has closed
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
