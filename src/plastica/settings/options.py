"""Settings: the options for training a model on a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import cast, get_type_hints

import msgspec

from ..data.declared import Declared, check_kinds
from ..errors import InvalidValue
from ..fields import as_declared, first_fault
from .checks import LAST, at_least, check_costs, check_split, one_of

MOST_LAYERS = 64
MOST_UNITS = 100_000
MOST_MEMBERS = 1_024
ClassName = str | int | float
CHOICES: dict[str, tuple[str | None, ...]] = {
    "task": (None, "binary", "multiclass", "classification", "multilabel", "regression"),
    "network": ("best", "mlp"),
    "resample": (None, "over", "under", "balanced"),
    "strategy": (None, "softmax", "one_vs_rest", "one_vs_one"),
    "model": ("network", "trees", "linear", "best"),
}
USUAL_SHARE = 0.2
OF_NETWORKS = (
    "layers",
    "epochs",
    "batch_size",
    "learning_rate",
    "optimizer",
    "rule",
    "patience",
    "time_limit",
    "network",
    "members",
    "linear_part",
    "dropout",
    "weight_decay",
    "loss",
    "label_smoothing",
    "strategy",
    "class_weight",
    "resample",
)
BASELINES = ("linear", "trees", "dummy")
RULES_OF_THRESHOLDS = ("f1", "micro_f1", "balanced_accuracy", "accuracy", "costs")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The options for training a model on a table; the defaults suit most tables.

    Args:
        task: "binary", "multiclass", "classification" (either of them), "multilabel" or "regression". Default:
            inferred from the target.
        layers: The units of each hidden layer; an empty tuple means no hidden layers. Default: depends on
            ``network``.
        epochs: The maximum number of epochs; early stopping usually ends training sooner.
        batch_size: Rows per gradient step. Default: depends on the number of rows.
        learning_rate: The learning rate. Default: depends on the optimizer.
        optimizer: The name of an optimizer. Default: depends on the rule; Adam for backprop.
        rule: The name of a learning rule. Rules that cannot train "best" use layers that suit them.
        seed: The random seed of the split, the initial weights and shuffling.
        validation: The fraction (below 1) or number of rows in the validation set, which decides when to stop; 0 for
            none.
        test: The fraction or number of rows in the test set, 0 for none; "last" for the most recent rows; or the path
            of a separate file that contains the target. Default: 0.2, and 0 with folds, which evaluate on all rows.
        folds: The number of folds for cross-validation: each is predicted by a network that is trained on the others.
            Folds are dealt in the way of ``split``: by class, group or time.
        repeats: How often rows are dealt to folds anew.
        keep_folds: Whether the saved model is the networks of all folds, whose predictions are averaged, instead of one
            that is trained on all training rows.
        split: How to split the rows: "auto" splits a time series by time and other tables at random, see
            :mod:`plastica.data.series`; "random"; "time", or "time:COLUMN" to name the column of dates;
            "group:COLUMN" to keep all rows with the same value of the column together.
        drop: Columns to ignore.
        kinds: Kinds of columns that should not be inferred, as a dict (or pairs) from column to "number", "category",
            "text", "date" or "ignore".
        missing_words: Additional words that mean a missing value (case-sensitive).
        keep_words: Words such as "NA" to keep as values instead of missing.
        patience: The number of epochs without improvement of the validation loss before training stops.
        time_limit: The maximum training time in seconds.
        network: "best" for the architecture that performed best on tables of this size; "mlp" for plain relu layers.
        members: The number of networks in the ensemble, whose predictions are averaged. Default: 8 for "best".
        linear_part: Whether a linear part is added to "best", for numbers: training then begins with a ridge regression
            and learns what it leaves over.
        dropout: The fraction of units of each hidden layer that is dropped at each step, from 0 to below 1. Default:
            depends on ``network``.
        weight_decay: Decoupled weight decay: each step multiplies weights by 1 - learning_rate * weight_decay.
            Default: depends on ``network``.
        loss: The loss: "crossentropy", "focal", ... Default: depends on the task.
        label_smoothing: The probability that is moved from the true class to all classes, from 0 to below 1.
        strategy: "softmax", "one_vs_rest" or "one_vs_one", for three or more classes. Default: softmax.
        class_weight: The weight of each class in the loss: None for equal weights, "balanced" for inverse class
            frequencies, or pairs of label and weight (or a dict).
        resample: None, or how to resample each epoch: "over" repeats rows of rare classes until all classes are as
            large as the largest, "under" reduces all classes to the size of the smallest, "balanced" draws all
            classes equally often without changing the number of rows.
        costs: The cost matrix: a row for each true class, a column for each prediction, in the order of the classes.
            Predictions then minimize the expected cost.
        threshold: The probability from which the positive class or a label is predicted: a number, or the criterion
            by which it is chosen on the validation set: "f1", "balanced_accuracy", "accuracy", "costs", or
            "micro_f1" for one threshold for all labels instead of one for each. None chooses a threshold only if
            classes are rare.
        baselines: The models to compare with: "linear", "trees", "dummy".
        model: The model to save: "network"; "trees" (scikit-learn's gradient boosting with its defaults) or "linear"
            (logistic or ridge regression) without training a network; or "best", the one with the best main metric on
            the validation set.

    Raises:
        InvalidValue: If a value is invalid.

    Example:
        >>> Settings(layers=(32,)).layers
        (32,)
    """

    task: str | None = None
    layers: tuple[int, ...] | None = None
    epochs: int = 200
    batch_size: int | None = None
    learning_rate: float | None = None
    optimizer: str | None = None
    rule: str = "backprop"
    seed: int = 0
    validation: float = 0.2
    test: float | str | None = None
    folds: int | None = None
    repeats: int = 1
    keep_folds: bool = False
    split: str = "auto"
    drop: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    missing_words: tuple[str, ...] = ()
    keep_words: tuple[str, ...] = ()
    patience: int = 12
    time_limit: float | None = None
    network: str = "best"
    members: int | None = None
    linear_part: bool = False
    dropout: float | None = None
    weight_decay: float | None = None
    loss: str | None = None
    label_smoothing: float = 0.0
    strategy: str | None = None
    class_weight: str | tuple[tuple[ClassName, float], ...] | None = None
    resample: str | None = None
    costs: tuple[tuple[float, ...], ...] | None = None
    threshold: float | str | None = None
    baselines: tuple[str, ...] = ("linear", "trees", "dummy")
    model: str = "network"

    def __post_init__(self) -> None:
        """Validate the settings."""
        if isinstance(self.kinds, Mapping):
            msgspec.structs.force_setattr(self, "kinds", tuple(cast("Mapping[str, str]", self.kinds).items()))
        if self.test is None:
            msgspec.structs.force_setattr(self, "test", USUAL_SHARE if self.folds is None else 0.0)
        self._check_types()
        units = self.layers or ()
        if len(units) > MOST_LAYERS or not all(1 <= each <= MOST_UNITS for each in units):
            raise InvalidValue(
                f"layers={','.join(map(str, units))}: expected up to {MOST_LAYERS} whole numbers of units, each from "
                f"1 to {MOST_UNITS:,}, such as 64,64."
            )
        at_least("epochs", self.epochs, 1)
        at_least("batch_size", self.batch_size, 1)
        at_least("patience", self.patience, 0)
        self._check_folds()
        for name in ("learning_rate", "time_limit"):
            value = getattr(self, name)
            if value is not None and not (0 < value < math.inf):
                raise InvalidValue(f"{name}={value:g}: expected a number above 0.")
        if not 0 <= self.seed < 2**63:
            raise InvalidValue(f"seed={self.seed}: expected a whole number from 0 to 2**63 - 1.")
        for name, known in CHOICES.items():
            one_of(name, getattr(self, name), known)
        for name in self.baselines:
            one_of("baselines", name, BASELINES)
        check_split(self.split, self.test)
        self._check_network()
        self._check_columns()
        self._check_model()
        self._check_decision()

    @property
    def declared(self) -> Declared:
        """The declared kinds of columns and words."""
        return Declared(dict(self.kinds), self.missing_words, self.keep_words)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The columns to ignore, from ``drop`` and ``kinds``."""
        return tuple(dict.fromkeys([*self.drop, *self.declared.ignored]))

    def _check_columns(self) -> None:
        """Check the kinds of columns; the types of words are checked by ``_check_types``."""
        check_kinds(dict(self.kinds))

    def _check_types(self) -> None:
        """Check types, and convert lists to tuples."""
        hints = {name: hint for name, hint in get_type_hints(Settings).items() if name not in ("class_weight", "costs")}
        values = {name: as_declared(getattr(self, name), hint) for name, hint in hints.items()}
        for name, value in values.items():
            msgspec.structs.force_setattr(self, name, value)
        if fault := first_fault("Settings", values, hints):
            raise InvalidValue(fault)
        for name in ("class_weight", "costs"):
            if not isinstance(getattr(self, name), Iterable | None):
                raise InvalidValue(f"Settings({name}={getattr(self, name)!r}): expected a number for each class.")

    def _check_folds(self) -> None:
        """Check the options of cross-validation."""
        at_least("folds", self.folds, 2)
        at_least("repeats", self.repeats, 1)
        if self.folds is None and (self.repeats > 1 or self.keep_folds):
            given = f"repeats={self.repeats}" if self.repeats > 1 else "keep_folds=True"
            raise InvalidValue(f"{given} is for cross-validation: set folds=5, for example.")

    @property
    def test_share(self) -> float:
        """The fraction or number of the table's rows in the test set."""
        if self.test == LAST:
            return USUAL_SHARE
        return 0.0 if self.test is None or isinstance(self.test, str) else self.test

    @property
    def test_file(self) -> str | None:
        """The separate file of the test set, if there is one."""
        return self.test if isinstance(self.test, str) and self.test != LAST else None

    def _check_network(self) -> None:
        """Check the options of the network."""
        at_least("members", self.members, 1)
        if self.members is not None and self.members > MOST_MEMBERS:
            raise InvalidValue(f"members={self.members}: expected {MOST_MEMBERS} at most.")
        if self.linear_part and self.network != "best":
            raise InvalidValue(
                f"linear_part=True is for network='best', not {self.network!r}. model='linear' is a linear model alone."
            )
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise InvalidValue(f"dropout={self.dropout:g}: expected a number from 0 to below 1.")
        if self.weight_decay is not None and not 0 <= self.weight_decay < math.inf:
            raise InvalidValue(f"weight_decay={self.weight_decay:g}: expected a number of at least 0.")
        if not 0 <= self.label_smoothing < 1:
            raise InvalidValue(f"label_smoothing={self.label_smoothing:g}: expected a number from 0 to below 1.")

    def _check_model(self) -> None:
        """Reject options that would have no effect."""
        if self.model == "best" and not self.validation:
            raise InvalidValue("model='best' is chosen on the validation set: set validation above 0, or name a model.")
        if self.model in ("trees", "linear"):
            defaults = {field.name: field.default for field in msgspec.structs.fields(self)}
            given = [name for name in OF_NETWORKS if getattr(self, name) != defaults[name]]
            if given:
                raise InvalidValue(
                    f"{given[0]}={getattr(self, given[0])!r} is for networks, but model={self.model!r} does not train "
                    f"one. Leave {given[0]} out, or choose model='network' or 'best'."
                )

    def _check_decision(self) -> None:
        """Check weights, costs and thresholds; whether they fit the classes is checked later."""
        if isinstance(self.class_weight, Mapping):
            weights = cast("Mapping[str, float]", self.class_weight)
            msgspec.structs.force_setattr(self, "class_weight", tuple(weights.items()))
        if isinstance(self.class_weight, str):
            one_of("class_weight", self.class_weight, (None, "balanced"))
        elif self.class_weight is not None:
            for label, weight in self.class_weight:
                if not 0 < weight < math.inf:
                    raise InvalidValue(f"class_weight of {label!r} is {weight:g}: expected a number above 0.")
        if self.costs is not None:
            msgspec.structs.force_setattr(self, "costs", tuple(tuple(map(float, row)) for row in self.costs))
            check_costs(self.costs)
        if isinstance(self.threshold, str):
            one_of("threshold", self.threshold, RULES_OF_THRESHOLDS)
        elif self.threshold is not None and not 0 <= self.threshold <= 1:
            raise InvalidValue(f"threshold={self.threshold:g}: expected a probability from 0 to 1.")
        if self.threshold == "costs" and self.costs is None:
            raise InvalidValue("threshold='costs' needs costs=, a row for each true class.")
