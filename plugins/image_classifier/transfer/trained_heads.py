"""A trained head as a value: its weights, its classes, and the backbone that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import torch
from torch import Tensor, nn

from demo_app import DemoError
from demo_app.checkpoints import CheckpointMetadata, build

from ..photographs.preprocessing import Preprocessing
from .fingerprint import backbone_sha256
from .heads import MLP, Head
from .networks import OwnNetwork


@dataclass(frozen=True, kw_only=True)
class HeldOutScores:
    """What a head made of the photos that were held out: thresholds are chosen by them.

    Attributes:
        probabilities: ``(n, num_classes)``, float32 on the CPU.
        labels: indices of the right classes, ``(n,)`` of int64.
    """

    probabilities: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class TrainedHead:
    """What turns the features of one backbone into logits.

    Attributes:
        head: its kind.
        classes: names in the order of the logits; of a binary head the logit speaks for the second.
        backbone: name of the network whose features it was trained on.
        backbone_sha256: of that network, see ``fingerprint``.
        preprocessing: how photos became the backbone's inputs.
        tensors: its state dict, fp32 on the CPU.
        training: the record of its training.
        pretrained: whether the backbone had pre-trained weights, or initial ones.
        own: the backbone's weights, if they belong to this head alone: it was fine-tuned with it,
            or came from its file. None if it is the backbone of that name as it is.
        ten_crop: whether it looks at ten crops of a photo and averages the probabilities.
        held_out: what it made of the photos held out; None without any, and of heads that ship.
        thresholds: the probability that a class needs, by its name, before a photo counts as that
            class; empty where none was set.
    """

    head: Head
    classes: tuple[str, ...]
    backbone: str
    backbone_sha256: str
    preprocessing: Preprocessing
    tensors: Mapping[str, Tensor]
    training: Mapping[str, Any] = field(default_factory=dict)
    pretrained: bool = True
    own: OwnNetwork | None = None
    ten_crop: bool = False
    held_out: HeldOutScores | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @property
    def in_features(self) -> int:
        """Width of the features."""
        return self.tensors["hidden.weight" if self.head.kind == "mlp" else "weight"].shape[1]

    def module(self) -> nn.Linear | MLP:
        """The head as a module on the CPU, in eval mode and frozen: features to logits."""
        with torch.inference_mode(False):
            module = build_head(self.head, self.in_features, len(self.classes))
            module.load_state_dict(dict(self.tensors), strict=True)
            return module.eval().requires_grad_(False)

    def config(self) -> dict[str, Any]:
        """What a checkpoint says of it beside classes, preprocessing and training."""
        config: dict[str, Any] = {
            "head": asdict(self.head),
            "in_features": self.in_features,
            "backbone": self.backbone,
            "backbone_sha256": self.backbone_sha256,
        }
        # What is as usual is left out, so that making a head that ships again gives the same file.
        if not self.pretrained:
            config["pretrained"] = False
        if self.ten_crop:
            config["ten_crop"] = True
        if self.thresholds:
            config["thresholds"] = dict(self.thresholds)
        return config

    @classmethod
    def from_metadata(cls, metadata: CheckpointMetadata, tensors: Mapping[str, Tensor]) -> Self:
        """Read back what a checkpoint says of a head.

        Raises:
            DemoError: it does not say what a head needs.
        """
        try:
            return cls(
                head=Head(**metadata.config["head"]),
                classes=tuple(metadata.classes),
                backbone=metadata.config["backbone"],
                backbone_sha256=metadata.config["backbone_sha256"],
                preprocessing=Preprocessing.from_metadata(metadata.preprocessing),
                tensors=dict(tensors),
                training=metadata.training,
                pretrained=metadata.config.get("pretrained", True),
                ten_crop=metadata.config.get("ten_crop", False),
                thresholds=dict(metadata.config.get("thresholds", {})),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DemoError(
                "The head does not say which backbone, classes and preprocessing it belongs to. "
                "Make it again with demo-app train, or export it again."
            ) from error

    def require_backbone(self, network: nn.Module) -> None:
        """Refuse a network with other weights than those that the head was trained on.

        Raises:
            DemoError: it is another one.
        """
        if backbone_sha256(network) != self.backbone_sha256:
            raise DemoError(
                f"This head was trained on the features of another {self.backbone} than the one "
                "here: the hash of its weights differs. On other features its answers would mean "
                "nothing. Train it again on this backbone."
            )


def build_head(
    head: Head, in_features: int, num_classes: int, generator: torch.Generator | None = None
) -> nn.Linear | MLP:
    """A head by itself, from features ``(B, in_features)`` to logits.

    Args:
        head: its kind.
        in_features: width of the features.
        num_classes: how many classes it tells apart.
        generator: what its initial weights are drawn from, uniform in ±1/√(inputs) as PyTorch's
            own; a fresh one with seed 0 if left out.

    Raises:
        InvalidInput: the number of classes does not fit the head.
    """
    outputs = head.outputs(num_classes)
    generator = generator or torch.Generator().manual_seed(0)

    def layer(inputs: int, outputs: int) -> nn.Linear:
        made = build(lambda: nn.Linear(inputs, outputs))
        assert isinstance(made, nn.Linear)
        if not made.weight.is_meta:
            for parameter in made.parameters():
                nn.init.uniform_(parameter, -(inputs**-0.5), inputs**-0.5, generator=generator)
        return made

    if head.kind == "mlp":
        return MLP(layer(in_features, head.hidden), layer(head.hidden, outputs), head.dropout)
    return layer(in_features, outputs)
