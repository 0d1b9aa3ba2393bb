"""The memory of activations, gradients, dtypes and keys, each worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

from tests.plugins.container_explainer.architectures import Buffers, Choices, Tied, Twice
from tests.plugins.container_explainer.rows import row, tokens

TakeApart = Callable[..., Any]
FLOAT = 4


def activations(explanation: Any) -> dict[str, int | None]:
    return {found.path: found.activation_bytes for found in explanation.modules}


class TestActivations:
    def test_they_are_what_each_layer_returns(self, take_apart: TakeApart) -> None:
        def architecture() -> nn.Module:
            return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Linear(4, 5))

        expected = [2 * 8 * 4 * 4 * FLOAT, 2 * 8 * 4 * 4 * FLOAT, 2 * 8 * 4 * 5 * FLOAT]
        found = activations(take_apart(architecture, (2, 3, 6, 6)))
        assert found == {"": sum(expected), "0": expected[0], "1": expected[1], "2": expected[2]}

    @pytest.mark.parametrize(
        "layer",
        [nn.ReLU(inplace=True), nn.Flatten(), nn.Identity(), nn.Dropout()],
        ids=["in place", "view", "identity", "dropout in evaluation"],
    )
    def test_what_makes_no_new_tensor_takes_none(
        self, take_apart: TakeApart, layer: nn.Module
    ) -> None:
        found = activations(take_apart(lambda: nn.Sequential(nn.Linear(4, 5), layer), (3, 4)))
        assert found == {"": 3 * 5 * FLOAT, "0": 3 * 5 * FLOAT, "1": 0}

    def test_the_input_is_none_of_them(self, take_apart: TakeApart) -> None:
        assert activations(take_apart(nn.Identity, (3, 4))) == {"": 0}

    def test_a_parameter_that_is_returned_is_none_of_them(self, take_apart: TakeApart) -> None:
        class Constant(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.weight = nn.Parameter(torch.ones(5))

            def forward(self, x: Tensor) -> Tensor:
                return self.weight

        assert activations(take_apart(Constant, (3,))) == {"": 0}

    def test_each_call_returns_its_own(self, take_apart: TakeApart) -> None:
        found = activations(take_apart(Twice, (2, 4)))
        assert found == dict.fromkeys(("", "first", "second"), 3 * 2 * 4 * FLOAT)

    def test_a_container_that_is_not_called_has_its_childrens(self, take_apart: TakeApart) -> None:
        found = activations(take_apart(Choices, (2, 4)))
        assert found["layers"] == 2 * 2 * 4 * FLOAT
        assert found["activations"] == 2 * 2 * 4 * FLOAT
        assert found["forgotten"] == 0

    def test_every_tensor_of_a_tuple_counts(self, take_apart: TakeApart) -> None:
        found = activations(take_apart(lambda: nn.LSTM(6, 4), (5, 2, 6)))
        assert found == {"": (5 * 2 * 4 + 2 * 2 * 4) * FLOAT}

    def test_they_are_in_the_dtype_that_the_model_computes_in(self, take_apart: TakeApart) -> None:
        from demo_app import TensorSpec

        half = TensorSpec(shape=(3, 4), dtype="bfloat16")
        assert activations(take_apart(lambda: nn.Linear(4, 5).bfloat16(), half)) == {"": 3 * 5 * 2}

    def test_a_block_that_adds_in_place_returns_nothing_new(self, take_apart: TakeApart) -> None:
        explanation = take_apart(torchvision.models.resnet18, (1, 3, 64, 64))
        # Two convolutions and two normalisations; the ReLUs and the sum work in place.
        assert row(explanation, "layer1.0").activation_bytes == 4 * 64 * 16 * 16 * FLOAT

    @pytest.mark.parametrize("inputs", [[], [(1, 3)]], ids=["not run", "failed"])
    def test_without_a_whole_forward_pass_they_are_not_known(
        self, take_apart: TakeApart, inputs: list[Any]
    ) -> None:
        explanation = take_apart(lambda: nn.Linear(4, 4), *inputs)
        assert explanation.activation_bytes is None
        assert activations(explanation) == {"": None}


@pytest.mark.parametrize(
    ("frozen", "expected"),
    [((), ["all", "all", "all"]), ((0,), ["part", "none", "all"]), ((0, 1), ["none"] * 3)],
)
def test_what_is_trained_is_told_in_a_word(
    take_apart: TakeApart, frozen: tuple[int, ...], expected: list[str]
) -> None:
    def architecture() -> nn.Module:
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        for index in frozen:
            model[index].requires_grad_(False)
        return model

    assert [found.trained for found in take_apart(architecture).modules] == expected


def test_what_has_no_parameters_is_not_called_frozen(take_apart: TakeApart) -> None:
    assert row(take_apart(nn.ReLU), "").trained == "no parameters"


def test_the_dtypes_are_those_of_the_parameters(take_apart: TakeApart) -> None:
    def architecture() -> nn.Module:
        return nn.Sequential(nn.Linear(2, 2).half(), nn.BatchNorm1d(2), nn.ReLU())

    dtypes = [found.dtype for found in take_apart(architecture).modules]
    assert dtypes == ["float16, float32", "float16", "float32", ""]


def test_every_module_names_its_own_keys(take_apart: TakeApart) -> None:
    explanation = take_apart(lambda: nn.Sequential(Tied(), Buffers()))
    keys = {found.path: found.state_dict_keys for found in explanation.modules}
    assert keys == {
        "": [],
        "0": [],
        "0.embedding": ["0.embedding.weight"],
        "0.head": ["0.head.weight"],
        "1": ["1.scale", "1.mean"],
    }


def test_a_tied_tensor_is_run_and_counted_once(take_apart: TakeApart) -> None:
    explanation = take_apart(Tied, tokens(2, 5))
    assert explanation.activation_bytes == (2 * 5 * 4 + 2 * 5 * 10) * FLOAT
