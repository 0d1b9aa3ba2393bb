"""Linear layers and convolutions with nothing between them."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation

from tests.plugins.container_explainer.linting.calling import Calling
from tests.plugins.container_explainer.linting.mends import mended, of_rule, only

Lint = Callable[..., list[Any]]
RULE = "linear-after-linear"


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (lambda: nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2)), (2, 4)),
        (lambda: nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 2)), (2, 4)),
        (lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)), (1, 3, 8, 8)),
        (lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 1)), (1, 3, 8, 8)),
    ],
)
def test_a_pair_is_a_warning_until_an_activation_stands_between(
    lint: Lint, model: Callable[[], nn.Module], shape: tuple[int, ...]
) -> None:
    built = model()
    found = only(lint(built, shape), RULE)
    assert (found.severity, found.mend) == ("warning", "self.insert(1, nn.ReLU())")
    assert lint(mended(built, found), shape) == []


def test_it_is_seen_without_inputs_in_a_sequential(lint: Lint) -> None:
    found = only(lint(nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.Linear(8, 2)))), RULE)
    assert found.message == (
        "1.0 (Linear) follows 0 (Linear) with no activation between. "
        "(This is the order in the container.)"
    )


def test_it_is_seen_in_any_forward_whatever_the_order_of_the_attributes(lint: Lint) -> None:
    model = Calling(
        lambda m, x: m.second(m.first(x).view(2, -1)), second=nn.Linear(8, 2), first=nn.Linear(4, 8)
    )
    found = only(lint(model, (2, 4)), RULE)
    assert (found.path, found.mend) == (
        "second",
        "self.first = nn.Sequential(self.first, nn.ReLU())",
    )
    assert lint(mended(model, found), (2, 4)) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda m, x: m.second(torch.relu(m.first(x))),
        lambda m, x: m.second(m.first(x).relu_()),
        lambda m, x: m.second(m.first(x) ** 2),
        lambda m, x: m.second(m.first(x) + x),
        lambda m, x: m.first(x) + m.second(m.first(x)),
        lambda m, x: m.second(x),
    ],
    ids=["function", "in place", "power", "sum", "first is used twice", "first is not called"],
)
def test_what_stands_between_in_forward_counts(
    lint: Lint, call: Callable[[Any, Tensor], Any]
) -> None:
    model = Calling(call, first=nn.Linear(4, 4), second=nn.Linear(4, 4))
    assert of_rule(lint(model, (2, 4)), RULE) == []


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (nn.Sequential(nn.Linear(64, 4, bias=False), nn.Linear(4, 64)), (2, 64)),
        (nn.Sequential(nn.Conv2d(64, 4, 1), nn.Conv2d(4, 64, 3)), (1, 64, 8, 8)),
        (nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(72, 4)), (1, 3, 8, 8)),
    ],
    ids=["low rank", "bottleneck", "convolution and linear"],
)
def test_what_may_be_meant_is_a_hint(lint: Lint, model: nn.Module, shape: tuple[int, ...]) -> None:
    assert only(lint(model, shape), RULE).severity == "hint"


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (nn.Sequential(nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 16, 1)), (1, 8, 8, 8)),
        (nn.Sequential(nn.Conv2d(8, 8, (1, 3)), nn.Conv2d(8, 8, (3, 1))), (1, 8, 8, 8)),
        (nn.Sequential(nn.Conv3d(3, 8, (1, 3, 3)), nn.Conv3d(8, 8, (3, 1, 1))), (1, 3, 8, 8, 8)),
        (SqueezeExcitation(16, 4), (1, 16, 8, 8)),
        (nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 9)), None),
    ],
    ids=["depthwise", "row and column", "space and time", "squeeze", "embedding"],
)
def test_what_is_cheaper_as_two_is_meant_so(
    lint: Lint, model: nn.Module, shape: tuple[int, ...] | None
) -> None:
    assert lint(model, *([shape] if shape else [])) == []


def test_layers_of_a_class_with_a_forward_of_its_own_are_not_judged(lint: Lint) -> None:
    class Activated(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input).relu()

    assert lint(nn.Sequential(Activated(4, 4), nn.Linear(4, 4)), (2, 4)) == []
    assert lint(nn.Sequential(Activated(4, 4), nn.Linear(4, 4))) == []


def test_the_mixer_of_tokens_and_channels_is_fine(lint: Lint) -> None:
    class Mixer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norms = nn.ModuleList([nn.LayerNorm(8), nn.LayerNorm(8)])
            self.tokens = nn.Sequential(nn.Linear(5, 10), nn.GELU(), nn.Linear(10, 5))
            self.channels = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))

        def forward(self, x: Tensor) -> Tensor:
            x = x + self.tokens(self.norms[0](x).mT).mT
            result: Tensor = x + self.channels(self.norms[1](x))
            return result

    assert lint(nn.Sequential(Mixer(), Mixer()), (2, 5, 8)) == []
