"""Where the last stage of a backbone begins: what a first fine-tuning unfreezes.

A stage is a run of layers whose maps have one size (Lin et al., "Feature Pyramid Networks", CVPR
2017, arXiv:1612.03144, section 3), so the last one begins where the maps shrink for the last
time: ``layer4`` of a ResNet, the convolutions behind VGG's fourth pooling. A vision transformer
keeps one size throughout; the last quarter of its blocks stands for the stage.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from .heads import find_head

Part = tuple[str, nn.Module]


def last_stage(model: nn.Module) -> list[str]:
    """The modules of the last stage by name, with all that comes after it, but the heads.

    Modules are taken in the order in which they are registered, which is that of the forward
    pass in every network here.

    Raises:
        DemoError: the network's head, and so its backbone, cannot be found.
    """
    heads = find_head(model).names
    parts = list(_parts(model, heads))
    # VGG's fully connected layers come after its last pooling, but are no stage of maps.
    classifier = heads[0].partition(".")[0] + "."
    trunk = [part for part in parts if not part[0].startswith(classifier)]
    weighty = [i for i, (_, part) in enumerate(trunk) if any(True for _ in part.parameters())]
    shrinking = [i for i, (_, part) in enumerate(trunk) if _shrinks(part)]
    # The pooling at the end of VGG and AlexNet ends a stage and begins none.
    beginnings = [i for i in shrinking if weighty and i <= weighty[-1]]
    # Where only the first layer shrinks them, it makes patches of the picture, and no stage.
    if weighty and (not beginnings or beginnings[-1] == weighty[0]):
        beginnings = weighty[: 3 * len(weighty) // 4 + 1]
    return [name for name, _ in parts[parts.index(trunk[beginnings[-1]]) :]] if beginnings else []


def _parts(module: nn.Module, heads: tuple[str, ...], prefix: str = "") -> Iterator[Part]:
    """The blocks of a network in their order; containers taken apart, side branches left out."""
    for own_name, child in module.named_children():
        name = prefix + own_name
        if name in heads or (not prefix and own_name.lower().startswith("aux")):
            continue
        holds_head = any(head.startswith(f"{name}.") for head in heads)
        is_container = isinstance(child, nn.Sequential | nn.ModuleList)
        # torchvision's ViT keeps its blocks in a module of that name.
        if holds_head or is_container or name == "encoder":
            yield from _parts(child, heads, f"{name}.")
        else:
            yield name, child


def _shrinks(part: nn.Module) -> bool:
    """Whether maps leave it smaller than they came."""
    for module in part.modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            stride = module.stride
            if max(stride if isinstance(stride, tuple) else (stride,)) > 1:
                return True
        # Swin's step between stages is a linear layer on 2 x 2 cells.
        if type(module).__name__.startswith("PatchMerging"):
            return True
    return False
