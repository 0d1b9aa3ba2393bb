"""Checkpoints: safetensors with a header that says what they are; strict loads, atomic saves."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo_app.errors import CheckpointError
from demo_app.tensor_files import (
    DTYPES,
    copy_tensors,
    opened,
    replaced,
    rewrite_metadata,
    sort_metadata,
)

if TYPE_CHECKING:
    import torch

_LISTED = 8
_BUILDING = threading.RLock()


@dataclass(frozen=True, kw_only=True)
class CheckpointMetadata:
    """What a checkpoint says of itself, kept in the header of the safetensors file.

    Attributes:
        architecture: the name of the architecture, as its paper has it.
        license: an SPDX identifier.
        source: where the weights come from, or the command that made them.
        config: keyword arguments of the architecture.
        classes: class names in the order of the logits.
        preprocessing: how an input becomes a tensor.
        metrics: numbers by name, each with the split and the way it was measured.
        training: the record of the training.
        extra: whatever else belongs to the weights (a vocabulary, counts).
    """

    architecture: str
    license: str
    source: str
    config: dict[str, Any] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    preprocessing: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def to_header(self) -> dict[str, str]:
        """Strings as safetensors wants them: texts as they are, the rest as JSON."""
        values = asdict(self)
        return {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in values.items()
            if value or isinstance(value, str)
        }

    @classmethod
    def from_header(cls, header: Mapping[str, str]) -> CheckpointMetadata:
        """Read back what ``to_header`` wrote; unknown keys are kept in ``extra``.

        Raises:
            CheckpointError: a required text is missing, or a value is no JSON of its kind.
        """
        texts = {"architecture", "license", "source"}
        known = {f.name for f in fields(cls)}
        missing = texts - header.keys()
        if missing:
            raise CheckpointError(f"its metadata lacks {', '.join(sorted(missing))}")
        values: dict[str, Any] = {name: header[name] for name in texts}
        try:
            values |= {n: json.loads(t) for n, t in header.items() if n in known - texts}
        except (ValueError, RecursionError) as error:
            raise CheckpointError("its metadata is no JSON") from error
        for name, value in values.items():
            expected = str if name in texts else list if name == "classes" else dict
            if not isinstance(value, expected):
                raise CheckpointError(f"the {name} in its metadata is no {expected.__name__}")
        unknown = {name: text for name, text in header.items() if name not in known}
        values["extra"] = values.get("extra", {}) | unknown
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class Header:
    """A checkpoint without its numbers: shapes (as tuples) by tensor name, and the metadata."""

    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, str]
    metadata: CheckpointMetadata


def read_header(path: Path) -> Header:
    """Check a file's length and header without reading a weight (and without torch).

    Raises:
        CheckpointError: missing, truncated, no safetensors file, or metadata incomplete.
    """
    with opened(path) as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        dtypes = {name: part.get_dtype() for name, part in slices.items()}
        if unknown := set(dtypes.values()) - DTYPES.keys():
            raise CheckpointError(f"its tensors are {', '.join(sorted(unknown))}")
        return Header(
            shapes={name: tuple(part.get_shape()) for name, part in slices.items()},
            dtypes=dtypes,
            metadata=CheckpointMetadata.from_header(file.metadata() or {}),
        )


def build(architecture: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    """Build a module whose weights are about to be replaced, without initialising them.

    ``torch.nn.init`` is skipped rather than the meta device used, which would break tied weights
    and buffers computed in ``__init__``. The global random state is left as it was.
    """
    with _own_random_state(), _no_init():
        return architecture()


def build_untrained(architecture: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    """Build a module that has no checkpoint: its initial weights are the same every time."""
    import torch

    with _own_random_state():
        torch.default_generator.manual_seed(0)
        return architecture()


def load(path: Path, module: torch.nn.Module) -> CheckpointMetadata:
    """Copy a checkpoint strictly into a module, in the module's own dtypes.

    It takes no more memory than the module itself.

    Returns:
        The checkpoint's metadata.

    Raises:
        CheckpointError: as ``read_header``, or names and shapes do not fit; nothing was copied.
    """
    header = read_header(path)
    check_fit(header, module)
    try:
        copy_tensors(path, module.state_dict(keep_vars=True))
    except OSError as error:
        raise CheckpointError(f"The checkpoint {path.name} cannot be read ({error}).") from error
    return header.metadata


def check_fit(header: Header, module: torch.nn.Module) -> None:
    """Compare a checkpoint's names and shapes with those of a module.

    A tensor that the module holds under several names (tied weights) needs only one of them.

    Raises:
        CheckpointError: listing missing, unexpected and wrongly shaped tensors by name.
    """
    expected = module.state_dict(keep_vars=True)
    stored = {id(expected[name]) for name in header.shapes if name in expected}
    missing = [n for n, t in expected.items() if n not in header.shapes and id(t) not in stored]
    unexpected = [name for name in header.shapes if name not in expected]
    wrong = [
        f"{name} is {list(shape)}, the model has {list(expected[name].shape)}"
        for name, shape in header.shapes.items()
        if name in expected and shape != tuple(expected[name].shape)
    ]
    if missing or unexpected or wrong:
        findings = (("missing", missing), ("unexpected", unexpected), ("wrong shape", wrong))
        raise CheckpointError(
            f"The checkpoint does not fit {type(module).__name__}: "
            + "; ".join(f"{what}: {_listing(names)}" for what, names in findings if names)
        )


def save(path: Path, tensors: Mapping[str, torch.Tensor], metadata: CheckpointMetadata) -> None:
    """Write a checkpoint atomically: a temporary file beside it, fsync, rename.

    Tensors that share memory are stored once, under the first of their names.
    """
    from safetensors.torch import save_file

    seen: set[tuple[int, tuple[int, ...], tuple[int, ...]]] = set()
    storages: set[int] = set()
    unique: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach()
        place = (tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride()))
        if tensor.numel() and place in seen:
            continue
        seen.add(place)
        unique[name] = tensor.cpu().contiguous()
        # safetensors refuses tensors that overlap, such as a slice beside the whole.
        storage = unique[name].untyped_storage().data_ptr()
        if storage in storages:
            unique[name] = unique[name].clone()
        storages.add(storage)
    with replaced(path) as temporary:
        save_file(unique, temporary, metadata=metadata.to_header())
        sort_metadata(temporary)


def rewrite_metrics(path: Path, metrics: Mapping[str, Any]) -> None:
    """Replace the metrics in a checked checkpoint's metadata, atomically.

    Every tensor and all other metadata stay as they are.
    """
    text = json.dumps(dict(metrics), ensure_ascii=False) if metrics else None
    rewrite_metadata(path, {"metrics": text})


def _listing(names: list[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _forget_who_builds() -> None:
    """In a forked process, where the thread that held the lock does not exist."""
    global _BUILDING
    _BUILDING = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_who_builds)


@contextmanager
def _own_random_state() -> Iterator[None]:
    """Put the global random state back afterwards; one build at a time, since it is global."""
    import torch

    with _BUILDING, torch.random.fork_rng(devices=[]):
        yield


@contextmanager
def _no_init() -> Iterator[None]:
    """Leave parameters as they were allocated; only they are sure to be in the checkpoint."""
    import torch
    from torch.overrides import TorchFunctionMode

    random_fills = {torch.Tensor.uniform_, torch.Tensor.normal_, torch.Tensor.erfinv_}

    class SkipInit(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            target = kwargs.get("tensor", args[0] if args else None)
            fills = getattr(func, "__module__", None) == "torch.nn.init" or func in random_fills
            if fills and isinstance(target, torch.nn.Parameter):
                return target
            return func(*args, **kwargs)

    with SkipInit():
        yield
