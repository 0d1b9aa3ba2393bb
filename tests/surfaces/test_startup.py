"""The start of an app: what is made then is not looked through for garbage, then or later."""

import gc
from collections.abc import Iterator

import pytest

from demo_app import Host
from demo_app.surfaces.page.shell import build_page
from demo_app.surfaces.startup import without_collecting


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_the_collector_rests_inside_and_works_afterwards() -> None:
    with without_collecting():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_made_inside_is_spared_afterwards() -> None:
    with without_collecting():
        made = [object()]
    assert not any(tracked is made for tracked in gc.get_objects())


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with without_collecting():
        pass
    assert not gc.isenabled()


def test_an_exception_inside_leaves_the_collector_at_work() -> None:
    with pytest.raises(KeyError), without_collecting():
        raise KeyError
    assert gc.isenabled()


def test_the_config_of_a_page_that_is_not_launched_describes_every_component() -> None:
    page = build_page(Host(discover=False))
    assert {component["id"] for component in page.config["components"]} == set(page.blocks)
