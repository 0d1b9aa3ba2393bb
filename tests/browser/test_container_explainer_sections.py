"""A visitor types a network, walks through one, counts along, edits, and reads a checkpoint.

One app without the other demos serves all tests, and one visitor sees it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from demo_app import Host
from demo_app.surfaces.page.launch import launch
from tests.browser.explainer_page import SECTIONS, Tab, opened


@pytest.fixture(scope="module")
def explainer() -> Iterator[Host]:
    with Host(only=["container_explainer"]) as host:
        yield host


@pytest.fixture(scope="module")
def address(explainer: Host, uploads: Path) -> Iterator[str]:
    page = launch(explainer, quiet=True)
    yield str(page.local_url)
    page.close()


@pytest.fixture(scope="module")
def visited(browser: Browser, address: str, explainer: Host) -> Iterator[Tab]:
    with opened(browser, address, explainer["container_explainer"]) as tab:
        yield tab


@pytest.fixture
def tab(visited: Tab) -> Iterator[Tab]:
    """The tab, the same one for all tests; whatever is done there, nothing goes wrong."""
    yield visited
    assert visited.told == []


class TestCode:
    @pytest.fixture(autouse=True)
    def _typing(self, tab: Tab) -> None:
        tab.take("Your own code")
        tab.open_tab("#explainer-views", "As a tree")

    def test_what_is_typed_is_taken_apart_as_it_is_typed(self, tab: Tab) -> None:
        tab.type_code("net = nn.Sequential(nn.Linear(4, 3), nn.ReLU())\nprint(len(net))\n")
        expect(tab.find("#explainer-output")).to_contain_text("2")
        expect(tab.find("#explainer-figures")).to_contain_text("parameters15")
        expect(tab.find("#explainer-tree .row:visible")).to_have_count(3)
        assert tab.names() == ["model", "0", "1"]

    def test_an_error_stands_at_its_place_and_the_tree_stays(self, tab: Tab) -> None:
        tab.type_code("net = nn.Sequential(nn.Linear(5, 2))\n")
        expect(tab.find("#explainer-figures")).to_contain_text("parameters12")
        tab.type_code("net = nn.Sequential(\n    nn.Linaer(4, 3),\n)\n")
        problem = tab.find("#explainer-problem")
        expect(problem).to_contain_text("Line 2, column 8: nn.Linaer: did you mean nn.Linear?")
        expect(tab.find("#explainer-figures")).to_contain_text("parameters12")
        tab.type_code("net = nn.Sequential(nn.Linear(4, 3))\n")
        expect(problem.locator(".problem")).to_have_count(0)
        expect(tab.find("#explainer-figures")).to_contain_text("parameters15")

    def test_it_is_run_with_the_shape_that_is_given(self, tab: Tab) -> None:
        tab.type_code("net = nn.Sequential(nn.Linear(4, 2))\n")
        expect(tab.find("#explainer-figures")).to_contain_text("parameters10")
        tab.fill("#explainer-shape", "7, 4")
        expect(tab.find("#explainer-figures")).to_contain_text("for [7, 4]")
        tab.fill("#explainer-shape", "seven")
        expect(tab.find("#explainer-problem")).to_contain_text("whole numbers")
        tab.fill("#explainer-shape", "")
        expect(tab.find("#explainer-problem .problem")).to_have_count(0)

    def test_lint_says_in_its_tab_how_much_it_found(self, tab: Tab) -> None:
        tab.type_code(
            "class Net(nn.Module):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.layers = [nn.Linear(2, 2)]\n"
            "    def forward(self, x):\n"
            "        return self.layers[0](x)\n"
            "net = Net()\n"
        )
        tab.open_tab("#explainer-views", "Lint")
        expect(tab.page.get_by_role("tab", name="Lint · 1 error")).to_be_visible()
        expect(tab.find("#explainer-lint")).to_contain_text("nn.ModuleList(net.layers)")
        tab.type_code("net = nn.Sequential(nn.Linear(2, 2))\n")
        expect(tab.find("#explainer-lint")).to_contain_text("Nothing to complain about.")

    def test_what_it_is_trained_with_matters_to_lint(self, tab: Tab) -> None:
        tab.type_code("net = nn.Sequential(nn.Linear(2, 2), nn.Softmax(dim=1))\n")
        tab.open_tab("#explainer-views", "Lint")
        expect(tab.page.get_by_role("tab", name="Lint · 1 hint")).to_be_visible()
        tab.find("#explainer-loss input").click()
        tab.page.get_by_role("option", name="CrossEntropyLoss").click()
        expect(tab.page.get_by_role("tab", name="Lint · 1 warning")).to_be_visible()


class TestViews:
    @pytest.fixture(autouse=True)
    def _gallery(self, tab: Tab) -> None:
        tab.take("The gallery")

    def choose(self, tab: Tab, title: str) -> None:
        tab.find("#explainer-gallery").get_by_role("button", name=title, exact=True).click()

    def test_a_card_opens_its_network(self, tab: Tab) -> None:
        self.choose(tab, "Twenty layers in a ModuleList")
        expect(tab.find("#explainer-figures")).to_contain_text("2,200")
        expect(tab.find("#explainer-gallery .chosen")).to_have_count(1)

    def test_its_code_can_be_edited(self, tab: Tab) -> None:
        name = "Edit the code of Layers to choose from, in ModuleDicts"
        tab.find("#explainer-gallery").get_by_role("button", name=name).click()
        expect(tab.find("#explainer-code")).to_contain_text("class Choices(nn.Module)")
        expect(tab.find("#explainer-figures")).to_contain_text("911")

    def test_the_diagram_zooms(self, tab: Tab) -> None:
        self.choose(tab, "LeNet, one Sequential, numbered")
        expect(tab.find("#explainer-figures")).to_contain_text("modules13")
        tab.open_tab("#explainer-views", "As a diagram")
        diagram = tab.find("#explainer-diagram svg")
        expect(diagram).to_contain_text("[1, 16, 5, 5]")
        before = float(diagram.get_attribute("width") or 0)
        tab.find("#explainer-diagram").get_by_role("button", name="Zoom in").click()
        assert float(diagram.get_attribute("width") or 0) == pytest.approx(1.25 * before)

    @pytest.mark.parametrize("format", ["csv", "markdown", "json"])
    def test_the_table_can_be_taken_along(self, tab: Tab, format: str) -> None:
        self.choose(tab, "LeNet, one Sequential, numbered")
        expect(tab.find("#explainer-figures")).to_contain_text("modules13")
        tab.open_tab("#explainer-views", "As a table")
        expect(tab.find("#explainer-table tbody tr")).to_have_count(13)
        with tab.page.expect_download() as expected:
            tab.find(f"#explainer-save-{format}").click()
        written = expected.value.path().read_bytes()
        model = "container_explainer/lenet_numbered"
        assert written == tab.demo.call("save", model=model, format=format).data


def test_any_model_of_torchvision_is_there_by_its_name(tab: Tab) -> None:
    tab.take("torchvision")
    expect(tab.find("#explainer-torchvision input")).to_have_value("resnet18")
    expect(tab.find("#explainer-figures")).to_contain_text("11,689,512")


class TestLayers:
    @pytest.fixture(autouse=True)
    def _layers(self, tab: Tab) -> None:
        tab.open_section("Step by step")
        tab.find("#explainer-layers .stop").nth(1).click()

    def test_forwards_and_back_through_the_layers(self, tab: Tab) -> None:
        title, layers = tab.find("#explainer-layers .stage h3"), tab.find("#explainer-layers")
        expect(title).to_contain_text("features.conv1")
        layers.get_by_role("button", name="Next").click()
        expect(title).to_contain_text("features.relu1")
        tab.page.keyboard.press("ArrowRight")
        expect(title).to_contain_text("features.pool1")
        tab.page.keyboard.press("ArrowLeft")
        layers.get_by_role("button", name="Back").click()
        expect(title).to_contain_text("features.conv1")
        expect(layers.locator(".way")).to_have_text("3 × 32 × 32 → 6 × 28 × 28")
        expect(layers.locator(".maps .tile")).to_have_count(6)

    def test_a_chosen_map_is_shown_large(self, tab: Tab) -> None:
        tile = tab.find("#explainer-layers .maps .tile").nth(4)
        tile.click()
        large = tab.find("#explainer-layers .large img")
        assert large.get_attribute("src") == tile.locator("img").get_attribute("src")
        expect(tab.find("#explainer-layers .filters [aria-pressed=true]")).to_have_text("5")

    def test_at_the_end_stand_the_classes_and_a_photo_changes_them(self, tab: Tab) -> None:
        tab.find("#explainer-layers .stop").last.click()
        expect(tab.find("#explainer-layers .classes .top")).to_contain_text("ship")
        tab.find("#explainer-photo-airplane").click()
        expect(tab.find("#explainer-layers .classes .top")).to_contain_text("airplane")
        expect(tab.find("#explainer-layers .vector i")).to_have_count(10)


class TestLabs:
    @pytest.fixture(autouse=True)
    def _labs(self, tab: Tab) -> None:
        tab.open_section("Labs")

    def test_the_kernel_is_followed_number_by_number(self, tab: Tab) -> None:
        tab.open_tab("#explainer-labs", "Convolution")
        lab = tab.find("#explainer-lab-convolution")
        lab.get_by_role("button", name="as it is", exact=True).click()
        expect(lab).to_contain_text("It finds the picture itself.")
        lab.get_by_label("Kernel, row 2, column 2").fill("3")
        expect(lab).to_contain_text("A kernel of your own.")
        output = lab.locator(".output")
        output.scroll_into_view_if_needed()
        output.focus()
        tab.page.keyboard.press("ArrowDown")
        place = lab.locator(".sum small").inner_text()
        row, column = map(int, re.findall(r"\d+", place))
        numbers = [0, 0, 0, 0, 3, 0, 0, 0, 0]
        found = tab.demo.call(
            "lab", kind="convolution", numbers=numbers, row=row, column=column
        ).convolution
        shown = float(lab.locator(".sum output").inner_text().replace("−", "-"))
        assert shown == pytest.approx(found.value, abs=0.006)

    def test_stride_and_padding_are_put_into_the_formula(self, tab: Tab) -> None:
        tab.open_tab("#explainer-labs", "Convolution")
        lab = tab.find("#explainer-lab-convolution")
        lab.get_by_label("Stride").fill("2")
        lab.get_by_label("Padding").fill("1")
        expect(lab.locator(".formula")).to_contain_text("⌊(144 + 2·1 − 3) / 2⌋ + 1 = 72")
        lab.get_by_label("Stride").fill("0")
        expect(lab.locator(".refused")).to_contain_text("stride")
        expect(lab.locator(".formula")).to_contain_text("= 72")
        lab.get_by_label("Stride").fill("1")
        expect(lab.locator(".refused")).to_be_empty()

    def test_relu_leaves_nothing_negative(self, tab: Tab) -> None:
        tab.open_tab("#explainer-labs", "ReLU")
        tables = tab.find("#explainer-lab-relu .grid")
        expect(tables).to_have_count(2)
        assert "−" in tables.first.inner_text()
        assert "−" not in tables.last.inner_text()

    def test_the_largest_number_of_a_window_wins(self, tab: Tab) -> None:
        tab.open_tab("#explainer-labs", "Max-pooling")
        lab = tab.find("#explainer-lab-max_pool")
        lab.get_by_label("Row 1, column 1", exact=True).fill("42")
        expect(lab.locator(".pool-result output").first).to_have_text("42")
        expect(lab.get_by_label("Row 1, column 1", exact=True)).to_have_class("won")
        lab.get_by_label("Row 1, column 1", exact=True).fill("")
        expect(lab.locator(".refused")).to_contain_text("Every box needs a number.")


class TestEdits:
    @pytest.fixture(autouse=True)
    def _edits(self, tab: Tab) -> None:
        tab.open_section("What if I …")
        # Choosing an operation brings its example.
        for operation, title in (("Append", "Append Linear"), ("Insert", "Insert Dropout at 2")):
            tab.find("#explainer-operation").get_by_label(operation).check()
            expect(tab.find("#explainer-edited h3")).to_have_text(title)

    def test_moved_names_are_drawn_and_the_code_renames_them(self, tab: Tab) -> None:
        expect(tab.find("#explainer-edited .moved").first).to_contain_text("3.weight→4.weight")
        expect(tab.find("#explainer-remap pre")).to_contain_text('"3.": "4."')

    def test_another_place_has_other_names(self, tab: Tab) -> None:
        tab.fill("#explainer-edit-child", "8")
        expect(tab.find("#explainer-edited h3")).to_have_text("Insert Dropout at 8")
        expect(tab.find("#explainer-edited .moved")).to_have_count(4)

    def test_what_cannot_be_done_is_said_and_what_was_stays(self, tab: Tab) -> None:
        tab.fill("#explainer-edit-layer", "nn.Linaer(1, 2)")
        expect(tab.find("#explainer-edit-problem")).to_contain_text("did you mean nn.Linear?")
        expect(tab.find("#explainer-edited h3")).to_have_text("Insert Dropout at 2")

    def test_a_plain_list_becomes_a_module_list(self, tab: Tab) -> None:
        tab.find("#explainer-operation").get_by_label("List to ModuleList").check()
        expect(tab.find("#explainer-edited .added")).to_have_count(4)


class TestCheckpoint:
    @pytest.fixture(autouse=True)
    def _checkpoint(self, tab: Tab) -> None:
        tab.open_section("A checkpoint file")

    def test_the_example_is_read_and_its_names_mended(self, tab: Tab) -> None:
        tab.find("#explainer-file-example").click()
        expect(tab.find("#explainer-matched .verdict")).to_have_class(re.compile("right"))
        expect(tab.find("#explainer-matched .leaf")).to_have_count(10)
        code = tab.find("#explainer-match-remap pre")
        expect(code).to_contain_text('"module.0.": "features.conv1."')

    def test_a_file_that_lies_is_refused_in_words(self, tab: Tab) -> None:
        header = json.dumps({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}})
        data = len(header).to_bytes(8, "little") + header.encode()
        file: FilePayload = {
            "name": "short.safetensors",
            "mimeType": "application/octet-stream",
            "buffer": data,
        }
        tab.find("#explainer-file input[type=file]").set_input_files(file)
        expect(tab.find("#explainer-matched")).to_contain_text("short.safetensors cannot be read")
        expect(tab.find("#explainer-match-remap pre")).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_cut_off_on_a_phone(
    browser: Browser, address: str, explainer: Host, dark: bool
) -> None:
    size = {"width": 390, "height": 844}
    demo = explainer["container_explainer"]
    with opened(browser, address, demo, viewport=size, dark=dark) as tab:
        for name in SECTIONS:
            tab.open_section(name)
            assert tab.is_narrow_enough()
        tab.find("#explainer-file-example").click()
        tab.find("#explainer-matched .verdict").wait_for()
        assert tab.is_narrow_enough()
        assert tab.told == []
