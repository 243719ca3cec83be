"""The HTTP side of a service: limits, hosts, tokens, time, metrics, and a model that is replaced."""

from __future__ import annotations

import json
import shutil
import threading
import time

import pytest

JSON = {"content-type": "application/json"}


def code_of(reply):
    return reply.status_code, reply.json()["error"]["code"]


def test_bodies_rows_and_waiting_requests_are_limited(model_file, rows, in_service):
    with in_service(model_file, most_body=2000, most_rows=3) as client:
        assert code_of(client.post("/predict", json=rows[:4])) == (413, "too_many_rows")
        assert code_of(client.post("/predict", json=rows[:20])) == (413, "body_too_large")
        parts = (b" " * 600 for _ in range(5))  # without a Content-Length
        assert code_of(client.post("/predict", content=parts, headers=JSON)) == (413, "body_too_large")
        assert client.post("/predict", json=rows[:3]).status_code == 200


def test_a_slow_answer_is_refused_in_words_and_a_full_queue_at_once(model_file, rows, monkeypatch, in_service):
    with in_service(model_file, timeout=0.2, most_waiting=1) as client:
        served, held = client.service.served, threading.Event()
        answer = served.answer
        monkeypatch.setattr(served, "answer", lambda requests: (held.wait(5), answer(requests))[1])
        slow = client.post("/predict", json=rows[0])
        assert code_of(slow) == (504, "timeout") and slow.headers["retry-after"] == "1"

        async def ask_thrice():
            import asyncio

            from plastica.serving.exchange import Refused, Request

            asked = [Request(body=json.dumps(rows[0]).encode())] * 3
            found = await asyncio.gather(*map(client.service.answer, asked), return_exceptions=True)
            return sorted(each.code for each in found if isinstance(each, Refused))

        assert client.portal.call(ask_thrice) == ["overloaded", "overloaded", "timeout"]
        held.set()
        until = time.monotonic() + 20
        while (status := client.post("/predict", json=rows[0]).status_code) != 200 and time.monotonic() < until:
            time.sleep(0.02)
        assert status == 200


def test_a_fault_of_one_request_is_not_that_of_others(model_file, rows, monkeypatch, caplog, in_service):
    with in_service(model_file) as client:
        served = client.service.served
        answer = served.answer

        def poisoned(requests):
            if any(b"poison" in each.body for each in requests):
                raise RuntimeError("poison")
            return answer(requests)

        monkeypatch.setattr(served, "answer", poisoned)

        async def ask():
            import asyncio

            from plastica.serving.exchange import Request

            bodies = [json.dumps(rows[0]).encode(), b"poison", json.dumps(rows[1]).encode()]
            return await asyncio.gather(*(client.service.answer(Request(body=body)) for body in bodies))

        assert [each.status for each in client.portal.call(ask)] == [200, 500, 200]
        assert "poison" in caplog.text


def test_only_known_hosts_are_served(model_file, in_service):
    with in_service(model_file, hosts=("localhost", "models.example")) as client:
        assert code_of(client.get("/schema", headers={"host": "evil.example"})) == (421, "unknown_host")
        assert code_of(client.get("/health/live", headers={"host": "localhost.evil.example"})) == (421, "unknown_host")
        for name in ("models.example", "MODELS.example:8000", "localhost:1"):
            assert client.get("/schema", headers={"host": name}).status_code == 200
    with in_service(model_file, hosts=("*",)) as client:
        assert client.get("/schema", headers={"host": "any"}).status_code == 200


def test_a_token_is_asked_for_except_by_health(model_file, rows, in_service):
    with in_service(model_file, token="s3cret") as client:
        for headers in ({}, {"authorization": "Bearer s3cre"}, {"authorization": "Basic s3cret"}):
            reply = client.post("/predict", json=rows[0], headers=headers)
            assert code_of(reply) == (401, "no_token") and reply.headers["www-authenticate"] == "Bearer"
        assert client.post("/predict", json=rows[0], headers={"authorization": "bearer s3cret"}).status_code == 200
        assert client.get("/health/ready").status_code == 200 and code_of(client.get("/metrics")) == (401, "no_token")
        assert "s3cret" not in repr(client.service.options)


def test_pages_methods_and_options_that_do_not_exist_are_named(client):
    assert code_of(client.get("/predictions")) == (404, "no_such_page")
    reply = client.get("/predict")
    assert code_of(reply) == (405, "wrong_method") and reply.headers["allow"] == "POST"
    assert code_of(client.post("/predict?porbabilities=1", content=b"{}", headers=JSON)) == (400, "unknown_option")
    csv = {"content-type": "text/csv"}
    assert code_of(client.post("/predict?notes=1", content=b"a\n1\n", headers=csv)) == (406, "needs_json")
    packed = {"content-type": "text/csv", "content-encoding": "gzip"}
    assert code_of(client.post("/predict", content=b"a\n1\n", headers=packed)) == (415, "compressed_body")
    assert "/predict" in client.get("/").json()["pages"]


def test_metrics_count_requests_errors_rows_and_columns(model_file, rows, in_service):
    from prometheus_client.parser import text_string_to_metric_families

    with in_service(model_file) as client:
        client.post("/predict", json=[{**row, "sex": None} for row in rows[:5]])
        client.post("/predict", json=[{**rows[0], "island": "Atlantis"}])
        client.post("/predict", json=[{"island": "Dream"}])
        client.post("/predict", json=[rows[0], {**rows[0], "sex": None}, {"island": "Dream"}])
        client.get("/nowhere")
        families = text_string_to_metric_families(client.get("/metrics").text)
        found = {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}
    assert found["plastica_requests_total", "/predict", "200"] == 2
    assert found["plastica_requests_total", "/predict", "422"] == 2
    assert found["plastica_requests_total", "other", "404"] == 1
    assert found["plastica_errors_total", "missing_column"] == 1 and found["plastica_rows_total",] == 6
    assert found["plastica_missing_column_total", "sex"] == 1
    assert found["plastica_missing_column_total", "bill_length_mm"] == 2
    assert found["plastica_missing_values_total", "sex"] == 6 and found["plastica_unknown_values_total", "island"] == 1
    assert found["plastica_ready",] == 1 and ("plastica_drift_psi", "body_mass_g") in found


def test_a_model_is_replaced_without_a_lost_request(model_file, rows, tmp_path, in_service, small_model):
    path = shutil.copy(model_file, tmp_path / "served.plastica")
    with in_service(path) as client:
        first, codes, stop = client.service.served.digest, set(), threading.Event()

        def ask():
            while not stop.is_set():
                reply = client.post("/predict", json=rows[0])
                codes.add((reply.status_code, reply.json().get("model")))

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for each in asking:
            each.start()
        time.sleep(0.1)
        newer = small_model(tmp_path, seed=1)
        shutil.move(newer, path)
        assert client.service.reload()
        second = client.post("/predict", json=rows[0]).json()["model"]
        stop.set()
        for each in asking:
            each.join()
        assert second != first and codes <= {(200, first), (200, second)} and (200, first) in codes

        path.write_bytes(path.read_bytes()[:1000])  # cut short: the model stays
        assert not client.service.reload()
        assert client.post("/predict", json=rows[0]).json()["model"] == second
        assert 'plastica_reloads_total{result="failed"} 1.0' in client.get("/metrics").text


def test_a_changed_file_is_loaded_again(model_file, tmp_path, monkeypatch, small_model):
    import plastica.serving.service as service
    from plastica.serving import Service, ServingOptions, application

    monkeypatch.setattr(service, "A_LOOK", 0.01)
    path = shutil.copy(model_file, tmp_path / "served.plastica")
    from starlette.testclient import TestClient

    made = Service.of_file(path, ServingOptions())
    with TestClient(application(made, watch=True), base_url="http://localhost"):
        first = made.served.digest
        shutil.move(small_model(tmp_path, seed=1), path)
        until = time.monotonic() + 20
        while made.served.digest == first and time.monotonic() < until:
            time.sleep(0.01)
        assert made.served.digest != first


def test_requests_before_the_model_is_ready_are_told_so(model_file, rows, monkeypatch):
    from starlette.testclient import TestClient

    from plastica.serving import Service, ServingOptions, application

    made, held = Service.of_file(model_file, ServingOptions()), threading.Event()
    warm = made.served.warm
    monkeypatch.setattr(made.served, "warm", lambda count: (held.wait(5), warm(count)))
    with TestClient(application(made), base_url="http://localhost") as client:
        assert client.get("/health/ready").status_code == 503 and client.get("/health/live").status_code == 200
        reply = client.post("/predict", json=rows[0])
        assert code_of(reply) == (503, "not_ready") and reply.headers["retry-after"] == "1"
        held.set()


@pytest.mark.parametrize("name", ["batch_rows", "timeout", "most_body"])
def test_options_are_positive(name):
    from plastica.errors import InvalidValue
    from plastica.serving import ServingOptions

    with pytest.raises(InvalidValue, match=f"{name}=0: expected a number above 0"):
        ServingOptions(**{name: 0})  # pyright: ignore[reportArgumentType]


def test_a_connection_without_a_request_is_closed(model_file):
    import asyncio

    import uvicorn

    from plastica.serving.head_deadline import protocol_with_deadline

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def asked(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        whole = await reader.readuntil(b"ok")
        writer.write(b"GET / HT")  # and then a byte now and then
        for _ in range(100):
            if reader.at_eof():
                break
            writer.write(b"x")
            await asyncio.sleep(0.05)
        silent, other = await asyncio.open_connection("127.0.0.1", port)
        found = whole, reader.at_eof(), await asyncio.wait_for(silent.read(), 10)
        for each in (writer, other):
            each.close()
        return found

    async def both():
        config = uvicorn.Config(app, port=0, http=protocol_with_deadline(0.2), lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        found = await asked(server.servers[0].sockets[0].getsockname()[1])
        server.should_exit = True
        await serving
        return found

    whole, closed, silent = asyncio.run(both())
    assert whole.endswith(b"ok") and closed and silent == b""


def test_sentences_are_in_the_language_that_the_client_asks_for(model_file, client, rows, in_service):
    zh = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}
    bad = {**rows[1], "body_mass_g": "heavy"}
    error = client.post("/predict", json=[rows[0], bad, bad], headers=zh).json()["error"]
    assert error["message"] == "第 2 行，列 'body_mass_g'：'heavy' 不是数。另有 1 行有误。"
    assert error["rows"][1]["message"] == "第 3 行，列 'body_mass_g'：'heavy' 不是数。"
    assert (
        client.get("/predictions", headers=zh).json()["error"]["message"] == "没有页面 /predictions；/ 列出所有页面。"
    )
    assert "lacks the column" in client.post("/predict", json=[{"sex": "f"}]).json()["error"]["message"]
    with in_service(model_file, lang="zh", token="s3cret") as chinese:
        assert "令牌" in chinese.get("/schema").json()["error"]["message"]
        assert "token" in chinese.get("/schema", headers={"accept-language": "en"}).json()["error"]["message"]


def test_a_model_process_that_cannot_open_its_file_says_so_in_chinese(tmp_path):
    import plastica as pl
    from plastica.errors import FileError
    from plastica.serving.model_process import ModelProcess

    path = pl.Sequential([pl.Dense(1, input_dim=2)]).save(tmp_path / "net.plastica")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FileError) as found:
        ModelProcess(path, 100, "zh")
    assert "net.plastica" in str(found.value)
