"""matplotlib without a writable home folder."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import sys, plastica as pl
from plastica.training.history import History
which = sys.argv[1]
if which == "history":
    history = History()
    history.on_epoch_end(0, {"loss": 0.5})
    history.plot("picture.png")
else:
    model = pl.Sequential([pl.Dense(2, input_dim=2)])
    model.draw("picture.png")
import logging
print(logging.getLogger("matplotlib").level)
"""


@pytest.mark.skipif(os.name == "nt", reason="folders of POSIX")
@pytest.mark.parametrize("which", ["history", "network"])
def test_a_home_that_cannot_be_written_costs_no_word(tmp_path, which):
    away = {"HOME": os.devnull, "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "", "MPLCONFIGDIR": ""}
    made = subprocess.run(
        [sys.executable, "-c", CODE, which], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False,
        env={**os.environ, **away},
    )  # fmt: skip
    assert (made.returncode, made.stdout, made.stderr) == (0, "0\n", "")
    assert (tmp_path / "picture.png").exists()
