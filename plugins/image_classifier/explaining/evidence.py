"""Where in a photo the evidence for a class lies: an exact account, not an approximation.

A network that averages its feature maps and classifies the average with one linear layer computes

    logit = bias + w · mean over cells of f(cell) = bias + mean over cells of (w · f(cell)),

so ``w · f(cell)`` is that cell's part in the logit, and the parts add up to it. No gradient and no
tuning is involved. This is the class activation map of Zhou et al., "Learning Deep Features for
Discriminative Localization", CVPR 2016, arXiv:1512.04150, equations 1 and 2, kept in the logit's
own units instead of being rescaled to 0…1.

A cell stands for a place in the feature map. The network sees further than the cell's own square,
so evidence may lie a little beside what caused it.
"""

import torch
from torch import Tensor, nn


def class_evidence(features: Tensor, classifier: nn.Linear, class_index: int) -> Tensor:
    """Every cell's evidence for one class; their mean plus the class's bias is its logit.

    Args:
        features: one photo's feature maps, ``(1, C, h, w)``.
        classifier: the linear layer after global average pooling, ``C`` inputs.
        class_index: row of the classifier.

    Returns:
        ``(h, w)``, in units of the logit: positive speaks for the class, negative against it.
    """
    return torch.einsum("c,chw->hw", classifier.weight[class_index], features[0])


def class_bias(classifier: nn.Linear, class_index: int) -> float:
    """What the class starts from before anything is seen, in units of the logit."""
    return 0.0 if classifier.bias is None else classifier.bias[class_index].item()
