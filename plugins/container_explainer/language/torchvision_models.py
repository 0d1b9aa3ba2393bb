"""torchvision's networks, by name, without weights."""

from __future__ import annotations

import functools
import inspect
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torchvision import models

from demo_app.meta import build_on_meta

from .errors import Refusal, in_plain_words, nearest
from .layers import count
from .running import Run
from .values import Function, Namespace, kind

STEPS = 10_000
"""What one is reckoned at: ten in a program are the most."""
OPTIONS: dict[str, tuple[type, float]] = {
    "num_classes": (int, 100_000),
    "image_size": (int, 4_096),
    "width_mult": (float, 10),
    "dropout": (float, 1),
    "stochastic_depth_prob": (float, 1),
    "aux_logits": (bool, 1),
    "aux_loss": (bool, 1),
    "transform_input": (bool, 1),
}
"""The arguments that may be given, and how large."""
WITHOUT_EFFECT = {"weights", "weights_backbone", "progress", "init_weights", "pretrained"}
PARTS = ("detection", "segmentation", "video", "optical_flow")
WARN_UNLESS_TOLD = ("googlenet", "inception_v3")


def namespace(part: str = "") -> Namespace:
    """``models``, or ``models.video`` and the like."""
    name = f"models.{part}" if part else "models"

    def find(member: str) -> Any:
        if not part and member in PARTS:
            return namespace(member)
        if not part and member == "get_model":
            return Function(name="models.get_model", call=_get_model)
        return model(member) if member in known(part) else None

    return Namespace(name=name, find=find, known=lambda: list(known(part)))


@functools.cache
def known(part: str = "") -> tuple[str, ...]:
    """The names of the networks of a part of ``torchvision.models``; of the quantised ones none."""
    module: ModuleType = vars(models)[part] if part else models
    return tuple(n for n in models.list_models(module) if not n.startswith("quantized_"))


def model(name: str) -> Function:
    """The network of that name, to be called."""
    return Function(
        name=f"models.{name}", call=lambda run, args, kwargs: _make(run, name, args, kwargs)
    )


def _get_model(run: Run, args: list[Any], kwargs: dict[str, Any]) -> nn.Module:
    if not args or not isinstance(args[0], str):
        raise Refusal('models.get_model takes a name first: models.get_model("resnet18").')
    name = args[0].casefold()
    parts = [part for part in ("", *PARTS) if name in known(part)]
    if not parts:
        close = nearest(name, (n for part in ("", *PARTS) for n in known(part)))
        hint = f" Did you mean {close}?" if close else ""
        raise Refusal(f"there is no model {name[:60]!r}.{hint}")
    return _make(run, name, args[1:], kwargs)


def _make(run: Run, name: str, args: list[Any], kwargs: dict[str, Any]) -> nn.Module:
    if args:
        raise Refusal(f"give the arguments of models.{name} by name: num_classes=10.")
    for argument in ("weights", "weights_backbone", "pretrained"):
        if kwargs.get(argument) not in (None, False):
            raise Refusal(
                f"{argument} must be None or left out: no weights are loaded here, only the "
                f"structure is built. Write models.{name}()."
            )
    options = {}
    for key, value in kwargs.items():
        if key in WITHOUT_EFFECT:
            continue
        _check_option(name, key, value)
        options[key] = value
    run.budget.step(STEPS)
    builder = models.get_model_builder(name)
    if "weights_backbone" in inspect.signature(builder).parameters:
        # Its default would be downloaded.
        options["weights_backbone"] = None
    if name in WARN_UNLESS_TOLD:
        options["init_weights"] = False
    try:
        with torch.inference_mode(False):
            made = build_on_meta(lambda: builder(weights=None, **options))
    except (TypeError, ValueError, RuntimeError) as error:
        raise Refusal(in_plain_words(error, f"models.{name}")) from error
    count(run, made)
    return made


def _check_option(name: str, key: str, value: Any) -> None:
    if key not in OPTIONS:
        raise Refusal(
            f"{key[:60]} of models.{name} cannot be given here. There is: {', '.join(OPTIONS)}."
        )
    type_, most = OPTIONS[key]
    fits = isinstance(value, type_) or (type_ is float and isinstance(value, int))
    if not fits or (isinstance(value, bool) and type_ is not bool):
        raise Refusal(f"{key} of models.{name} does not take {kind(value)}.")
    if not (0 if type_ is not int else 1) <= value <= most:
        raise Refusal(f"{key} of models.{name} must be between 1 and {most:,}."
                      if type_ is int else f"{key} must be between 0 and {most}.")  # fmt: skip
