"""``plastica compare-rules``: a folder of tables and figures, resumed after an interruption."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from plastica.comparison import RuleRecord, comparing

FACTS = {
    "source": "1958",
    "local": True,
    "symmetric_weights": False,
    "phases": 1,
    "global_error": False,
    "labels": True,
}


@pytest.fixture
def arrays(here):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (80, 3, 2), np.uint8)
    y = x.reshape(80, 6)[:, :2].argmax(1)
    np.savez(here / "small.npz", x_train=x[:60], y_train=y[:60], x_test=x[60:], y_test=y[60:])
    return here / "small.npz"


SMALL = ("--layers", "4", "--epochs", "1", "--seeds", "1", "--loss-target", "0.5")


def test_rules_are_compared_kept_and_gone_on_with(plastica, arrays, here, monkeypatch):
    learned = []

    def run(trial, epochs, seeds, *rest):
        learned.append(trial.name)
        curve = [[0.6] * epochs for _ in seeds]
        good = 0.9 if trial.name == "perceptron" else 0.8
        return RuleRecord(
            name=trial.name, seeds=list(seeds), epochs=epochs, planned=epochs, test=[good], train=[good],
            test_losses=[0.6], train_loss=curve, test_loss=curve, curve=curve, clock=[0.1], epoch_seconds=0.1,
            angles_begin=[80.0, 0.0], angles_end=[None, 0.0], sparseness=[0.5], silent=[0.0], facts=FACTS,
        )  # fmt: skip

    monkeypatch.setattr(comparing.Trial, "run", run)  # the results are tested with the package
    said = plastica("compare-rules", arrays, "--rules", "backprop", *SMALL, "--out", "found", "-v").stdout
    assert "20 test rows" in said and "backprop" in said and "symmetric weights" in said
    written = {path.name for path in (here / "found").iterdir()}
    assert written == {"records", "terms.json", "rules.csv", "rules.md", "rules.json", "rules.svg", "rules.png"}
    assert not (here / "found.part").exists()
    more = ("--rules", "perceptron, backprop", *SMALL, "--out", "found", "--resume", "--json")
    found = json.loads(plastica("compare-rules", arrays, *more).stdout)
    assert learned == ["backprop", "perceptron"]
    assert [record["name"] for record in found["records"]] == ["perceptron", "backprop"]
    assert {path.stem for path in (here / "found" / "records").iterdir()} == {"backprop", "perceptron"}
    for name in ("rules.svg", "rules.md"):
        (here / "found" / name).unlink()
    assert "perceptron" in plastica("compare-rules", here / "found").stdout  # a finished folder: no training
    assert len(learned) == 2 and {"rules.svg", "rules.md"} <= {path.name for path in (here / "found").iterdir()}
    other = plastica("compare-rules", arrays, *SMALL, "--batch-size", "7", "--out", "found", "--resume", code=1)
    assert "made with other settings: batch_size" in other.stderr


def test_an_interrupted_comparison_is_not_lost(plastica, arrays, here, monkeypatch):
    def interrupt(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparing.Trial, "run", interrupt)
    said = plastica("compare-rules", arrays, "--rules", "backprop", *SMALL, "--out", "cut", code=130).stderr
    assert "--resume" in said and (here / "cut.part").is_dir() and not (here / "cut").exists()
    again = plastica("compare-rules", arrays, "--rules", "backprop", *SMALL, "--out", "cut", code=1).stderr
    assert "continue it with --resume, or delete it" in again


def test_what_cannot_be_compared_is_said_in_a_line(plastica, arrays, here):
    assert 'did you mean "backprop"' in plastica("compare-rules", arrays, "--rules", "backprob", code=1).stderr
    assert "--resume needs --out" in plastica("compare-rules", arrays, "--resume", code=2).stderr
    assert "RULE=VALUE" in plastica("compare-rules", arrays, "--learning-rate", "0.1", code=2).stderr
    assert "--target COLUMN" in plastica("compare-rules", _table(here), code=2).stderr
    assert not (here / "runs").exists()


def test_help_loads_no_jax():
    code = "import sys; from plastica.cli import main; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _table(folder):
    (folder / "table.csv").write_text("a,b\n" + "\n".join(f"{number},{number % 2}" for number in range(30)))
    return folder / "table.csv"
