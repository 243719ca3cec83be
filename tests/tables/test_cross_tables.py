"""Settings(folds=...): partition, encoding inside folds, a fold is the network alone, kept folds, groups, time."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

import plastica as pl
from plastica.data.reading import read_table
from plastica.errors import FileError, InvalidValue
from plastica.evaluation.imbalance import feed_for
from plastica.evaluation.over_folds import over_folds
from plastica.storage import read_model, write_model
from plastica.tables import Settings, TableNetwork
from plastica.tables.cross_rows import cross_rows, prepared_for
from plastica.tables.networks import network_of
from plastica.tables.out_of_fold import out_of_fold_frame
from plastica.tables.preparation import prepare
from plastica.tables.training import early_stopping, train_network, training_set

GENERATOR = np.random.default_rng(0)
ROWS = 90
X = GENERATOR.normal(size=(ROWS, 2))
TABLE = {
    "a": X[:, 0],
    "b": X[:, 1],
    "town": GENERATOR.choice(["x", "y", "z"], ROWS),
    "patient": np.repeat(np.arange(18), 5).astype(str),
    "kind": np.where(X[:, 0] + 0.4 * GENERATOR.normal(size=ROWS) > 0.3, "yes", "no"),
    "amount": 3 * X[:, 0] + 50,
}
SMALL = Settings(folds=3, network="mlp", layers=(6,), epochs=4, baselines=("linear",))
PLAIN = {name: TABLE[name] for name in ("a", "b", "town", "kind")}


def with_(**changes):
    return msgspec.structs.replace(SMALL, **changes)


@pytest.fixture(scope="module")
def prepared():
    return prepare(read_table(PLAIN), "kind", with_(repeats=2))


@pytest.fixture(scope="module")
def made(prepared):
    return TableNetwork.train(prepared, with_(repeats=2))


@pytest.fixture(scope="module")
def kept(prepared):
    return TableNetwork.train(prepared, with_(keep_folds=True))


def test_every_row_is_held_out_once_in_each_repeat_and_no_test_set_is_split_off(prepared, made):
    assert not len(prepared.split.test) and made.facts.rows.test == 0
    assert [(part.repeat, part.fold) for part, _ in made.out_of_fold] == [(r, f) for r in (0, 1) for f in range(3)]
    for repeat in (0, 1):
        held = [part.held_out for part, _ in made.out_of_fold if part.repeat == repeat]
        assert sorted(np.concatenate(held).tolist()) == list(range(ROWS))
    for part, found in made.out_of_fold:
        assert not set(part.train) & set(part.held_out)
        np.testing.assert_array_equal(found.rows, part.held_out)


def test_encoding_and_the_scale_of_the_target_come_from_the_training_rows_of_the_fold():
    settings = with_()
    whole = prepare(read_table({"a": TABLE["a"], "amount": TABLE["amount"]}), "amount", settings)
    part = cross_rows(whole, settings)[1]
    own = prepared_for(whole, settings, part)
    train = own.split.train
    assert sorted([*own.split.train, *own.split.validation]) == part.train.tolist()
    np.testing.assert_array_equal(own.split.test, part.held_out)
    assert own.target.mean == pytest.approx(TABLE["amount"][train].mean())
    alone = prepare(read_table({"a": TABLE["a"][train], "amount": TABLE["amount"][train]}), "amount",
                    Settings(validation=0, test=0))  # fmt: skip
    np.testing.assert_allclose(own.x[train], alone.x, atol=1e-6)


@pytest.mark.parametrize("place", [0, 4])
def test_a_fold_is_the_network_trained_alone_on_its_rows(prepared, made, place):
    part, found = made.out_of_fold[place]
    settings = with_(repeats=2, seed=part.seed)
    own = prepared_for(prepared, settings, part)
    model, feed = network_of(own, settings), feed_for(settings, own.target, own.y, own.split.train)
    data = training_set(own, feed, None)
    train_network(model, data, 4, 32, early_stopping(model, settings.patience), verbose=0)
    alone = model.predict(own.x[part.held_out])[:, 0]
    np.testing.assert_allclose(found.answers["network"][:, 1], alone, atol=1e-4)


def test_the_results_are_the_means_over_folds_with_the_corrected_interval(made):
    scores, results = made.facts.cross_validation, made.facts.results
    truth = PLAIN["kind"] == "yes"
    by_hand = [(found.answers["network"].argmax(1) == truth[part.held_out]).mean() for part, found in made.out_of_fold]
    assert list(scores.values["network"]["accuracy"]) == pytest.approx(by_hand)
    expected = over_folds(by_hand, 30 / 60)
    figure = results.scores["network"]["accuracy"]
    assert figure.value == pytest.approx(expected.value) and figure.low == pytest.approx(max(expected.low, 0))
    assert results.rows == ROWS and set(results.scores) == {"network", "linear"}
    gaps = np.subtract(scores.values["network"][scores.main], scores.values["linear"][scores.main])
    assert results.verdict.rival == "linear" and results.difference.value == pytest.approx(gaps.mean())
    assert "none_held_out" not in [each.code for each in results.verdict.findings]


def test_out_of_fold_predictions_are_a_table(prepared, made):
    frame = out_of_fold_frame(made, prepared)
    assert frame.columns == ["row index", "repeat", "fold", "kind", "predicted kind", "P(no)", "P(yes)"]
    assert frame.height == 2 * ROWS
    assert frame.filter(frame["repeat"] == 1)["kind"].to_list() == PLAIN["kind"].tolist()


def test_without_keeping_the_saved_model_is_one_network_trained_on_all_rows(made, tmp_path):
    assert not made.members and made.facts.training.epochs
    loaded = TableNetwork.load(made.save(tmp_path / "model.plastica"))
    assert loaded.facts.cross_validation == made.facts.cross_validation and loaded.facts.settings.folds == 3
    rows = made.facts.rows
    assert rows.train + rows.validation == ROWS


def test_kept_folds_predict_their_mean_and_are_saved_in_one_file(kept, tmp_path):
    assert len(kept.members) == 3
    expected = np.mean([member.predict(PLAIN).probabilities for member in kept.members], axis=0)
    np.testing.assert_allclose(kept.predict(PLAIN).probabilities, expected)
    path = kept.save(tmp_path / "folds.plastica")
    loaded = pl.load(path)
    assert loaded.facts == kept.facts and len(loaded.members) == 3
    np.testing.assert_array_equal(loaded.predict(PLAIN).probabilities, expected)
    with pytest.raises(FileError, match="damaged"):
        arrays, document = read_model(path)
        write_model(tmp_path / "bad.plastica", arrays, document | {"members": []})
        TableNetwork.load(tmp_path / "bad.plastica")


def test_evaluation_of_kept_folds_says_that_they_know_these_rows(kept):
    _, rows, notes = kept.evaluate(PLAIN)
    assert rows == ROWS and "trained on 90 rows of this table" in str(notes[0])


def test_a_test_set_stays_apart_and_is_evaluated_too():
    made = TableNetwork.fit(PLAIN, "kind", with_(test=0.2, keep_folds=True, model="linear", network="best", layers=None,
                                                  epochs=200))  # fmt: skip
    held = {row for part, _ in made.out_of_fold for row in part.held_out.tolist()}
    assert made.facts.rows.test == 18 and len(held) == ROWS - 18
    assert not held & set(made.judged.rows.tolist())
    assert made.facts.results.rows == 18 and made.facts.cross_validation.rows == ROWS - 18


def test_groups_stay_in_one_fold_and_inside_it_in_one_set():
    settings = with_(split="group:patient")
    whole = prepare(read_table({**PLAIN, "patient": TABLE["patient"]}), "kind", settings)
    for part in cross_rows(whole, settings):
        own = prepared_for(whole, settings, part)
        names = [set(TABLE["patient"][rows]) for rows in own.split[:3]]
        assert not names[0] & names[1] and not names[1] & names[2] and not names[0] & names[2]


def test_time_trains_on_the_past_alone():
    days = np.datetime64("2024-01-01") + GENERATOR.permutation(ROWS)
    settings = with_(split="time")
    whole = prepare(read_table({"day": days.astype(str), **PLAIN}), "kind", settings)
    parts = cross_rows(whole, settings)
    for part in parts:
        own = prepared_for(whole, settings, part)
        assert days[own.split.train].max() < days[own.split.validation].min()
        assert days[own.split.validation].max() < days[own.split.test].min()
    assert 0 < len(parts[0].train) < ROWS / 3
    with pytest.raises(InvalidValue, match="repeats=2: rows in the order of time can be dealt in one way only"):
        cross_rows(whole, with_(split="time", repeats=2))


@pytest.mark.parametrize("task", ["regression", "multilabel", "best", "rare"])
def test_other_targets_and_models_are_cross_validated(task):
    table, target, changes = PLAIN, "kind", {"model": "linear", "network": "best", "layers": None, "epochs": 200}
    if task == "regression":
        table, target = {"a": TABLE["a"], "b": TABLE["b"], "amount": TABLE["amount"]}, "amount"
    elif task == "multilabel":
        marks = {name: (X[:, place] > 0).astype(int) for place, name in enumerate(("p", "q"))}
        table, target = {"a": TABLE["a"], "b": TABLE["b"], **marks}, ["p", "q"]
    elif task == "best":
        changes = {"model": "best", "baselines": ()}
    else:
        table = {"a": TABLE["a"], "kind": np.where(X[:, 0] > 1.2, "yes", "no")}
        changes = {"class_weight": "balanced"}
    made = TableNetwork.fit(table, target, with_(**changes, keep_folds=task != "best"))
    scores = made.facts.cross_validation
    assert len(scores.values[scores.own][scores.main]) == 3
    assert made.predict(table).labels.shape[0] == ROWS
    assert made.facts.model == scores.own
    if task == "best":
        assert len(scores.chosen) == 3
    if task == "rare":
        assert scores.main == "average_precision" and made.facts.decision is not None


def test_thresholds_are_chosen_inside_the_fold():
    linear = {"model": "linear", "network": "best", "layers": None, "epochs": 200}
    made = TableNetwork.fit(PLAIN, "kind", with_(**linear, threshold="f1", validation=0.4))
    cuts = {found.decisions["linear"].thresholds for _, found in made.out_of_fold}
    assert len(cuts) > 1
    for part, found in made.out_of_fold:
        decided = found.decided()["linear"]
        rows = np.searchsorted(made.judged.rows, part.held_out)
        np.testing.assert_array_equal(made.judged.labels()[rows], decided)


def test_copies_of_a_row_in_different_folds_are_found():
    doubled = {name: np.concatenate([values, values]) for name, values in PLAIN.items()}
    made = TableNetwork.fit(doubled, "kind", with_(model="linear", network="best", layers=None, epochs=200))
    found = next(each for each in made.facts.results.verdict.findings if each.code == "fold_twins")
    assert found.severity == "serious" and "exact copies of a row in another fold" in found.message


def test_a_column_that_names_the_groups_is_found():
    table = {**PLAIN, "patient": TABLE["patient"], "chart": np.char.add("c", TABLE["patient"])}
    prepared = prepare(read_table(table), "kind", with_(split="group:patient"))
    found = next(each for each in prepared.findings if each.code == "group_column")
    assert "'chart' has a value of its own for each group of 'patient'" in found.message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"folds": 91}, "folds=91 for 90 rows: every fold needs a row"),
        ({"folds": 60}, r"folds=60, but class '\w+' has only \d+ rows, .* or drop its rows"),
        ({"folds": 19, "split": "group:patient"}, "folds=19, but there are only 18 groups"),
    ],
)
def test_folds_that_do_not_fit_are_one_sentence(changes, words):
    with pytest.raises(InvalidValue, match=words):
        TableNetwork.fit({**PLAIN, "patient": TABLE["patient"]}, "kind", with_(**changes))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"folds": 1}, "folds=1: expected a whole number of at least 2"),
        ({"repeats": 0, "folds": 3}, "repeats=0"),
        ({"repeats": 3}, "repeats=3 is for cross-validation: set folds=5"),
        ({"keep_folds": True}, "keep_folds=True is for cross-validation"),
    ],
)
def test_options_of_folds_without_folds_are_refused(given, words):
    with pytest.raises(InvalidValue, match=words):
        Settings(**given)


def test_settings_have_no_test_set_with_folds_unless_it_is_given():
    assert Settings().test == 0.2 and Settings(folds=5).test == 0.0
    assert Settings(folds=5, test=0.3).test == 0.3


def test_networks_and_callbacks_of_ones_own_are_refused(prepared):
    model = network_of(prepared, SMALL)
    with pytest.raises(InvalidValue, match=r"with folds=3: each fold makes a network for its own encoding"):
        TableNetwork.train(prepared, SMALL, model=model)
    with pytest.raises(InvalidValue, match="callbacks= are for one network"):
        TableNetwork.train(prepared, SMALL, callbacks=[pl.TerminateOnNaN()])


def test_folds_of_tables_read_in_parts_are_refused(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "one.csv").write_text("a,kind\n1,no\n2,yes\n" * 30)
    with pytest.raises(InvalidValue, match="folds=3 need all rows in memory"):
        TableNetwork.fit(folder, "kind", SMALL)


def test_a_killed_run_resumes_to_the_same_folds(prepared, made, tmp_path):
    class Stop(Exception):
        pass

    from plastica.tables import crossing

    settings, folder = with_(repeats=2), tmp_path / "run"
    real = crossing.choose_model

    def fails(*given):
        raise Stop

    crossing.choose_model = fails
    try:
        with pytest.raises(Stop):
            TableNetwork.train(prepared, settings, checkpoint=folder)
    finally:
        crossing.choose_model = real
    again = TableNetwork.train(prepared, settings, checkpoint=folder, resume=True)
    for (_, one), (_, other) in zip(again.out_of_fold, made.out_of_fold, strict=True):
        np.testing.assert_array_equal(one.answers["network"], other.answers["network"])
    for one, other in zip(again.model.get_weights(), made.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_time_limit_is_shared_between_folds_and_the_final_network(prepared):
    limited = TableNetwork.train(prepared, with_(time_limit=1e-3, epochs=2000, patience=2000))
    assert limited.facts.settings.time_limit == 1e-3 and limited.facts.training.stopped_by == "time_limit"
    assert max(limited.facts.cross_validation.epochs) < 2000
