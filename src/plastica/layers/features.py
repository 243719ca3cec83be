"""Layers for the columns of a table: vectors for numbers and category codes, and a scale for each feature."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import activations, initializers
from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer, RandomNormal
from ..typing import Float
from .kernels.product import add_bias, product, scale
from .kernels.waves import cosine_of_turns
from .layer import Context, Layer, Params, Shape, State
from .records import Variables


@declaration
class PeriodicEmbedding(Layer):
    """Append a vector of learned periodic functions to the inputs for each chosen number.

    When to use: for tables. A network of rectifiers learns irregular functions of a single number slowly; from waves of
    several lengths it learns them quickly.

        e_i = f(W cos(2 pi (c_i x_i + b_i)) + d),   the output is x followed by all e_i

    Args:
        columns: The indices of the numbers.
        units: The length of the vector of each number.
        frequencies: The number of waves of each number.
        deviation: The standard deviation of the initial c: the larger, the shorter the waves.
        activation: f. Default: the identity.

    Shapes:
        ``(batch, features) -> (batch, features + columns * units)``; frequency and phase ``(columns, frequencies)``,
        kernel ``(frequencies, units)``, shared by all columns, bias ``(columns, units)``.

    Raises:
        InvalidValue: If there are no columns, or a size is below 1.
        ShapeError: If an index is outside the features.

    Example:
        >>> PeriodicEmbedding((0, 2), units=3).output_shape((4,))
        (10,)

    Reference:
        Y. Gorishniy, I. Rubachev, A. Babenko, 2022, On embeddings for numerical features in tabular deep learning, eq.
        2.
        D. Holzmüller, L. Grinsztajn, I. Steinwart, 2024, Better by default, section 3 (the phases b).
    """

    columns: tuple[int, ...]
    units: int = 4
    frequencies: int = 16
    deviation: float = 0.1
    activation: Activation = named_field(default="linear", converter=activations.get)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(int(column) for column in self.columns))
        if not self.columns or self.units < 1 or self.frequencies < 1:
            raise InvalidValue(
                f"PeriodicEmbedding({self.columns}, units={self.units}, frequencies={self.frequencies}): expected at "
                "least one column, one unit and one frequency."
            )

    def output_shape(self, shape: Shape) -> Shape:
        check_columns("PeriodicEmbedding", self.columns, shape)
        return (shape[0] + len(self.columns) * self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        waves = (len(self.columns), self.frequencies)
        return Variables(
            {
                "frequency": RandomNormal(stddev=self.deviation)(rng, waves),
                "phase": initializers.RandomUniform(0.0, 1.0)(rng, waves),
                "kernel": initializers.LecunUniform()(rng, (self.frequencies, self.units)),
                "bias": initializers.Zeros()(rng, (len(self.columns), self.units)),
            },
            {},
        )

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch outputs"], State]:
        rows, numbers = x.shape[0], len(self.columns)
        chosen = jnp.repeat(x[:, np.array(self.columns)], self.frequencies, axis=1)
        turns = add_bias(scale(chosen, params["frequency"].reshape(-1)), params["phase"].reshape(-1))
        waves = cosine_of_turns(turns).reshape(rows * numbers, self.frequencies)  # rows of one product
        vectors = product(waves, params["kernel"]).reshape(rows, numbers * self.units)  # (batch, columns * units)
        vectors = self.activation(add_bias(vectors, params["bias"].reshape(-1)))
        return jnp.concatenate([x, vectors], axis=1), state


@declaration
class CategoryEmbedding(Layer):
    """Replace each column of category codes by a learned vector for the code; other columns stay.

    When to use: for categories with many values among other features. The other columns come first, in their order,
    then the vectors.

    Args:
        codes: For each column of codes its index and the number of codes, which are 0 to n - 1.
        units: The length of the vector of a code.
        embeddings_initializer: The initializer of the vectors.

    Shapes:
        ``(batch, features) -> (batch, features - columns + columns * units)``; embeddings
        ``(sum of the numbers of codes, units)``. Fractions are truncated. Code 0 stands for missing and unknown values,
        and so does every number that is not a code.

    Raises:
        InvalidValue: If there are no columns, a column is given twice, or a size is below 1.
        ShapeError: If an index is outside the features.

    Example:
        >>> CategoryEmbedding(((1, 50),), units=8).output_shape((3,))
        (10,)

    Reference:
        C. Guo, F. Berkhahn, 2016, Entity embeddings of categorical variables, section 3.
    """

    codes: tuple[tuple[int, int], ...]
    units: int = 8
    embeddings_initializer: Initializer = named_field(default=RandomNormal(stddev=0.1), converter=initializers.get)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", tuple((int(column), int(count)) for column, count in self.codes))
        columns = self.columns
        if not columns or len(set(columns)) < len(columns) or self.units < 1 or min(n for _, n in self.codes) < 1:
            raise InvalidValue(
                f"CategoryEmbedding({self.codes}, units={self.units}): expected pairs of the index of a column, "
                "each a different one, and its number of codes, and at least one unit."
            )

    @property
    def columns(self) -> tuple[int, ...]:
        """The indices of the columns of codes."""
        return tuple(column for column, _ in self.codes)

    def output_shape(self, shape: Shape) -> Shape:
        check_columns("CategoryEmbedding", self.columns, shape)
        return (shape[0] + len(self.codes) * (self.units - 1),)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        rows = sum(count for _, count in self.codes)
        return Variables({"embeddings": self.embeddings_initializer(rng, (rows, self.units))}, {})

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch outputs"], State]:
        passing = np.array([column for column in range(x.shape[1]) if column not in self.columns], int)
        counts = np.array([count for _, count in self.codes])
        codes = x[:, np.array(self.columns)]
        known = (codes >= 0) & (codes < counts)
        number = jnp.where(known, codes, 0).astype(jnp.int32) + np.cumsum([0, *counts[:-1]])
        # A vector for each column, side by side: (batch, columns * units).
        vectors = jnp.asarray(params["embeddings"])[number].reshape(x.shape[0], len(self.codes) * self.units)
        return jnp.concatenate([x[:, passing], vectors.astype(x.dtype)], axis=1), state


@declaration
class CategoryIndicators(Layer):
    """Replace each column of category codes by a column of 0 and 1 for each code; other columns stay.

    When to use: for learning rules that cannot learn vectors for codes. The layer has no parameters. The other columns
    come first, in their order, then those of the codes.

    Args:
        codes: For each column of codes its index and the number of codes, which are 0 to n - 1.

    Shapes:
        ``(batch, features) -> (batch, features - columns + sum of the numbers of codes)``. A number that is not a code
        gives zeros only.

    Raises:
        InvalidValue: If there are no columns, a column is given twice, or it has no codes.
        ShapeError: If an index is outside the features.

    Example:
        >>> CategoryIndicators(((1, 50),)).output_shape((3,))
        (52,)
    """

    codes: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", tuple((int(column), int(count)) for column, count in self.codes))
        columns = [column for column, _ in self.codes]
        if not columns or len(set(columns)) < len(columns) or min(count for _, count in self.codes) < 1:
            raise InvalidValue(
                f"CategoryIndicators({self.codes}): expected pairs of the index of a column, each a different one, and "
                "its number of codes, at least one."
            )

    def output_shape(self, shape: Shape) -> Shape:
        check_columns("CategoryIndicators", tuple(column for column, _ in self.codes), shape)
        return (shape[0] + sum(count - 1 for _, count in self.codes),)

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch outputs"], State]:
        coded = [column for column, _ in self.codes]
        passing = np.array([column for column in range(x.shape[1]) if column not in coded], int)
        opened = [(x[:, column, None] == np.arange(count)).astype(x.dtype) for column, count in self.codes]
        return jnp.concatenate([x[:, passing], *opened], axis=1), state


@declaration
class Scale(Layer):
    """Multiply each feature by a learned factor: y = x * s.

    When to use: directly after the input of a network for a table. An uninformative feature is then suppressed by a
    single number instead of a whole row of a kernel.

    Args:
        initializer: The initializer of s.

    Shapes:
        ``(batch, ..., features)`` in and out; scale ``(features,)``.

    Example:
        >>> Scale().init(np.random.default_rng(0), (3,)).params["scale"]
        array([1., 1., 1.], dtype=float32)

    Reference:
        D. Holzmüller, L. Grinsztajn, I. Steinwart, 2024, Better by default, section 3 (the scaling layer).
    """

    initializer: Initializer = named_field(default="ones", converter=initializers.get)

    @property
    def stepwise(self) -> bool:
        return True

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        return Variables({"scale": self.initializer(rng, (shape[-1],))}, {})

    def synapse(
        self, params: Params, x: Float[Array, "batch *places features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch *places features"], State]:
        return scale(x, params["scale"]), state


def check_columns(owner: str, columns: tuple[int, ...], shape: Shape) -> None:
    """Check that inputs have the columns that a layer works on.

    Raises:
        ShapeError: If they do not.
    """
    if len(shape) != 1:
        raise ShapeError(f"{owner}: got inputs of shape {shape}; it works on one axis of features.")
    wrong = [column for column in columns if not 0 <= column < shape[0]]
    if wrong:
        raise ShapeError(
            f"{owner}: got inputs of shape {shape}, which have no column {wrong[0]}; columns count from 0."
        )
