"""What a plugin must fulfil, as data: one ``Check`` each, for ``demo-app check`` and for pytest."""

from collections.abc import Iterator

from demo_app.conformance.bad_values import bad_values_are_refused
from demo_app.conformance.check import Check, Finding, NotApplicable, Outcome, in_turn, outcome
from demo_app.conformance.declared import actions_are_declared, card_informs, is_ready
from demo_app.conformance.examples import examples_run, results_are_finite, results_repeat
from demo_app.conformance.lifecycle import unloading_leaves_nothing
from demo_app.conformance.models import (
    MAX_CHECKPOINT_BYTES,
    checkpoints_fit,
    checkpoints_ship,
    forward_runs,
)
from demo_app.conformance.side_effects import (
    models_stay,
    random_state_stays,
    stays_offline,
    writes_nothing_else,
)
from demo_app.conformance.surfaces import surfaces_agree, tab_builds
from demo_app.host import Host
from demo_app.plugin import Plugin

__all__ = [
    "CHECKS",
    "MAX_CHECKPOINT_BYTES",
    "Check",
    "Finding",
    "NotApplicable",
    "Outcome",
    "outcome",
    "outcomes",
]

CHECKS = (
    Check(name="ready", reason="it loads and keeps the contract", run=is_ready),
    Check(name="card", reason="its card says what it is", run=card_informs),
    Check(name="fit", reason="its checkpoints fit their architectures", run=checkpoints_fit),
    Check(name="forward", reason="its models take their example inputs", run=forward_runs),
    Check(
        name="declared",
        reason="its actions are documented and their parameters bounded",
        run=actions_are_declared,
    ),
    Check(name="examples", reason="its example calls run", run=examples_run),
    Check(name="finite", reason="its results are finite", run=results_are_finite),
    Check(name="repeatable", reason="the same seed gives the same result", run=results_repeat),
    Check(name="models-stay", reason="its models stay as they were loaded", run=models_stay),
    Check(name="random-state", reason="global random state is untouched", run=random_state_stays),
    Check(name="files", reason="it writes to its data folder only", run=writes_nothing_else),
    Check(name="network", reason="it works without a network", run=stays_offline),
    Check(
        name="bad-values", reason="wrong arguments are refused by name", run=bad_values_are_refused
    ),
    Check(name="tab", reason="its tab builds", run=tab_builds),
    Check(name="surfaces", reason="page, API and Python give the same results", run=surfaces_agree),
    Check(name="unload", reason="unloading it leaves nothing behind", run=unloading_leaves_nothing),
    Check(
        name="ship", reason="its checkpoints are small and say their origin", run=checkpoints_ship
    ),
)


def outcomes(host: Host, plugin: Plugin) -> Iterator[Outcome]:
    """Run the checks on a plugin, up to the one after which it can no longer be used."""
    yield from in_turn(CHECKS, host, plugin)
