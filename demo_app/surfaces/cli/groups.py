"""Groups of commands that are known only once the plugins are loaded."""

from __future__ import annotations

from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from demo_app.discovery import plugin_name
from demo_app.errors import DemoError, DemoUnavailable, Unknown, suggestion
from demo_app.host import Host
from demo_app.loading import contained, named
from demo_app.plugin import Plugin, State
from demo_app.surfaces.cli.options import Settings, with_settings

# Contexts and commands are Any below: typer's own types for them are private.


class RootGroup(TyperGroup):
    """The host's commands, and below the name of a plugin those that it registers."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The host's command of that name, or the plugin's; plugins load only for the latter."""
        if found := super().get_command(ctx, cmd_name):
            return found
        host = Settings.of(ctx).host()
        try:
            return commands_of(host.plugin(plugin_name(cmd_name)))
        except DemoError as error:
            if ctx.resilient_parsing:
                return None
            if not isinstance(error, Unknown):
                raise
        hint = suggestion(cmd_name, {plugin.name for plugin in host.plugins})
        if hint and not suggestion(cmd_name, self.commands):
            ctx.fail(f"No such command {cmd_name!r}.{hint}")
        return None


def commands_of(plugin: Plugin) -> Any:
    """The commands that a plugin registers, as a group of its name.

    Raises:
        DemoUnavailable: it registers none, its hook raised, or the plugin did not load.
    """
    # A missing checkpoint is no obstacle: a command may be what makes it.
    if plugin.state is not State.CHECKPOINT_FAILED:
        plugin.require_ready()
    if not plugin.implements("demo_register_commands"):
        raise DemoUnavailable(
            f"{plugin.name} adds no commands of its own. Its actions: demo-app call {plugin.name}"
        )
    cli = typer.Typer(name=plugin.name, help=_summary(plugin), rich_markup_mode="rich")
    # Kept unless the plugin sets its own; it makes a group of a single command, too.
    cli.callback(invoke_without_command=True)(_help)
    _, error = contained(lambda: plugin.call_hook("demo_register_commands", cli=cli))
    if error is not None:
        raise DemoUnavailable(
            f"{plugin.name}: demo_register_commands() raised {named(error)}"
        ) from error
    return typer.main.get_group(cli)


def _summary(plugin: Plugin) -> str:
    """What the plugin says of itself; square brackets in it are no markup."""
    return escape(f"{plugin.title}: {plugin.card.summary}" if plugin.card else plugin.title)


def _help(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


class DemoGroup(TyperGroup):
    """``demo-app call``: a group for each demo."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note the options that select plugins, which may stand anywhere in the command."""
        ctx.obj = Settings.of(ctx.parent).joined(Settings.scan(args))
        return super().parse_args(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The group of that demo's actions.

        Raises:
            Unknown: there is no such plugin.
            DemoUnavailable: it is not ready.
        """
        host = _host(ctx)
        if ctx.resilient_parsing and plugin_name(cmd_name) not in host:
            return None
        plugin = host.plugin(plugin_name(cmd_name))
        plugin.require_ready()
        return actions_of(host, plugin)

    def list_commands(self, ctx: Any) -> list[str]:
        """The ready demos that have actions."""
        host = _host(ctx)
        return [name for name in host if host.plugin(name).actions]


def _host(ctx: Any) -> Host:
    if isinstance(ctx.obj, Settings):
        ctx.obj = ctx.obj.host()
    host: Host = ctx.obj
    return host


class ActionGroup(TyperGroup):
    """``demo-app call PLUGIN``: a command for each action."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that action; ``-`` may stand for ``_``.

        Raises:
            Unknown: there is no such action.
        """
        found = super().get_command(ctx, cmd_name.replace("-", "_"))
        if found is None and not ctx.resilient_parsing:
            raise Unknown(f"action of {self.name}", cmd_name, self.commands)
        return found


def actions_of(host: Host, plugin: Plugin) -> Any:
    """The actions of a demo as a group of commands."""
    from demo_app.surfaces.cli.actions import command, example

    cli = typer.Typer(
        name=plugin.name,
        cls=ActionGroup,
        help=_summary(plugin),
        subcommand_metavar="ACTION [OPTIONS]",
        epilog=f"demo-app plugins show {plugin.name} says more of its models.",
        rich_markup_mode="rich",
    )
    cli.callback(invoke_without_command=True)(with_settings(print_help))
    for name, action in plugin.actions.items():
        epilog = f"Example: {escape(example(plugin.name, action))}"
        cli.command(name, epilog=epilog, rich_help_panel="Actions")(
            command(host, plugin.name, action)
        )
    return typer.main.get_group(cli)


def print_help(settings: Settings, ctx: typer.Context) -> None:
    """Print a group's help where it was called without a command."""
    _help(ctx)
