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
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
x = np.arange(24.0).reshape(12, 2)
model = LogisticRegression().fit(x, [0] * 6 + [1] * 6)
trees = HistGradientBoostingClassifier(min_samples_leaf=1).fit(x, [0] * 3 + [1] * 4 + [2] * 5)
print(model.predict(x[:2]).tolist(), [name for name in ("pandas", "scipy.stats") if name in sys.modules])
import pandas
print(model.predict(pandas.DataFrame(x[:2]).to_numpy()).tolist(), pandas.DataFrame({"a": [1, 2]}).a.sum())

from plastica.cli import lean
from sklearn._loss import link
from sklearn.metrics import label_ranking_average_precision_score as precision
from sklearn.preprocessing import quantile_transform
print(precision([[1, 0, 0]], [[0.5, 0.9, 0.1]]), "scipy.stats" in sys.modules)
import scipy.stats
values = np.random.default_rng(0).uniform(0.1, 1, (3, 4))
assert link.gmean is lean._geometric_mean
assert np.array_equal(lean._geometric_mean(values, axis=1), scipy.stats.gmean(values, axis=1))
transformed = quantile_transform(values, n_quantiles=3, output_distribution="normal")
assert np.isfinite(transformed).all()
class Own(lean._Later("rv_continuous")): pass
assert issubclass(Own, scipy.stats.rv_continuous)
"""


def test_scikit_learn_is_loaded_without_pandas_and_scipy_stats_which_can_be_loaded_later() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    told = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, env=environment)
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == ["[0, 0] []", "[0, 0] 3", "0.5 True"]


REPORT = """
import sys, threading
from plastica.cli.report_ahead import import_report

for template in ("report.html", "no such template"):
    import_report(template)
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join()
print([name for name in ("matplotlib.figure", "plastica.report.writing", "jinja2") if name in sys.modules])
"""


def test_the_report_is_imported_in_another_thread_whose_errors_wait_until_it_is_written() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    told = subprocess.run([sys.executable, "-c", REPORT], capture_output=True, text=True, check=False, env=environment)
    assert told.stdout == "['matplotlib.figure', 'plastica.report.writing', 'jinja2']\n", told.stderr
    assert not told.stderr
