"""A plugin's example calls, run under watch: once for all the checks that look at them.

The examples are those of ``demo_examples`` in their order, then a call without arguments of every
action that needs none and has no example. All belong to one visitor, so that a call may build on
what another has left in the session. They run twice, for two visitors.
"""

from __future__ import annotations

import random
import sys
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from demo_app.actions import Action
from demo_app.conformance.check import Finding, NotApplicable
from demo_app.conformance.watch import Watch
from demo_app.context import Session
from demo_app.host import Host
from demo_app.loading import contained, named
from demo_app.plugin import Plugin

SEED = 7


@dataclass(frozen=True, kw_only=True)
class Example:
    """The arguments of one call."""

    action: Action
    arguments: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.action.name}({', '.join(self.arguments)})"


@dataclass(kw_only=True)
class Trial:
    """What came of one example: the values of two runs, or the error of the first."""

    example: Example
    runs: list[list[Any]] = field(default_factory=list)
    error: BaseException | None = None


@dataclass(frozen=True, kw_only=True)
class Trials:
    """All examples of a plugin, and what they left behind.

    Attributes:
        written: paths outside of the plugin's data folder that were written to.
        connections: addresses outside of this machine that were asked for anything.
        changed_random: the global random states that changed, by the name of their library.
        changed_models: the models that are no longer as they were loaded, with what changed.
    """

    trials: Sequence[Trial]
    written: Sequence[str]
    connections: Sequence[str]
    changed_random: Sequence[str]
    changed_models: Sequence[str]


_done: WeakKeyDictionary[Plugin, Trials] = WeakKeyDictionary()
_lock = threading.Lock()


def trials_of(host: Host, plugin: Plugin) -> Trials:
    """The trials of a plugin, run when they are first asked for.

    Raises:
        NotApplicable: there is nothing to call.
    """
    with _lock:
        if plugin not in _done:
            _done[plugin] = _run(host, plugin)
        return _done[plugin]


def given_examples(plugin: Plugin) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What ``demo_examples`` returns.

    Raises:
        Finding: it is not as it should be.
    """
    given, error = contained(lambda: plugin.call_hook("demo_examples") or {})
    if error is not None:
        raise Finding(f"demo_examples() raised {named(error)}") from error
    if not isinstance(given, Mapping) or not all(_is_list_of_tables(v) for v in given.values()):
        raise Finding("demo_examples() is to return {action: [{parameter: value, …}, …], …}.")
    for name in given:
        if name not in plugin.actions:
            raise Finding(f"demo_examples() names {name!r}, which is no action.")
    return given


def examples_of(plugin: Plugin) -> list[Example]:
    """The example calls of a plugin: those given, and one of each action that needs no argument.

    Raises:
        NotApplicable: there is none.
    """
    found, error = contained(lambda: given_examples(plugin))
    given = found if error is None and found is not None else {}
    examples = [
        Example(action=plugin.actions[name], arguments=arguments)
        for name, calls in given.items()
        for arguments in calls
    ]
    examples += [
        Example(action=action, arguments={})
        for name, action in plugin.actions.items()
        if not given.get(name) and not needed(action)
    ]
    if not examples:
        raise NotApplicable("it has no action that can be called without an example")
    return examples


def needed(action: Action) -> list[str]:
    """The parameters that a call has to give."""
    return [parameter.name for parameter in action.parameters if parameter.required]


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, Mapping) for each in value)


def seeded(example: Example) -> dict[str, Any]:
    """The arguments with a seed, where the action takes one and none was given."""
    drawn = {"seed": SEED} if example.action.options.seed else {}
    return {**drawn, **example.arguments}


def _run(host: Host, plugin: Plugin) -> Trials:
    trials = [Trial(example=example) for example in examples_of(plugin)]
    models = _weights(host, plugin)
    states = _random_states()
    with Watch() as watch:
        for _ in range(2):
            demo = host.visit(plugin.name, Session())
            for trial in trials:
                if trial.error is None:
                    arguments = seeded(trial.example)
                    values, trial.error = contained(
                        lambda demo=demo, trial=trial, arguments=arguments: list(  # type: ignore[misc]
                            demo.stream(trial.example.action.name, **arguments)
                        )
                    )
                    trial.runs.append(values or [])
    after = _random_states()
    return Trials(
        trials=trials,
        written=watch.written_outside(host.data_folder(plugin), plugin),
        connections=watch.connections,
        changed_random=[name for name in states if states[name] != after[name]],
        changed_models=_changes(models, _weights(host, plugin)),
    )


def _random_states() -> dict[str, Any]:
    """The state of every global generator, as something that can be compared."""
    states: dict[str, Any] = {"random": random.getstate()}
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        name, keys, *rest = numpy.random.get_state()
        states["numpy.random"] = (name, keys.tobytes(), *rest)
    if torch is not None:
        states["torch"] = torch.random.get_rng_state().numpy().tobytes()
    return states


def _weights(host: Host, plugin: Plugin) -> dict[str, tuple[bool, int]]:
    """Of every model whether it is in training mode, and a checksum of its weights."""
    store: Any = getattr(host.engine, "models", None)
    found: dict[str, tuple[bool, int]] = {}
    for spec in plugin.models.values() if store is not None else ():
        loaded = store.lease(plugin, spec)
        try:
            training = any(module.training for module in loaded.module.modules())
            found[spec.name] = (training, _checksum(loaded.module))
        finally:
            store.release(loaded)
    return found


def _checksum(module: Any) -> int:
    import torch

    checksum = 0
    for name, tensor in module.state_dict().items():
        raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        checksum = zlib.crc32(raw.numpy().tobytes(), zlib.crc32(name.encode(), checksum))
    return checksum


def _changes(
    before: Mapping[str, tuple[bool, int]], after: Mapping[str, tuple[bool, int]]
) -> list[str]:
    changes = []
    for name, (training, checksum) in after.items():
        if training:
            changes.append(f"{name} is in training mode")
        if checksum != before[name][1]:
            changes.append(f"the weights of {name} are others than before")
    return changes
