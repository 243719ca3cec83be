"""Every metric with every kind of predictions and targets: the correct value, or a clear error.

The expected values are from scikit-learn, for probabilities, decisions or scores computed here by hand.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest
from sklearn import metrics as sk

import plastica as pl
from plastica import losses, metrics
from plastica.errors import PlasticaError, PlasticaWarning
from plastica.model import examples
from plastica.model.settling import settled

rng = np.random.default_rng(3)
ROWS = 64
NAMES = sorted({name for name in (*losses.NAMES, *metrics.NAMES) if len(name) > 4 or name == "auc"})  # no short forms

Z = rng.normal(0, 2, (ROWS, 1)).astype(np.float32)
YES = (Z[:, 0] + rng.normal(0, 2, ROWS) > 0.5).astype(np.float32)
ZS = rng.normal(0, 2, (ROWS, 3)).astype(np.float32)
CLASS = (ZS + rng.normal(0, 2, ZS.shape)).argmax(-1)
HOT = np.eye(3, dtype=np.float32)[CLASS]
TAGS = (ZS + rng.normal(0, 2, ZS.shape) > 0.5).astype(np.float32)
STEPS = (16, 4, 3)  # the same rows as steps of sequences
MASK = (16, 2, 2, 1)


def sigmoid(z):
    return 1 / (1 + np.exp(-z.astype(float)))


def softmax(z):
    e = np.exp(z.astype(float))
    return e / e.sum(-1, keepdims=True)


def of_yes_or_no(y, score, share=None):
    """Return binary metrics with threshold 0; with probabilities, also those of probabilities."""
    y, yes = y.ravel(), score.ravel() > 0
    found = {
        "accuracy": sk.accuracy_score(y, yes),
        "binary_accuracy": sk.accuracy_score(y, yes),
        "balanced_accuracy": sk.balanced_accuracy_score(y, yes),
        "precision": sk.precision_score(y, yes),
        "recall": sk.recall_score(y, yes),
        "specificity": sk.recall_score(y, yes, pos_label=0),
        "f1_score": sk.f1_score(y, yes),
        "matthews_correlation": sk.matthews_corrcoef(y, yes),
        "cohen_kappa": sk.cohen_kappa_score(y, yes),
        "auc": sk.roc_auc_score(y, score.ravel()),
    }
    return found if share is None else found | of_shares(y, share.ravel()) | {"log_loss": sk.log_loss(y, share.ravel())}


def of_shares(y, share):
    return {
        "binary_crossentropy": np.mean(-(y * np.log(share) + (1 - y) * np.log(1 - share))),
        "mean_squared_error": np.mean((y - share) ** 2),
        "root_mean_squared_error": np.sqrt(np.mean((y - share) ** 2)),
        "mean_absolute_error": np.mean(np.abs(y - share)),
    }


def of_classes(number, score, share=None, hot=False):
    """Return metrics of the class with the largest score."""
    best, ones = score.argmax(-1), np.eye(3)[number]
    found = {
        "accuracy": sk.accuracy_score(number, best),
        "balanced_accuracy": sk.balanced_accuracy_score(number, best),
        "specificity": np.mean([sk.recall_score(number == k, best == k, pos_label=0) for k in range(3)]),
        "f1_score": sk.f1_score(number, best, average="macro"),
        "matthews_correlation": sk.matthews_corrcoef(number, best),
        "cohen_kappa": sk.cohen_kappa_score(number, best),
        "auc": sk.roc_auc_score(ones.ravel(), score.ravel()),
    }
    if share is not None:
        found |= {
            "log_loss": sk.log_loss(number, share),
            "precision": sk.precision_score(ones.ravel(), share.ravel() > 0.5),
            "recall": sk.recall_score(ones.ravel(), share.ravel() > 0.5),
            "auc": sk.roc_auc_score(ones.ravel(), share.ravel()),
        }
    return found | of_shares(ones, share) if hot and share is not None else found


def of_labels(tags, share):
    """Return metrics of independently decided labels."""
    yes = share > 0.5
    pairs = [(tags[:, k], yes[:, k]) for k in range(3)]
    return of_shares(tags, share) | {
        "accuracy": np.mean(tags == yes),
        "binary_accuracy": np.mean(tags == yes),
        "balanced_accuracy": np.mean([sk.balanced_accuracy_score(*pair) for pair in pairs]),
        "precision": sk.precision_score(tags.ravel(), yes.ravel()),
        "recall": sk.recall_score(tags.ravel(), yes.ravel()),
        "specificity": np.mean([sk.recall_score(*pair, pos_label=0) for pair in pairs]),
        "f1_score": sk.f1_score(tags, yes, average="macro"),
        "matthews_correlation": np.mean([sk.matthews_corrcoef(*pair) for pair in pairs]),
        "cohen_kappa": np.mean([sk.cohen_kappa_score(*pair) for pair in pairs]),
        "auc": sk.roc_auc_score(tags.ravel(), share.ravel()),
        "log_loss": np.mean(-(tags * np.log(share) + (1 - tags) * np.log(1 - share))),
    }


class Case(NamedTuple):
    loss: losses.Loss
    activation: str
    z: np.ndarray
    y: np.ndarray
    wanted: dict[str, float]
    refused: frozenset[str] = frozenset()
    answers: np.ndarray | None = None


OF_PROBABILITIES = frozenset({
    "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy", "categorical_focal_crossentropy",
    "sparse_categorical_crossentropy", "sparse_categorical_focal_crossentropy", "kl_divergence", "log_loss",
})  # fmt: skip
OF_LARGEST = frozenset({
    "categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
})  # fmt: skip
DECIDED = frozenset({
    "accuracy", "binary_accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1_score",
    "matthews_correlation", "cohen_kappa",
})  # fmt: skip
CASES: dict[str, Case] = {}
for kind, cls in {"crossentropy": losses.BinaryCrossentropy, "focal": losses.BinaryFocalCrossentropy}.items():
    for place, activation in {"probabilities": "sigmoid", "logits": "linear"}.items():
        loss, name = cls(from_logits=place == "logits"), f"binary {kind} of {place}"
        CASES[name] = Case(loss, activation, Z, YES, of_yes_or_no(YES, Z, sigmoid(Z)), OF_LARGEST)
        CASES[f"{name}, pixels"] = CASES[name]._replace(z=Z.reshape(MASK), y=YES.reshape(MASK))
        CASES[f"{name}, labels"] = Case(loss, activation, ZS, TAGS, of_labels(TAGS, sigmoid(ZS)))
for kind, y in {"signs": 2 * YES - 1, "0 and 1": YES}.items():
    for activation, answers in {"linear": Z, "tanh": np.tanh(Z)}.items():
        for loss in (losses.Hinge(), losses.SquaredHinge()):
            name, refused = f"{losses.name_of(loss)} of {kind} under {activation}", OF_LARGEST | OF_PROBABILITIES
            CASES[name] = Case(loss, activation, Z, y, of_yes_or_no(YES, answers), refused)
for cls in (
    losses.SparseCategoricalCrossentropy,
    losses.SparseCategoricalFocalCrossentropy,
    losses.CategoricalCrossentropy,
    losses.CategoricalFocalCrossentropy,
    losses.KLDivergence,
):
    for place, activation in {"probabilities": "softmax", "logits": "linear"}.items():
        hot, loss, name = "Sparse" not in cls.__name__, cls(from_logits=place == "logits"), f"{cls.__name__} of {place}"
        CASES[name] = Case(loss, activation, ZS, HOT if hot else CLASS, of_classes(CLASS, ZS, softmax(ZS), hot))
        CASES[f"{name}, steps"] = CASES[name]._replace(
            z=ZS.reshape(STEPS), y=HOT.reshape(STEPS) if hot else CLASS.reshape(STEPS[:2])
        )
EACH_BY_ITSELF = frozenset({"binary_accuracy", "precision", "recall"})
CASES["categorical hinge"] = Case(
    losses.CategoricalHinge(), "linear", ZS, HOT, of_classes(CLASS, ZS), OF_PROBABILITIES | EACH_BY_ITSELF
)
for place, activation in {"probabilities": "sigmoid", "logits": "linear"}.items():
    ones, asked, pooled = np.eye(3)[CLASS], sigmoid(ZS), {}
    for each in ("precision", "recall"):
        pooled[each] = getattr(sk, f"{each}_score")(ones.ravel(), asked.ravel() > 0.5)
    shares = asked / asked.sum(1, keepdims=True)
    CASES[f"one against the rest of {place}"] = Case(
        losses.OneVsRest(losses.BinaryCrossentropy(from_logits=place == "logits")), activation, ZS, CLASS,
        {**of_classes(CLASS, asked), **pooled, "log_loss": sk.log_loss(CLASS, shares)},
    )  # fmt: skip
EVERYTHING = frozenset(NAMES) - {"hinge", "squared_hinge", "categorical_hinge"}
CASES["one against one"] = Case(losses.OneVsOne(), "sigmoid", ZS, CLASS, {}, EVERYTHING)
MSE = losses.MeanSquaredError()
CASES["squared error of probabilities"] = Case(MSE, "sigmoid", Z, YES, of_yes_or_no(YES, Z, sigmoid(Z)), OF_LARGEST)
CASES["squared error of numbers"] = Case(
    MSE, "linear", Z, YES, of_yes_or_no(YES, Z - 0.5), OF_LARGEST | OF_PROBABILITIES
)
CASES["squared error of labels"] = Case(MSE, "sigmoid", ZS, TAGS, of_labels(TAGS, sigmoid(ZS)))
CASES["squared error of softmax"] = Case(MSE, "softmax", ZS, HOT, of_classes(CLASS, ZS, softmax(ZS), True))
CASES["squared error of signs"] = Case(
    MSE, "tanh", Z, 2 * YES - 1, {"auc": sk.roc_auc_score(YES, Z)}, OF_LARGEST | OF_PROBABILITIES | DECIDED
)
CASES["squared error of amounts"] = Case(
    MSE,
    "linear",
    Z,
    10 * YES + Z[:, 0],
    {},
    OF_LARGEST | OF_PROBABILITIES | {"auc"} | DECIDED - {"accuracy", "binary_accuracy"},
)


def answering(case):
    """Return a network that applies an activation to its input."""
    units = case.z.shape[-1]
    kinds = {2: pl.Dense, 3: lambda *a, **b: pl.Conv1D(a[0], 1, **b), 4: lambda *a, **b: pl.Conv2D(a[0], 1, **b)}
    model = pl.Sequential([kinds[case.z.ndim](units, activation=case.activation)])
    model.build(case.z.shape[1:])
    kernel = np.eye(units, dtype=np.float32).reshape(model.get_weights()[0].shape)
    model.set_weights([kernel, np.zeros(units, np.float32)])
    return model


def figures(case, names):
    """Return the value or error of each metric without compiling a program."""
    model, found = answering(case), {}
    output = np.asarray(model.network.apply(model.params, case.z, model.state)[0])
    for name in names:
        try:
            model.compile("sgd", case.loss, [name])
            taken = examples.take(model, case.z, case.y)
            program, _ = settled(model.program, taken.y, output.shape[1:], ROWS, (ROWS,))
            (metric,) = program.watched
            assert metric.label == name
            rows: Any = taken.y, output, np.ones(len(output), np.float32)  # NumPy's, so that nothing is compiled
            found[name] = metric.result(np.asarray(metric.sums(*rows)))
        except PlasticaError as error:
            found[name] = error
    return found


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_metric_is_of_what_it_is_defined_on_or_refused(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PlasticaWarning)
        found = figures(case, NAMES)
    for name, figure in found.items():
        if name in case.refused:
            assert isinstance(figure, PlasticaError), f"{name}: {figure}"
            assert len(str(figure)) > 40, name
        elif name in case.wanted:
            wanted = pytest.approx(case.wanted[name], abs=3e-3 if name == "auc" else 1e-4)
            assert figure == wanted, name
        elif not isinstance(figure, PlasticaError):
            assert name == "poisson" or not np.isnan(figure), name  # of answers below 0 it is NaN, as in Keras
