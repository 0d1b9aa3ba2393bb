"""Parameters, buffers and bytes: each tensor once, and the sums agree with PyTorch's own."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from tests.plugins.container_explainer.architectures import Buffers, Choices, Tied, Twice
from tests.plugins.container_explainer.rows import row, tensor, tokens

TakeApart = Callable[..., Any]


class Everything(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList([Tied(), Twice(), Choices(), Buffers(), nn.BatchNorm2d(3)])
        self.attention = nn.MultiheadAttention(8, 2)
        self.normed = parametrizations.weight_norm(nn.Linear(3, 5))
        self.alone = nn.ParameterList([nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3))])


def unique(tensors: Any) -> list[torch.Tensor]:
    return list({id(t): t for t in tensors}.values())


def test_every_modules_numbers_are_those_of_its_unique_tensors(take_apart: TakeApart) -> None:
    explanation = take_apart(Everything)
    truth = Everything()
    for found in explanation.modules:
        module = truth.get_submodule(found.path)
        parameters, buffers = unique(module.parameters()), unique(module.buffers())
        own = unique(module.parameters(recurse=False))
        assert found.parameters == sum(p.numel() for p in parameters), found.path
        assert found.own_parameters == sum(p.numel() for p in own), found.path
        assert found.buffers == sum(b.numel() for b in buffers), found.path
        assert found.bytes == sum(t.nbytes for t in [*parameters, *buffers]), found.path


def test_the_whole_model_has_the_same_numbers_as_its_row(take_apart: TakeApart) -> None:
    explanation = take_apart(Everything)
    root = row(explanation, "")
    for name in ("parameters", "trainable", "buffers", "bytes", "multiply_adds", "class_name"):
        assert getattr(explanation, name) == getattr(root, name)
    truth = Everything()
    assert explanation.parameters == sum(p.numel() for p in truth.parameters())
    assert explanation.module_count == len(list(truth.modules()))
    assert explanation.depth == "parts.2.layers.0".count(".") + 1


def test_shares_of_what_a_module_holds_add_up_to_its_own(take_apart: TakeApart) -> None:
    explanation = take_apart(Everything)
    assert row(explanation, "").share == 1
    children = [found for found in explanation.modules if found.depth == 1]
    assert sum(found.share for found in children) == pytest.approx(1)


class TestTiedTensors:
    def test_they_count_once_in_the_whole(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Tied, tokens(2, 5))
        assert explanation.parameters == 10 * 4
        assert explanation.bytes == 10 * 4 * 4

    def test_each_module_still_says_how_many_it_has(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Tied, tokens(2, 5))
        assert row(explanation, "embedding").parameters == 40
        assert row(explanation, "head").parameters == 40

    def test_the_share_goes_to_the_first(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Tied, tokens(2, 5))
        assert row(explanation, "embedding").share == 1
        assert row(explanation, "head").share == 0

    def test_the_second_key_names_the_first(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Tied, tokens(2, 5))
        assert tensor(explanation, "embedding.weight").tied_to is None
        assert tensor(explanation, "head.weight").tied_to == "embedding.weight"


class TestSharedModules:
    def test_the_second_place_names_the_first(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Twice, (2, 4))
        assert row(explanation, "first").same_as is None
        assert row(explanation, "second").same_as == "first"

    def test_they_count_once(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Twice, (2, 4))
        assert explanation.parameters == 4 * 4 + 4
        assert explanation.module_count == 2
        assert [found.share for found in explanation.modules] == [1, 1, 0]

    def test_both_of_their_keys_are_listed(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Twice, (2, 4))
        assert [t.key for t in explanation.tensors] == list(Twice().state_dict())
        assert tensor(explanation, "second.bias").tied_to == "first.bias"

    def test_what_a_repeated_sequential_holds_is_listed_at_both_places(
        self, take_apart: TakeApart
    ) -> None:
        explanation = take_apart(lambda: nn.Sequential(nn.Sequential(nn.Linear(2, 2))) * 2, (1, 2))
        assert row(explanation, "1.0").same_as == "0.0"
        assert row(explanation, "1.0").calls == 2
        assert explanation.parameters == 6


class TestTensors:
    def test_keys_are_those_of_the_state_dict_in_its_order(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Everything)
        stored = [t.key for t in explanation.tensors if t.in_state_dict]
        assert stored == list(Everything().state_dict())

    def test_each_has_its_shape_dtype_and_size(self, take_apart: TakeApart) -> None:
        mean = tensor(take_apart(Buffers), "mean")
        assert (mean.role, mean.shape, mean.dtype) == ("buffer", "[3]", "float64")
        assert (mean.count, mean.bytes, mean.trainable) == (3, 24, False)

    def test_a_buffer_that_is_not_stored_is_marked(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Buffers)
        assert tensor(explanation, "mean").in_state_dict
        assert not tensor(explanation, "mask").in_state_dict

    def test_what_else_is_in_the_state_dict_is_listed(self, take_apart: TakeApart) -> None:
        class Counting(nn.Module):
            def get_extra_state(self) -> int:
                return 3

            def set_extra_state(self, state: int) -> None: ...

        extra = tensor(take_apart(lambda: nn.Sequential(Counting())), "0._extra_state")
        assert (extra.role, extra.module, extra.dtype) == ("extra state", "0", "int")

    def test_half_precision_takes_half_the_bytes(self, take_apart: TakeApart) -> None:
        assert take_apart(lambda: nn.Linear(3, 4).half()).bytes == 2 * (12 + 4)


def test_frozen_parameters_are_not_trainable(take_apart: TakeApart) -> None:
    def half_frozen() -> nn.Module:
        module = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        module[0].requires_grad_(False)
        return module

    explanation = take_apart(half_frozen, (1, 2))
    assert explanation.trainable == 4
    assert row(explanation, "0").trainable == 0
    assert not tensor(explanation, "0.weight").trainable


def test_a_lazy_layer_has_the_size_that_the_forward_pass_gave_it(take_apart: TakeApart) -> None:
    explanation = take_apart(lambda: nn.Sequential(nn.LazyLinear(3)), (1, 5))
    assert explanation.parameters == 5 * 3 + 3
    assert row(explanation, "0").class_name == "Linear"


def test_a_lazy_layer_that_never_ran_has_no_size_yet(take_apart: TakeApart) -> None:
    explanation = take_apart(lambda: nn.LazyLinear(3))
    assert explanation.parameters == 0
    assert tensor(explanation, "weight").shape == ""


def test_a_model_without_parameters_has_shares_of_zero(take_apart: TakeApart) -> None:
    explanation = take_apart(lambda: nn.Sequential(nn.ReLU()), (1, 2))
    assert explanation.parameters == 0
    assert [found.share for found in explanation.modules] == [0, 0]
