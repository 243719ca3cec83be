"""Every kind of model that is saved is exported, or refused in words: a new kind is one line here."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest

import plastica as pl
from plastica.export import numpy_writer
from plastica.export.exported import exported
from plastica.losses import pairs_of
from plastica.settings import Settings
from plastica.tables import TableNetwork
from plastica.tables.coupling import shares_of_pairs

from . import tables

ROWS = np.random.default_rng(0)
X = ROWS.normal(size=(60, 3)).astype("float32")
THREE, LABELS = (X[:, 0] > 0) + (X[:, 1] > 0.5).astype(int), X > 0.3
SMALL = {"network": [pl.Dense(4, "tanh")], "epochs": 1, "random_state": 0}
ONE_NETWORK = {"epochs": 1, "baselines": (), "members": 1, "model": "network"}


def of_table(target: str | tuple[str, ...] = "kind", **settings) -> TableNetwork:
    dropped = {"kind", "amount", "note"} - {target, *target}
    return TableNetwork.fit(tables.train(), target, Settings(drop=tuple(sorted(dropped)), **settings))


def classifier(y, **options):
    return pl.NetworkClassifier(**SMALL, **options).fit(X, y)


KINDS: dict[str, Callable[[], object]] = {
    "the best of a network, trees and a linear model": lambda: tables.model("best"),
    "boosted trees": lambda: tables.model("trees"),
    "a linear model of numbers": lambda: tables.model("linear"),
    "a model for each fold": lambda: tables.model("folds"),
    "an ensemble of networks": lambda: of_table(**ONE_NETWORK | {"members": 3}),
    "one-vs-rest": lambda: of_table(**ONE_NETWORK, strategy="one_vs_rest"),
    "one-vs-one": lambda: of_table(**ONE_NETWORK, strategy="one_vs_one"),
    "an ensemble, one-vs-one": lambda: of_table(**ONE_NETWORK | {"members": 2}, strategy="one_vs_one"),
    "weighted classes": lambda: of_table(**ONE_NETWORK, class_weight="balanced"),
    "resampled classes": lambda: of_table(**ONE_NETWORK, resample="over"),
    "a threshold": lambda: of_table("yes", **ONE_NETWORK, threshold=0.3),
    "costs": lambda: of_table("yes", **ONE_NETWORK, costs=((0, 1), (4, 0))),
    "a network for numbers": lambda: of_table("amount", **ONE_NETWORK),
    "a classifier": lambda: classifier(THREE),
    "a classifier with a threshold": lambda: classifier(THREE > 0, threshold=0.2),
    "a classifier with weights": lambda: classifier(THREE, class_weight="balanced"),
    "a classifier of labels": lambda: classifier(LABELS),
    "a regressor": lambda: pl.NetworkRegressor(**SMALL).fit(X, 1000 + 50 * X[:, 0]),
    "a regressor of several numbers": lambda: pl.NetworkRegressor(**SMALL).fit(X, X[:, :2]),
}


@functools.cache
def made(kind: str) -> object:
    return KINDS[kind]()


@pytest.mark.parametrize("kind", KINDS)
def test_files_answer_as_the_model_and_decide_as_it(kind, tmp_path):
    model = made(kind)
    found = exported(model)
    x = found.draw(50)
    path = tmp_path / "model.py"
    path.write_bytes(numpy_writer.files(found, path)[path])
    outputs = numpy_writer.opened(path, found.program)(x)[0]
    expected = found.answer(x)[0]
    np.testing.assert_allclose(outputs, expected, atol=1e-5 * max(1, np.abs(expected).max()))
    module: dict = {"__name__": "exported", "__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), module)
    rows = tables.new() if isinstance(model, TableNetwork) else X
    if isinstance(model, TableNetwork):
        columns, wanted = module["read_table"](str(rows)), model.predict(rows).labels
    else:
        columns, wanted = dict(zip(("x0", "x1", "x2"), X.T.tolist(), strict=True)), model.predict(X)
    labels = np.array(module["predict"](columns))
    if np.asarray(wanted).dtype.kind == "f":
        np.testing.assert_allclose(labels, wanted, rtol=1e-4)
    else:
        assert labels.tolist() == np.asarray(wanted).astype(labels.dtype).tolist()


def test_several_models_that_answer_together_are_one_file(tmp_path):
    models = [pl.Sequential([pl.Dense(4, "tanh", input_dim=3), pl.Dense(2, "softmax")]) for _ in range(2)]
    for model in models:
        model.build()
    ensemble = pl.ModelEnsemble(models, weights=[1, 3])
    written = pl.export.write(ensemble, tmp_path / "model.py")
    answer = numpy_writer.opened(written.paths[0], written.exported.program)
    np.testing.assert_allclose(answer([X])[0], ensemble.predict(X), atol=1e-6)


@pytest.mark.parametrize("classes", [3, 6])
def test_pairs_of_classes_are_coupled_in_single_precision(classes):
    from plastica.export.pairs import coupled

    pairs = len(pairs_of(classes * (classes - 1) // 2)[0])
    rng = np.random.default_rng(0)
    for answers in (rng.random((200, pairs)), rng.integers(0, 2, (200, pairs)), rng.beta(0.02, 0.02, (200, pairs))):
        given = answers.astype("float32")
        np.testing.assert_allclose(coupled(given), shares_of_pairs(given), atol=1e-6)
