"""The names in a checkpoint as a tree: which groups there are, and how much is in each."""

from __future__ import annotations

from dataclasses import dataclass, field

from demo_app import InvalidInput

from .checkpoint_header import CheckpointHeader, StoredTensor, in_order_of_numbers

MAX_ROWS = 50_000


@dataclass(frozen=True, kw_only=True)
class StoredRow:
    """One group of names, or one tensor.

    Attributes:
        path: the name so far, ``"features.conv1"``.
        name: its last part.
        depth: how far below the whole file, from 1 on.
        is_tensor: whether a tensor has this very name.
        shape: of that tensor, ``"[6, 3, 5, 5]"``; empty for a group.
        dtype: of what is in it, ``"F16, F32"`` where it differs.
        tensors: how many are in it.
        count: numbers in them.
        bytes: what they take in the file.
        share: of the file's bytes, 0…1.
    """

    path: str
    name: str
    depth: int
    is_tensor: bool
    shape: str
    dtype: str
    tensors: int
    count: int
    bytes: int
    share: float


@dataclass(kw_only=True)
class _Group:
    tensors: list[StoredTensor] = field(default_factory=list)
    own: StoredTensor | None = None


def stored_rows(header: CheckpointHeader, depth: int | None = None) -> list[StoredRow]:
    """A row for every group and every tensor, each group before what is in it.

    Args:
        header: of the file.
        depth: levels of names to list; all, if left out.

    Raises:
        InvalidInput: there are too many to be listed; a depth would help.
    """
    groups: dict[str, _Group] = {}
    for tensor in header.tensors.values():
        parts = tensor.name.split(".")
        for level in range(1, len(parts) + 1 if depth is None else min(depth, len(parts)) + 1):
            path = ".".join(parts[:level])
            group = groups.setdefault(path, _Group())
            group.tensors.append(tensor)
            if level == len(parts):
                group.own = tensor
        if len(groups) > MAX_ROWS:
            raise InvalidInput(
                f"The names in {header.file} make more than {MAX_ROWS:,} rows. Give a smaller "
                "depth to see its groups."
            )
    paths = sorted(groups, key=in_order_of_numbers)
    return [_row(path, groups[path], header.bytes) for path in paths]


def _row(path: str, group: _Group, total: int) -> StoredRow:
    taken = sum(tensor.bytes for tensor in group.tensors)
    return StoredRow(
        path=path,
        name=path.rpartition(".")[2],
        depth=path.count(".") + 1,
        is_tensor=group.own is not None,
        shape=str(list(group.own.shape)) if group.own is not None else "",
        dtype=", ".join(sorted({tensor.dtype for tensor in group.tensors})),
        tensors=len(group.tensors),
        count=sum(tensor.count for tensor in group.tensors),
        bytes=taken,
        share=taken / total if total else 0.0,
    )
