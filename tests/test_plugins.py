"""The built-in plugins keep the contract, each one that there is."""

from collections.abc import Callable

from demo_app import Host
from demo_app.testing import parametrize_with_checks


@parametrize_with_checks(Host())
def test_a_built_in_plugin_keeps_the_contract(check: Callable[[], None]) -> None:
    check()
