"""plastica: neural networks for tables and for research, trained by any learning rule.

The same network can be trained by backpropagation or by any other rule::

    import plastica as pl

    model = pl.Sequential([pl.Dense(32, activation="relu"), pl.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=10, batch_size=32, validation_split=0.2)

Public names are imported on first use, so that importing plastica and running simple commands is fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import importer
from .version import __version__

FAMILIES = (
    "activations",
    "constraints",
    "data",
    "datasets",
    "draw",
    "errors",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "regularizers",
    "rules",
    "schedules",
    "training",
)

HOMES = {
    "comparison": ("compare_rules",),
    "estimators": ("NetworkClassifier", "NetworkRegressor"),
    "loading": ("load",),
    "model": ("LayerTrace", "Model", "Sequential", "Trace"),
    "layers": (
        "Add",
        "Average",
        "Concatenate",
        "Dot",
        "Graph",
        "Maximum",
        "Minimum",
        "Multiply",
        "Subtract",
        "GRU",
        "LSTM",
        "AveragePooling3D",
        "Conv3D",
        "GlobalAveragePooling3D",
        "GlobalMaxPooling3D",
        "GroupNormalization",
        "MaxPooling3D",
        "RMSNormalization",
        "AdditiveAttention",
        "Attention",
        "MultiHeadAttention",
        "Conv1DTranspose",
        "Conv2DTranspose",
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "SeparableConv1D",
        "SeparableConv2D",
        "AlphaDropout",
        "Cropping1D",
        "Cropping2D",
        "Cropping3D",
        "ELU",
        "GaussianDropout",
        "Identity",
        "LeakyReLU",
        "PReLU",
        "Permute",
        "ReLU",
        "RepeatVector",
        "Softmax",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "UpSampling1D",
        "UpSampling3D",
        "ZeroPadding1D",
        "ZeroPadding3D",
        "Activation",
        "ActivityRegularization",
        "AveragePooling1D",
        "AveragePooling2D",
        "BatchNormalization",
        "CategoryEmbedding",
        "CategoryIndicators",
        "Branches",
        "Conv1D",
        "Conv2D",
        "Dense",
        "DistanceDependent",
        "Dropout",
        "Embedding",
        "Ensemble",
        "Flatten",
        "GaussianNoise",
        "GaussianSampling",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "Grid",
        "Input",
        "Layer",
        "LayerNormalization",
        "MaxPooling1D",
        "MaxPooling2D",
        "McCullochPitts",
        "MemberDense",
        "Members",
        "Networks",
        "PeriodicEmbedding",
        "PiecewiseLinearEmbedding",
        "Rescaling",
        "Reshape",
        "Residual",
        "RestrictedBoltzmann",
        "Scale",
        "SimpleRNN",
        "SmallWorld",
        "Sparse",
        "StochasticBinary",
        "UnitNormalization",
        "UpSampling2D",
        "Wired",
        "ZeroPadding2D",
        "CenterCrop",
        "RandomBrightness",
        "RandomContrast",
        "RandomCrop",
        "RandomFlip",
        "RandomRotation",
        "RandomTranslation",
        "RandomZoom",
        "Resizing",
        "CategoryEncoding",
        "Discretization",
        "Normalization",
        "IntegerLookup",
        "StringLookup",
        "TextVectorization",
        "Lambda",
    ),
    "rules": ("Backprop", "Rule"),
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
        "TensorBoard",
        "TerminateOnNaN",
    ),
}
_HOME_OF = {name: f".{home}" for home, names in HOMES.items() for name in names}
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
        constraints,
        data,
        datasets,
        draw,
        errors,
        initializers,
        layers,
        losses,
        metrics,
        optimizers,
        regularizers,
        rules,
        schedules,
        training,
    )
    from .comparison import compare_rules
    from .estimators import NetworkClassifier, NetworkRegressor
    from .layers import *  # noqa: F403
    from .loading import load
    from .model import LayerTrace, Model, Sequential, Trace
    from .rules import Backprop, Rule
    from .training import *  # noqa: F403
    from .unsupervised import boltzmann, maps
