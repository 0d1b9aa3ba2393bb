"""demo_app: every PyTorch model is one folder away from a live, inspectable, typed demo.

What a plugin needs is importable from here; see ``demo_app.hookspecs`` for the contract.
"""

from typing import Any

from demo_app.actions import action
from demo_app.context import Context
from demo_app.demo import Card, Demo, ModelSpec, TensorSpec
from demo_app.errors import DemoError, InvalidInput
from demo_app.evaluation import EvaluationJob
from demo_app.files import File
from demo_app.hookspecs import API_VERSION, hookimpl
from demo_app.host import Host
from demo_app.training import TrainJob

__version__ = "0.1.0"

__all__ = [
    "API_VERSION",
    "Card",
    "Context",
    "Demo",
    "DemoError",
    "EvaluationJob",
    "File",
    "Host",
    "InvalidInput",
    "ModelSpec",
    "TensorSpec",
    "TrainJob",
    "action",
    "explain",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    """``explain``, which most of those who import this package never call, when it is asked for."""
    if name == "explain":
        from demo_app.explaining import explain

        return explain
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
