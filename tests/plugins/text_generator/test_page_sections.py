"""The sections that Python writes as HTML: whole, escaped, and with the numbers of the actions."""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo
from demo_app.checkpoints import CheckpointMetadata
from tests.plugins.text_generator.markup import Markup

HOSTILE = "<img src=x onerror=alert(1)>'\"&"
COPIED = "Before we proceed any further, hear me speak."


@pytest.fixture(scope="session")
def scores(demo: Demo) -> dict[str, Any]:
    return {m: demo.call("score", text=COPIED, model=m) for m in ("lstm", "transformer")}


@pytest.fixture(scope="session")
def copies(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.copies")


@pytest.fixture(scope="session")
def faults(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.faults")


def is_harmless(markup: Markup) -> bool:
    return not markup.all("img") and HOSTILE in markup.text


class TestSurprise:
    def test_both_models_stand_beside_every_simpler_way_the_worst_first(
        self, module: Callable[[str], ModuleType], scores: dict[str, Any]
    ) -> None:
        shown = Markup(module("page.surprise").comparison(scores))
        bits = {"LSTM": scores["lstm"].bits_per_character}
        bits |= {"Transformer": scores["transformer"].bits_per_character}
        bits |= {way.name: way.bits_per_character for way in scores["lstm"].baselines}
        places = [shown.text.index(name) for name in sorted(bits, key=lambda name: -bits[name])]
        assert places == sorted(places)
        for each in bits.values():
            assert f"{each:.2f}" in shown.text
        assert f"What these {len(COPIED)} characters cost" in shown.text

    def test_the_longest_bar_is_the_worst_way(
        self, module: Callable[[str], ModuleType], scores: dict[str, Any]
    ) -> None:
        shown = Markup(module("page.surprise").comparison(scores))
        widths = [float(bar["style"].removeprefix("width:").rstrip("%")) for bar in shown.all("i")]
        assert widths[0] == 100
        assert widths == sorted(widths, reverse=True)


class TestCopies:
    def test_the_longest_run_is_marked_and_placed(self, copies: ModuleType, demo: Demo) -> None:
        found = demo.call("originality", text=f"Friends: {COPIED} Well said,")
        html = copies.account(found)
        shown = Markup(html)
        assert f">{found.longest.text}</mark>" in html
        assert f"{len(found.longest.text)} characters" in shown.text
        assert f"line {found.longest.line:,} of the training text" in shown.text
        assert "First Citizen" in shown.text

    def test_the_text_is_there_whole_whatever_is_marked_in_it(
        self, copies: ModuleType, demo: Demo
    ) -> None:
        text = f"Friends: {COPIED}\nWell said. {COPIED} So be it, then."
        html = copies.account(demo.call("originality", text=text))
        looked_up = html[html.index("<p class='looked-up'>") : html.index("<ol")]
        assert Markup(looked_up).text == text

    def test_without_a_long_run_the_longest_is_shown_all_the_same(
        self, copies: ModuleType, demo: Demo
    ) -> None:
        shown = Markup(copies.account(demo.call("originality", text="Xylophones zip.")))
        assert "in runs of 20 or more" in shown.text
        assert "0%" in shown.text
        assert len(shown.all("li")) == 1

    def test_an_empty_text_is_said_to_be_one(self, copies: ModuleType, demo: Demo) -> None:
        shown = Markup(copies.account(demo.call("originality", text="")))
        assert "There is no text to look up." in shown.text

    def test_texts_are_escaped(
        self, copies: ModuleType, module: Callable[[str], ModuleType]
    ) -> None:
        results = module("results")
        run = results.Run(text=HOSTILE, start=0, place=0, line=1, before=HOSTILE, after=HOSTILE)
        found = results.Originality(text=HOSTILE, longest=run, runs=(run,), copied=1.0, minimum=20)
        assert is_harmless(Markup(copies.account(found)))


class TestFaults:
    def test_each_fault_is_told_with_its_numbers_and_marked_as_untrained(
        self, faults: ModuleType, demo: Demo
    ) -> None:
        measured = demo.call("tutorial_faults")
        shown = Markup(faults.cards(measured))
        assert len(shown.all("article")) == len(measured)
        assert shown.text.count("untrained") >= len(measured)
        for fault in measured:
            for text in (fault.name, fault.published, fault.consequence, fault.mend, fault.error):
                assert text in shown.text

    @pytest.mark.parametrize(
        ("value", "shown"), [(1.2583, "1.258"), (0.0, "0.000"), (3.6e-7, "4 · 10−7")]
    )
    def test_a_number_is_shown_as_large_as_it_is(
        self,
        faults: ModuleType,
        module: Callable[[str], ModuleType],
        value: float,
        shown: str,
    ) -> None:
        fault = self.fault(module, faulty=value)
        assert shown in Markup(faults.cards([fault])).text

    def test_texts_are_escaped(
        self, faults: ModuleType, module: Callable[[str], ModuleType]
    ) -> None:
        fault = self.fault(module, name=HOSTILE, error=HOSTILE, mend=HOSTILE, published=HOSTILE)
        assert is_harmless(Markup(faults.cards([fault])))

    def fault(self, module: Callable[[str], ModuleType], **members: Any) -> Any:
        texts = dict.fromkeys(
            ("name", "model", "published", "consequence", "evidence", "error", "mend"), ""
        )
        return module("results").Fault(**(texts | {"faulty": None, "mended": 1.0} | members))


class TestQuality:
    def test_every_number_is_that_of_the_checkpoint(
        self, module: Callable[[str], ModuleType]
    ) -> None:
        shown = Markup(module("page.quality").table({"LSTM": self.metadata()}, None))
        for text in ("1.4321", "2.07 bits", "1.3210", f"{math.exp(1.4321):.1f} characters"):
            assert text in shown.text
        for text in ("4,700,000", "50 minutes on 2 threads", "1.5 · 1014", "12.3 million"):
            assert text in shown.text

    def test_what_was_not_measured_is_left_open(self, module: Callable[[str], ModuleType]) -> None:
        bare = CheckpointMetadata(architecture="Net", license="MIT", source="here")
        cells = Markup(module("page.quality").table({"LSTM": bare}, bare))
        assert cells.text.count("–") >= 8

    def test_the_published_number_is_quoted_with_its_source(
        self, module: Callable[[str], ModuleType]
    ) -> None:
        shown = Markup(module("page.quality").table({}, None))
        for text in ("1.4697", "10,650,000", "github.com/karpathy/nanoGPT", "not measured here"):
            assert text in shown.text

    def test_the_shipped_checkpoints_fill_the_table(
        self, module: Callable[[str], ModuleType], demo: Demo
    ) -> None:
        models = {name: demo.metadata(name) for name in ("lstm", "transformer")}
        shown = Markup(module("page.quality").table(models, demo.metadata("trigram")))
        for metadata in models.values():
            assert metadata is not None
            assert f"{metadata.training['parameters']:,}" in shown.text
        assert len(shown.all("tr")) == 5

    def test_the_curve_has_its_numbers_beside_it(self, module: Callable[[str], ModuleType]) -> None:
        shown = Markup(module("page.curves").chart({"LSTM": self.metadata()}))
        (picture,) = shown.all("svg")
        assert "LSTM 1.500" in picture["aria-label"]
        assert len(shown.all("path", "training")) == 1
        for text in ("0.82", "2.500", "2.000", "1.64", "1.700", "1.500"):
            assert text in shown.text

    def test_labels_at_the_ends_of_the_lines_do_not_cover_each_other(
        self, module: Callable[[str], ModuleType]
    ) -> None:
        same = {"LSTM": self.metadata(), "Transformer": self.metadata()}
        html = module("page.curves").chart(same)
        labels = [label for label in Markup(html).all("text") if float(label["x"]) > 570]
        places = sorted(float(label["y"]) for label in labels)
        assert len(places) == 2
        assert places[1] - places[0] >= 18

    def test_without_a_curve_there_is_no_chart(self, module: Callable[[str], ModuleType]) -> None:
        bare = CheckpointMetadata(architecture="Net", license="MIT", source="here")
        assert module("page.curves").chart({"LSTM": bare}) == ""

    def metadata(self) -> CheckpointMetadata:
        return CheckpointMetadata(
            architecture="Net",
            license="MIT",
            source="here",
            metrics={
                "validation_loss": {"value": 1.4321},
                "validation_loss_sliding": {"value": 1.3210},
            },
            training={
                "parameters": 4_700_000,
                "seconds": 3000,
                "processor": "2 threads",
                "floating_point_operations": 1.5e14,
                "characters": 12_300_000,
                "recipe": {"batch": 32, "length": 256},
                "curve": [[100, 2.5, 2.0], [200, 1.7, 1.5]],
            },
        )
