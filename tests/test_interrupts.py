"""Ctrl-C waits for the current import, since compiled libraries crash if partially loaded."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import time
from plastica import interrupts
interrupts.install()
try:
    import presses
    for _ in range(500):
        time.sleep(0.01)
except KeyboardInterrupt:
    print(presses.loaded)
    interrupts.leave()
print("lost")
"""


def test_an_import_ends_before_ctrl_c_is_raised(tmp_path):
    (tmp_path / "presses.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\nloaded = 'whole'\n")
    made = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert (made.returncode, made.stdout, made.stderr) == (130, "whole\n", "")


def test_a_programs_own_handler_stays():
    code = (
        "import signal; from plastica import interrupts\n"
        "def own(number, frame): pass\n"
        "signal.signal(signal.SIGINT, own)\ninterrupts.install()\nprint(signal.getsignal(signal.SIGINT) is own)"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert made.stdout == "True\n"
