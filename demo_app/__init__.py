"""demo_app: every PyTorch model is one folder away from a live, inspectable, typed demo.

What a plugin needs is importable from here; see ``demo_app.hookspecs`` for the contract. Each name
is imported when it is first used: pytest imports this package in every run, for its fixtures.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from demo_app.actions import action
    from demo_app.context import Context
    from demo_app.demo import Card, Demo, ModelSpec, TensorSpec
    from demo_app.errors import DemoError, InvalidInput
    from demo_app.evaluation import EvaluationJob
    from demo_app.explaining import explain
    from demo_app.files import File
    from demo_app.hookspecs import API_VERSION, hookimpl
    from demo_app.host import Host
    from demo_app.training import TrainJob
    from demo_app.wrapping import (
        ClassLabels,
        ImageInput,
        ImageOutput,
        NumberInputs,
        NumberOutput,
        TextInput,
        TextOutput,
        from_module,
    )

__version__ = "0.1.0"

__all__ = [
    "API_VERSION",
    "Card",
    "ClassLabels",
    "Context",
    "Demo",
    "DemoError",
    "EvaluationJob",
    "File",
    "Host",
    "ImageInput",
    "ImageOutput",
    "InvalidInput",
    "ModelSpec",
    "NumberInputs",
    "NumberOutput",
    "TensorSpec",
    "TextInput",
    "TextOutput",
    "TrainJob",
    "action",
    "explain",
    "from_module",
    "hookimpl",
]

_MODULES = {
    "actions": ("action",),
    "context": ("Context",),
    "demo": ("Card", "Demo", "ModelSpec", "TensorSpec"),
    "errors": ("DemoError", "InvalidInput"),
    "evaluation": ("EvaluationJob",),
    "explaining": ("explain",),
    "files": ("File",),
    "hookspecs": ("API_VERSION", "hookimpl"),
    "host": ("Host",),
    "training": ("TrainJob",),
    "wrapping": (
        *("ImageInput", "NumberInputs", "TextInput", "from_module"),
        *("ClassLabels", "ImageOutput", "NumberOutput", "TextOutput"),
    ),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, from the module that defines it."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
