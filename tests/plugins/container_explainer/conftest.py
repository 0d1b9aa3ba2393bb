"""The plugin's modules, and explanations of architectures that a test writes itself."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from demo_app import Demo, Host, TensorSpec
from demo_app.meta import build_on_meta


@pytest.fixture(scope="session")
def demo(host: Host) -> Demo:
    return host["container_explainer"]


@pytest.fixture(scope="session")
def module(demo: Demo) -> Callable[[str], ModuleType]:
    """A module of the plugin by its bare name, as the host imported it."""
    return lambda name: importlib.import_module(f"{demo.module.__name__}.{name}")


@pytest.fixture(scope="session")
def take_apart(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Explains what ``architecture`` builds, run with inputs of the given shapes.

    An input is a shape, or a ``TensorSpec`` where the dtype matters; ``parts`` has those of the
    parts that are called apart.
    """

    def take_apart(
        architecture: Callable[[], nn.Module],
        *inputs: Any,
        parts: Mapping[str, Sequence[Any]] | None = None,
        **options: Any,
    ) -> Any:
        given = parts or ({"": inputs} if inputs else {})
        specs = {
            path: [i if isinstance(i, TensorSpec) else TensorSpec(shape=i) for i in each]
            for path, each in given.items()
        }
        built = build_on_meta(architecture)
        options = {"model": "some/model", "title": "Some model", **options}
        return module("anatomy.explanation").explain_module(built, specs, **options)

    return take_apart
