"""MCP: what it needs is named before anything is served, and a tool reads no file of the server.

The round trip with a client needs packages that clash with those of the other tests; it is in
``tests/mcp_round_trip.py``.
"""

from importlib import metadata
from typing import Any

import pytest

from demo_app.errors import ConfigurationError, InvalidInput
from demo_app.surfaces.mcp import require_packages
from demo_app.surfaces.page.blocks import PageBlocks

MARK = {"_type": "gradio.FileData"}


class ServerOfGradio:
    """Stands in for ``GradioMCPServer``, which cannot be imported without the package mcp."""

    def _prepare_tool_call_args(self, name: str, arguments: dict[str, Any]) -> tuple[Any, ...]:
        return name, arguments


@pytest.fixture
def server() -> Any:
    """The server as a page holds it."""
    page = PageBlocks(analytics_enabled=False)
    page.mcp_server_obj = ServerOfGradio()
    return page.mcp_server_obj


def installed(monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    """Let the package mcp be there in that version, or not at all."""
    real = metadata.version

    def look_up(name: str) -> str:
        if name != "mcp":
            return real(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, "version", look_up)


def test_the_package_that_fits_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "1.30.0")
    require_packages()


@pytest.mark.parametrize(
    ("version", "what"), [(None, "the package mcp is missing"), ("2.3.0", "mcp 2.3.0 does not fit")]
)
def test_another_or_none_is_an_error_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, version: str | None, what: str
) -> None:
    installed(monkeypatch, version)
    with pytest.raises(ConfigurationError) as refused:
        require_packages()
    command = f"pip install 'gradio[mcp]=={metadata.version('gradio')}'"
    assert str(refused.value) == f"--mcp: {what}. Install it: {command}"


def test_a_page_without_mcp_has_no_server() -> None:
    assert PageBlocks(analytics_enabled=False).mcp_server_obj is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"image": {"path": "/etc/passwd", "meta": MARK}},
        {"arguments": {"files": [{"path": "/etc/passwd", "meta": MARK}]}},
        {"image": {"path": "https://example.org/x.png", "meta": MARK}},
    ],
    ids=["a file", "a file deep inside", "an address"],
)
def test_a_tool_is_given_no_file_that_its_caller_only_names(
    server: Any, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match="uploaded first"):
        server._prepare_tool_call_args("call", arguments)


@pytest.mark.parametrize(
    "arguments", [{"path": "/etc/passwd", "top_k": 3}, {"image": "data:image/png;base64,AAAA"}]
)
def test_a_tool_is_given_texts_and_what_is_sent_along(
    server: Any, arguments: dict[str, Any]
) -> None:
    assert server._prepare_tool_call_args("call", arguments) == ("call", arguments)
