"""Checks of the ways to call a plugin: its tab builds, and a call means the same on each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from demo_app.app_client import AppClient, plain
from demo_app.conformance.check import Finding, NotApplicable
from demo_app.conformance.examples import differences
from demo_app.conformance.trials import seeded, trials_of
from demo_app.host import Host
from demo_app.loading import contained, named
from demo_app.plugin import Plugin, State


def tab_builds(host: Host, plugin: Plugin) -> None:
    """The tab builds alone, without those of other plugins.

    ``demo_build_tab`` creates Gradio components in a Blocks that the host has opened. What it
    raises is the finding; the traceback is in ``demo-app plugins show NAME``.
    """
    if not plugin.implements("demo_build_tab"):
        raise NotApplicable("it has no tab")
    if plugin.state is not State.READY:
        raise NotApplicable(f"it is {plugin.state}")
    from demo_app.surfaces.page.shell import build_tab

    build_tab(host, plugin)
    if plugin.problem is not None:
        raise Finding(plugin.problem)


def surfaces_agree(host: Host, plugin: Plugin) -> None:
    """An example gives the same by its endpoint, by ``/call``, from the page and in Python.

    An action sees its arguments alike from every surface, so a difference comes from what a result
    holds: something that is no plain data, or that depends on who asks.
    """
    trials = [t for t in trials_of(host, plugin).trials if t.error is None and t.runs]
    expected = [plain(t.runs[0][-1] if t.runs[0] else None) for t in trials]
    with served(host) as address:
        for name, call in _ways(host, plugin, address):
            for trial, value in zip(trials, expected, strict=True):
                action, arguments = trial.example.action.name, seeded(trial.example)
                found, error = contained(lambda c=call, n=action, a=arguments: c(n, a))  # type: ignore[misc]
                if error is not None:
                    raise Finding(f"{trial.example} {name} raised {named(error)}")
                for difference in differences(value, found, "result"):
                    raise Finding(f"{trial.example} {name}: {difference}")


@contextlib.contextmanager
def served(host: Host) -> Iterator[str]:
    """The address of the host's app, served in the background."""
    from demo_app.surfaces.page.launch import launch

    page = launch(host, quiet=True)
    try:
        yield str(page.local_url)
    finally:
        with contextlib.redirect_stdout(None):
            page.close(verbose=False)


def _ways(
    host: Host, plugin: Plugin, address: str
) -> Iterator[tuple[str, Callable[[str, dict[str, Any]], Any]]]:
    """Each way to call an action, as another visitor, with what to call it."""
    from demo_app.surfaces.api import endpoint_name

    with AppClient(address) as client:
        yield (
            "by its endpoint",
            lambda action, given: client.endpoint(endpoint_name(plugin.name, action), **given),
        )
    with AppClient(address) as client:
        yield "by /call", lambda action, given: client.call(plugin.name, action, **given)
    yield "from the page", _from_the_page(host, plugin)


def _from_the_page(host: Host, plugin: Plugin) -> Callable[[str, dict[str, Any]], Any]:
    """A call as a handler of the tab makes it, in an event of one visitor's page."""
    import gradio as gr
    from gradio.context import LocalContext

    from demo_app.surfaces.visitors import PageDemo, Visitors

    demo = PageDemo(host, plugin, Visitors())

    def call(action: str, given: dict[str, Any]) -> Any:
        request = LocalContext.request.set(gr.Request(session_hash="a visitor"))
        try:
            return plain(demo.call(action, **given))
        finally:
            LocalContext.request.reset(request)

    return call
