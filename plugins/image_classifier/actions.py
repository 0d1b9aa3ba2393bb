"""What this demo can do with a photo: name it, and show what the name rests on."""

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from PIL import Image
from pydantic import Field

from demo_app import Context, InvalidInput, action

from .shipped_heads import BACKBONE, IMAGENET

MODEL = BACKBONE

HeadName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="Whose classes: imagenet, flowers, roses_tulips, convnet_mnist (a drawn "
        "digit), resnet_cifar10, or a head of your own.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One class, its place among the logits, and the probability that the network gives it."""

    class_name: str
    class_index: int
    probability: float


@dataclass(frozen=True, kw_only=True)
class Classification:
    """The likeliest classes of a photo, the likeliest first.

    Attributes:
        predictions: as many as were asked for.
        threshold: the probability above which a photo counts as the likeliest class; None if the
            head has no thresholds (see ``set_thresholds``).
        none_of_these: whether the likeliest class does not get above it.
    """

    predictions: list[Prediction]
    threshold: float | None = None
    none_of_these: bool = False


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What a class's logit is made of: ``logit = bias + mean of cells``.

    Attributes:
        class_name: the class that is explained.
        class_index: its place among the logits.
        probability: what the network gives it, 0…1.
        logit: the network's own output for the class.
        bias: what the class starts from before anything is seen.
        cells: evidence by row and column of the crop, in units of the logit; positive speaks for
            the class, negative against it.
        scale: the evidence that has the strongest colour in the overlay. It is the same for every
            class of a photo (the strongest cell of the top class), so weak evidence looks weak.
        crop: the part of the photo that the network saw.
        overlay: the crop in greys, coloured by the evidence, with the strongest cells' numbers.
    """

    class_name: str
    class_index: int
    probability: float
    logit: float
    bias: float
    cells: list[list[float]]
    scale: float
    crop: Image.Image
    overlay: Image.Image


OVERLAY_SIDE = 448
"""Of the overlay in pixels, at least: a whole multiple of what the network saw."""


@action
def classify(
    ctx: Context,
    *,
    image: Annotated[Image.Image, Field(description="The photo to name.")],
    top_k: Annotated[
        int, Field(ge=1, le=1000, description="How many of the likeliest classes to return.")
    ] = 5,
    head: HeadName = IMAGENET,
) -> Classification:
    """Name what is in a photo: the likeliest classes of a head, with probabilities.

    Raises:
        Unknown: there is no head of that name.
    """
    from .carrying.session_heads import heads_of
    from .explaining.inference import infer

    inference = infer(ctx, head, image)
    count = min(top_k, len(inference.classes))
    probabilities, indices = inference.probabilities.topk(count)
    own = heads_of(ctx).get(head)
    threshold = own.thresholds.get(inference.classes[int(indices[0])]) if own else None
    return Classification(
        predictions=[
            Prediction(
                class_name=inference.classes[index], class_index=index, probability=probability
            )
            for index, probability in zip(indices.tolist(), probabilities.tolist(), strict=True)
        ],
        threshold=threshold,
        none_of_these=threshold is not None and probabilities[0].item() <= threshold,
    )


@action
def explain(
    ctx: Context,
    *,
    image: Annotated[Image.Image, Field(description="The photo to look at.")],
    class_name: Annotated[
        str, Field(min_length=1, max_length=100, description="A class; the likeliest if left out.")
    ]
    | None = None,
    head: HeadName = IMAGENET,
) -> Explanation:
    """Show where in a photo the evidence for a class lies, in parts that add up to its logit.

    A binary head has one logit: it speaks for the second class, its negative for the first.

    Raises:
        InvalidInput: the head knows no class of that name, or has a hidden layer, behind which the
            parts do not add up.
        Unknown: there is no head of that name.
    """
    from .explaining.evidence import class_bias, class_evidence
    from .explaining.inference import infer
    from .explaining.overlay import draw_overlay

    inference = infer(ctx, head, image)
    classifier = inference.classifier
    if classifier is None:
        raise InvalidInput(
            "head: the logits of this one are no sum over the cells: there is a hidden layer, ten "
            "crops, or no average before it. Take a linear or binary one to see the evidence."
        )
    top = int(inference.logits.argmax())
    index = top if class_name is None else find_class(inference.classes, class_name)
    cells = class_evidence(inference.features, classifier, index).float().cpu()
    top_cells = class_evidence(inference.features, classifier, top)
    scale = top_cells.abs().max().item()
    return Explanation(
        class_name=inference.classes[index],
        class_index=index,
        probability=inference.probabilities[index].item(),
        logit=inference.logits[index].item(),
        bias=class_bias(classifier, index),
        cells=cells.tolist(),
        scale=scale,
        crop=inference.crop,
        overlay=draw_overlay(
            inference.crop,
            cells.numpy(),
            scale=scale,
            magnify=math.ceil(OVERLAY_SIDE / inference.crop.width),
        ),
    )


def find_class(classes: Sequence[str], name: str) -> int:
    """The index of a class by its name; upper and lower case do not matter.

    Raises:
        InvalidInput: there is none; the text suggests the nearest names.
    """
    places = {known.casefold(): index for index, known in enumerate(classes)}
    wanted = name.strip().casefold()
    if wanted in places:
        return places[wanted]
    suggestions = [known for known in places if wanted in known.split()]
    suggestions += difflib.get_close_matches(wanted, places, n=5)
    suggestions = list(dict.fromkeys(suggestions))[:5]
    hint = (
        f"Did you mean {' or '.join(repr(classes[places[known]]) for known in suggestions)}?"
        if suggestions
        else "Take one of the names that classify returns."
    )
    raise InvalidInput(f"class_name: the network knows no class of that name. {hint}")
