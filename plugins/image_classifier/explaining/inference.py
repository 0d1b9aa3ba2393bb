"""One photo through one network and one head: the step that every action starts with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from PIL import Image
from torch import Tensor, nn

from demo_app import Context, DemoError
from demo_app.datasets.drawn_digits import prepared
from demo_app.datasets.mnist import to_pixels
from demo_app.errors import Unknown

from ..carrying.session_heads import heads_of
from ..lessons.judging import judge
from ..models import ImageClassifier
from ..photographs.augmentation import ten_crops
from ..photographs.features import extract
from ..photographs.preprocessing import Preprocessing
from ..shipped_heads import BACKBONE, IMAGENET, SHIPPED_HEADS
from ..shipped_networks import SHIPPED_NETWORKS
from ..transfer.cells import feature_maps
from ..transfer.heads import Head
from ..transfer.logits import predict
from ..transfer.networks import network_of
from ..transfer.trained_heads import TrainedHead


@dataclass(frozen=True, kw_only=True)
class Inference:
    """What a network made of a photo, kept together so that it runs once for a call.

    Attributes:
        crop: the part of the photo that the network saw, at the size at which it saw it; of a
            drawn digit, what the network saw of it.
        features: the feature maps before pooling, ``(1, C, h, w)``; where no average over cells is
            classified, what the head got, ``(1, C, 1, 1)``.
        logits: one number a class, ``(num_classes,)``, on the CPU. The one logit of a binary head
            speaks for the second class, and its negative for the first.
        head: the kind of head that made the logits.
        classifier: the linear layer on the cells' average, a row for each class; None where
            something else comes between.
        classes: class names in the order of the logits.
    """

    crop: Image.Image
    features: Tensor
    logits: Tensor
    head: Head
    classifier: nn.Linear | None
    classes: list[str]

    @property
    def probabilities(self) -> Tensor:
        """What each class gets, ``(num_classes,)``: by the softmax, or by a binary sigmoid."""
        own = self.logits[1:] if self.head.kind == "binary" else self.logits
        return predict(own[None], self.head)[0]


def infer(ctx: Context, head_name: str, image: Image.Image) -> Inference:
    """Preprocess a photo as the head was trained, and run the backbone and the head on it.

    Args:
        ctx: the host's loan to this call.
        head_name: ``imagenet``, a network or a head that ships, or one of the visitor's own.
        image: any size from 1x1 up, mode RGB.

    Raises:
        Unknown: there is no such head; the text has those that there are.
        DemoError: a checkpoint does not say its classes or its preprocessing, or the head belongs
            to another backbone.
    """
    if head_name == IMAGENET or head_name in SHIPPED_NETWORKS:
        return _with_own_classes(ctx, BACKBONE if head_name == IMAGENET else head_name, image)
    trained = trained_head(ctx, head_name)
    network = network_of(ctx, trained)
    if trained.ten_crop:
        return _by_ten_crops(ctx, trained, network, image)
    crop = trained.preprocessing.crop_picture(image)
    pooled, cells = feature_maps(network, trained.preprocessing.to_tensor(crop).to(ctx.device))
    module = trained.module().to(ctx.device)
    if trained.head.kind == "binary":
        assert isinstance(module, nn.Linear)
        module = both_classes(module)
    sums_cells = cells is not None and isinstance(module, nn.Linear)
    return Inference(
        crop=crop,
        features=pooled[..., None, None] if cells is None else cells,
        logits=module(pooled)[0].float().cpu(),
        head=trained.head,
        classifier=cast(nn.Linear, module) if sums_cells else None,
        classes=list(trained.classes),
    )


def _by_ten_crops(
    ctx: Context, trained: TrainedHead, network: nn.Module, image: Image.Image
) -> Inference:
    """By the average of what ten crops get; no cells add up to that."""
    crops = ten_crops(image, trained.preprocessing)
    pooled = extract(network, crops, trained.preprocessing, ctx.device)
    return Inference(
        crop=trained.preprocessing.crop_picture(image),
        features=pooled[:1, :, None, None],
        # The softmax of these is the average again, whatever kind the head is.
        logits=judge(trained, pooled[None])[0],
        head=Head(kind="linear"),
        classifier=None,
        classes=list(trained.classes),
    )


def trained_head(ctx: Context, name: str) -> TrainedHead:
    """A head by name: one that ships, or one of the visitor's own.

    Raises:
        Unknown: there is none; the text has those that there are.
        DemoError: its checkpoint does not say what a head needs.
    """
    own = heads_of(ctx)
    if name in own:
        return own[name]
    if name not in SHIPPED_HEADS:
        raise Unknown("head", name, [IMAGENET, *SHIPPED_HEADS, *SHIPPED_NETWORKS, *own])
    metadata = ctx.metadata(name)
    if metadata is None:
        raise DemoError(f"The head {name} has no checkpoint. Make it with demo-app train.")
    tensors = {n: t.float().cpu() for n, t in ctx.model(name).state_dict().items()}
    return TrainedHead.from_metadata(metadata, tensors)


def both_classes(binary: nn.Linear) -> nn.Linear:
    """A binary head's logit as two: its negative for the first class, itself for the second.

    So evidence for one class is evidence against the other, in the same numbers.
    """
    with torch.inference_mode(False), torch.no_grad():
        both = nn.Linear(binary.in_features, 2, device=binary.weight.device)
        both.weight.copy_(torch.cat([-binary.weight, binary.weight]))
        both.bias.copy_(torch.cat([-binary.bias, binary.bias]))
    return both.requires_grad_(False)


def _with_own_classes(ctx: Context, name: str, image: Image.Image) -> Inference:
    """By a network together with the head that it was trained with."""
    metadata = ctx.metadata(name)
    if metadata is None or not metadata.classes or not metadata.preprocessing:
        raise DemoError(
            f"The checkpoint of {name} does not say which classes it knows and how photos were "
            "prepared for it. Make it again with demo-app train."
        )
    model = cast(ImageClassifier, ctx.model(name))
    if name in SHIPPED_NETWORKS and SHIPPED_NETWORKS[name].channels == 1:
        inputs = prepared(image, "image")
        crop = Image.fromarray(to_pixels(inputs)[0].numpy()).convert("RGB")
    else:
        preprocessing = Preprocessing.from_metadata(metadata.preprocessing)
        crop = preprocessing.crop_picture(image)
        inputs = preprocessing.to_tensor(crop)
    features = model.forward_features(inputs.to(ctx.device))
    classifier = model.get_classifier()
    sums_cells = isinstance(classifier, nn.Linear) and classifier.in_features == features.shape[1]
    return Inference(
        crop=crop,
        features=features,
        logits=model.forward_head(features)[0].float().cpu(),
        head=Head(kind="linear"),
        classifier=cast(nn.Linear, classifier) if sums_cells else None,
        classes=metadata.classes,
    )
