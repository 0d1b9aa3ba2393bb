"""What tutorials on classifiers and transfer learning get wrong, run and measured.

Every network here is untrained: the faults are in the code around it, and small pictures of noise
show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from demo_app.checkpoints import build_untrained

from .architectures.convnet import ConvNet, PublishedConvNet
from .architectures.five_stage_resnet import compare
from .architectures.resnet import IMAGENET_STEM, SMALL_IMAGE_STEM, BasicBlock, ResNet, Stem
from .results import Fault
from .transfer.freezing import freeze
from .transfer.heads import Head, backbone, get_classifier, replace_head
from .transfer.logits import predict

WRONG_BY = 20.0
"""A logit that speaks as strongly for the wrong class."""
STEPS = 100


def faults() -> Iterator[Fault]:
    """Try each fault and its mend; the numbers are the same each time. It takes seconds."""
    yield _sigmoid_loses_the_loss()
    yield _sigmoid_stops_learning()
    yield _frozen_backbone_moves()
    yield _logits_without_a_sign()
    yield _one_picture_four_answers()
    yield _one_cell_is_left()
    yield _not_resnet18()


class PublishedBinaryHead(nn.Sequential):
    """``Linear(in_features, 1)`` and a sigmoid, to be trained with ``nn.BCELoss``."""

    def __init__(self, in_features: int) -> None:
        super().__init__(nn.Linear(in_features, 1), nn.Sigmoid())


def published_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The loss of a network that ends in a sigmoid: ``nn.BCELoss`` of its probabilities.

    In float32 the sigmoid of 17 is exactly 1. The logarithm of what is left is −∞, which
    ``nn.BCELoss`` replaces by −100, and the gradient through the sigmoid is exactly 0.
    """
    return binary_cross_entropy(torch.sigmoid(logits), targets)


def train(
    loss: Callable[[Tensor, Tensor], Tensor], inputs: Tensor, targets: Tensor, *, bias: float
) -> float:
    """Gradient descent on a linear layer's logits; the share that it gets right in the end.

    Args:
        loss: of logits ``(n, 1)`` and targets ``(n, 1)``.
        inputs: ``(n, features)``.
        targets: ``(n, 1)``, 0 or 1.
        bias: the logit with which every input starts, such as one large step leaves it.
    """
    # Whoever calls may be in inference mode, whose tensors take no part in gradients.
    with torch.inference_mode(False), torch.enable_grad():
        inputs, targets = inputs.clone(), targets.clone()
        weight = torch.zeros(inputs.shape[1], 1, requires_grad=True)
        offset = torch.full((1,), bias, requires_grad=True)
        optimizer = torch.optim.SGD([weight, offset], lr=1.0)
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss(inputs @ weight + offset, targets).backward()
            optimizer.step()
        right = (inputs @ weight + offset > 0) == (targets > 0.5)
    return right.float().mean().item()


def freeze_as_published(model: nn.Module) -> nn.Module:
    """Freezing as in most tutorials: no gradients, and nothing else."""
    for parameter in model.parameters():
        parameter.requires_grad = False
    return model


def published_squeezenet() -> nn.Module:
    """SqueezeNet whose convolution is replaced by one with a single logit, and nothing else."""
    from torchvision.models import squeezenet1_1

    model: nn.Module = squeezenet1_1()
    classifier = model.get_submodule("classifier")
    assert isinstance(classifier, nn.Sequential)
    classifier[1] = nn.Conv2d(512, 1, kernel_size=1)
    return model


def _sigmoid_loses_the_loss() -> Fault:
    logit, target = torch.tensor([[WRONG_BY]]), torch.zeros(1, 1)
    return Fault(
        name="A sigmoid in the network loses the loss",
        model="PublishedBinaryHead",
        published="nn.Sequential(nn.Linear(features, 1), nn.Sigmoid()) with nn.BCELoss()",
        consequence="From a logit of 17 on the sigmoid is 1 to the last bit. However wrong the "
        "answer is, its loss is 100, and a single such photo outweighs a whole batch.",
        evidence=f"Loss in nats of a photo with a logit of {WRONG_BY:g} for the wrong class",
        faulty=published_loss(logit, target).item(),
        mended=binary_cross_entropy_with_logits(logit, target).item(),
        error="",
        mend="nn.Linear(features, 1) with nn.BCEWithLogitsLoss(), and a sigmoid to predict.",
    )


def _sigmoid_stops_learning() -> Fault:
    generator = torch.Generator().manual_seed(0)
    targets = (torch.arange(64) % 2).float()[:, None]
    inputs = torch.randn(64, 8, generator=generator) + 4 * targets - 2
    return Fault(
        name="A sigmoid in the network stops learning where it is most wrong",
        model="PublishedBinaryHead",
        published="nn.Sequential(nn.Linear(features, 1), nn.Sigmoid()) with nn.BCELoss()",
        consequence="The slope of a sigmoid that has reached 1 is 0, so the photos that are "
        "named most wrongly have no gradient at all. One step that was too large, and the head "
        "never comes back.",
        evidence=f"Share right after {STEPS} steps from a logit of {WRONG_BY:g} for all, in two "
        "classes that a line separates",
        faulty=train(published_loss, inputs, targets, bias=WRONG_BY),
        mended=train(binary_cross_entropy_with_logits, inputs, targets, bias=WRONG_BY),
        error="",
        mend="nn.Linear(features, 1) with nn.BCEWithLogitsLoss(): its gradient is p − y.",
    )


def _frozen_backbone_moves() -> Fault:
    def moved(freezing: Callable[[nn.Module], nn.Module]) -> float:
        model = freezing(build_untrained(_small_resnet).eval())
        before: Tensor = backbone(model)(photos[:4])
        model.train()
        for batch in photos.split(8):
            model(batch)
        after: Tensor = backbone(model.eval())(photos[:4])
        return (after - before).abs().max().item()

    photos = 3 + 2 * _noise(32, 3, 32)
    with torch.no_grad():
        faulty, mended = moved(freeze_as_published), moved(freeze)
    return Fault(
        name="A frozen backbone that moves",
        model="ResNet",
        published="for p in model.parameters(): p.requires_grad = False; then model.train()",
        consequence="BatchNorm in train mode normalises by the batch and moves its statistics, "
        "gradients or not: the features of a photo depend on the photos beside it, and what was "
        "learned from millions is overwritten by a handful.",
        evidence="Largest change of a feature of the same four photos after four batches",
        faulty=faulty,
        mended=mended,
        error="",
        mend="Keep the frozen part in eval mode also while the head trains.",
    )


def _logits_without_a_sign() -> Fault:
    def share_of_no(model: nn.Module) -> float:
        with torch.no_grad():
            get_classifier(model).get_parameter("bias").fill_(-1.0)
            probabilities = predict(model.eval()(photos), Head(kind="binary"))
        return (probabilities[:, 1] < 0.5).float().mean().item()

    photos = _noise(32, 3, 64)
    published = build_untrained(published_squeezenet)
    mended = replace_head(build_untrained(published_squeezenet), 2, "binary")
    # The same weights: only the ReLU behind them makes the difference.
    mended.load_state_dict(published.state_dict())
    return Fault(
        name="A head that cannot say no",
        model="SqueezeNet",
        published="model.classifier[1] = nn.Conv2d(512, 1, kernel_size=1)",
        consequence="A ReLU follows SqueezeNet's last convolution, so no logit is below zero: a "
        "binary head gives every photo at least 50 %, and a larger one cannot rule a class out.",
        evidence="Share of photos to which a head whose bias is −1 gives less than 50 %",
        faulty=share_of_no(published),
        mended=share_of_no(mended),
        error="",
        mend="Replace the ReLU behind it, too: model.classifier[2] = nn.Identity().",
    )


def _one_picture_four_answers() -> Fault:
    published, mended = build_untrained(PublishedConvNet).eval(), build_untrained(ConvNet).eval()
    larger, error = _noise(1, 1, 56), ""
    try:
        published(_noise(1, 1, 32))
    except RuntimeError as raised:
        error = str(raised)
    with torch.no_grad():
        faulty, right = len(published(larger)), len(mended(larger))
    return Fault(
        name="Four answers to one picture",
        model="ConvNet",
        published="x = x.view(-1, 64 * 7 * 7)",
        consequence="The −1 is filled with whatever fits. A picture of 32 x 32 raises; one of "
        "56 x 56 passes as a batch of four, each a quarter of the channels.",
        evidence="Answers to one picture of 56 x 56",
        faulty=faulty,
        mended=right,
        error=error,
        mend="x = nn.AdaptiveAvgPool2d(7)(x).flatten(1): every size fits, and the batch is left "
        "alone; maps of 7 x 7 stay as they are.",
    )


def _one_cell_is_left() -> Fault:
    def untrained(stem: Stem) -> ResNet:
        model = build_untrained(lambda: ResNet(BasicBlock, [1, 1, 1, 1], 10, stem=stem))
        assert isinstance(model, ResNet)
        return model

    def cells(model: ResNet) -> int:
        with torch.no_grad():
            return model.eval().forward_features(photo)[0, 0].numel()

    photo, error = _noise(1, 3, 32), ""
    published, mended = untrained(IMAGENET_STEM), untrained(SMALL_IMAGE_STEM)
    try:
        published.train()(photo)
    except ValueError as raised:
        error = str(raised)
    return Fault(
        name="One cell is left of a small picture",
        model="ResNet",
        published="resnet18(num_classes=10), trained on pictures of 32 x 32",
        consequence="ImageNet's stem divides the side by four before the first block sees it, and "
        "three stages halve it: the last one, with most of the parameters, works on a single "
        "cell, where a 3x3 convolution sees padding but for its middle, and BatchNorm cannot "
        "train on a batch of one.",
        evidence="Cells of the last stage's maps",
        faulty=cells(published),
        mended=cells(mended),
        error=error,
        mend="conv1 = nn.Conv2d(3, 64, 3, stride=1, padding=1) and no max-pooling.",
    )


def _not_resnet18() -> Fault:
    five_stage, resnet18, resnet50 = compare()
    return Fault(
        name="The five-stage ResNet is not ResNet-18",
        model="FiveStageResNet",
        published="Five stages of ConvBlock and IdentityBlock, said to equal ResNet-18",
        consequence=f"It has {five_stage.depth} weighted layers, not {resnet18.depth}, "
        f"{five_stage.blocks} blocks of {five_stage.convolutions_per_block} convolutions, not "
        f"{resnet18.blocks} of {resnet18.convolutions_per_block}, and needs "
        f"{five_stage.multiply_adds / 1e9:.2f} billion multiply-adds, not "
        f"{resnet18.multiply_adds / 1e9:.2f}. It is the ResNet-50 of the paper; torchvision's "
        f"has its strides elsewhere and needs {resnet50.multiply_adds / 1e9:.2f} billion.",
        evidence="Parameters, and those of ResNet-18",
        faulty=five_stage.parameters,
        mended=resnet18.parameters,
        error="",
        mend="ResNet(BasicBlock, [2, 2, 2, 2]).",
    )


def _small_resnet() -> nn.Module:
    return ResNet(BasicBlock, [1, 1, 1], 10, widths=(16, 32, 64), stem=SMALL_IMAGE_STEM)


def _noise(count: int, channels: int, side: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, channels, side, side, generator=generator)
