"""A model for a table in service: equal to plastica predict, whatever else is asked at the time."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest

from plastica.data.reading import read_table
from plastica.serving.exchange import Request
from plastica.serving.opening import open_served
from plastica.settings import Settings
from plastica.tables import TableNetwork
from plastica.tables.answers_frame import answers_frame

CSV, JSON = {"content-type": "text/csv"}, {"content-type": "application/json"}


@pytest.fixture(scope="module")
def csv_text():
    table = read_table("penguins").without(["species"])
    lines = [",".join(table.names)]
    lines += [",".join(table.columns[name][row] or "" for name in table.names) for row in range(table.height)]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def probabilities(model_file):
    """What the model answers in Python, rounded as plastica predict writes it."""
    made = TableNetwork.load(model_file).predict("penguins").probabilities
    assert made is not None
    return made.round(7)


def shares(reply):
    return np.array([list(each["probabilities"].values()) for each in reply.json()["predictions"]])


def test_csv_is_answered_with_the_bytes_of_plastica_predict(client, csv_text, model_file, tmp_path):
    from click.testing import CliRunner

    from plastica.cli.main import app

    path = tmp_path / "rows.csv"
    path.write_text(csv_text)
    for options, query in ((["--probabilities"], "?probabilities=true"), ([], "")):
        said = CliRunner().invoke(app, ["predict", str(model_file), str(path), *options])
        reply = client.post(f"/predict{query}", content=csv_text, headers=CSV)
        assert reply.status_code == 200 and reply.headers["content-type"].startswith("text/csv")
        assert reply.content == said.stdout_bytes


def test_json_is_answered_with_the_same_numbers_one_row_or_many(client, rows, probabilities):
    reply = client.post("/predict", json=rows)
    assert (shares(reply) == probabilities).all()
    assert reply.json()["target"] == "species" and reply.json()["model"] == client.service.served.digest
    assert (shares(client.post("/predict", json=rows[7])) == probabilities[7]).all()
    lines = "\n".join(map(json.dumps, rows[:9])).encode()
    reply = client.post("/predict", content=lines, headers={"content-type": "application/x-ndjson"})
    assert (shares(reply) == probabilities[:9]).all()


def test_an_answer_does_not_depend_on_the_requests_answered_with_it(model_file, rows, csv_text, probabilities):
    """Rows of JSON numbers, of numbers as text, of CSV and bad ones, in one batch and alone."""
    served = open_served(model_file, 1000)
    texts = [{name: None if value is None else str(value) for name, value in row.items()} for row in rows]
    bad = {**rows[0], "body_mass_g": "heavy"}
    asked = [Request(body=json.dumps(each).encode(), rows=1) for each in (*rows[:40], *texts[:3], bad)]
    asked += [Request(body=json.dumps(rows[40:300]).encode(), rows=260)]
    asked += [Request(body=json.dumps(rows[:2]).encode(), rows=2, as_csv=True)]
    asked += [Request(body=csv_text.encode(), media="csv", rows=344, as_csv=True)]
    together, alone = served.answer(asked), [reply for each in asked for reply in served.answer([each])]
    assert [each.body for each in together] == [each.body for each in alone]
    assert [each.status for each in together] == [*[200] * 43, 422, 200, 200, 200]
    assert together[45].body.startswith(b"species,species=Adelie")
    found = json.loads(together[44].body)["predictions"]
    assert [list(each["probabilities"].values()) for each in found] == probabilities[40:300].tolist()


def test_requests_at_the_same_time_are_answered_together(client, rows, probabilities):
    service = client.service
    before = service.metrics.batches._sum.get()

    async def ask():
        requests = [Request(body=json.dumps(row).encode()) for row in rows[:60]]
        return await asyncio.gather(*map(service.answer, requests))

    found = [json.loads(reply.body)["predictions"][0]["probabilities"] for reply in client.portal.call(ask)]
    assert [list(each.values()) for each in found] == probabilities[:60].tolist()
    assert service.metrics.batches._sum.get() - before == 60
    calls = client.get("/metrics").text.split("plastica_batch_rows_count ")[1].split()[0]
    assert float(calls) < 60


def test_bad_rows_are_told_one_by_one_or_left_out(client, rows, probabilities):
    asked = [rows[0], {**rows[1], "body_mass_g": "heavy"}, 3, {"islnd": 1}, {**rows[2], "sex": []}, rows[3]]
    reply = client.post("/predict", json=asked)
    error = reply.json()["error"]
    assert reply.status_code == 422 and error["code"] == reply.headers["x-error-code"] == "bad_rows"
    assert [each["row"] for each in error["rows"]] == [2, 3, 4, 5] and error["bad_rows"] == 4
    assert error["message"] == "row 2, column 'body_mass_g': 'heavy' is not a number. There are 3 more bad rows."
    assert error["rows"][0] | {"message": ""} == {
        "row": 2, "message": "", "column": "body_mass_g", "value": "heavy", "wanted": "a number"
    }  # fmt: skip
    assert (
        "Did you mean 'island' by 'islnd'?" in error["rows"][2]["message"]
        and "an array is not a value" in error["rows"][3]["message"]
    )
    reply = client.post("/predict?skip_bad_rows=true", json=asked)
    made = reply.json()
    assert reply.status_code == 200 and [each is None for each in made["predictions"]] == [False, *[True] * 4, False]
    assert list(made["predictions"][5]["probabilities"].values()) == probabilities[3].tolist()
    assert made["bad_rows"] == 4 and made["rows"] == error["rows"]


def test_lines_of_csv_are_named(client, csv_text):
    lines = csv_text.splitlines()[:4]
    lines[3] = lines[3].replace("40.3", "forty")
    reply = client.post("/predict", content="\n".join(lines), headers=CSV)
    assert reply.status_code == 422
    assert reply.json()["error"]["message"] == "line 4, column 'bill_length_mm': 'forty' is not a number."


@pytest.mark.parametrize(
    ("body", "media", "status", "code", "words"),
    [
        (b"", "application/json", 400, "empty_body", "the body is empty"),
        (b"[1,", "application/json", 400, "not_json", "truncated"),
        (
            b'{"a": 1}\n\n{"a": ',
            "application/x-ndjson",
            400,
            "not_json",
            "line 3 of the body is not JSON: it ends within",
        ),
        (b"[]", "application/json", 400, "no_rows", "no rows"),
        (b"[" * 100_000, "application/json", 400, "not_json", "not JSON"),
        (b"7", "application/json", 400, "not_rows", "the body is 7"),
        (b"{}", "application/json", 422, "missing_column", "lacks the column 'island' and 5 more"),
        (b"a,b\n1\n", "text/csv", 400, "not_csv", "line 2"),
        (b"sx,island\nf,1\n", "text/csv", 422, "missing_column", "and 4 more"),
        (b"x", "image/png", 415, "unknown_media_type", "'image/png' is not read"),
    ],
)
def test_a_body_that_is_no_table_is_refused_in_a_sentence(client, body, media, status, code, words):
    reply = client.post("/predict", content=body, headers={"content-type": media})
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code), reply.text
    assert words in reply.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"a,b\n1\n", b"a,b\n\xff\xfe\x00,1\n"])
def test_what_is_wrong_with_csv_is_told_in_the_language_of_the_client(client, body):
    headers = {"content-type": "text/csv; charset=utf-16" if b"\x00" in body else "text/csv", "accept-language": "zh"}
    told = client.post("/predict", content=body, headers=headers).json()["error"]["message"]
    assert told.startswith("请求 ") and "the request" not in told


def test_notes_name_what_training_had_not_seen(client, rows):
    told = client.post("/predict?notes=1&probabilities=no", json={**rows[0], "island": "Atlantis", "colour": 1}).json()
    assert told["predictions"] == [{"prediction": told["predictions"][0]["prediction"]}]
    assert any("'Atlantis' did not occur in training" in each for each in told["notes"])
    assert any("'colour' unknown to the model" in each for each in told["notes"])


def test_the_schema_has_the_columns_with_examples_that_are_answered(client, rows):
    schema = client.get("/schema").json()
    assert schema["required"] == list(rows[0]) == list(schema["properties"])
    assert schema["x-target"]["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert schema["properties"]["island"]["examples"] == ["Biscoe", "Dream", "Torgersen"]
    assert "from 2700 to 6300" in schema["properties"]["body_mass_g"]["description"]
    assert client.post("/predict", json=schema["examples"][0]).status_code == 200
    document = client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0" and document["components"]["schemas"]["Row"] == schema
    examples = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert len(client.post("/predict", json=examples["several"]["value"]).json()["predictions"]) == 2


@pytest.mark.parametrize(
    ("target", "settings"),
    [
        ("body_mass_g", {"model": "linear"}),
        ("sex", {"model": "trees", "folds": 2, "keep_folds": True}),
        (["bill_length_mm", "bill_depth_mm"], {"epochs": 1, "network": "mlp", "layers": (8,)}),
    ],
)
def test_numbers_folds_and_several_targets_are_those_of_plastica_predict(target, settings, tmp_path, in_service):
    network = TableNetwork.fit("penguins", target, Settings(baselines=(), **settings))
    table = read_table("penguins").without(network.target.names)
    answers = network.predict(table)
    expected = answers_frame(network.target, table, answers, (), True)
    lines = [
        ",".join(table.names),
        *(",".join(each or "" for each in row) for row in zip(*table.columns.values(), strict=True)),
    ]
    with in_service(network.save(tmp_path / "model.plastica")) as client:
        reply = client.post("/predict?probabilities=1", content="\n".join(lines), headers=CSV)
        assert reply.text == expected.write_csv()
        made = client.post("/predict", content="\n".join(lines), headers=CSV | {"accept": "application/json"}).json()
        found = [each["prediction"] for each in made["predictions"]]
        names = list(network.target.names)
        rows = expected.select(names).to_dicts()
        assert found == (rows if len(names) > 1 else [row[names[0]] for row in rows])


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (b'{"island": "Dream", "sex": null, "island": "Biscoe"}', 400, "repeated_column", "'island' twice"),
        (b'[{"a": "b\\":1"}]', 422, "missing_column", "lacks the column"),
        (b'[{"island": "Dream", "body_mass_g": NaN}]', 400, "not_json", "NaN at byte 36 is not JSON; send null"),
        (b'{"a": 1} {"a": 2}', 400, "not_json", "not JSON"),
    ],
)
def test_keys_twice_and_words_that_json_lacks_are_told(client, body, status, code, words):
    reply = client.post("/predict", content=body, headers=JSON)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code), reply.text
    assert words in reply.json()["error"]["message"]


def test_true_is_no_number_and_a_mark_in_front_is_no_error(client, rows):
    error = client.post("/predict", json=[rows[0], {**rows[1], "body_mass_g": True}]).json()["error"]
    assert error["message"] == "row 2, column 'body_mass_g': true is not a number."
    plain = json.dumps(rows[0]).encode()
    marked = client.post("/predict", content=b"\xef\xbb\xbf" + plain, headers=JSON)
    assert marked.content == client.post("/predict", content=plain, headers=JSON).content


def test_the_encoding_and_the_columns_of_csv_are_those_that_are_given(client, rows):
    names, cells = ",".join(rows[0]), "Bisc\xe9,39.1,18.7,181,3750,"
    told = [
        client.post("/predict", content=f"{names}\n{cells}\n".encode(codec), headers={"content-type": media})
        for codec, media in (("utf-8", "text/csv"), ("cp1250", 'text/csv; charset="cp1250"'))
    ]
    assert told[0].status_code == 200 and told[0].text == told[1].text
    unknown = client.post("/predict", content=b"a", headers={"content-type": "text/csv; charset=martian"})
    assert unknown.status_code == 415 and "charset=martian is unknown" in unknown.json()["error"]["message"]
    twice = client.post("/predict", content=f"{names},sex\n{cells},f\n", headers=CSV)
    assert twice.json()["error"]["message"] == "the request has the column 'sex' twice; send each column once."
