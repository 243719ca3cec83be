"""Checks of array annotations, such as ``Float[Array, "batch units"]``, in all tests; conftest.py switches them on.

An import hook decorates the functions whose signatures state the shape of an array. Their arguments and results are
checked after each call, so that bad input still reaches the package's own errors. Nothing else is checked: declarations
hold traced numbers in fields of floats.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader

WORDS = frozenset({"Bool", "Float", "Int", "Integer", "Num", "Shaped", "UInt"})  # of plastica.typing
DECORATOR = "__check_arrays__"


class ArrayMismatch(AssertionError):
    """An array that is not what the signature of a function states."""


def install(package):
    """Check the functions in all modules of a package that are imported from now on."""
    sys.meta_path.insert(0, Finder(package))


class Finder(MetaPathFinder):
    def __init__(self, package):
        self.package = package

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] != self.package:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


class Loader(SourceFileLoader):
    def get_code(self, fullname):
        data = self.get_data(self.path)
        if b"typing import" not in data or not any(f"{word}[".encode() in data for word in WORDS):
            return super().get_code(fullname)
        # Compiled here, because the cache of compiled modules must stay free of decorators.
        tree = ast.fix_missing_locations(Decorating().visit(ast.parse(data, self.path)))
        return compile(tree, self.path, "exec", dont_inherit=True)

    def exec_module(self, module):
        vars(module)[DECORATOR] = checked
        super().exec_module(module)


class Decorating(ast.NodeTransformer):
    """Adds the decorator below all others, where ``jax.jit`` and ``jax.custom_vjp`` see a function that checks."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if any(states_arrays(hint) for hint in [node.returns, *(each.annotation for each in arguments)]):
            node.decorator_list.append(ast.copy_location(ast.Name(DECORATOR, ast.Load()), node))
        return node


def states_arrays(hint):
    """Return whether a syntax tree contains something like ``Float[Array, "batch"]``."""
    subscripts = (node for node in ast.walk(hint or ast.Pass()) if isinstance(node, ast.Subscript))
    return any(isinstance(node.value, ast.Name) and node.value.id in WORDS for node in subscripts)


def checked(function):
    """Return a function that checks the arrays in its arguments and its result against its annotations."""
    from beartype.door import is_bearable
    from jaxtyping import jaxtyped

    texts = {name: text for name, text in function.__annotations__.items() if states_arrays(ast.parse(text))}
    # Of alternatives the first that fits gives axes their sizes: arrays without alternatives decide before them.
    hints = {name: eval(texts[name], {}, names()) for name in sorted(texts, key=lambda name: "|" in texts[name])}
    signature, matching = inspect.signature(function), set()

    @functools.wraps(function)
    def checking(*args, **kwargs):
        result = function(*args, **kwargs)
        values = signature.bind(*args, **kwargs)
        values.apply_defaults()
        values.arguments["return"] = result
        kinds = kind_of(tuple(values.arguments[name] for name in hints))
        if kinds is not None and kinds in matching:
            return result
        with jaxtyped("context"):  # one size for each name of an axis
            for name, hint in hints.items():
                value = values.arguments[name]
                # Python scalars are arrays to JAX, of whichever type suits.
                if not isinstance(value, int | float) and not is_bearable(value, hint):
                    raise ArrayMismatch(mismatch(function, texts, name, values.arguments))
        if kinds is not None:
            matching.add(kinds)
        return result

    # In the globals of the package, so that warnings look past this function for the person's own line.
    own = {**globals(), "__name__": function.__module__}
    seen = types.FunctionType(checking.__code__, own, checking.__name__, checking.__defaults__, checking.__closure__)
    return functools.update_wrapper(seen, function)


def kind_of(value):
    """Return all that decides whether a value matches (classes, shapes, types of elements), or None if it is more."""
    if type(value) is tuple:
        kinds = tuple(map(kind_of, value))
        return None if None in kinds else kinds
    if value is None or isinstance(value, int | float):
        return type(value)
    return (type(value), value.shape, value.dtype) if isinstance(value, arrays()) else None


def mismatch(function, texts, name, values):
    """Return the message for a value that does not match; those of all stated arrays show which sizes differ."""
    shown = "; ".join(f"{each}: {texts[each]} = {described(values[each])}" for each in texts)
    return f"{function.__module__}.{function.__qualname__}: {name} is not {texts[name]}. Got {shown}."


def described(value):
    if hasattr(value, "shape"):
        return f"{value.dtype}{list(value.shape)}"
    return f"({', '.join(map(described, value))})" if isinstance(value, tuple | list) else type(value).__name__


class Everything(type):
    def __instancecheck__(cls, instance):
        return True

    def __getitem__(cls, item):
        return cls


class Anything(metaclass=Everything):
    """The meaning of all names in annotations that neither are arrays nor contain them."""


class Names(dict):
    def __missing__(self, name):
        return Anything


@functools.cache
def arrays():
    """Return the classes of arrays: functions of jax.numpy also accept those of NumPy, which initial weights are."""
    import jax
    import numpy as np

    return jax.Array | np.ndarray | np.generic


@functools.cache
def names():
    """Return what names in annotations mean to the checks."""
    import jaxtyping
    import numpy as np

    containers = {"Callable": Callable, "Mapping": Mapping, "Sequence": Sequence, "np": np}
    containers |= {name: getattr(builtins, name) for name in ("dict", "list", "tuple")}
    hints = {"Array": arrays(), "AnyArray": arrays()} | {word: getattr(jaxtyping, word) for word in WORDS}
    return Names(containers | hints)
