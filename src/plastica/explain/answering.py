"""What is explained: the answers of a model or of any function for rows, and its program where it is differentiable."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias, cast, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from ..ensembles.copying import copy_of
from ..errors import InvalidValue, ShapeError
from ..model import Model
from ..model.adapting import adapt
from ..model.base import BaseModel
from ..model.examples import take_answerable
from ..model.shapes import is_several
from ..notes import note
from ..typing import Float, Memory, Num, Params, PyTree, State

AnswerLink = Literal["identity", "logit"]
LEAST = 1e-7  # probabilities are clipped to this, so that their logits are finite; about the resolution of float32
# Rows to their answers inside of a compiled program, whose arguments its arrays are: another network of the same kind
# compiles nothing.
TracedFunction: TypeAlias = Any


@runtime_checkable
class _GivesProbabilities(Protocol):
    def predict_proba(self, x: Any, /) -> Any: ...


@runtime_checkable
class _Predicts(Protocol):
    def predict(self, x: Any, /) -> Any: ...


@dataclass(frozen=True, eq=False)
class AnswerFunction:
    """The answers of a model for rows.

    Args:
        function: From rows to answers, on the host.
        link: "identity", or "logit" for the log-odds of probabilities.
        traced: The same inside of a compiled program; None if it can only be called.
        names: The names of the outputs, if the model knows them.
        convert: Checks rows and converts them to an array as the model reads it; None for a function.
        model: The network; None for a function.
        is_smooth: Whether the inputs are numbers in which answers can be differentiated.
        shuffled: From a seed to the same answers with shuffled weights; None if there are none, or for a network, whose
            weights are known.
    """

    function: Callable[[Any], object]
    link: AnswerLink = "identity"
    traced: TracedFunction | None = None
    names: tuple[str, ...] = ()
    convert: Callable[[object, str], np.ndarray] | None = None
    is_smooth: bool = True
    model: BaseModel | None = None
    shuffled: Callable[[int], AnswerFunction] | None = None

    def __call__(self, x: Num[np.ndarray, "rows *shape"] | object) -> Float[np.ndarray, "rows outputs"]:
        """Return the answers.

        Raises:
            ShapeError: If there is not one answer, or one row of answers, for each row.
            InvalidValue: If an answer is NaN or infinite, or no probability under ``link="logit"``.
        """
        rows = len(cast(Any, x))
        answers = np.asarray(self.function(x))
        if answers.ndim not in (1, 2) or len(answers) != rows:
            raise ShapeError(note("explain.answers_shape", shape=str(answers.shape), rows=str(rows)))
        if answers.dtype.kind not in "fiub":
            told = {"kind": str(answers.dtype), "value": repr(answers.ravel()[0])}
            raise InvalidValue(note("explain.answers_kind", **told))
        return checked(linked(answers.reshape(rows, -1).astype(np.float64), self.link))

    def differentiable(self, method: str, x: Num[np.ndarray, "rows *shape"]) -> TracedFunction:
        """Return the program of the answers.

        Raises:
            InvalidValue: If JAX cannot differentiate it.
        """
        if self.traced is None:
            problem = note("explain.only_called")
        elif not self.is_smooth:
            problem = note("explain.reads_codes")
        else:
            try:
                jax.eval_shape(self.traced, jax.ShapeDtypeStruct((1, *x.shape[1:]), jnp.float32))
                return self.traced
            except (jax.errors.JAXTypeError, TypeError, ValueError) as error:
                told = {"error": type(error).__name__, "first": str(error).partition("\n")[0]}
                problem = note("explain.not_traced", **told)
        raise InvalidValue(note("explain.not_differentiable", method=method, problem=problem))


def checked(answers: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Return answers that are all finite."""
    bad = ~np.isfinite(answers)
    if bad.any():
        told = {"value": str(answers[bad][0]), "bad": int(bad.sum()), "all": answers.size}
        raise InvalidValue(note("explain.answers_not_finite", **told))
    return answers


def linked(answers: Float[np.ndarray, "*shape"], link: AnswerLink) -> Float[np.ndarray, "*shape"]:
    """Return the log-odds of probabilities, or answers as they are."""
    if link == "identity":
        return answers
    if answers.min(initial=0) < -LEAST or answers.max(initial=1) > 1 + LEAST:
        ends = {"low": f"{answers.min():.4g}", "high": f"{answers.max():.4g}"}
        raise InvalidValue(note("explain.no_probabilities", **ends))
    clipped = np.clip(answers, LEAST, 1 - LEAST)
    return np.log(clipped) - np.log1p(-clipped)


def answer_function(model: object, link: AnswerLink = "identity") -> AnswerFunction:
    """Return the answers of a plastica model, of an estimator with ``predict_proba`` or ``predict``, or of a function.

    Raises:
        InvalidValue: If it is none of these, or a network with several inputs or outputs.
    """
    if link not in ("identity", "logit"):
        raise InvalidValue(note("explain.link", link=repr(link)))
    if isinstance(model, AnswerFunction):
        return model
    if isinstance(model, BaseModel):
        return _of_model(model, link)
    if isinstance(model, _GivesProbabilities):
        names = tuple(str(each) for each in getattr(model, "classes_", ()))
        return AnswerFunction(model.predict_proba, link, names=names)
    if isinstance(model, _Predicts):
        return AnswerFunction(model.predict, link)
    if callable(model):
        function = cast(Callable[[Any], object], model)
        return AnswerFunction(function, link, Partial(_called, Partial(function), Partial(LINKS[link])))
    raise InvalidValue(note("explain.no_model", kind=type(model).__name__))


def on_frames(function: AnswerFunction, frame: object) -> AnswerFunction:
    """Return the answers for arrays of a function that is asked with data frames like this one."""
    import narwhals as nw

    native = nw.from_native(cast(Any, frame), eager_only=True)
    schema, backend = native.schema, native.implementation
    absent = {name for name in schema if native[name].null_count()}

    def ask(x: np.ndarray) -> object:
        columns, types = {}, dict(schema)
        for place, (name, kind) in enumerate(schema.items()):
            values = x[:, place].tolist()
            if name in absent:  # in an array they are NaN
                values = [None if isinstance(each, float) and math.isnan(each) else each for each in values]
            # Numbers of several types share an array of floats; halves between whole numbers stay floats.
            if kind == nw.Boolean:
                values = [None if each is None else bool(each) for each in values]
            elif kind.is_integer() and all(each is None or each == int(each) for each in values):
                values = [None if each is None else int(each) for each in values]
            elif kind.is_integer():
                types[name] = nw.Float64()
            columns[name] = values
        return function.function(nw.from_dict(columns, types, backend=backend).to_native())

    return replace(function, function=ask, traced=None)


def _of_model(model: BaseModel, link: AnswerLink) -> AnswerFunction:
    def convert(x: object, name: str) -> np.ndarray:
        found = take_answerable(model, x, name)
        if is_several(model.declared_shape) or isinstance(found, tuple):
            raise InvalidValue(note("explain.several_inputs"))
        adapt(model)
        return found

    def predict(x: np.ndarray) -> object:
        answers = cast(Any, model).predict(x, verbose=0)
        if not isinstance(answers, np.ndarray):
            raise InvalidValue(note("explain.several_outputs"))
        return answers

    if not model.built:
        # A network takes the shape of its first rows; its arrays exist only then.
        return AnswerFunction(predict, link, None, (), convert, model=model)
    smooth = model.network.takes_integers is not True
    return AnswerFunction(predict, link, _traced(model, link), (), convert, smooth, model)


def ready(function: AnswerFunction, model: object) -> AnswerFunction:
    """Return the answers of a network whose shape became known with the first rows."""
    if isinstance(model, BaseModel) and function.traced is None:
        return _of_model(model, function.link)
    return function


def randomised(function: AnswerFunction, seed: int) -> AnswerFunction | None:
    """Return the answers of the same network with the weights of each array shuffled; None without weights."""
    if function.shuffled is not None:
        return function.shuffled(seed)
    model = function.model
    if model is None:
        return None
    answering, params, state, memory = model.answering()
    weights = shuffled_weights(params, seed)
    response = Partial(_respond, answering, weights, state, memory)
    traced = Partial(_called, response, Partial(LINKS[function.link]))
    # For methods that look at layers
    other = with_shuffled_weights(model, seed) if isinstance(model, Model) else None
    return replace(function, function=lambda x: _answered(response, x), traced=traced, model=other)


def shuffled_weights(params: Params, seed: int) -> Params:
    """Return weights of which each array is shuffled, so that their distribution stays and what they learned goes."""
    random = np.random.default_rng(seed)
    return jax.tree.map(lambda each: jnp.asarray(random.permuted(np.asarray(each).ravel()).reshape(each.shape)), params)


def with_shuffled_weights(model: Model, seed: int) -> Model:
    """Return a copy of a network with shuffled weights."""
    other = copy_of(model)
    other.replace_weights(shuffled_weights(model.params, seed), model.state)
    return other


@jax.jit
def _answered(response: TracedFunction, x: PyTree) -> PyTree:
    return response(x)


def _traced(model: BaseModel, link: AnswerLink) -> TracedFunction:
    return Partial(_called, Partial(_respond, *model.answering()), Partial(LINKS[link]))


def _respond(answering: Any, params: Params, state: State, memory: Memory, x: PyTree) -> PyTree:
    return answering.respond(params, state, memory, answering.cast_inputs(x))


def _called(function: Callable[[PyTree], PyTree], link: Callable[[PyTree], PyTree], x: PyTree) -> PyTree:
    answers = jnp.asarray(function(x))
    return link(answers.reshape(len(x), -1))


def _identity(answers: PyTree) -> PyTree:
    return answers


def _logit(answers: PyTree) -> PyTree:
    clipped = jnp.clip(answers, LEAST, 1 - LEAST)
    return jnp.log(clipped) - jnp.log1p(-clipped)


LINKS: dict[str, Callable[[PyTree], PyTree]] = {"identity": _identity, "logit": _logit}
