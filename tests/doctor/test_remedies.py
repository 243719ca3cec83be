"""Remedies: each finding has those that mend it, and trying them says which did."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.doctor.remedies import FAMILIES, remedies_for
from plastica.errors import InvalidValue
from plastica.language import using
from plastica.notes import TEXTS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(256, 3)).astype(np.float32)
Y = X @ np.array([1.0, -1.0, 0.5], np.float32)


def diagnosed(optimizer, validation=(X[200:], Y[200:])):
    model = pl.Sequential([pl.Dense(1)])
    model.compile(optimizer, "mse")
    model.fit(X[:200], Y[:200], epochs=6, verbose=0)
    return model.diagnose(X[:200], Y[:200], validation_data=validation)


def test_a_rate_that_is_too_small_is_mended_by_a_larger_one():
    found = diagnosed(pl.optimizers.SGD(1e-5))
    trials = found.try_remedies(seeds=2)
    best = trials.helped[0]
    assert best.code in found.codes and best.gain > 0.3 and len(best.losses) == 2
    assert repr(trials).splitlines()[1].startswith("helped: ") and "<table>" in trials._repr_html_()
    assert trials.to_dict()["trials"][0]["helped"] is True and trials[best.name] is best
    with pytest.raises(KeyError, match="'leeches' was not tried"):
        trials["leeches"]
    with using("zh"):
        assert repr(trials).startswith("不作改动：验证损失")


def test_nothing_is_tried_where_nothing_is_wrong():
    found = diagnosed(pl.optimizers.Adam(0.03))
    assert found.is_healthy, found
    assert len(found.try_remedies(seeds=2)) == 0


def test_remedies_need_validation_rows_and_seeds():
    found = diagnosed(pl.optimizers.SGD(1e-5), validation=None)
    with pytest.raises(InvalidValue, match=r"validation_data=\(x_val, y_val\)"):
        found.try_remedies()
    with pytest.raises(InvalidValue, match="at least 2, for a spread"):
        diagnosed(pl.optimizers.SGD(1e-5)).try_remedies(seeds=1)


def test_every_finding_with_a_remedy_exists_and_each_remedy_is_one_of_a_population_where_it_can_be():
    assert all(f"finding.{code}" in TEXTS for code in FAMILIES)
    model = pl.Sequential([pl.Dense(8, "relu", input_dim=3), pl.Dense(1)])
    model.compile(pl.optimizers.SGD(0.1), "mse")
    found = diagnosed(pl.optimizers.SGD(1e-5)).findings
    names = [remedy.name for remedy in remedies_for(model, found, None) if remedy.is_setting]
    assert "learning_rate=1" in names and "learning_rate=10" in names
