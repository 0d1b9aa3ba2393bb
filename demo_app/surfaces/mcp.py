"""MCP: the endpoints as tools of language models, served by Gradio beside the page."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement

from demo_app.errors import ConfigurationError


def require_packages() -> None:
    """Check that what Gradio needs for MCP is there, without importing any of it.

    Raises:
        ConfigurationError: it is missing or of a version that does not fit; the text has the
            command that installs it.
    """
    for requirement in map(Requirement, metadata.requires("gradio") or ()):
        if requirement.name != "mcp":
            continue
        try:
            found = metadata.version("mcp")
        except metadata.PackageNotFoundError:
            found = ""
        if not found or not requirement.specifier.contains(found, prereleases=True):
            gradio = f"gradio[mcp]=={metadata.version('gradio')}"
            what = f"mcp {found} does not fit" if found else "the package mcp is missing"
            raise ConfigurationError(f"--mcp: {what}. Install it: pip install '{gradio}'")


def take_uploads_only(server: Any) -> None:
    """Let a tool be called with files that were uploaded or are sent along, and no others.

    Gradio hands the arguments of a tool to a client of its own, inside this process, and that
    client uploads whatever file of this machine they name.

    Args:
        server: Gradio's ``GradioMCPServer``.
    """
    from demo_app.surfaces.uploads import refuse_foreign_files

    prepare = server._prepare_tool_call_args

    def prepare_checked(name: str, arguments: Mapping[str, Any]) -> Any:
        refuse_foreign_files(arguments, opens_files=False)
        return prepare(name, arguments)

    server._prepare_tool_call_args = prepare_checked
