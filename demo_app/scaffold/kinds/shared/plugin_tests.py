"""The contract of demo_app, and what this demo promises."""

from collections.abc import Callable
from pathlib import Path

from demo_app import Demo
from demo_app.app_client import AppClient
from demo_app.testing import parametrize_with_checks


@parametrize_with_checks(Path(__file__).parents[1])
def test_contract(check: Callable[[], None]) -> None:
    """Every check of docs/checks.md."""
    check()


def test_the_checkpoint_says_how_good_it_is(demo: Demo) -> None:
    """demo-app evaluate has measured it."""
    metadata = demo.metadata()
    assert metadata is not None
    assert metadata.metrics


def test_every_example_is_answered_over_http(demo: Demo, client: AppClient) -> None:
    """As a client of the served app would ask."""
    for action, calls in demo.examples().items():
        for arguments in calls:
            assert client.call(demo.name, action, **arguments) is not None
