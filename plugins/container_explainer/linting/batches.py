"""Attention and recurrence along the wrong dimension: layers that take the sequence first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.rnn import RNNBase

from .findings import Finding, Severity
from .flow import Run, run
from .mending import attribute, expression
from .order import Step

LAYERS = (nn.MultiheadAttention, RNNBase)
STACKS = (nn.TransformerEncoder, nn.TransformerDecoder)
OWNERS = (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)
ATTENTIONS = ("self_attn", "multihead_attn")
WHY = (
    "Without batch_first=True the first dimension is the sequence: it attends, or steps, from one "
    "example of the batch to the next, and the positions of one example never see each other."
)


def find_batches_as_sequences(
    model: nn.Module,
    first: Run,
    inputs: Mapping[str, Sequence[Tensor]],
    name: str = "self",
) -> Iterator[Finding]:
    """Layers without ``batch_first`` that get the first dimension of the inputs first.

    Which dimension that is shows in a second pass with one example more. Pictures have their batch
    first, and so have tokens of which there are more in a sequence than sequences; for what comes
    as (a, b, width) both readings are possible, which makes a hint.
    """
    suspects = [step for step in first.order.steps if _takes_sequence_first(step)]
    severity = _severity(inputs)
    if not suspects or first.error is not None or severity is None:
        return
    longer = {path: [_one_more(tensor) for tensor in given] for path, given in inputs.items()}
    second = run(first.model, longer)
    if second.error is not None:
        return
    again = [step for step in second.order.steps if _takes_sequence_first(step)]
    said: set[str] = set()
    for step, other in zip(suspects, again, strict=False):
        before, after = step.given[0].shape, other.given[0].shape
        if len(before) != 3 or after[0] != before[0] + 1 or after[1] != before[1]:
            continue
        path = _outermost(model, step.path)
        if path not in said:
            said.add(path)
            yield _finding(model, path, step, severity, name)


def _finding(model: nn.Module, path: str, step: Step, severity: Severity, name: str) -> Finding:
    length, batch = step.given[0].shape[:2]
    what = f"{path or 'The whole'} ({type(model.get_submodule(path)).__name__})"
    doubt = " If the inputs are (sequence, batch), this is as it should be."
    return Finding(
        rule="batch-first",
        severity=severity,
        path=path,
        message=f"{what} is without batch_first and gets {list(step.given[0].shape)}: it takes the "
        f"batch, {length}, for the sequence, and the sequence, {batch}, for the batch."
        f"{doubt if severity == 'hint' else ''}",
        why=WHY,
        mend=_mend(model, path, name),
    )


def _mend(model: nn.Module, path: str, name: str) -> str:
    module = model.get_submodule(path)
    reached = expression(model, path, name)
    if isinstance(module, nn.Transformer):
        return f"{reached} = {_transformer(module)}"
    if isinstance(module, STACKS):
        held = [n for n in ATTENTIONS if hasattr(module.layers[0], n)]
        targets = " = ".join(f"{attribute('layer', n)}.batch_first" for n in held)
        return f"for layer in {reached}.layers: {targets} = True"
    if isinstance(module, OWNERS):
        held = [n for n in ATTENTIONS if hasattr(module, n)]
        return " = ".join(f"{attribute(reached, n)}.batch_first" for n in held) + " = True"
    return f"{reached}.batch_first = True"


def _transformer(module: nn.Transformer) -> str:
    layers: Any = module.encoder.layers
    sizes = (
        *(module.d_model, module.nhead, len(layers), len(module.decoder.layers)),
        *(layers[0].linear1.out_features, layers[0].dropout.p),
    )
    return f"nn.Transformer({', '.join(map(str, sizes))}, batch_first=True)"


def _outermost(model: nn.Module, path: str) -> str:
    """The stack or layer of torch's that an attention is in."""
    found = path
    while path:
        path = path.rpartition(".")[0]
        if isinstance(model.get_submodule(path), (*STACKS, *OWNERS, nn.Transformer)):
            found = path
    return found


def _takes_sequence_first(step: Step) -> bool:
    module: Any = step.module
    return isinstance(module, LAYERS) and not module.batch_first and bool(step.given)


def _severity(inputs: Mapping[str, Sequence[Tensor]]) -> Severity | None:
    """How sure it is that the first dimension is the batch; None where there is just one."""
    (tensor,) = [given[0] for given in inputs.values() if given][:1] or [torch.empty(0)]
    if tensor.dim() >= 4:
        return "warning"
    if tensor.dim() == 3:
        return "warning" if tensor.shape[0] == 1 < tensor.shape[1] else "hint"
    if tensor.dim() == 2 and not tensor.is_floating_point():
        return "warning" if tensor.shape[0] < tensor.shape[1] else "hint"
    return None


def _one_more(tensor: Tensor) -> Tensor:
    return tensor.new_empty((tensor.shape[0] + 1, *tensor.shape[1:])) if tensor.dim() else tensor
