"""The models compared on tables: each is fitted to rows and predicts others, with default settings.

For the peers, missing numbers are imputed by the median, numbers standardised and categories one-hot encoded; trees
get the numbers unchanged. Numeric targets are standardised for the networks. PyTorch and Keras have no default network:
two hidden layers of 64 ReLU units, Adam, 50 epochs, batch size 32.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .table_data import Source

EPOCHS, BATCH, UNITS = 50, 32, 64
Learner = Callable[[Source, Any, Any, int], np.ndarray]


def plastica(source: Source, train: Any, test: Any, seed: int, **parts: Any) -> np.ndarray:
    """The default network of plastica for tables; ``parts`` changes its hyperparameters."""
    from plastica.data.reading import read_table
    from plastica.tables import Settings, TableNetwork
    from plastica.tables.networks import network_for, recipe_for
    from plastica.tables.preparation import prepare

    settings = Settings(task=source.task, test=0, seed=seed)
    prepared = prepare(read_table(train), source.target, settings)
    target = prepared.target
    recipe = recipe_for(target.task)._replace(**parts)
    rows = prepared.x[prepared.split.train]
    model = network_for(target.task, target.outputs, prepared.layout, settings, recipe, rows=rows)
    network = TableNetwork.train(prepared, settings, model=model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about categories that are not in the training rows
        answers = network.predict(read_table(test.drop(columns=source.target)))
    return np.asarray(answers.labels, np.float64) if answers.probabilities is None else answers.probabilities


def scikit_learn(source: Source, train: Any, test: Any, seed: int) -> np.ndarray:
    """scikit-learn's multilayer perceptron."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    x, y, held, back = _arrays(source, train, test)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about non-convergence with the default number of epochs
        if source.task == "regression":
            return back(MLPRegressor(random_state=seed).fit(x, y).predict(held))
        return MLPClassifier(random_state=seed).fit(x, y).predict_proba(held)


def trees(source: Source, train: Any, test: Any, seed: int) -> np.ndarray:
    """scikit-learn's histogram gradient boosting."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.preprocessing import OrdinalEncoder

    numbers, words = _columns(source, train)
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encoder = make_column_transformer(("passthrough", numbers), (codes, words))
    x, held, y = encoder.fit_transform(train), encoder.transform(test), train[source.target]
    if source.task == "regression":
        return HistGradientBoostingRegressor(random_state=seed).fit(x, y).predict(held)
    return HistGradientBoostingClassifier(random_state=seed).fit(x, y).predict_proba(held)


def catboost(source: Source, train: Any, test: Any, seed: int) -> np.ndarray:
    """CatBoost, with declared categorical columns."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    _, words = _columns(source, train)
    x, held = (part.drop(columns=source.target).copy() for part in (train, test))
    for name in words:
        for part in (x, held):
            part[name] = part[name].fillna("missing").astype(str)
    kind = CatBoostRegressor if source.task == "regression" else CatBoostClassifier
    model = kind(random_seed=seed, cat_features=words, verbose=False, allow_writing_files=False)
    model.fit(x, train[source.target])
    return model.predict(held) if source.task == "regression" else model.predict_proba(held)


def lightgbm(source: Source, train: Any, test: Any, seed: int) -> np.ndarray:
    """LightGBM, with declared categorical columns."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    numbers, words = _columns(source, train)
    x, held = (part[[*numbers, *words]].copy() for part in (train, test))
    for name in words:
        known = sorted(train[name].dropna().unique())
        for part in (x, held):
            part[name] = part[name].astype("category").cat.set_categories(known)
    for part in (x, held):
        part.columns = [f"column {number}" for number in range(part.shape[1])]  # it rejects some characters in names
    kind = LGBMRegressor if source.task == "regression" else LGBMClassifier
    model = kind(random_state=seed, verbose=-1).fit(x, train[source.target])
    return model.predict(held) if source.task == "regression" else model.predict_proba(held)


def realmlp(source: Source, train: Any, test: Any, seed: int) -> np.ndarray:
    """RealMLP with its tuned defaults (Holzmüller, Grinsztajn, Steinwart 2024), of the package pytabkit."""
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    _, words = _columns(source, train)
    x, held = (part.drop(columns=source.target) for part in (train, test))
    kind = RealMLP_TD_Regressor if source.task == "regression" else RealMLP_TD_Classifier
    model = kind(random_state=seed, device="cpu", n_threads=1)
    model.fit(x, train[source.target].to_numpy(), cat_col_names=words)
    return model.predict(held) if source.task == "regression" else model.predict_proba(held)


def pytorch(source: Source, train: Any, test: Any, seed: int) -> np.ndarray:
    """A plain network in PyTorch."""
    import torch
    from torch import nn

    x, y, held, back = _arrays(source, train, test)
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    classes = source.task != "regression"
    units = int(y.max()) + 1 if classes else 1
    network = nn.Sequential(
        nn.Linear(x.shape[1], UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS), nn.ReLU(), nn.Linear(UNITS, units)
    )
    optimizer = torch.optim.Adam(network.parameters())
    loss = nn.CrossEntropyLoss() if classes else nn.MSELoss()
    inputs, targets = torch.tensor(x), torch.tensor(y if classes else y[:, None])
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            loss(network(inputs[rows]), targets[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        answers = network(torch.tensor(held))
        return (answers.softmax(1) if classes else back(answers[:, 0])).numpy()


def keras(source: Source, train: Any, test: Any, seed: int) -> np.ndarray:
    """A plain network in Keras on TensorFlow."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # about compiling again for each fold
    import keras

    x, y, held, back = _arrays(source, train, test)
    keras.utils.set_random_seed(seed)
    classes = source.task != "regression"
    last = ("softmax", "sparse_categorical_crossentropy") if classes else ("linear", "mse")
    hidden = [keras.layers.Dense(UNITS, activation="relu") for _ in range(2)]
    units = int(y.max()) + 1 if classes else 1
    network = keras.Sequential([*hidden, keras.layers.Dense(units, activation=last[0])])
    network.compile("adam", last[1], steps_per_execution=16)
    network.fit(x, y, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    answers = network.predict(held, verbose=0)
    keras.backend.clear_session()
    return answers.astype(np.float64) if classes else back(answers[:, 0])


MODELS: dict[str, Learner] = {
    "plastica": plastica,
    "scikit-learn MLP": scikit_learn,
    "PyTorch MLP": pytorch,
    "Keras MLP": keras,
    "gradient boosting": trees,
    "LightGBM": lightgbm,
    "CatBoost": catboost,
    "RealMLP": realmlp,
}


def _columns(source: Source, train: Any) -> tuple[list[str], list[str]]:
    import pandas as pd

    names = [name for name in train.columns if name != source.target]
    numbers = [name for name in names if pd.api.types.is_numeric_dtype(train[name])]
    return numbers, [name for name in names if name not in numbers]


def _arrays(source: Source, train: Any, test: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, Callable[..., Any]]:
    """Return features and targets for networks, features of the test rows, and the inverse transformation."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, words = _columns(source, train)
    encoder = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
    )
    x, held = (np.asarray(part, np.float32) for part in (encoder.fit_transform(train), encoder.transform(test)))
    if source.task != "regression":
        return x, np.unique(train[source.target].to_numpy(), return_inverse=True)[1], held, lambda answers: answers
    y = train[source.target].to_numpy(np.float64)
    mean, deviation = y.mean(), y.std()
    return x, ((y - mean) / deviation).astype(np.float32), held, lambda answers: answers * deviation + mean
