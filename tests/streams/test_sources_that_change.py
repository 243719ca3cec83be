"""Sources that are rotated, replaced, sent again, killed or wrong in the middle."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from click.testing import CliRunner
from tests.processes import started

from plastica.cli.main import app
from plastica.errors import DataError, FileError
from plastica.streams import FileSource, LineSource, StreamOptions, learn_on
from plastica.tables import TableNetwork

COMMAND = (sys.executable, "-c", "from plastica.cli.main import run; run()", "learn-on")


def write(path, rows, end="\n"):
    path.write_text("\n".join(rows) + end)
    return path


def test_a_file_that_is_rotated_is_followed_by_the_next_one(model, tmp_path, lines, monkeypatch):
    monkeypatch.setattr("plastica.streams.file_source.A_LOOK", 0.01)
    path, out = write(tmp_path / "rows.csv", lines[:31], end=""), tmp_path / "out.plastica"

    begun = threading.Event()

    def rotate():
        begun.wait(60)
        path.rename(tmp_path / "rows.csv.1")
        time.sleep(0.05)
        write(path, [lines[0], *lines[31:51]])

    rotating = threading.Thread(target=rotate)
    rotating.start()
    seen = []

    def on_lesson(learner, lesson):
        seen.append(learner.rows)
        if learner.rows == 29:  # the last row has no end yet
            begun.set()

    options = StreamOptions(batch_rows=32)
    made = learn_on(
        model, FileSource(path, follow=True), out, options, on_lesson=on_lesson, stop=lambda: seen[-1:] == [50]
    )
    rotating.join()
    assert made.rows == 50 and made.skipped == 0
    with path.open("a") as file:
        file.write("\n".join(lines[51:61]) + "\n")
    assert learn_on(model, FileSource(path), out).rows == 60
    write(path, [lines[0], *reversed(lines[1:101])])
    with pytest.raises(FileError, match="the file was replaced"):
        learn_on(model, FileSource(path), out)


def test_a_sender_that_begins_anew_is_learned_exactly_once(model, tmp_path, lines):
    def sent(rows, replayed=True):
        here, there = socket.socketpair()
        with here, there:
            there.sendall(("\n".join(rows) + "\n").encode())
            there.shutdown(socket.SHUT_WR)
            source = LineSource(here.makefile("rb", buffering=0), "standard input", replayed)
            return learn_on(model, source, tmp_path / f"{replayed}.plastica", StreamOptions(batch_rows=16))

    assert sent(lines[:49]).rows == 48 and sent(lines[:97]).rows == 96
    sent(lines[:97], replayed=False)
    assert (tmp_path / "True.plastica").read_bytes() == (tmp_path / "False.plastica").read_bytes()
    with pytest.raises(FileError, match="sent 11 lines, but 97 were learned before"):
        sent(lines[:11])


def test_a_bad_row_ends_learning_before_it_if_asked_to(model, tmp_path, lines):
    path, out = tmp_path / "bad.csv", tmp_path / "out.plastica"
    bad = lines[20].replace(lines[20].split(",")[2], "long", 1)
    write(path, [*lines[:20], bad, *lines[21:40]])
    stop = StreamOptions(batch_rows=8, on_bad_row="stop")
    for _ in range(2):
        with pytest.raises(DataError, match="row 20, column 'bill_length_mm': 'long' is not a number"):
            learn_on(model, FileSource(path), out, stop)
    write(path, lines[:40])
    assert learn_on(model, FileSource(path), out, stop).rows == 39
    write(path, [*lines[:3], bad, "Adelie,Dream", *lines[5:]])  # the first bad row is named, whatever is wrong with it
    with pytest.raises(DataError, match="row 3, column"):
        learn_on(model, FileSource(path), tmp_path / "other.plastica", stop)
    assert TableNetwork.load(tmp_path / "other.plastica").model.extra["learned_on"]["taken"] == 2
    write(path, [*lines[:40], "Adelie,Dream"])
    with pytest.raises(DataError, match="row 40"):
        learn_on(model, FileSource(path), out, stop)


def test_the_picture_has_the_course_of_the_error_over_all_runs(model, tmp_path, lines):
    path = write(tmp_path / "rows.csv", lines[:101])
    out, picture = tmp_path / "out.plastica", tmp_path / "error.svg"
    first = learn_on(model, FileSource(path), out)
    write(path, lines[:201])
    given = ["learn-on", str(model), "--from", str(path), "--out", str(out), "--plot", str(picture), "--json"]
    made = CliRunner().invoke(app, given)
    assert json.loads(made.stdout)["rows"] == 200 and picture.read_text().startswith("<?xml")
    second = learn_on(model, FileSource(path), out)
    assert second.curve.rows == list(range(1, 201)) and second.curve.errors[:100] == first.curve.errors
    assert second.curve.errors[-1] == second.error
    refused = CliRunner().invoke(app, [*given[:6], "--plot", "error.txt"])
    assert refused.exit_code == 1 and "error.txt" in refused.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_killed_command_goes_on_and_one_that_is_told_to_end_saves(model, tmp_path, lines):
    path, out = write(tmp_path / "rows.csv", lines[:1]), tmp_path / "out.plastica"
    command = [*COMMAND, str(model), "--from", str(path), "--out", str(out), "--follow", "--save-every", "1"]

    def learning(rows, number):
        with started(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            with path.open("a") as file:
                file.write("".join(f"{row}\n" for row in rows))
            before = out.stat().st_mtime_ns if out.exists() else 0
            while process.poll() is None and not (out.exists() and out.stat().st_mtime_ns != before):
                time.sleep(0.02)
            process.send_signal(number)
            return process.wait(30), process.stdout.read()

    assert learning(lines[1:33], signal.SIGKILL)[0] == -signal.SIGKILL
    code, told = learning(lines[33:65], signal.SIGTERM)
    assert code == 0 and "64 in all" in told
    straight = learn_on(model, FileSource(path), tmp_path / "straight.plastica", StreamOptions(save_every=1))
    assert straight.rows == 64
    assert out.read_bytes() == (tmp_path / "straight.plastica").read_bytes()
