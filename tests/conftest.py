"""Fixtures shared by all tests: a host with the built-in plugins, and one with what a test writes."""

import os
from collections.abc import Iterator

import pytest

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.pop("DEMO_APP_PLUGIN_DIRS", None)

from demo_app import Host


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """The app as it ships, for the local user."""
    with Host() as host:
        yield host
