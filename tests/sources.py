"""Plugins for tests: as text, to be written to disk, and as modules made of functions."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from demo_app import Card, hookimpl

IMPORTS = """\
from demo_app import Card, Context, ModelSpec, action, hookimpl
"""

CARD = """
@hookimpl
def demo_card():
    return Card(title="Something", summary="For one test.")
"""

MINIMAL = IMPORTS + CARD
"""The smallest plugin there can be."""

GREETER = (
    MINIMAL
    + """
@action
def greet(ctx: Context, *, name: str = "you") -> str:
    return f"hello {name}"

@hookimpl
def demo_actions():
    return [greet]
"""
)
"""A plugin whose action ``greet`` shows that it works."""

LINEAR = (
    MINIMAL
    + """
@hookimpl
def demo_models():
    return [ModelSpec(name="net", checkpoint="net.safetensors")]

@hookimpl
def demo_build_model(name):
    import torch

    return torch.nn.Linear(2, 1)

@action
def weights(ctx: Context) -> list[list[float]]:
    return ctx.model().weight.tolist()

@hookimpl
def demo_actions():
    return [weights]
"""
)
"""A plugin with one model, whose checkpoint a test puts beside it."""


def leaves_a_mark(source: str) -> str:
    """The same plugin, which writes a file beside itself when it is imported."""
    mark = "import pathlib; pathlib.Path(__file__).with_name('imported').touch()\n"
    return mark + source


def module_of(*actions: Callable[..., Any], **hooks: Any) -> ModuleType:
    """A plugin module with those actions, and hooks by name: a function, or one with its options.

    ``demo_call=(function, {"wrapper": True})`` is marked ``@hookimpl(wrapper=True)``.
    """
    module = ModuleType("made")
    known: dict[str, Any] = {
        "demo_card": lambda: Card(title="Made", summary="For one test."),
        "demo_actions": lambda: list(actions),
    }
    for name, hook in (known | hooks).items():
        function, options = hook if isinstance(hook, tuple) else (hook, {})
        function.__name__ = name
        setattr(module, name, hookimpl(**options)(function))
    return module
