"""A model in a process of its own: killed, it is started again, and those who ask are answered."""

from __future__ import annotations

import json
import os
import signal
import threading

from plastica.serving.exchange import Request
from plastica.serving.opening import open_served


def test_a_killed_model_answers_all_the_same(model_file, rows, in_service, caplog):
    with in_service(model_file, own_process=True) as client:
        process = client.service.served
        expected = [
            open_served(model_file, 100).answer([Request(body=json.dumps(row).encode())])[0] for row in rows[:9]
        ]
        found = {}

        def ask(number):
            found[number] = client.post("/predict", json=rows[number]).content

        assert client.post("/predict", json=rows[0]).content == expected[0].body
        os.kill(process._process.pid, signal.SIGKILL)
        asking = [threading.Thread(target=ask, args=(number,)) for number in range(9)]
        for each in asking:
            each.start()
        for each in asking:
            each.join()
        assert [found[number] for number in range(9)] == [each.body for each in expected]
        assert process.deaths == 1 and "started again" in caplog.text
        assert {each["column"] for each in client.get("/drift").json()["columns"]} == set(rows[0])
        assert "plastica_model_restarts_total 1.0" in client.get("/metrics").text
        assert client.service.reload() and client.service.served is not process
        assert process._process.poll() == 0  # the one before has ended
        assert client.post("/predict", json=rows[0]).content == expected[0].body
