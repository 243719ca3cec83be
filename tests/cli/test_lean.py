"""What commands do not load."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import sys
import numpy as np
from plastica.cli.lean import load_scikit_learn

load_scikit_learn()
from sklearn.linear_model import LogisticRegression
x = np.arange(12.0).reshape(6, 2)
model = LogisticRegression().fit(x, [0, 0, 0, 1, 1, 1])
print(model.predict(x).tolist(), any(name.startswith("pandas") for name in sys.modules))
import pandas
print(model.predict(pandas.DataFrame(x).to_numpy()).tolist(), pandas.DataFrame({"a": [1, 2]}).a.sum())
"""


def test_scikit_learn_is_loaded_without_pandas_which_can_be_loaded_later() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    told = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, env=environment)
    assert told.returncode == 0, told.stderr
    assert told.stdout.split("\n")[:2] == ["[0, 0, 0, 1, 1, 1] False", "[0, 0, 0, 1, 1, 1] 3"]
