"""``demo-app new``: a complete plugin to begin with, trained and tested."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from demo_app import discovery, scaffold
from demo_app.surfaces.cli.options import Settings
from demo_app.surfaces.cli.train import make


def new(
    settings: Settings,
    *,
    name: Annotated[str, typer.Argument(help="What the plugin is called.", metavar="NAME")],
    kind: Annotated[
        Literal["image", "text", "tabular", "blank"],
        typer.Option(help="What its model takes: pictures, text, rows of numbers, or the least."),
    ] = "blank",
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="The folder that gets it. [dim]\\[default: ./plugins, or here][/dim]",
        ),
    ] = None,
) -> None:
    """Write a plugin that works as it is: model, actions, page, training, tests. Then change it."""
    plugin = scaffold.checked_name(name)
    directory = (into or _usual_place()).expanduser().absolute()
    folder = scaffold.write_plugin(plugin, kind, directory, prepare=_train)
    shown = _short(folder)
    further = "" if _is_looked_into(directory) else f" --plugin-dir {_short(directory)}"
    typer.echo(
        f"\n{shown} is complete. Next:\n\n"
        f"  demo-app{further}\n"
        f"  demo-app check {plugin}{further}\n"
        f"  python -m pytest {shown}\n\n"
        f"Then make it yours, beginning with {shown}/README.md."
    )


def _train(folder: Path) -> None:
    """Make the checkpoint by the plugin's own training, and measure it."""
    settings = Settings(plugin_dirs=(folder.parent,), only=(folder.name,))
    make(settings, folder.name, None, data=None, out=folder / "net.safetensors", measures=True)


def _usual_place() -> Path:
    here = Path.cwd()
    return here / "plugins" if (here / "plugins").is_dir() else here


def _is_looked_into(directory: Path) -> bool:
    return directory in [path.absolute() for path in discovery.default_directories()]


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
