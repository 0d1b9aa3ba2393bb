"""A visitor takes models apart in a real browser: tree, search, keyboard, and the print."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from demo_app import Host
from demo_app.surfaces.page.launch import launch
from demo_app.testing import write_plugin

ZOO = """
from demo_app import Card, ModelSpec, TensorSpec, hookimpl

@hookimpl
def demo_card():
    return Card(title="Zoo", summary="Models for tests.", order=1)

@hookimpl
def demo_models():
    inputs = (TensorSpec(shape=(1, 4)),)
    return [
        ModelSpec(name="small", title="Lists and dictionaries", example_inputs=inputs),
        ModelSpec(name="wrong", title="Wrong size", example_inputs=inputs),
        ModelSpec(name="hostile", title="<img src=x onerror=alert(1)>"),
        ModelSpec(name="deep", title="Many blocks", example_inputs=inputs),
    ]

@hookimpl
def demo_build_model(name):
    from torch import nn

    class Small(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
            self.acts = nn.ModuleDict({"relu": nn.ReLU(), "prelu": nn.PReLU()})

        def forward(self, x):
            return self.layers[1](self.acts["relu"](self.layers[0](x)))

    class Hostile(nn.Module):
        def extra_repr(self):
            return "<img src=x onerror=alert(2)>"

    if name == "small":
        return Small()
    if name == "wrong":
        return nn.Sequential(nn.Linear(4, 4), nn.Linear(5, 4))
    if name == "hostile":
        return nn.Sequential(Hostile())
    return nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(60)])
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, uploads: Path) -> Iterator[str]:
    """A page with the explainer and a demo with models to look at."""
    directory = tmp_path_factory.mktemp("zoo")
    write_plugin(directory, "zoo", ZOO)
    with Host([directory], only=["container_explainer", "zoo"]) as host:
        page = launch(host, quiet=True)
        yield str(page.local_url)
        page.close()


@pytest.fixture
def page(visit: Callable[..., Page], address: str) -> Page:
    page = visit(address)
    open_tab(page)
    return page


def open_tab(page: Page) -> None:
    page.locator("#open-container_explainer").click()
    rows(page).first.wait_for()


def choose(page: Page, title: str) -> None:
    box = page.locator("#explainer-model input")
    box.click()
    box.press("ControlOrMeta+a")
    box.press_sequentially(title)
    page.get_by_role("option", name=title).click()


def rows(page: Page) -> Locator:
    return page.locator("#explainer-tree .row:visible")


def names(page: Page) -> list[str]:
    return page.locator("#explainer-tree .name:visible").all_inner_texts()


def facts(page: Page) -> Locator:
    return page.locator("#explainer-tree .selected")


def test_opening_the_tab_takes_the_first_model_apart(page: Page) -> None:
    expect(page.locator("#explainer-model input")).to_have_value("Zoo · Lists and dictionaries")
    expect(page.locator("#explainer-figures")).to_contain_text("parameters41")
    expect(page.locator("#explainer-figures")).to_contain_text("multiply-adds32for [1, 4]")
    assert names(page) == ["model", "layers", "0", "1", "acts", "relu", "prelu"]
    layers = rows(page).nth(1)
    expect(layers.locator(".badge")).to_have_text("ModuleList")
    expect(rows(page).nth(2)).to_contain_text("[1, 4] → [1, 4]")
    expect(rows(page).nth(6)).to_contain_text("not used")


def test_another_model_replaces_it(page: Page) -> None:
    choose(page, "Wrong size")
    expect(page.locator("#explainer-figures")).to_contain_text(
        "The forward pass stopped in 1 (Linear), called with [1, 4]."
    )
    expect(rows(page)).to_have_count(3)
    expect(rows(page).nth(2)).to_contain_text("stopped here")
    expect(facts(page).locator("h3")).to_have_text("the whole model")


def test_what_a_model_says_is_text_and_nothing_else(page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail("a script of the model ran"))
    choose(page, "<img src=x onerror=alert(1)>")
    expect(rows(page).nth(1)).to_contain_text("<img src=x onerror=alert(2)>")
    rows(page).nth(1).click()
    expect(facts(page)).to_contain_text("Hostile(<img src=x onerror=alert(2)>)")
    expect(page.locator("#explainer-tree img, #explainer-figures img")).to_have_count(0)


def test_a_selected_module_shows_its_state_dict_keys(page: Page) -> None:
    rows(page).nth(2).click()
    expect(facts(page).locator("h3")).to_have_text("layers.0")
    expect(facts(page)).to_contain_text("Linear(in_features=4, out_features=4, bias=True)")
    expect(facts(page).locator("tbody th")).to_have_text(["layers.0.weight", "layers.0.bias"])


class TestSearch:
    def test_it_shows_what_matches_and_the_way_to_it(self, page: Page) -> None:
        page.get_by_role("searchbox").fill("relu")
        assert names(page) == ["model", "acts", "relu", "prelu"]
        expect(page.locator("#explainer-tree .found")).to_have_text("2 of 7 modules")
        page.get_by_role("searchbox").fill("LAYERS.1")
        assert names(page) == ["model", "layers", "1"]
        page.get_by_role("searchbox").fill("linear in_features=4")
        assert names(page) == ["model", "layers", "0", "1"]

    def test_it_does_not_ask_the_server(self, page: Page) -> None:
        # Lint comes after the tree.
        expect(page.get_by_role("tab", name=re.compile("^Lint [·✓]"))).to_be_visible()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        page.get_by_role("searchbox").press_sequentially("prelu")
        assert names(page) == ["model", "acts", "prelu"]
        assert [request for request in asked if request.startswith("POST")] == []

    def test_what_a_match_holds_can_be_unfolded(self, page: Page) -> None:
        page.get_by_role("searchbox").fill("modulelist")
        assert names(page) == ["model", "layers"]
        rows(page).nth(1).click()
        assert names(page) == ["model", "layers", "0", "1"]

    def test_clearing_it_restores_the_tree(self, page: Page) -> None:
        rows(page).nth(1).click()
        before = names(page)
        page.get_by_role("searchbox").fill("layers.1")
        page.get_by_role("searchbox").fill("")
        assert names(page) == before == ["model", "layers", "acts", "relu", "prelu"]
        expect(page.locator("#explainer-tree .found")).to_be_hidden()

    def test_nothing_found_is_said(self, page: Page) -> None:
        page.get_by_role("searchbox").fill("transformer")
        expect(page.locator("#explainer-tree .found")).to_have_text("0 of 7 modules")
        expect(rows(page)).to_have_count(0)

    def test_it_stays_when_the_model_changes(self, page: Page) -> None:
        page.get_by_role("searchbox").fill("linear")
        choose(page, "Wrong size")
        expect(page.locator("#explainer-tree .found")).to_have_text("2 of 3 modules")


class TestFolding:
    def test_a_large_tree_is_folded_at_first(self, page: Page) -> None:
        choose(page, "Many blocks")
        expect(rows(page)).to_have_count(61)
        page.get_by_role("button", name="Expand all").click()
        expect(rows(page)).to_have_count(181)
        page.get_by_role("button", name="Collapse all").click()
        expect(rows(page)).to_have_count(61)

    def test_every_row_can_be_reached_and_folded_by_keyboard(self, page: Page) -> None:
        box = page.get_by_role("searchbox")
        box.focus()
        box.press("Enter")
        expect(facts(page).locator("h3")).to_have_text("the whole model")
        for key, path in [
            ("ArrowDown", "layers"),
            ("ArrowDown", "layers.0"),
            ("ArrowLeft", "layers"),
            ("ArrowLeft", "layers"),
            ("ArrowDown", "acts"),
            ("ArrowUp", "layers"),
            ("ArrowRight", "layers"),
            ("ArrowDown", "layers.0"),
        ]:
            page.keyboard.press(key)
            expect(facts(page).locator("h3")).to_have_text(path)
        page.keyboard.press("Tab")
        expect(facts(page).locator("h3")).to_have_text("layers.1")

    def test_the_way_from_the_search_box_leads_over_the_buttons(self, page: Page) -> None:
        page.get_by_role("searchbox").focus()
        for name in ("Expand all", "Collapse all"):
            page.keyboard.press("Tab")
            expect(page.get_by_role("button", name=name)).to_be_focused()


def test_the_print_is_a_tab_away_and_follows_the_model(page: Page) -> None:
    page.get_by_role("tab", name="As print(model) shows it").click()
    printed = page.locator("#explainer-printed .cm-content")
    expect(printed).to_contain_text("(0-1): 2 x Linear(in_features=4, out_features=4, bias=True)")
    choose(page, "Wrong size")
    expect(printed).to_contain_text("(1): Linear(in_features=5, out_features=4, bias=True)")


def test_a_reloaded_page_shows_it_again(page: Page) -> None:
    page.reload()
    open_tab(page)
    assert names(page)[:2] == ["model", "layers"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
class TestLooks:
    def test_nothing_is_cut_off_at_phone_width(
        self, visit: Callable[..., Page], address: str, dark: bool
    ) -> None:
        page = visit(address, width=375, height=812, dark=dark)
        open_tab(page)
        for title in ("Many blocks", "Wrong size"):
            choose(page, title)
            expect(page.locator("#explainer-model input")).to_have_value(re.compile(title))
            assert page.evaluate("document.documentElement.scrollWidth") <= 375
        page.locator("#explainer-views .overflow-menu > button").click()
        page.locator("#explainer-views .overflow-dropdown button").filter(has_text="print").click()
        page.locator("#explainer-printed .cm-content").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 375

    def test_every_text_has_contrast_enough_to_be_read(
        self, visit: Callable[..., Page], address: str, dark: bool
    ) -> None:
        page = visit(address, dark=dark)
        open_tab(page)
        choose(page, "Wrong size")
        expect(rows(page)).to_have_count(3)
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) > 30
        assert [found for found in contrasts if found[0] < 4.5] == []


CONTRASTS = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 ? behind(element.parentElement) : color;
  };
  const holdsText = (element) =>
    [...element.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
  return [...document.querySelectorAll("#explainer-figures *, #explainer-tree *")]
    .filter((element) => holdsText(element) && element.checkVisibility())
    .map((element) => {
      const [one, other] = [getComputedStyle(element).color, behind(element)].map(luminance);
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      return [Math.round(contrast * 100) / 100, element.className, element.textContent];
    });
}"""
"""The contrast of every visible text with what is behind it (WCAG 2.2, 1.4.3), lowest AA: 4.5."""
