"""Types of arrays and of trees of arrays, for annotations.

``Float[Array, "batch units"]`` is an array of floats with two axes. For Python these names mean ``Annotated``: type
checkers see an ``Array``, and nothing is checked when a program runs. Tests check the shapes, see CONTRIBUTING.md.
"""

from typing import Annotated as Bool
from typing import Annotated as Float
from typing import Annotated as Int
from typing import Annotated as Integer
from typing import Annotated as Num
from typing import Annotated as Shaped
from typing import Annotated as UInt
from typing import Any, TypeAlias

# Trees of arrays (pytrees): dicts, tuples and lists of arrays, nested as each layer, rule or optimizer needs. No static
# type describes them, so the names say what a tree is for.
PyTree: TypeAlias = Any
Params: TypeAlias = Any  # learned by training
State: TypeAlias = Any  # carried by layers from batch to batch, such as running statistics
Memory: TypeAlias = Any  # carried by a rule or an optimizer from step to step

__all__ = ["Bool", "Float", "Int", "Integer", "Memory", "Num", "Params", "PyTree", "Shaped", "State", "UInt"]
