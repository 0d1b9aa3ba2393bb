"""A real Chromium, driven by Playwright, and the apps that it visits."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo_app import Host
from demo_app.surfaces.page.launch import launch
from docs.screenshots import OPTIONS, PATIENCE, find_chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The installed Chromium. Without one the test is skipped, or fails where one is required."""
    path = find_chromium()
    if path is None:
        if os.environ.get("DEMO_APP_REQUIRE_BROWSER"):
            pytest.fail("no Chromium found, and DEMO_APP_REQUIRE_BROWSER is set")
        pytest.skip("no Chromium found; install one or name it in DEMO_APP_CHROMIUM")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app(uploads: Path, host: Host) -> Iterator[str]:
    """The address of the app as it ships."""
    page = launch(host, quiet=True)
    yield page.local_url
    page.close()


@pytest.fixture(scope="session")
def shapes_app(uploads: Path, shapes_dir: Path) -> Iterator[str]:
    """The address of a page with every shape of action."""
    with Host([shapes_dir], discover=False) as host:
        page = launch(host, quiet=True)
        yield page.local_url
        page.close()


@pytest.fixture
def serve(uploads: Path) -> Iterator[Callable[[Host], str]]:
    """Serves a host that a test made; returns its address."""
    pages = []

    def serve(host: Host) -> str:
        pages.append(launch(host, quiet=True))
        return str(pages[-1].local_url)

    yield serve
    for page in pages:
        page.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address as a new visitor; nothing but that server may be asked for anything."""
    contexts = []
    elsewhere: list[str] = []

    def visit(address: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()

        def note(url: str) -> None:
            if not url.startswith((address, "data:", "blob:")):
                elsewhere.append(url)

        page.on("request", lambda request: note(request.url))
        page.goto(f"{address}?__theme={'dark' if dark else 'light'}")
        page.get_by_role("tab").first.wait_for()
        return page

    yield visit
    for context in contexts:
        context.close()
    assert elsewhere == []
