"""The table as CSV, Markdown and JSON: what goes in comes out again, and nothing is run."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from tests.plugins.container_explainer.architectures import Buffers, Choices, Tied, Twice
from tests.plugins.container_explainer.rows import tokens

TakeApart = Callable[..., Any]


@pytest.fixture(scope="module")
def exports(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("telling.exports")


@pytest.fixture(scope="module")
def explanations(take_apart: TakeApart) -> list[Any]:
    return [
        take_apart(Choices, (1, 4)),
        take_apart(Twice, (1, 4)),
        take_apart(Tied, tokens(2, 3)),
        take_apart(Buffers),
        take_apart(lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (1, 3, 8, 8)),
    ]


def named(name: str) -> Callable[[], nn.Module]:
    def build() -> nn.Module:
        net = nn.Sequential()
        net.add_module(name, nn.ReLU())
        return net

    return build


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def cells(line: str) -> list[str]:
    """The cells of a line of a Markdown table, as a reader sees them."""
    parts = re.split(r"(?<!\\)\|", line.strip())[1:-1]
    shown = [re.sub(r"\\(.)", r"\1", part.strip()) for part in parts]
    return [text.replace("&lt;", "<").replace("&amp;", "&") for text in shown]


class TestCSV:
    def test_every_field_of_every_row_comes_back(
        self, exports: ModuleType, explanations: list[Any]
    ) -> None:
        for explanation in explanations:
            for table in ("modules", "tensors"):
                rows = getattr(explanation, table)
                read = read_csv(exports.as_csv(explanation, table))
                assert len(read) == len(rows)
                for line, row in zip(read, rows, strict=True):
                    assert line == {name: text(value) for name, value in asdict(row).items()}

    @pytest.mark.parametrize("name", ["a,b", 'a"b', "a\r\nb", "a;b", " a ", "é層"])
    def test_any_name_comes_back(
        self, exports: ModuleType, take_apart: TakeApart, name: str
    ) -> None:
        read = read_csv(exports.as_csv(take_apart(named(name), (1,))))
        assert read[1]["name"] == name

    @pytest.mark.parametrize(
        "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=cmd|"/C calc"!A0', "＝1"]
    )
    def test_a_name_that_would_be_a_formula_is_a_text(
        self, exports: ModuleType, take_apart: TakeApart, name: str
    ) -> None:
        for table in ("modules", "tensors"):
            explanation = take_apart(lambda: nn.Sequential().append(named(name)()), (1,))
            for line in read_csv(exports.as_csv(explanation, table)):
                assert not any(value.startswith(exports.FORMULA) for value in line.values())
        read = read_csv(exports.as_csv(take_apart(named(name), (1,))))
        assert read[1]["name"] == f"'{name}"

    def test_a_table_without_rows_is_empty(
        self, exports: ModuleType, take_apart: TakeApart
    ) -> None:
        assert exports.as_csv(take_apart(nn.ReLU), "tensors") == ""


def text(value: Any) -> str:
    """A value as a field of a CSV file."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


class TestJSON:
    def test_it_is_the_explanation(self, exports: ModuleType, explanations: list[Any]) -> None:
        for explanation in explanations:
            assert json.loads(exports.as_json(explanation)) == asdict(explanation)

    def test_names_are_what_they_are(self, exports: ModuleType, take_apart: TakeApart) -> None:
        name = '"</script>\n層'
        read = json.loads(exports.as_json(take_apart(named(name), (1,))))
        assert read["modules"][1]["name"] == name


class TestMarkdown:
    def test_it_is_a_table_with_a_row_for_each_module(
        self, exports: ModuleType, explanations: list[Any]
    ) -> None:
        for explanation in explanations:
            lines = exports.as_markdown(explanation).splitlines()
            head, rule, *rows = [line for line in lines if line.startswith("|")]
            assert cells(head) == list(exports.COLUMNS)
            assert all(re.fullmatch(r"-+:?", cell) for cell in cells(rule))
            assert len(rows) == len(explanation.modules)
            for line, row in zip(rows, explanation.modules, strict=True):
                path, made, given, output, parameters, *_ = cells(line)
                assert path == (row.path or "(whole model)")
                assert made.partition("(")[0] == row.class_name
                assert (given, output) == (row.input, row.output)
                assert int(parameters.replace(",", "")) == row.parameters

    @pytest.mark.parametrize(
        "name", ["a|b", "a\\|b", "a\\", "`a`", "*a*", "_a_", "<img src=x>", "[a](http://b)", "&lt;"]
    )
    def test_any_name_is_shown_as_it_is(
        self, exports: ModuleType, take_apart: TakeApart, name: str
    ) -> None:
        markdown = exports.as_markdown(take_apart(named(name), (1,)))
        (line,) = [line for line in markdown.splitlines() if "ReLU" in line]
        assert len(cells(line)) == len(exports.COLUMNS)
        assert cells(line)[0] == name
        assert "<img" not in markdown
        assert "](" not in markdown

    def test_a_line_break_in_a_name_does_not_end_the_row(
        self, exports: ModuleType, take_apart: TakeApart
    ) -> None:
        markdown = exports.as_markdown(take_apart(named("a\nb\r| c"), (1,)))
        assert len([line for line in markdown.splitlines() if line.startswith("|")]) == 4

    def test_what_is_odd_and_what_went_wrong_is_there(
        self, exports: ModuleType, explanations: list[Any]
    ) -> None:
        choices, twice, *_ = map(exports.as_markdown, explanations)
        assert "not used" in choices
        assert "same as first" in twice
        assert "- This model names no example inputs" in exports.as_markdown(explanations[3])


class TestFiles:
    @pytest.mark.parametrize(
        ("format", "ending"), [("csv", "csv"), ("markdown", "md"), ("json", "json")]
    )
    def test_they_are_named_after_the_model(
        self, exports: ModuleType, take_apart: TakeApart, format: str, ending: str
    ) -> None:
        file = exports.as_file(take_apart(nn.ReLU, title="My net"), format)
        assert file.name == f"My net.{ending}"
        assert file.data

    def test_a_title_names_no_other_folder(
        self, exports: ModuleType, take_apart: TakeApart
    ) -> None:
        file = exports.as_file(take_apart(nn.ReLU, title="../../etc/x\n"), "csv")
        assert "/" not in file.name
        assert file.name.isprintable()
