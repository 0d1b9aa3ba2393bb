"""A first convolutional network, for digits of 28 x 28, as tutorials write it, and its one trap.

Source: "Deep MNIST for Experts", TensorFlow's tutorial of 2015, and its many descendants in
PyTorch: two 5x5 convolutions with 32 and 64 channels, each followed by a max-pooling, a hidden
layer of 1024 and dropout. The design is that of LeNet-5 (LeCun et al., "Gradient-Based Learning
Applied to Document Recognition", Proceedings of the IEEE, 1998, section II).
"""

from __future__ import annotations

from torch import Tensor, nn

CHANNELS = 64
SIDE = 7
"""Of the maps of a 28 x 28 picture after two poolings."""


class ConvNet(nn.Module):
    """Two convolutions with pooling, a hidden layer, a classifier; pictures of any size from 4 x 4.

    The hidden layer wants maps of 7 x 7. Adaptive average pooling makes them of any, and leaves
    those of 28 x 28 pictures as they are.

    Args:
        num_classes: width of the classifier.
        in_channels: 1 for grey pictures, 3 for colour.
        hidden: width of the hidden layer.
        dropout: share of the hidden units that is dropped in training.
    """

    def __init__(
        self,
        num_classes: int = 10,
        *,
        in_channels: int = 1,
        hidden: int = 1024,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, CHANNELS, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(SIDE)
        self.classifier = nn.Sequential(
            nn.Linear(CHANNELS * SIDE * SIDE, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )

    def forward_features(self, images: Tensor) -> Tensor:
        """Images ``(B, in_channels, H, W)`` to feature maps ``(B, 64, ⌊H / 4⌋, ⌊W / 4⌋)``."""
        features: Tensor = self.features(images)
        return features

    def forward_head(self, features: Tensor) -> Tensor:
        """Feature maps ``(B, 64, h, w)`` to logits ``(B, num_classes)``."""
        logits: Tensor = self.classifier(self.avgpool(features).flatten(1))
        return logits

    def get_classifier(self) -> nn.Module:
        """The layer from hidden units to logits."""
        return self.classifier[-1]

    def forward(self, images: Tensor) -> Tensor:
        """Images ``(B, in_channels, H, W)`` to logits ``(B, num_classes)``."""
        return self.forward_head(self.forward_features(images))


class PublishedConvNet(ConvNet):
    """The same network with the line that tutorials publish: ``x.view(-1, 64 * 7 * 7)``.

    The −1 is filled with whatever makes the number of values right. Of pictures of another size
    than 28 x 28 it is not the batch: mostly nothing fits and ``view`` raises, but four rows of
    3136 fit one picture of 56 x 56, and the network answers four times without a word.
    """

    def forward_head(self, features: Tensor) -> Tensor:
        """Feature maps ``(B, 64, h, w)`` to ``(B · h · w / 49, num_classes)``.

        Raises:
            RuntimeError: 49 does not divide ``B · h · w``.
        """
        logits: Tensor = self.classifier(features.view(-1, CHANNELS * SIDE * SIDE))
        return logits
