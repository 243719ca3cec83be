"""Remedies: each finding has those that mend it, and trying them says which did."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.checks.findings import Finding
from plastica.doctor.remedies import FAMILIES, remedies_for
from plastica.doctor.remedy import TrialData
from plastica.doctor.trial_results import RemedyTrial, against, trial
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
    names = [remedy.name for remedy in remedies_for(model, found) if remedy.is_setting]
    assert "learning_rate=1" in names and "learning_rate=10" in names


def changed(code, data, measures=None, model=None, **said):
    """Return what the first remedy for a finding makes of the data."""
    if model is None:
        model = pl.Sequential([pl.Dense(1, input_dim=data.x.shape[-1])])
        model.compile("sgd", "mse")
    (remedy, *_) = remedies_for(model, [Finding(code, "warning", "", said)], measures)
    return remedy.data(data)


def numbers(rows, columns, start=0):
    return np.arange(start, start + rows * columns, dtype=np.float32).reshape(rows, columns)


def test_a_dropped_leak_is_judged_beside_a_network_that_does_not_know_the_column():
    data = TrialData(numbers(30, 3), numbers(30, 1), numbers(20, 3, 90), numbers(20, 1))
    found = changed("leaking_column", data, places="1")
    assert found.x.tolist() == np.delete(data.x, 1, axis=1).tolist()
    assert found.judged[0].shape == (20, 2)
    known, _ = found.as_before
    assert (known[:, 1] == data.x[:, 1].mean()).all() and (known[:, [0, 2]] == data.val_x[:, [0, 2]]).all()


def test_copies_are_dropped_from_training_rows_and_new_validation_rows_judge():
    x = numbers(60, 2)
    data = TrialData(x, x[:, :1], np.concatenate([x[:5], numbers(25, 2, 500)]), numbers(30, 1))
    found = changed("copied_rows", data)
    assert len(found.x) == 55 and (found.x == x[5:]).all()
    assert (found.judged[0] == data.val_x[5:]).all() and found.as_before is not None
    all_copied = TrialData(x, x[:, :1], x[:30], x[:30, :1])
    assert len(changed("copied_rows", all_copied).as_before[0]) == 0  # no row could judge the network without it


def test_suspect_labels_are_dropped_and_rows_without_suspect_labels_judge():
    data = TrialData(numbers(30, 2), numbers(30, 1), numbers(20, 2), numbers(20, 1))
    found = changed("label_errors", data, {"suspects": {"rows": [0, 3], "validation_rows": [1]}})
    assert len(found.x) == 28 and found.y[:2, 0].tolist() == [1.0, 2.0]
    assert found.judged[1][:2, 0].tolist() == [0.0, 2.0] and len(found.as_before[0]) == 19


def test_the_rows_that_stop_training_do_not_judge_it():
    data = TrialData(numbers(30, 2), numbers(30, 1), numbers(20, 2), numbers(20, 1))
    found = changed("overfitting", data)
    looked_at, judged = set(found.val_y[:, 0].tolist()), set(found.judged[1][:, 0].tolist())
    assert not looked_at & judged and len(looked_at) == len(judged) == 10


def test_drift_is_mended_by_rows_of_both_parts_as_many_as_before():
    data = TrialData(numbers(30, 2), numbers(30, 1), numbers(20, 2, 1000), numbers(20, 1, 1000))
    found = changed("drift", data)
    assert len(found.x) == 30 and (found.y >= 1000).sum() == 10
    assert not set(found.y[:, 0].tolist()) & set(found.judged[1][:, 0].tolist())


def test_longer_windows_are_those_of_the_same_series_and_judge_the_same_targets():
    series = np.arange(60, dtype=np.float32)
    x = np.lib.stride_tricks.sliding_window_view(series, 4)[:-1][..., None]
    y = series[4:, None]
    data = TrialData(x[:30], y[:30], x[30:], y[30:])
    found = changed("short_lookback", data, season=6)
    assert found.x[0, :, 0].tolist() == [0, 1, 2, 3, 4, 5] and found.y[0, 0] == 6
    assert (found.val_y == data.val_y).all() and found.val_x[0, -1, 0] == found.val_y[0, 0] - 1
    assert changed("short_lookback", TrialData(x[:30][::-1], y[:30], x[30:], y[30:]), season=6) is None


def test_classes_are_judged_with_as_many_rows_each():
    model = pl.Sequential([pl.Dense(1, "sigmoid", input_dim=2)])
    model.compile("sgd", "binary_crossentropy")
    y = (np.arange(20) < 3).astype(np.float32)[:, None]
    found = changed("rare_class", TrialData(numbers(20, 2), y, numbers(20, 2), y), model=model)
    assert found.judged[1].sum() == 17 and len(found.judged[1]) == 34


def test_gains_are_shares_of_what_a_constant_answer_loses():
    before, after = trial("", "-", (0.5, 0.7), 1.0), trial("x", "y", (1.0, 1.2), 10.0)
    found = against(before, after)
    assert found.gain == pytest.approx(0.89 - 0.4) and found.helped and not found.mended
    assert found.error == pytest.approx(np.sqrt(0.02 / 2 + 0.0002 / 2))
    same = RemedyTrial("x", "y", (0.5,), (0.5,), gain=-0.01, error=0.0, gone=True)
    assert same.mended and not same.helped
    assert not RemedyTrial("x", "y", (0.5,), (0.5,), gain=-0.1, error=0.01, gone=True).mended
    assert np.isnan(against(RemedyTrial("", "-", (), ()), after).gain)


def test_a_constant_column_that_is_dropped_is_mended_and_the_finding_gone():
    x = np.column_stack([X, np.zeros(256, np.float32)])
    model = pl.Sequential([pl.Dense(1)], seed=0)
    model.compile(pl.optimizers.Adam(0.05), "mse")
    model.fit(x[:200], Y[:200], epochs=20, verbose=0)
    found = model.diagnose(x[:200], Y[:200], validation_data=(x[200:], Y[200:]))
    trials = found.try_remedies(seeds=2)
    assert trials["constant_inputs"].gone and trials.mended == (trials["constant_inputs"],)
    assert "mended: x = np.delete(x, [3], axis=1): the finding is gone" in repr(trials)
