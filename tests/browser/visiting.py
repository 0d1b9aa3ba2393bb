"""One visitor's page, watched for what should not happen, and a pen on its paper."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.plugins.mnist_gan.drawings import PEN


@contextmanager
def visited(browser: Browser, address: str, told: list[str], **options: Any) -> Iterator[Page]:
    """The app as a new visitor sees it, in a context of its own.

    Args:
        browser: a Chromium.
        address: of the app.
        told: gets what went wrong: errors in the browser's console, and addresses elsewhere that
            were asked for anything.
        **options: of the browser's context; ``dark`` chooses the theme.
    """
    theme = "dark" if options.pop("dark", False) else "light"
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
    page = context.new_page()

    def note(url: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            told.append(url)

    page.on("request", lambda request: note(request.url))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda said: told.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}?__theme={theme}")
    yield page
    context.close()


def draw_digit(paper: Locator, digit: int) -> None:
    """Draw a digit on a canvas with the mouse."""
    paper.scroll_into_view_if_needed()
    box, mouse = paper.bounding_box(), paper.page.mouse
    assert box is not None

    def place(point: Sequence[float]) -> tuple[float, float]:
        x, y = (0.15 + 0.7 * share / 100 for share in point)
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    for first, *others in PEN[digit]:
        mouse.move(*place(first))
        mouse.down()
        for point in others:
            mouse.move(*place(point), steps=3)
        mouse.up()
