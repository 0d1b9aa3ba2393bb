"""AlexNet from scratch: features, average pooling, classifier.

Without local response normalisation it is torchvision's network, whose state dict loads strictly.

Sources:
    Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural
    Networks", NIPS 2012 (sections 3.3 and 3.4 for local response normalisation and overlapping
    pooling, 4.2 for dropout).
    Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014,
    arXiv:1404.5997, whose widths (64, 192, 384, 256, 256) torchvision has; those of 2012 were 96,
    256, 384, 384 and 256, on two GPUs.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

LRN_SIZE = 5


class AlexNet(nn.Module):
    """Five convolutions and three linear layers, 61.1 million parameters.

    Args:
        num_classes: width of the classifier.
        dropout: share of the inputs of both hidden linear layers that is dropped in training.
        local_response_norm: normalise the first two convolutions' activations across channels,
            as the paper of 2012 does. It has no parameters, and the state dict is the same.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        *,
        dropout: float = 0.5,
        local_response_norm: bool = False,
    ) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            {
                "0": nn.Conv2d(3, 64, 11, stride=4, padding=2),
                "1": nn.ReLU(inplace=True),
                "norm1": response_norm(),
                "2": nn.MaxPool2d(3, stride=2),
                "3": nn.Conv2d(64, 192, 5, padding=2),
                "4": nn.ReLU(inplace=True),
                "norm2": response_norm(),
                "5": nn.MaxPool2d(3, stride=2),
                "6": nn.Conv2d(192, 384, 3, padding=1),
                "7": nn.ReLU(inplace=True),
                "8": nn.Conv2d(384, 256, 3, padding=1),
                "9": nn.ReLU(inplace=True),
                "10": nn.Conv2d(256, 256, 3, padding=1),
                "11": nn.ReLU(inplace=True),
                "12": nn.MaxPool2d(3, stride=2),
            }
        )
        if not local_response_norm:
            del layers["norm1"], layers["norm2"]
        self.features = nn.Sequential(layers)
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward_features(self, images: Tensor) -> Tensor:
        """Images ``(B, 3, H, W)``, 63 x 63 at least, to maps ``(B, 256, h, w)``; 6 x 6 of 224."""
        features: Tensor = self.features(images)
        return features

    def forward_head(self, features: Tensor) -> Tensor:
        """Feature maps ``(B, 256, h, w)`` to logits ``(B, num_classes)``."""
        logits: Tensor = self.classifier(self.avgpool(features).flatten(1))
        return logits

    def get_classifier(self) -> nn.Module:
        """The layer from the second hidden layer to logits."""
        return self.classifier[-1]

    def forward(self, images: Tensor) -> Tensor:
        """Preprocessed images ``(B, 3, H, W)`` to logits ``(B, num_classes)``."""
        return self.forward_head(self.forward_features(images))


def response_norm() -> nn.LocalResponseNorm:
    """``a / (2 + 1e-4 · Σ a²)^0.75``, the sum over five neighbouring channels (section 3.3).

    PyTorch divides the sum by the number of channels, the paper does not; hence five times alpha.
    """
    return nn.LocalResponseNorm(LRN_SIZE, alpha=LRN_SIZE * 1e-4, beta=0.75, k=2.0)
