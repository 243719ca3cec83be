"""``plastica info``: a model's architecture, input columns and test metrics."""

from __future__ import annotations

import click

from . import parameters
from .guard import guarded
from .names import HintingCommand
from .output import Output
from .wording import SAY


@click.command(cls=HintingCommand, short_help="Describe a trained model.")
@parameters.model
@parameters.lang
@parameters.verbose
@parameters.json
@parameters.debug
@guarded
def info(
    model: str,
    lang: str,
    verbose: bool,
    json: bool,
    debug: bool,
) -> None:
    """Describe a trained model: its architecture, its input columns and its test metrics."""
    from ..tables import TableNetwork
    from . import fold_words, model_words, result_words, run_facts, table_words
    from .folders import model_file

    output = Output(json, verbose=verbose)
    path = model_file(model)
    network = TableNetwork.load(path)
    facts = network.facts
    rows = facts.rows.train + facts.rows.validation + facts.rows.test
    width = len(facts.columns) + len(network.target.names)
    output.fact("model", str(path))
    table_words.say_table(output, facts.source, rows, width, network.target, facts.columns, facts.settings.drop)
    if facts.cross_validation is None:
        table_words.say_parts(
            output, facts.rows.train, facts.rows.validation, facts.rows.test, facts.rows, facts.settings.seed
        )
    else:
        how = facts.cross_validation.how
        dealt = facts.rows.train + facts.rows.validation
        fold_words.say_dealt(output, facts.settings, how, facts.cross_validation.by, dealt, facts.rows.test)
    if network.members:
        output.fact("model_kept", SAY("model_folds", folds=len(network.members)))
    output.fact(facts.model, model_words.say_model(len(network.encoder.feature_names), network.model))
    result_words.say_trained(output, network)
    output.fact("next", SAY("next_predict", folder=model))
    output.result({"model": str(path), **run_facts.facts_of(network)})
