"""How a network for a table is made and trained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import get_type_hints

import msgspec

from ..data.declared import Declared, check_kinds
from ..errors import InvalidValue
from ..fields import as_declared, first_fault

MOST_LAYERS = 64
MOST_UNITS = 100_000
MOST_MEMBERS = 1_024
Label = str | int | float
CHOICES: dict[str, tuple[str | None, ...]] = {
    "task": (None, "binary", "multiclass", "classification", "multilabel", "regression"),
    "network": ("best", "mlp"),
    "resample": (None, "over", "under", "balanced"),
    "strategy": (None, "softmax", "one_vs_rest", "one_vs_one"),
    "model": ("network", "trees", "linear", "best"),
}
SPLITS = ("auto", "random", "time", "group")
LAST = "last"  # what ``test`` takes for the last rows by time
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
)
OF_NETWORKS += ("members", "loss", "label_smoothing", "strategy", "class_weight", "resample")
BASELINES = ("linear", "trees", "dummy")
RULES_OF_THRESHOLDS = ("f1", "micro_f1", "balanced_accuracy", "accuracy", "costs")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a person may decide; every field has a default that serves most tables.

    Args:
        task: "binary", "multiclass", "classification" (either of them), "multilabel" or "regression"; None tells
            it from the target.
        layers: The units of each hidden layer; None takes the network's own, an empty tuple is one without any.
        epochs: How many at most; early stopping usually ends sooner.
        batch_size: Rows a step; None chooses by the number of rows.
        learning_rate: Of the optimizer; None takes the optimizer's own default.
        optimizer: An optimizer's name; None takes the rule's usual one, for backprop Adam.
        rule: A learning rule's name. Rules that cannot train "best" get the layers that suit them.
        seed: Where the split, the initial weights and the order of the rows come from.
        validation: The share (under 1) or number of rows that decide when to stop; 0 for none.
        test: The share or number of rows held out for the results, 0 for none; "last" for the last part by time; or
            the path of a file with rows of its own, the target among its columns.
        split: How rows are split into training, validation and test: "auto" splits a series by time and anything else
            at random, see :mod:`plastica.data.series`; "random"; "time", or "time:COLUMN" where the column of dates
            is not the one that would be taken; "group:COLUMN", so that no value of the column is in two parts.
        drop: Columns to leave aside.
        kinds: What columns are where their values do not show it, as a dict (pairs are taken too) from column to
            "number", "category", "text", "date" or "ignore".
        missing_words: Further words, as they are written, that stand for a missing value.
        keep_words: Words such as "NA" that usually stand for a missing value and here are values.
        patience: Epochs without a better validation loss before training stops.
        time_limit: When to stop by the clock, in seconds.
        network: "best" takes what measured best for tables of this size; "mlp" relu layers and nothing else.
        members: How many networks share the work and are averaged; None chooses.
        loss: What is made small: "crossentropy", "focal", ...; None takes the task's own.
        label_smoothing: How much of a label is shared out among all classes, from 0 to below 1.
        strategy: "softmax", "one_vs_rest" or "one_vs_one", for several classes; None is softmax.
        class_weight: How much a row of each class counts in the loss: None for all the same, "balanced" for the
            inverse of the classes' shares, or pairs of label and weight (a dict is taken too).
        resample: None, or which rows an epoch sees: "over" repeats rows of rare classes until all classes are as
            large as the largest, "under" takes of each as many as the smallest has, "balanced" draws every class
            equally often and keeps the epoch's number of rows.
        costs: What an answer costs: a row for each true class, a column for each answer, in the order of the
            classes; answers are then those of least expected cost.
        threshold: From which probability on an answer is yes: a number, or what the validation rows should choose
            it for: "f1", "balanced_accuracy", "accuracy", "costs", or for labels "micro_f1", one threshold for all
            of them, where the others give each its own; None decides by how rare the classes are.
        baselines: Which models the network is judged beside: "linear", "trees", "dummy".
        model: What is kept and answers: "network"; "trees" (gradient-boosted, scikit-learn's with its defaults) or
            "linear" (logistic or ridge regression), without training a network; or "best", that of all three which
            has the best main figure on the validation rows.

    Raises:
        InvalidValue: A value outside what its field takes.

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
    test: float | str = 0.2
    split: str = "auto"
    drop: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    missing_words: tuple[str, ...] = ()
    keep_words: tuple[str, ...] = ()
    patience: int = 12
    time_limit: float | None = None
    network: str = "best"
    members: int | None = None
    loss: str | None = None
    label_smoothing: float = 0.0
    strategy: str | None = None
    class_weight: str | tuple[tuple[Label, float], ...] | None = None
    resample: str | None = None
    costs: tuple[tuple[float, ...], ...] | None = None
    threshold: float | str | None = None
    baselines: tuple[str, ...] = ("linear", "trees", "dummy")
    model: str = "network"

    def __post_init__(self) -> None:
        """Refuse what no run can have."""
        if isinstance(self.kinds, Mapping):
            msgspec.structs.force_setattr(self, "kinds", tuple(self.kinds.items()))
        self._check_types()
        units = self.layers or ()
        if len(units) > MOST_LAYERS or not all(1 <= each <= MOST_UNITS for each in units):
            raise InvalidValue(
                f"layers={','.join(map(str, units))}: expected up to {MOST_LAYERS} whole numbers of units, each from "
                f"1 to {MOST_UNITS:,}, such as 64,64."
            )
        _at_least("epochs", self.epochs, 1)
        _at_least("batch_size", self.batch_size, 1)
        _at_least("patience", self.patience, 0)
        for name in ("learning_rate", "time_limit"):
            value = getattr(self, name)
            if value is not None and not (0 < value < math.inf):
                raise InvalidValue(f"{name}={value:g}: expected a number above 0.")
        if not 0 <= self.seed < 2**63:
            raise InvalidValue(f"seed={self.seed}: expected a whole number from 0 to 2**63 - 1.")
        for name, known in CHOICES.items():
            _one_of(name, getattr(self, name), known)
        for name in self.baselines:
            _one_of("baselines", name, BASELINES)
        self._check_split()
        _at_least("members", self.members, 1)
        if self.members is not None and self.members > MOST_MEMBERS:
            raise InvalidValue(f"members={self.members}: expected {MOST_MEMBERS} at most.")
        if not 0 <= self.label_smoothing < 1:
            raise InvalidValue(f"label_smoothing={self.label_smoothing:g}: expected a number from 0 to below 1.")
        self._check_columns()
        self._check_model()
        self._check_decision()

    @property
    def declared(self) -> Declared:
        """What is said of columns before anything is inferred."""
        return Declared(dict(self.kinds), self.missing_words, self.keep_words)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The columns to leave aside, be they dropped or ignored."""
        return tuple(dict.fromkeys([*self.drop, *self.declared.ignored]))

    def _check_columns(self) -> None:
        """Refuse kinds that no column can have; ``_check_types`` has seen that the words are words."""
        check_kinds(dict(self.kinds))

    def _check_types(self) -> None:
        """Refuse numbers that are texts and the like; what is given as a list becomes a tuple."""
        hints = {name: hint for name, hint in get_type_hints(Settings).items() if name not in ("class_weight", "costs")}
        values = {name: as_declared(getattr(self, name), hint) for name, hint in hints.items()}
        for name, value in values.items():
            msgspec.structs.force_setattr(self, name, value)
        if fault := first_fault("Settings", values, hints):
            raise InvalidValue(fault)
        for name in ("class_weight", "costs"):
            if not isinstance(getattr(self, name), Iterable | None):
                raise InvalidValue(f"Settings({name}={getattr(self, name)!r}): a number for each class is expected.")

    def _check_split(self) -> None:
        """Refuse splits that no table can have."""
        how, colon, column = self.split.partition(":")
        if (
            how not in SPLITS
            or (colon and (how not in ("time", "group") or not column))
            or (how == "group" and not colon)
        ):
            raise InvalidValue(
                f"split={self.split!r}: expected auto, random, time, time:COLUMN or group:COLUMN (a column's name)."
            )
        if isinstance(self.test, str) and not self.test:
            raise InvalidValue('test="": expected a share, a number of rows, "last" or the path of a file.')
        if self.test == LAST and how == "group":
            raise InvalidValue(
                f'test="last" takes the last rows by time, but split={self.split!r} takes whole groups; use one of '
                "the two."
            )

    @property
    def test_share(self) -> float:
        """The share or number of the table's own rows that are test rows."""
        return self.test if not isinstance(self.test, str) else USUAL_SHARE if self.test == LAST else 0.0

    @property
    def test_file(self) -> str | None:
        """The file of the test rows, where they have one of their own."""
        return self.test if isinstance(self.test, str) and self.test != LAST else None

    def _check_model(self) -> None:
        """Refuse what would be left unused."""
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
        """Refuse weights, costs and thresholds that no task can have; what fits the classes is seen later."""
        if isinstance(self.class_weight, Mapping):
            msgspec.structs.force_setattr(self, "class_weight", tuple(self.class_weight.items()))
        if isinstance(self.class_weight, str):
            _one_of("class_weight", self.class_weight, (None, "balanced"))
        elif self.class_weight is not None:
            for label, weight in self.class_weight:
                if not 0 < weight < math.inf:
                    raise InvalidValue(f"class_weight of {label!r} is {weight:g}: expected a number above 0.")
        if self.costs is not None:
            msgspec.structs.force_setattr(self, "costs", tuple(tuple(map(float, row)) for row in self.costs))
            _check_costs(self.costs)
        if isinstance(self.threshold, str):
            _one_of("threshold", self.threshold, RULES_OF_THRESHOLDS)
        elif self.threshold is not None and not 0 <= self.threshold <= 1:
            raise InvalidValue(f"threshold={self.threshold:g}: expected a probability from 0 to 1.")
        if self.threshold == "costs" and self.costs is None:
            raise InvalidValue("threshold='costs' needs costs=, a row for each true class.")


def batch_size_for(rows: int) -> int:
    """Return how many rows a step takes where nobody said: enough steps an epoch, and not too many.

    Example:
        >>> batch_size_for(200), batch_size_for(20_000), batch_size_for(1_000_000)
        (32, 256, 512)
    """
    sizes = {500: 32, 1_500: 64, 6_000: 128, 50_000: 256}
    return next((size for limit, size in sizes.items() if rows < limit), 512)


def _at_least(name: str, value: int | None, least: int) -> None:
    if value is not None and value < least:
        raise InvalidValue(f"{name}={value}: expected a whole number of at least {least}.")


def _one_of(name: str, value: str | None, known: tuple[str | None, ...]) -> None:
    if value not in known:
        listed = ", ".join(str(each) for each in known)
        raise InvalidValue(f"{name}={value!r}: expected one of {listed}.")


def _check_costs(costs: tuple[tuple[float, ...], ...]) -> None:
    if len(costs) < 2 or any(len(row) != len(costs) for row in costs):
        shape = f"{len(costs)} rows of {sorted({len(row) for row in costs})} numbers"
        raise InvalidValue(f"costs has {shape}: expected as many rows as columns, one for each class.")
    if not all(math.isfinite(cost) for row in costs for cost in row):
        raise InvalidValue("costs contains a number that is not finite.")
    for true, row in enumerate(costs):
        if row[true] > min(row):
            raise InvalidValue(
                f"costs[{true}] = {list(row)}: the correct prediction costs {row[true]:g}, more than a wrong one. "
                "Rows are true classes, columns are predictions."
            )
