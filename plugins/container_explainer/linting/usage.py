"""Modules that take no part: never called, or called for a result that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn

from .findings import Finding
from .flow import Run
from .mending import expression
from .order import Step, holds_parameters

NEVER = (
    "What is not called computes nothing, gets no gradient, stays as it was initialised, and makes "
    "DistributedDataParallel stop."
)
NEVER_WITHOUT_PARAMETERS = (
    "A layer that is made and not called is a step that is missing, or a line that can go."
)
DEAD = "It costs time and memory, and its parameters get no gradient from what is returned."
UNKNOWN = "With these inputs, and values taken as 0 or False, "


def find_uncalled(model: nn.Module, runs: Sequence[Run], name: str = "self") -> Iterator[Finding]:
    """Modules that took part in none of the passes, the outermost of each branch only.

    A module takes part if it is called, or a tensor of it is used without a call
    (``nn.MultiheadAttention`` takes the weights of its ``out_proj``), or one below it does.
    Losses that a model holds for its training are called by the training, and ``nn.Identity``
    stands for nothing.
    """
    reached = set().union(*(run.called | run.used for run in runs))
    paths = {module: path for path, module in model.named_modules()}
    taking_part = {
        module for module in paths if any(paths[part] in reached for part in module.modules())
    }
    if model not in taking_part:
        return
    for path, module in model.named_modules():
        owner = model.get_submodule(path.rpartition(".")[0])
        if module in taking_part or owner not in taking_part or _is_left_to_others(module):
            continue
        yield _uncalled(model, path, module, owner, runs, name)


def find_dead(run: Run, name: str = "self") -> Iterator[Finding]:
    """Layers with parameters whose results never reach what the model returns."""
    order = run.order
    if not order.is_whole or not order.outputs:
        return
    alive: set[Step] = set()
    waiting = list(order.outputs)
    while waiting:
        step = waiting.pop()
        if step not in alive:
            alive.add(step)
            waiting += step.sources
    needed = {step.module for step in alive}
    for step in order.steps:
        if step.module is None or step.module in needed or not holds_parameters(step.module):
            continue
        reached = expression(run.model, step.path, name)
        yield Finding(
            rule="dead-branch",
            severity="warning",
            path=step.path,
            message=f"{step.title} is called, and nothing that is returned depends on its result.",
            why=DEAD,
            mend=f"# In forward: use what {reached}(…) returns, or leave the call out.",
        )


def _uncalled(
    model: nn.Module,
    path: str,
    module: nn.Module,
    owner: nn.Module,
    runs: Sequence[Run],
    name: str,
) -> Finding:
    numbers = sum(p.numel() for p in module.parameters() if not nn.parameter.is_lazy(p))
    is_choice = isinstance(owner, nn.ModuleDict)
    is_unsure = is_choice or any(run.values_read for run in runs)
    with_numbers = f" and its {numbers:,} parameters are" if numbers else " is"
    circumstance = UNKNOWN if any(run.values_read for run in runs) else ""
    message = f"{path} ({type(module).__name__}){with_numbers} not used in forward."
    if circumstance:
        message = circumstance + message
    elif is_choice:
        message += " Another member of the ModuleDict was; with other inputs it may be its turn."
    reached = expression(model, path, name)
    drop = f"del {reached}  # or call it in forward; what the training alone calls may stay"
    return Finding(
        rule="never-called",
        severity="warning" if numbers and not is_unsure else "hint",
        path=path,
        message=message,
        why=NEVER if numbers else NEVER_WITHOUT_PARAMETERS,
        mend=f"# Run it with inputs that choose {reached}." if is_choice else drop,
    )


def _is_left_to_others(module: nn.Module) -> bool:
    return isinstance(module, nn.Identity | nn.modules.loss._Loss) or (
        not module._modules and isinstance(module, nn.ModuleList | nn.ModuleDict | nn.Sequential)
    )
