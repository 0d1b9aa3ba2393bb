"""Every backbone by name, as a definition only or with its pre-trained weights."""

import hashlib
import urllib.request
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

from demo_app import Demo, DemoError
from demo_app.checkpoints import build, build_untrained
from demo_app.errors import Unknown
from demo_app.images import open_image
from demo_app.meta import build_on_meta
from demo_app.testing import context
from tests.plugins.image_classifier.every_backbone import EVERY, OURS, TORCHVISION


@pytest.fixture(scope="session")
def room(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.backbones")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nobody asked for a download")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


@pytest.fixture
def publish(
    room: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Any], None]:
    """Puts a state dict where the weights of a backbone are downloaded from: a local file."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def publish(name: str, state: Any) -> None:
        torch.save(state, tmp_path / "weights")
        digits = hashlib.sha256((tmp_path / "weights").read_bytes()).hexdigest()[:8]
        path = (tmp_path / "weights").rename(tmp_path / f"{name}-{digits}.pth")
        entry = room.find_backbone(name)
        weights = replace(entry.weights, url=path.as_uri())
        entries = {**room.backbones(), name: replace(entry, weights=weights)}
        monkeypatch.setattr(room, "backbones", lambda: entries)

    return publish


def trained(name: str, **options: Any) -> nn.Module:
    """torchvision's network with numbers of its own in every tensor."""
    model = build(lambda: torchvision.models.get_model(name, **options))
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for tensor in model.state_dict(keep_vars=True).values():
            tensor.copy_(torch.rand(tensor.shape, generator=generator))
    return model


def test_all_of_torchvisions_classifiers_and_all_of_ours_are_there(room: Any) -> None:
    assert list(room.backbones()) == EVERY
    assert len(TORCHVISION) >= 80


def test_each_of_torchvision_has_weights_that_say_their_hash(
    room: Any, module: Callable[[str], ModuleType]
) -> None:
    for name in TORCHVISION:
        url = room.find_backbone(name).weights.url
        assert url.startswith("https://download.pytorch.org/models/")
        assert len(module("architectures.downloads").expected_hash(url.rpartition("/")[2])) >= 8


def test_weights_that_may_not_be_used_by_all_say_so(room: Any) -> None:
    assert "SWAG" in room.find_backbone("vit_h_14").weights.license


def test_an_unknown_name_is_refused_with_the_nearest(room: Any) -> None:
    with pytest.raises(Unknown, match=r"no backbone named 'resnet19'\. Did you mean 'resnet1"):
        room.load_backbone(context(), "resnet19", pretrained=False)


@pytest.mark.parametrize("name", TORCHVISION)
def test_it_is_the_network_that_torchvision_builds_for_its_weights(
    room: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    weights = torchvision.models.get_model_weights(name).DEFAULT
    monkeypatch.setattr(type(weights), "get_state_dict", lambda *_, **__: {})
    monkeypatch.setattr(nn.Module, "load_state_dict", lambda *_, **__: None)
    options = {"aux_logits": True} if name == "googlenet" else {}
    with warnings.catch_warnings():
        # GoogLeNet's builder warns that the auxiliary heads in its file are untrained.
        warnings.filterwarnings("ignore", message="auxiliary heads")
        theirs: Any = build_on_meta(
            lambda: torchvision.models.get_model(name, weights=weights, **options)
        )

    ours: Any = build_on_meta(room.find_backbone(name).architecture)

    assert repr(ours) == repr(theirs)
    assert {n: t.shape for n, t in ours.state_dict().items()} == {
        n: t.shape for n, t in theirs.state_dict().items()
    }
    for option in ("transform_input", "image_size", "aux_logits"):
        assert getattr(ours, option, None) == getattr(theirs, option, None)


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0", "inception_v3", "maxvit_t"])
def test_photos_are_prepared_as_torchvision_does(room: Any, examples: Path, name: str) -> None:
    photo = open_image(examples / "espresso.jpg")
    preprocessing = room.find_backbone(name).preprocessing
    theirs = torchvision.models.get_model_weights(name).DEFAULT.transforms()(photo)

    ours = preprocessing.to_tensor(preprocessing.crop_picture(photo))[0]

    # One grey level, on the scale of the standard deviations.
    assert (ours - theirs).abs().max() < 1.1 / 255 / 0.22
    assert (ours - theirs).abs().mean() < 0.01


@pytest.mark.usefixtures("no_network")
class TestDefinitionOnly:
    @pytest.mark.parametrize("name", ["efficientnet_lite0", "scratch_resnet18", "resnet18"])
    def test_it_is_ready_to_train_and_the_same_each_time(self, room: Any, name: str) -> None:
        first = room.load_backbone(context(), name, pretrained=False)
        again = room.load_backbone(context(), name, pretrained=False)

        assert first.weights == first.license == ""
        assert not first.module.training
        for one, other in zip(first.module.parameters(), again.module.parameters(), strict=True):
            assert one.requires_grad
            assert torch.equal(one, other)

    def test_where_strangers_visit_none_is_built_that_would_fill_the_memory(
        self, room: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SYSTEM", "spaces")

        with pytest.raises(DemoError, match=r"vit_h_14 has 63\d,\d+,\d+ parameters"):
            room.load_backbone(context(), "vit_h_14", pretrained=False)

        assert room.load_backbone(context(), "squeezenet1_1", pretrained=False).weights == ""

    def test_it_can_be_trained_though_it_was_made_in_inference_mode(self, room: Any) -> None:
        with torch.inference_mode():
            loaded = room.load_backbone(context(), "convnet", pretrained=False)

        loaded.module(torch.ones(1, 3, 28, 28)).sum().backward()

        assert all(parameter.grad is not None for parameter in loaded.module.parameters())

    def test_the_global_random_state_is_left_as_it_was(self, room: Any) -> None:
        before = torch.get_rng_state()

        room.load_backbone(context(), "googlenet", pretrained=False)

        assert torch.get_rng_state().equal(before)


@pytest.mark.usefixtures("no_network")
class TestShippedWeights:
    def test_it_is_a_copy_with_the_shipped_weights_and_their_origin(
        self, room: Any, demo: Demo, network: nn.Module, random_images: Tensor
    ) -> None:
        metadata = demo.metadata("efficientnet_lite0")
        assert metadata is not None
        lent = context(
            models={"efficientnet_lite0": network}, metadata={"efficientnet_lite0": metadata}
        )

        loaded = room.load_backbone(lent, "efficientnet_lite0", pretrained=True)

        assert loaded.module is not network
        assert all(parameter.requires_grad for parameter in loaded.module.parameters())
        with torch.no_grad():
            assert torch.equal(loaded.module(random_images), network(random_images))
        assert (loaded.weights, loaded.license) == (metadata.source, "Apache-2.0")

    def test_photos_are_prepared_as_its_checkpoint_says(self, room: Any, demo: Demo) -> None:
        metadata = demo.metadata("efficientnet_lite0")
        assert metadata is not None

        preprocessing = room.find_backbone("efficientnet_lite0").preprocessing

        assert preprocessing.to_metadata() == metadata.preprocessing


class TestPublishedWeights:
    # MNASNet reads the versions of its modules from the file.
    @pytest.mark.parametrize("name", ["squeezenet1_1", "mnasnet0_5"])
    def test_they_are_downloaded_and_loaded(
        self, room: Any, publish: Callable[[str, Any], None], name: str
    ) -> None:
        theirs = trained(name)
        publish(name, theirs.state_dict())

        loaded = room.load_backbone(context(), name, pretrained=True)

        state = theirs.state_dict()
        assert all(torch.equal(t, state[n]) for n, t in loaded.module.state_dict().items())
        assert loaded.weights.endswith("_Weights.IMAGENET1K_V1")
        assert loaded.license
        assert not loaded.module.training
        assert all(parameter.requires_grad for parameter in loaded.module.parameters())

    def test_googlenets_auxiliary_heads_are_left_out_since_nobody_trained_them(
        self, room: Any, publish: Callable[[str, Any], None], small_photos: Tensor
    ) -> None:
        publish("googlenet", trained("googlenet", init_weights=False).state_dict())

        module = room.load_backbone(context(), "googlenet", pretrained=True).module

        assert not [name for name in module.state_dict() if name.startswith("aux")]
        assert isinstance(module.train()(small_photos), Tensor)

    def test_they_fit_the_network_that_was_written_from_scratch(
        self, room: Any, publish: Callable[[str, Any], None], small_photos: Tensor
    ) -> None:
        theirs = build_untrained(torchvision.models.resnet18).eval()
        publish("scratch_resnet18", theirs.state_dict())

        loaded = room.load_backbone(context(), "scratch_resnet18", pretrained=True)

        assert type(loaded.module).__module__.endswith(".architectures.resnet")
        with torch.no_grad():
            assert torch.equal(loaded.module(small_photos), theirs(small_photos))

    def test_ours_take_the_file_of_torchvisions(self, room: Any) -> None:
        for name in ("resnet18", "resnet34", "resnet50", "alexnet"):
            theirs, ours = room.find_backbone(name), room.find_backbone(f"scratch_{name}")
            assert ours.weights == theirs.weights
            assert ours.preprocessing == theirs.preprocessing

    def test_densenets_old_names_are_understood(
        self, room: Any, publish: Callable[[str, Any], None]
    ) -> None:
        theirs = trained("densenet121").state_dict()
        old = {
            name.replace("norm1", "norm.1")
            .replace("norm2", "norm.2")
            .replace("conv1", "conv.1")
            .replace("conv2", "conv.2")
            if "denselayer" in name
            else name: tensor
            for name, tensor in theirs.items()
        }
        assert "features.denseblock1.denselayer1.norm.1.weight" in old
        publish("densenet121", old)

        loaded = room.load_backbone(context(), "densenet121", pretrained=True)

        assert all(torch.equal(t, theirs[n]) for n, t in loaded.module.state_dict().items())

    @pytest.mark.usefixtures("no_network")
    @pytest.mark.parametrize("name", ["convnet", "five_stage_resnet"])
    def test_where_nobody_has_any_that_is_said(self, room: Any, name: str) -> None:
        with pytest.raises(DemoError, match=f"no pre-trained weights for {name}.*definition only"):
            room.load_backbone(context(), name, pretrained=True)


def test_ours_and_torchvisions_names_are_apart() -> None:
    assert not set(OURS) & set(TORCHVISION)
