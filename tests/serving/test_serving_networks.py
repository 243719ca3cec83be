"""Networks and forecasters in service."""

from __future__ import annotations

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.serving.opening import open_served


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    model = pl.Sequential([pl.Dense(3, input_dim=4, activation="softmax")])
    return model, model.save(tmp_path_factory.mktemp("networks") / "net.plastica")


def test_arrays_are_answered_as_by_predict(network, in_service):
    model, path = network
    x = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    with in_service(path) as client:
        for given in (x.tolist(), {"inputs": x.tolist()}):
            made = client.post("/predict", json=given).json()["predictions"]
            assert (np.array(made, np.float32) == model.predict(x)).all()
        assert client.post("/predict", json=x[5].tolist()).json()["predictions"] == model.predict(x[5:6]).tolist()
        assert client.get("/schema").json()["maxItems"] == 4 and client.get("/drift").json()["columns"] == []
        error = client.post("/predict", json=[[1, 2, 3, 4], [1, 2, 3]]).json()["error"]
        assert error["message"] == "the body, row 2 has shape (3,); expected numbers of shape (4,)."
        huge = client.post("/predict", json=[[1, 2, 3, 4], [0, 0, 1e39, 0]]).json()["error"]
        assert huge["message"] == "the body, row 2 has a number beyond float32's range of 3.4e38."
        assert client.post("/predict", json=x.tolist(), headers={"accept": "text/csv"}).status_code == 406
        assert client.post("/predict", json=[["a", "b", "c", "d"]]).status_code == 422
        assert client.post("/predict", json={"x": 1}).json()["error"]["code"] == "not_rows"
        assert client.post("/predict", content=b"1,2", headers={"content-type": "text/csv"}).status_code == 415


def test_several_inputs_are_given_by_name_or_in_order(tmp_path, in_service):
    one, other = pl.Input((2,), name="one"), pl.Input((3,), name="other")
    model = pl.Model([one, other], pl.Dense(1)(pl.Concatenate()([one, other])))
    a, b = np.ones((2, 2), np.float32), np.full((2, 3), 2, np.float32)
    with in_service(model.save(tmp_path / "two.plastica")) as client:
        expected = model.predict((a, b)).tolist()
        for given in ([a.tolist(), b.tolist()], {"one": a.tolist(), "other": b.tolist()}):
            assert client.post("/predict", json={"inputs": given}).json()["predictions"] == expected
        error = client.post("/predict", json={"inputs": {"one": a.tolist()}}).json()["error"]
        assert error["code"] == "missing_input" and "'one', 'other'" in error["message"]
        short = client.post("/predict", json={"inputs": [a.tolist(), b[:1].tolist()]}).json()["error"]
        assert short["message"] == "the inputs have different numbers of rows: 'one' has 2, 'other' has 1."


def test_codes_are_whole_numbers_and_compile_nothing_of_their_own(tmp_path, in_service):
    model = pl.Sequential([pl.Input((3,)), pl.Embedding(5, 2), pl.Flatten(), pl.Dense(1)])
    with in_service(model.save(tmp_path / "codes.plastica")) as client:
        codes = [[0, 1, 2], [4, 4, 4]]
        assert client.post("/predict", json=codes).json()["predictions"] == model.predict(np.array(codes)).tolist()
        assert client.post("/predict", json=[[0.0, 1.0, 2.0]]).status_code == 200
        error = client.post("/predict", json=[[0, 1, 2], [0, 1.5, 2]]).json()["error"]
        assert error["message"] == "the body, row 2 has numbers that are not whole; expected codes."
        assert client.post("/predict", json=[[0, 1, 9]]).status_code == 422


def test_a_stateful_network_is_refused(tmp_path):
    model = pl.Sequential([pl.Input((5, 2), batch_size=4), pl.LSTM(3, stateful=True)])
    with pytest.raises(InvalidValue, match="stateful"):
        open_served(model.save(tmp_path / "lstm.plastica"), 100)


def test_a_forecast_goes_on_from_training_or_from_newer_rows(tmp_path, in_service):
    days = [f"2024-01-{day:02d}" for day in range(1, 29)]
    frame = polars.DataFrame({"day": days, "load": [float(10 + day % 7) for day in range(28)]})
    forecaster = pl.Forecaster("seasonal_naive", horizon=3, time="day", target="load").fit(frame)
    with in_service(forecaster.save(tmp_path / "load.plastica")) as client:
        made = client.post("/predict", json=[]).json()["predictions"]
        assert [row["load"] for row in made] == forecaster.predict()["load"].to_list()
        newer = [{"day": "2024-01-29", "load": 10.0}, {"day": "2024-01-30", "load": 11.0}]
        expected = forecaster.predict(polars.DataFrame(newer))
        made = client.post("/predict", json=newer).json()["predictions"]
        assert [row["load"] for row in made] == expected["load"].to_list()
        csv = "day,load\n2024-01-29,10\n2024-01-30,11\n"
        reply = client.post("/predict", content=csv, headers={"content-type": "text/csv"})
        assert reply.text == expected.write_csv(datetime_format="%Y-%m-%d %H:%M:%S")
        assert client.get("/schema").json()["required"] == ["day", "load"]
        error = client.post("/predict", json=[{"day": "2024-01-29"}]).json()["error"]
        assert error["code"] == "bad_rows" and "load" in error["message"]
