"""Kills during save: the last complete model can always be loaded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kill_save.py"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_last_good_model_loads_after_every_kill_and_no_corrupt_file_does():
    told = subprocess.run(
        [sys.executable, SCRIPT, "--no-peers", "--json", "--kills=30", "--corruptions=600", "--size=256"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    model, checkpoint = json.loads(told.stdout)
    assert model["kills"]["good"] == checkpoint["kills"]["good"] == 30
    assert model["kills"]["inside a save"] > 0
    assert model["corruptions"] == {"refused": 600}
    assert checkpoint["corruptions"] == {"refused": 600}
