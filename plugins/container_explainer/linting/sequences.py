"""Recurrent layers in a Sequential: they return a tuple, and the next layer takes a tensor."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from torch import nn

from .findings import Finding
from .mending import expression
from .order import is_torch_layer

RETURNS = {
    nn.LSTM: "(output, (h_n, c_n))",
    nn.GRU: "(output, h_n)",
    nn.RNN: "(output, h_n)",
    nn.LSTMCell: "(h, c)",
}
WHY = "A Sequential hands on whatever a layer returns, and only a tensor fits into the next layer."


def find_tuples(model: nn.Module, name: str = "self") -> Iterator[Finding]:
    """Layers that return a tuple and stand before a layer of torch's in the same Sequential.

    A module with a ``forward`` of its own may well take a tuple apart, so nothing is said of it.
    """
    for path, container in model.named_modules():
        if type(container).forward is not nn.Sequential.forward:
            continue
        children = [(key, child) for key, child in container._modules.items() if child is not None]
        for (key, child), (_, following) in pairwise(children):
            returned = _returned(child)
            if returned is None or not _takes_tensor(following):
                continue
            child_path = f"{path}.{key}" if path else key
            reached = expression(model, child_path, name)
            yield Finding(
                rule="tuple-in-sequential",
                severity="error",
                path=child_path,
                message=f"{child_path} ({type(child).__name__}) returns {returned}, and the "
                f"{type(following).__name__} after it takes one tensor.",
                why=WHY,
                mend=f"{reached}.register_forward_hook(lambda module, args, output: output[0])",
            )


def _returned(module: nn.Module) -> str | None:
    for kind, returned in RETURNS.items():
        if isinstance(module, kind) and is_torch_layer(module):
            return returned
    if type(module).forward is nn.Sequential.forward:
        children = [child for child in module._modules.values() if child is not None]
        return _returned(children[-1]) if children else None
    return None


def _takes_tensor(module: nn.Module) -> bool:
    if type(module).forward is nn.Sequential.forward:
        children = [child for child in module._modules.values() if child is not None]
        return not children or _takes_tensor(children[0])
    # What hands on anything hands on a tuple too; the layer after it is looked at by itself.
    return is_torch_layer(module) and not isinstance(module, nn.Identity)
