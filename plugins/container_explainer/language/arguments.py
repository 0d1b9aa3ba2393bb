"""What a layer of PyTorch's is to be made with, checked by the signature of its class.

Refused is what could take memory, time or another device, and what PyTorch itself would only notice
in the first forward pass, or never.
"""

from __future__ import annotations

import functools
import inspect
import math
import types
import typing
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .errors import Refusal, nearest
from .running import Run
from .values import SIMPLE, Function, kind, words
from .written import Written

MAX_REPEATS = 500
"""Of what an argument says how many there are to be."""
MAX_LIST = 1000
MODULES_OF_A_BLOCK = 15
"""Of one layer of a Transformer's decoder; one of its encoder has a few less."""
STEPS_OF_A_COPY = 8
TENSORS_OF_A_LAYER = 8
"""Of one layer of a recurrent network that runs in both directions."""

NONE: type = type(None)
AT_LEAST_ONE = words(
    "in_features out_features in1_features in2_features in_channels out_channels kernel_size "
    "stride dilation groups num_features num_channels num_groups num_embeddings embedding_dim "
    "input_size hidden_size num_layers d_model nhead dim_feedforward num_heads embed_dim kdim "
    "vdim num_parameters upscale_factor downscale_factor n_classes normalized_shape "
    "num_encoder_layers num_decoder_layers output_size size num_classes"
)
"""Arguments that are sizes or counts."""
NOT_NEGATIVE = frozenset({"output_padding", "proj_size", "cutoffs", "blank"})


def check_arguments(
    run: Run, class_: type[nn.Module], name: str, args: list[Any], kwargs: dict[str, Any]
) -> None:
    """See whether a layer can be made with these arguments.

    Raises:
        Refusal: one does not fit, or the layer would be too large.
    """
    given = _bound(class_, name, args, kwargs)
    for parameter, value in given:
        if parameter.name == "device":
            if value is not None:
                raise Refusal("leave device out: nothing is computed here, so no device is needed.")
        elif parameter.name.startswith("_") or parameter.name in ("process_group", "options"):
            raise Refusal(f"{parameter.name} of {name} cannot be given here. Leave it out.")
        else:
            _check_value(run, parameter, value, name)
    _check_repeats(run, {parameter.name: value for parameter, value in given})


def _bound(
    class_: type[nn.Module], name: str, args: list[Any], kwargs: dict[str, Any]
) -> list[tuple[inspect.Parameter, Any]]:
    """Every argument with the parameter that it is for."""
    known = parameters(class_)  # type: ignore[arg-type]
    if any(p.kind is p.VAR_POSITIONAL for p in known.values()):
        free = inspect.Parameter("argument", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return [(free, value) for value in (*args, *kwargs.values())]
    positional = [p for p in known.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    if len(args) > len(positional):
        raise Refusal(f"{name} takes at most {len(positional)} arguments: {_takes(known)}.")
    given = list(zip(positional, args, strict=False))
    names = {p.name for p, _ in given}
    for key, value in kwargs.items():
        if key not in known:
            close = nearest(key, known)
            hint = f"did you mean {close}?" if close else f"It takes {_takes(known) or 'none'}."
            raise Refusal(f"{name} has no argument {key[:60]}: {hint}")
        if key in names:
            raise Refusal(f"{name} gets {key} twice: by its place and by its name.")
        names.add(key)
        given.append((known[key], value))
    lacking = [p.name for p in positional if p.default is p.empty and p.name not in names]
    if lacking:
        raise Refusal(f"{name} also needs {' and '.join(lacking)}. It takes {_takes(known)}.")
    return given


def _takes(known: Mapping[str, inspect.Parameter]) -> str:
    return ", ".join(
        p.name if p.default is p.empty else f"{p.name}={p.default}"
        for p in known.values()
        if p.name not in ("device", "dtype") and p.kind is not p.VAR_KEYWORD
    )


@functools.cache
def parameters(class_: type[nn.Module]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a class, by name; of recurrent layers those of their base."""
    signature = inspect.signature(class_.__init__)
    found = {name: p for name, p in signature.parameters.items() if name != "self"}
    if set(found) == {"args", "kwargs"} and issubclass(class_, nn.RNNBase):
        base = dict(inspect.signature(nn.RNNBase.__init__).parameters)
        del base["self"], base["mode"]
        if class_ is nn.RNN:
            base["nonlinearity"] = inspect.Parameter(
                "nonlinearity", inspect.Parameter.KEYWORD_ONLY, default="tanh", annotation=str
            )
        return base
    return found


def _check_value(run: Run, parameter: inspect.Parameter, value: Any, name: str) -> None:
    accepted = _accepted(parameter.annotation)
    wanted = f"{parameter.name} of {name} should be"
    if value is None and (value is parameter.default or not accepted or NONE in accepted):
        return
    if accepted and isinstance(value, nn.Module | Tensor | None):
        raise Refusal(f"{wanted} a number or text, not {kind(value)}.")
    if isinstance(value, nn.Module | torch.dtype | Tensor):
        return
    if isinstance(value, Function):
        raise Refusal(f"{wanted} a value, and this is {value.name} itself.")
    if isinstance(value, list | tuple):
        if len(value) > MAX_LIST:
            raise Refusal(f"{wanted} a list of at most {MAX_LIST:,} numbers.")
        if accepted and tuple not in accepted and int in accepted:
            raise Refusal(f"{wanted} a whole number, not {kind(value)}.")
        for member in value:
            if isinstance(member, list | tuple):
                raise Refusal(f"{wanted} a list of numbers, not of lists.")
            _check_value(run, parameter, member, name)
        return
    if not isinstance(value, SIMPLE):
        raise Refusal(f"{wanted} a number or text, not {kind(value)}.")
    if accepted and bool not in accepted and isinstance(value, bool):
        raise Refusal(f"{wanted} a number, not {value}.")
    if accepted and isinstance(value, float) and not accepted & {float, bool}:
        whole = f": write {int(value)}" if value == int(value) else ""
        raise Refusal(f"{wanted} a whole number, not {value}{whole}. Where it is divided, use //.")
    if accepted and isinstance(value, str) and str not in accepted:
        raise Refusal(f"{wanted} a number, not text. Leave the quotation marks out.")
    if accepted and isinstance(value, int | float) and accepted - {NONE} == {str}:
        raise Refusal(f"{wanted} text in quotation marks, not {value}.")
    _check_size(run, parameter.name, value, name)


def _check_size(run: Run, parameter: str, value: Any, name: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    least = 1 if parameter in AT_LEAST_ONE else 0 if parameter in NOT_NEGATIVE else -math.inf
    if value < least:
        raise Refusal(f"{parameter} of {name} must be at least {int(least)}, and this is {value}.")
    if abs(value) > run.limits.size:
        raise Refusal(f"{parameter} of {name} may be {run.limits.size:,} at most here.")


@functools.cache
def _accepted(annotation: Any) -> frozenset[type]:
    """The plain types that an annotation names, ``tuple`` for sequences; empty if it says none."""
    if annotation in (bool, int, float, str, NONE):
        return frozenset({annotation})
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        parts = [_accepted(part) for part in typing.get_args(annotation)]
        return frozenset().union(*parts) if any(p - {NONE} for p in parts) else frozenset()
    if typing.get_origin(annotation) is typing.Literal:
        return frozenset({str})
    if typing.get_origin(annotation) in (tuple, list, typing.get_origin(typing.Sequence[int])):
        inner = [_accepted(part) for part in typing.get_args(annotation) if part is not ...]
        return frozenset({tuple}).union(*inner)
    return frozenset({tuple}) if annotation is torch.Size else frozenset()


def _check_repeats(run: Run, given: dict[str, Any]) -> None:
    """What makes many modules or tensors of one argument is paid for before it is made."""
    tensors = modules = 0
    for name in ("num_layers", "num_encoder_layers", "num_decoder_layers"):
        count_ = given.get(name, 0)
        if not isinstance(count_, int):
            continue
        if count_ > MAX_REPEATS:
            raise Refusal(f"{name} may be {MAX_REPEATS:,} at most here.")
        tensors += count_ * TENSORS_OF_A_LAYER
        modules += 0 if name == "num_layers" else count_ * MODULES_OF_A_BLOCK
    for copied in (given.get("encoder_layer"), given.get("decoder_layer")):
        if isinstance(copied, nn.Module) and any(isinstance(p, Written) for p in copied.modules()):
            raise Refusal("only PyTorch's own layers can be copied here. Write an nn.ModuleList.")
        if isinstance(copied, nn.Module) and isinstance(given.get("num_layers"), int):
            modules += given["num_layers"] * sum(1 for _ in copied.modules())
    cutoffs = given.get("cutoffs")
    tensors += TENSORS_OF_A_LAYER * len(cutoffs) if isinstance(cutoffs, list | tuple) else 0
    run.budget.room_for(modules)
    run.budget.step(tensors + modules * STEPS_OF_A_COPY)
