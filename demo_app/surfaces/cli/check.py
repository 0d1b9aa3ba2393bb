"""``demo-app check``: whether plugins keep the contract, one line a check."""

from __future__ import annotations

from typing import Annotated

import typer

from demo_app.discovery import plugin_name
from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.surfaces.cli.options import Settings, complete_plugin

_MARKS = {True: ("✓", typer.colors.GREEN), False: ("✗", typer.colors.RED), None: ("–", None)}


def check(
    settings: Settings,
    *,
    plugin: Annotated[
        str | None,
        typer.Argument(help="One demo; all if left out.", autocompletion=complete_plugin),
    ] = None,
) -> None:
    """Check plugins: contract, checkpoints against architectures, tabs. Exit code 1 on failure."""
    with settings.host() as host:
        if plugin is None:
            plugins = [p for p in host.plugins if p.state is not State.BLOCKED]
        else:
            plugins = [host.plugin(plugin_name(plugin))]
        failed = sum(_report(host, record) for record in plugins)
    if failed:
        typer.echo(f"demo-app: {failed} {'checks' if failed > 1 else 'check'} failed", err=True)
        raise typer.Exit(1)


def _report(host: Host, plugin: Plugin) -> int:
    """Print how a plugin did, and count what failed."""
    from demo_app import conformance

    typer.secho(plugin.name, bold=True)
    failed = 0
    for outcome in conformance.outcomes(host, plugin):
        mark, colour = _MARKS[outcome.passed]
        text = " ".join((outcome.text or outcome.check.reason).split())
        if outcome.passed is False:
            text += f" ({outcome.check.link})"
        typer.echo(f"  {typer.style(mark, fg=colour)} {outcome.check.name}: {text}")
        failed += outcome.passed is False
    return failed
