"""Which parts of a network train: the head alone, its last stage too, or all of it.

``requires_grad = False`` is only half of freezing. A BatchNorm in train mode normalises by the
batch and moves its running statistics whether it has gradients or not, so a backbone that is
"frozen" by ``requires_grad`` alone drifts with every batch, and dropout and stochastic depth give
the same photo other features each time (``tutorials.py`` shows it). Here the frozen part stays in
eval mode also after ``model.train()``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal, Self, get_args

from torch import nn

from demo_app import InvalidInput

from .heads import find_head
from .stages import last_stage

Extent = Literal["none", "last_stage", "all"]


def freeze(model: nn.Module) -> nn.Module:
    """Leave exactly the head trainable, auxiliary heads included; the backbone stays in eval mode.

    Args:
        model: changed in place; its class becomes a subclass of its own, see ``Held``.

    Returns:
        The network.

    Raises:
        DemoError: its head cannot be found.
    """
    return unfreeze(model, "none")


def unfreeze(model: nn.Module, extent: Extent, *, keep_statistics: bool = True) -> nn.Module:
    """Choose what of the backbone trains beside the head; what does not stays in eval mode.

    Args:
        model: changed in place.
        extent: ``none`` of the backbone, its ``last_stage``, or ``all``.
        keep_statistics: hold every norm with running statistics in eval mode also where it
            trains: its scale and shift learn, its mean and variance stay those of the large data
            that the backbone was trained on. Batches of a few photos would give worse ones.
            Without it ``all`` is the network as PyTorch has it, right for a training from scratch.

    Returns:
        The network, in the mode in which it was.

    Raises:
        InvalidInput: there is no such extent.
        DemoError: the network's head cannot be found.
    """
    if extent not in get_args(Extent):
        raise InvalidInput(f"unfreeze must be {', '.join(get_args(Extent))}, not {extent!r}.")
    training = Training(
        whole=extent == "all",
        stage=tuple(last_stage(model)) if extent == "last_stage" else (),
        heads=find_head(model).names,
        keep_statistics=keep_statistics,
    )
    model.requires_grad_(training.whole)
    for name in (*training.stage, *training.heads):
        model.get_submodule(name).requires_grad_(True)
    cls = type(model).__bases__[1] if isinstance(model, Held) else type(model)
    model.__class__ = cls if training.whole and not keep_statistics else _held(cls)
    vars(model)["held_training"] = training
    return model.train(model.training)


@dataclass(frozen=True, kw_only=True)
class Training:
    """Which modules of a network follow ``train()``, by name; a new head keeps the name.

    Attributes:
        whole: all of them do.
        stage: those of the backbone that do; empty if all or none do.
        heads: the heads.
        keep_statistics: norms outside the heads never do.
    """

    whole: bool
    stage: tuple[str, ...]
    heads: tuple[str, ...]
    keep_statistics: bool


class Held(nn.Module):
    """Mixed into the class of a network of which a part is held in eval mode.

    ``nn.Module`` has no hook on ``train()``. A method put into the instance would make it refer to
    itself, and its memory would wait for the garbage collector; a subclass does not, and copies of
    the network are held as well. PyTorch does the same in ``torch.nn.utils.parametrize``.
    """

    held_training: Training

    def train(self, mode: bool = True) -> Self:
        """As ``nn.Module.train``, for the parts that train; the others go into eval mode."""
        follow = self.held_training
        super().train(mode and follow.whole)
        self.training = mode
        for name in follow.stage:
            self.get_submodule(name).train(mode)
        if follow.keep_statistics:
            for module in self.modules():
                if tracks_statistics(module):
                    module.eval()
        for name in follow.heads:
            self.get_submodule(name).train(mode)
        return self


def tracks_statistics(module: nn.Module) -> bool:
    """Whether it is a norm that keeps running statistics: BatchNorm, InstanceNorm, their kin."""
    return "running_mean" in module._buffers


@functools.cache
def _held(cls: type[nn.Module]) -> type[nn.Module]:
    names = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    return type(cls.__name__, (Held, cls), names)
