"""A field of the wrong type gives one clear error, for every declaration."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.declaration import Declaration, declaration
from plastica.errors import InvalidValue, PlasticaError
from plastica.fields import first_fault
from plastica.specification import known
from plastica.tables import Settings
from tests.catalogue import LAYERS

# Valid values for required fields.
GIVEN: dict[str, Any] = {
    "units": 3, "filters": 3, "kernel_size": 2, "rate": 0.1, "stddev": 0.1, "shape": (3,), "target_shape": (3,),
    "layers": (pl.Dense(3),), "branches": (pl.Dense(3),), "layer": pl.Dense(3), "connections": pl.Sparse(0.5),
    "wide": (pl.Dense(3),), "deep": (pl.Dense(3),),
    "density": 0.5, "length": 0.3, "neighbours": 2, "rows": 2, "columns": 3, "codes": ((0, 3),), "members": 2,
    "input_dim": 4, "output_dim": 3, "weights": ((1.0,),), "thresholds": (1.0,), "activation": "relu",
    "function": lambda *given: given[0], "loss": pl.losses.MeanSquaredError(), "rule": pl.Backprop(),
    "initial_learning_rate": 0.1, "learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9, "warmup_steps": 3,
    "first_decay_steps": 10, "boundaries": (10,), "values": (0.1, 0.01), "end_learning_rate": 0.01, "axes": 1,
    "dims": (2, 1), "n": 3, "num_heads": 2, "key_dim": 3, "place": 0, "height": 2, "width": 2,
    "factor": 0.1, "height_factor": 0.1, "width_factor": 0.1, "num_tokens": 3, "num_classes": 2,
    "target_class_ids": (0,), "recall": 0.5, "precision": 0.5, "specificity": 0.5, "sensitivity": 0.5,
    "sequence_length": 7, "equation": "...a,ab->...b", "output_sizes": 3,
    "patterns": 3, "neuron": pl.LIF(), "inputs": (pl.Input((3,)),), "calls": ((0, (0,)),), "outputs": (1,),
    "policy": pl.Dense(3), "environment": pl.rewards.Bandit(),
}  # fmt: skip
OTHERS = {
    ("layer", name): {"columns": (0,)} for name in ("PeriodicEmbedding", "PiecewiseLinearEmbedding", "Unclip")
} | {
    ("layer", "Rescaling"): {"scale": 0.5},
    ("layer", "Bidirectional"): {"layer": pl.LSTM(3)},
    ("layer", "RNN"): {"cell": pl.LSTMCell(3)},
    ("layer", "MovingAverage"): {"window": 3},
    ("layer", "ConductanceSynapses"): {"neuron": pl.AdEx()},
}
WRONG = (
    "32",
    "no",
    2.5,
    True,
    None,
    [],
    {},
    ["a"],
    (None, 3),
    object(),
    3 + 4j,
    b"4",
    {1},
    np.ones(2),
    -1,
    float("nan"),
)


def example(name, cls):
    """Return a valid declaration of a class, or None if a required value is not listed here."""
    given = {**GIVEN, **OTHERS.get(tuple(name.split(".")), {})}
    fields = [field for field in dataclasses.fields(cls) if field.init]
    needed = [f.name for f in fields if f.default is f.default_factory is dataclasses.MISSING]
    try:
        return cls(**{each: given[each] for each in needed})
    except (KeyError, PlasticaError):
        return None


FAMILIES = [getattr(pl, family) for family in pl.FAMILIES]  # loads all of them
KNOWN = {name: cls for name, cls in known().items() if cls.__module__.startswith("plastica.")}  # not those of tests
EXAMPLES = {name: made for name, cls in sorted(KNOWN.items()) if (made := example(name, cls)) is not None}


def test_nearly_every_declaration_is_looked_at():
    assert len(EXAMPLES) > 0.9 * len(KNOWN), sorted(set(KNOWN) - set(EXAMPLES))
    assert {type(layer) for layer, _ in LAYERS.values()} <= {type(made) for made in EXAMPLES.values()} | {
        pl.McCullochPitts
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_value_of_the_wrong_kind_is_refused_in_a_sentence_or_taken(name):
    made = EXAMPLES[name]
    for field in dataclasses.fields(made):
        for wrong in WRONG if field.init else ():
            try:
                dataclasses.replace(made, **{field.name: wrong})
            except PlasticaError as error:
                assert "\n" not in str(error) and "not supported" not in str(error)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("layer.")])
def test_numbers_of_layers_are_numbers(name):
    made = EXAMPLES[name]
    for field in dataclasses.fields(made):
        if field.type not in ("int", "float"):
            continue
        for wrong in ("3", True, None, [1, 2], {}):
            with pytest.raises(PlasticaError, match=field.name):
                dataclasses.replace(made, **{field.name: wrong})


@pytest.mark.parametrize(("made", "said"), [
    (lambda: pl.Dense("32"), r"Dense\(units='32'\): units must be a whole number; write 32\."),
    (lambda: pl.Dense(32.0), r"Dense\(units=32\.0\): units must be a whole number; write 32\."),
    (lambda: pl.Dense(2.5), r"Dense\(units=2\.5\): units must be a whole number\."),
    (lambda: pl.Dense(True), r"units must be a whole number\."),
    (lambda: pl.Dense(3, input_shape=8), r"input_shape must be a list of whole numbers or None; write \(8,\)\."),
    (lambda: pl.Dense(3, input_dim="8"), r"input_dim must be a whole number or None; write 8\."),
    (lambda: pl.layers.Input(8), r"Input\(shape=8\): shape must be a list of whole numbers; write \(8,\)\."),
    (lambda: pl.Dropout("0.3"), r"Dropout\(rate='0.3'\): rate must be a number\."),
    (lambda: pl.LSTM(4, return_sequences="no"), r"return_sequences must be True or False\."),
    (lambda: pl.Dense(3, name=4), r"name must be a text or None\."),
    (lambda: pl.optimizers.Adam("fast"), r"a learning rate is a number, a schedule"),
    (lambda: pl.Sequential([pl.Dense(3, input_shape=8)]), r"write \(8,\)"),
    (lambda: pl.regularizers.L2("1e-3"), r"must be a number"),
    (lambda: pl.losses.Huber([1.0]), r"must be a number; got a list|must be a number"),
])  # fmt: skip
def test_what_is_wrong_and_what_to_write(made, said):
    with pytest.raises(InvalidValue, match=said):
        made()


def test_what_stands_for_a_number_is_taken_as_one():
    assert pl.Dense(np.int64(3)) == pl.Dense(3) and type(pl.Dense(np.int64(3)).units) is int
    assert pl.Dense(3, input_shape=[8]) == pl.Dense(3, input_shape=(8,))
    assert pl.Dropout(0) == pl.Dropout(0.0)
    assert hash(pl.Conv2D(3, [2, 2])) == hash(pl.Conv2D(3, (2, 2)))
    assert pl.optimizers.SGD(np.float32(0.5)).learning_rate == 0.5
    assert not first_fault("Own", {"a": jnp.ones(3)}, {"a": float})  # a population's


def test_a_declaration_of_ones_own_is_judged_alike():
    @declaration
    class Own(Declaration):
        size: int
        parts: tuple[float, ...] = ()

        def __post_init__(self):
            if self.size < sum(self.parts):
                raise ValueError("its own words")

    with pytest.raises(InvalidValue, match=r"Own\(size='4'\): size must be a whole number; write 4"):
        Own("4")
    with pytest.raises(InvalidValue, match=r"Own\(parts=\('a',\)\): parts must be a list of numbers"):
        Own(4, ("a",))
    with pytest.raises(ValueError, match="its own words"):
        Own(1, (2.0,))
    assert Own(4, [1, 2.5]).parts == (1, 2.5)


def test_own_functions_are_judged_by_what_they_take():
    for make, arguments in (
        (pl.activations.CustomActivation, "potential"),
        (pl.initializers.CustomInitializer, "rng, shape"),
        (pl.regularizers.CustomRegularizer, "parameter"),
        (pl.losses.CustomLoss, "target, prediction"),
        (pl.metrics.CustomMetric, "target, prediction"),
    ):
        with pytest.raises(InvalidValue, match=f"<lambda> takes \\(\\); expected a function of \\({arguments}\\)"):
            make(lambda: 0)
        make(lambda *given, more=1: given[0])


def with_numpy(a, b=0.0):
    return np.maximum(a - b, 0)


def with_a_condition(a, b=0.0):
    return a - b if a.sum() > 0 else b - a


X = np.ones((4, 3))


@pytest.mark.parametrize(("function", "said"), [
    (with_numpy, "it computes with NumPy"),
    (with_a_condition, "it needs the value of an array.*jnp.where"),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["activation", "loss", "metric", "regularizer"])
def test_functions_written_with_numpy_are_told_so(kind, function, said):
    def fit():
        last = pl.Dense(
            1,
            activation=function if kind == "activation" else "linear",
            kernel_regularizer=(lambda w: function(w).sum()) if kind == "regularizer" else None,
        )
        model = pl.Sequential([last])
        model.compile("sgd", function if kind == "loss" else "mse", metrics=[function] if kind == "metric" else [])
        model.fit(X, X[:, 0], verbose=0)

    with pytest.raises(InvalidValue, match=rf"{kind}.*{said}"):
        fit()


def test_numpys_own_functions_are_told_what_to_write():
    with pytest.raises(
        InvalidValue, match=r'activation tanh cannot be compiled: .*jnp\.tanh or plastica\'s own, activation="tanh"'
    ):
        pl.Sequential([pl.Dense(3, activation=np.tanh)]).predict(X)


def trained(**options):
    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, np.arange(4.0), **{"verbose": 0, **options})


class Curious(pl.Callback):
    needs: Any = "model"


@pytest.mark.parametrize("call", [
    lambda: pl.EarlyStopping(patience="3"), lambda: pl.EarlyStopping(baseline="x"), lambda: pl.EarlyStopping(monitor=3),
    lambda: pl.EarlyStopping(restore_best_weights="no"), lambda: pl.ReduceLROnPlateau(factor="3"),
    lambda: pl.ReduceLROnPlateau(cooldown="x"), lambda: pl.ModelCheckpoint(3), lambda: pl.CSVLogger(3.5),
    lambda: trained(epochs="3"), lambda: trained(shuffle="no"), lambda: trained(checkpoint=3),
    lambda: trained(checkpoint_seconds="a"), lambda: trained(validation_split="a"), lambda: trained(callbacks=3),
    lambda: pl.Sequential([pl.Dense(1)]).compile("sgd", "mse", rule=3), lambda: pl.Sequential([], name=3),
    lambda: pl.Sequential([pl.Dense(1)]).build("abc"), lambda: pl.Sequential([pl.Dense(1)]).build((2.5,)),
    lambda: pl.Sequential([pl.Dense(1, input_dim=2)]).save(3), lambda: pl.load(None),
    lambda: pl.Sequential([pl.Dense(1, input_dim=2)]).load_weights(None), lambda: Settings(epochs="3"),
    lambda: Settings(rule=3), lambda: Settings(test=[0.2]), lambda: Settings(costs=3), lambda: Settings(layers=3),
    lambda: Settings(learning_rate="x"), lambda: Settings(class_weight=3),
])  # fmt: skip
def test_arguments_of_the_wrong_kind_are_refused_in_a_sentence(call):
    with pytest.raises(PlasticaError) as error:
        call()
    assert "\n" not in str(error.value) and "not supported" not in str(error.value)


def test_a_callback_says_how_often_it_must_look_by_one_of_three_words():
    with pytest.raises(InvalidValue, match=r"Curious: needs is 'model'; expected 'logs' or 'epoch' or 'batch'"):
        trained(callbacks=[Curious()])


def test_words_of_keras_stay_welcome():
    assert pl.EarlyStopping(verbose=True, patience=np.int64(3)).patience == 3
    assert Settings(layers=[8, 4]).layers == (8, 4)
    assert Settings(class_weight={"a": 2}).class_weight == (("a", 2),)
