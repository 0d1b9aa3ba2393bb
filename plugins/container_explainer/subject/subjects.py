"""What an action looks at: a demo's model, one of torchvision's, or what a visitor typed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from demo_app import Context, InvalidInput, TensorSpec
from demo_app.errors import Unknown

from ..anatomy.operation_limit import OperationLimit
from ..language import program
from .torchvision_models import torchvision_model

TORCHVISION = "torchvision/"
MAX_ELEMENTS = 10**9
NO_MODULE = (
    "The code makes no module. Write one, such as net = nn.Sequential(nn.Linear(4, 2), nn.ReLU())."
)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A module to look at, on the meta device.

    Attributes:
        model: its name, ``"demo/model"``; ``"code"`` for what was typed.
        title: for people.
        variable: what code calls it: ``net``, or as the visitor named it.
        module: built for this call alone.
        inputs: the positional arguments of ``forward`` by the path of the module that takes them.
        program: what the visitor typed, run; None for a model by name.
        limit: on the operations of its forward passes, which are made inside of it.
    """

    model: str
    title: str
    variable: str
    module: nn.Module
    inputs: Mapping[str, Sequence[TensorSpec]]
    program: program.Program | None
    limit: OperationLimit = field(default_factory=OperationLimit)


@contextmanager
def opened(
    ctx: Context,
    *,
    model: str | None,
    code: str | None,
    input_shape: Sequence[int] | None = None,
) -> Iterator[Subject]:
    """Build what is to be looked at, inside the block.

    Raises:
        CodeError: the code cannot be run.
        InvalidInput: not exactly one of ``model`` and ``code`` is given, the code makes no module,
            or the shape cannot be an input.
        Unknown: there is no such model.
        DemoError: it cannot be built.
    """
    if (model is None) == (code is None):
        raise InvalidInput("model: give either the name of a model, or code that makes one.")
    if input_shape is not None and math.prod(input_shape) > MAX_ELEMENTS:
        raise InvalidInput(
            f"input_shape: it has {math.prod(input_shape):,} numbers; up to {MAX_ELEMENTS:,} are "
            "taken. Make a dimension smaller."
        )
    # Tensors made in inference mode could not be run outside of it, where operations are counted.
    with torch.inference_mode(False):
        subject = _typed(code) if code is not None else _named(ctx, str(model))
        if input_shape is not None:
            subject = replace(subject, inputs=_replaced(subject, tuple(input_shape)))
        yield subject


def _typed(code: str) -> Subject:
    ran = program.run(code)
    if ran.result is None:
        raise InvalidInput(NO_MODULE)
    return Subject(
        model="code",
        title=ran.result_name or type(ran.result).__name__,
        variable=ran.result_name or "net",
        module=ran.result,
        inputs={},
        program=ran,
    )


def _named(ctx: Context, model: str) -> Subject:
    known = {
        f"{demo.name}/{spec.name}": (demo, spec)
        for demo in ctx.demos.values()
        for spec in demo.models.values()
    }
    if model in known:
        demo, spec = known[model]
        module = demo.build_model(spec.name, meta=True)
        title, inputs = spec.title or spec.name, spec.inputs_of_parts
    elif model.startswith(TORCHVISION):
        found = torchvision_model(model.removeprefix(TORCHVISION))
        model, title = f"{TORCHVISION}{found.name}", found.name
        module, inputs = found.module, found.inputs
    else:
        raise Unknown("model", model, known)
    return Subject(
        model=model,
        title=title,
        variable="net",
        module=module,
        inputs=inputs,
        program=None,
    )


def _replaced(subject: Subject, shape: tuple[int, ...]) -> dict[str, tuple[TensorSpec, ...]]:
    """The inputs with another shape: of the first, and of those that were shaped like it."""
    if not subject.inputs:
        return {"": (TensorSpec(shape=shape, dtype=dtype_of_input(subject.module)),)}
    if len(subject.inputs) > 1:
        parts = ", ".join(subject.inputs)
        raise InvalidInput(
            f"input_shape: the parts of this model are called apart ({parts}), each with an input "
            "of its own. Leave input_shape out."
        )
    ((path, specs),) = subject.inputs.items()
    before = specs[0].shape if specs else ()
    changed = [replace(spec, shape=shape) if spec.shape == before else spec for spec in specs]
    return {path: tuple(changed)}


def dtype_of_input(module: nn.Module) -> str:
    """What a module takes, by its first layer: numbers of tokens, or what it computes in."""
    first = next((part for part in module.modules() if not part._modules), None)
    if isinstance(first, nn.Embedding | nn.EmbeddingBag):
        return "int64"
    dtypes = (tensor.dtype for tensor in module.parameters() if tensor.is_floating_point())
    return str(next(dtypes, torch.float32)).removeprefix("torch.")
