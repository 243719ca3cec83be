"""The peer of benchmarks/serve.py: FastAPI with a pipeline of scikit-learn, as its tutorials show it."""

# pyright: reportMissingImports=false
from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
WORDS = ["island", "sex"]


class Penguin(BaseModel):
    """A row of the table."""

    island: str | None
    bill_length_mm: float | None
    bill_depth_mm: float | None
    flipper_length_mm: float | None
    body_mass_g: float | None
    sex: str | None


def fitted(path: str):
    table = pd.read_csv(path)
    encoder = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        (OneHotEncoder(handle_unknown="ignore"), WORDS),
    )
    pipeline = make_pipeline(encoder, MLPClassifier((64, 64), max_iter=100, random_state=0))
    return pipeline.fit(table, table["species"])


def main() -> None:
    path, port = sys.argv[1:]
    pipeline = fitted(path)
    app = FastAPI()

    @app.post("/predict")
    def predict(rows: list[Penguin] | Penguin) -> list[dict[str, object]]:
        given = rows if isinstance(rows, list) else [rows]
        shares = pipeline.predict_proba(pd.DataFrame([row.model_dump() for row in given]))
        labels = pipeline.classes_[shares.argmax(1)]
        classes = [str(label) for label in pipeline.classes_]
        return [
            {"prediction": str(label), "probabilities": dict(zip(classes, map(float, np.round(row, 7)), strict=True))}
            for label, row in zip(labels, shares, strict=True)
        ]

    @app.get("/health/ready")
    def ready() -> dict[str, bool]:
        return {"ready": True}

    uvicorn.run(app, port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
