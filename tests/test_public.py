"""The public interface of `plastica`: fast import, all names, documented classes."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys

import pytest

import plastica as pl

HEAVY = ("pandas", "polars", "sklearn", "scipy.stats", "matplotlib", "rich", "keras", "tensorflow", "torch", "narwhals")


def in_a_process(script):
    """Return the output of a script in a new process."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False, env=environment
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.strip()


def test_importing_loads_no_jax_and_nothing_heavy():
    loaded = in_a_process("import sys, plastica; print(*sys.modules)").split()
    assert not {"jax", "numpy", "optax", *HEAVY} & set(loaded)


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    """Return what a process has loaded after compiling and after training a network, and the layers of a file."""
    path = tmp_path_factory.mktemp("saved") / "network.plastica"
    model = pl.Sequential([pl.Conv2D(2, 2), pl.SpatialDropout2D(0.1), pl.Flatten(), pl.Dense(1)])
    model.build((None, 3, 3, 1))
    model.save(path)
    script = f"""
import sys, plastica as pl
model = pl.Sequential([pl.Dense(1)])
model.compile("adam", "mse", metrics=["mae"])
print(*sys.modules)
import numpy as np
model.fit(np.ones((4, 2)), np.ones(4), verbose=0, validation_split=0.5, callbacks=[pl.EarlyStopping()])
model.predict([[1.0, 2.0]]), model.evaluate(np.ones((4, 2)), np.ones(4), verbose=0)
print(*sys.modules)
print(*(type(layer).__name__ for layer in pl.load({str(path)!r}).layers))
"""
    return dict(zip(("compiled", "trained", "file"), map(str.split, in_a_process(script).splitlines()), strict=True))


def test_training_on_arrays_loads_nothing_heavy(process):
    assert not set(HEAVY) & set(process["trained"])


def test_every_public_name_is_there_and_listed():
    assert len(set(pl.__all__)) == len(pl.__all__)
    assert dir(pl) == sorted(pl.__all__)
    for name in pl.__all__:
        assert getattr(pl, name) is not None
    assert dir(pl) == sorted(pl.__all__)  # names loaded in the meantime are not listed


def test_tab_completion_offers_the_public_names_and_loads_nothing():
    names, loaded = in_a_process("import sys, plastica; print(*dir(plastica)); print(*sys.modules)").split("\n")
    assert names.split() == sorted(pl.__all__)
    assert not {"jax", "numpy", *HEAVY} & set(loaded.split())


def test_the_version_is_there_though_tab_completion_does_not_offer_it():
    assert in_a_process("import plastica; print(plastica.__version__)")


def test_an_unknown_name_is_an_ordinary_attribute_error():
    with pytest.raises(AttributeError, match="module 'plastica' has no attribute 'Sequentail'"):
        _ = pl.Sequentail
    assert not hasattr(pl, "Dens")


def public(family):
    """Return the public names of a family and their values."""
    if hasattr(family, "__all__"):
        return {name: getattr(family, name) for name in family.__all__}
    own = {name: value for name, value in vars(family).items() if getattr(value, "__module__", "") == family.__name__}
    return {name: value for name, value in own.items() if not name.startswith("_")}


def everything():
    found = {name: getattr(pl, name) for name in pl.__all__}
    for name in pl.FAMILIES:
        found |= {f"{name}.{each}": value for each, value in public(getattr(pl, name)).items()}
    return found


@pytest.mark.parametrize("name", pl.FAMILIES)
def test_every_family_is_explained_and_has_its_names(name):
    family = getattr(pl, name)
    assert family.__doc__
    assert public(family)
    listed = getattr(family, "__all__", [])
    assert len(set(listed)) == len(listed)


def test_every_public_class_says_what_it_is():
    for name, cls in everything().items():
        if inspect.isclass(cls):
            own = vars(cls).get("__doc__")
            assert own, f"{name} has no docstring of its own"
            assert not own.startswith(f"{cls.__name__}("), f"{name} has only the docstring that dataclasses make"


def test_every_public_function_says_what_it_does():
    for name, value in everything().items():
        if inspect.isfunction(value):
            assert inspect.getdoc(value), name


def test_every_public_method_of_a_model_says_what_it_does():
    for name, member in inspect.getmembers(pl.Sequential):
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
            assert inspect.getdoc(member), f"Sequential.{name}"


def test_a_file_may_name_a_layer_that_the_process_has_not_used(process):
    assert "SpatialDropout2D" in process["file"]


def test_training_imports_only_the_layers_that_are_used(process):
    assert "plastica.layers.dense" in process["compiled"]
    unused = {f"plastica.layers.{each}" for each in ("convolution", "attention", "light")}
    assert not unused & set(process["compiled"]) and not unused & set(process["trained"])


def test_every_name_comes_with_a_star_and_no_module_needs_what_only_the_tests_install():
    script = """
import importlib, pkgutil, sys, plastica
for absent in ("jaxtyping", "beartype", "hypothesis", "pytest", "keras", "pandas"):
    sys.modules[absent] = None
from plastica import *
print(Sequential.__name__, layers.Dense is Dense)
optional = ("excel", "tensorboard", "__main__")
for found in pkgutil.walk_packages(plastica.__path__, "plastica."):
    if not found.name.endswith(optional):
        importlib.import_module(found.name)
"""
    assert in_a_process(script) == "Sequential True"
