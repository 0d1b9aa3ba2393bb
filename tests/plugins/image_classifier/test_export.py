"""An exported head comes back as it was, whatever network it sits on."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from demo_app import Demo, File, Host, InvalidInput
from demo_app.context import Session
from tests.plugins.image_classifier.labelled_photos import photo_files, picture


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture(scope="session", params=["linear", "mlp", "binary"])
def teacher(host: Host, request: pytest.FixtureRequest) -> Demo:
    """A visitor who has taught a head of each kind."""
    visitor = host.visit("image_classifier", Session())
    images = {"red": photo_files("reds", 4), "<b>blue": photo_files("blues", 4)}
    visitor.call("train_head", images=images, kind=request.param, seed=1)
    return visitor


@pytest.fixture(scope="session")
def exported(teacher: Demo) -> File:
    return teacher.call("export", backbone=False)  # type: ignore[no-any-return]


def test_a_head_comes_back_as_it_was(teacher: Demo, exported: File, visitor: Demo) -> None:
    loaded = visitor.call("load_head", file=exported, name="theirs")

    photo = picture("blues", 40)
    here = visitor.call("classify", image=photo, head="theirs")
    assert here == teacher.call("classify", image=photo, head="mine")
    assert loaded.classes == ["red", "<b>blue"]
    assert loaded.largest_difference < 1e-4
    assert loaded.training["seed"] == 1


def test_the_file_says_what_it_is(exported: File, tmp_path: Path) -> None:
    path = tmp_path / exported.name
    path.write_bytes(exported.data)
    with safe_open(path, "pt") as file:
        metadata = file.metadata()

    extra = json.loads(metadata["extra"])
    assert json.loads(metadata["classes"]) == ["red", "<b>blue"]
    assert json.loads(metadata["preprocessing"])["crop"] == 224
    assert json.loads(metadata["config"])["backbone"] == "efficientnet_lite0"
    assert json.loads(metadata["training"])["photos"] == [4, 4]
    assert len(extra["replay"]["logits"]) == 3
    assert "1103515245" in extra["replay"]["recipe"]


def test_the_replay_pictures_follow_from_the_stated_recipe(
    module: Callable[[str], ModuleType],
) -> None:
    pictures = module("carrying.replay").replay_pictures(20, seed=7)

    x, values = 7, []
    for _ in range(3 * 8 * 8 * 3):
        x = (1103515245 * x + 12345) % 2**31
        values.append((x >> 16) % 256)
    small = np.array(values).reshape(3, 8, 8, 3)
    for made, expected in zip(pictures, small, strict=True):
        rows = [[expected[8 * r // 20, 8 * c // 20] for c in range(20)] for r in range(20)]
        assert (np.asarray(made) == np.array(rows)).all()


@pytest.mark.parametrize("head", ["flowers", "roses_tulips"])
def test_heads_that_ship_are_exported_too(demo: Demo, visitor: Demo, head: str) -> None:
    file = demo.call("export", head=head, backbone=False)

    loaded = visitor.call("load_head", file=file)

    photo = Image.new("RGB", (64, 64), "teal")
    assert len(file.data) < 100_000
    assert loaded.largest_difference < 1e-4
    assert visitor.call("classify", image=photo, head="mine") == visitor.call(
        "classify", image=photo, head=head
    )


@pytest.fixture(scope="module", params=["trained on", "from scratch", "definition"])
def owner(host: Host, request: pytest.FixtureRequest) -> Demo:
    """A visitor with a head on a network that does not ship."""
    visitor = host.visit("image_classifier", Session())
    images = {"red": photo_files("reds", 3), "blue": photo_files("blues", 3)}
    small = {"backbone": "convnet", "pretrained": False}
    arguments = {
        "trained on": {"unfreeze": "last_stage", "tuning_epochs": 1, "validation_split": 0},
        "from scratch": {"unfreeze": "all", "tuning_epochs": 1, "validation_split": 0, **small},
        "definition": small,
    }
    visitor.call("train_head", images=images, seed=1, **arguments[request.param])
    return visitor


def test_a_network_that_does_not_ship_travels_in_the_file(owner: Demo, visitor: Demo) -> None:
    loaded = visitor.call("load_head", file=owner.call("export"), name="theirs")

    photo = picture("blues", 40)
    here = visitor.call("classify", image=photo, head="theirs").predictions
    there = owner.call("classify", image=photo, head="mine").predictions
    assert [p.class_name for p in here] == [p.class_name for p in there]
    assert here[0].probability == pytest.approx(there[0].probability, abs=1e-5)
    assert loaded.largest_difference < 1e-4


def test_what_came_from_a_file_can_be_exported_again(owner: Demo, visitor: Demo) -> None:
    visitor.call("load_head", file=owner.call("export"))

    again = visitor.call("export")

    assert len(again.data) == pytest.approx(len(owner.call("export").data), abs=100)


def test_a_definition_alone_is_found_without_its_weights(host: Host, visitor: Demo) -> None:
    images = {"red": photo_files("reds", 3), "blue": photo_files("blues", 3)}
    visitor.call("train_head", images=images, backbone="convnet", pretrained=False)

    file = visitor.call("export", backbone=False)

    assert len(file.data) < 100_000
    assert host.visit("image_classifier", Session()).call("load_head", file=file).classes == [
        "red",
        "blue",
    ]


def test_weights_that_are_nowhere_else_cannot_be_left_out(visitor: Demo) -> None:
    images = {"red": photo_files("reds", 3), "blue": photo_files("blues", 3)}
    arguments = {"unfreeze": "all", "tuning_epochs": 1, "validation_split": 0}
    small = {"backbone": "convnet", "pretrained": False}
    visitor.call("train_head", images=images, **arguments, **small)

    with pytest.raises(InvalidInput, match="backbone of its own"):
        visitor.call("export", backbone=False)


def test_scores_and_thresholds_travel_in_the_file(
    host: Host, visitor: Demo, module: Callable[[str], ModuleType]
) -> None:
    session = Session()
    owner = host.visit("image_classifier", session)
    images = {"red": photo_files("reds", 4), "blue": photo_files("blues", 4)}
    owner.call("train_head", images=images, ten_crop=True, backbone="convnet", pretrained=False)
    part = session.part("image_classifier")
    given = replace(part["heads"]["mine"], thresholds={"red": 0.75})
    part["heads"] = {"mine": given}

    session = Session()
    host.visit("image_classifier", session).call("load_head", file=owner.call("export"))

    taken = session.part("image_classifier")["heads"]["mine"]
    assert taken.thresholds == {"red": 0.75}
    assert torch.equal(taken.held_out.probabilities, given.held_out.probabilities)
    assert torch.equal(taken.held_out.labels, given.held_out.labels)
    assert taken.ten_crop
    assert not taken.pretrained


@pytest.mark.parametrize("head", ["imagenet", "convnet_mnist"])
def test_a_networks_own_head_is_not_exported(demo: Demo, head: str) -> None:
    with pytest.raises(InvalidInput, match="its backbone's own head"):
        demo.call("export", head=head)
