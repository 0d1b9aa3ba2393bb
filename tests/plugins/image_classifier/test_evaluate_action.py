"""A head measured on photos whose classes are known: every kind of head, and bad input."""

import io
import threading
import zipfile
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from PIL import Image, ImageDraw
from torch import nn

from demo_app import Demo, File, Host, InvalidInput
from demo_app.context import Session
from demo_app.errors import Unknown
from demo_app.testing import context
from tests.plugins.image_classifier.labelled_photos import encoded, picture

NETWORK = "efficientnet_lite0"


def photos(colour: str, count: int = 3, first: int = 50) -> list[Any]:
    numbers = range(first, first + count)
    return [File(name=f"{n}.png", data=encoded(picture(colour, n))) for n in numbers]


@pytest.fixture(scope="session")
def teacher(host: Host) -> Demo:
    """A visitor who has taught a head of each kind to tell red from blue."""
    visitor = host.visit("image_classifier", Session())
    images = {"red": photos("reds", 5, first=0), "blue": photos("blues", 5, first=0)}
    for kind in ("linear", "mlp", "binary"):
        visitor.call("train_head", images=images, kind=kind, name=kind, seed=1)
    return visitor


@pytest.fixture
def mixed() -> dict[str, list[Any]]:
    """Photos that no head has learned from; one of the reds is a blue one."""
    return {"blue": photos("blues"), "red": [*photos("reds"), *photos("blues", 1, first=60)]}


@pytest.mark.parametrize("kind", ["linear", "mlp", "binary"])
def test_accuracy_and_confusion_follow_from_what_it_decides(
    teacher: Demo, mixed: Any, kind: str
) -> None:
    report = teacher.call("evaluate", images=mixed, head=kind).report

    assert report.classes == ["red", "blue"]
    assert report.metrics.confusion_matrix == [[3, 1], [0, 3]]
    assert report.metrics.class_accuracies == [0.75, 1.0]
    assert report.metrics.accuracy == pytest.approx(6 / 7)
    assert report.metrics.interval[0] < 6 / 7 < report.metrics.interval[1]
    assert report.metrics.photos == "those given"
    assert not report.stopped


def test_every_photo_is_told_with_its_place(teacher: Demo, mixed: Any) -> None:
    mixed["red"].insert(1, File(name="broken.jpg", data=b"no picture"))

    report = teacher.call("evaluate", images=mixed, head="linear").report

    assert [photo.index for photo in report.judged] == [0, 1, 2, 3, 5, 6, 7]
    wrong = [photo for photo in report.judged if photo.decided != photo.class_name]
    assert [(photo.name, photo.class_name, photo.decided) for photo in wrong] == [
        ("60.png", "red", "blue")
    ]
    assert [(s.class_name, s.name) for s in report.skipped] == [("red", "broken.jpg")]


def test_probabilities_are_those_of_classify(teacher: Demo) -> None:
    report = teacher.call("evaluate", images={"red": photos("reds", 1)}, head="binary").report

    here = teacher.call("classify", image=picture("reds", 50), head="binary").predictions[0]
    assert report.judged[0].decided == here.class_name
    assert report.judged[0].probability == pytest.approx(here.probability, abs=1e-4)


SMALL = {"backbone": "convnet", "pretrained": False}


@pytest.mark.parametrize(
    "options",
    [{"ten_crop": True}, {"unfreeze": "all", "tuning_epochs": 2}, {"kind": "binary"}],
    ids=["ten crops", "fine-tuned", "frozen"],
)
def test_heads_on_any_backbone_are_measured_as_classify_uses_them(
    host: Host, options: dict[str, Any]
) -> None:
    visitor = host.visit("image_classifier", Session())
    images = {"red": photos("reds", 5, first=0), "blue": photos("blues", 5, first=0)}
    visitor.call("train_head", images=images, seed=1, **SMALL, **options)

    report = visitor.call("evaluate", images={"red": photos("reds", 2)}).report

    for photo, number in zip(report.judged, (50, 51), strict=True):
        here = visitor.call("classify", image=picture("reds", number), head="mine").predictions[0]
        assert photo.decided == here.class_name
        assert photo.probability == pytest.approx(here.probability, abs=1e-4)


def test_the_loss_is_that_of_the_photos(teacher: Demo, mixed: Any) -> None:
    linear, binary = (
        teacher.call("evaluate", images=mixed, head=head).report.metrics.loss
        for head in ("linear", "binary")
    )

    assert linear > 0.5  # One of seven is wrong for certain.
    assert binary == pytest.approx(linear, rel=0.5)


def test_case_and_the_order_of_classes_do_not_matter(teacher: Demo) -> None:
    images = {"BLUE": photos("blues"), "Red": photos("reds")}

    report = teacher.call("evaluate", images=images, head="linear").report

    assert report.metrics.confusion_matrix == [[3, 0], [0, 3]]


def test_one_class_with_one_photo_will_do(teacher: Demo) -> None:
    metrics = teacher.call(
        "evaluate", images={"red": photos("reds", 1), "blue": []}, head="linear"
    ).report.metrics

    assert metrics.count == 1
    assert metrics.class_accuracies == [1.0, None]


def test_a_zip_of_class_folders_will_do(teacher: Demo) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for photo in photos("reds"):
            archive.writestr(f"red/{photo.name}", photo.data)
        archive.writestr("red/notes.txt", "no photo")

    report = teacher.call(
        "evaluate", archive=File(name="x.zip", data=buffer.getvalue()), head="linear"
    ).report

    assert report.metrics.count == 3
    assert [s.name for s in report.skipped] == ["red/notes.txt"]


def test_a_shipped_head_is_measured_at_its_own_size(demo: Demo) -> None:
    images = {"Roses": [picture("reds", 1)], "sunflowers": [picture("greens", 2)]}

    report = demo.call("evaluate", images=images, head="flowers").report

    seen = demo.call("classify", image=picture("reds", 1), head="flowers").predictions[0]
    assert report.judged[0].decided == seen.class_name
    assert report.judged[0].probability == pytest.approx(seen.probability, abs=1e-3)
    assert len(report.metrics.confusion_matrix) == 5


class TestNetworks:
    """Networks that are trained from scratch and ship, here without their training."""

    @pytest.fixture
    def evaluate(self, module: Callable[[str], ModuleType]) -> Callable[..., Any]:
        from demo_app.checkpoints import CheckpointMetadata, build_untrained

        def evaluate(name: str, images: Any) -> Any:
            shipped = module("shipped_networks").SHIPPED_NETWORKS[name]
            preprocessing = module("architectures.scratch_networks").SCRATCH[name].preprocessing
            metadata = CheckpointMetadata(
                architecture="x",
                license="x",
                source="x",
                classes=list(shipped.classes),
                preprocessing=preprocessing.to_metadata(),
            )
            network = build_untrained(lambda: module("models").build_model(name))
            ctx = context(models={name: network.eval()}, metadata={name: metadata})
            *_, last = module("study_actions").evaluate(ctx, images=images, head=name)
            return last.report

        return evaluate

    def test_small_photos(self, evaluate: Any) -> None:
        report = evaluate("resnet_cifar10", {"cat": photos("reds"), "dog": photos("blues", 2)})

        assert report.metrics.count == 5
        assert len(report.classes) == 10

    def test_drawn_digits(self, evaluate: Any) -> None:
        paper = Image.new("RGB", (100, 100), "white")
        ImageDraw.Draw(paper).line((50, 15, 50, 85), fill="black", width=8)

        report = evaluate("convnet_mnist", {"1": [paper], "7": photos("reds", 1)})

        assert report.metrics.count == 1
        assert report.skipped[0].class_name == "7"
        assert report.skipped[0].reason.startswith("There is nothing on the paper")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Give either images"),
        ({"images": {}}, "no photos in folders named as classes"),
        ({"images": {"red": []}}, "There are no photos"),
        ({"images": {"rad": photos("reds")}}, r"knows no class 'rad'.*'red'\? It knows: red, blue"),
        ({"images": {"red": photos("reds"), "RED": photos("reds")}}, "Two classes"),
        ({"images": {"red": photos("reds"), "blue": photos("reds")}}, "same photo is in two"),
        ({"images": {"red": [File(name="x.png", data=b"x")]}}, "None of the photos"),
        ({"images": {"red": photos("reds")}, "head": "imagenet"}, "imagenet tells 1,000"),
        ({"archive": "/etc/passwd"}, "archive"),
    ],
)
def test_bad_input_is_met_with_a_sentence(
    teacher: Demo, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        teacher.call("evaluate", **{"head": "linear", **arguments})


def test_of_many_classes_the_first_are_told(module: Callable[[str], ModuleType]) -> None:
    evaluating = module("research.evaluating")
    judge = evaluating.Judge(
        name="many", classes=tuple(f"class {n}" for n in range(1000)), decide=lambda photos: None
    )
    gathered = module("photographs.gathering").gather(
        {"x": photos("reds")}, None, least=0, least_classes=1
    )

    with pytest.raises(InvalidInput, match="class 19 and 980 more"):
        evaluating.with_classes_of(judge, gathered)


def test_an_unknown_head_is_refused(teacher: Demo) -> None:
    with pytest.raises(Unknown, match="no head named 'none'"):
        teacher.call("evaluate", images={"red": photos("reds")}, head="none")


def test_progress_goes_through_the_phases(teacher: Demo) -> None:
    values = list(teacher.stream("evaluate", images={"red": photos("reds", 20)}, head="linear"))

    assert [value.phase for value in values] == [
        "reading",
        "reading",
        "judging",
        "judging",
        "done",
    ]
    assert [value.done for value in values[2:]] == [16, 20, 20]
    assert values[-2].seconds_left == 0


class TestStopping:
    @pytest.fixture
    def run(
        self, module: Callable[[str], ModuleType], network: nn.Module, demo: Demo, teacher: Demo
    ) -> Callable[[str], Any]:
        """Stops at the first value of a phase; the last value."""
        exported = teacher.call("export", head="linear", backbone=False)

        def run(phase: str) -> Any:
            stopped = threading.Event()
            ctx = context(
                models={NETWORK: network},
                metadata={NETWORK: demo.metadata(NETWORK)},  # type: ignore[dict-item]
                stopped=stopped,
            )
            module("head_actions").load_head(ctx, file=exported)
            last = None
            images = {"red": photos("reds", 20)}
            for last in module("study_actions").evaluate(ctx, images=images):
                if last.phase == phase:
                    stopped.set()
            return last

        return run

    def test_it_ends_with_the_photos_so_far(self, run: Any) -> None:
        last = run("judging")

        assert last.phase == "done"
        assert last.report.stopped
        assert last.report.metrics.photos == "the first 16 of 20 that were given"
        assert len(last.report.judged) == 16

    def test_before_a_photo_is_judged_there_is_no_report(self, run: Any) -> None:
        last = run("reading")

        assert last.phase == "stopped"
        assert last.report is None
