"""``plastica serve``: its options in one sentence each, and one server as a process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner
from tests.processes import started

from plastica import serving
from plastica.cli.main import app
from plastica.errors import MissingExtra

COMMAND = (sys.executable, "-c", "from plastica.cli.main import run; run()")


def refused(*arguments, code=1, env=None):
    result = CliRunner().invoke(app, ["serve", *map(str, arguments)], env={"LC_ALL": "C.UTF-8", **(env or {})})
    assert result.exit_code == code and "Traceback" not in result.stderr, result.stderr
    return result.stderr


def test_what_cannot_be_served_is_told_before_anything_runs(model_file, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} of 127.0.0.1 is in use" in refused(model_file, "--port", port)
        assert f"端口 {port} 已被其他程序占用" in refused(model_file, "--port", port, "--lang", "zh")
    assert "nothere" in refused("nothere.plastica", "--port", 0)
    assert "not an address of this machine" in refused(model_file, "--host", "192.0.2.1", "--port", 0)
    assert "needs both" in refused(model_file, "--certificate", "a.pem")
    assert "cannot be read" in refused(model_file, "--token-file", tmp_path / "none")
    (tmp_path / "token").write_text("two words\n")
    assert "not one word" in refused(model_file, "--token-file", tmp_path / "token")
    assert "PLASTICA_TOKEN is empty or not" in refused(model_file, env={"PLASTICA_TOKEN": "a b"})
    assert "--batch-wait '2': expected a number with a unit (ms, s, min)" in refused(
        model_file, "--batch-wait", "2", code=2
    )
    assert "--max-body '1 GiB'" in refused(model_file, "--max-body", "1 GiB", code=2)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_a_certificate_and_its_key_are_checked_each(model_file, tmp_path):
    def made(*arguments):
        subprocess.run(["openssl", *arguments], cwd=tmp_path, check=True, capture_output=True)

    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    made(*new, "-keyout", "key", "-out", "certificate")
    made("genrsa", "-out", "other", "2048")
    made("pkey", "-in", "key", "-aes128", "-passout", "pass:word", "-out", "locked")
    (tmp_path / "text").write_text("hello\n")

    def told(certificate, key, *more):
        return refused(model_file, "--certificate", tmp_path / certificate, "--key", tmp_path / key, *more)

    assert "none cannot be read: there is no such file." in told("none", "key")
    assert "none cannot be read: there is no such file." in told("certificate", "none")
    assert "cannot be read: it is a folder." in told("certificate", ".")
    assert "text is not a certificate in PEM format" in told("text", "key")
    assert "key is not a certificate in PEM format" in told("key", "certificate")
    assert "text is not a private key in PEM format" in told("certificate", "text")
    assert "other is not the private key of --certificate" in told("certificate", "other")
    assert "locked is protected by a password" in told("certificate", "locked")
    assert "有密码保护" in told("certificate", "locked", "--lang", "zh")


def test_missing_packages_are_named(model_file, monkeypatch):
    monkeypatch.setattr("plastica.serving.extra.PACKAGES", ("starlette", "no_such_package"))
    assert 'needs no_such_package, not installed here. Run: pip install "plastica[serve]"' in refused(model_file)
    with pytest.raises(MissingExtra, match="no_such_package"):
        serving.__getattr__("application")


def ask(url, rows=None, token="s3cret"):
    body = None if rows is None else json.dumps(rows).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs POSIX signals")
def test_a_server_reloads_at_sighup_and_answers_all_before_it_ends(model_file, rows):
    env = {**os.environ, "PLASTICA_TOKEN": "s3cret", "LC_ALL": "C.UTF-8"}
    command = [*COMMAND, "serve", str(model_file), "--port", "0", "--access-log"]
    with started(command, stderr=subprocess.PIPE, text=True, env=env) as server:
        assert server.stderr is not None
        lines = iter(server.stderr.readline, "")
        said = next(line for line in lines if "/predict" in line)
        (url,) = re.findall(r"(http://127\.0\.0\.1:\d+)/predict", said)
        assert ask(f"{url}/schema", token="wrong")[0] == 401
        status, made = ask(f"{url}/predict", rows[:3])
        assert status == 200 and len(made["predictions"]) == 3

        server.send_signal(signal.SIGHUP)
        assert next(line for line in lines if "answers from now on" in line)

        found = []
        asking = [threading.Thread(target=lambda: found.append(ask(f"{url}/predict", rows[:300]))) for _ in range(4)]
        for each in asking:
            each.start()
        next(line for line in lines if '"POST /predict HTTP/1.1" 200' in line)
        server.send_signal(signal.SIGTERM)
        for each in asking:
            each.join()
        said = "".join(lines)
    assert [status for status, _ in found] == [200] * 4
    assert server.returncode == 0 and "the service has stopped" in said and "Traceback" not in said
