"""The section Teach your own classes in a browser: its cards filled, its head trained and tried."""

from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.classifier_page import Tab

SECTION = "Teach your own classes"
TRAINING = 120_000
"""Milliseconds for a training: each photo goes through the network once."""


def open_teaching(tab: Tab) -> None:
    """Open the section, and wait for its first cards."""
    tab.open_section(SECTION)
    cards(tab).nth(1).wait_for()


def cards(tab: Tab) -> Locator:
    """The cards of the classes."""
    return tab.page.locator("#teach-cards .class-card")


def card(tab: Tab, name: str) -> Locator:
    """The card of a class."""
    return tab.page.locator(f"#teach-cards .class-card[aria-label='{name}']")


def thumbs(tab: Tab, name: str) -> Locator:
    """The photos of a class, as far as their pictures have come."""
    return card(tab, name).locator(".thumb:has(img[src])")


def rename(tab: Tab, old: str, new: str) -> None:
    """Give a class another name, with the keyboard."""
    name = card(tab, old).locator(".class-name")
    name.fill(new)
    name.press("Enter")
    card(tab, new).wait_for()


def add_files(tab: Tab, name: str, *files: Path) -> None:
    """Add photos to a class by its button, and wait until all were taken or refused."""
    card(tab, name).locator("input[type=file]").set_input_files(files)
    expect(card(tab, name).locator("> .said")).to_contain_text("added")


def upload(tab: Tab, button: str, file: Path) -> None:
    """Choose a file by one of the buttons above the cards."""
    with tab.page.expect_file_chooser() as chooser:
        tab.page.locator(f"#teach-{button}").click()
    chooser.value.set_files(file)


def train(tab: Tab, *, again: bool = False) -> None:
    """Train, and wait for the head."""
    button = "#teach-confusion .again" if again else "#teach-train"
    tab.page.locator(button).click()
    done = tab.page.locator("#teach-curves .bar.ended")
    if again:
        expect(tab.page.locator("#teach-confusion .again")).to_be_hidden(timeout=TRAINING)
    done.wait_for(timeout=TRAINING)
    tab.page.locator("#teach-live .seeing").wait_for(timeout=TRAINING)


def said_of_training(tab: Tab) -> Locator:
    """What is said of the training, below its bar."""
    return tab.page.locator("#teach-curves .said")


def cell(tab: Tab, right: str, decided: str) -> Locator:
    """A cell of the confusion matrix."""
    return tab.page.locator(f"#teach-confusion .cell[title$='in {right}, decided {decided}']")


def judged(tab: Tab, name: str) -> Locator:
    """A photo behind the open cell, by its file's name."""
    return tab.page.locator("#teach-confusion .judged figure", has_text=name)


def look_at(tab: Tab, photo: Path) -> None:
    """Show a photo to the head."""
    tab.page.locator("#teach-live input[type=file]").set_input_files(photo)
    tab.page.locator("#teach-live .answered .verdict b").or_(
        tab.page.locator("#teach-live .live.answered .verdict b")
    ).first.wait_for()
