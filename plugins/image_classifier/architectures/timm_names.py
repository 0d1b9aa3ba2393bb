"""EfficientNet-Lite0's tensors by the names that timm has for them, for use without demo_app."""

from __future__ import annotations

import re

TIMM_NETWORK = "tf_efficientnet_lite0"
_OUTER = {
    "stem.conv": "conv_stem",
    "stem.norm": "bn1",
    "conv_head.conv": "conv_head",
    "conv_head.norm": "bn2",
}
_EXPANDING = {
    "expand.conv": "conv_pw",
    "expand.norm": "bn1",
    "depthwise.conv": "conv_dw",
    "depthwise.norm": "bn2",
    "project.conv": "conv_pwl",
    "project.norm": "bn3",
}
_FIRST_BLOCK = {
    "depthwise.conv": "conv_dw",
    "depthwise.norm": "bn1",
    "project.conv": "conv_pw",
    "project.norm": "bn2",
}


def timm_name(ours: str) -> str:
    """The name in timm's network of a tensor of our backbone.

    Raises:
        KeyError: the backbone has no such tensor.
    """
    layer, tensor = ours.rsplit(".", 1)
    if match := re.fullmatch(r"stages\.(\d+)\.(\d+)\.(.+)", layer):
        stage, block, layer = match.groups()
        names = _FIRST_BLOCK if stage == "0" else _EXPANDING
        return f"blocks.{stage}.{block}.{names[layer]}.{tensor}"
    return f"{_OUTER[layer]}.{tensor}"
