"""The tab of every kind of new plugin, on a live page into which it is dropped."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from demo_app import Host
from demo_app.live import Live
from demo_app.surfaces.page.launch import launch
from tests.browser.visiting import visited


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    (tmp_path / "plugins").mkdir()
    return tmp_path / "plugins"


@pytest.fixture
def page(browser: Browser, plugins: Path, uploads: Path) -> Iterator[Page]:
    """A live page without any plugin."""
    told: list[str] = []
    with Host([plugins], discover=False) as host:
        served = launch(host, live=True, quiet=True)
        assert served.changed is not None
        with (
            Live(host, served.changed, tell=lambda line: None),
            visited(browser, served.local_url, told) as page,
        ):
            page.get_by_role("tab").first.wait_for()
            yield page
        served.close()
    assert told == []


def test_each_kind_works_where_it_is_dropped_in(
    page: Page, plugins: Path, new_plugins: Mapping[str, Path]
) -> None:
    for folder in new_plugins.values():
        shutil.copytree(folder, plugins / folder.name)
    page.get_by_role("tab", name="My blank").click()
    page.get_by_label("number input for x").fill("4")
    page.get_by_label("number input for x").press("Enter")
    expect(page.get_by_label("y", exact=True)).to_have_value(re.compile(r"^1[34]\.[09]"))

    page.get_by_role("tab", name="My tabular").click()
    page.get_by_text("6.6", exact=True).click()
    expect(page.get_by_text("virginica").first).to_be_visible()

    page.get_by_role("tab", name="My text").click()
    page.get_by_role("button", name="Write").click()
    page.wait_for_function(
        "[...document.querySelectorAll('textarea')].some(t => t.value.length > 300)"
    )

    page.get_by_role("tab", name="My image").click()
    page.get_by_role("button", name="image", exact=True).nth(3).click()
    expect(page.get_by_test_id("label-output-value").filter(visible=True)).to_have_text("star")
