"""Checks of what example calls leave behind: nothing, but for results."""

from __future__ import annotations

from demo_app.conformance.check import Finding, NotApplicable
from demo_app.conformance.trials import trials_of
from demo_app.host import Host
from demo_app.plugin import Plugin


def models_stay(host: Host, plugin: Plugin) -> None:
    """The loaded models stay in eval mode, and their weights as they were loaded.

    They are shared by every visitor. An action that trains takes a private copy,
    ``ctx.model(name, trainable=True)``.
    """
    if not plugin.models:
        raise NotApplicable("it has no models")
    if changes := trials_of(host, plugin).changed_models:
        raise Finding("; ".join(changes))


def random_state_stays(host: Host, plugin: Plugin) -> None:
    """The global random states of Python, NumPy and torch are what they were.

    Calls of other visitors run at the same time, and a seed must mean the same for each. Draw from
    ``ctx.rng``, or a generator of your own; ``torch.manual_seed`` changes everybody's.
    """
    if changed := trials_of(host, plugin).changed_random:
        raise Finding(f"The global random state of {', '.join(changed)} changed.")


def writes_nothing_else(host: Host, plugin: Plugin) -> None:
    """Nothing is written outside of the plugin's data folder and temporary files.

    The plugin's own folder may be read-only, and an app that follows its folders would load the
    plugin anew. Write to ``ctx.data_folder``, or return a ``File``.
    """
    if written := trials_of(host, plugin).written:
        raise Finding(f"It wrote to {', '.join(written[:3])}")


def stays_offline(host: Host, plugin: Plugin) -> None:
    """Nothing outside of this machine is asked for anything.

    A demo works without a network, and a visitor's text or photo stays here. If asking a service is
    what your plugin does, say so: ``expected_failures={"network": "asks the weather service"}``.
    """
    if asked := trials_of(host, plugin).connections:
        raise Finding(f"It asked {', '.join(dict.fromkeys(asked))}")
