"""Runs programs, as the plugin does."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def run(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """``program.run`` of the plugin."""
    return module("language.program").run


@pytest.fixture(scope="session")
def refused(module: Callable[[str], ModuleType], run: Callable[..., Any]) -> Callable[[str], Any]:
    """The error with which a program is refused."""

    def refused(code: str) -> Any:
        with pytest.raises(module("language.errors").CodeError) as caught:
            run(code)
        return caught.value

    return refused
