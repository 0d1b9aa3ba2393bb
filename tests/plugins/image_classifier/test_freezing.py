"""Frozen means frozen: no gradients, no drifting statistics, the same features each time."""

import copy
import gc
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import InvalidInput
from demo_app.checkpoints import build_untrained


@pytest.fixture(scope="session")
def freezing(module: Callable[[str], ModuleType]) -> Any:
    return module("transfer.freezing")


@pytest.fixture
def resnet(module: Callable[[str], ModuleType]) -> nn.Module:
    """A small ResNet with initial weights, in train mode."""
    room = module("architectures.resnet")
    return build_untrained(
        lambda: room.ResNet(
            room.BasicBlock, [1, 1, 1], 4, widths=(4, 8, 16), stem=room.SMALL_IMAGE_STEM
        )
    )


@pytest.fixture
def photos() -> Tensor:
    return 3 + 2 * torch.randn(8, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def trainable(model: nn.Module) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def norms_in_train_mode(model: nn.Module) -> list[str]:
    return [n for n, part in model.named_modules() if isinstance(part, NORMS) and part.training]


NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class TestEveryBackbone:
    def test_exactly_the_head_can_be_trained(
        self, heads: Any, freezing: Any, model: nn.Module
    ) -> None:
        places = tuple(f"{name}." for name in heads.find_head(model).names)

        freezing.freeze(model)

        names = {name for name, _ in model.named_parameters()}
        assert trainable(model) == {name for name in names if name.startswith(places)}

    def test_all_else_stays_in_eval_mode_when_the_network_goes_into_train_mode(
        self, heads: Any, freezing: Any, model: nn.Module
    ) -> None:
        head = heads.find_head(heads.replace_head(model, 3, "mlp"))

        freezing.freeze(model).train()

        training = {name for name, part in model.named_modules() if part.training}
        inside = {n for n, _ in model.named_modules() if n.startswith(tuple(head.names))}
        assert training == {"", *inside}
        assert norms_in_train_mode(model) == []

    def test_its_last_stage_is_a_part_of_it_up_to_the_head(
        self, heads: Any, freezing: Any, model: nn.Module
    ) -> None:
        freezing.freeze(model)
        head = trainable(model)

        freezing.unfreeze(model, "last_stage").train()

        names = [name for name, _ in model.named_parameters()]
        assert head < trainable(model) < set(names)
        assert norms_in_train_mode(model) == []


class TestFrozen:
    def test_a_training_step_changes_the_head_alone(
        self, heads: Any, freezing: Any, resnet: nn.Module, photos: Tensor
    ) -> None:
        heads.replace_head(resnet, 3, "mlp")
        freezing.freeze(resnet).train()
        before = {name: tensor.clone() for name, tensor in resnet.state_dict().items()}
        optimizer = torch.optim.SGD(resnet.parameters(), lr=0.1)

        resnet(photos).square().sum().backward()
        optimizer.step()

        after = resnet.state_dict()
        changed = {name for name in before if not torch.equal(before[name], after[name])}
        assert changed == {"fc.hidden.weight", "fc.hidden.bias", "fc.output.weight"} | {
            "fc.output.bias"
        }

    def test_dropout_inside_the_head_is_active_and_features_are_the_same_each_time(
        self, heads: Any, freezing: Any, untrained: Callable[[str], nn.Module], photos: Tensor
    ) -> None:
        model = heads.replace_head(
            untrained("efficientnet_b0"), 3, heads.Head(kind="mlp", dropout=0.5)
        )
        freezing.freeze(model).train()
        backbone = heads.backbone(model)

        assert torch.equal(backbone(photos), backbone(photos))
        assert not torch.equal(model(photos), model(photos))

    def test_an_unfrozen_backbone_gives_other_features_each_time(
        self, heads: Any, untrained: Callable[[str], nn.Module], photos: Tensor
    ) -> None:
        backbone = heads.backbone(untrained("efficientnet_b0").train())

        assert not torch.equal(backbone(photos), backbone(photos))

    def test_eval_mode_reaches_the_head_too(
        self, heads: Any, freezing: Any, resnet: nn.Module, photos: Tensor
    ) -> None:
        heads.replace_head(resnet, 3, heads.Head(kind="mlp", dropout=0.5))

        freezing.freeze(resnet).train().eval()

        assert not any(part.training for part in resnet.modules())

    def test_the_network_keeps_the_mode_in_which_it_was(
        self, freezing: Any, resnet: nn.Module
    ) -> None:
        assert freezing.freeze(resnet.train()).training
        assert not freezing.freeze(resnet.eval()).training

    def test_a_new_head_can_be_trained_at_once(
        self, heads: Any, freezing: Any, resnet: nn.Module
    ) -> None:
        freezing.freeze(resnet)

        heads.replace_head(resnet, 3)

        assert trainable(resnet) == {"fc.weight", "fc.bias"}

    def test_a_copy_is_held_as_well(self, freezing: Any, resnet: nn.Module) -> None:
        copied = copy.deepcopy(freezing.freeze(resnet)).train()

        assert norms_in_train_mode(copied) == []
        assert copied.training
        assert copied.get_submodule("fc").training

    def test_its_backbone_may_be_put_into_eval_mode_by_itself(
        self, heads: Any, freezing: Any, resnet: nn.Module, photos: Tensor
    ) -> None:
        backbone = heads.backbone(freezing.freeze(resnet).train())
        before = backbone(photos)

        assert torch.equal(backbone.eval()(photos), before)

    def test_so_is_a_network_inside_another(self, freezing: Any, resnet: nn.Module) -> None:
        nn.Sequential(freezing.freeze(resnet), nn.Softmax(1)).train()

        assert norms_in_train_mode(resnet) == []

    def test_it_is_still_what_it_was(self, freezing: Any, resnet: nn.Module) -> None:
        kind, keys = type(resnet), list(resnet.state_dict())

        freezing.freeze(freezing.freeze(resnet))

        assert isinstance(resnet, kind)
        assert type(resnet).__name__ == "ResNet"
        assert list(resnet.state_dict()) == keys

    def test_its_memory_does_not_wait_for_the_collector(
        self, freezing: Any, without_collector: None
    ) -> None:
        model = nn.Module()
        model.fc = nn.Linear(2, 2)
        gone = weakref.ref(freezing.freeze(model))

        del model

        assert gone() is None

    def test_every_norm_with_running_statistics_is_held(self, freezing: Any) -> None:
        model = nn.Module()
        model.norms = nn.Sequential(
            nn.BatchNorm1d(2),
            nn.BatchNorm3d(2),
            nn.SyncBatchNorm(2),
            nn.InstanceNorm2d(2, track_running_stats=True),
        )
        model.fc = nn.Linear(2, 2)

        freezing.unfreeze(model, "all").train()

        assert not any(norm.training for norm in model.norms)


class TestUnfreezing:
    def test_the_last_stage_trains_with_the_statistics_it_has(
        self, freezing: Any, resnet: nn.Module, photos: Tensor
    ) -> None:
        freezing.unfreeze(resnet, "last_stage").train()
        before = {name: buffer.clone() for name, buffer in resnet.named_buffers()}

        resnet(photos).sum().backward()

        parts = {name.split(".")[0] for name in trainable(resnet)}
        assert parts == {"layer3", "fc"}
        assert all(torch.equal(before[name], buffer) for name, buffer in resnet.named_buffers())

    def test_what_is_random_in_the_last_stage_is_active(
        self, freezing: Any, untrained: Callable[[str], nn.Module]
    ) -> None:
        model = freezing.unfreeze(untrained("efficientnet_b0"), "last_stage").train()

        drops = [part for part in model.modules() if type(part).__name__ == "StochasticDepth"]
        assert [part.training for part in drops] == sorted(part.training for part in drops)
        assert {part.training for part in drops} == {False, True}

    def test_all_of_it_trains_with_the_statistics_it_has(
        self, freezing: Any, resnet: nn.Module
    ) -> None:
        freezing.unfreeze(resnet, "all").train()

        assert trainable(resnet) == {name for name, _ in resnet.named_parameters()}
        assert norms_in_train_mode(resnet) == []
        assert resnet.get_submodule("layer1").training

    def test_without_its_statistics_it_is_as_it_was_before(
        self, freezing: Any, resnet: nn.Module
    ) -> None:
        kind = type(resnet)
        freezing.freeze(resnet)

        freezing.unfreeze(resnet, "all", keep_statistics=False).train()

        assert type(resnet) is kind
        assert all(part.training for part in resnet.modules())
        assert all(parameter.requires_grad for parameter in resnet.parameters())

    def test_none_of_it_is_freezing(self, freezing: Any, resnet: nn.Module) -> None:
        freezing.unfreeze(freezing.unfreeze(resnet, "all"), "none").train()

        assert trainable(resnet) == {"fc.weight", "fc.bias"}
        assert not resnet.get_submodule("layer1").training

    def test_another_extent_is_refused(self, freezing: Any, resnet: nn.Module) -> None:
        with pytest.raises(InvalidInput, match="none, last_stage, all, not 'half'"):
            freezing.unfreeze(resnet, "half")
