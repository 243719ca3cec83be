"""The command as a process: its start, its exit codes, its streams."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time

import click
import pytest

from plastica.estimators import TableNetwork

HEAVY = ("jax", "numpy", "polars", "sklearn", "rich", "pandas", "optax", "matplotlib", "scipy", "msgspec")
COMMAND = (sys.executable, "-c", "from plastica.cli.main import run; run()")


def start(*arguments, **options):
    return subprocess.run([*COMMAND, *arguments], check=False, capture_output=True, text=True, timeout=120, **options)


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help"), ("predict", "--help"), ("--version",)])
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys; from plastica.cli.main import app\n"
        f"try:\n    app({list(arguments)!r})\nexcept SystemExit as end:\n    code = end.code\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules], code)"
    )
    made = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert made.stdout.splitlines()[-1] == "LOADED [] 0", made.stdout + made.stderr


def test_help_answers_in_a_third_of_a_second():
    before = os.times()
    made = start("--help")
    after = os.times()
    assert made.returncode == 0 and "train" in made.stdout
    # The processor's time, for other processes may hold the clock up.
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.33


def test_exit_codes_and_streams(tmp_path):
    made = start("train", "nothere.csv", "-t", "a", cwd=tmp_path)
    assert (made.returncode, made.stdout) == (1, "") and made.stderr.count("\n") == 1
    assert start("train", "--epoch", "3").returncode == 2
    assert start("nothing").returncode == 2
    made = start(cwd=tmp_path)
    assert made.returncode == 2 and "Usage" in made.stdout + made.stderr


def test_a_report_that_fails_loses_no_model(plastica, here, monkeypatch):
    def broken(*given, **options):
        raise OSError("the disk is full")

    monkeypatch.setattr("plastica.report.write_report", broken)
    options = ["--network", "mlp", "--layers", "4", "--epochs", "1", "--out", "r"]
    made = plastica("train", "penguins", *options, code=70)
    assert "the trained model is kept: r/model.plastica" in made.stderr.replace("\\", "/")
    assert len(plastica("predict", "r", "penguins").stdout.splitlines()) == 345


def test_an_unexpected_error_asks_for_a_report(tmp_path):
    code = (
        "import sys; import plastica.data.reading as reading\n"
        "def broken(*given, **options): raise KeyError('oops')\n"
        "reading.read_table = broken\n"
        "from plastica.cli.main import run; run()"
    )
    for debug in ((), ("--debug",)):
        made = subprocess.run(
            [sys.executable, "-c", code, "train", "penguins", *debug],
            check=False, capture_output=True, text=True, timeout=60, cwd=tmp_path,
        )  # fmt: skip
        assert made.returncode == 70
        assert "please report it" in made.stderr and "KeyError" in made.stderr
        assert ("Traceback" in made.stderr) == bool(debug)


ENDLESS = ("train", "penguins", "--epochs", "100000", "--patience", "100000", "--seed", "1")
MODULE = (sys.executable, "-m", "plastica")


def train_until_it_learns(folder, *options):
    process = subprocess.Popen(
        [*COMMAND, *ENDLESS, *options], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stderr is not None
    line = process.stderr.readline()  # the first epoch is over
    assert line.startswith(b"Epoch 1/"), line
    time.sleep(0.2)
    return process


def end(process, number):
    process.send_signal(number)
    rest = process.stderr.read()
    process.stderr.close()
    assert b"Traceback" not in rest
    return process.wait(60), rest


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_killed_run_leaves_no_half_model(tmp_path):
    assert end(train_until_it_learns(tmp_path), signal.SIGKILL)[0] == -signal.SIGKILL
    assert not list(tmp_path.glob("runs/*/*"))


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_an_interrupted_run_keeps_the_model_so_far_and_says_where(tmp_path):
    code, rest = end(train_until_it_learns(tmp_path), signal.SIGINT)
    assert code == 130
    assert rest.endswith(b"note: the model so far is kept: runs/penguins-1/model.plastica.\nerror: interrupted.\n")
    made = start("predict", "runs/penguins-1", "penguins", cwd=tmp_path)
    assert (made.returncode, len(made.stdout.splitlines())) == (0, 345)
    found = TableNetwork.load(tmp_path / "runs" / "penguins-1" / "model.plastica")
    assert (found.facts.training.stopped_by, found.facts.results) == ("interrupted", None)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_ctrl_c_while_the_command_still_loads_shows_no_traceback(tmp_path):
    # A package that presses Ctrl-C where another module of the command line is imported.
    (tmp_path / "sitecustomize.py").write_text(
        "import signal, sys\n"
        "class Press:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == sys.argv[-1]:\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Press())\n"
    )
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    entry = (sys.executable, "-c", "from plastica.__main__ import run; run()")
    for command in (MODULE, entry):
        for module in ("plastica.cli.main", "click", "plastica.data.reading", "numpy"):
            made = subprocess.run(
                [*command, "train", "penguins", "--out", module], check=False, capture_output=True, text=True,
                timeout=60, cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths},
            )  # fmt: skip
            assert (made.returncode, made.stderr) == (130, "error: interrupted.\n"), module


def test_an_interrupt_that_is_swallowed_is_raised_again():
    from plastica.cli.guard import guarded

    def swallowed(phase, info):
        gc.callbacks.remove(swallowed)
        signal.raise_signal(signal.SIGINT)

    @guarded
    def command():
        gc.callbacks.append(swallowed)
        gc.collect()
        for _ in range(500):
            time.sleep(0.01)
        raise AssertionError("the interrupt was lost")

    with pytest.raises(click.exceptions.Exit) as stop:
        command()
    assert stop.value.exit_code == 130


def test_a_closed_pipe_is_no_error(tmp_path, penguins):
    process = subprocess.Popen(
        [*COMMAND, "predict", str(penguins), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    from plastica import datasets

    process.stdin.write(datasets.path_of("penguins").read_bytes() * 1)
    process.stdin.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) in (0, 141)
    assert b"Traceback" not in said and b"Exception" not in said


def test_a_mistake_in_the_table_is_told_before_jax_loads(tmp_path):
    code = (
        "import sys; from plastica.cli.main import app\n"
        "try:\n    app(['train', 'penguins', '--target', 'specie'])\n"
        "except SystemExit as end:\n    print(end.code, 'jax' in sys.modules)"
    )
    made = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert made.stdout == "1 False\n" and "did you mean 'species'" in made.stderr


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
def test_a_terminal_is_shown_labels_and_never_obeys_them(tmp_path):
    import pty

    lines = [f"{n % 5},bad\x1b[2J{n % 2}" for n in range(40)]
    (tmp_path / "evil.csv").write_text("a,y\n" + "\n".join(lines))
    quick = ("--network", "mlp", "--layers", "4", "--epochs", "1", "--no-report", "--quiet")
    made = start("train", "evil.csv", "-t", "y", *quick, "-o", "run", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    master, terminal = pty.openpty()
    process = subprocess.Popen([*COMMAND, "predict", "run", "evil.csv"], cwd=tmp_path, stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        while part := os.read(master, 4096):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(master)
    assert process.wait(60) == 0
    assert b"\x1b" not in shown and b"bad\\x1b[2J" in shown
    piped = start("predict", "run", "evil.csv", cwd=tmp_path).stdout
    assert "bad\x1b[2J" in piped  # a file keeps the label as it is
