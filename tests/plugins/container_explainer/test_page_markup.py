"""The parts that Python writes as HTML: whole, escaped, and saying what the actions say."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo, File
from tests.plugins.text_generator.markup import Markup

HOSTILE = "<img src=x onerror=alert(1)>'\"&"


@pytest.fixture(scope="session")
def room(module: Callable[[str], ModuleType]) -> Callable[[str], ModuleType]:
    """A room of the page by its name."""
    return lambda name: module(f"page.{name}")


class TestCodeErrors:
    @pytest.fixture
    def problem(self, room: Callable[[str], ModuleType]) -> Callable[..., str]:
        return room("code_errors").problem  # type: ignore[no-any-return]

    def test_the_mark_stands_below_the_column(self, problem: Callable[..., str]) -> None:
        markup = Markup(problem("Line 2, column 7: no.", "a = 1\nnet = nn.Linaer(1, 2)\n"))
        _, shown = markup.text.split("no.")
        line, mark, *_ = shown.split("\n")
        assert line == "2net = nn.Linaer(1, 2)"
        assert mark.index("^") == line.index("nn") - 1  # The line begins with its number.

    def test_of_a_long_line_the_place_is_shown(self, problem: Callable[..., str]) -> None:
        code = " " * 3_000 + "here" + " " * 3_000
        text = Markup(problem("Line 1, column 3001: no.", code)).text
        assert "here" in text
        assert len(text) < 500

    def test_what_was_typed_is_text(self, problem: Callable[..., str]) -> None:
        markup = Markup(problem(f"Line 1, column 1: {HOSTILE}", HOSTILE))
        assert markup.all("img") == []
        assert markup.text.count(HOSTILE) == 2

    @pytest.mark.parametrize("message", ["The code makes no module.", "Line 9, column 1: no."])
    def test_without_a_place_there_is_the_message_alone(
        self, problem: Callable[..., str], message: str
    ) -> None:
        assert Markup(problem(message, "x")).text == message


class TestFindings:
    def test_the_plain_list_is_an_error_with_its_mend(
        self, demo: Demo, room: Callable[[str], ModuleType]
    ) -> None:
        report = demo.call("lint", model="container_explainer/plain_list")
        markup = Markup(room("findings").shown(report))
        assert len(markup.all("article")) == len(report.findings)
        for part in (report.findings[0].message, report.findings[0].why, report.findings[0].mend):
            assert part in markup.text
        assert room("findings").heading(report) == "Lint · 1 error"

    def test_where_nothing_is_wrong_it_says_so(
        self, demo: Demo, room: Callable[[str], ModuleType]
    ) -> None:
        report = demo.call("lint", model="container_explainer/lenet")
        assert "Nothing to complain about." in Markup(room("findings").shown(report)).text
        assert room("findings").heading(report) == "Lint ✓"

    def test_names_are_text(
        self, module: Callable[[str], ModuleType], room: Callable[[str], ModuleType]
    ) -> None:
        results = module("results")
        finding = results.LintFinding(
            rule="r", severity="hint", path=HOSTILE, message=HOSTILE, why="", mend=HOSTILE, line=3
        )
        report = results.LintReport(
            model="code",
            title="net",
            findings=[finding],
            counts={"error": 0, "warning": 0, "hint": 1},
            ran=True,
            notes=[HOSTILE],
        )
        markup = Markup(room("findings").shown(report))
        assert markup.all("img") == []
        assert markup.text.count(HOSTILE) == 4
        assert "line 3" in markup.text


def test_the_table_has_a_row_for_every_module(
    demo: Demo, room: Callable[[str], ModuleType]
) -> None:
    explanation = demo.call("explain", model="container_explainer/lenet")
    markup = Markup(room("table").shown(explanation))
    assert len(markup.all("tr")) == len(explanation.modules) + 1
    for row in explanation.modules:
        assert row.path in markup.text
        assert f"{row.parameters:,}" in markup.text


@pytest.fixture(scope="module")
def inserted(demo: Demo) -> Any:
    return demo.call(
        "edit",
        model="container_explainer/lenet_numbered",
        operation="insert",
        child=2,
        layer="nn.Dropout()",
    )


class TestEdited:
    def test_a_moved_name_is_drawn_from_old_to_new(
        self, inserted: Any, room: Callable[[str], ModuleType]
    ) -> None:
        markup = Markup(room("edited").names(inserted.changes))
        assert "3.weight→4.weight" in markup.text
        assert len(markup.all("tr", "moved")) == 8
        assert "8 moved, 2 kept" in markup.text

    def test_what_is_new_and_what_only_changed_its_number_are_told_apart(
        self, inserted: Any, room: Callable[[str], ModuleType]
    ) -> None:
        markup = Markup(room("edited").shown(inserted))
        assert len(markup.all("mark", "new")) == 1
        assert len(markup.all("mark", "gone")) == 0
        assert len(markup.all("mark", "renamed")) == 20

    def test_a_layer_that_no_checkpoint_has_is_told_of(
        self, demo: Demo, room: Callable[[str], ModuleType]
    ) -> None:
        report = demo.call(
            "edit", code="net = nn.Sequential()", operation="append", layer="nn.Linear(2, 1)"
        )
        markup = Markup(room("edited").shown(report))
        assert "lacks 2 of the names after" in markup.text
        assert len(markup.all("tr", "added")) == 2


class TestStored:
    def test_every_tensor_of_the_file_is_in_the_tree(
        self, demo: Demo, room: Callable[[str], ModuleType]
    ) -> None:
        file = room("checkpoint").example_file(demo)
        report = demo.call("match", file=file)
        markup = Markup(room("stored").shown(report))
        assert len(markup.all("div", "leaf")) == report.tensors == 10
        assert "nn.DataParallel" in markup.text
        assert markup.all("div", "verdict") == []

    def test_beside_a_model_there_is_a_verdict_and_what_does_not_fit(
        self, demo: Demo, room: Callable[[str], ModuleType]
    ) -> None:
        file = room("checkpoint").example_file(demo)
        report = demo.call("match", file=file, model="container_explainer/twenty_linears")
        markup = Markup(room("stored").shown(report))
        assert report.match.verdict in markup.text
        assert len(markup.all("div", "doubt")) == 1
        assert "linears.19.weight" in markup.text

    def test_names_and_metadata_are_text(
        self, demo: Demo, room: Callable[[str], ModuleType]
    ) -> None:
        import torch
        from safetensors.torch import save

        data = save({f"a.{HOSTILE}": torch.zeros(2)}, {HOSTILE: HOSTILE})
        report = demo.call("match", file=File(name="x.safetensors", data=data))
        markup = Markup(room("stored").shown(report))
        assert markup.all("img") == []
        assert markup.text.count(HOSTILE) == 3
