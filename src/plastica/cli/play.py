"""``plastica play``: a policy that learns from rewards in an environment, by any rule that rewards can weigh."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import options, parameters
from .guard import guarded
from .names import OutCommand
from .output import Output, note
from .wording import SAY

if TYPE_CHECKING:
    from ..rewards import Environment, PolicyGradient, ReturnCurves
    from ..rules import Rule

WORLDS = ("cartpole", "gridworld", "bandit")
# What follows errors weighs them by the advantage (REINFORCE); STDP is weighed by it directly.
REWARD_RULES = (
    "backprop", "feedback_alignment", "node_perturbation", "reward_stdp", "sign_symmetry",
)  # fmt: skip
EPISODES = {"bandit": 1024, "gridworld": 2048}


@click.command(cls=OutCommand, short_help="Train a network by rewards.")
@click.argument("world")
@click.option("--rule", type=click.Choice(REWARD_RULES), default="backprop", help="Learning rule that rewards weigh.")
@click.option("--episodes", type=click.IntRange(min=1), help="Episodes of each network. Default: by the environment.")
@click.option("--at-once", type=click.IntRange(min=2), default=32, help="Episodes played before weights change.")
@click.option("--learning-rate", metavar="NUMBERS", help="Learning rates to compare, separated by commas.")
@click.option("--layers", metavar="UNITS", help="Units of each hidden layer, such as 32 or 32,16; 0 for none.")
@click.option("--longest", type=click.IntRange(min=1), help="Steps after which an episode is cut off.")
@click.option("--discount", type=click.FloatRange(0, 1), help="How much later rewards count, from 0 to 1.")
@click.option("--seeds", type=click.IntRange(min=1), default=3, help="Networks of each learning rate.")
@parameters.seed
@parameters.out_folder
@parameters.checkpoints
@parameters.lang
@parameters.quiet
@parameters.json
@parameters.debug
@guarded
def play(world: str, **given: Any) -> None:
    """Train networks by rewards, several seeds and learning rates in one program.

    WORLD is cartpole, gridworld, bandit, or the name of an environment of Gymnasium, such as Acrobot-v1. A rule that
    follows errors learns by REINFORCE; reward_stdp is STDP that the reward modulates. The folder has the curve of
    rewards, its numbers and the best network; Ctrl-C leaves those so far there.
    """
    from . import folders

    if given["resume"] and given["checkpoint"] is None:
        raise click.BadParameter(SAY("resume_needs_checkpoint"))
    output = Output(given["json"], given["quiet"])
    rates = _rates(given["learning_rate"])
    program = _program(world, given)
    folder = folders.new_folder(given["out"], f"{folders.name_of(world)}-play")
    try:
        found = _trained(program, world, rates, given, output)
        files = _write(found, folder)
    except KeyboardInterrupt as stop:
        _keep(getattr(stop, "kept", None), folder, given)
        raise
    finally:
        folders.give_back(folder)
    _say(output, found, program, folder, files)


def _rates(given: str | None) -> list[float] | None:
    if given is None:
        return None
    try:
        rates = [float(part) for part in given.split(",") if part.strip()]
    except ValueError:
        rates = []
    if not rates or not all(0 < rate < float("inf") for rate in rates):
        raise click.BadParameter(SAY("bad_rates", given=repr(given)))
    return rates


def environment_of(world: str) -> Environment:
    """Return the environment of a name."""
    from ..errors import MissingExtra, UnknownName
    from ..rewards import Bandit, CartPole, GridWorld, GymnasiumEnvironment

    known: dict[str, Environment] = {"cartpole": CartPole(), "gridworld": GridWorld(), "bandit": Bandit()}
    if world in known:
        return known[world]
    try:
        return GymnasiumEnvironment(world)
    except MissingExtra:
        raise MissingExtra(SAY("no_gymnasium", world=world, known=", ".join(WORLDS))) from None
    except UnknownName:
        raise UnknownName(SAY("no_world", world=world, known=", ".join(WORLDS))) from None


def rule_of(name: str) -> Rule:
    """Return the rule of a name; STDP with a weaker depression, which keeps weights in their range."""
    from ..rules import STDP, get

    return STDP(0.02, depression=0.5) if name == "reward_stdp" else get(name)


def _program(world: str, given: dict[str, Any]) -> PolicyGradient:
    from ..rewards import usual_policy

    return usual_policy(
        environment_of(world),
        rule_of(given["rule"]),
        hidden=options.units(given["layers"]),
        longest=given["longest"],
        discount=given["discount"],
    )


def _trained(
    program: PolicyGradient, world: str, rates: list[float] | None, given: dict[str, Any], output: Output
) -> ReturnCurves:
    from ..rewards import train_policies

    return train_policies(
        program,
        number=given["episodes"] or EPISODES.get(world, 1600),
        side_by_side=given["at_once"],
        learning_rates=rates,
        seeds=range(given["seed"], given["seed"] + given["seeds"]),
        verbose="auto" if output.talks else 0,
        checkpoint=given["checkpoint"],
        resume=given["resume"],
    )


def _keep(found: ReturnCurves | None, folder: Path, given: dict[str, Any]) -> None:
    """Write what was learned before Ctrl-C, and print where."""
    from . import folders

    if found is not None:
        _write(found, folder)
        note(SAY("model_so_far", path=folder / folders.MODEL))
    if given["checkpoint"] is not None:
        note(SAY("resume_checkpoint"))


def _write(found: ReturnCurves, folder: Path) -> str:
    """Write the picture, the table and the best network; return their names."""
    from ..storage.atomic import replace_file
    from . import folders

    drawn = found.draw()
    drawn.save(folder / "returns.svg")
    drawn.save(folder / "returns.png")
    replace_file(folder / "returns.csv", [found.to_frame().write_csv().encode()])
    found.models[found.best_member].save(folder / folders.MODEL)
    return f"returns.svg, returns.png, returns.csv, {folders.MODEL}"


def _say(output: Output, found: ReturnCurves, program: PolicyGradient, folder: Path, files: str) -> None:
    """Print what each network gets at the beginning and at the end."""
    names = ("learning_rate", "seed", "first_reward", "last_reward", "last_steps")
    heads = tuple(SAY(f"head_{name}") for name in names)
    stretches = max(1, found.returns.shape[1] // 10)
    steps = found.lengths[:, -stretches:].mean(1)
    members = list(
        zip(found.rates, found.seeds, found.returns[:, 0].tolist(), found.last.tolist(), steps.tolist(), strict=True)
    )
    cells = [
        (f"{rate:g}", str(seed), *(_shown(each, digits) for each, digits in zip(figures, (3, 3, 1), strict=True)))
        for rate, seed, *figures in members
    ]
    output.table(heads, cells, strong=found.best_member)
    output.say()
    if found.best is not None:
        output.say(SAY("best_known", reward=f"{found.best:.3f}"))
    output.fact("saved", f"{folder}: {files}")
    output.result(
        {
            "folder": str(folder),
            "environment": repr(program.environment),
            "rule": repr(program.rule),
            "best_known": found.best,
            "networks": [dict(zip(names, map(_known, member), strict=True)) for member in members],
            "episodes": found.episodes.tolist(),
            "rewards": [[_known(each) for each in rewards] for rewards in found.returns.tolist()],
        }
    )
    if output.quiet and not output.as_json:
        click.echo(str(folder))


def _shown(figure: float, digits: int) -> str:
    return "-" if math.isnan(figure) else f"{figure:.{digits}f}"


def _known(figure: float) -> float | None:
    """Return a figure for JSON: None after a network diverged, and for a rate that a rule has not."""
    return None if math.isnan(figure) else figure
