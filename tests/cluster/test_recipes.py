"""The recipes of docs/cluster.md: scripts compile, manifests are what they should be, and commands exist."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from plastica.cli.main import app
from plastica.cluster.joining import ADDRESS, NUMBER, WORKERS, seat_of

PAGE = Path(__file__).parents[2] / "docs" / "cluster.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)


def blocks(language):
    return [text for name, text in BLOCKS if name == language]


def test_the_scripts_are_python():
    for text in blocks("py"):
        ast.parse(text)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_job_of_slurm_is_bash_and_starts_the_script():
    (text,) = blocks("bash")
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    assert "python train.py" in text and "#SBATCH --requeue" in text


@pytest.mark.parametrize(
    "line", [line for text in blocks("sh") for line in text.splitlines() if line.startswith("plastica")]
)
def test_the_commands_exist_with_their_options(line):
    _, name, *arguments = shlex.split(line, comments=True)
    command = app.commands[name]
    context = command.make_context(name, arguments, resilient_parsing=True)
    assert isinstance(context, click.Context)
    known = {option for each in command.params for option in each.opts}
    assert {each for each in arguments if each.startswith("--")} <= known


def test_the_manifest_gives_each_pod_its_place():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    service, job = yaml.safe_load_all(blocks("yaml")[0])
    assert (service["kind"], job["kind"], job["apiVersion"]) == ("Service", "Job", "batch/v1")
    assert service["spec"]["clusterIP"] in ("None", None)
    spec, name = job["spec"], job["metadata"]["name"]
    assert spec["completionMode"] == "Indexed" and spec["completions"] == spec["parallelism"]
    pod = spec["template"]["spec"]
    assert pod["subdomain"] == service["metadata"]["name"] and service["spec"]["selector"] == {"job-name": name}
    (container,) = pod["containers"]
    environment = {each["name"]: each["value"] for each in container["env"]}
    assert environment[ADDRESS].startswith(f"{name}-0.{pod['subdomain']}:")
    assert f"{NUMBER}=$JOB_COMPLETION_INDEX" in container["command"][-1]
    seat = seat_of({**environment, NUMBER: str(spec["completions"] - 1)})
    assert seat is not None and seat.workers == spec["completions"] == int(environment[WORKERS])
