"""A visitor asks what the lessons answer, on drawn leaves, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from demo_app import Host
from docs.screenshots import PATIENCE
from tests.browser.classifier_page import Tab, opened


@pytest.fixture(scope="module")
def visited(browser: Browser, app: str, host: Host) -> Iterator[Tab]:
    with opened(browser, app, host["image_classifier"]) as tab:
        yield tab


@pytest.fixture
def tab(visited: Tab) -> Iterator[Tab]:
    """The tab, the same one for all tests; whatever is done there, nothing goes wrong."""
    yield visited
    assert visited.told == []


def test_the_learning_curve_grows_point_by_point_and_ends_with_an_answer(tab: Tab) -> None:
    tab.open_section("Do I need more photos?")
    tab.page.locator("#lesson-more-run").click()
    verdict = tab.page.locator("#lesson-more .verdict")
    expect(verdict).to_contain_text("photos of each class", timeout=4 * PATIENCE)
    expect(tab.page.locator("#lesson-more .progress")).to_be_hidden()
    points = tab.page.locator("#lesson-more .line.one:not(.foretold) circle")
    expect(points).to_have_count(5)
    tab.page.get_by_text("The same in numbers").click()
    expect(tab.page.locator("#lesson-more tbody tr")).to_have_count(5)


def test_a_comparison_that_is_stopped_keeps_the_ways_so_far(tab: Tab) -> None:
    tab.open_section("What does pre-training buy?")
    tab.page.locator("#lesson-ways-run").click()
    expect(tab.page.locator("#lesson-ways .way").nth(1)).to_be_visible(timeout=4 * PATIENCE)
    tab.page.locator("#lesson-ways-stop").click()
    note = tab.page.locator("#lesson-ways .lesson > .facts")
    expect(note).to_contain_text("Stopped before the end.", timeout=4 * PATIENCE)
    expect(tab.page.locator("#lesson-ways .way h4").first).to_have_text("Head on frozen features")
    expect(tab.page.locator("#lesson-ways .plot")).to_be_visible()


def test_a_head_of_leaves_learns_to_say_none_of_these(tab: Tab) -> None:
    tab.open_section("When is it unsure?")
    expect(tab.page.locator("#lesson-unsure .hint")).to_contain_text("no head of yours yet")
    tab.page.locator("#lesson-unsure-teach").click()
    # A whole training lies between.
    figures = tab.page.locator("#lesson-unsure .figures")
    expect(figures).to_contain_text("photos held out", timeout=4 * PATIENCE)
    expect(tab.page.locator("#lesson-unsure tbody th")).to_have_text(["oak", "maple", "willow"])
    tab.open_section("Name a photo")
    tab.choose("leaves")
    tab.bring("cat")
    expect(tab.verdict).to_have_text("none of these")
    tab.open_section("When is it unsure?")
    tab.page.get_by_label("name every photo").check()
    expect(tab.page.locator("#lesson-unsure .classes")).to_be_hidden()
    tab.open_section("Name a photo")
    tab.bring("cat")
    expect(tab.verdict).to_contain_text("%")


def test_the_quality_is_what_was_measured(tab: Tab) -> None:
    tab.open_section("How good is it?")
    for name in ("flowers", "roses_tulips", "convnet_mnist", "resnet_cifar10"):
        metadata = tab.demo.metadata(name)
        assert metadata is not None
        share = f"{metadata.metrics['accuracy']['value']:.1%}"
        expect(tab.page.locator(".measured")).to_contain_text(share)
    expect(tab.page.locator(".measured .matrix")).to_have_count(4)


def test_the_faults_of_tutorials_are_run_and_measured(tab: Tab) -> None:
    tab.open_section("What a tutorial gets wrong")
    cards = tab.page.locator("#lesson-faults article")
    expect(cards).to_have_count(7, timeout=4 * PATIENCE)
    expect(tab.page.locator("#lesson-faults")).to_contain_text("25,557,032")
