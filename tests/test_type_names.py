"""Unique names: no class and no type alias of the package is defined twice."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import plastica

SOURCE = Path(plastica.__file__).parent

# Pairs of public names, distinguished by their family as in Keras: losses and metrics, the model and the composition of
# layers, layers and functions, weights and learning rates that start or stay at one value.
PAIRS = {
    "Activation": {"activations.activation", "layers.activation"},
    "ELU": {"activations.rectifiers", "layers.rectifiers"},
    "Identity": {"initializers.constant", "layers.rectifiers"},
    "LeakyReLU": {"activations.rectifiers", "layers.rectifiers"},
    "ReLU": {"activations.rectifiers", "layers.rectifiers"},
    "Softmax": {"activations.probabilities", "layers.rectifiers"},
    "BinaryCrossentropy": {"losses.binary", "metrics.of_losses"},
    "CategoricalCrossentropy": {"losses.categorical", "metrics.of_losses"},
    "CategoricalHinge": {"losses.hinge", "metrics.of_losses"},
    "Constant": {"initializers.constant", "schedules.schedule"},
    "CosineSimilarity": {"losses.regression", "metrics.mean"},
    "Hinge": {"losses.hinge", "metrics.of_losses"},
    "KLDivergence": {"losses.divergence", "metrics.of_losses"},
    "MeanAbsoluteError": {"losses.regression", "metrics.mean"},
    "MeanAbsolutePercentageError": {"losses.regression", "metrics.mean"},
    "MeanSquaredError": {"losses.regression", "metrics.mean"},
    "MeanSquaredLogarithmicError": {"losses.regression", "metrics.of_losses"},
    "Poisson": {"losses.poisson", "metrics.of_losses"},
    "Sequential": {"layers.sequential", "model.model"},
    "SparseCategoricalCrossentropy": {"losses.categorical", "metrics.of_losses"},
    "SquaredHinge": {"losses.hinge", "metrics.of_losses"},
}


def test_no_type_is_defined_twice():
    homes = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for name in type_names(ast.parse(path.read_text(encoding="utf-8"))):
            homes[name].append(module)
    twice = {name: set(modules) for name, modules in homes.items() if len(modules) > 1}
    assert twice == PAIRS


def type_names(tree):
    """Return the names of the classes of a module, and of its type aliases such as ``Shape = tuple[int, ...]``."""
    classes = [node.name for node in statements(tree) if isinstance(node, ast.ClassDef)]
    values = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    assigned = [node.targets[0] if isinstance(node, ast.Assign) else node.target for node in values]
    names = [target.id for target in assigned if isinstance(target, ast.Name)]
    return [*classes, *(name for name in names if name[0].isupper() and not name.isupper() and "_" not in name)]


def statements(node):
    """Yield the statements of a module and those inside of them, without the expressions, which are most of a tree."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for each in getattr(node, part, ()):
            yield each
            yield from statements(each)
