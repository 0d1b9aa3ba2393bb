"""A head file is refused with a sentence if it is not right, and then nothing of it is kept."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load, save
from torch import Tensor

from demo_app import Demo, DemoError, File, Host, InvalidInput
from demo_app.context import Session
from tests.plugins.image_classifier.labelled_photos import photo_files


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture(scope="session")
def flowers(demo: Demo) -> File:
    return demo.call("export", head="flowers", backbone=False)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def scratch(host: Host) -> File:
    """A head with the network that was trained with it, and scores of the photos held out."""
    visitor = host.visit("image_classifier", Session())
    images = {"red": photo_files("reds", 4), "blue": photo_files("blues", 4)}
    visitor.call(
        "train_head",
        images=images,
        backbone="convnet",
        pretrained=False,
        unfreeze="all",
        tuning_epochs=1,
        seed=1,
    )
    return visitor.call("export")  # type: ignore[no-any-return]


def changed(file: File, alter: Callable[[dict[str, Tensor], dict[str, str]], Any]) -> File:
    """The file with other tensors or metadata."""
    length = int.from_bytes(file.data[:8], "little")
    metadata = json.loads(file.data[8 : 8 + length])["__metadata__"]
    tensors = load(file.data)
    alter(tensors, metadata)
    return File(name=file.name, data=save(tensors, metadata))


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
    "a newer version": (edited("extra", format=3), "newer version"),
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
    "pretrained that is text": (edited("config", pretrained="no"), "how many crops"),
    "ten_crop that is a number": (edited("config", ten_crop=1), "how many crops"),
    "thresholds that are a number": (edited("config", thresholds=1), "does not say"),
    "a threshold of no class": (edited("config", thresholds={"cat": 0.5}), "no probabilities"),
    "a threshold above 1": (edited("config", thresholds={"roses": 1.5}), "no probabilities"),
    "a threshold that is text": (edited("config", thresholds={"roses": "a"}), "no probabilities"),
}


@pytest.mark.parametrize("kind", ALTERED)
def test_a_file_that_is_not_right_is_refused_with_a_sentence(
    flowers: File, visitor: Demo, kind: str
) -> None:
    alter, message = ALTERED[kind]

    with pytest.raises(DemoError, match=message):
        visitor.call("load_head", file=changed(flowers, alter))


def tensor_of(name: str, change: Callable[[Tensor], Tensor]) -> Callable[..., None]:
    def replace(tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
        tensors[name] = change(tensors[name]).contiguous()

    return replace


def without(name: str) -> Callable[..., None]:
    return lambda tensors, metadata: tensors.pop(name)


WEIGHT, SCORES, LABELS = "backbone.features.0.weight", "held_out.probabilities", "held_out.labels"
ALTERED_NETWORK = {
    "other weights": (tensor_of(WEIGHT, lambda t: t + 0.1), "hash of its weights differs"),
    "no numbers": (tensor_of(WEIGHT, lambda t: t * torch.nan), "hash of its weights differs"),
    "a weight of another shape": (tensor_of(WEIGHT, lambda t: t[:1]), "do not fit the backbone"),
    "a weight less": (without(WEIGHT), "do not fit the backbone"),
    "weights of 8 bits": (tensor_of(WEIGHT, lambda t: t.to(torch.float8_e4m3fn)), "not fp32"),
    "a far larger network": (edited("config", backbone="vit_l_16"), "do not fit the backbone"),
    "a side that it cannot see": (edited("preprocessing", resize=3, crop=3), "cannot see pictures"),
    "scores without labels": (without(LABELS), "scores of the photos held out"),
    "scores above 1": (tensor_of(SCORES, lambda t: t + 1), "scores of the photos held out"),
    "scores of other classes": (tensor_of(SCORES, lambda t: t[:, :1]), "scores of the photos"),
    "scores that are no numbers": (tensor_of(SCORES, lambda t: t * torch.nan), "scores of the"),
    "labels of no class": (tensor_of(LABELS, lambda t: t + 2), "scores of the photos held out"),
    "labels without end": (tensor_of(LABELS, lambda t: t.repeat(9)), "scores of the photos"),
}


@pytest.mark.parametrize("kind", ALTERED_NETWORK)
def test_a_network_in_a_file_that_is_not_right_is_refused(
    scratch: File, visitor: Demo, kind: str
) -> None:
    alter, message = ALTERED_NETWORK[kind]

    with pytest.raises(InvalidInput, match=message):
        visitor.call("load_head", file=changed(scratch, alter))


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
