"""What a module ends in, and the loss that it is trained with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from torch import nn

from .findings import Finding, Severity
from .mending import followed, replaced
from .order import Order, Step, is_dropout, last_steps, moves_only

Ending = Literal["softmax", "log_softmax", "sigmoid", "log_sigmoid", "relu", "logits", "other"]
Loss = Literal["CrossEntropyLoss", "NLLLoss", "BCEWithLogitsLoss", "BCELoss", "other"]

LAYERS: dict[type[nn.Module], Ending] = {
    nn.Softmax: "softmax",
    nn.Softmax2d: "softmax",
    nn.LogSoftmax: "log_softmax",
    nn.Sigmoid: "sigmoid",
    nn.LogSigmoid: "log_sigmoid",
    nn.ReLU: "relu",
    nn.ReLU6: "relu",
    nn.Linear: "logits",
    nn.modules.conv._ConvNd: "logits",
}
FUNCTIONS: dict[str, Ending] = {
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "sigmoid": "sigmoid",
    "sigmoid_": "sigmoid",
    "logsigmoid": "log_sigmoid",
    "relu": "relu",
    "relu_": "relu",
    "relu6": "relu",
    "linear": "logits",
}
NAMES: dict[str, Loss] = {
    "crossentropy": "CrossEntropyLoss",
    "nll": "NLLLoss",
    "bcewithlogits": "BCEWithLogitsLoss",
    "binarycrossentropywithlogits": "BCEWithLogitsLoss",
    "bce": "BCELoss",
    "binarycrossentropy": "BCELoss",
}


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """What goes wrong where an ending meets a loss; ``instead`` is the layer that should end."""

    severity: Severity
    message: str
    why: str
    instead: str


TWICE = Mismatch(
    severity="warning",
    message="CrossEntropyLoss takes the softmax itself, so it is taken twice.",
    why="The second softmax sees numbers from 0 to 1 only: the loss cannot fall below "
    "log(1 + (classes - 1)/e), and the gradients are small.",
    instead="nn.Identity()",
)
SQUASHED = Mismatch(
    severity="warning",
    message="CrossEntropyLoss takes logits of any size.",
    why="Between 0 and 1, no class can be made much more likely than another, and where the "
    "sigmoid is flat there is no gradient.",
    instead="nn.Identity()",
)
CUT = Mismatch(
    severity="warning",
    message="CrossEntropyLoss takes logits of any sign.",
    why="Below zero there is neither a difference between classes nor a gradient.",
    instead="nn.Identity()",
)
SIGMOID_TWICE = Mismatch(
    severity="warning",
    message="BCEWithLogitsLoss takes the sigmoid itself, so it is taken twice.",
    why="The second sigmoid sees numbers from 0 to 1 only, so no probability falls below 0.5 or "
    "rises above 0.73.",
    instead="nn.Identity()",
)
NEEDS_LOG = Mismatch(
    severity="warning",
    message="NLLLoss takes log-probabilities.",
    why="It only picks the number at the target and turns its sign, so without log_softmax it "
    "falls without bound or hardly has a gradient.",
    instead="nn.LogSoftmax(dim=1)",
)
NEEDS_PROBABILITY = Mismatch(
    severity="error",
    message="BCELoss takes probabilities, and stops at a number outside of 0 to 1.",
    why="It takes the logarithm of what it gets. nn.BCEWithLogitsLoss takes the logits as they "
    "are, and is the more exact.",
    instead="nn.Sigmoid()",
)
REDUNDANT = Mismatch(
    severity="hint",
    message="CrossEntropyLoss takes log_softmax itself.",
    why="A second one changes nothing and costs time; NLLLoss takes what this module returns.",
    instead="nn.Identity()",
)

MISMATCHES: dict[tuple[Loss, Ending], Mismatch] = {
    ("CrossEntropyLoss", "softmax"): TWICE,
    ("CrossEntropyLoss", "sigmoid"): SQUASHED,
    ("CrossEntropyLoss", "relu"): CUT,
    ("CrossEntropyLoss", "log_softmax"): REDUNDANT,
    ("BCEWithLogitsLoss", "sigmoid"): SIGMOID_TWICE,
    ("BCEWithLogitsLoss", "softmax"): SIGMOID_TWICE,
    ("NLLLoss", "softmax"): NEEDS_LOG,
    ("NLLLoss", "logits"): NEEDS_LOG,
    ("NLLLoss", "sigmoid"): NEEDS_LOG,
    ("BCELoss", "logits"): NEEDS_PROBABILITY,
    ("BCELoss", "log_softmax"): NEEDS_PROBABILITY,
}
IF_TRAINED: dict[Ending, tuple[str, Loss]] = {
    "softmax": ("softmax-before-loss", "CrossEntropyLoss"),
    "log_softmax": ("softmax-before-loss", "CrossEntropyLoss"),
    "sigmoid": ("sigmoid-before-loss", "BCEWithLogitsLoss"),
}


def loss_named(text: str) -> Loss:
    """The loss of that name; ``"other"`` if there is no rule on it.

    Args:
        text: ``"CrossEntropyLoss"``, ``"nn.CrossEntropyLoss()"``, ``"F.cross_entropy"`` …
    """
    bare = text.partition("(")[0].rpartition(".")[2].replace("_", "").casefold()
    return NAMES.get(bare.removesuffix("loss"), "other")


def loss_held(model: nn.Module) -> Loss | None:
    """The loss that a model holds as one of its own modules, if it is a single one."""
    losses = (part for part in model.modules() if isinstance(part, nn.modules.loss._Loss))
    held = {loss_named(type(part).__name__) for part in losses}
    return held.pop() if len(held) == 1 else None


def find_endings(
    model: nn.Module, order: Order, loss: Loss | None, name: str = "self"
) -> Iterator[Finding]:
    """Ends that do not go with the loss; without a known loss, those that need a certain one."""
    for step in last_steps(order):
        ending = ending_of(step)
        if loss is not None:
            mismatch = MISMATCHES.get((loss, ending))
            severity, condition = mismatch.severity if mismatch else "hint", ""
        else:
            assumed = IF_TRAINED.get(ending)
            mismatch = MISMATCHES[assumed[1], ending] if assumed else None
            severity, condition = "hint", f"If it is trained with {assumed[1] if assumed else ''}: "
        if mismatch is not None:
            yield Finding(
                rule=f"{'sigmoid' if 'sigmoid' in ending else 'softmax'}-before-loss"
                if mismatch.instead == "nn.Identity()"
                else "loss-needs-ending",
                severity=severity,
                path=step.path,
                message=f"The module ends in {step.title}. {condition}{mismatch.message}"
                f"{order.note}",
                why=mismatch.why,
                mend=_mend(model, step, ending, mismatch.instead, name),
            )


def find_relu_before_softmax(
    model: nn.Module, order: Order, name: str = "self"
) -> Iterator[Finding]:
    """A ReLU whose result is all that the softmax at the end gets."""
    for step in last_steps(order):
        if ending_of(step) not in ("softmax", "log_softmax") or len(step.sources) != 1:
            continue
        (source,) = step.sources
        while (moves_only(source) or is_dropout(source)) and len(source.sources) == 1:
            (source,) = source.sources
        if ending_of(source) == "relu":
            yield Finding(
                rule="relu-before-softmax",
                severity="warning",
                path=source.path,
                message=f"{source.title} stands right before {step.title}.{order.note}",
                why="All negative logits become 0, so unlikely classes cannot be told apart and "
                "none can be excluded.",
                mend=_mend(model, source, "relu", "nn.Identity()", name),
            )


def ending_of(step: Step) -> Ending:
    """What kind of numbers a step makes."""
    if step.module is None:
        return FUNCTIONS.get(step.name, "other")
    return next((kind for layer, kind in LAYERS.items() if isinstance(step.module, layer)), "other")


def _mend(model: nn.Module, step: Step, ending: Ending, instead: str, name: str) -> str:
    if step.module is None:
        if instead == "nn.Identity()":
            return f"# In forward: leave {step.name} out, and take it where results are shown."
        return f"# In forward: return {instead}(x)."
    if ending == "logits":
        return followed(model, step.path, instead, name)
    return replaced(model, step.path, instead, name)
