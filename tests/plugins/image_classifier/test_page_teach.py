"""The section's events behind the page: training, mending, trying, saving, one visitor each."""

import base64
import html
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.context import LocalContext

from demo_app import Host
from demo_app.surfaces.page.shell import build_tab
from demo_app.surfaces.visitors import Visitors
from tests.plugins.image_classifier.page_photos import jpeg, url

USUAL = ("One linear layer", 25, 30, None, 0.01, 0, 1, "Nothing: only the head", False)
"""What the options say."""


@pytest.fixture(scope="session")
def handlers(host: Host) -> dict[str, Callable[..., Any]]:
    """The functions behind the section's events, by their names."""
    tab = build_tab(host, host.plugin("image_classifier"), Visitors())
    assert tab is not None
    functions = [fn.fn for fn in tab.fns.values() if fn.fn is not None]
    return {each.__name__: each for each in functions if ".page.teach" in each.__module__}


@pytest.fixture(scope="session")
def options(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.teach_options")


@pytest.fixture
def visit() -> Iterator[Callable[[str], None]]:
    """Makes what follows an event of the visitor of that name."""
    token = LocalContext.request.set(None)
    yield lambda name: LocalContext.request.set(gr.Request(session_hash=name)) and None
    LocalContext.request.reset(token)


@pytest.fixture
def section(
    handlers: dict[str, Callable[..., Any]],
    visit: Callable[[str], None],
    request: pytest.FixtureRequest,
) -> SimpleNamespace:
    """The section of a new visitor; what its scripts send is given as keywords."""
    visit(request.node.nodeid)

    def alter(kind: str, **further: Any) -> Any:
        event = gr.EventData(None, {"change": {"kind": kind, **further}})
        return json.loads(handlers["alter"](event)[0])

    def mend(kind: str, **further: Any) -> Any:
        event = gr.EventData(None, {"change": {"kind": kind, **further}})
        return json.loads(handlers["mend"](event)[1])

    def fill(*colours: str, count: int = 4) -> list[int]:
        numbers = [each["number"] for each in alter("want", numbers=[])["classes"]]
        for number, colour in zip(numbers, colours, strict=False):
            photos = [{"name": f"{n}.jpg", "data": url(jpeg(colour, n))} for n in range(count)]
            alter("add", number=number, photos=photos, batch=1)
        return numbers

    def train(*options: Any) -> list[Any]:
        return list(handlers["train"](*(options or USUAL)))

    def look(data: bytes, **further: Any) -> Any:
        asked = {"image": url(data), "number": 1, **further}
        return json.loads(handlers["look"](gr.EventData(None, {"asked": asked})))

    def ask(accuracy: float | None) -> Any:
        event = gr.EventData(None, {"wanted": {"accuracy": accuracy}})
        return json.loads(handlers["ask"](event)[0])

    return SimpleNamespace(alter=alter, mend=mend, fill=fill, train=train, look=look, ask=ask)


class TestTraining:
    def test_it_ends_with_curves_a_judgement_of_each_photo_and_a_threshold_curve(
        self, section: SimpleNamespace
    ) -> None:
        section.fill("reds", "blues")
        curves, confusion, thresholds = (json.loads(value) for value in section.train()[-1])
        assert curves["phase"] == "done"
        assert curves["points"][-1][0] > 0
        assert "8 computed, 0 known already" in curves["said"]
        assert confusion["classes"] == ["Class A", "Class B"]
        assert len(confusion["judged"]) == 8
        assert sum(photo[4] for photo in confusion["judged"]) == 2
        assert thresholds["held_out"] == 2
        assert thresholds["target"] is None

    def test_each_judgement_is_of_the_photo_whose_number_it_has(
        self, section: SimpleNamespace
    ) -> None:
        section.fill("reds", "blues")
        confusion = json.loads(section.train()[-1][1])
        lying = {
            photo: place
            for place, each in enumerate(section.alter("want", numbers=[])["classes"])
            for photo in each["photos"]
        }
        assert {photo[0]: photo[1] for photo in confusion["judged"]} == lying

    def test_training_again_computes_only_what_is_new(self, section: SimpleNamespace) -> None:
        first, _ = section.fill("reds", "blues")
        section.train()
        photos = [{"name": "9.jpg", "data": url(jpeg("reds", 9))}]
        section.alter("add", number=first, photos=photos, batch=1)
        curves, confusion, _ = (json.loads(value) for value in section.train()[-1])
        assert "1 computed, 8 known already" in curves["said"]
        assert confusion["figures"][-1][0] == "1 + 8"

    def test_with_nothing_held_out_there_are_no_thresholds(self, section: SimpleNamespace) -> None:
        section.fill("reds", "blues")
        *_, (_, confusion, thresholds) = section.train(USUAL[0], 0, *USUAL[2:])
        assert json.loads(thresholds) == {}
        assert "those it learned from" in json.loads(confusion)["figures"][0][1]

    def test_with_an_empty_class_it_is_refused_in_words(self, section: SimpleNamespace) -> None:
        section.fill("reds")
        with pytest.raises(gr.Error) as refused:
            section.train()
        assert "The class 'Class B' has no photos" in html.unescape(refused.value.message)

    def test_a_class_name_with_html_is_escaped_in_the_message(
        self, section: SimpleNamespace
    ) -> None:
        _, second = section.fill("reds")
        section.alter("rename", number=second, name="<img src=x>")
        with pytest.raises(gr.Error) as refused:
            section.train()
        assert "<" not in refused.value.message


class TestMending:
    def test_a_photo_moved_behind_the_matrix_lies_in_its_new_class(
        self, section: SimpleNamespace
    ) -> None:
        _, second = section.fill("reds", "blues")
        confusion = json.loads(section.train()[-1][1])
        photo = confusion["judged"][0][0]
        mended = section.mend("move", photo=photo, number=second)
        assert mended["now"][str(photo)] == second
        assert mended["judged"] == confusion["judged"]
        assert photo in section.alter("want", numbers=[])["classes"][1]["photos"]

    def test_one_that_was_deleted_is_nowhere(self, section: SimpleNamespace) -> None:
        section.fill("reds", "blues")
        photo = json.loads(section.train()[-1][1])["judged"][0][0]
        assert str(photo) not in section.mend("delete", photo=photo)["now"]

    def test_pictures_come_for_the_photos_that_are_looked_at(
        self, section: SimpleNamespace
    ) -> None:
        section.fill("reds", "blues")
        photo = json.loads(section.train()[-1][1])["judged"][0][0]
        assert list(section.mend("look", numbers=[photo, 999, "x"])["pictures"]) == [str(photo)]
        assert section.mend("look", numbers="all")["pictures"] == {}


class TestTrying:
    def test_before_there_is_a_head_it_says_so(self, section: SimpleNamespace) -> None:
        assert "There is no head yet" in section.look(jpeg("reds", 1))["said"]

    def test_a_photo_gets_a_bar_for_each_class_and_the_evidence_for_the_likeliest(
        self, section: SimpleNamespace
    ) -> None:
        section.fill("reds", "blues")
        section.train()
        seen = section.look(jpeg("blues", 20))
        assert [name for name, _ in seen["bars"]] == ["Class A", "Class B"]
        assert seen["verdict"] == seen["explained"] == "Class B"
        assert seen["overlay"].startswith("data:image/jpeg;base64,")
        assert section.look(jpeg("blues", 20), class_name="Class A")["explained"] == "Class A"

    def test_a_head_with_a_hidden_layer_has_no_evidence(self, section: SimpleNamespace) -> None:
        section.fill("reds", "blues")
        section.train("A hidden layer", *USUAL[1:])
        seen = section.look(jpeg("reds", 20))
        assert seen["verdict"] == "Class A"
        assert seen["overlay"] == ""

    @pytest.mark.parametrize("image", [None, 7, "/etc/passwd", url(b"nothing"), "data:x"])
    def test_what_is_no_picture_is_said_and_raises_nothing(
        self, section: SimpleNamespace, image: Any
    ) -> None:
        section.fill("reds", "blues")
        section.train()
        assert section.look(b"", image=image)["said"]

    def test_thresholds_are_set_and_removed(self, section: SimpleNamespace) -> None:
        section.fill("reds", "blues")
        section.train()
        assert section.ask(0.9)["target"] == 0.9
        assert section.look(jpeg("reds", 1))["threshold"] is not None
        assert section.ask(None)["target"] is None
        assert section.look(jpeg("reds", 1))["threshold"] is None

    @pytest.mark.parametrize("accuracy", ["high", 7, -1])
    def test_an_accuracy_that_is_none_is_refused(
        self, section: SimpleNamespace, accuracy: Any
    ) -> None:
        section.fill("reds", "blues")
        section.train()
        with pytest.raises(gr.Error, match="accuracy"):
            section.ask(accuracy)


class TestHome:
    def test_without_a_head_there_is_nothing_to_save(
        self, section: SimpleNamespace, handlers: dict[str, Callable[..., Any]]
    ) -> None:
        with pytest.raises(gr.Error, match="Train one first"):
            handlers["save"]()

    def test_a_head_comes_back_from_its_file_which_does_not_stay_on_the_disk(
        self,
        section: SimpleNamespace,
        handlers: dict[str, Callable[..., Any]],
        tmp_path: Path,
    ) -> None:
        section.fill("reds", "blues")
        section.train()
        before = section.look(jpeg("reds", 30))["bars"]
        saved = json.loads(handlers["save"]())
        file = tmp_path / saved["name"]
        file.write_bytes(base64.b64decode(saved["data"]))
        handlers["start_over"]()
        said, *_ = handlers["load"](str(file))
        assert "Loaded: a linear head for 2 classes" in said
        assert not file.exists()
        after = section.look(jpeg("reds", 30))["bars"]
        assert [name for name, _ in after] == [name for name, _ in before]
        assert [share for _, share in after] == pytest.approx(
            [share for _, share in before], abs=1e-3
        )


def test_a_training_that_outlives_its_photos_leaves_nothing(
    section: SimpleNamespace, handlers: dict[str, Callable[..., Any]]
) -> None:
    section.fill("reds", "blues")
    training = handlers["train"](*USUAL)
    next(training)
    handlers["start_over"]()
    *_, last = training
    assert last == ("", gr.skip(), gr.skip())
    assert "There is no head yet" in section.look(jpeg("reds", 1))["said"]


def test_each_visitor_trains_on_their_own_photos(
    section: SimpleNamespace, visit: Callable[[str], None]
) -> None:
    section.fill("reds", "blues")
    section.train()
    visit("another visitor")
    assert section.alter("want", numbers=[])["classes"][0]["photos"] == []
    assert "There is no head yet" in section.look(jpeg("reds", 1))["said"]


class TestOptions:
    def test_they_are_arguments_of_the_action(self, options: ModuleType) -> None:
        wanted = options.wanted(
            "One logit (two classes)", 30, 50, 0.5, 0.1, 0.05, 3, "The last stage", True
        )
        assert wanted == {
            "kind": "binary",
            "validation_split": 0.3,
            "epochs": 50,
            "lr": 0.5,
            "weight_decay": 0.1,
            "label_smoothing": 0.05,
            "seed": 3,
            "unfreeze": "last_stage",
            "augment": True,
        }

    def test_what_is_left_empty_is_as_usual(self, options: ModuleType) -> None:
        nothing = (None,) * 5
        wanted = options.wanted("A hidden layer", 0, *nothing, "All of it (slow)", False)
        assert set(wanted) == {"kind", "validation_split", "unfreeze", "augment"}
