"""``plastica info``: what a model is, what it wants and how good it was."""

from __future__ import annotations

import click

from . import parameters
from .guard import guarded
from .names import HintingCommand
from .output import Output


@click.command(cls=HintingCommand, short_help="Describe a model.")
@parameters.model
@parameters.json
@parameters.debug
@guarded
def info(
    model: str,
    json: bool,
    debug: bool,
) -> None:
    """Say what a model is, which columns it wants and how good it was."""
    from ..estimators import TableNetwork
    from ..estimators.partition import say_scheme
    from . import report
    from .folders import model_file

    output = Output(json)
    path = model_file(model)
    network = TableNetwork.load(path)
    facts = network.facts
    output.fact("model", str(path))
    output.fact("table", facts.source)
    output.fact("target", report.say_target(network.target))
    report.say_columns(output, facts.columns)
    sizes = f"{facts.rows.train} to train, {facts.rows.validation} to validate, {facts.rows.test} held out"
    output.fact("rows", f"{sizes}, {say_scheme(facts.rows)}")
    output.fact(facts.model, report.say_model(len(network.encoder.feature_names), network.model))
    report.say_training(output, facts)
    if facts.results is not None:
        report.say_results(output, facts.results)
    output.result({"model": str(path), **report.facts_of(network)})
