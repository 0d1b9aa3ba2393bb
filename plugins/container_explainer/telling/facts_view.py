"""The facts on one module, as HTML, for whoever selects it in the tree."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..report import ModuleRow, TensorRow
from .quantities import in_bytes, in_full

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")


def facts(row: ModuleRow, tensors: Sequence[TensorRow], keys: int) -> str:
    """What is known of a module.

    Args:
        row: the module.
        tensors: those that it holds itself.
        keys: how many of the ``state_dict`` are its own or its children's.
    """
    known = [
        ("container", row.kind if row.kind in CONTAINERS else ""),
        ("same module as", row.same_as or ""),
        ("input", row.input),
        ("output", row.output),
        ("calls", "" if row.calls is None else in_full(row.calls)),
        ("parameters", _parameters(row)),
        ("buffers", in_full(row.buffers) if row.buffers else ""),
        ("size", _size(row)),
        ("multiply-adds", in_full(row.multiply_adds) if row.multiply_adds else ""),
        ("activations", _activations(row)),
        ("state_dict", _keys(row, keys)),
    ]
    listed = "".join(
        f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in known if text
    )
    return (
        f"<h3>{escape(row.path or 'the whole model')}</h3>"
        f"<p class='made'>{escape(row.class_name)}({escape(row.arguments)})</p>"
        f"<div class='columns'><dl>{listed}</dl>{_tensors(tensors)}</div>"
    )


def _size(row: ModuleRow) -> str:
    if not row.bytes:
        return ""
    return in_bytes(row.bytes) + (f", {row.dtype}" if row.dtype else "")


def _activations(row: ModuleRow) -> str:
    if row.activation_bytes is None or not row.calls:
        return ""
    if row.activation_bytes:
        return f"{in_bytes(row.activation_bytes)} in one pass"
    return "no memory of their own: in place, a view, or handed through"


def _parameters(row: ModuleRow) -> str:
    if not row.parameters:
        return ""
    parts = [f"{in_full(row.parameters)}, {row.share:.2%} of the model's"]
    if 0 < row.own_parameters < row.parameters:
        parts.append(f"{in_full(row.own_parameters)} of them its own")
    if row.trained != "all":
        parts.append("frozen" if row.trained == "none" else f"{in_full(row.trainable)} trainable")
    return "; ".join(parts)


def _keys(row: ModuleRow, keys: int) -> str:
    if not keys:
        return ""
    count = f"{keys:,} key{'' if keys == 1 else 's'}"
    return f"{count}, beginning with {row.path}." if row.path else count


def _tensors(tensors: Sequence[TensorRow]) -> str:
    if not tensors:
        return ""
    rows = "".join(
        f"<tr><th scope='row'>{escape(tensor.key)}</th>"
        f"<td>{escape(tensor.shape or 'known after the first forward pass')}</td>"
        f"<td>{escape(tensor.dtype)}</td><td>{in_full(tensor.count)}</td>"
        f"<td>{escape(_role(tensor))}</td></tr>"
        for tensor in tensors
    )
    return (
        "<div class='keys'><table><thead><tr><th scope='col'>its own tensors</th>"
        "<th scope='col'>shape</th><th scope='col'>dtype</th><th scope='col'>numbers</th>"
        f"<th scope='col'></th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _role(tensor: TensorRow) -> str:
    parts: list[str] = [tensor.role]
    if tensor.role == "parameter" and not tensor.trainable:
        parts.append("frozen")
    if tensor.tied_to is not None:
        parts.append(f"same tensor as {tensor.tied_to}")
    if not tensor.in_state_dict:
        parts.append("not in the state_dict")
    return ", ".join(parts)
