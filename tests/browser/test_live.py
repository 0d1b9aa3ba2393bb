"""An open page follows: plugins come, break, are mended, change and go, and the rest stays."""

import re
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from demo_app import Host
from demo_app.app_client import AppClient
from demo_app.collecting import collect
from demo_app.live import Live
from demo_app.surfaces.page.launch import launch
from demo_app.surfaces.page.places import SPARE
from demo_app.testing import write_plugin
from tests.browser.live_plugins import source
from tests.browser.visiting import visited

STREAM = """
from collections.abc import Iterator

import threading

from demo_app import Card, Context, action, hookimpl


@hookimpl
def demo_card():
    return Card(title="Counter", summary="Counts.", order=1)


@action
def count(ctx: Context) -> Iterator[int]:
    for number in range(10_000):
        yield number
        if ctx.stopped or threading.Event().wait(0.05):
            return


@hookimpl
def demo_actions():
    return [count]


@hookimpl
def demo_build_tab(demo):
    import gradio as gr

    typed = gr.Textbox(label="typed", elem_id="typed")
    number = gr.Number(label="number", elem_id="number")
    start = gr.Button("Count", elem_id="count")

    def run():
        with demo.stream("count") as values:
            yield from values

    start.click(run, None, number)
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    directory = tmp_path / "plugins"
    write_plugin(directory, "counter", STREAM)
    return directory


@pytest.fixture
def write(plugins: Path) -> Write:
    return lambda name, text: write_plugin(plugins, name, text)


@pytest.fixture
def app(plugins: Path, uploads: Path) -> Iterator[str]:
    """An app that watches ``plugins``, where there is a counter at the start."""
    with Host([plugins], discover=False) as host:
        page = launch(host, live=True, quiet=True)
        assert page.changed is not None
        with Live(host, page.changed, tell=lambda line: None):
            yield page.local_url
        page.close()


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What went wrong in the browser; the test fails if anything did."""
    told: list[str] = []
    yield told
    assert told == []


@pytest.fixture
def page(browser: Browser, app: str, told: list[str]) -> Iterator[Page]:
    with visited(browser, app, told) as page:
        page.get_by_role("tab").first.wait_for()
        yield page


def tab(page: Page, title: str) -> object:
    return page.get_by_role("tab", name=re.compile(title))


def say(page: Page, title: str, text: str) -> None:
    page.locator(f"#{title}-text textarea").fill(text)
    page.locator(f"#{title}-say").click()


def said(page: Page, title: str, text: str) -> None:
    expect(page.locator(f"#{title}-said textarea")).to_have_value(text)


def test_add_break_mend_update_remove_three_times_over(
    page: Page, plugins: Path, write: Write
) -> None:
    page.get_by_role("tab", name="Counter").click()
    page.locator("#typed textarea").fill("half a sentence")
    page.locator("#count").click()
    number = page.locator("#number input")
    expect(number).not_to_have_value("")
    parrot = page.get_by_role("tab", name="Parrot")
    for lap in range(3):
        folder = write("parrot", source("Parrot", "first"))
        parrot.click()
        say(page, "Parrot", f"hello {lap}")
        said(page, "Parrot", f"first hello {lap} 1")
        page.locator("#Parrot-examples button, #Parrot-examples td").first.click()
        expect(page.locator("#Parrot-text textarea")).to_have_value("an example")

        write("parrot", "def broken(:")
        card = page.locator(".problem-card")
        expect(card).to_contain_text("Syntax error in __init__.py, line 1")
        expect(page.locator("#Parrot-say")).to_have_count(0)

        write("parrot", source("Parrot", "mended"))
        expect(card).to_have_count(0)
        say(page, "Parrot", "again")
        said(page, "Parrot", "mended again 1")

        write("parrot", source("Parrot", "updated"))
        expect(page.locator("#Parrot-said textarea")).to_have_value("")
        say(page, "Parrot", "news")
        said(page, "Parrot", "updated news 1")

        folder.rename(plugins.parent / f"parrot {lap}")
        expect(parrot).to_have_count(0)
        expect(page.get_by_test_id("toast-body").last).to_contain_text("Parrot was removed.")
        expect(page.locator("#Parrot-say")).to_have_count(0)

    page.get_by_role("tab", name="Counter").click()
    expect(page.locator("#typed textarea")).to_have_value("half a sentence")
    before = number.input_value()
    assert int(before) > 0
    expect(number).not_to_have_value(before)


def test_what_was_there_at_the_start_changes_in_its_own_tab(
    page: Page, plugins: Path, write: Write
) -> None:
    counter = page.get_by_role("tab", name="Counter")
    counter.click()
    expect(page.locator("#count")).to_be_visible()
    write("counter", source("Counter", "now"))
    say(page, "Counter", "I talk")
    said(page, "Counter", "now I talk 1")
    expect(page.locator("#count")).to_have_count(0)
    expect(counter).to_have_attribute("aria-selected", "true")
    (plugins / "counter").rename(plugins.parent / "counter")
    expect(counter).to_have_count(0)
    expect(page.get_by_role("tab", name="Home")).to_have_attribute("aria-selected", "true")
    (plugins.parent / "counter").rename(plugins / "counter")
    counter.click()
    say(page, "Counter", "back")
    said(page, "Counter", "now back 1")


def test_the_home_and_the_plugins_tab_follow(page: Page, write: Write, plugins: Path) -> None:
    folder = write("parrot", source("Parrot", "first"))
    card = page.locator(".home-card", has_text="Parrot")
    card.get_by_role("button", name="Open Parrot").click()
    say(page, "Parrot", "hello")
    said(page, "Parrot", "first hello 1")
    page.get_by_role("tab", name="Plugins").click()
    row = page.locator("tr[data-plugin=parrot]")
    expect(row).to_contain_text("ready")
    write("parrot", "1 / 0")
    expect(row).to_contain_text("import failed")
    folder.rename(plugins.parent / "parrot")
    expect(row).to_have_count(0)


def test_a_page_that_is_opened_later_shows_what_there_is(
    page: Page, browser: Browser, app: str, write: Write, told: list[str]
) -> None:
    write("parrot", source("Parrot", "first"))
    page.get_by_role("tab", name="Parrot").wait_for()
    with visited(browser, app, told) as later:
        later.get_by_role("tab", name="Parrot").click()
        say(later, "Parrot", "hello")
        said(later, "Parrot", "first hello 1")
        page.get_by_role("tab", name="Parrot").click()
        say(page, "Parrot", "I am another")
        said(page, "Parrot", "first I am another 1")


def test_a_tab_that_cannot_be_built_leaves_a_card_and_nothing_else(
    page: Page, write: Write
) -> None:
    broken = source("Parrot", "first").replace("gr.Examples(", "1 / 0, gr.Examples(")
    write("parrot", broken)
    page.get_by_role("tab", name="Parrot").click()
    expect(page.locator(".problem-card")).to_contain_text("ZeroDivisionError")
    expect(page.locator("#Parrot-text")).to_have_count(0)


def test_of_what_was_replaced_no_module_stays(page: Page, write: Write, plugins: Path) -> None:
    folder = write("macaw", source("Macaw", "1"))
    page.get_by_role("tab", name="Macaw").click()
    old = []
    for lap in range(1, 4):
        say(page, "Macaw", "hello")
        said(page, "Macaw", f"{lap} hello 1")
        (name,) = (name for name in sys.modules if name.startswith("demo_app_plugins.macaw"))
        old.append(weakref.ref(sys.modules[name]))
        write("macaw", source("Macaw", str(lap + 1)))
        expect(page.locator("#Macaw-said textarea")).to_have_value("")
    folder.rename(plugins.parent / "macaw")
    expect(page.get_by_role("tab", name="Macaw")).to_have_count(0)
    collect()
    assert [module() for module in old] == [None, None, None]


def test_one_too_many_waits_for_its_tab_and_can_be_called(
    page: Page, app: str, write: Write
) -> None:
    for number in range(SPARE + 1):
        write(f"parrot_{number:02}", source(f"Parrot{number:02}", "hi"))
    waiting = page.locator("#home-waiting")
    expect(waiting).to_contain_text(f"Parrot{SPARE:02} can be called already")
    cards = page.locator(".home-card", has_text="Parrot").filter(visible=True)
    expect(cards).to_have_count(SPARE)
    cards.last.get_by_role("button").first.click()
    say(page, f"Parrot{SPARE - 1:02}", "hello")
    said(page, f"Parrot{SPARE - 1:02}", "hi hello 1")
    with AppClient(app) as client:
        assert client.call(f"parrot_{SPARE:02}", "say", text="there") == "hi there 1"
