"""``demo-app plugins``: what is there, in which state, and what each one offers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from demo_app import discovery
from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.surfaces.cli.options import Settings, complete_plugin, with_settings

_COLUMNS = ("name", "state", "version", "seconds", "origin")
_STYLES = {State.READY: "green", State.BLOCKED: "dim"}


def plugins(settings: Settings, ctx: typer.Context) -> None:
    """List the plugins where no command is given."""
    if ctx.invoked_subcommand is None:
        list_plugins(settings, as_json=False)


def list_plugins(
    settings: Settings,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print the report as JSON.")
    ] = False,
) -> None:
    """List every plugin: state, version, origin, seconds; what is wrong, and what to do.

    Works while any plugin is broken, and loads neither torch nor Gradio.
    """
    host = settings.host()
    if as_json:
        print(json.dumps(host.report(), ensure_ascii=False, indent=2))
    elif sys.stdout.isatty():
        _print_table(host)
    else:
        _print_lines(host)


def show(
    settings: Settings,
    *,
    plugin: Annotated[
        str, typer.Argument(help="The plugin's name.", autocompletion=complete_plugin)
    ],
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print all of it as JSON.")
    ] = False,
) -> None:
    """Show one plugin: state, traceback, card, models, and actions with their parameters."""
    from demo_app.surfaces.cli import details

    host = settings.host()
    record = host.plugin(discovery.plugin_name(plugin))
    if as_json:
        print(json.dumps(details.as_json(host, record), ensure_ascii=False, indent=2))
    else:
        details.show(host, record)


def _row(plugin: Plugin) -> tuple[str, ...]:
    return (
        plugin.name,
        str(plugin.state),
        plugin.version or "–",
        f"{plugin.seconds:.3f}",
        short(plugin.origin),
    )


def _print_table(host: Host) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        table.add_column(name, justify="right" if name == "seconds" else "left", overflow="fold")
    for plugin in host.plugins:
        cells = [Text(cell) for cell in _row(plugin)]
        cells[1].stylize(_STYLES.get(plugin.state, "red"))
        table.add_row(*cells)
    console.print(table)
    broken = [p for p in host.plugins if p.problem and p.state is not State.BLOCKED]
    for plugin in broken:
        console.print()
        console.print(Text.assemble(("✗ ", "red"), (plugin.name, "bold"), f" {plugin.problem}"))
        if plugin.remedy:
            console.print(Text(f"  {plugin.remedy}"))
    for plugin in host.plugins:
        for warning in plugin.warnings:
            console.print(Text.assemble(("! ", "yellow"), (plugin.name, "bold"), f" {warning}"))
    if any(plugin.traceback for plugin in broken):
        console.print(Text("\ndemo-app plugins show NAME prints the traceback.", style="dim"))


def _print_lines(host: Host) -> None:
    rows = [_COLUMNS, *map(_row, host.plugins)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    problems: list[Plugin | None] = [None, *host.plugins]
    for row, plugin in zip(rows, problems, strict=True):
        print("  ".join(map(str.ljust, row, widths)).rstrip())
        for text in (plugin.problem, plugin.remedy, *plugin.warnings) if plugin else ():
            if text and plugin and plugin.state is not State.BLOCKED:
                print(f"    {' '.join(text.split())}")


def short(origin: str) -> str:
    """Where a plugin is from, in few words: a path below here or home is shown from there on."""
    path = Path(origin)
    if discovery.is_built_in(path):
        return "built-in"
    if path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else origin


cli = typer.Typer(help="See what is there and what is wrong with it.", rich_markup_mode="rich")
cli.callback(invoke_without_command=True)(with_settings(plugins))
cli.command("list")(with_settings(list_plugins))
cli.command("show")(with_settings(show))
