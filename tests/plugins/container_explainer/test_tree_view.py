"""The explanation as HTML: whole, escaped, and with every module in its place."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import pytest
import torchvision
from torch import nn

from tests.plugins.container_explainer.architectures import Choices, Recurrent, Tied, Twice
from tests.plugins.container_explainer.rows import tokens

TakeApart = Callable[..., Any]
HOSTILE = "<img src=x onerror=alert(1)>'\"&"


class Page(HTMLParser):
    """The elements of a page, each with its attributes and the nodes that it stands in.

    Raises ``AssertionError`` where an element is not closed, or in the wrong order.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.nodes: dict[str, str | None] = {}
        self.attributes: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        found = dict(attributes)
        self.tags.add(tag)
        self.attributes.append(found)
        if "node" in (found.get("class") or "").split():
            around = [a["data-path"] for _, a in self._open if "data-path" in a]
            self.nodes[found["data-path"] or ""] = around[-1] if around else None
        if tag != "input":
            self._open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="session")
def view(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("telling.tree_view")


@pytest.mark.parametrize(
    ("architecture", "inputs"),
    [
        (torchvision.models.resnet18, [(1, 3, 64, 64)]),
        (Choices, [(2, 4)]),
        (Tied, [tokens(2, 5)]),
        (Twice, []),
        (Recurrent, [(1, 5, 6)]),
        (lambda: nn.Linear(2, 2), [(1, 3)]),
    ],
)
def test_every_module_stands_inside_the_one_that_holds_it(
    view: ModuleType, take_apart: TakeApart, architecture: Any, inputs: list[Any]
) -> None:
    explanation = take_apart(architecture, *inputs)
    holders = {r.path: r.path.rpartition(".")[0] if r.path else None for r in explanation.modules}
    assert Page(view.tree(explanation)).nodes == holders
    Page(view.figures(explanation))


def test_every_key_of_the_state_dict_is_there(view: ModuleType, take_apart: TakeApart) -> None:
    page = Page(view.tree(take_apart(torchvision.models.resnet18, (1, 3, 64, 64))))
    for key in torchvision.models.resnet18().state_dict():
        assert key in page.text


def test_whatever_a_model_says_of_itself_is_escaped(
    view: ModuleType, take_apart: TakeApart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "MAX_ROWS", 3)

    class Hostile(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.add_module(HOSTILE.replace(".", ""), nn.Linear(2, 2))

        def extra_repr(self) -> str:
            return HOSTILE

        def forward(self, x: Any) -> Any:
            raise ValueError(HOSTILE)

    Hostile.__name__ = HOSTILE
    explanation = take_apart(Hostile, (1, 2), model=HOSTILE, title=HOSTILE)
    many = replace(explanation, modules=explanation.modules * 3)
    for text in (view.figures(explanation), view.tree(explanation), view.tree(many)):
        page = Page(text)
        assert "img" not in page.tags
        assert not any("onerror" in attributes for attributes in page.attributes)
        assert HOSTILE in page.text


def test_the_figures_are_those_of_the_model(view: ModuleType, take_apart: TakeApart) -> None:
    text = Page(view.figures(take_apart(torchvision.models.resnet18, (1, 3, 224, 224)))).text
    for figure in ("11.7 M", "11,689,512", "1.81 G", "for [1, 3, 224, 224]", "46.8 MB", "float32"):
        assert figure in text


def test_what_is_not_known_is_not_made_up(view: ModuleType, take_apart: TakeApart) -> None:
    text = Page(view.figures(take_apart(Twice))).text
    assert "multiply-adds–not known" in text
    assert "names no example inputs" in text


@pytest.mark.parametrize(
    ("architecture", "inputs", "chips"),
    [
        (Choices, [(2, 4)], {"not used", "called 2×"}),
        (Twice, [(2, 4)], {"shared", "called 3×"}),
        (Tied, [tokens(2, 5)], {"tied"}),
        (lambda: nn.Linear(2, 2).requires_grad_(False), [(1, 2)], {"frozen"}),
        (lambda: nn.Linear(2, 2), [(1, 3)], {"stopped here"}),
        (lambda: nn.Linear(2, 2), [(1, 2)], set()),
    ],
)
def test_what_is_peculiar_is_marked(
    view: ModuleType,
    take_apart: TakeApart,
    architecture: Callable[[], nn.Module],
    inputs: list[Any],
    chips: set[str],
) -> None:
    text = view.tree(take_apart(architecture, *inputs))
    known = {"not used", "called 2×", "called 3×", "shared", "tied", "frozen", "stopped here"}
    assert {chip for chip in known if f">{chip}</i>" in text} == chips


def test_further_columns_are_there_to_be_ticked(view: ModuleType, take_apart: TakeApart) -> None:
    text = view.tree(take_apart(lambda: nn.Linear(2, 2).half(), (1, 2)))
    ticked = [a["data-column"] for a in Page(text).attributes if "data-column" in a]
    assert ticked == ["own", "trained", "dtype", "bytes", "activations", "calls"]
    for name, value in [("own", "6"), ("trained", "all"), ("dtype", "float16"), ("bytes", "12 B")]:
        assert re.search(f"<span class='more {name}' data-head='[^']+'>{value}</span>", text)


def test_the_facts_tell_container_dtype_and_memory(view: ModuleType, take_apart: TakeApart) -> None:
    def architecture() -> nn.Module:
        return nn.Sequential(nn.Linear(4, 5), nn.ReLU(inplace=True)).requires_grad_(False)

    text = Page(view.tree(take_apart(architecture, (3, 4)))).text
    for fact in (
        *("containerSequential", "size100 B, float32", "activations60 B in one pass"),
        *("100.00% of the model's; frozen", "activationsno memory of their own: in place"),
    ):
        assert fact in text


@pytest.mark.parametrize("blocks", [1, 40])
def test_the_tree_unfolds_as_far_as_a_screen_reaches(
    view: ModuleType, take_apart: TakeApart, blocks: int
) -> None:
    def architecture() -> nn.Module:
        return nn.Sequential(*[nn.Sequential(nn.Sequential(nn.ReLU())) for _ in range(blocks)])

    text = view.tree(take_apart(architecture))
    assert text.count(" open>") == (3 if blocks == 1 else 1)


def test_of_very_many_modules_the_first_are_drawn_and_the_rest_are_counted(
    view: ModuleType, take_apart: TakeApart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "MAX_ROWS", 5)
    explanation = take_apart(torchvision.models.resnet18, model="some/model")
    page = Page(view.tree(explanation))
    assert len(page.nodes) == 5
    assert f"{len(explanation.modules) - 5} more modules are not drawn" in page.text
    assert "demo-app call container_explainer explain --model some/model" in page.text


def test_each_container_is_told_in_one_sentence(view: ModuleType, take_apart: TakeApart) -> None:
    text = Page(view.tree(take_apart(Choices))).text
    for kind in ("Sequential", "ModuleList", "ModuleDict"):
        sentence = view.LEGEND[kind]
        assert kind + sentence in text
        assert sentence.endswith(".")
