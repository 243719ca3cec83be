"""A script that two processes run, each with ``pl.cluster.join()``, and what is said if they differ."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.cluster.launching import QUIET, seats
from plastica.errors import InvalidValue

SCRIPT = textwrap.dedent(
    """
    import json, sys
    import numpy as np, plastica as pl
    from plastica.errors import PlasticaError
    from plastica.training.lockstep import Lockstep

    folder, number = sys.argv[1], pl.cluster.join()
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)

    def told(act):
        try:
            act()
        except PlasticaError as error:
            return str(error)

    def train(x=x, **options):
        model = pl.Sequential([pl.Dense(6, activation="tanh"), pl.Dense(1)])
        model.compile("adam", "mse")
        model.fit(x, x[:, 0], epochs=3, verbose=0, devices="all", **options)
        return model

    trained = train(checkpoint=f"{folder}/shared", average_every=None)
    found = {
        "versions": told(lambda: Lockstep().require_same(f"0{number}", "another version of Python, JAX or plastica")),
        "data": told(lambda: train(x=x + number, checkpoint=f"{folder}/other")),
        "unshared": told(lambda: train(checkpoint=f"{folder}/{'shared' if number else 'empty'}", resume=True)),
        "few": told(lambda: train(x=x[:30], batch_size=1, average_every=2)),
        "weights": [each.tolist() for each in trained.get_weights()],
        "apart": len(train(average_every=2).history.epoch),
    }
    print(json.dumps(found))
    """
)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("joined")
    path = os.pathsep.join(each for each in sys.path if each)
    going = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SCRIPT, str(folder)],
            env={**os.environ, **QUIET, **seat, "PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )
        for seat in seats(2)
    ]  # fmt: skip
    ended = [each.communicate(timeout=120) for each in going]
    assert [each.returncode for each in going] == [0, 0], ended
    return [json.loads(out.splitlines()[-1]) for out, _ in ended]


def test_both_processes_have_what_one_process_learns(told):
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    model = pl.Sequential([pl.Dense(6, activation="tanh"), pl.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, x[:, 0], epochs=3, verbose=0)
    for each in told:
        for own, other in zip(each["weights"], model.get_weights(), strict=True):
            np.testing.assert_allclose(own, other, rtol=0, atol=1e-5)
        assert each["apart"] == 3


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("versions", "worker 2 of 2 has another version of Python, JAX or plastica than worker 1"),
        ("data", "worker 2 of 2 has other data, another network or other settings than worker 1"),
        ("unshared", "is not the same folder on every worker: of checkpoints, worker 1 finds none, worker 2 that of"),
        ("few", "leaves some of 2 devices without a row in a batch"),
    ],
)
def test_what_differs_between_workers_is_said_by_all_of_them(told, what, said):
    assert [said in each[what] for each in told] == [True, True], [each[what] for each in told]


def test_a_process_that_uses_jax_already_is_told_so():
    jax.devices()
    before = jax.config.jax_cpu_collectives_implementation
    try:
        with pytest.raises(InvalidValue, match=r"call pl\.cluster\.join\(\) at the beginning of the script"):
            pl.cluster.join("localhost:1", 1, 0)
    finally:
        jax.config.update("jax_cpu_collectives_implementation", before)
