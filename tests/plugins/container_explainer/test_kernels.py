"""The rules for what an operation returns on the meta device: each gives torch's own answer."""

import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

aten = torch.ops.aten
CHANNELS_LAST = torch.channels_last


def meta(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


IMAGE = meta(2, 6, 9, 8)
ROWS = meta(5, 4)
STATISTICS = 4 * [meta(6)]
EXACT = {"dtype": torch.float64}

ANSWERED: list[tuple[Any, tuple[Any, ...]]] = [
    (aten.mm.default, (ROWS, meta(4, 3))),
    (aten.mm.default, (ROWS, meta(3, 4).t())),
    (aten.mm.default, (meta(0, 4), meta(4, 3))),
    (aten.addmm.default, (meta(3), ROWS, meta(3, 4).t())),
    (aten.bmm.default, (meta(2, 5, 4), meta(2, 4, 3))),
    (aten.embedding.default, (ROWS, meta(2, 3, dtype=torch.int64))),
    (aten.embedding.default, (ROWS, meta(7, dtype=torch.int64), 0, False, False)),
    (aten.cat.default, ([IMAGE, meta(2, 1, 9, 8)], 1)),
    (aten.cat.default, ([ROWS, ROWS],)),
    (aten.cat.default, ([ROWS, ROWS], -1)),
    (aten.mean.dim, (IMAGE, [-1, -2], True)),
    (aten.mean.dim, (IMAGE, [1])),
    (aten._softmax.default, (IMAGE, -1, False)),
    (aten._adaptive_avg_pool2d.default, (IMAGE, [7, 5])),
    (aten.native_batch_norm.default, (IMAGE, *STATISTICS, False, 0.1, 1e-5)),
    (aten.native_batch_norm.default, (ROWS, *4 * [meta(4)], False, 0.1, 1e-5)),
    (
        aten.native_batch_norm.default,
        (IMAGE.contiguous(memory_format=CHANNELS_LAST), *STATISTICS, False, 0.1, 1e-5),
    ),
    (aten.native_batch_norm.default, (IMAGE, None, None, meta(6), meta(6), False, 0.1, 1e-5)),
    (aten.native_layer_norm.default, (ROWS, [4], meta(4), meta(4), 1e-5)),
    (aten.native_layer_norm.default, (IMAGE, [9, 8], None, None, 1e-5)),
    (aten.native_layer_norm.default, (IMAGE.permute(0, 2, 3, 1), [6], meta(6), meta(6), 1e-6)),
    (aten.native_layer_norm.default, (meta(5, 4).half(), [4], None, None, 1e-5)),
    (aten.native_layer_norm.default, (meta(5, 4, **EXACT), [4], None, None, 1e-5)),
    (aten.gelu.default, (IMAGE,)),
    (aten.gelu.default, (IMAGE.contiguous(memory_format=CHANNELS_LAST),)),
    (aten.hardtanh.default, (ROWS, 0.0, 6.0)),
    (aten.leaky_relu.default, (ROWS, 0.2)),
    (aten.add.Tensor, (IMAGE, IMAGE)),
    (aten.mul.Tensor, (IMAGE, 2.0)),
    (aten.mul.Tensor, (IMAGE, meta(2, 6, 1, 1))),
    (aten.add.Tensor, (meta(9, 8), IMAGE)),
    (aten.sub.Tensor, (meta(1, 6, 1, 8), IMAGE)),
    (aten.div.Tensor, (meta(), IMAGE)),
    *(
        (aten.max_pool2d_with_indices.default, (IMAGE, *arguments))
        for arguments in (
            ([2, 2],),
            ([3, 3], [2, 2], [1, 1]),
            ([3], [1], [1], [2]),
            ([2, 3], [1, 2]),
        )
    ),
    *(
        (aten.avg_pool2d.default, (IMAGE, *arguments))
        for arguments in (([2, 2],), ([3, 3], [2, 1], [1, 1]), ([2], [2], [0], False, True, None))
    ),
    *(
        (aten.convolution.default, (given, weight, None, *arguments))
        for given, weight, *arguments in (
            (IMAGE, meta(4, 6, 3, 3), [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
            (IMAGE, meta(4, 3, 3, 2), [2, 1], [1, 2], [2, 1], False, [0, 0], 2),
            (IMAGE, meta(6, 1, 5, 5), [2], [2], [1], False, [0], 6),
            (meta(2, 6, 9), meta(4, 6, 3), [2], [1], [1], False, [0], 1),
            (meta(1, 6, 5, 5, 5), meta(4, 6, 3, 3, 3), [1], [0], [1], False, [0], 1),
            (IMAGE, meta(6, 4, 4, 4), [2, 2], [1, 1], [1, 1], True, [0, 0], 1),
            (IMAGE, meta(6, 2, 3, 3), [3, 2], [1, 0], [2, 1], True, [1, 1], 2),
        )
    ),
]

LEFT_TO_TORCH: list[tuple[Any, tuple[Any, ...]]] = [
    (aten.mm.default, (ROWS, ROWS)),
    (aten.addmm.default, (meta(2), ROWS, meta(4, 3))),
    (aten.bmm.default, (meta(2, 5, 4), meta(3, 4, 3))),
    (aten.convolution.default, (IMAGE, meta(4, 5, 3, 3), None, [1], [0], [1], False, [0], 1)),
    (aten.convolution.default, (IMAGE, meta(4, 6, 10, 10), None, [1], [0], [1], False, [0], 1)),
    (aten.convolution.default, (IMAGE, meta(4, 6, 3, 3), None, [0], [0], [1], False, [0], 1)),
    (aten.native_batch_norm.default, (IMAGE, *4 * [meta(5)], False, 0.1, 1e-5)),
    (aten.native_layer_norm.default, (IMAGE, [9], None, None, 1e-5)),
    (aten.add.Tensor, (IMAGE, meta(3, 1, 1, 1))),
    (aten.add_.Tensor, (meta(9, 8), IMAGE)),
    (aten.cat.default, ([ROWS, meta(5, 3)], 0)),
    (aten.mean.dim, (IMAGE, [4])),
    (aten.max_pool2d_with_indices.default, (IMAGE, [2, 2], [1, 1], [2, 2])),
    (aten.max_pool2d_with_indices.default, (IMAGE, [10, 10])),
]
"""What raises: torch says why."""


@pytest.fixture(scope="session")
def answer(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    return module("anatomy.kernels").answer


def described(result: Any) -> list[tuple[Any, ...]]:
    tensors = result if isinstance(result, tuple | list) else [result]
    return [(t.shape, t.stride(), t.dtype, t.device.type) for t in tensors]


@pytest.mark.parametrize(("func", "args"), ANSWERED, ids=lambda value: str(value)[:40])
def test_the_answer_is_torchs(answer: Callable[..., Any], func: Any, args: Any) -> None:
    result = answer(func, args, {})
    assert result is not NotImplemented
    assert described(result) == described(func(*args))


@pytest.mark.parametrize(("func", "args"), LEFT_TO_TORCH, ids=lambda value: str(value)[:40])
def test_what_does_not_fit_is_left_to_torch(
    answer: Callable[..., Any], func: Any, args: Any
) -> None:
    with pytest.raises((RuntimeError, ValueError, IndexError, ZeroDivisionError)):
        func(*args)
    assert answer(func, args, {}) is NotImplemented


def test_every_operation_has_a_case(module: Callable[[str], ModuleType]) -> None:
    kernels = module("anatomy.kernels")
    tested = {func for func, _ in ANSWERED}
    plain = {kernels._elementwise, kernels._in_place, kernels._of_two, kernels._of_two_in_place}
    for func, kernel in kernels.KERNELS.items():
        assert func in tested or kernel in plain


def test_elementwise_operations_keep_shape_and_layout(
    answer: Callable[..., Any], module: Callable[[str], ModuleType]
) -> None:
    kernels = module("anatomy.kernels")
    for func, kernel in kernels.KERNELS.items():
        if kernel is kernels._elementwise:
            assert described(answer(func, (IMAGE,), {})) == described(func(IMAGE))


def test_operations_in_place_return_what_they_were_given(
    answer: Callable[..., Any], module: Callable[[str], ModuleType]
) -> None:
    kernels = module("anatomy.kernels")
    for func, kernel in kernels.KERNELS.items():
        if kernel is kernels._in_place:
            assert answer(func, (IMAGE,), {}) is IMAGE
        if kernel is kernels._of_two_in_place:
            assert answer(func, (IMAGE, meta(8)), {}) is IMAGE


@pytest.mark.parametrize(
    "given",
    [meta(3, 4, dtype=torch.int64), torch.ones(3, 4), meta(3, 8)[:, ::2]],
    ids=["whole numbers", "with values", "with gaps"],
)
def test_anything_else_is_left_to_torch(answer: Callable[..., Any], given: Tensor) -> None:
    assert answer(aten.relu.default, (given,), {}) is NotImplemented
    assert answer(aten.add.Tensor, (given, given), {}) is NotImplemented


def test_an_argument_by_name_is_left_to_torch(answer: Callable[..., Any]) -> None:
    assert answer(aten.add.Tensor, (ROWS, ROWS), {"alpha": 2}) is NotImplemented
    assert answer(aten.gelu.default, (ROWS,), {"approximate": "tanh"}).shape == ROWS.shape


def test_a_small_network_is_explained_without_torchs_compiler(
    module: Callable[[str], ModuleType],
) -> None:
    folder = module("anatomy.explanation").__file__.rsplit("/", 3)[0]
    code = (
        "import sys\n"
        f"sys.path.insert(0, {folder!r})\n"
        "from torch import nn\n"
        "from demo_app import TensorSpec\n"
        "from demo_app.meta import build_on_meta\n"
        "from container_explainer.anatomy.explanation import explain_module\n"
        "model = build_on_meta(lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8),\n"
        "    nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),\n"
        "    nn.Linear(8, 10), nn.Softmax(1)))\n"
        "inputs = {'': [TensorSpec(shape=(1, 3, 32, 32))]}\n"
        "found = explain_module(model, inputs, model='', title='')\n"
        "assert found.output == '[1, 10]', found.notes\n"
        "assert not {'torch._dynamo', 'sympy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
