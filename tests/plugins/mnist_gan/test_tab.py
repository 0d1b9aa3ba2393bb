"""The page of this demo: its layout, and what its events do with the actions."""

import base64
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from demo_app import Demo, Host
from demo_app.surfaces.page.shell import build_tab
from tests.plugins.mnist_gan.drawings import farthest
from tests.plugins.mnist_gan.page_values import decoded

NOTHING = {"start": None, "end": None}
"""No end of a walk was chosen in the gallery."""


@pytest.fixture(scope="session")
def tab(host: Host) -> Any:
    tab = build_tab(host, host.plugin("mnist_gan"))
    assert tab is not None
    return tab


@pytest.fixture(scope="session")
def chosen(module: Callable[[str], ModuleType]) -> Any:
    """The sixth 4 of seed 9, with truncation."""
    return module("page.gallery").Chosen(digit=4, seed=9, number=5, truncation=1.5)


def handler(tab: Any, name: str) -> Callable[..., Any]:
    """The function of that name behind the events of the tab."""
    (function,) = {fn.fn for fn in tab.fns.values() if getattr(fn.fn, "__name__", "") == name}
    return function


def pressed(tab: Any, button: str) -> Callable[..., Any]:
    """What a button does, by its name."""
    press = (component(tab, f"gan-{button}")._id, "click")
    function: Callable[..., Any] = next(fn.fn for fn in tab.fns.values() if press in fn.targets)
    return function


def component(tab: Any, elem_id: str) -> Any:
    return next(b for b in tab.blocks.values() if getattr(b, "elem_id", None) == elem_id)


def drawn(tab: Any, *values: Any) -> tuple[dict[str, Any], tuple[Any, ...], Any]:
    """What the gallery shows, all its samples, and the chosen one."""
    shown, digits, first = handler(tab, "draw")(*values)
    return json.loads(shown), digits, first


class TestLayout:
    def test_the_gallery_begins_with_arguments_that_sample_takes(
        self, tab: Any, module: Callable[[str], ModuleType], demo: Demo
    ) -> None:
        names = ("digit", "seed", "count", "truncation")
        values = [component(tab, f"gan-{name}").value for name in names]
        wanted = module("page.gallery").wanted(*values)
        assert len(demo.call("sample", **wanted).samples) == values[2]

    @pytest.mark.parametrize("end", ["minimum", "maximum"])
    def test_the_ends_of_its_sliders_can_be_drawn(self, tab: Any, end: str) -> None:
        seed, count, truncation = (
            getattr(component(tab, f"gan-{name}"), end) for name in ("seed", "count", "truncation")
        )
        shown, _, _ = drawn(tab, "any", seed, count, truncation)
        assert len(shown["samples"]) == count

    def test_every_direction_is_one_that_explore_knows(
        self, module: Callable[[str], ModuleType], demo: Demo
    ) -> None:
        first, *others = module("page.explore").DIRECTIONS
        for other in others:
            demo.call("explore", seed=0, x_direction=first, y_direction=other)

    def test_every_rule_of_the_style_sheet_is_about_this_tab_alone(
        self, module: Callable[[str], ModuleType]
    ) -> None:
        depth, outside = 0, []
        for line in module("tab").STYLE.read_text("utf-8").splitlines():
            if depth == 0 and line.strip():
                outside.append(line)
            # What is inside @media counts as what is outside.
            opened = line.count("{") - line.startswith("@media")
            depth = max(0, depth + opened - line.count("}"))
        allowed = ("#gan {", ".dark #gan {", "@media ", "}")
        assert all(line.strip().startswith(allowed) for line in outside)


class TestGallery:
    def test_it_shows_what_the_action_draws(self, tab: Any, demo: Demo) -> None:
        shown, digits, first = drawn(tab, "4", 9, 10, 1.5)
        found = demo.call("sample", digit=4, seed=9, count=10, truncation=1.5, scored=True)
        for each, one in zip(shown["samples"], found.samples, strict=True):
            assert farthest(decoded(each["src"]), one.image) <= 1
            assert (each["digit"], each["judged"]) == (4, one.opinion.digit)
        assert [each.number for each in digits] == list(range(10))
        assert first == digits[0]

    def test_what_is_kept_of_a_sample_draws_it_again(
        self, tab: Any, demo: Demo, chosen: Any
    ) -> None:
        shown, digits, _ = drawn(tab, "4", 9, 10, 1.5)
        assert digits[5] == chosen
        place = demo.call("explore", **chosen.as_point)
        assert farthest(place.image, decoded(shown["samples"][5]["src"])) <= 1

    def test_any_digit_is_the_choice_of_the_seed(self, tab: Any, demo: Demo) -> None:
        _, digits, _ = drawn(tab, "any", 9, 20, 3)
        found = demo.call("sample", seed=9, count=20)
        assert [each.digit for each in digits] == [sample.digit for sample in found.samples]

    def test_choosing_takes_the_sample_of_that_number(self, tab: Any) -> None:
        choose = handler(tab, "choose")
        assert choose(gr.EventData(None, {"number": 2}), ("a", "b", "c")) == "c"

    @pytest.mark.parametrize("number", [-1, 3, 10**6])
    def test_choosing_what_is_not_there_changes_nothing(self, tab: Any, number: int) -> None:
        choose = handler(tab, "choose")
        assert choose(gr.EventData(None, {"number": number}), ("a", "b", "c")) == gr.skip()

    def test_what_does_not_fit_is_told_by_the_name_of_the_argument(self, tab: Any) -> None:
        with pytest.raises(gr.Error, match="count: Input should be less than or equal to 100"):
            drawn(tab, "4", 9, 101, 3)

    @pytest.mark.parametrize("name", ["png", "zip"])
    def test_its_files_are_those_of_the_action(self, tab: Any, demo: Demo, name: str) -> None:
        saved = json.loads(pressed(tab, f"save-{name}")("any", 9, 10, 1.5))
        file = demo.call("save", seed=9, count=10, truncation=1.5, format=name)
        assert saved["name"] == file.name == f"digits-seed-9.{name}"
        assert base64.b64decode(saved["data"]) == file.data

    def test_the_same_file_twice_is_two_values_so_that_both_are_downloaded(self, tab: Any) -> None:
        save = pressed(tab, "save-png")
        assert save("7", 1, 10, 3) != save("7", 1, 10, 3)


class TestExplorer:
    def test_a_move_is_answered_with_its_number(self, tab: Any, demo: Demo, chosen: Any) -> None:
        event = gr.EventData(None, {"x": 1.5, "y": -2, "question": 12})
        shown = json.loads(handler(tab, "move")(event, chosen, "width", "first"))
        directions = {"x_direction": "width", "y_direction": "first"}
        place = demo.call("explore", **chosen.as_point, x=1.5, y=-2, **directions)
        assert farthest(decoded(shown["src"]), place.image) <= 1
        assert shown["question"] == 12
        assert shown["directions"] == ["width", "most sensitive"]

    def test_another_sample_begins_in_the_middle(self, tab: Any, demo: Demo, chosen: Any) -> None:
        shown = json.loads(handler(tab, "begin")(chosen, "slant", "weight"))
        sample = demo.call("sample", digit=4, seed=9, count=6, truncation=1.5).samples[5]
        assert farthest(decoded(shown["src"]), sample.image) <= 1
        assert shown["question"] is None

    def test_before_the_first_sample_nothing_is_shown(self, tab: Any) -> None:
        assert handler(tab, "begin")(None, "slant", "weight") == gr.skip()

    @pytest.mark.parametrize(
        ("axis", "chosen_for_both", "other"),
        [("across", "weight", "slant"), ("up", "slant", "weight")],
    )
    def test_an_axis_that_takes_the_others_direction_moves_the_other_away(
        self, tab: Any, chosen: Any, axis: str, chosen_for_both: str, other: str
    ) -> None:
        both = (chosen_for_both, chosen_for_both)
        _, moved = handler(tab, f"point_{axis}")(chosen, *both)
        assert moved == other

    def test_what_is_beyond_the_bounds_is_refused(self, tab: Any, chosen: Any) -> None:
        event = gr.EventData(None, {"x": 7, "y": 0, "question": 1})
        with pytest.raises(gr.Error, match="x: Input should be less than or equal to 6"):
            handler(tab, "move")(event, chosen, "slant", "weight")


class TestWalk:
    def test_it_leads_from_one_end_to_the_other(self, tab: Any, demo: Demo) -> None:
        shown = json.loads(handler(tab, "walk")(NOTHING, 7, 3, 1, 9, 8, 2, "turning"))
        start = demo.call("sample", digit=7, seed=3, count=1).samples[0]
        end = demo.call("sample", digit=9, seed=8, count=2).samples[1]
        frames = [decoded(frame["src"]) for frame in shown["frames"]]
        assert farthest(frames[0], start.image) <= 1
        assert farthest(frames[-1], end.image) <= 1

    def test_the_two_ways_differ_in_between_alone(self, tab: Any) -> None:
        walk = handler(tab, "walk")
        turning, straight = (
            [f["src"] for f in json.loads(walk(NOTHING, 7, 3, 1, 9, 8, 1, way))["frames"]]
            for way in ("turning", "straight")
        )
        assert farthest(decoded(turning[0]), decoded(straight[0])) <= 1
        assert farthest(decoded(turning[-1]), decoded(straight[-1])) <= 1
        assert farthest(decoded(turning[12]), decoded(straight[12])) > 1

    @pytest.mark.parametrize(("button", "end"), [("from-chosen", "start"), ("to-chosen", "end")])
    def test_the_chosen_digit_becomes_an_end(
        self, tab: Any, chosen: Any, button: str, end: str
    ) -> None:
        kept, *controls = pressed(tab, button)(chosen, NOTHING)
        assert kept == NOTHING | {end: chosen}
        assert controls == [4, 9, 6]

    def test_before_the_first_sample_no_end_changes(self, tab: Any) -> None:
        for button in ("from-chosen", "to-chosen"):
            assert pressed(tab, button)(None, NOTHING) == (gr.skip(),) * 4

    @pytest.mark.parametrize("name", ["webp", "gif"])
    def test_its_files_are_those_of_the_action(self, tab: Any, demo: Demo, name: str) -> None:
        values = (NOTHING, 7, 3, 1, 9, 8, 1, "turning")
        saved = json.loads(pressed(tab, f"save-{name}")(*values))
        ends = {"start": {"digit": 7, "seed": 3}, "end": {"digit": 9, "seed": 8}}
        file = demo.call("interpolate", **ends, format=name).animation
        assert saved["name"] == file.name == f"interpolation.{name}"
        assert base64.b64decode(saved["data"]) == file.data


class TestCopies:
    def test_it_is_looked_up_once_the_section_has_been_opened(self, tab: Any, chosen: Any) -> None:
        follow, first_look = handler(tab, "follow"), handler(tab, "first_look")
        assert follow(chosen, False) == gr.skip()
        html, wanted = first_look(chosen)
        assert wanted
        assert follow(chosen, wanted) == html
        assert html.count("<img") == 7

    def test_opened_before_the_first_sample_it_waits(self, tab: Any) -> None:
        assert handler(tab, "first_look")(None) == (gr.skip(), True)


def test_no_two_visitors_share_what_the_page_remembers(tab: Any) -> None:
    one, other = SessionState(tab), SessionState(tab)
    states = [block for block in tab.blocks.values() if isinstance(block, gr.State)]
    assert len(states) >= 5
    for state in states:
        kept = one[state._id]
        assert kept is not other[state._id] or isinstance(kept, bool | tuple | None)
