"""An exported head predicts the same elsewhere, without demo_app too, or says why not."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image
from safetensors import safe_open
from safetensors.torch import load, save
from torch import Tensor

from demo_app import Demo, DemoError, File, Host, InvalidInput
from demo_app.context import Session
from demo_app.images import open_image
from tests.plugins.image_classifier.labelled_photos import encoded, picture


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture(scope="session", params=["linear", "mlp", "binary"])
def teacher(host: Host, request: pytest.FixtureRequest) -> Demo:
    """A visitor who has taught a head of each kind."""
    visitor = host.visit("image_classifier", Session())
    images = {
        name: [File(name=f"{n}.png", data=encoded(picture(colour, n))) for n in range(4)]
        for name, colour in (("red", "reds"), ("<b>blue", "blues"))
    }
    visitor.call("train_head", images=images, kind=request.param, seed=1)
    return visitor


@pytest.fixture(scope="session")
def exported(teacher: Demo) -> File:
    return teacher.call("export", backbone=False)  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def flowers(demo: Demo) -> File:
    return demo.call("export", head="flowers", backbone=False)  # type: ignore[no-any-return]


def changed(file: File, alter: Callable[[dict[str, Tensor], dict[str, str]], Any]) -> File:
    """The file with other tensors or metadata."""
    length = int.from_bytes(file.data[:8], "little")
    metadata = json.loads(file.data[8 : 8 + length])["__metadata__"]
    tensors = load(file.data)
    alter(tensors, metadata)
    return File(name=file.name, data=save(tensors, metadata))


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
    pictures = module("replay").replay_pictures(20, seed=7)

    x, values = 7, []
    for _ in range(3 * 8 * 8 * 3):
        x = (1103515245 * x + 12345) % 2**31
        values.append((x >> 16) % 256)
    small = np.array(values).reshape(3, 8, 8, 3)
    for made, expected in zip(pictures, small, strict=True):
        rows = [[expected[8 * r // 20, 8 * c // 20] for c in range(20)] for r in range(20)]
        assert (np.asarray(made) == np.array(rows)).all()


def predicted_elsewhere(source: Path, head: File, photo: Path, folder: Path) -> dict[str, float]:
    """What the snippet says of a photo in a process of its own, away from the plugin."""
    path, script = folder / "head.safetensors", folder / "use_head.py"
    path.write_bytes(head.data)
    script.write_text(source.read_text("utf-8"), "utf-8")
    ran = subprocess.run(
        [sys.executable, "-I", script, path, photo], capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def test_without_demo_app_the_snippet_predicts_the_same(
    teacher: Demo, examples: Path, module: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    source = Path(str(module("exporting").__file__)).with_name("use_head.py")
    photo = examples / "espresso.jpg"

    shares = predicted_elsewhere(source, teacher.call("export"), photo, tmp_path)

    result = teacher.call("classify", image=open_image(photo), head="mine")
    for prediction in result.predictions:
        assert shares[prediction.class_name] == pytest.approx(prediction.probability, abs=0.01)
    assert "demo_app" not in source.read_text("utf-8")


@pytest.mark.parametrize("kind", ["on its side", "transparent"])
def test_the_snippet_sees_photos_as_the_app_does(
    demo: Demo, examples: Path, module: Callable[[str], ModuleType], tmp_path: Path, kind: str
) -> None:
    source = Path(str(module("exporting").__file__)).with_name("use_head.py")
    image = open_image(examples / "espresso.jpg")
    if kind == "on its side":
        photo, exif = tmp_path / "photo.jpg", Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        image.save(photo, exif=exif)
    else:
        photo = tmp_path / "photo.png"
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save(photo)

    shares = predicted_elsewhere(source, demo.call("export", head="flowers"), photo, tmp_path)

    result = demo.call("classify", image=open_image(photo), head="flowers")
    for prediction in result.predictions:
        assert shares[prediction.class_name] == pytest.approx(prediction.probability, abs=0.01)


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


def test_imagenets_own_head_is_not_exported(demo: Demo) -> None:
    with pytest.raises(InvalidInput, match="backbone's own head"):
        demo.call("export", head="imagenet")


def weights(tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    tensors["head.weight"][0] += 0.1


def order_of_classes(tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    tensors["head.weight"] = tensors["head.weight"].flip(0).contiguous()


def scaling(tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    metadata["preprocessing"] = metadata["preprocessing"].replace("127.0", "110.0")


@pytest.mark.parametrize("alter", [weights, order_of_classes, scaling])
def test_a_head_that_predicts_otherwise_says_so(
    flowers: File, visitor: Demo, alter: Callable[..., None]
) -> None:
    with pytest.raises(DemoError, match="predicts otherwise than where it was exported"):
        visitor.call("load_head", file=changed(flowers, alter))


def edited(key: str, **changes: Any) -> Callable[..., None]:
    def edit(tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
        metadata[key] = json.dumps({**json.loads(metadata[key]), **changes})

    return edit


def not_finite(tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    tensors["head.bias"][0] = float("nan")


def weights_of(**tensors: Tensor) -> Callable[..., None]:
    def replace(given: dict[str, Tensor], metadata: dict[str, str]) -> None:
        given.update({f"head.{name}": tensor for name, tensor in tensors.items()})

    return replace


def float8(tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    tensors["head.weight"] = tensors["head.weight"].to(torch.float8_e4m3fn)


def head(**config: Any) -> Callable[..., None]:
    return edited("config", head=config)


def replay(**record: Any) -> Callable[..., None]:
    return edited("extra", replay=record)


HUGE = 10**400
ALTERED = {
    "another backbone": (edited("config", backbone_sha256="0" * 64), "another efficientnet_lite0"),
    "an unknown backbone": (edited("config", backbone="resnet<b>"), "which is not here"),
    "a newer version": (edited("extra", format=2), "newer version"),
    "no version": (edited("extra", format=None), "no exported head"),
    "no replay": (replay(), "lacks the logits"),
    "fewer logits": (replay(seed=1, logits=[[1.0]]), "of another head"),
    "fewer classes": (lambda t, m: m.update(classes='["a", "b"]'), "do not fit its classes"),
    "classes that are no names": (lambda t, m: m.update(classes="[1, 2]"), "no names"),
    "two equal classes": (lambda t, m: m.update(classes='["a", "A"]'), "Two classes"),
    "not a number": (not_finite, "no number"),
    "a huge picture": (edited("preprocessing", resize=10**6, crop=10**6), "side"),
    "a division by zero": (edited("preprocessing", std=[0, 1, 1]), "no number"),
    "a huge hidden layer": (head(kind="mlp", hidden=10**9), "hidden layer"),
    "a hidden layer of half a unit": (head(kind="mlp", hidden=1.5), "hidden layer"),
    "a weight without rows": (weights_of(weight=torch.zeros(0, 10**9)), "do not fit"),
    "a weight without sides": (weights_of(weight=torch.zeros(())), "do not fit"),
    "a weight of another width": (weights_of(weight=torch.zeros(5, 64)), "do not fit"),
    "one weight too many": (weights_of(more=torch.zeros(5)), "do not fit"),
    "weights of 8 bits": (float8, "not fp32"),
    "whole numbers": (weights_of(bias=torch.zeros(5, dtype=torch.int64)), "not fp32"),
    "a mean of two channels": (edited("preprocessing", mean=[1, 2]), "3 channels"),
    "a mean that is text": (edited("preprocessing", mean="abc"), "3 channels"),
    "a mean that is nothing": (edited("preprocessing", mean=None), "does not say"),
    "a mean beyond all floats": (edited("preprocessing", mean=[HUGE, 1, 1]), "3 channels"),
    "a crop that is text": (edited("preprocessing", crop="a"), "does not say"),
    "a mean that is true": (edited("preprocessing", mean=[True] * 3), "3 channels"),
    "a mean beyond all whole numbers": (edited("preprocessing", mean=[10**30] * 3), "3 channels"),
    "a dropout that is text": (head(kind="linear", dropout="a"), "does not say"),
    "a backbone that is a list": (edited("config", backbone=[1]), "which is not here"),
    "an infinite seed": (replay(seed=float("inf"), logits=[[1.0]]), "lacks the logits"),
    "logits beyond all floats": (replay(seed=1, logits=[[HUGE]]), "lacks the logits"),
    "logits that are nothing": (replay(seed=1, logits=[[None]]), "lacks the logits"),
    "a replay that is a list": (edited("extra", replay=[1]), "lacks the logits"),
    "an endless record": (edited("training", more="x" * 200_000), "too long"),
    "an unknown kind": (head(kind="x"), "does not say"),
}


@pytest.mark.parametrize("kind", ALTERED)
def test_a_file_that_is_not_right_is_refused_with_a_sentence(
    flowers: File, visitor: Demo, kind: str
) -> None:
    alter, message = ALTERED[kind]

    with pytest.raises(DemoError, match=message):
        visitor.call("load_head", file=changed(flowers, alter))


def test_a_head_in_half_precision_is_taken(flowers: File, visitor: Demo) -> None:
    def halve(tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
        tensors["head.weight"] = tensors["head.weight"].half()

    loaded = visitor.call("load_head", file=changed(flowers, halve))

    photo = Image.new("RGB", (64, 64), "teal")
    assert loaded.largest_difference < 0.01
    assert len(visitor.call("classify", image=photo, head="mine").predictions) == 5


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", "b")
    return buffer.getvalue()


GARBAGE = {
    "nothing": b"",
    "text": b"this is no head at all, but a text",
    "a zip": a_zip(),
    "a header of 100 MB": (100_000_000).to_bytes(8, "little") + b"{" * 1000,
    "brackets": (1000).to_bytes(8, "little") + b"[" * 1000,
    "no metadata": save({}),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_refused(visitor: Demo, kind: str) -> None:
    with pytest.raises(InvalidInput, match="no exported head"):
        visitor.call("load_head", file=File(name="x", data=GARBAGE[kind]))


def test_a_file_that_is_cut_off_is_refused(visitor: Demo, flowers: File) -> None:
    with pytest.raises(InvalidInput, match="damaged or cut off"):
        visitor.call("load_head", file=File(name="x", data=flowers.data[:-100]))


def test_a_checkpoint_is_no_exported_head(visitor: Demo, checkpoint: Path) -> None:
    with pytest.raises(InvalidInput, match="no exported head"):
        visitor.call("load_head", file=File(name="x", data=checkpoint.read_bytes()))


def test_what_is_refused_is_not_kept(visitor: Demo, flowers: File) -> None:
    with pytest.raises(DemoError):
        visitor.call("load_head", file=changed(flowers, weights), name="bad")

    with pytest.raises(DemoError, match="no head named 'bad'"):
        visitor.call("classify", image=Image.new("RGB", (8, 8)), head="bad")
