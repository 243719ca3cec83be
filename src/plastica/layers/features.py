"""Layers for the columns of a table: numbers and category codes become vectors, each feature its own scale."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .. import activations, initializers
from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer, RandomNormal
from .kernels.product import add_bias, product, scale
from .kernels.waves import cosine_of_turns
from .layer import Context, Layer, Params, Shape, State, Variables


@declaration
class PeriodicEmbedding(Layer):
    """Put beside each chosen number a vector of learned waves of it, so that small differences can matter.

    For tables: a rectifier is slow to learn jagged functions of one number; waves of several lengths are not.

        e_i = f(W cos(2 pi (c_i x_i + b_i)) + d),   the output is x with all e_i behind it

    Args:
        columns: The positions of the numbers.
        units: How long each number's vector is.
        frequencies: How many waves each number has.
        deviation: The standard deviation of the initial c: how short the waves are.
        activation: f; the identity by default.

    Shapes:
        ``(batch, features) -> (batch, features + columns * units)``; frequency and phase ``(columns, frequencies)``,
        kernel ``(frequencies, units)``, shared by all columns, bias ``(columns, units)``.

    Raises:
        InvalidValue: For no columns, or sizes below 1.
        ShapeError: If a position lies outside the features.

    Example:
        >>> PeriodicEmbedding((0, 2), units=3).output_shape((4,))
        (10,)

    Reference:
        Gorishniy, Rubachev, Babenko (2022), On embeddings for numerical features in tabular deep learning,
        equation 2; the phases b are those of Holzmueller, Grinsztajn, Steinwart (2024), Better by default, section 3.
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
                f"PeriodicEmbedding({self.columns}, units={self.units}, frequencies={self.frequencies}): at least one "
                "column, one unit and one frequency are needed."
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

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        rows, numbers = x.shape[0], len(self.columns)
        chosen = jnp.repeat(x[:, np.array(self.columns)], self.frequencies, axis=1)
        turns = add_bias(scale(chosen, params["frequency"].reshape(-1)), params["phase"].reshape(-1))
        waves = cosine_of_turns(turns).reshape(rows * numbers, self.frequencies)
        vectors = product(waves, params["kernel"]).reshape(rows, numbers * self.units)
        vectors = self.activation(add_bias(vectors, params["bias"].reshape(-1)))
        return jnp.concatenate([x, vectors], axis=1), state


@declaration
class CategoryEmbedding(Layer):
    """Replace each column of category codes by a learned vector for the code; the other columns pass.

    For categories with many values among other features. The passing columns come first, in their order, then the
    vectors.

    Args:
        codes: For each column of codes its position and how many codes there are, 0 to n - 1.
        units: How long a code's vector is.
        embeddings_initializer: How the vectors start.

    Shapes:
        ``(batch, features) -> (batch, features - columns + columns * units)``; embeddings
        ``(sum of the numbers of codes, units)``. Fractions are cut off. Code 0 stands for what is missing or was
        never seen; so does every number that is no code.

    Raises:
        InvalidValue: For no columns, a column twice, or sizes below 1.
        ShapeError: If a position lies outside the features.

    Example:
        >>> CategoryEmbedding(((1, 50),), units=8).output_shape((3,))
        (10,)

    Reference:
        Guo, Berkhahn (2016), Entity embeddings of categorical variables, section 3.
    """

    codes: tuple[tuple[int, int], ...]
    units: int = 8
    embeddings_initializer: Initializer = named_field(default=RandomNormal(stddev=0.1), converter=initializers.get)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", tuple((int(column), int(count)) for column, count in self.codes))
        columns = self.columns
        if not columns or len(set(columns)) < len(columns) or self.units < 1 or min(n for _, n in self.codes) < 1:
            raise InvalidValue(
                f"CategoryEmbedding({self.codes}, units={self.units}): give pairs of a column's position, each another "
                "one, and how many codes it has; at least one code and one unit are needed."
            )

    @property
    def columns(self) -> tuple[int, ...]:
        """The positions of the codes."""
        return tuple(column for column, _ in self.codes)

    def output_shape(self, shape: Shape) -> Shape:
        check_columns("CategoryEmbedding", self.columns, shape)
        return (shape[0] + len(self.codes) * (self.units - 1),)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        rows = sum(count for _, count in self.codes)
        return Variables({"embeddings": self.embeddings_initializer(rng, (rows, self.units))}, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        passing = np.array([column for column in range(x.shape[1]) if column not in self.columns], int)
        counts = np.array([count for _, count in self.codes])
        codes = x[:, np.array(self.columns)]
        known = (codes >= 0) & (codes < counts)
        number = jnp.where(known, codes, 0).astype(jnp.int32) + np.cumsum([0, *counts[:-1]])
        vectors = jnp.asarray(params["embeddings"])[number].reshape(x.shape[0], len(self.codes) * self.units)
        return jnp.concatenate([x[:, passing], vectors.astype(x.dtype)], axis=1), state


@declaration
class CategoryIndicators(Layer):
    """Replace each column of category codes by a column for each code, 1 where the code is; the other columns pass.

    For learning rules that cannot learn vectors for codes; there is nothing to learn here. The passing columns come
    first, in their order, then those of the codes.

    Args:
        codes: For each column of codes its position and how many codes there are, 0 to n - 1.

    Shapes:
        ``(batch, features) -> (batch, features - columns + sum of the numbers of codes)``. A number that is no code
        has no 1.

    Raises:
        InvalidValue: For no columns, a column twice, or no codes.
        ShapeError: If a position lies outside the features.

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
                f"CategoryIndicators({self.codes}): give pairs of a column's position, each another one, and how many "
                "codes it has, at least one."
            )

    def output_shape(self, shape: Shape) -> Shape:
        check_columns("CategoryIndicators", tuple(column for column, _ in self.codes), shape)
        return (shape[0] + sum(count - 1 for _, count in self.codes),)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        coded = [column for column, _ in self.codes]
        passing = np.array([column for column in range(x.shape[1]) if column not in coded], int)
        opened = [(x[:, column, None] == np.arange(count)).astype(x.dtype) for column, count in self.codes]
        return jnp.concatenate([x[:, passing], *opened], axis=1), state


@declaration
class Scale(Layer):
    """Give each feature a learned factor: y = x * s.

    Right behind the input of a table's network: a feature that says nothing is faded out by one number in place of
    a whole row of a kernel.

    Args:
        initializer: How s starts.

    Shapes:
        ``(batch, ..., features)`` in and out; scale ``(features,)``.

    Example:
        >>> Scale().init(np.random.default_rng(0), (3,)).params["scale"]
        array([1., 1., 1.], dtype=float32)

    Reference:
        Holzmueller, Grinsztajn, Steinwart (2024), Better by default, section 3: the scaling layer.
    """

    initializer: Initializer = named_field(default="ones", converter=initializers.get)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        return Variables({"scale": self.initializer(rng, (shape[-1],))}, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return scale(x, params["scale"]), state


def check_columns(owner: str, columns: tuple[int, ...], shape: Shape) -> None:
    """Refuse inputs that do not have the columns that a layer works on."""
    if len(shape) != 1:
        raise ShapeError(f"{owner}: got inputs of shape {shape}; it works on one axis of features.")
    wrong = [column for column in columns if not 0 <= column < shape[0]]
    if wrong:
        raise ShapeError(
            f"{owner}: got inputs of shape {shape}, which have no column {wrong[0]}; columns count from 0."
        )
