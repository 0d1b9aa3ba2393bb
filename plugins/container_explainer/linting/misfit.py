"""What does not fit between a layer and its input."""

from dataclasses import dataclass

WHY = "The forward pass stops here: the layer's weights have the other shape."
NO_WEIGHT_FITS = "The forward pass stops here: the layer cannot be laid over what it gets."


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """What is wrong between a layer and its input.

    Attributes:
        wants: what the layer takes, to end the sentence "it got …, and takes".
        layer: the layer to put in its place; empty if another goes before it.
        before: the layer to put before it.
        cast: what to write of ``x`` in forward, where no layer mends it.
    """

    rule: str = "shape"
    wants: str
    why: str = WHY
    layer: str = ""
    before: str = ""
    cast: str = ""
