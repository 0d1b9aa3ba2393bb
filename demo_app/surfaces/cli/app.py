"""The command ``demo-app``: its own options, and the commands it is made of."""

from __future__ import annotations

from typing import Annotated

import typer

from demo_app.surfaces.cli import check, evaluate, new, plugins, run, train
from demo_app.surfaces.cli.groups import DemoGroup, RootGroup, print_help
from demo_app.surfaces.cli.options import Settings, with_settings

HELP = """Trained PyTorch models, live and open to inspection.

Without a command, [bold]demo-app[/bold] serves the page, as [bold]demo-app run[/bold] does. Every
action of every demo is also a command: [bold]demo-app call[/bold] lists them.
"""
EPILOG = """[bold]Examples[/bold]

  demo-app                                   serve the page
  demo-app plugins list                      what is there, and in which state
  demo-app call image_classifier             what a demo can do
  demo-app call image_classifier classify --image cat.jpg
  demo-app evaluate text_generator --check   verify what a checkpoint states
  demo-app new my_model --kind image         begin a plugin of your own
  demo-app check --plugin-dir ~/demos mine   test it


A plugin may add commands of its own: demo-app PLUGIN --help


[bold]Exit codes[/bold]

    0  done
    1  an action or a check failed
    2  wrong usage or input
    3  no such plugin, action or model
    4  plugin or checkpoint unavailable
    5  out of memory
  130  interrupted by Ctrl-C
  141  the reader of a pipe went away
"""
CALL_HELP = """Run an action of a demo and print its result.

Pictures and files go in by their paths ([bold]-[/bold] is standard input) and out to
[bold]--out[/bold]. Any other value may be read from a file: [bold]--code @net.py[/bold]; a text
that begins with @ is written with two of them. Values that are no text or number are JSON.
A stream is shown as it comes; Ctrl-C once ends it with the best so far, twice aborts.
"""
USE, MAKE = "Use", "Make and mend"

cli = typer.Typer(
    cls=RootGroup,
    help=HELP,
    epilog=EPILOG,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from demo_app import __version__

        typer.echo(f"demo-app {__version__}")
        raise typer.Exit


@cli.callback(invoke_without_command=True)
@with_settings
def root(
    settings: Settings,
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            help="Print the version.",
            is_eager=True,
            callback=_print_version,
        ),
    ] = False,
) -> None:
    """Serve the page where no command is given."""
    if ctx.invoked_subcommand is None:
        run.run(settings)


calls = typer.Typer(cls=DemoGroup, rich_markup_mode="rich")
calls.callback(
    invoke_without_command=True,
    help=CALL_HELP,
    subcommand_metavar="PLUGIN ACTION [OPTIONS]",
)(with_settings(print_help))

cli.command(rich_help_panel=USE)(with_settings(run.run))
cli.add_typer(calls, name="call", rich_help_panel=USE)
cli.add_typer(plugins.cli, name="plugins", rich_help_panel=USE)
cli.command(rich_help_panel=MAKE)(with_settings(new.new))
cli.command(rich_help_panel=MAKE)(with_settings(train.train))
cli.command(rich_help_panel=MAKE)(with_settings(evaluate.evaluate))
cli.command(rich_help_panel=MAKE)(with_settings(check.check))
