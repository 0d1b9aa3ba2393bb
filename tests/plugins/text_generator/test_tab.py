"""The page of this demo: its layout, and what its events do with the actions."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import gradio as gr
import pytest

from demo_app import Demo, Host
from demo_app.surfaces.page.shell import build_tab
from demo_app.surfaces.visitors import PageDemo, Visitors

SETTINGS = {
    "max_new_characters": 12,
    "seed": 3,
    "stop": None,
    "temperature": 0.8,
    "repetition_penalty": 1.0,
    "top_k": 0,
    "top_p": 1.0,
    "min_p": 0.0,
}


@pytest.fixture(scope="session")
def tab(host: Host) -> Any:
    tab = build_tab(host, host.plugin("text_generator"))
    assert tab is not None
    return tab


@pytest.fixture(scope="session")
def writing(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.writing")


@pytest.fixture
def page_demo(host: Host) -> PageDemo:
    return PageDemo(host, host.plugin("text_generator"), Visitors())


@pytest.fixture
def written(writing: ModuleType, page_demo: PageDemo) -> Callable[..., list[Any]]:
    """What the column of a model gets for a job."""

    def write(job: Any, model: str = "lstm", turn: Any = None) -> list[Any]:
        return list(writing.writer(page_demo, model)(job, turn or writing.Turn()))

    return write


def handler(tab: Any, name: str) -> Callable[..., Any]:
    """The function of that name behind an event of the tab."""
    function: Callable[..., Any] = next(
        fn.fn for fn in tab.fns.values() if getattr(fn.fn, "__name__", "") == name
    )
    return function


def component(tab: Any, elem_id: str) -> Any:
    return next(b for b in tab.blocks.values() if getattr(b, "elem_id", None) == elem_id)


class TestLayout:
    @pytest.mark.parametrize("name", ["write", "stop", "dice", "reset"])
    def test_there_is_a_button(self, tab: Any, name: str) -> None:
        assert isinstance(component(tab, f"generator-{name}"), gr.Button)

    def test_the_sampler_begins_at_the_defaults_of_the_action(self, tab: Any, demo: Demo) -> None:
        defaults = {each.name: each.default for each in demo.actions["generate"].parameters}
        for name in ("temperature", "top_k", "top_p", "min_p", "repetition_penalty"):
            slider = component(tab, f"generator-{name.replace('_', '-')}")
            assert slider.value == defaults[name]

    def test_every_example_prompt_can_be_written_on(
        self, module: Callable[[str], ModuleType], demo: Demo
    ) -> None:
        for prompt in module("page.controls").EXAMPLES.values():
            assert demo.call("inspect", prompt=prompt).prompt == prompt

    def test_every_example_text_can_be_read(
        self, module: Callable[[str], ModuleType], demo: Demo
    ) -> None:
        for room in ("surprise", "copies"):
            for text in module(f"page.{room}").EXAMPLES.values():
                assert demo.call("score", text=text).text == text

    def test_every_rule_of_the_style_sheet_is_about_this_tab_alone(
        self, module: Callable[[str], ModuleType]
    ) -> None:
        depth, outside = 0, []
        for line in module("tab").STYLE.read_text("utf-8").splitlines():
            if depth == 0 and line.strip():
                outside.append(line)
            depth += line.count("{") - line.count("}")
        allowed = ("#generator ", ".dark #generator ", "@media ", "@keyframes generator-")
        assert all(line.startswith((*allowed, "}")) for line in outside)


class TestBegin:
    def arguments(self, prompt: str, **settings: Any) -> list[Any]:
        known = SETTINGS | {"stop": ""} | settings
        order = ["max_new_characters", "seed", "stop", "temperature", "repetition_penalty"]
        return [prompt, *(known[name] for name in [*order, "top_k", "top_p", "min_p"])]

    def test_both_columns_get_one_job(self, tab: Any) -> None:
        one, _, other, _ = handler(tab, "begin")(*self.arguments("ROMEO:"))
        assert one == other
        assert one.arguments == SETTINGS | {"prompt": "ROMEO:"}

    def test_without_a_seed_both_columns_get_the_same(self, tab: Any) -> None:
        one, _, other, _ = handler(tab, "begin")(*self.arguments("", seed=None))
        assert one.arguments["seed"] == other.arguments["seed"] is not None

    def test_a_setting_that_does_not_fit_is_told_before_anything_changes(self, tab: Any) -> None:
        with pytest.raises(gr.Error, match="stop: String should have at most 100 characters"):
            handler(tab, "begin")(*self.arguments("", stop="x" * 101))

    def test_a_later_run_has_a_larger_number(self, tab: Any) -> None:
        begin = handler(tab, "begin")
        first, second = (begin(*self.arguments(""))[0].run for _ in range(2))
        assert first < second

    def test_the_prompt_is_shown_in_the_characters_of_the_models(self, tab: Any) -> None:
        job, start, *_ = handler(tab, "begin")(*self.arguments("Ca “bien”"))
        assert job.prompt == json.loads(start)["prompt"] == "Ca 'bien'"

    @pytest.mark.parametrize(
        ("prompt", "message"),
        [
            ("x" * 10_001, "prompt: String should have at most 10000 characters"),
            ("Hi 😀", "grinning face"),
            ("<b>", r"&lt; \(less-than sign\)"),
            ("a\0b", "U\\+0000"),
            ("שלום", "hebrew letter"),
        ],
    )
    def test_what_no_model_can_read_is_told_before_anything_changes(
        self, tab: Any, prompt: str, message: str
    ) -> None:
        with pytest.raises(gr.Error, match=message):
            handler(tab, "begin")(*self.arguments(prompt))


class TestWriting:
    @pytest.fixture
    def job(self, writing: ModuleType, page_demo: PageDemo) -> Any:
        return writing.new_job(page_demo, "ROMEO:\n", SETTINGS)

    @pytest.mark.parametrize("model", ["lstm", "transformer"])
    def test_a_column_ends_with_what_the_action_writes(
        self, written: Callable[..., list[Any]], job: Any, demo: Demo, model: str
    ) -> None:
        expected = demo.call("generate", model=model, prompt="ROMEO:\n", **SETTINGS)
        *_, (last, _), (_, kept) = written(job, model)
        assert json.loads(last)["text"] == kept.text == expected.text
        assert json.loads(last)["state"] == "length"
        assert kept.prompt == "ROMEO:\n"

    def test_each_character_comes_with_five_alternatives(
        self, written: Callable[..., list[Any]], job: Any
    ) -> None:
        *_, (last, _), _ = written(job)
        assert len(json.loads(last)["others"]) == 5 * SETTINGS["max_new_characters"]

    def test_a_branch_keeps_what_stood_before_it(
        self, tab: Any, written: Callable[..., list[Any]]
    ) -> None:
        chosen = {"place": 3, "character": "h", "prompt": "ROMEO:\n", "text": "Wit"}
        settings = TestBegin().arguments("")[1:]
        job, start = handler(tab, "fork")(gr.EventData(None, chosen), *settings)
        assert job.arguments["prompt"] == "ROMEO:\nWith"
        assert json.loads(start).items() >= {"place": 3, "character": "h"}.items()
        *_, (_, kept) = written(job)
        assert kept.prompt == "ROMEO:\n"
        assert kept.text.startswith("With")
        assert len(kept.text) == 4 + SETTINGS["max_new_characters"]

    def test_an_older_run_ends_without_a_word_when_a_later_one_begins(
        self, writing: ModuleType, page_demo: PageDemo, job: Any
    ) -> None:
        turn = writing.Turn()
        long = replace(job, arguments=job.arguments | {"max_new_characters": 5000})
        older = writing.writer(page_demo, "lstm")(long, turn)
        next(older)
        next(writing.writer(page_demo, "lstm")(replace(job, run=job.run + 1), turn))
        assert list(older) == []

    def test_a_model_that_fails_frees_its_column_and_says_so(
        self, writing: ModuleType, job: Any
    ) -> None:
        class Failing:
            def stream(self, action: str, **arguments: Any) -> Any:
                raise gr.Error("It broke.")

        values: Iterator[Any] = writing.writer(Failing(), "lstm")(job, writing.Turn())
        part, _ = next(values)
        assert json.loads(part) == {"run": job.run, "state": "failed"}
        with pytest.raises(gr.Error, match="It broke"):
            next(values)


class TestLooking:
    VALUES = (0.8, 1.0, 0, 1.0, 0.0)

    def test_the_plot_follows_the_prompt_and_the_sampler(self, tab: Any) -> None:
        redraw = handler(tab, "redraw")
        plots = {redraw("ROMEO:", *self.VALUES), redraw("JULIE", *self.VALUES)}
        plots.add(redraw("ROMEO:", 0.3, *self.VALUES[1:]))
        assert len(plots) == 3

    def test_a_prompt_that_cannot_be_read_is_told_in_the_plot(self, tab: Any) -> None:
        told = json.loads(handler(tab, "redraw")("<", *self.VALUES))["problem"]
        assert "< (less-than sign)" in told

    def test_looking_at_a_place_shows_both_models(self, tab: Any) -> None:
        text, stages, maps, strips = handler(tab, "look")("To be, or", 6, *self.VALUES)
        assert text == "To be, or"
        assert [p["title"] for p in json.loads(stages)["panels"]] == ["LSTM", "Transformer"]
        assert json.loads(maps)["seen"].endswith("To be, or")
        assert "<svg" in strips

    def test_the_layers_are_counted_from_one(self, tab: Any) -> None:
        attend = handler(tab, "attend")
        assert [json.loads(attend("To be", layer))["layer"] for layer in (1, 6)] == [0, 5]

    def test_what_a_model_has_not_written_cannot_be_taken(
        self, module: Callable[[str], ModuleType], writing: ModuleType, tab: Any
    ) -> None:
        taken = handler(tab, "_taken")
        with pytest.raises(gr.Error, match="press Write first"):
            taken(writing.Written())
        assert taken(writing.Written(prompt="ROMEO:", text="Ay me")) == "Ay me"
