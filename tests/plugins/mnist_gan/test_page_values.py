"""What the page's scripts are given: whole, and with the pictures and numbers of the actions."""

import json
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from demo_app import Demo, File
from tests.plugins.mnist_gan.drawings import drawn, farthest, pixels
from tests.plugins.mnist_gan.page_values import decoded


@pytest.fixture(scope="session")
def results(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("results")


@pytest.fixture(scope="session")
def opinion(results: ModuleType) -> Callable[..., Any]:
    """Makes an opinion: that a picture shows a digit, and how many real ones look less real."""

    def make(digit: int = 7, real: float | None = 0.25) -> Any:
        shares = tuple(0.91 if each == digit else 0.01 for each in range(10))
        return results.Opinion(
            digit=digit, confidence=0.91, probabilities=shares, realness=1.5, more_real_than=real
        )

    return make


@pytest.fixture(scope="session")
def walk(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.walk")


@pytest.fixture(scope="session")
def sketch(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.sketch")


@pytest.fixture(scope="session")
def film(module: Callable[[str], ModuleType], demo: Demo) -> dict[str, Any]:
    """What the script of the replay gets."""
    told: dict[str, Any] = json.loads(module("page.replay").film(demo))
    return told


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    return drawn(7).resize((28, 28)).convert("L")


@pytest.fixture(scope="session")
def inversions(demo: Demo) -> list[Any]:
    """The reports of a short search."""
    with demo.stream("invert", drawing=drawn(2), steps=8) as stream:
        return list(stream)


def test_a_picture_arrives_as_it_is(
    module: Callable[[str], ModuleType], picture: Image.Image
) -> None:
    arrived = decoded(module("page.pictures").data_url(picture))
    assert (pixels(arrived) == pixels(picture)).all()


class TestSamples:
    @pytest.fixture
    def shown(
        self,
        module: Callable[[str], ModuleType],
        results: ModuleType,
        opinion: Callable[..., Any],
        picture: Image.Image,
    ) -> Callable[..., dict[str, Any]]:
        """What the gallery gets of samples for which a 7 was asked, by what the judge sees."""

        def show(*digits: int, real: float | None = 0.25) -> dict[str, Any]:
            samples = tuple(
                results.Sample(digit=7, number=n, image=picture, opinion=opinion(digit, real))
                for n, digit in enumerate(digits)
            )
            agreement = digits.count(7) / len(digits)
            found = results.Samples(samples=samples, agreement=agreement)
            told: dict[str, Any] = json.loads(module("page.gallery").shown(found))
            return told

        return show

    def test_each_has_what_was_asked_for_and_what_the_judge_sees(
        self, shown: Callable[..., dict[str, Any]], picture: Image.Image
    ) -> None:
        first, second = shown(7, 9)["samples"]
        assert (first["digit"], first["judged"], first["confidence"]) == (7, 7, 0.91)
        assert (second["digit"], second["judged"]) == (7, 9)
        assert first["real"] == 0.25
        assert farthest(decoded(first["src"]), picture) == 0

    @pytest.mark.parametrize(
        ("digits", "said"), [((7, 9, 7), "2 of 3"), ((9, 4), "0 of 2"), ((7,) * 7, "7 of 7")]
    )
    def test_the_note_counts_those_that_agree(
        self, shown: Callable[..., dict[str, Any]], digits: tuple[int, ...], said: str
    ) -> None:
        assert shown(*digits)["note"] == f"The judge sees the digit asked for in {said}."

    def test_before_the_checkpoint_was_measured_there_is_no_share_of_real_digits(
        self, shown: Callable[..., dict[str, Any]]
    ) -> None:
        assert shown(7, real=None)["samples"][0]["real"] is None


class TestPlace:
    @pytest.mark.parametrize("real", [None, 0.0, 1.0])
    def test_it_has_all_that_the_script_draws(
        self,
        module: Callable[[str], ModuleType],
        results: ModuleType,
        opinion: Callable[..., Any],
        picture: Image.Image,
        real: float | None,
    ) -> None:
        place = results.Place(image=picture, opinion=opinion(3, real), length=8.25)
        shown = json.loads(module("page.explore").shown(place, 3, ("slant", "third"), 4))
        assert shown["directions"] == ["slant", "third most sensitive"]
        assert (shown["digit"], shown["length"], shown["real"]) == (3, 8.25, real)
        assert max(shown["probabilities"]) == shown["probabilities"][3]
        assert shown["question"] == 4


class TestWalk:
    @pytest.fixture
    def shown(
        self,
        walk: ModuleType,
        results: ModuleType,
        opinion: Callable[..., Any],
        picture: Image.Image,
    ) -> Callable[..., dict[str, Any]]:
        """What the script gets of a walk on which the judge sees these digits."""

        def show(*digits: int, distances: tuple[float, ...]) -> dict[str, Any]:
            frames = tuple(
                results.Frame(share=n / (len(digits) - 1), image=picture, opinion=opinion(digit))
                for n, digit in enumerate(digits)
            )
            animation = File(name="interpolation.webp", data=b"")
            found = results.Interpolation(frames=frames, animation=animation, distances=distances)
            told: dict[str, Any] = json.loads(walk.shown(found))
            return told

        return show

    def test_the_note_tells_where_the_judge_changes_its_mind(
        self, shown: Callable[..., dict[str, Any]]
    ) -> None:
        told = shown(7, 7, 1, 9, 9, distances=(0.1, 0.1, 0.3, 0.1))
        assert told["note"] == (
            "The judge begins with a 7, then sees: 1 at 50%, 9 at 75%. "
            "The largest step between two frames is 2.0 times the mean one."
        )
        assert [frame["judged"] for frame in told["frames"]] == [7, 7, 1, 9, 9]
        assert [frame["share"] for frame in told["frames"]] == [0, 0.25, 0.5, 0.75, 1]

    def test_a_judge_that_never_changes_its_mind_is_told_of(
        self, shown: Callable[..., dict[str, Any]]
    ) -> None:
        assert "a 7 and never changes its mind." in shown(7, 7, distances=(0.1,))["note"]

    def test_a_way_from_a_digit_to_itself_has_no_largest_step(
        self, shown: Callable[..., dict[str, Any]]
    ) -> None:
        assert "is 0.0 times the mean one." in shown(7, 7, 7, distances=(0.0, 0.0))["note"]


class TestPoint:
    @pytest.fixture
    def kept(self, module: Callable[[str], ModuleType]) -> Any:
        return module("page.gallery").Chosen(digit=4, seed=9, number=5, truncation=1.5)

    def test_samples_are_counted_from_one(self, walk: ModuleType) -> None:
        assert walk.point(None, 7, 3, 1) == {
            "digit": 7,
            "seed": 3,
            "number": 0,
            "truncation": None,
        }

    def test_empty_boxes_mean_what_they_show(self, walk: ModuleType) -> None:
        assert walk.point(None, 7, None, None) == walk.point(None, 7, 0, 1)

    def test_a_chosen_sample_keeps_its_truncation(self, walk: ModuleType, kept: Any) -> None:
        assert walk.point(kept, 4, 9, 6) == kept.as_point

    @pytest.mark.parametrize("controls", [(5, 9, 6), (4, 8, 6), (4, 9, 5)])
    def test_when_the_controls_name_another_it_counts_no_more(
        self, walk: ModuleType, kept: Any, controls: tuple[int, ...]
    ) -> None:
        assert walk.point(kept, *controls) == walk.point(None, *controls)


class TestSketch:
    def test_a_drawing_comes_with_what_the_judge_sees(self, sketch: ModuleType, demo: Demo) -> None:
        score = demo.call("score", image=drawn(2))
        shown = json.loads(sketch.scored(score))
        assert farthest(decoded(shown["drawing"]), score.image) == 0
        assert shown["probabilities"] == pytest.approx(score.opinion.probabilities)
        assert "image" not in shown

    def test_a_search_has_no_words_before_its_end(
        self, sketch: ModuleType, demo: Demo, inversions: list[Any]
    ) -> None:
        score = demo.call("score", image=drawn(2))
        *running, last = (json.loads(sketch.searched(found, score)) for found in inversions)
        assert [found["said"] for found in running] == [""] * len(running)
        assert last["said"].startswith(f"Asked for a {inversions[-1].digit}, the generator comes")
        assert f"within {inversions[-1].error:.3f} of" in last["said"]

    def test_its_pictures_and_numbers_are_those_of_the_report(
        self, sketch: ModuleType, demo: Demo, inversions: list[Any]
    ) -> None:
        found = inversions[-1]
        shown = json.loads(sketch.searched(found, demo.call("score", image=drawn(2))))
        for name in ("drawing", "image", "residual"):
            assert farthest(decoded(shown[name]), getattr(found, name)) == 0
        for name in ("digit", "error", "explained", "length", "step", "steps"):
            assert shown[name] == getattr(found, name)
        assert shown["errors"] == list(found.errors)

    def test_a_search_that_was_stopped_says_so(
        self, sketch: ModuleType, demo: Demo, inversions: list[Any]
    ) -> None:
        stopped = replace(inversions[0], done=True)
        shown = json.loads(sketch.searched(stopped, demo.call("score", image=drawn(2))))
        assert shown["said"].startswith("Stopped; this is the nearest so far. Asked for a ")

    def test_the_curve_has_room_for_every_report(self, sketch: ModuleType, demo: Demo) -> None:
        with demo.stream("invert", drawing=drawn(1), steps=sketch.STEPS) as stream:
            *_, last = stream
        assert len(last.errors) == sketch.REPORTS


class TestFilm:
    def test_it_has_every_kept_moment_of_the_training(
        self, film: dict[str, Any], demo: Demo
    ) -> None:
        metadata = demo.metadata("replay")
        assert metadata is not None
        names = ("step", "discriminator_loss", "generator_loss", "agreement", "distance")
        moments = [[moment[name] for name in names] for moment in film["moments"]]
        assert moments == [list(point) for point in metadata.training["curve"]]

    def test_each_has_its_picture(self, film: dict[str, Any], demo: Demo) -> None:
        for place in (0, len(film["moments"]) // 2, -1):
            moment = film["moments"][place]
            image = demo.call("replay", step=moment["step"]).image
            assert farthest(decoded(moment["src"]), image) == 0

    def test_steps_are_told_as_passes_over_mnist(self, film: dict[str, Any], demo: Demo) -> None:
        metadata = demo.metadata("replay")
        assert metadata is not None
        batch = metadata.training["recipe"]["batch"]
        last = film["moments"][-1]
        assert last["epochs"] == pytest.approx(last["step"] * batch / 60_000)
