"""Serves the page, with defaults that are safe on a machine which others can reach."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from demo_app import discovery
from demo_app.errors import ConfigurationError
from demo_app.hf_space import is_public
from demo_app.host import Host
from demo_app.live import Live
from demo_app.surfaces.page.blocks import PageBlocks
from demo_app.surfaces.page.shell import build_page
from demo_app.surfaces.page.theme import css_path, script, theme
from demo_app.surfaces.startup import without_collecting

MAX_UPLOAD = "20mb"


def options() -> dict[str, Any]:
    """The arguments of Gradio's ``launch`` that do not depend on where the page is served."""
    return {
        "theme": theme(),
        "css_paths": [css_path()],
        "head": script(),
        "show_error": False,
        "max_file_size": MAX_UPLOAD,
        "enable_monitoring": False,
        "strict_cors": True,
        "ssr_mode": False,
        "share": False,
        "footer_links": ["api", "settings"],
        "blocked_paths": [str(discovery.built_in_root() / "checkpoints")],
    }


def serve(
    host: Host,
    *,
    address: str | None = None,
    port: int | None = None,
    open_browser: bool = False,
    mcp: bool = False,
    watch: bool = False,
) -> None:
    """Build the page and serve it until Ctrl-C.

    Args:
        host: whose demos are shown; closed at the end.
        address: the interface to listen on; None takes ``GRADIO_SERVER_NAME`` or 127.0.0.1.
        port: None takes ``GRADIO_SERVER_PORT`` or the first free one from 7860.
        open_browser: show the page in the default browser.
        mcp: offer the actions as MCP tools, too; otherwise ``GRADIO_MCP_SERVER`` says whether.
        watch: let the app follow its plugin directories; never on a public Space.

    Raises:
        ConfigurationError: MCP was asked for and cannot be served.
    """
    live = watch and not is_public()
    try:
        with without_collecting():
            further = {"inbrowser": open_browser, "mcp_server": mcp or None}
            page = launch(host, address=address, port=port, live=live, **further)
        if mcp and not page.mcp_server:
            raise ConfigurationError(f"MCP cannot be served: {page.mcp_error}")
        with Live(host, page.changed) if page.changed else nullcontext():
            page.block_thread()
    finally:
        host.close()


def launch(
    host: Host,
    *,
    address: str | None = None,
    port: int | None = None,
    live: bool = False,
    **further: Any,
) -> PageBlocks:
    """Build the page and serve it in the background; ``.close()`` on the result ends it.

    Args:
        host: whose demos are shown; closing it is the caller's.
        address: as in ``serve``.
        port: as in ``serve``.
        live: let open pages follow; see ``build_page``.
        further: more arguments of Gradio's ``launch``.
    """
    page = build_page(host, live=live)
    arguments = options() | {"server_name": address, "server_port": port}
    page.launch(prevent_thread_lock=True, **(arguments | further))
    return page
