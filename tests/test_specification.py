"""Conversion of declarations to dictionaries and back; files are not trusted."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plastica import layers, losses, metrics
from plastica.activations import Activation, LeakyReLU, ReLU
from plastica.declaration import Declaration, declaration, replace
from plastica.errors import FileError, InvalidValue
from plastica.specification import from_spec, known, names, register, to_spec


class Part(Declaration):
    """A family for tests."""


@declaration
class Leaf(Part):
    rate: float = 0.5


@declaration
class Tree(Part):
    units: int
    rate: float | Part = 0.1
    flag: bool = True
    name: str | None = None
    size: tuple[int, int] = (1, 2)
    parts: tuple[Part, ...] = ()
    mode: Literal["same", "valid"] = "same"
    activation: Activation | str | Callable[..., Any] = "linear"

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(f"Tree: units={self.units}; expected at least 1.")


CLASSES = {"Leaf": Leaf, "Tree": Tree}


def swish(z: Any) -> Any:
    return z


def through_json(declared: Declaration, **custom: Any) -> Declaration:
    return from_spec(json.loads(json.dumps(to_spec(declared), allow_nan=False)), CLASSES | custom)


@pytest.fixture
def nothing_registered() -> Iterator[None]:
    yield
    names._registered_classes.clear()
    names.registered_functions.clear()


parts = st.recursive(
    st.builds(Leaf, st.floats(allow_nan=False)),
    lambda inner: st.builds(
        Tree,
        st.integers(1, 2**60),
        rate=st.floats(allow_nan=False) | inner,
        flag=st.booleans(),
        name=st.none() | st.text(),
        size=st.tuples(st.integers(), st.integers()),
        parts=st.lists(inner, max_size=3).map(tuple),
        mode=st.sampled_from(["same", "valid"]),
        activation=st.sampled_from(["relu", ReLU(), LeakyReLU(0.3)]),
    ),
    max_leaves=8,
)


@settings(deadline=None)  # other load on the machine must not make it fail
@given(parts)
def test_every_declaration_comes_back_equal(declared):
    assert through_json(declared) == declared


def test_specification_reads_as_it_was_declared():
    assert to_spec(LeakyReLU(0.25)) == {"type": "activation.LeakyReLU", "negative_slope": 0.25}
    assert to_spec(Leaf())["type"] == "custom.Leaf"


def test_floats_that_json_lacks_come_back():
    assert through_json(Leaf(math.inf)) == Leaf(math.inf)
    assert through_json(Leaf(-math.inf)) == Leaf(-math.inf)
    assert math.isnan(through_json(Leaf(math.nan)).rate)


@pytest.mark.parametrize("number", [np.float32(0.25), np.array(0.25), jnp.float32(0.25)])
def test_numbers_of_numpy_and_jax_become_numbers(number):
    spec = to_spec(replace(Leaf(), rate=number))
    assert spec["rate"] == 0.25
    assert type(spec["rate"]) is float


def test_tuples_of_numpy_integers_are_kept():
    assert through_json(Tree(3, size=(np.int64(3), np.int32(4)))).size == (3, 4)


def test_whole_numbers_stand_for_floats():
    assert from_spec({"type": "custom.Leaf", "rate": 1}, CLASSES) == Leaf(1.0)


def test_missing_fields_take_their_defaults():
    assert from_spec({"type": "custom.Tree", "units": 3}, CLASSES) == Tree(3)


def test_losses_and_metrics_of_one_name_stay_apart():
    loss, metric = losses.MeanSquaredError(), metrics.MeanSquaredError()
    assert to_spec(loss)["type"] != to_spec(metric)["type"]
    assert through_json(loss) == loss
    assert through_json(metric) == metric


def test_every_known_declaration_that_needs_nothing_comes_back():
    tried = 0
    for name, cls in known().items():
        assert "type" not in names.fields_of(cls), name
        try:
            made = cls()
        except TypeError:
            continue
        assert through_json(made) == made, name
        tried += 1
    assert tried > 20


def test_known_names_are_one_each_and_hold_no_bases():
    ours = [
        cls
        for cls in names._subclasses(Declaration)
        if cls.__module__.startswith("plastica.") and names.is_declared(cls) and not names._is_family(cls)
    ]
    assert len({names.type_name(cls) for cls in ours}) == len(ours)
    assert known()["layer.Dense"] is layers.Dense
    assert "Layer" not in known()
    assert "activation.Activation" not in known()
    assert not [name for name in known() if "._" in name]


def test_own_function_is_passed_at_load():
    tree = Tree(3, activation=swish)
    assert to_spec(tree)["activation"] == {"custom": "swish"}
    assert through_json(tree, swish=swish) == tree


def test_own_function_that_is_not_passed_is_named():
    with pytest.raises(FileError, match=r"Tree\.activation: the function 'swish'.*custom=\{\"swish\": swish\}"):
        through_json(Tree(3, activation=swish))


def test_own_class_that_is_not_passed_is_named():
    with pytest.raises(FileError, match=r"the class 'Leaf'.*custom=\{\"Leaf\": Leaf\}"):
        from_spec(to_spec(Leaf()))


@pytest.mark.usefixtures("nothing_registered")
def test_registered_things_need_not_be_passed():
    register(Leaf)
    register(lambda z: z, "own")
    register(swish)
    assert from_spec(to_spec(Leaf())) == Leaf()
    tree = Tree(3, activation=names.registered_functions["own"], parts=(Tree(2, activation=swish),))
    assert to_spec(tree)["activation"] == {"custom": "own"}
    assert through_json(tree) == tree


@pytest.mark.parametrize(
    ("thing", "name"), [(lambda z: z, None), (Part, None), (3, "three"), (Leaf, "Other"), (swish, "a b")]
)
def test_register_refuses_what_files_cannot_name(thing, name):
    with pytest.raises(InvalidValue, match="register"):
        register(thing, name)


def test_lambda_is_refused_when_saving():
    with pytest.raises(InvalidValue, match=r"Tree\.activation cannot be saved.*<lambda>.*def my_function"):
        to_spec(Tree(3, activation=lambda z: z))


def test_two_functions_of_one_name_are_refused_when_saving():
    def other(z: Any) -> Any:
        return z

    other.__name__ = "swish"
    with pytest.raises(InvalidValue, match="two functions are both called 'swish'"):
        to_spec(Tree(3, activation=swish, parts=(Tree(3, activation=other),)))


def test_population_is_refused_when_saving():
    with pytest.raises(InvalidValue, match=r"Leaf\.rate cannot be saved: it holds ndarray"):
        to_spec(replace(Leaf(), rate=np.ones(3)))


def test_value_of_another_type_is_refused_when_saving():
    with pytest.raises(InvalidValue, match=r"Tree\.units cannot be saved: it holds '3'; expected int"):
        to_spec(replace(Tree(3), units="3"))


def test_class_without_decorator_is_refused_when_saving():
    class Bare(Leaf):
        pass

    with pytest.raises(InvalidValue, match="Bare cannot be saved; put @declaration"):
        to_spec(Bare())


LEAF = {"type": "custom.Leaf"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"units": True}, r"Tree\.units: got True; expected int"),
        ({"units": 3.0}, r"Tree\.units: got 3\.0; expected int"),
        ({"units": "3"}, r"Tree\.units: got '3'; expected int"),
        ({"units": None}, r"Tree\.units: got None; expected int"),
        ({"units": 0}, r"Tree: Tree: units=0; expected at least 1"),
        ({"flag": 1}, r"Tree\.flag: got 1; expected bool"),
        ({"rate": True}, r"Tree\.rate: got True; expected float or Part"),
        ({"rate": {"$float": "two"}}, r'Tree\.rate: got .*; expected a dictionary with a "type"'),
        ({"rate": {"type": "activation.ReLU"}}, r"Tree\.rate: got .*; expected float or Part"),
        ({"name": 3}, r"Tree\.name: got 3; expected str or None"),
        ({"size": [1]}, r"Tree\.size: got \[1\]; expected list of int and int"),
        ({"size": [1, 2.5]}, r"Tree\.size"),
        ({"parts": [LEAF, {"type": "activation.ReLU"}]}, r"Tree\.parts: .*expected list of Part"),
        ({"parts": [LEAF, {"type": "layer.Dens"}]}, r"Tree\.parts\[1\]: the type 'layer\.Dens' is not known"),
        ({"parts": [{"type": "os.system"}]}, r"the type 'os\.system' is not known"),
        ({"parts": [{"type": "custom.Part"}]}, r"the class 'Part' is somebody's own"),
        ({"parts": LEAF}, r"Tree\.parts: .*expected list of Part"),
        ({"parts": [{**LEAF, "rate": [0.5]}]}, r"Tree\.parts\[0\]\.rate: got \[0\.5\]; expected float"),
        ({"mode": "full"}, r"Tree\.mode: got 'full'; expected 'same' or 'valid'"),
        ({"activation": LEAF}, r"Tree\.activation"),
        ({"activation": {"custom": 3}}, r"Tree\.activation"),
        ({"activation": {"custom": "print"}}, r"the function 'print' is somebody's own"),
        ({"activation": {"custom": "Leaf"}}, r"expected the function Leaf"),
        ({"later": 3}, r"Tree has no field 'later'; did a newer plastica write this\?"),
        ({"__post_init__": 3}, r"no field '__post_init__'"),
        ({"type": "custom.swish"}, r"custom\['swish'\] is .*; expected the class swish"),
        ({"type": 3}, r"expected a dictionary with a \"type\""),
        ({"flag": object()}, r"Tree\.flag: got object; JSON has no such thing"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change, text):
    spec = {"type": "custom.Tree", "units": 3} | change
    with pytest.raises(FileError, match=text):
        from_spec(spec, CLASSES | {"swish": swish})


@pytest.mark.parametrize("spec", [None, 3, "Dense", [], {}, {"units": 3}])
def test_what_is_no_specification_is_refused(spec):
    with pytest.raises(FileError, match="expected a dictionary"):
        from_spec(spec)


def test_missing_field_without_default_is_refused():
    with pytest.raises(FileError, match="units"):
        from_spec({"type": "custom.Tree"}, CLASSES)


def test_other_kind_than_wanted_is_refused():
    with pytest.raises(FileError, match="got Leaf; expected a kind of Activation"):
        from_spec(to_spec(Leaf()), CLASSES, kind=Activation)


def test_depth_is_limited():
    spec: dict[str, Any] = {"type": "custom.Tree", "units": 3}
    tree = Tree(3)
    for _ in range(60):
        spec = {"type": "custom.Tree", "units": 3, "parts": [spec]}
        tree = Tree(3, parts=(tree,))
    with pytest.raises(FileError, match="deeper than 100 levels"):
        from_spec(spec, CLASSES)
    with pytest.raises(InvalidValue, match="deeper than 100 levels"):
        to_spec(tree)


def test_number_of_parts_is_limited():
    with pytest.raises(FileError, match="500,000 parts"):
        from_spec({"type": "custom.Tree", "units": 3, "size": [0] * 500_001}, CLASSES)


def test_nothing_is_imported_by_name():
    program = """
import sys
from plastica.errors import FileError
from plastica.specification import from_spec
before = set(sys.modules)
for name in ("antigravity", "antigravity.fly", "layer.Dense", "custom.antigravity", "plastica.cli.main"):
    try:
        from_spec({"type": name})
    except FileError:
        continue
    raise SystemExit(name)
assert set(sys.modules) == before
"""
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_a_file_imports_the_modules_that_it_names_and_no_others():
    code = (
        "import sys\n"
        "from plastica.specification import from_spec\n"
        "import plastica.layers\n"
        "from plastica.layers.layer import Layer\n"
        "spec = {'type': 'layer.LSTM', 'units': 3}\n"
        "print(type(from_spec(spec, kind=Layer)).__name__, 'plastica.layers.spiking.cochlea' in sys.modules,\n"
        "      type(from_spec({'type': 'layer.Cochlea', 'sample_rate': 8000})).__name__)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert told.stdout.split() == ["LSTM", "False", "Cochlea"], told.stderr
