"""A visitor's own classes: taught from photos, and used by the name of their head."""

import io
import zipfile
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn

from demo_app import Demo, File, Host
from demo_app.context import Session
from tests.plugins.image_classifier.labelled_photos import photo_files, picture


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture
def two() -> dict[str, list[Any]]:
    return {"red": photo_files("reds"), "blue": photo_files("blues")}


@pytest.fixture
def passes(host: Host, visitor: Demo, module: Callable[[str], ModuleType]) -> Any:
    """How many photos have gone through the backbone."""
    counted: list[int] = []
    session_features = module("photographs.session_features")
    extract = session_features.extract

    def counting(network: nn.Module, crops: list[Image.Image], *rest: Any) -> Any:
        counted.append(len(crops))
        return extract(network, crops, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_features, "extract", counting)
        yield lambda: sum(counted)


def test_a_head_learns_the_classes_of_the_photos(visitor: Demo, two: Any) -> None:
    report = visitor.call("train_head", images=two, seed=1).report

    assert (report.name, report.kind, report.classes) == ("mine", "linear", ["red", "blue"])
    assert report.photos == [5, 5]
    assert report.metrics.photos == "held out"
    assert report.metrics.confusion_matrix == [[1, 0], [0, 1]]
    assert report.metrics.accuracy == 1.0
    assert report.training["seed"] == 1


def test_the_record_has_every_epoch_of_the_fit(visitor: Demo, two: Any) -> None:
    values = list(visitor.stream("train_head", images=two, seed=1, kind="mlp", epochs=7))

    curve = values[-1].report.training["curve"]
    seen = {v.done: v.validation_loss for v in values if v.phase == "fitting"}
    assert [epoch for epoch, *_ in curve] == [1, 2, 3, 4, 5, 6, 7]
    assert curve[0][1] > curve[-1][1]
    assert {epoch: held_out for epoch, _, _, held_out, _ in curve} == pytest.approx(seen, abs=1e-4)


def test_the_head_comes_as_a_file_if_that_is_asked_for(visitor: Demo, two: Any) -> None:
    report = visitor.call("train_head", images=two, seed=1, with_file=True).report
    assert visitor.call("train_head", images=two, seed=1).report.file is None

    loaded = visitor.call("load_head", file=report.file, name="again")

    assert loaded.classes == ["red", "blue"]
    assert loaded.training == report.training


@pytest.mark.parametrize("kind", ["linear", "mlp", "binary"])
def test_the_head_names_photos_that_it_has_not_seen(visitor: Demo, two: Any, kind: str) -> None:
    visitor.call("train_head", images=two, kind=kind, seed=1, name="colours")

    for colour, name in (("reds", "red"), ("blues", "blue")):
        result = visitor.call("classify", image=picture(colour, 77), head="colours")
        assert result.predictions[0].class_name == name


@pytest.mark.parametrize("kind", ["linear", "binary"])
def test_the_evidence_of_ones_own_head_adds_up(visitor: Demo, two: Any, kind: str) -> None:
    visitor.call("train_head", images=two, kind=kind, seed=1)

    explanation = visitor.call("explain", image=picture("reds", 77), head="mine")

    cells = torch.tensor(explanation.cells)
    assert explanation.class_name == "red"
    assert explanation.bias + cells.mean().item() == pytest.approx(explanation.logit, abs=1e-3)


def test_pictures_and_files_are_taken_alike(visitor: Demo) -> None:
    images = {
        "red": [picture("reds", n) for n in range(4)],
        "blue": photo_files("blues", 3),
    }

    assert visitor.call("train_head", images=images).report.photos == [4, 3]


def test_the_same_seed_trains_the_same_head(visitor: Demo, two: Any) -> None:
    one, other = (
        visitor.call("train_head", images=two, kind="mlp", epochs=3, seed=4) for _ in range(2)
    )

    assert one.loss == other.loss
    assert one.validation_loss == other.validation_loss


def test_progress_goes_through_the_phases(visitor: Demo, two: Any) -> None:
    values = list(visitor.stream("train_head", images=two, seed=1))

    assert list(dict.fromkeys(v.phase for v in values)) == [
        "reading",
        "features",
        "fitting",
        "done",
    ]
    features = [v for v in values if v.phase == "features"]
    assert features[-1].done == features[-1].total == 10
    assert features[-1].images_per_second > 0
    assert features[-1].seconds_left == 0
    fitting = [v for v in values if v.phase == "fitting"]
    assert fitting[-1].loss < fitting[0].loss
    assert values[-1].report is not None
    assert all(v.report is None for v in values[:-1])


def test_photos_that_are_added_alone_go_through_the_backbone(
    visitor: Demo, two: Any, passes: Callable[[], int]
) -> None:
    visitor.call("train_head", images=two)
    before = passes()
    two["red"] += photo_files("reds", 3, first=50)
    two["green"] = photo_files("greens", 2)

    report = visitor.call("train_head", images=two).report

    assert before == 10
    assert passes() - before == report.computed == 5


def test_features_are_kept_for_one_visitor_alone(
    host: Host, visitor: Demo, two: Any, passes: Callable[[], int]
) -> None:
    visitor.call("train_head", images=two)
    before = passes()

    host.visit("image_classifier", Session()).call("train_head", images=two)

    assert passes() - before == 10


def test_a_zip_of_class_folders_will_do(visitor: Demo) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for colour, name in (("reds", "red"), ("blues", "blue")):
            for photo in photo_files(colour, 3):
                archive.writestr(f"colours/{name}/{photo.name}", photo.data)
        archive.writestr("colours/red/notes.txt", "no photo")

    report = visitor.call("train_head", archive=File(name="x.zip", data=buffer.getvalue())).report

    assert report.classes == ["blue", "red"]
    assert report.photos == [3, 3]
    assert [(s.name, s.reason) for s in report.skipped] == [
        ("red/notes.txt", "it is no photo by its name")
    ]


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ([10, 5], 0.2, [2, 1]),
        ([2, 2], 0.2, [1, 1]),
        ([2, 3], 0.5, [1, 2]),
        ([10, 10], 0.0, [0, 0]),
        ([1, 4], 0.5, [0, 2]),
    ],
)
def test_a_share_of_each_class_is_held_out(
    module: Callable[[str], ModuleType], counts: list[int], share: float, expected: list[int]
) -> None:
    labels = torch.arange(2).repeat_interleave(torch.tensor(counts))

    held_out = module("lessons.teaching").held_out_photos(labels, share, torch.Generator())

    assert labels[held_out].bincount(minlength=2).tolist() == expected


def test_without_photos_held_out_it_says_on_which_it_was_measured(visitor: Demo, two: Any) -> None:
    metrics = visitor.call("train_head", images=two, validation_split=0).report.metrics

    assert metrics.photos == "those it learned from"
    assert metrics.count == 10
