"""Several processes behind one port: one that is killed is replaced, all are reloaded, and counts are those of all."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from tests.processes import started

from plastica.cli.main import app
from plastica.data.columns import infer_columns
from plastica.data.frames import from_memory
from plastica.serving.drift import Drift

COMMAND = (sys.executable, "-c", "from plastica.cli.main import run; run()", "serve")


def ask(url, rows=None):
    body = None if rows is None else json.dumps(rows).encode()
    with urllib.request.urlopen(
        urllib.request.Request(url, body, {"content-type": "application/json"}), timeout=60
    ) as reply:
        return reply.status, reply.read()


def metrics(url):
    families = text_string_to_metric_families(ask(f"{url}/metrics")[1].decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def until(found, wanted, seconds=60):
    end = time.monotonic() + seconds
    while (seen := found()) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    assert seen == wanted


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs Linux")
def test_a_killed_worker_is_replaced_and_counts_are_those_of_all(model_file, rows):
    command = [*COMMAND, str(model_file), "--port", "0", "--workers", "2"]
    with started(command, stderr=subprocess.PIPE, text=True) as server:
        lines = iter(server.stderr.readline, "")
        (url,) = re.findall(r"(http://127\.0\.0\.1:\d+)/predict", next(line for line in lines if "/predict" in line))
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
        first = children.read_text().split()
        with ThreadPoolExecutor(8) as asking:
            told = list(asking.map(lambda row: ask(f"{url}/predict", row), rows[:40]))
            os.kill(int(first[0]), signal.SIGKILL)
            until(lambda: first[0] in children.read_text().split(), wanted=False)
            # New connections are taken by the other one.
            told += list(asking.map(lambda row: ask(f"{url}/predict", row), rows[40:80]))
            until(lambda: metrics(url)["plastica_ready",], 2)
            server.send_signal(signal.SIGHUP)
            told += list(asking.map(lambda row: ask(f"{url}/predict", row), rows[80:120]))
            until(lambda: metrics(url)["plastica_reloads_total", "done"], 2)
        assert {status for status, _ in told} == {200}
        assert metrics(url)["plastica_rows_total",] == 120
        server.send_signal(signal.SIGTERM)
        rest = "".join(lines)
    assert server.returncode == 0 and "a worker ended (-9)" in rest and "Error" not in rest


def test_the_drift_of_several_processes_is_that_of_all_their_rows():
    random = np.random.default_rng(0)
    training = from_memory({"x": random.normal(size=500), "s": ["a", "b"] * 250})
    parts = [from_memory({"x": random.normal(shift, size=400), "s": ["b"] * 400}) for shift in (0.0, 1.0)]
    whole, *each = (Drift([*infer_columns(training)], 500, 10**9) for _ in range(3))
    for drift, part in zip(each, parts, strict=True):
        drift.add(part)
        whole.add(part)
    assert each[0].report([each[1].counts()]) == whole.report() != each[0].report()


def test_what_a_worker_cannot_serve_is_told(tmp_path):
    (tmp_path / "broken.plastica").write_bytes(b"no model")
    result = CliRunner().invoke(app, ["serve", str(tmp_path / "broken.plastica"), "--port", "0", "--workers", "2"])
    assert result.exit_code == 1 and "broken.plastica" in result.stderr and "Traceback" not in result.stderr
