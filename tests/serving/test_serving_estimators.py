"""Estimators in service: the answers of their ``predict``, for objects, arrays and CSV."""

from __future__ import annotations

import numpy as np
import polars
import pytest

import plastica as pl

OPTIONS = {"network": "mlp", "layers": (4,), "epochs": 2, "random_state": 0}


def test_a_classifier_of_a_frame_answers_as_its_predict(tmp_path, in_service, rows):
    frame = polars.DataFrame(rows[:120])
    kinds = np.where(frame["body_mass_g"].fill_null(0).to_numpy() > 3700, "heavy", "light")
    classifier = pl.NetworkClassifier(**OPTIONS).fit(frame, kinds)
    with in_service(classifier.save(tmp_path / "c.plastica")) as client:
        told = client.post("/predict", json=rows[:120]).json()["predictions"]
        assert [each["prediction"] for each in told] == classifier.predict(frame).tolist()
        shares = [list(each["probabilities"].values()) for each in told]
        assert shares == classifier.predict_proba(frame).tolist() and list(told[0]["probabilities"]) == [
            "heavy",
            "light",
        ]
        text = frame[:3].write_csv()
        reply = client.post("/predict", content=text, headers={"content-type": "text/csv"})
        assert reply.text.splitlines()[1:] == classifier.predict(frame[:3]).tolist()
        bad = client.post("/predict", json=[rows[0], {**rows[1], "body_mass_g": "heavy"}]).json()["error"]
        assert bad["message"] == "row 2, column 'body_mass_g': 'heavy' is not a number."
        schema = client.get("/schema").json()
        assert schema["x-target"]["classes"] == ["heavy", "light"] and client.get("/drift").json()["columns"] == []
        assert client.post("/predict", json=schema["examples"][0]).status_code == 200


@pytest.mark.parametrize("encode", [True, False])
def test_a_regressor_of_arrays_reads_arrays(encode, tmp_path, in_service):
    x = np.random.default_rng(0).normal(size=(60, 3))
    regressor = pl.NetworkRegressor(encode=encode, **OPTIONS).fit(x, x[:, :2])
    with in_service(regressor.save(tmp_path / "r.plastica")) as client:
        told = client.post("/predict", json=x.tolist()).json()["predictions"]
        assert [[each["prediction"]["y0"], each["prediction"]["y1"]] for each in told] == regressor.predict(x).tolist()
        one = client.post("/predict", json=x[7].tolist()).json()["predictions"]
        assert (
            one == client.post("/predict", json=dict(zip(["x0", "x1", "x2"], x[7], strict=True))).json()["predictions"]
        )
        short = client.post("/predict", json=[x[0].tolist(), [1.0]]).json()["error"]
        assert short["message"] == "row 2 is an array of length 1; the model reads 3: x0, x1, x2."
        gone = client.post("/predict", json=[[1.0, None, 2.0]])
        assert gone.status_code == (200 if encode else 422), gone.text
        huge = client.post("/predict", json=[[1, 2, 3], [0, 1e39, 0]])
        assert encode or "row 2, column 'x1': 1e+39 is not a number of float32" in huge.json()["error"]["message"]
