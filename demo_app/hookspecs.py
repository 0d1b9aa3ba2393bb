"""The whole plugin contract.

A plugin is a module or package that implements some of these hooks, each marked with
``@hookimpl``; an implementation may leave out arguments that it does not need. All hooks but
``demo_call`` are called for their own plugin alone. None but ``demo_card`` is required.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import torch
    import typer

    from demo_app.demo import Card, Demo, ModelSpec
    from demo_app.evaluation import EvaluationJob
    from demo_app.host import Host
    from demo_app.training import TrainJob

API_VERSION = "1.1"
"""Which hooks and arguments there are; a plugin's pyproject.toml may ask for one.

A version adds hooks or arguments, and a plugin that was written before works on: an implementation
takes the arguments it names. What is to go is deprecated first: the warning names the plugin. Only
a version with another first number may take something away.
1.0: the first. 1.1: ``demo_settings``, ``demo_examples``; ``demo`` for start and shutdown.
"""
hookspec = pluggy.HookspecMarker("demo_app")
hookimpl = pluggy.HookimplMarker("demo_app")


@hookspec(firstresult=True)
def demo_card() -> Card:
    """Title, summary and place among the demos, at load. Cheap: neither torch nor gradio."""


@hookspec(firstresult=True)
def demo_settings() -> type:
    """A frozen dataclass whose fields are the plugin's settings; ``SecretStr`` marks secrets."""


@hookspec(firstresult=True)
def demo_models() -> Sequence[ModelSpec]:
    """The demo's models by name, each with its checkpoint or none. No torch import."""


@hookspec(firstresult=True)
def demo_build_model(name: str) -> torch.nn.Module:
    """The bare architecture of ``name``, on first use; the host fills in the checkpoint."""


@hookspec(firstresult=True)
def demo_actions() -> Sequence[Callable[..., Any]]:
    """The functions marked with ``@action``; each serves the page, the API, the CLI and pytest."""


@hookspec(firstresult=True)
def demo_examples() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Arguments of example calls, by the name of the action; asked for when they are needed."""


@hookspec(firstresult=True)
def demo_build_tab(demo: Demo) -> None:
    """Create Gradio components, for each page; the host has opened a Blocks of the tab's own."""


@hookspec(firstresult=True)
def demo_train(job: TrainJob) -> None:
    """Make the checkpoint of ``job.model`` (``demo-app train``) and hand it to ``job.save``."""


@hookspec(firstresult=True)
def demo_evaluate(job: EvaluationJob) -> Mapping[str, Any]:
    """Measure the stored checkpoint of ``job.model`` (``demo-app evaluate``).

    Returns metrics by name, each with ``value``, ``split`` and ``measured``: how it was measured.
    """


@hookspec(firstresult=True)
def demo_register_commands(cli: typer.Typer) -> None:
    """Add commands below ``demo-app PLUGIN``."""


@hookspec(firstresult=True)
def demo_startup(host: Host, demo: Demo) -> None:
    """Called once before the first page or call. An exception disables this plugin only."""


@hookspec(firstresult=True)
def demo_shutdown(host: Host, demo: Demo) -> None:
    """Called once when the host closes, or the plugin is unloaded: no call of it runs then."""


@hookspec(firstresult=True)
def demo_call(demo: Demo, action: str, arguments: Mapping[str, Any]) -> Any:
    """Wrap any call of any demo: mark it ``wrapper=True``, ``result = yield``, ``return result``.

    The arguments are validated. For a stream the result is its iterator: hand on an iterator.
    Only the core answers this hook; an implementation that is no wrapper is refused.
    """
