"""The lessons: on which photos, how far they are, and what they say of the numbers."""

import json
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo
from demo_app.checkpoints import CheckpointMetadata
from tests.plugins.text_generator.markup import Markup

HOSTILE = "<img src=x onerror=alert(1)>'\"&"


@pytest.fixture(scope="session")
def lesson(module: Callable[[str], ModuleType]) -> Callable[[str], ModuleType]:
    """A room of the lessons by the end of its name."""
    return lambda name: module(f"page.lessons_{name}")


@pytest.fixture(scope="session")
def studies(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("research.studies")


class TestPhotos:
    @pytest.fixture
    def mine(self, demo: Demo, module: Callable[[str], ModuleType]) -> Any:
        """The local user's own photos, empty."""
        mine = module("page.training_set").training_set(demo)
        mine.clear()
        yield mine
        mine.clear()

    def fill(self, mine: Any, module: Callable[[str], ModuleType], each: int) -> None:
        leaves = module("page.example_set").example_photos()
        for place, one in enumerate(mine.classes):
            for leaf in leaves[place * each : (place + 1) * each]:
                mine.add(one.number, leaf.name, leaf.data)

    def test_the_example_set_is_by_class(self, lesson: Any, demo: Demo) -> None:
        photos = lesson("photos").photos(demo, "example")
        assert list(photos) == ["oak", "maple", "willow"]
        assert sum(map(len, photos.values())) == 48

    def test_ones_own_are_not_offered_before_there_are_enough(
        self, lesson: Any, demo: Demo, mine: Any, module: Any
    ) -> None:
        self.fill(mine, module, 2)
        choice = lesson("photos").offered(demo, "own")
        assert [value for _, value in choice.choices] == ["example"]
        assert choice.value == "example"
        assert "With 3 photos or more" in choice.info

    def test_ones_own_are_offered_first_with_their_numbers(
        self, lesson: Any, demo: Demo, mine: Any, module: Any
    ) -> None:
        self.fill(mine, module, 3)
        choice = lesson("photos").offered(demo, "own")
        assert choice.choices[0] == ("yours: 6 photos in 2 classes", "own")
        assert choice.value == "own"
        photos = lesson("photos").photos(demo, "own")
        assert [(name, len(files)) for name, files in photos.items()] == [
            ("Class A", 3),
            ("Class B", 3),
        ]

    def test_what_was_chosen_stays_chosen(
        self, lesson: Any, demo: Demo, mine: Any, module: Any
    ) -> None:
        self.fill(mine, module, 3)
        assert lesson("photos").offered(demo, "example").value == "example"


class TestMorePhotos:
    @pytest.fixture
    def curve(self, studies: ModuleType) -> Any:
        points = [
            studies.CurvePoint(
                photos=photos, accuracy=share, interval=(share - 0.1, 1.0), accuracies=[share]
            )
            for photos, share in ((2, 0.7), (4, 0.8), (8, 0.9))
        ]
        return studies.LearningCurve(
            phase="done",
            done=15,
            total=15,
            points=points,
            tested=16,
            power_law=studies.PowerLaw(floor=0.0, factor=0.6, exponent=1.0, at_twice=0.95),
            more="yes",
            answer="Yes, more photos are likely to help.",
            skipped=[],
        )

    def test_every_point_and_the_answer_reach_the_script(self, lesson: Any, curve: Any) -> None:
        shown = json.loads(lesson("more").shown(curve))
        assert [point["photos"] for point in shown["points"]] == [2, 4, 8]
        assert shown["points"][0]["interval"] == [0.6, 1.0]
        assert (shown["more"], shown["tested"]) == ("yes", 16)
        assert shown["answer"] == "Yes, more photos are likely to help."
        assert shown["progress"] == {}

    def test_what_the_law_foretells_is_at_twice_the_photos(self, lesson: Any, curve: Any) -> None:
        foretold = json.loads(lesson("more").shown(curve))["foretold"]
        assert foretold == [{"photos": 16, "accuracy": 0.95}]
        without = replace(curve, power_law=None)
        assert json.loads(lesson("more").shown(without))["foretold"] == []

    def test_stopped_early_it_says_so_and_keeps_what_there_is(
        self, lesson: Any, curve: Any
    ) -> None:
        shown = json.loads(lesson("more").shown(replace(curve, stopped=True)))
        assert shown["answer"].startswith("Stopped; this is what was measured so far.")
        assert len(shown["points"]) == 3

    def test_files_that_took_no_part_are_counted(
        self, lesson: Any, curve: Any, module: Any
    ) -> None:
        skipped = module("results").SkippedPhoto(class_name="a", name="b", reason="c")
        shown = json.loads(lesson("more").shown(replace(curve, skipped=[skipped] * 2)))
        assert shown["answer"].endswith("2 files took no part.")

    def test_before_the_first_point_it_says_how_far_it_is(
        self, lesson: Any, studies: ModuleType
    ) -> None:
        reading = studies.LearningCurve(
            phase="features", done=12, total=48, seconds_left=7.4, points=[], skipped=[]
        )
        shown = json.loads(lesson("more").shown(reading))
        assert shown["progress"] == {
            "said": "Computing features: 12 of 48, about 7 s left",
            "done": 0.25,
        }
        assert (shown["points"], shown["foretold"], shown["answer"]) == ([], [], "")

    def test_stopped_before_the_first_point_there_is_nothing_to_show(
        self, lesson: Any, studies: ModuleType
    ) -> None:
        stopped = studies.LearningCurve(phase="stopped", done=0, total=0, points=[], skipped=[])
        said = json.loads(lesson("more").shown(stopped))["progress"]["said"]
        assert said == "Stopped before there was anything to show."


class TestWaysOfLearning:
    def test_each_way_has_its_numbers_and_its_curve(self, lesson: Any, studies: ModuleType) -> None:
        epochs = [
            studies.WayEpoch(
                epoch=epoch,
                seconds=seconds,
                loss=0.5,
                accuracy=0.9,
                held_out_loss=0.6,
                held_out_accuracy=share,
            )
            for epoch, seconds, share in ((1, 0.5, 0.7), (2, 1.0, 0.8))
        ]
        ways = [
            studies.Way(
                name=name,
                trained_parameters=3843,
                seconds=1.5,
                accuracy=0.8,
                interval=(0.6, 0.9),
                loss=0.6,
                curve=epochs,
                finished=name == "frozen",
            )
            for name in ("frozen", "fine_tuned", "scratch")
        ]
        now = studies.Comparison(
            phase="learning",
            done=2,
            total=10,
            way="scratch",
            ways=ways,
            photos=48,
            held_out=12,
            skipped=[],
        )
        shown = json.loads(lesson("ways").shown(now))
        assert [way["name"] for way in shown["ways"]] == ["frozen", "fine_tuned", "scratch"]
        assert shown["ways"][0]["curve"] == [[0.5, 0.7], [1.0, 0.8]]
        assert [way["finished"] for way in shown["ways"]] == [True, False, False]
        assert shown["progress"]["said"] == "Definition only, from scratch, epoch: 2 of 10"

    def test_stopped_early_it_says_so(self, lesson: Any, studies: ModuleType) -> None:
        now = studies.Comparison(
            phase="stopped", done=0, total=0, ways=[], skipped=[], note="", stopped=True
        )
        shown = json.loads(lesson("ways").shown(now))
        assert shown["progress"]["said"] == "Stopped before there was anything to show."
        assert shown["note"] == ""


class TestUnsure:
    def test_thresholds_and_curve_reach_the_script_as_text(
        self, lesson: Any, studies: ModuleType
    ) -> None:
        found = studies.Thresholds(
            head="mine",
            target=0.95,
            classes=[
                studies.ClassThreshold(
                    class_name=HOSTILE,
                    threshold=1.0,
                    decided=3,
                    named=0,
                    accuracy=None,
                    interval=None,
                    vouched=False,
                )
            ],
            held_out=9,
            coverage=0.5,
            accuracy=None,
            curve=[studies.CoveragePoint(threshold=0.9, coverage=0.5, accuracy=1.0, count=4)],
            note="Too few.",
        )
        shown = lesson("unsure").shown(found)
        assert "<" not in shown
        told = json.loads(shown)
        assert told["classes"][0]["class_name"] == HOSTILE
        assert told["curve"][0]["coverage"] == 0.5
        assert (told["target"], told["accuracy"], told["held_out"]) == (0.95, None, 9)


class TestQuality:
    @pytest.fixture
    def metadata(self) -> CheckpointMetadata:
        accuracy = {
            "value": 0.9,
            "interval": [0.85, 0.94],
            "split": "val, 20 photos",
            "measured": "argmax",
            "confusion_matrix": [[9, 1, 0], [0, 5, 0], [3, 0, 2]],
        }
        return CheckpointMetadata(
            architecture="a head",
            license="",
            source="",
            classes=["rose", HOSTILE, "tulip"],
            metrics={"accuracy": accuracy},
        )

    def test_accuracy_interval_and_split_are_told(
        self, lesson: Any, metadata: CheckpointMetadata
    ) -> None:
        shown = Markup(lesson("quality").measured("made", metadata))
        for told in ("90.0%", "85.0% to 94.0%", "val, 20 photos; argmax."):
            assert told in shown.text

    def test_the_most_frequent_mistake_is_named(
        self, lesson: Any, metadata: CheckpointMetadata
    ) -> None:
        shown = Markup(lesson("quality").measured("made", metadata))
        assert "tulip taken for rose, 3 of 5 (60.0%)" in shown.text

    def test_every_cell_has_its_count_and_says_what_it_means(
        self, lesson: Any, metadata: CheckpointMetadata
    ) -> None:
        cells = Markup(lesson("quality").measured("made", metadata)).all("td", "wrong")
        assert len(cells) == 6
        assert cells[-2]["title"] == "3 of 5 pictures of tulip were named rose (60.0%)"
        assert cells[-2]["style"] == "--share:0.600"

    def test_class_names_are_escaped(self, lesson: Any, metadata: CheckpointMetadata) -> None:
        shown = Markup(lesson("quality").measured(HOSTILE, metadata))
        assert shown.all("img") == []
        assert HOSTILE in shown.text

    def test_without_a_mistake_none_is_named(self, lesson: Any) -> None:
        assert "Not one was named wrongly" in lesson("quality").confusion("ab", [[3, 0], [0, 2]])

    def test_a_class_without_pictures_divides_nothing_by_zero(self, lesson: Any) -> None:
        shown = Markup(lesson("quality").confusion("ab", [[3, 1], [0, 0]]))
        assert len(shown.all("td", "right")) == 2

    def test_what_was_not_measured_says_so(self, lesson: Any, metadata: CheckpointMetadata) -> None:
        shown = lesson("quality").measured("made", replace(metadata, metrics={}))
        assert "has not been measured yet" in shown

    def test_what_ships_shows_what_its_metadata_states(self, lesson: Any, demo: Demo) -> None:
        metadata = demo.metadata("flowers")
        assert metadata is not None
        shown = Markup(lesson("quality").measured("flowers", metadata))
        assert f"{metadata.metrics['accuracy']['value']:.1%}" in shown.text
        assert len(shown.all("td", "right")) == len(metadata.classes)


class TestFaults:
    @pytest.fixture
    def fault(self, module: Callable[[str], ModuleType]) -> Any:
        return module("results").Fault(
            name="A fault",
            model=HOSTILE,
            published="x.view(-1)",
            consequence="It fails.",
            evidence="Loss",
            faulty=100.0,
            mended=2e-9,
            error="shape is invalid",
            mend="Flatten it.",
        )

    def test_a_card_tells_the_fault_the_numbers_and_the_mend(self, lesson: Any, fault: Any) -> None:
        shown = Markup(lesson("faults").cards([fault]))
        for told in ("A fault", "x.view(-1)", "It fails.", "shape is invalid", "Flatten it."):
            assert told in shown.text
        assert shown.all("img") == []

    def test_what_never_raises_says_nothing_of_an_error(self, lesson: Any, fault: Any) -> None:
        assert "raises" not in lesson("faults").cards([replace(fault, error="")])

    @pytest.mark.parametrize(
        ("value", "told"),
        [
            (100.0, "100"),
            (25_557_032, "25,557,032"),
            (0.5, "0.500"),
            (-1.25, "−1.250"),
            (0.0, "0"),
            (2e-9, "2 · 10<sup>−9</sup>"),
        ],
    )
    def test_numbers_have_the_figures_that_are_worth_reading(
        self, lesson: Any, value: float, told: str
    ) -> None:
        assert lesson("faults").number(value) == told
