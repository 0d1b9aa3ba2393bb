"""Name a photo: what the cards, the names and the evidence say, and which answer counts."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from demo_app import Demo, Host
from demo_app.surfaces.page.shell import build_tab
from tests.plugins.mnist_gan.drawings import drawn

CAT = Path(__file__).parents[3] / "plugins" / "image_classifier" / "examples" / "cat.jpg"
HOSTILE = "<img src=x onerror=alert(1)>'\"&"
Events = Any


@pytest.fixture(scope="session")
def cards(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.recognise_heads")


@pytest.fixture(scope="session")
def names(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.recognise_names")


@pytest.fixture(scope="session")
def evidence(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.recognise_evidence")


@pytest.fixture(scope="session")
def recognise(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.recognise")


@pytest.fixture(scope="session")
def events(host: Host, recognise: ModuleType) -> Events:
    """What happens on the section, with the demo as a page's visitor sees it."""
    tab = build_tab(host, host.plugin("image_classifier"))
    assert tab is not None
    owners = (getattr(fn.fn, "__self__", None) for fn in tab.fns.values())
    return next(owner for owner in owners if isinstance(owner, recognise.Events))


@pytest.fixture
def visit(recognise: ModuleType) -> Any:
    return recognise.Visit()


@pytest.fixture(scope="session")
def cat(examples: Any) -> Image.Image:
    with Image.open(examples / "cat.jpg") as picture:
        return picture.convert("RGB")


@pytest.fixture(scope="session")
def head(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Makes what ``heads`` tells of a head."""
    summary = module("results").HeadSummary

    def make(*classes: str, **changes: Any) -> Any:
        known = {"name": "mine", "title": "Mine", "kind": "linear", "own": True}
        known |= {"backbone": "", "accuracy": 0.5, "can_explain": True}
        return summary(**(known | {"classes": list(classes)} | changes))

    return make


@pytest.fixture(scope="session")
def result(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Makes a classification from probabilities by class, with a threshold or none."""
    actions = module("actions")

    def make(threshold: float | None = None, /, **shares: float) -> Any:
        ranked = sorted(enumerate(shares.items()), key=lambda one: -one[1][1])
        return actions.Classification(
            predictions=[
                actions.Prediction(class_name=name, class_index=index, probability=share)
                for index, (name, share) in ranked
            ],
            threshold=threshold,
            none_of_these=threshold is not None and max(shares.values()) <= threshold,
        )

    return make


@pytest.fixture(scope="session")
def explanation(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Makes an explanation of a class by its place, its logit and its probability."""
    make = module("actions").Explanation
    picture = Image.new("RGB", (8, 8))

    def explain(index: int, logit: float, probability: float, **changes: Any) -> Any:
        known = {"class_name": "b", "bias": 0.004, "cells": [[1.0, -2.0], [3.0, 0.0]]}
        known |= {"scale": 3.0, "crop": picture, "overlay": picture}
        known |= {"class_index": index, "logit": logit, "probability": probability}
        return make(**(known | changes))

    return explain


def event(**data: Any) -> gr.EventData:
    """What a script sends."""
    return gr.EventData(None, data)


def url(picture: Image.Image, kind: str = "PNG") -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


class TestCards:
    def test_all_that_ships_is_there_with_its_own_numbers(
        self, cards: ModuleType, demo: Demo
    ) -> None:
        shown = {choice.name: choice for choice in cards.shipped(demo)}
        assert next(iter(shown)) == "imagenet"
        assert set(shown) == {"imagenet", *demo.models} - {"efficientnet_lite0"}
        metadata = demo.metadata("flowers")
        assert metadata is not None
        assert shown["flowers"].accuracy == f"{metadata.metrics['accuracy']['value']:.1%} right"

    def test_a_number_that_was_not_measured_here_says_so(
        self, cards: ModuleType, demo: Demo
    ) -> None:
        assert cards.shipped(demo)[0].accuracy == "75.1%, published"

    def test_only_the_head_for_digits_wants_a_drawing(self, cards: ModuleType, demo: Demo) -> None:
        drawing = [choice.name for choice in cards.shipped(demo) if choice.draws]
        assert drawing == ["convnet_mnist"]

    def test_heads_of_ones_own_follow_and_what_ships_is_not_shown_twice(
        self, cards: ModuleType, head: Callable[..., Any]
    ) -> None:
        mine = head("mug", "bowl", name="kitchen", accuracy=0.925)
        (choice,) = cards.own([head("daisy", own=False), mine])
        assert (choice.title, choice.classes) == ("kitchen", "mug, bowl")
        assert choice.accuracy == "92% right"
        assert choice.own

    def test_names_reach_the_script_as_text(
        self, cards: ModuleType, head: Callable[..., Any]
    ) -> None:
        shown = cards.shown(cards.own([head(HOSTILE, "b", name=HOSTILE)]), HOSTILE)
        assert "<" not in shown
        assert json.loads(shown)["choices"][0]["name"] == HOSTILE

    @pytest.mark.parametrize(
        ("classes", "told"),
        [
            (["a", "b"], "a, b"),
            (list("abcdefg"), "a, b, c, d, e …"),
            ([str(number) for number in range(1000)], "1,000 classes"),
            ([], ""),
        ],
    )
    def test_few_classes_are_named_and_many_counted(
        self, cards: ModuleType, classes: list[str], told: str
    ) -> None:
        assert cards.listed(classes) == told


class TestNames:
    def test_few_classes_keep_their_order_so_that_bars_stay_in_place(
        self, names: ModuleType, head: Callable[..., Any], result: Callable[..., Any]
    ) -> None:
        shown = json.loads(names.named(head(*"abc"), result(a=0.2, b=0.1, c=0.7), None, None))
        assert [bar["name"] for bar in shown["bars"]] == ["a", "b", "c"]
        assert (shown["verdict"], shown["share"]) == ("c", 0.7)

    def test_of_many_classes_the_likeliest_come_first(
        self, names: ModuleType, head: Callable[..., Any], result: Callable[..., Any]
    ) -> None:
        many = head(*(f"class {number}" for number in range(40)))
        shown = json.loads(names.named(many, result(a=0.2, b=0.1, c=0.7), None, None))
        assert [bar["name"] for bar in shown["bars"]] == ["c", "a", "b"]
        assert names.count(many) == 5
        assert shown["aside"] == ""

    def test_a_head_of_few_classes_is_said_to_know_no_others(
        self, names: ModuleType, head: Callable[..., Any], result: Callable[..., Any]
    ) -> None:
        shown = json.loads(names.named(head("a", "b"), result(a=0.6, b=0.4), None, None))
        assert "these 2 classes and no others" in shown["aside"]

    def test_below_its_threshold_the_likeliest_is_none_of_these(
        self, names: ModuleType, head: Callable[..., Any], result: Callable[..., Any]
    ) -> None:
        shown = json.loads(names.named(head("a", "b"), result(0.9, a=0.6, b=0.4), None, None))
        assert (shown["verdict"], shown["none"]) == ("none of these", True)
        assert "a would be likeliest with 60%" in shown["aside"]
        assert "above 90%" in shown["aside"]

    def test_above_it_it_is_named(
        self, names: ModuleType, head: Callable[..., Any], result: Callable[..., Any]
    ) -> None:
        shown = json.loads(names.named(head("a", "b"), result(0.5, a=0.6, b=0.4), None, None))
        assert (shown["verdict"], shown["none"]) == ("a", False)
        assert "above 50%" in shown["aside"]

    @pytest.mark.parametrize(("index", "logit", "share"), [(1, -2.5, 0.076), (0, 2.5, 0.924)])
    def test_the_one_logit_speaks_for_the_second_class_whichever_is_explained(
        self,
        names: ModuleType,
        head: Callable[..., Any],
        result: Callable[..., Any],
        explanation: Callable[..., Any],
        index: int,
        logit: float,
        share: float,
    ) -> None:
        binary = head("roses", "tulips", kind="binary")
        shown = names.named(
            binary, result(roses=0.924, tulips=0.076), explanation(index, logit, share), None
        )
        told = json.loads(shown)["logit"]
        assert told["value"] == -2.5
        assert "Above 0 it speaks for tulips, below for roses" in told["meaning"]
        assert "7.6%, is the probability of tulips" in told["meaning"]

    def test_what_a_network_saw_is_shown_with_its_size(
        self, names: ModuleType, head: Callable[..., Any], result: Callable[..., Any]
    ) -> None:
        picture = Image.new("RGB", (32, 32))
        shown = json.loads(names.named(head("a", "b"), result(a=1.0, b=0.0), None, picture))
        assert "32 x 32 pixels" in shown["seen"]["title"]

    def test_names_reach_the_script_as_text(
        self, names: ModuleType, head: Callable[..., Any], result: Callable[..., Any]
    ) -> None:
        shown = names.named(head(HOSTILE, "b"), result(**{HOSTILE: 0.6, "b": 0.4}), None, None)
        assert "<" not in shown
        assert json.loads(shown)["verdict"] == HOSTILE


class TestEvidence:
    def test_the_printed_terms_add_up(
        self, evidence: ModuleType, head: Callable[..., Any], explanation: Callable[..., Any]
    ) -> None:
        shown = json.loads(evidence.accounted(head("a", "b"), explanation(1, 0.5049, 0.6)))
        numbers = [float(term["number"]) for term in shown["sum"]]
        assert numbers[0] == pytest.approx(numbers[1] + numbers[2])
        assert (shown["supporting"], shown["opposing"]) == (2, 2)

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("linear", "60.0% after the softmax over both classes"),
            ("binary", "60.0% after the sig"),
        ],
    )
    def test_it_says_how_the_probability_follows(
        self,
        evidence: ModuleType,
        head: Callable[..., Any],
        explanation: Callable[..., Any],
        kind: str,
        said: str,
    ) -> None:
        made = evidence.accounted(head("a", "b", kind=kind), explanation(1, 0.5, 0.6))
        assert json.loads(made)["gets"].startswith(said)

    def test_a_frame_of_the_camera_comes_as_a_jpeg(
        self, evidence: ModuleType, head: Callable[..., Any], explanation: Callable[..., Any]
    ) -> None:
        made = evidence.accounted(head("a", "b"), explanation(1, 0.5, 0.6), quick=True)
        assert json.loads(made)["overlay"].startswith("data:image/jpeg;base64,")

    def test_without_a_map_it_says_why(
        self, evidence: ModuleType, head: Callable[..., Any]
    ) -> None:
        assert "no exact evidence map" in json.loads(evidence.accounted(head("a"), None))["hint"]


class TestEvents:
    def test_a_photo_gets_what_the_actions_say(
        self, events: Events, visit: Any, cat: Image.Image, demo: Demo
    ) -> None:
        named, _, accounted = events.bring(cat, visit)
        top = demo.call("classify", image=cat).predictions[0]
        shown = json.loads(named)
        assert (shown["verdict"], len(shown["bars"])) == (top.class_name, 5)
        assert json.loads(accounted)["class_name"] == shown["explained"] == top.class_name

    def test_of_a_photo_that_gradio_tells_of_twice_the_class_that_was_pressed_stays(
        self, events: Events, visit: Any
    ) -> None:
        events.bring(Image.open(CAT), visit)
        events.ask(SimpleNamespace(name="beagle"), Image.open(CAT), visit)
        named, choice, accounted = events.bring(Image.open(CAT), visit)
        assert json.loads(named)["explained"] == choice.value == "beagle"
        assert json.loads(accounted)["class_name"] == "beagle"

    def test_one_that_was_taken_away_and_comes_back_is_answered_anew(
        self, events: Events, visit: Any
    ) -> None:
        events.bring(Image.open(CAT), visit)
        events.ask(SimpleNamespace(name="beagle"), Image.open(CAT), visit)
        events.bring(None, visit)
        named, *_ = events.bring(Image.open(CAT), visit)
        assert json.loads(named)["explained"] == json.loads(named)["verdict"]

    def test_a_photo_taken_away_leaves_a_hint(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        events.bring(cat, visit)
        named, _, accounted = events.bring(None, visit)
        assert list(json.loads(named)) == ["hint"]
        assert json.loads(accounted) == {}

    def test_another_head_names_the_same_photo(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        named, classes, _ = events.choose(event(name="roses_tulips"), cat, visit)
        shown = json.loads(named)
        assert [bar["name"] for bar in shown["bars"]] == ["roses", "tulips"]
        assert shown["logit"]["second"] == "tulips"
        assert [choice[1] for choice in classes.choices] == ["", "roses", "tulips"]

    def test_a_small_network_shows_the_pixels_that_it_saw(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        named, *_ = events.choose(event(name="resnet_cifar10"), cat, visit)
        assert "32 x 32" in json.loads(named)["seen"]["title"]

    def test_a_bar_is_explained_when_it_is_pressed(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        named, classes, accounted = events.ask(event(name="beagle"), cat, visit)
        assert json.loads(named)["explained"] == "beagle"
        assert json.loads(accounted)["class_name"] == "beagle"
        assert classes.value == "beagle"

    def test_a_class_that_the_head_does_not_know_is_refused(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        with pytest.raises(gr.Error, match="knows no class of that name"):
            events.ask(event(name="<b>"), cat, visit)

    @pytest.mark.parametrize("name", ["nobody", None, 7, ["imagenet"], HOSTILE])
    def test_a_head_that_is_not_there_is_refused_and_the_old_one_kept(
        self, events: Events, visit: Any, cat: Image.Image, name: Any
    ) -> None:
        events.choose(event(name="flowers"), cat, visit)
        with pytest.raises(gr.Error, match="no longer here"):
            events.choose(event(name=name), cat, visit)
        assert visit.head.name == "flowers"

    def test_an_answer_to_an_older_question_is_not_shown(
        self, events: Events, visit: Any, cat: Image.Image, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look = events._look

        def overtaken(*asked: Any) -> Any:
            answer = look(*asked)
            visit.ask()
            return answer

        monkeypatch.setattr(events, "_look", overtaken)
        named, _, accounted = events.bring(cat, visit)
        assert (named, accounted) == (gr.skip(), gr.skip())


class TestDrawing:
    def test_digits_want_a_drawing_and_not_the_photo(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        named, classes, accounted = events.choose(event(name="convnet_mnist"), cat, visit)
        assert "Draw a digit" in json.loads(named)["hint"]
        assert json.loads(accounted) == {}
        assert classes.visible is False

    @pytest.mark.parametrize("digit", [2, 4, 7])
    def test_a_drawn_digit_is_read_and_all_ten_are_shown(
        self, events: Events, visit: Any, digit: int
    ) -> None:
        events.choose(event(name="convnet_mnist"), None, visit)
        told, named, accounted = events.draw(event(image=url(drawn(digit)), number=3), visit)
        shown = json.loads(named)
        assert shown["verdict"] == str(digit)
        assert [bar["name"] for bar in shown["bars"]] == list("0123456789")
        assert "28 x 28" in shown["seen"]["title"]
        assert "no exact evidence map" in json.loads(accounted)["hint"]
        assert json.loads(told) == {"answered": 3}

    def test_empty_paper_leaves_a_hint(self, events: Events, visit: Any) -> None:
        events.choose(event(name="convnet_mnist"), None, visit)
        events.draw(event(image=url(drawn(4)), number=1), visit)
        told, named, _ = events.draw(event(image="", number=2), visit)
        assert "Draw a digit" in json.loads(named)["hint"]
        assert json.loads(told) == {"answered": 2}

    def test_what_cannot_be_read_is_said_in_place_and_answered(
        self, events: Events, visit: Any
    ) -> None:
        events.choose(event(name="convnet_mnist"), None, visit)
        scribble = Image.effect_noise((280, 280), 90).convert("RGB")
        told, named, _ = events.draw(event(image=url(scribble), number=5), visit)
        assert "does not look like a digit" in json.loads(named)["hint"]
        assert json.loads(told) == {"answered": 5}


class TestCamera:
    def test_a_frame_is_named_and_answered(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        frame = event(image=url(cat.resize((426, 320)), "JPEG"), number=9)
        told, named, accounted = events.watch(frame, "", visit)
        assert json.loads(told) == {"answered": 9}
        assert "cat" in json.loads(named)["verdict"]
        assert json.loads(accounted)["overlay"].startswith("data:image/jpeg")

    def test_the_class_that_was_picked_stays(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        frame = event(image=url(cat.resize((320, 320)), "JPEG"), number=1)
        _, _, accounted = events.watch(frame, "beagle", visit)
        assert json.loads(accounted)["class_name"] == "beagle"

    def test_the_last_frame_can_be_asked_about(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        events.watch(event(image=url(cat.resize((320, 320)), "JPEG"), number=1), "", visit)
        named, accounted = events.pick(None, "beagle", visit)
        assert json.loads(named)["explained"] == "beagle"
        assert json.loads(accounted)["class_name"] == "beagle"

    def test_a_photo_takes_the_place_of_the_last_frame(
        self, events: Events, visit: Any, cat: Image.Image
    ) -> None:
        events.watch(event(image=url(cat.resize((320, 320)), "JPEG"), number=1), "", visit)
        named, *_ = events.bring(None, visit)
        assert "hint" in json.loads(named)

    @pytest.mark.parametrize("image", [None, "/etc/passwd", "data:image/jpeg;base64,AAAA"])
    def test_what_is_no_frame_is_said_where_the_camera_is(
        self, events: Events, visit: Any, image: Any
    ) -> None:
        told, *others = events.watch(event(image=image, number=4), "", visit)
        assert json.loads(told)["answered"] == 4
        assert json.loads(told)["said"]
        assert others == [gr.skip(), gr.skip()]


class TestRefreshing:
    def test_a_head_that_was_dropped_gives_way_to_the_first(
        self, events: Events, visit: Any
    ) -> None:
        visit.head = SimpleNamespace(name="gone")
        shown = json.loads(events.refresh(visit))
        assert shown["chosen"] == visit.head.name == "imagenet"

    def test_the_chosen_head_stays_chosen(self, events: Events, visit: Any) -> None:
        events.choose(event(name="flowers"), None, visit)
        assert json.loads(events.refresh(visit))["chosen"] == "flowers"
