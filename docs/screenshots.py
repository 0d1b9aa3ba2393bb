"""Takes the README's screenshots from the app as it is: ``python docs/screenshots.py``.

Needs the extra ``test`` and a Chromium (named in ``DEMO_APP_CHROMIUM`` if it is not on the path).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo_app import Host
from demo_app.surfaces.page.launch import launch

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER.parent / "plugins" / "image_classifier" / "examples"
PATIENCE = 30_000
"""Milliseconds to wait for what should appear; the first call imports torch and loads a model."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """The Chromium or Chrome of this machine: from ``DEMO_APP_CHROMIUM``, or on the path."""
    named = os.environ.get("DEMO_APP_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def home(page: Page) -> None:
    """The home tab with a question answered."""
    page.locator("#chooser-data").get_by_label("images").check()
    page.locator("#chooser-task").get_by_label("classify into many").check()
    expect(page.locator("#chooser-answer")).to_contain_text("Cross-entropy")
    expect(page.locator(".masthead .device")).to_contain_text("Runs on")


def classifier(page: Page) -> None:
    """A photo, its names and the evidence for the likeliest."""
    page.get_by_role("tab", name="Image classifier").click()
    page.set_input_files("#classifier-photo input[type=file]", EXAMPLES / "cat.jpg")
    expect(page.locator("#classifier-evidence .account")).to_contain_text("tiger cat gets")


def teach(page: Page) -> None:
    """The example set, learned."""
    page.get_by_role("tab", name="Image classifier").click()
    page.get_by_role("tab", name="Teach your own classes").click()
    page.locator("#teach-example").click()
    page.locator("#teach-cards img").nth(40).wait_for()
    page.locator("#teach-train").click()
    expect(page.locator("#teach-confusion")).to_contain_text("held out got another class")


def explainer(page: Page) -> None:
    """The same network taken apart."""
    page.get_by_role("tab", name="Container explainer").click()
    expect(page.locator("#explainer-figures")).to_contain_text("multiply-adds")
    expect(page.locator("#explainer-tree")).to_contain_text("Sequential")


def gan(page: Page) -> None:
    """Digits of every kind, and one of them moved along two directions."""
    page.get_by_role("tab", name="MNIST GAN").click()
    moved = page.locator("#gan-explore img")
    expect(moved).to_have_attribute("alt", re.compile("^A 7"))
    page.locator("#gan-digit").get_by_label("any").check()
    expect(moved).to_have_attribute("alt", re.compile("^A 9"))
    page.locator("#gan-gallery .sample").nth(3).click()
    expect(moved).to_have_attribute("alt", re.compile("^A 7"))
    page.locator("#gan-explore input[type=range]").first.fill("1.5")
    expect(page.locator("#gan-explore")).to_contain_text("ms")


SHOTS: dict[str, tuple[Callable[[Page], None], bool]] = {
    "home": (home, False),
    "classifier": (classifier, False),
    "teach": (teach, False),
    "gan": (gan, False),
    "explainer": (explainer, True),
}
"""How to bring the page there, and whether it is shown in the dark, by the picture's name."""
TOP_ONLY = ("explainer", "teach")
"""Pages that are too long for a picture."""


def take(folder: Path, browser: Browser) -> list[Path]:
    """Write a PNG for each of ``SHOTS`` into a folder; returns their paths."""
    expect.set_options(timeout=PATIENCE)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with Host() as host:
        app = launch(host, quiet=True)
        for name, (arrange, dark) in SHOTS.items():
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{app.local_url}?__theme={'dark' if dark else 'light'}")
            page.get_by_role("tab").first.wait_for()
            arrange(page)
            page.mouse.move(0, 0)
            page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")
            written.append(folder / f"{name}.png")
            page.screenshot(path=written[-1], full_page=name not in TOP_ONLY)
            page.close()
        app.close()
    return written


if __name__ == "__main__":
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=OPTIONS)
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER / "screenshots"
        for path in take(folder, chromium):
            print(path)
        chromium.close()
