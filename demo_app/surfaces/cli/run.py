"""``demo-app run``: serves the page."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from demo_app import devices
from demo_app.errors import ConfigurationError
from demo_app.plugin import State
from demo_app.surfaces.cli.logs import show_tracebacks
from demo_app.surfaces.cli.options import Settings
from demo_app.surfaces.mcp import require_packages
from demo_app.surfaces.startup import without_collecting


def run(
    settings: Settings,
    *,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The address to listen on; 0.0.0.0 lets other machines in. "
            "[dim]\\[default: GRADIO_SERVER_NAME or 127.0.0.1][/dim]",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            metavar="PORT",
            help="[dim]\\[default: GRADIO_SERVER_PORT or the first free one from 7860][/dim]",
        ),
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open", metavar="", help="Show the page in the browser.")
    ] = False,
    mcp: Annotated[
        bool,
        typer.Option(
            "--mcp", metavar="", help="Offer the actions to language models, as MCP tools."
        ),
    ] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch/--no-watch",
            metavar="",
            help="Follow the plugin folders: what is dropped in, changed or removed is on the page "
            "at once. Off on Hugging Face Spaces.",
        ),
    ] = True,
) -> None:
    """Serve the page with a tab for every demo, until Ctrl-C."""
    requested = devices.requested()
    if requested and not requested.startswith("cpu"):
        devices.choose()
    if mcp:
        require_packages()
    demos = settings.host()
    for plugin in demos.plugins:
        if plugin.problem is not None and plugin.state is not State.BLOCKED:
            print(f"demo-app: {plugin.name}: {plugin.problem}", file=sys.stderr)
    with without_collecting():
        # Importing Gradio costs seconds, which wrong options should not.
        from demo_app.surfaces.page.launch import serve

    show_tracebacks()
    try:
        serve(demos, address=host, port=port, open_browser=open_browser, mcp=mcp, watch=watch)
    except OSError as error:
        raise ConfigurationError(f"The page cannot be served: {error}") from error
