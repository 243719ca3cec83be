"""Types of arrays and of trees of arrays, for annotations.

``Float[Array, "batch units"]`` is an array of floats with two axes. For Python these names mean ``Annotated``: type
checkers see an ``Array``, and nothing is checked when a program runs. Tests check the shapes, see CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard, cast
from typing import Annotated as Bool
from typing import Annotated as Float
from typing import Annotated as Int
from typing import Annotated as Integer
from typing import Annotated as Num
from typing import Annotated as Shaped
from typing import Annotated as UInt

if TYPE_CHECKING:
    import numpy as np
    from jax import Array


class Tree(Protocol):
    """Arrays by name, ``{"kernel": k, "bias": b}``, or trees by place, ``(tree, tree)``: a pytree that is no leaf.

    Which names and places there are is for each layer, rule or optimizer to say, so that what is read is ``Any``.
    """

    def __getitem__(self, place: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...


Params: TypeAlias = Tree  # learned by training
State: TypeAlias = Tree  # carried by layers from batch to batch, such as running statistics
# Carried by a rule or an optimizer from step to step. Each has its own kind, which nobody else looks into.
Memory: TypeAlias = Any

# NumPy's on the host, and JAX's inside a compiled program.
AnyArray: TypeAlias = "Array | np.ndarray"

# What a network reads or answers: an array, or one for each of several inputs or outputs.
ArrayTree: TypeAlias = "Array | tuple[ArrayTree, ...]"
# What a layer computes that may have several outputs: an ``ArrayTree``. Nearly all layers have one, so that a ``Layer``
# gives an ``Array``, and those with several override that.
LayerOutputs: TypeAlias = Any
# The shape of one input or output, without the batch axis; for several of them a tuple of shapes. Which of the two it
# is, only the network knows, so that what is read of it is ``Any``.
AnyShape: TypeAlias = Any
# What a model answers on the host: an array; for several outputs a tuple of arrays, or a dict if they have names.
ModelAnswers: TypeAlias = Any
# What ``evaluate`` returns: the loss, a list with the metrics behind it, or all by name, as the caller asked.
EvaluationResult: TypeAlias = Any
# Which steps are real, ``(batch, time)``; None for all. With several inputs or outputs one for each.
Mask: TypeAlias = "Array | tuple[Mask, ...] | None"

# A value that JSON can hold, and the contents of a JSON object; what is read from files is checked by its readers.
Json: TypeAlias = Any
Document: TypeAlias = dict[str, Json]

# A tree that JAX's functions walk over, whatever it is made of: records, batches, declarations.
PyTree: TypeAlias = Any

# The value of a setting that networks differ in, whatever a field may be: a rate, units, an optimizer, a layer.
SettingValue: TypeAlias = Any

# A data frame of the library that the user's own is of: polars, pandas, Modin or PyArrow.
NativeFrame: TypeAlias = Any


def by_name(tree: Tree) -> Mapping[str, Array]:
    """Return the parameters or the state of a layer without layers inside as what they are: arrays by name."""
    return cast("Mapping[str, Array]", tree)


def is_array(x: object) -> TypeGuard[np.ndarray]:
    """Return whether an array is NumPy's; after ``isinstance`` alone its numbers are of a type unknown to pyright."""
    import numpy as np

    return isinstance(x, np.ndarray)


__all__ = [
    "AnyArray",
    "AnyShape",
    "ArrayTree",
    "Bool",
    "Document",
    "EvaluationResult",
    "Float",
    "Int",
    "Integer",
    "Json",
    "LayerOutputs",
    "Mask",
    "Memory",
    "ModelAnswers",
    "NativeFrame",
    "Num",
    "Params",
    "PyTree",
    "SettingValue",
    "Shaped",
    "State",
    "Tree",
    "UInt",
    "by_name",
    "is_array",
]
