"""The host's side of a run: call the program, look, call again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jax.sharding import Mesh

from ..errors import InvalidValue, NotFinite
from . import recovery
from .callbacks import LEVELS, Needs
from .calls import Calls, calls_of
from .local_steps import next_average
from .lockstep import Lockstep, lockstep_of
from .loop import Chunk
from .member import Member
from .program import Learner, Program
from .recovery import Advance, CallStart
from .timing import Timing

# A call is long enough that its own cost vanishes and short enough that a person sees the run move.
SECONDS_A_CALL = 0.1
# The memory of a program is new to the process at each call, and its pages are touched for the first time: 100 MB cost
# 45 ms, a fifth of such a step. So a call makes this many steps even if it then takes up to ten times as long.
FEW_STEPS, LONGER_FOR_FEW = 4, 10
# With several members each call computes a step of each, so that calls are longer; but not endless.
MOST_PATIENT = 4


@dataclass
class Run:
    """A run: one network or several, trained side by side for a number of epochs.

    Members are at the same place of the same epoch after each call of the program. One that was stopped, or met a
    number that is not finite, stays as it is while the others go on.

    Attributes:
        members: What is trained, each on its own data.
        epochs: Epochs of this run.
        raises: Whether the run ends with an error if a member meets a number that is not finite.
        hooks: Called with the run after each call of the program: checkpoints, and whatever else looks in between.
        mesh: The devices to compute on; None for the default device.
        average_every: After how many steps of their own the devices average their weights; None if each batch is
            divided among them.
        among_others: Whether there are further members in other processes.
        is_interrupted: Whether the run is to end before its next call.
        seconds: How long the run took so far, earlier parts of a resumed run included.
        pace: How many steps a call makes.
        timing: How long epochs take.
    """

    members: Sequence[Member]
    epochs: int
    raises: bool = True
    hooks: Sequence[Hook] = ()
    mesh: Mesh | None = None
    average_every: int | None = None
    among_others: bool = False
    is_interrupted: Callable[[], bool] = lambda: False
    seconds: float = 0.0
    pace: CallLength = field(default_factory=lambda: CallLength())  # noqa: PLW0108 - it is defined below
    timing: Timing = field(default_factory=Timing)
    compute: Calls = field(init=False)
    lockstep: Lockstep | None = field(init=False)

    def __post_init__(self) -> None:
        """Decide whether members are computed in one program or one after another."""
        # Decided once: a program for members side by side and one for a single member need not agree in the last bit.
        self.compute = calls_of(self.members, self.epochs, self.mesh, self.average_every is not None, self.among_others)
        self.members[0].timing = self.timing
        self.lockstep = lockstep_of(self.mesh)

    @property
    def batches(self) -> int:
        """Steps of an epoch; those of the member that has most."""
        return max(member.source.batches for member in self.members)

    @property
    def going(self) -> dict[int, Member]:
        """The members with steps to make, by their place."""
        return {
            place: member
            for place, member in enumerate(self.members)
            if not member.is_done and member.step < self.total_of(member)
        }

    @property
    def step(self) -> int:
        """The step at which the run stands: where the last of those stands that go on."""
        steps = [self._in_the_longest(member) for member in self.members]
        going = self.going
        return min(steps[place] for place in going) if going else max(steps)

    def total_of(self, member: Member) -> int:
        """Return the steps that a member makes in the whole run."""
        return self.epochs * member.source.batches

    def go(self) -> None:
        """Run to the end, or until something stops it.

        Raises:
            NotFinite: If the loss or a parameter is no longer finite, unless a callback takes care of it or members
                may fail.
        """
        for member in self.members:
            if member.step:
                member.apply_rules(self.seconds)
        self.timing.start()
        began = time.perf_counter()
        while (going := self.going) and not self.is_agreed(self.is_interrupted()):
            needs = self.needs
            for member in going.values():
                member.begin_steps(needs == "batch")
            # Where each stands is taken now, since callbacks may have replaced its learner after the last call; a step
            # that fails takes the run back to here.
            starts, stops = {place: member.here for place, member in going.items()}, self._stops(going, needs)
            # Calls are measured without callbacks, whose time says nothing about how many steps fit into a tenth of a
            # second.
            called = time.perf_counter()
            found = self._well({place: starts[place] for place in stops}, stops)
            moved = {place: stop - starts[place].step for place, (_, stop) in found.items()}
            for place in (place for place, steps in moved.items() if not steps):
                self._fail(place)
            # No step was made: those that failed are set back, and the others are called again without them.
            if not any(moved.values()):
                continue
            now = time.perf_counter()
            # The time limit counts what callbacks take; the length of a call goes by the call alone.
            self.pace.measured(max(moved.values()), (now - called) / min(len(moved), MOST_PATIENT))
            self.timing.called(max(moved.values()), now - called)
            self.seconds, began = self.seconds + now - began, now
            if self.lockstep is not None:
                steps, self.seconds = self.lockstep.agreed(self.pace.steps, self.seconds).tolist()
                self.pace.steps = int(steps)
            for place in (place for place, steps in moved.items() if steps):
                going[place].take(*found[place], each_batch=needs == "batch")
            for place in (place for place, steps in moved.items() if steps):
                going[place].apply_rules(self.seconds)
            for hook in self.hooks:
                hook(self)

    @property
    def needs(self) -> Needs:
        """How often someone looks at the run."""
        return LEVELS[max(LEVELS.index(member.needs) for member in self.members)]

    def is_agreed(self, mine: bool) -> bool:
        """Return what this process finds, or the first of several."""
        return mine if self.lockstep is None else bool(self.lockstep.agreed(mine)[0])

    def fallbacks(self) -> dict[int, Learner]:
        """Return the last good learners of members whose coming step's loss is not finite, by their place.

        A checkpoint keeps them, so that a resumed run goes back to where the whole run would have.
        """
        found: dict[int, Learner] = {}
        asked: dict[int, CallStart] = {}
        for place, member in enumerate(self.members):
            if member.failed or member.step >= self.total_of(member):
                continue
            if member.step:
                asked[place] = member.here
            elif member.trainee.learner is not member.recovery.made:  # nothing was computed yet, nor is for this
                found[place] = member.recovery.made
        chunks = self._computed(asked, {place: start.step + 1 for place, start in asked.items()}) if asked else {}
        for place, chunk in chunks.items():
            start = asked[place]
            if not (bool(chunk.loss_finite) and recovery.is_finite(start.learner)):
                found[place] = self.members[place].recovery.learner_for(*start, self._alone(place))
        return found

    def _stops(self, going: Mapping[int, Member], needs: Needs) -> dict[int, int]:
        """Return the steps at which the next call ends, for each member that moves in it."""
        # A source may learn only now where its epoch ends.
        farthest = {place: member.source.farthest(member.step) for place, member in going.items()}
        goal = self._goal(needs)
        found = {}
        for place, member in going.items():
            stop = member.stop_for(self._own_step(member, goal), farthest[place], self.total_of(member))
            if stop > member.step:
                found[place] = stop
        return found

    def _goal(self, needs: Needs) -> int:
        step, batches = self.step, self.batches
        if self.mesh is not None and self.average_every is not None:
            return next_average(step, self.average_every, batches)
        if needs == "batch":
            return step + 1
        stop = step + self.pace.steps
        end_of_epoch = (step // batches + 1) * batches
        if stop > end_of_epoch:
            # Whole epochs where several fit into one look, so that figures arrive complete.
            stop = end_of_epoch if needs == "epoch" else stop // batches * batches
        return stop

    def _own_step(self, member: Member, step: int) -> int:
        """Return the step of a member at a step of the member with the most batches."""
        own, most = member.source.batches, self.batches
        return step if own == most else step // most * own + min(step % most, own)

    def _in_the_longest(self, member: Member) -> int:
        own, most = member.source.batches, self.batches
        return member.step if own == most else member.step // own * most + member.step % own

    def _well(self, starts: Mapping[int, CallStart], stops: Mapping[int, int]) -> dict[int, tuple[Chunk, int]]:
        """Make the steps up to ``stops``, or to before the first that fails; return the results and where that is."""
        found: dict[int, tuple[Chunk, int]] = {}

        def prepare() -> None:
            for place, start in starts.items():
                member, stop = self.members[place], stops[place]
                member.source.prepare(stop, min(2 * stop - start.step, self.total_of(member)))

        for place, chunk in self._computed(starts, stops, prepare).items():
            well = bool(chunk.finite)
            found[place] = (chunk, stops[place]) if well else self._to_before_failing(place, starts[place], chunk)
        return found

    def _to_before_failing(self, place: int, start: CallStart, chunk: Chunk) -> tuple[Chunk, int]:
        """Make the steps before the first that fails; where it is the first of all, the failing step comes back."""
        step, advance = start.step, self._alone(place)
        source = self.members[place].source
        # With a finite loss the run stands behind its last step, which is then the latest that can have failed first.
        last = source.position(step, int(chunk.epoch), int(chunk.batch)) - bool(chunk.loss_finite)
        failing = recovery.first_failing(step, last, lambda stop: bool(advance(*start, stop).finite))
        return advance(*start, max(failing, step + 1)), failing

    def _computed(
        self, starts: Mapping[int, CallStart], stops: Mapping[int, int], meanwhile: Callable[[], None] = lambda: None
    ) -> Mapping[int, Chunk]:
        calls = {place: self.members[place].call(start, stops[place], self.epochs) for place, start in starts.items()}
        return self.compute(calls, meanwhile)

    def _alone(self, place: int) -> Advance:
        """Return what makes steps of one member, from any learner, while the others stand still."""

        def advance(program: Program, learner: Learner, start: int, stop: int) -> Chunk:
            return self._computed({place: CallStart(program, learner, start)}, {place: stop})[place]

        return advance

    def _fail(self, place: int) -> None:
        member = self.members[place]
        if not member.fail(self._alone(place)) and self.raises:
            raise NotFinite(member.failed)


# Called with the run after each call of the program.
Hook = Callable[[Run], None]


def as_hooks(hooks: Iterable[Hook] | Hook) -> tuple[Hook, ...]:
    """Return the hooks of ``fit`` as a tuple.

    Raises:
        InvalidValue: If they are not functions in a list.
    """
    given: tuple[Hook, ...] = tuple(hooks) if isinstance(hooks, Iterable) else (hooks,)
    for hook in given:
        if not callable(hook):
            raise InvalidValue(
                f"hooks: {hook!r} is not a function of the run; write hooks=[look] with a function look(run). "
                "Callbacks belong in callbacks=."
            )
    return given


@dataclass
class CallLength:
    """How many steps the next call should make; grows until a call takes ``SECONDS_A_CALL``, or has a few steps."""

    steps: int = 1

    def measured(self, steps: int, seconds: float) -> None:
        """Learn from a call."""
        usual = SECONDS_A_CALL * steps / max(seconds, 1e-9)
        wanted = max(int(usual), min(FEW_STEPS, int(LONGER_FOR_FEW * usual)))
        # The first calls include compiling and the first touch of memory; growing eightfold at most keeps one lucky
        # measurement from making a call of minutes.
        self.steps = max(1, min(wanted, 8 * steps))
