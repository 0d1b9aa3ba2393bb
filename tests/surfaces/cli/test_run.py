"""``demo-app run``, and ``demo-app`` alone: what reaches the server, and what stops it before."""

import logging
import sys
from collections.abc import Callable
from importlib import metadata
from types import ModuleType
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the stand-in for the server was asked to serve."""
    calls: list[dict[str, Any]] = []

    def serve(host: Any, **options: Any) -> None:
        calls.append({"demos": [plugin.name for plugin in host.plugins], **options})

    launch = ModuleType("demo_app.surfaces.page.launch")
    launch.serve = serve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, launch.__name__, launch)
    monkeypatch.delenv("DEMO_APP_DEVICE", raising=False)
    return calls


@pytest.mark.parametrize("words", [[], ["run"]], ids=["alone", "run"])
def test_serves_at_the_usual_place(
    demo_app: Run, served: list[dict[str, Any]], words: list[str]
) -> None:
    assert demo_app(*words).code == 0
    usual = {"address": None, "port": None, "open_browser": False, "mcp": False, "watch": True}
    assert served == [{"demos": [], **usual}]


def test_serves_where_the_options_say(
    demo_app: Run, write_plugin: Run, served: list[dict[str, Any]]
) -> None:
    write_plugin("broken", "1 / 0")
    ran = demo_app("run", "--host", "0.0.0.0", "--port", "8000", "--open")
    assert served == [
        {
            "demos": ["broken"],
            "address": "0.0.0.0",
            "port": 8000,
            "open_browser": True,
            "mcp": False,
            "watch": True,
        }
    ]
    assert ran.err.startswith("demo-app: broken: It raised an exception while it was imported")


def test_does_not_follow_the_plugin_folders_where_that_is_not_wanted(
    demo_app: Run, served: list[dict[str, Any]]
) -> None:
    demo_app("run", "--no-watch")
    assert served[0]["watch"] is False


@pytest.mark.parametrize("device", ["gpu", "cuda:99"])
def test_a_device_that_is_not_there_is_an_error_before_anything_is_served(
    demo_app: Run,
    served: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    device: str,
) -> None:
    monkeypatch.setenv("DEMO_APP_DEVICE", device)
    ran = demo_app("run")
    assert (ran.code, served) == (2, [])
    assert ran.err.startswith("demo-app: DEMO_APP_DEVICE=")
    assert ran.err.count("\n") == 1


def test_a_port_that_is_taken_is_an_error(
    demo_app: Run, served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("Cannot find empty port in range: 8000-8000.")

    monkeypatch.setattr(sys.modules["demo_app.surfaces.page.launch"], "serve", refuse)
    ran = demo_app("run", "--port", "8000")
    assert (ran.code, served) == (2, [])
    assert ran.err.startswith("demo-app: The page cannot be served: Cannot find empty port")


def test_a_port_out_of_range_is_wrong_usage(demo_app: Run, served: list[dict[str, Any]]) -> None:
    assert (demo_app("run", "--port", "70000").code, served) == (2, [])


def test_the_actions_are_offered_as_tools_where_that_is_asked_for(
    demo_app: Run, served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo_app.surfaces.cli.run.require_packages", lambda: None)
    assert demo_app("run", "--mcp").code == 0
    assert served[0]["mcp"] is True


def test_without_the_packages_for_it_the_command_that_installs_them_is_told(
    demo_app: Run, served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        if name == "mcp":
            raise metadata.PackageNotFoundError(name)
        return "6.31.0"

    monkeypatch.setattr(metadata, "version", missing)
    ran = demo_app("run", "--mcp")
    assert (ran.code, served) == (2, [])
    assert ran.err == (
        "demo-app: --mcp: the package mcp is missing. "
        "Install it: pip install 'gradio[mcp]==6.31.0'\n"
    )


def test_a_server_logs_the_tracebacks_that_its_visitors_do_not_see(
    demo_app: Run, served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        try:
            raise RuntimeError("inside an action")
        except RuntimeError:
            logging.getLogger("demo_app.engine").exception("a.b failed")

    monkeypatch.setattr(sys.modules["demo_app.surfaces.page.launch"], "serve", fail)
    err = demo_app("run").err
    assert "ERROR demo_app.engine: a.b failed\nTraceback (most recent call last):" in err
    assert err.endswith("RuntimeError: inside an action\n")
