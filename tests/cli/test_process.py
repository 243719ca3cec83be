"""The command as a process: its start, its exit codes, its streams."""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import time

import click
import pytest

from plastica.tables import TableNetwork

HEAVY = ("jax", "numpy", "polars", "sklearn", "rich", "pandas", "optax", "matplotlib", "scipy", "msgspec")
COMMAND = (sys.executable, "-c", "from plastica.cli.main import run; run()")


def start(*arguments, **options):
    return subprocess.run([*COMMAND, *arguments], check=False, capture_output=True, text=True, timeout=120, **options)


def test_a_command_ends_without_a_search_for_garbage():
    code = (
        "import atexit, gc; from plastica.cli.main import run\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 1000))\n"
        "run()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "--version"], check=False, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0
    assert ended.stdout.endswith("True\n")


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help"), ("serve", "--help"), ("--version",)])
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
    # CPU time, since other processes may slow down the clock.
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
    assert "the trained model is saved: r/model.plastica" in made.stderr.replace("\\", "/")
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
    line = process.stderr.readline()
    while line.startswith((b"compiling", b"note: ")):
        line = process.stderr.readline()
    assert line.startswith(b"Epoch 1/"), line  # the first epoch is over
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
def test_an_interrupted_run_keeps_the_model_so_far_and_says_where(plastica, tmp_path):
    code, rest = end(train_until_it_learns(tmp_path), signal.SIGINT)
    assert code == 130
    assert rest.endswith(
        b"note: the model trained so far is saved: runs/penguins-1/model.plastica.\nerror: interrupted.\n"
    )
    assert len(plastica("predict", "runs/penguins-1", "penguins").stdout.splitlines()) == 345
    found = TableNetwork.load(tmp_path / "runs" / "penguins-1" / "model.plastica")
    assert (found.facts.training.stopped_by, found.facts.results) == ("interrupted", None)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_ctrl_c_while_the_command_still_loads_shows_no_traceback(tmp_path):
    # A package that sends Ctrl-C when another module of the command line is imported.
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


TRAIN = ("train", "penguins", "--network", "mlp", "--layers", "4", "--epochs", "2", "--out", "run")
FILES = {"held_out.csv", "history.csv", "model.plastica", "report.html", "results.json", "settings.json"}


def piped_to_nobody(*arguments, lines=0, both=False, **options):
    """Return the exit code and the errors of a command whose output is closed after some lines."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT if both else subprocess.PIPE, **options,
    )  # fmt: skip
    assert process.stdout
    for _ in range(lines):
        process.stdout.readline()
    process.stdout.close()
    said = b"" if process.stderr is None else process.stderr.read()
    if process.stderr is not None:
        process.stderr.close()
    return process.wait(120), said


@pytest.mark.parametrize("arguments", [("info",), ("predict",), ("evaluate",)])
def test_a_closed_pipe_is_no_error_and_has_one_exit_code(tmp_path, penguins, arguments):
    table = ["penguins"] * (arguments != ("info",))
    code, said = piped_to_nobody(*arguments, str(penguins), *table)
    assert code == 141
    assert b"Traceback" not in said and b"Exception" not in said and b"error" not in said


@pytest.mark.parametrize("both", [False, True])
def test_a_reader_that_goes_away_costs_no_run(tmp_path, both):
    code, said = piped_to_nobody(*TRAIN, lines=1, both=both, cwd=tmp_path)
    assert code == 141 and b"error" not in said
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("train", "--help"), ("info",), ("predict",), TRAIN]
)
def test_a_full_standard_output_is_one_line_and_an_exit_code(tmp_path, penguins, arguments):
    given = [*arguments, *{"info": [str(penguins)], "predict": [str(penguins), "penguins"]}.get(arguments[0], [])]
    with open("/dev/full", "w") as full:  # noqa: PTH123
        made = subprocess.run(
            [*COMMAND, *given], check=False, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, cwd=tmp_path
        )
    lines = [line for line in made.stderr.splitlines() if not line.startswith(("Epoch", "compiling", "note: "))]
    assert (made.returncode, lines) == (1, ["error: standard output cannot be written: the disk is full."])
    if arguments == TRAIN:
        assert {path.name for path in (tmp_path / "run").iterdir()} == FILES


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_full_disk_keeps_the_model_and_says_what_is_missing(tmp_path):
    limited = ("sh", "-c", 'ulimit -f 100; exec "$@"', "sh")  # files of at most 50 or 100 KB
    made = subprocess.run(
        [*limited, *COMMAND, *TRAIN], check=False, capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert made.returncode == 1
    assert "run/report.html cannot be written: the file exceeds" in made.stderr
    assert "The trained model is saved: run/model.plastica; not written: report.html." in made.stderr
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES - {"report.html"}


def test_the_model_is_written_before_anything_else(plastica, here, monkeypatch):
    from plastica.storage import atomic, model_file

    calls = []

    def full(path, chunks):
        if calls:
            raise OSError(errno.ENOSPC, "No space left on device")
        calls.append(path)
        replace(path, chunks)

    def explained(path, chunks):
        with atomic.explained(path, "nothing was changed"):
            full(path, chunks)

    replace = atomic.replace_file
    for module in (atomic, model_file):
        monkeypatch.setattr(module, "replace_file", explained)
    monkeypatch.setattr("plastica.report.writing.replace_file", explained)
    made = plastica(*TRAIN, code=1)
    assert "cannot be written: the disk is full" in made.stderr
    assert "not written: settings.json, history.csv, results.json, held_out.csv, report.html." in made.stderr
    assert [path.name for path in (here / "run").iterdir()] == ["model.plastica"]
    assert len(plastica("predict", "run", "penguins").stdout.splitlines()) == 345


def test_a_mistake_in_the_table_is_told_before_jax_loads(tmp_path):
    code = (
        "import sys; from plastica.cli.main import app\n"
        "try:\n    app(['train', 'penguins', '--target', 'specie'])\n"
        "except SystemExit as end:\n    print(end.code, 'jax' in sys.modules)"
    )
    made = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert made.stdout == "1 False\n" and "did you mean 'species'" in made.stderr


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
def test_a_terminal_is_shown_labels_and_never_obeys_them(plastica, tmp_path):
    import pty

    lines = [f"{n % 5},bad\x1b[2J{n % 2}" for n in range(40)]
    (tmp_path / "evil.csv").write_text("a,y\n" + "\n".join(lines))
    quick = ("--network", "mlp", "--layers", "4", "--epochs", "1", "--no-report", "--quiet")
    plastica("train", "evil.csv", "-t", "y", *quick, "-o", "run")
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
    piped = plastica("predict", "run", "evil.csv").stdout
    assert "bad\x1b[2J" in piped  # in a file, the label is unchanged
