"""Society: learners on a graph that learn from rows of their own and from each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidValue, NotFitted, caution
from ..model import Model
from ..model.options import Options
from ..populations import results
from ..populations.predictions import Predictions, predictions_of
from ..populations.results import PopulationHistory
from ..training.callbacks import Callback
from ..training.run import Hook
from .exchanges import exchange_named
from .graph import SocialGraph
from .graphs import GraphLike, graph_of
from .history import MeetingFigures, SocietyHistory
from .meeting import Exchange, ExchangeMemory

if TYPE_CHECKING:
    import polars

    from ..drawing.figure import Drawing

TOPICS = 64
QUESTIONS = 512


class SocietyScores(NamedTuple):
    """How good a society is on given rows; returned by :meth:`Society.evaluate`.

    Attributes:
        members: A polars data frame with the loss and the metrics of each member.
        scores: The accuracy of each member; of amounts R².
        crowd: The figures of all together.
    """

    members: polars.DataFrame
    scores: np.ndarray
    crowd: MeetingFigures


class Society:
    """Learners on a graph, each with rows of its own, that learn from each other between epochs.

    Use it for what a group learns that its members do not learn alone: decentralized training, opinions, conventions,
    wisdom and folly of crowds. All members are trained in one compiled program, and meet in another, whose cost grows
    with the edges of the graph.

    Usage::

        model = pl.Sequential([pl.Dense(32, activation="relu"), pl.Dense(10, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        society = pl.Society(model, graph="small_world", members=100, exchange="gossip", label_skew=0.5)
        history = society.fit(x, y, epochs=30, validation_data=(x_test, y_test))
        history.plot("society.png")

    Args:
        model: The compiled model that members are made from; it is not trained itself. Several models, which members
            take in turn, may differ in rule, optimizer and loss; and in their network, if answers are exchanged.
        graph: Who listens to whom; as for :func:`graph_of`. None with ``exchange="none"``: nobody.
        members: The number of members, for a graph that is given by its name. Default: 20.
        exchange: What members do when they meet: a name as for :func:`exchange_named`, or an exchange.
        every: The epochs from one meeting to the next.
        every_steps: The steps of gradient descent from one meeting to the next, instead of epochs, counted over all
            runs; steps and meetings are then one compiled program. What members know is recorded after epochs.
        label_skew: How rows are shared out: None gives all members each class's share; a number gives each shares of
            its own, see :func:`divide_rows`. Rows of persons or districts are given to ``fit(by=...)``.
        stubborn: Members that are heard but do not listen, by number or name.
        lying: Members that say the opposite of what they think, hand over their weights with the other sign, and claim
            the best score.
        absent: Members that never come to meetings.
        absence: The probability that any other member misses a meeting.
        same_start: Whether all begin with the same weights. Default: if the exchange averages weights.
        topics: The inputs that are talked about in a meeting, drawn from all training rows, without their targets.
        seed: The seed of the graph, of the division of rows, of weights and draws. Default: that of the model.

    Attributes:
        graph: The graph.
        models: The members, each an ordinary model; empty before :meth:`fit`.
        history: What they knew after each meeting.
        population: The losses and metrics of each member by epoch.

    Raises:
        InvalidValue: If the graph or an option is invalid, or a role names a member that is not there.
        UnknownName: If there is no such graph or exchange.
        NotFitted: If a model is not compiled.

    Example:
        >>> import numpy as np
        >>> from plastica import Dense, Sequential, Society
        >>> model = Sequential([Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> society = Society(model, "ring", members=4, exchange="gossip")
        >>> x = np.linspace(0, 1, 40)[:, None]
        >>> history = society.fit(x, 2 * x, epochs=3, verbose=0)
        >>> len(society), len(history), society.predict(x).mean.shape
        (4, 3, (40, 1))
    """

    def __init__(
        self,
        model: Model | Sequence[Model],
        graph: GraphLike = "small_world",
        *,
        members: int | None = None,
        exchange: str | Exchange = "imitate",
        every: int = 1,
        every_steps: int | None = None,
        label_skew: float | None = None,
        stubborn: Sequence[str | int] = (),
        lying: Sequence[str | int] = (),
        absent: Sequence[str | int] = (),
        absence: float = 0.0,
        same_start: bool | None = None,
        topics: int = TOPICS,
        seed: int | None = None,
    ) -> None:
        given = [model] if isinstance(model, Model) else list(model) if isinstance(model, Sequence) else []
        if not given or not all(isinstance(each, Model) for each in given):
            raise InvalidValue(f"Society({model!r}): give a compiled model, such as a Sequential, or a list of models.")
        for name, value in {
            "every": every,
            "topics": topics,
            "every_steps": 1 if every_steps is None else every_steps,
        }.items():
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise InvalidValue(f"Society({name}={value!r}): give a whole number of at least 1.")
        if label_skew is not None and not label_skew > 0:
            raise InvalidValue(f"Society(label_skew={label_skew!r}): give a number above 0, or None.")
        if not 0 <= absence < 1:
            raise InvalidValue(f"Society(absence={absence!r}): give a probability from 0 to below 1.")
        if every_steps is not None and every != 1:
            raise InvalidValue(f"Society(every={every}, every_steps={every_steps}): give epochs or steps, not both.")
        self.given, self.label_skew, self.topics = given, label_skew, topics
        self.every, self.every_steps = every, every_steps
        self.seed = given[0].seed if seed is None else seed
        self.exchange = exchange_named(exchange)
        if self.exchange.shares == "weights" and any(each.network != given[0].network for each in given):
            raise InvalidValue(
                f"Society(exchange={self.exchange!r}): the models have different networks, whose weights do not "
                'compare; choose an exchange of answers, such as "imitate".'
            )
        if self.exchange.shares_moments and len({type(each.compiled.optimizer) for each in given}) > 1:
            raise InvalidValue(
                f"Society(exchange={self.exchange!r}): the models have different optimizers, whose moments have no "
                "average; leave out moments=True."
            )
        self.graph = _graph_for(graph, members, self.exchange, self.seed)
        self.stubborn, self.lying, self.absent = (self.graph.numbers_of(each) for each in (stubborn, lying, absent))
        self.absence = absence
        self.same_start = self.exchange.same_start if same_start is None else same_start
        if self.exchange.same_start and not self.same_start:
            caution(
                f"Society: {type(self.exchange).__name__} averages weights, but same_start=False begins with different "
                "ones, whose averages are worse than either."
            )
        self.models: list[Model] = []
        self.history = SocietyHistory(self.graph, "values")
        self.memory: ExchangeMemory = ()
        self.population = PopulationHistory([], [], "")
        self.rows: list[np.ndarray] = []

    def compile(self, *settings: Any, **named: Any) -> None:
        """Compile the models that members are made from; see :meth:`Model.compile`."""
        if self.models:
            raise InvalidValue("Society.compile: the members are trained already; make another Society.")
        for model in self.given:
            model.compile(*settings, **named)

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.graph)

    def __getitem__(self, member: int | str) -> Model:
        """Return a member, given its number or name."""
        return self._trained()[self.graph.number_of(member)]

    def __iter__(self) -> Iterator[Model]:
        """Iterate over the members."""
        return iter(self._trained())

    def __repr__(self) -> str:
        """Show the graph and the exchange."""
        return f"<Society: {len(self)} members on {self.graph.name}, {self.exchange!r}>"

    def fit(
        self,
        x: object,
        y: object,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | Callable[[int], Sequence[Callback]] | None = None,
        validation_split: float = 0.0,
        validation_data: object = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        *,
        by: ArrayLike | None = None,
        time_limit: float | str | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        checkpoint_seconds: float = 10.0,
        hooks: Sequence[Hook] | Hook = (),
        cluster: str | None = None,
    ) -> SocietyHistory:
        """Train all members, each on its own rows, with a meeting every so many epochs; called again, they go on.

        A member without neighbours becomes, bit for bit, the network that :meth:`Model.fit` trains on its rows; with
        ``every_steps`` up to rounding.

        Args:
            x, y: Inputs and targets of all members, ``(rows, ...)``, in memory; as for :meth:`Model.fit`.
            batch_size, epochs, shuffle, class_weight: As for :meth:`Model.fit`.
            verbose: 0 for no output, otherwise a live line in a terminal and a line at the end.
            callbacks: As for :meth:`Population.fit`.
            validation_split, validation_data: As for :meth:`Model.fit`, the same rows for all; they also give the
                scores by which members are compared. Without them, scores are of 512 of the training rows.
            by: Who or where each row is of, ``(rows,)``: one value for each member, as in a column of persons.
            time_limit, checkpoint, resume, checkpoint_seconds, hooks: As for :meth:`Population.fit`.
            cluster: Where workers run that train some of the members each, as for :func:`plastica.cluster.fit`. They
                stay alive and exchange nothing between meetings, which are held in this process.

        Returns:
            What members knew and how far they agreed, after each meeting.

        Raises:
            DataError, ShapeError, InvalidValue: If the data are invalid, or there are fewer rows than members.
        """
        from .running import SocietyRun

        options = Options(
            batch_size, epochs, verbose, shuffle, 0, None, time_limit, None, checkpoint, resume, checkpoint_seconds,
            cluster=cluster,
        )  # fmt: skip
        validation = (validation_split, validation_data)
        SocietyRun(self, options).run(x, y, by, class_weight, validation, callbacks, hooks)
        return self.history

    def evaluate(self, x: object, y: object, batch_size: int | None = None) -> SocietyScores:
        """Return how good the members are alone, and all together.

        Args:
            x, y, batch_size: As for :meth:`Model.evaluate`.
        """
        from .running import crowd_scores

        models = self._trained()
        given = {"batch_size": batch_size, "verbose": 0, "return_dict": True}
        figures = [model.evaluate(x, y, **given) for model in models]
        frame = results.frame([{"name": name} for name in self.graph.names], figures)
        return SocietyScores(frame, *crowd_scores(models, x, y))

    def predict(self, x: object, batch_size: int | None = None) -> Predictions:
        """Return the predictions of all members, their mean (the answer of the crowd) and their spread.

        Args:
            x: Inputs, ``(rows, ...)``.
            batch_size: As for :meth:`Model.predict`.
        """
        return predictions_of(self._trained(), x, batch_size)

    def plot(self, path: str | Path | None = None) -> Drawing:
        """Draw scores, crowd and diversity over time, and the graph coloured by score and by opinion.

        Args:
            path: A file to save it to, ``.svg``, ``.png`` or ``.pdf``.
        """
        self._trained()
        return self.history.plot(path)

    def _trained(self) -> list[Model]:
        if not self.models:
            raise NotFitted("the members of this society have no weights yet; call fit(x, y) first.")
        return self.models


def _graph_for(graph: GraphLike, members: int | None, exchange: Exchange, seed: int) -> SocialGraph:
    if exchange.shares == "nothing" and graph is None:
        # A graph of whom nobody listens to has no edges; members exchange nothing on any graph.
        count = members or 20
        ring = np.arange(count)
        return SocialGraph(tuple(map(str, ring)), ring, (ring + 1) % count, np.ones((1, count)), name="none")
    if graph is None:
        raise InvalidValue('Society(graph=None): only exchange="none" goes without a graph; give one, such as "ring".')
    made = graph_of(graph, members, seed)
    made.warn_of_isolated()
    if exchange.undirected and made.is_directed:
        raise InvalidValue(
            f"Society: {type(exchange).__name__} is defined on undirected graphs, and this one is directed; choose "
            'exchange="push_sum", or "average".'
        )
    return made
