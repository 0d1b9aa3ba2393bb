"""The network under a head: the one that ships, one of the registry, or one of the head's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from demo_app import Context, DemoError
from demo_app.checkpoints import build

from ..architectures.backbones import SHIPPED, LoadedBackbone, find_backbone, load_backbone
from ..photographs.preprocessing import Preprocessing
from .heads import backbone

if TYPE_CHECKING:
    from .trained_heads import TrainedHead

MAX_KEPT = 2
"""Networks of the registry that stay loaded, the latest; all visitors share them."""
_kept: dict[tuple[str, bool, str], LoadedBackbone] = {}


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnNetwork:
    """The weights of a backbone that belong to one head: fine-tuned with it, or from its file.

    The network itself is built when it is first used, and lives as long as this object, which lies
    in the visitor's session.

    Attributes:
        backbone: the name of its architecture.
        tensors: state dict of ``heads.backbone(network)``, on the CPU.
    """

    backbone: str
    tensors: Mapping[str, Tensor]

    @property
    def nbytes(self) -> int:
        """Bytes of the weights; the network shares them."""
        return sum(tensor.nbytes for tensor in self.tensors.values())


_built: WeakKeyDictionary[OwnNetwork, nn.Module] = WeakKeyDictionary()


def network_of(ctx: Context, trained: TrainedHead) -> nn.Module:
    """The network whose features a head was trained on: on the device, in eval mode, frozen.

    Raises:
        Unknown: there is no such backbone.
        DemoError: its weights cannot be had here, or are others than the head's.
    """
    if trained.own is not None:
        return own_network(trained.own, ctx.device)
    if trained.backbone == SHIPPED and trained.pretrained:
        network = ctx.model(SHIPPED)
    else:
        network = frozen_backbone(ctx, trained.backbone, pretrained=trained.pretrained).module
    trained.require_backbone(network)
    return network


def frozen_backbone(ctx: Context, name: str, *, pretrained: bool) -> LoadedBackbone:
    """A backbone as ``load_backbone`` has it, but frozen, and shared by all who ask for it.

    Its side branches are left out: they are used in training alone.

    Raises:
        Unknown: there is no such backbone.
        DemoError: it has no pre-trained weights, or they cannot be downloaded.
    """
    if name == SHIPPED and pretrained:
        metadata = ctx.metadata(SHIPPED)
        if metadata is None:
            raise DemoError(f"The checkpoint of {SHIPPED} is missing.")
        return LoadedBackbone(
            name=name,
            module=ctx.model(SHIPPED),
            preprocessing=Preprocessing.from_metadata(metadata.preprocessing),
            weights=metadata.source,
            license=metadata.license,
        )
    key = name, pretrained, str(ctx.device)
    # No lock: a process that is forked while another thread holds it would wait for ever.
    loaded = _kept.pop(key, None)
    if loaded is None:
        loaded = load_backbone(ctx, name, pretrained=pretrained)
        loaded = replace(loaded, module=without_side_branches(loaded.module).requires_grad_(False))
    _kept[key] = loaded
    for oldest in list(_kept)[:-MAX_KEPT]:
        _kept.pop(oldest, None)
    return loaded


def own_network(own: OwnNetwork, device: torch.device) -> nn.Module:
    """The network with those weights, built once: on the device, in eval mode, frozen.

    Raises:
        Unknown: there is no such architecture.
        RuntimeError: the weights do not fit it.
    """
    network = _built.get(own)
    if network is None:
        with torch.inference_mode(False), torch.no_grad():
            network = without_side_branches(build(find_backbone(own.backbone).architecture))
            network.requires_grad_(False)
            # The weights are not copied: a session holds them once.
            backbone(network).load_state_dict(dict(own.tensors), strict=True, assign=True)
            network = network.to(device).eval()
        network = _built.setdefault(own, network)
    return network


def own_weights(network: nn.Module, name: str) -> OwnNetwork:
    """A copy of a network's weights without its head and side branches.

    Args:
        network: on any device.
        name: of its architecture in the registry.
    """
    with torch.inference_mode(False), torch.no_grad():
        state = backbone(without_side_branches(network)).state_dict()
        tensors = {n: t.detach().cpu().clone().contiguous() for n, t in state.items()}
    return OwnNetwork(backbone=name, tensors=tensors)


def without_side_branches(network: nn.Module) -> nn.Module:
    """Take the auxiliary classifiers out of a GoogLeNet or an Inception, in place."""
    for name in [n for n, _ in network.named_children() if n.lower().startswith("aux")]:
        setattr(network, name, None)
    if "aux_logits" in vars(network):
        vars(network)["aux_logits"] = False
    return network
