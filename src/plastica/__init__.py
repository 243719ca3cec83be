"""plastica: neural networks for tables and for research, trained by any learning rule.

The same network can be trained by backpropagation or by any other rule::

    import plastica as pl

    model = pl.Sequential([pl.Dense(32, activation="relu"), pl.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=10, batch_size=32, validation_split=0.2)

Public names are imported on first use, so that importing plastica and running simple commands is fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .lazy import homes_in_stub, importer
from .version import __version__

FAMILIES = (
    "activations",
    "calibration",
    "cluster",
    "compression",
    "constraints",
    "continual",
    "data",
    "datasets",
    "doctor",
    "draw",
    "ensembles",
    "errors",
    "explain",
    "export",
    "forecasting",
    "initializers",
    "inside",
    "layers",
    "losses",
    "memory",
    "metrics",
    "optimizers",
    "regularizers",
    "rewards",
    "rules",
    "schedules",
    "serving",
    "society",
    "spikes",
    "streams",
    "training",
)

HOMES = {
    "comparison": ("compare_rules",),
    "ensembles": ("ModelEnsemble",),
    "estimators": ("NetworkClassifier", "NetworkRegressor"),
    "forecasting": ("Forecaster",),
    "loading": ("load",),
    "model": ("LayerTrace", "Model", "Sequential", "Trace"),
    "populations": ("Population", "cross_validate", "find_learning_rate", "learning_curve", "sharpness", "sweep"),
    "rules": ("Backprop", "Rule"),
    "search": (
        "Choice",
        "GridSearch",
        "IntUniform",
        "LogUniform",
        "OptunaSearch",
        "PopulationBasedTraining",
        "Proposals",
        "RandomSearch",
        "Search",
        "SuccessiveHalving",
        "Uniform",
    ),
    "society": ("Society",),
    "unsupervised": ("boltzmann", "maps"),
    "training": (
        "CSVLogger",
        "BatchFigures",
        "Callback",
        "EarlyStopping",
        "GradientAlignment",
        "History",
        "LambdaCallback",
        "LearningRateScheduler",
        "ModelCheckpoint",
        "Program",
        "ReduceLROnPlateau",
        "StochasticWeightAveraging",
        "TensorBoard",
        "TerminateOnNaN",
    ),
}
# Layers are listed once, in the stub of their package; these are for people who write layers of their own.
_FOR_OWN_LAYERS = {"Connections", "Context", "Errors", "INFERENCE", "Node", "Record", "Select", "Variables"}
_FOR_OWN_LAYERS |= {"Sequential", "Wiring", "walk", "wiring"}
_LAYERS = homes_in_stub(str(Path(__file__).parent / "layers" / "__init__.py"))

_HOME_OF = {name: f".{home}" for home, names in HOMES.items() for name in names}
_HOME_OF |= {name: ".layers" for name in _LAYERS if name not in _FOR_OWN_LAYERS}
_HOME_OF |= {name: f".{name}" for name in FAMILIES}

__all__ = sorted(_HOME_OF)  # pyright: ignore[reportUnsupportedDunderAll]


__getattr__ = importer(__name__, _HOME_OF)


def __dir__() -> list[str]:
    """Return the public names, for tab completion."""
    return sorted(__all__)


if TYPE_CHECKING:
    # The same names for type checkers and editors, which do not call __getattr__.
    from . import (
        activations,
        calibration,
        cluster,
        compression,
        constraints,
        continual,
        data,
        datasets,
        doctor,
        draw,
        ensembles,
        errors,
        explain,
        export,
        forecasting,
        initializers,
        inside,
        layers,
        losses,
        memory,
        metrics,
        optimizers,
        regularizers,
        rewards,
        rules,
        schedules,
        serving,
        society,
        spikes,
        streams,
        training,
    )
    from .comparison import compare_rules
    from .ensembles import ModelEnsemble
    from .estimators import NetworkClassifier, NetworkRegressor
    from .forecasting import Forecaster
    from .layers import *  # noqa: F403
    from .loading import load
    from .model import LayerTrace, Model, Sequential, Trace
    from .populations import Population, cross_validate, find_learning_rate, learning_curve, sharpness, sweep
    from .rules import Backprop, Rule
    from .search import (
        Choice,
        GridSearch,
        IntUniform,
        LogUniform,
        OptunaSearch,
        PopulationBasedTraining,
        Proposals,
        RandomSearch,
        Search,
        SuccessiveHalving,
        Uniform,
    )
    from .society import Society
    from .training import *  # noqa: F403
    from .unsupervised import boltzmann, maps
