"""The command as a process: its start, its exit codes, its streams."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

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


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupted_run_leaves_no_half_model(tmp_path, number, code):
    arguments = ("train", "penguins", "--epochs", "100000", "--patience", "100000", "--seed", "1")
    process = subprocess.Popen([*COMMAND, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stderr is not None
    line = process.stderr.readline()  # the first epoch is over
    assert line.startswith(b"Epoch 1/"), line
    time.sleep(0.2)
    process.send_signal(number)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == code
    assert b"Traceback" not in rest
    assert not list(tmp_path.glob("runs/*/*"))
    assert number == signal.SIGKILL or (rest.endswith(b"error: interrupted.\n") and not list(tmp_path.glob("runs/*")))


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
