"""Multiply-adds, against formulas by hand, published numbers, and torch's own counter."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from demo_app import Demo, TensorSpec
from tests.plugins.container_explainer.architectures import Choices, Tied, Twice
from tests.plugins.container_explainer.rows import row, tokens

TakeApart = Callable[..., Any]


class Function(nn.Module):
    """A module of one function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(*inputs)


def lstm(steps: int, inputs: int, hidden: int) -> int:
    """Four gates, each a product with the input and one with the state before."""
    return steps * 4 * (hidden * inputs + hidden * hidden)


ATTENTION = 2 * (4 * 5 * 8 * 8 + 2 * 5 * 5 * 8)
"""A batch of 2, 5 tokens of width 8: four projections, scores, and the sum they weigh."""

BY_HAND: list[tuple[str, Callable[[], nn.Module], list[Any], int]] = [
    ("linear", lambda: nn.Linear(5, 7), [(3, 5)], 3 * 5 * 7),
    ("linear without bias", lambda: nn.Linear(5, 7, bias=False), [(2, 3, 5)], 2 * 3 * 5 * 7),
    ("conv", lambda: nn.Conv2d(4, 6, 3, padding=1), [(2, 4, 8, 8)], 2 * 64 * 6 * 4 * 9),
    ("strided", lambda: nn.Conv2d(4, 6, 3, stride=2), [(1, 4, 9, 9)], 16 * 6 * 4 * 9),
    ("grouped", lambda: nn.Conv2d(4, 6, 3, groups=2), [(1, 4, 8, 8)], 36 * 6 * 2 * 9),
    ("depthwise", lambda: nn.Conv2d(4, 4, 3, groups=4), [(1, 4, 8, 8)], 36 * 4 * 9),
    ("conv 1d", lambda: nn.Conv1d(4, 6, 3), [(1, 4, 9)], 7 * 6 * 4 * 3),
    ("dilated", lambda: nn.Conv2d(4, 6, 3, dilation=2), [(1, 4, 9, 9)], 25 * 6 * 4 * 9),
    ("conv 3d", lambda: nn.Conv3d(4, 6, 3), [(1, 4, 5, 5, 5)], 27 * 6 * 4 * 27),
    ("transposed", lambda: nn.ConvTranspose2d(4, 6, 4, 2, 1), [(2, 4, 7, 7)], 2 * 49 * 4 * 6 * 16),
    (
        "transposed, grouped",
        lambda: nn.ConvTranspose2d(4, 6, 3, 3, groups=2),
        [(1, 4, 5, 5)],
        25 * 4 * 3 * 9,
    ),
    ("transposed 1d", lambda: nn.ConvTranspose1d(4, 6, 3), [(1, 4, 7)], 7 * 4 * 6 * 3),
    ("conv unbatched", lambda: nn.Conv2d(4, 6, 3), [(4, 8, 8)], 36 * 6 * 4 * 9),
    ("lstm", lambda: nn.LSTM(6, 4, batch_first=True), [(2, 5, 6)], lstm(2 * 5, 6, 4)),
    ("lstm unbatched", lambda: nn.LSTM(6, 4), [(5, 6)], lstm(5, 6, 4)),
    ("lstm both ways", lambda: nn.LSTM(6, 4, bidirectional=True), [(5, 1, 6)], 2 * lstm(5, 6, 4)),
    ("lstm stacked", lambda: nn.LSTM(6, 4, 2), [(5, 1, 6)], lstm(5, 6, 4) + lstm(5, 4, 4)),
    ("lstm cell", lambda: nn.LSTMCell(6, 4), [(2, 6)], lstm(2, 6, 4)),
    ("gru", lambda: nn.GRU(6, 4), [(5, 1, 6)], 5 * 3 * (4 * 6 + 4 * 4)),
    ("gru unbatched", lambda: nn.GRU(6, 4), [(5, 6)], 5 * 3 * (4 * 6 + 4 * 4)),
    ("rnn", lambda: nn.RNN(6, 4), [(5, 1, 6)], 5 * (4 * 6 + 4 * 4)),
    (
        "attention",
        lambda: nn.MultiheadAttention(8, 2, batch_first=True),
        3 * [(2, 5, 8)],
        ATTENTION,
    ),
    (
        "transformer layer",
        lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
        [(2, 5, 8)],
        ATTENTION + 2 * 2 * 5 * 8 * 16,
    ),
    (
        "scaled dot product",
        lambda: Function(lambda q: functional.scaled_dot_product_attention(q, q, q)),
        [(1, 2, 5, 8)],
        2 * 2 * 5 * 5 * 8,
    ),
    ("embedding", lambda: nn.Embedding(10, 4), [tokens(2, 3)], 0),
    ("bilinear", lambda: nn.Bilinear(3, 4, 5), [(2, 3), (2, 4)], 2 * 5 * (3 * 4 + 3)),
    ("matrix and vector", lambda: Function(torch.mv), [(3, 4), (4,)], 3 * 4),
    ("added to a vector", lambda: Function(torch.addmv), [(3,), (3, 4), (4,)], 3 * 4),
    ("dot product", lambda: Function(torch.dot), [(7,), (7,)], 7),
    ("conjugated dot product", lambda: Function(torch.vdot), [(7,), (7,)], 7),
    ("summed batch", lambda: Function(torch.addbmm), [(3, 5), (2, 3, 4), (2, 4, 5)], 2 * 3 * 4 * 5),
    ("no product", lambda: nn.Sequential(nn.BatchNorm2d(3), nn.ReLU()), [(1, 3, 8, 8)], 0),
]


@pytest.mark.parametrize(
    ("architecture", "inputs", "expected"),
    [case[1:] for case in BY_HAND],
    ids=[case[0] for case in BY_HAND],
)
def test_they_are_what_the_formula_gives(
    take_apart: TakeApart, architecture: Callable[[], nn.Module], inputs: list[Any], expected: int
) -> None:
    assert take_apart(architecture, *inputs).multiply_adds == expected


def test_those_of_efficientnet_lite0_follow_from_its_table(demo: Demo) -> None:
    def conv(size: int, inputs: int, outputs: int, kernel: int, groups: int = 1) -> int:
        return size * size * outputs * (inputs // groups) * kernel * kernel

    # Tan & Le 2019, Table 1: expansion, kernel, stride, channels, repeats.
    stages = [
        *((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3)),
        *((6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)),
    ]
    size, channels = 112, 32
    total = conv(size, 3, channels, 3)
    for expansion, kernel, stride, outputs, repeats in stages:
        for repeat in range(repeats):
            hidden = channels * expansion
            total += conv(size, channels, hidden, 1) if expansion > 1 else 0
            size //= stride if repeat == 0 else 1
            total += conv(size, hidden, hidden, kernel, groups=hidden)
            total += conv(size, hidden, outputs, 1)
            channels = outputs
    total += conv(size, channels, 1280, 1) + 1280 * 1000
    explanation = demo.call("explain", model="image_classifier/efficientnet_lite0")
    assert explanation.multiply_adds == total == 385_187_552


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "mobilenet_v3_small",
        "regnet_y_400mf",
        "swin_t",
        "vit_b_16",
        "vit_l_16",
        "r3d_18",
    ],
)
def test_they_are_what_torchvision_publishes(take_apart: TakeApart, name: str) -> None:
    published = torchvision.models.get_model_weights(name).DEFAULT.meta
    shape = (1, 3, 16, 112, 112) if name == "r3d_18" else (1, 3, 224, 224)
    explanation = take_apart(lambda: torchvision.models.get_model(name), shape)
    assert explanation.parameters == published["num_params"]
    assert round(explanation.multiply_adds / 1e9, 3) == published["_ops"]


def test_they_are_half_of_what_torchs_counter_counts(take_apart: TakeApart) -> None:
    def architecture() -> nn.Module:
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        return nn.Sequential(nn.Linear(3, 8), nn.TransformerEncoder(layer, 2), nn.LSTM(8, 4))

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        architecture().to("meta").eval()(torch.empty(2, 5, 3, device="meta"))
    explanation = take_apart(architecture, (2, 5, 3))
    assert explanation.multiply_adds == counter.get_total_flops() // 2
    counts = counter.get_flop_counts()
    for path in ("0", "1", "1.layers.1", "1.layers.1.self_attn", "2"):
        assert 2 * row(explanation, path).multiply_adds == sum(
            counts[f"Sequential.{path}"].values()
        )


def test_every_formula_of_torch_is_there(module: Callable[[str], ModuleType]) -> None:
    products = module("anatomy.products")
    known = {*products.FORMULAS, *products.OF_TORCH}
    operations = {op for op in flop_registry if isinstance(op, torch._ops.OpOverloadPacket)}
    assert operations <= known


def test_each_formula_gives_half_of_what_torchs_gives(
    module: Callable[[str], ModuleType],
) -> None:
    def shaped(*shape: int) -> Tensor:
        return torch.empty(shape, device="meta")

    queries, keys, values = shaped(2, 3, 5, 8), shaped(2, 3, 7, 8), shaped(2, 3, 7, 4)
    convolved = (shaped(2, 4, 9), shaped(6, 2, 3), None, [1], [0], [1], False, [0], 2)
    given: dict[str, tuple[tuple[Any, ...], Tensor]] = {
        "mm": ((shaped(3, 4), shaped(4, 5)), shaped(3, 5)),
        "_scaled_mm": ((shaped(3, 4), shaped(4, 5), shaped(1), shaped(1)), shaped(3, 5)),
        "addmm": ((shaped(5), shaped(3, 4), shaped(4, 5)), shaped(3, 5)),
        "bmm": ((shaped(2, 3, 4), shaped(2, 4, 5)), shaped(2, 3, 5)),
        "baddbmm": ((shaped(5), shaped(2, 3, 4), shaped(2, 4, 5)), shaped(2, 3, 5)),
        **dict.fromkeys(
            ("convolution", "_convolution", "convolution_overrideable"),
            (convolved, shaped(2, 6, 7)),
        ),
        **dict.fromkeys(
            (
                "_scaled_dot_product_efficient_attention",
                "_scaled_dot_product_flash_attention",
                "_scaled_dot_product_cudnn_attention",
            ),
            ((queries, keys, values), shaped(2, 3, 5, 4)),
        ),
    }
    for operation, formula in module("anatomy.products").FORMULAS.items():
        if operation in flop_registry:
            args, result = given[operation.__name__]
            assert 2 * formula(*args, result=result) == flop_registry[operation](
                *args, out_val=result
            )


def test_a_rare_operation_has_the_formula_of_torch(module: Callable[[str], ModuleType]) -> None:
    cudnn = torch.ops.aten.cudnn_convolution
    given, weight = torch.empty(2, 4, 9, device="meta"), torch.empty(6, 4, 3, device="meta")
    args = (given, weight, [0], [1], [1], 1, False, False, False)
    result = torch.empty(2, 6, 7, device="meta")
    counted = module("anatomy.products").multiply_adds(cudnn.default, args, {}, result)
    # The registered formula reads its seventh argument as whether it is transposed.
    assert counted == flop_registry[cudnn](*args, out_val=result) // 2 == 2 * 7 * 6 * 4 * 3


def test_a_module_has_those_of_its_children_and_its_own(take_apart: TakeApart) -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(4, 4))
            self.layer = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.layer(x) @ self.weight
            return result

    explanation = take_apart(lambda: nn.Sequential(Mixed(), nn.Linear(4, 1)), (1, 4))
    counts = {found.path: found.multiply_adds for found in explanation.modules}
    assert counts == {"": 36, "0": 32, "0.layer": 16, "1": 4}


def test_every_call_of_a_module_counts(take_apart: TakeApart) -> None:
    explanation = take_apart(Twice, (2, 4))
    assert explanation.multiply_adds == 3 * 2 * 16
    assert row(explanation, "first").multiply_adds == 3 * 2 * 16


def test_a_container_that_is_not_called_has_those_of_its_children(take_apart: TakeApart) -> None:
    explanation = take_apart(Choices, (2, 4))
    assert row(explanation, "layers").multiply_adds == 2 * 2 * 16


def test_a_tied_weight_counts_where_it_is_multiplied(take_apart: TakeApart) -> None:
    explanation = take_apart(Tied, tokens(2, 5))
    assert row(explanation, "embedding").multiply_adds == 0
    assert row(explanation, "head").multiply_adds == 2 * 5 * 4 * 10


def test_a_child_named_as_the_counters_own_key_is_counted_apart(take_apart: TakeApart) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.Global = nn.Linear(2, 2)
            self.other = nn.Linear(2, 3)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.other(self.Global(x))
            return result

    explanation = take_apart(Model, (1, 2))
    assert [found.multiply_adds for found in explanation.modules] == [10, 4, 6]


def test_what_other_threads_compute_meanwhile_is_not_counted(take_apart: TakeApart) -> None:
    def elsewhere() -> None:
        nn.Sequential(nn.Linear(50, 50))(torch.ones(9, 50))

    def forward(x: Tensor) -> Tensor:
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return x @ x

    assert take_apart(lambda: Function(forward), (3, 3)).multiply_adds == 27


def test_they_do_not_depend_on_the_dtype(take_apart: TakeApart) -> None:
    half = TensorSpec(shape=(3, 5), dtype="bfloat16")
    assert take_apart(lambda: nn.Linear(5, 7).bfloat16(), half).multiply_adds == 105
