"""The linter, given a module and the shapes of its inputs."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from demo_app import TensorSpec

Lint = Callable[..., list[Any]]


@pytest.fixture(scope="session")
def linting(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("linting")


@pytest.fixture(scope="session")
def lint(linting: ModuleType) -> Lint:
    """Lints a module; an input is a shape, or a ``TensorSpec`` where the dtype matters."""

    def lint(model: nn.Module, *inputs: Any, **options: Any) -> list[Any]:
        specs = [
            given if isinstance(given, TensorSpec) else TensorSpec(shape=given) for given in inputs
        ]
        parts: Mapping[str, Any] | None = options.pop("parts", None)
        findings: list[Any] = linting.lint(model, parts or specs or None, **options)
        return findings

    return lint
