"""The lottery-ticket hypothesis: whether a sparse part of a network, with its first weights, learns like the whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..ensembles.copying import copy_of
from ..errors import InvalidValue
from ..model import Model
from ..model.options import whole
from ..typing import Float, Params, State
from .look import SAY, InsideView, model_with_layers, no_worse
from .magnitudes import SCOPES, Scope, cuts, kernels_of, scores_of
from .sparse_population import sparse_copies, train_together
from .sparse_rule import on_kernels

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

ROUNDS = 6
SHARE = 0.5
SEEDS = 3
KINDS = ("ticket", "reinitialized", "random")


@dataclass(frozen=True, eq=False, repr=False)
class LotteryTickets(InsideView):
    """How well sparse networks learn, by the share of connections that is left.

    Attributes:
        remaining: The share of connections left in each round; 1 in the first.
        figures: For each kind the metrics on validation rows by name, ``(rounds, seeds)``. "ticket": what magnitude
            pruning left, with its first weights; "reinitialized": the same connections, with new weights; "random": as
            many random connections of each layer, with their first weights. All are the whole network in round 0.
        models: The trained tickets, ``[round][seed]``.
    """

    remaining: Float[np.ndarray, "rounds"]
    figures: dict[str, dict[str, Float[np.ndarray, "rounds seeds"]]]
    models: tuple[tuple[Model, ...], ...]

    @property
    def monitor(self) -> str:
        """The first metric, or the loss."""
        names = list(self.figures["ticket"])
        return names[1] if len(names) > 1 else names[0]

    def sentences(self) -> list[str]:
        shown = {kind: self.figures[kind][self.monitor] for kind in KINDS}
        means, full = shown["ticket"].mean(1), float(shown["ticket"][0].mean())
        won = int(np.flatnonzero(no_worse(self.monitor, means, full)).max())
        said = []
        # The sparsest tickets that learn as well as the whole network, and the sparsest of all.
        for place in dict.fromkeys((won, len(means) - 1)):
            told = {kind: _with_error(values[place]) for kind, values in shown.items()}
            share, metric = f"{100 * self.remaining[place]:.3g}", SAY.name("figure", self.monitor)
            if place:
                said.append(
                    SAY("lottery_is", share=share, metric=metric, whole=_with_error(shown["ticket"][0]), **told)
                )
        return said

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each kind, round and seed: kind, remaining, seed, loss, metrics."""
        import polars as pl

        seeds = next(iter(self.figures["ticket"].values())).shape[1]
        return pl.concat(
            pl.DataFrame(
                {
                    "kind": [kind] * (len(self.remaining) * seeds),
                    "remaining": np.repeat(self.remaining, seeds),
                    "seed": np.tile(np.arange(seeds), len(self.remaining)),
                    **{name: values.ravel() for name, values in found.items()},
                }
            )
            for kind, found in self.figures.items()
        )

    def summary(self) -> pl.DataFrame:
        import polars as pl

        means = {kind: self.figures[kind][self.monitor].mean(1) for kind in KINDS}
        return pl.DataFrame({"remaining": self.remaining, **means})

    def drawing(self) -> Drawing:
        from .pruning_picture import draw_lottery

        return draw_lottery(self)


def lottery_tickets(
    model: Model,
    x: object,
    y: object,
    *,
    validation_data: tuple[object, object],
    epochs: int,
    rounds: int = ROUNDS,
    share: float = SHARE,
    rewind: int = 0,
    seeds: int = SEEDS,
    scope: Scope = "global",
    **options: Any,
) -> LotteryTickets:
    """Search for winning tickets by iterative magnitude pruning, and compare them with other sparse networks.

    Use it to see whether what a large network needs its size for is finding, not having, the right connections: a
    winning ticket learns as well as the whole network, and the same connections with new weights do not.

    In each round the trained tickets lose the connections with the smallest weights, go back to their first weights, or
    to those after some epochs, and are trained again. The tickets of all seeds, their connections with new weights, and
    random connections are one population in one compiled program, the same in every round.

    Args:
        model: A compiled model; it gives the network and the settings, and is not trained itself.
        x, y: Training rows.
        validation_data: Rows ``(x, y)`` on which networks are compared.
        epochs: The epochs of each training.
        rounds: The rounds of pruning.
        share: The share of the remaining connections that is pruned in each round, between 0 and 1.
        rewind: The epoch to whose weights tickets go back; 0 for the first weights. Large networks need some epochs.
        seeds: The number of networks of each kind.
        scope: "global": the smallest weights of the whole network; "layer": the same share of each kernel.
        options: Further options of ``Population.fit``, such as ``batch_size`` or ``verbose``.

    Raises:
        InvalidValue: If the model has no kernel or is not trained by backpropagation, or an argument is out of range.

    Reference:
        J. Frankle, M. Carbin (2019), The lottery ticket hypothesis: finding sparse, trainable neural networks, section
        2 and figure 4. J. Frankle, G. Dziugaite, D. Roy, M. Carbin (2020), Linear mode connectivity and the lottery
        ticket hypothesis (rewinding).
    """
    given = model_with_layers("lottery_tickets", model)
    counts = {name: whole(name, value, 1) for name, value in (("epochs", epochs), ("rounds", rounds), ("seeds", seeds))}
    back = whole("rewind", rewind, 0)
    assert back is not None and None not in counts.values()
    if not 0 < share < 1:
        raise InvalidValue(f"lottery_tickets(share={share!r}): expected a share between 0 and 1.")
    if back >= epochs:
        raise InvalidValue(f"lottery_tickets(rewind={rewind}): expected an epoch before the last, epochs={epochs}.")
    if scope not in SCOPES:
        raise InvalidValue(f"lottery_tickets(scope={scope!r}): expected one of {', '.join(SCOPES)}.")
    if not given.built:
        given.build(np.asarray(x).shape[1:])
    kernels_of("lottery_tickets", given)
    race = _Race(given, (x, y), validation_data, epochs, back, seeds, scope, options)
    return race.run(rounds, share)


@dataclass(eq=False)
class _Race:
    """The rounds of a search for tickets."""

    model: Model
    train: tuple[object, object]
    validation: tuple[object, object]
    epochs: int
    rewind: int
    seeds: int
    scope: Scope
    options: Mapping[str, Any]

    def run(self, rounds: int, share: float) -> LotteryTickets:
        """Train whole networks, then prune, rewind and train again."""
        first = [self._drawn(seed) for seed in range(self.seeds)]
        # Members of each round: tickets, then those with new weights, then random ones, by seed. In round 0 all are
        # the whole network, and the others only keep the program the same.
        models = self._copies(first * len(KINDS))
        early = self._trained(models, self.rewind) if self.rewind else first * len(KINDS)
        trained = self._trained(models, self.epochs - self.rewind)
        found = [self._figures(models[: self.seeds]) * len(KINDS)]
        tickets = [tuple(self._kept(models[: self.seeds]))]
        remaining = [1.0]
        for number in range(1, rounds + 1):
            remaining.append(remaining[-1] * (1 - share))
            sparse = list(self._sparse(trained[: self.seeds], early[: self.seeds], 1 - remaining[-1], number))
            models = self._copies(sparse)
            trained = self._trained(models, self.epochs - self.rewind)
            found.append(self._figures(models))
            tickets.append(tuple(self._kept(models[: self.seeds])))
        names = list(found[0][0])
        table = np.array(
            [[[each[name] for name in names] for each in one] for one in found]
        )  # (rounds, members, names)
        by_kind = table.reshape(len(found), len(KINDS), self.seeds, len(names))
        figures = {
            kind: {name: by_kind[:, place, :, column] for column, name in enumerate(names)}
            for place, kind in enumerate(KINDS)
        }
        return LotteryTickets(np.array(remaining), figures, tuple(tickets))

    def _drawn(self, seed: int) -> tuple[Params, State]:
        """Return the first weights of a seed."""
        made = Model(self.model.network, seed=self.model.seed + seed)
        if not made.built:
            made.build(self.model.input_shape)
        return made.params, made.state

    def _copies(self, weights: list[tuple[Params, State]]) -> list[Model]:
        seeds = [self.model.seed + place % self.seeds for place in range(len(weights))]
        return sparse_copies("lottery_tickets", self.model, weights, seeds)

    def _trained(self, models: list[Model], epochs: int) -> list[tuple[Params, State]]:
        train_together(models, self.train, epochs, self.options)
        return [(each.params, each.state) for each in models]

    def _sparse(
        self, trained: list[tuple[Params, State]], early: list[tuple[Params, State]], sparsity: float, number: int
    ) -> Iterator[tuple[Params, State]]:
        """Yield the weights that the members of a round begin with."""
        kept = []
        for params, _ in trained:
            scores = scores_of(params)  # of pruned weights 0, so that they stay pruned
            kept.append(jax.tree.map(lambda score, cut: score >= cut, scores, cuts(scores, sparsity, self.scope)))
        for mask, (params, state) in zip(kept, early, strict=True):
            yield _masked(params, mask), state
        for seed, mask in enumerate(kept):
            params, state = self._drawn(self.seeds * (number + 1) + seed)
            yield _masked(params, mask), state
        for seed, (mask, (params, state)) in enumerate(zip(kept, early, strict=True)):
            yield _masked(params, _shuffled(mask, number * self.seeds + seed)), state

    def _figures(self, models: list[Model]) -> list[dict[str, float]]:
        x, y = self.validation
        return [dict(each.evaluate(x, y, verbose=0, return_dict=True)) for each in models]

    def _kept(self, models: list[Model]) -> Iterator[Model]:
        return (copy_of(self.model, each.snapshot()) for each in models)


def _masked(params: Params, mask: Params) -> Params:
    def one(weights: Array, kept: Array) -> Array:
        return jnp.where(kept, weights, jnp.zeros((), weights.dtype))

    return on_kernels(one, params, mask)


def _shuffled(mask: Params, seed: int) -> Params:
    """Return a mask with as many connections of each kernel, at random places."""
    random = np.random.default_rng(seed)
    return on_kernels(lambda kept: random.permuted(np.asarray(kept).ravel()).reshape(kept.shape), mask)


def _with_error(values: Float[np.ndarray, "seeds"]) -> str:
    """Return a mean over seeds with its standard error."""
    if len(values) < 2:
        return f"{values.mean():.4g}"
    return f"{values.mean():.4g} ± {values.std(ddof=1) / math.sqrt(len(values)):.2g}"
