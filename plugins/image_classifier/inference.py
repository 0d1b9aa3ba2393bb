"""One photo through one network: the step that every action starts with."""

from dataclasses import dataclass
from typing import cast

from PIL import Image
from torch import Tensor, nn

from demo_app import Context, DemoError

from .models import ImageClassifier
from .preprocessing import Preprocessing


@dataclass(frozen=True, kw_only=True)
class Inference:
    """What a network made of a photo, kept together so that it runs once for a call.

    Attributes:
        crop: the part of the photo that the network saw, at the size at which it saw it.
        features: the feature maps before pooling, ``(1, C, h, w)``.
        logits: one number a class, ``(num_classes,)``, on the CPU.
        classifier: the linear layer that made the logits.
        classes: class names in the order of the logits.
    """

    crop: Image.Image
    features: Tensor
    logits: Tensor
    classifier: nn.Linear
    classes: list[str]

    @property
    def probabilities(self) -> Tensor:
        """The softmax of the logits, ``(num_classes,)``."""
        return self.logits.softmax(dim=0)


def infer(ctx: Context, model_name: str, image: Image.Image) -> Inference:
    """Preprocess a photo as the model's checkpoint says and run the model on it.

    Args:
        ctx: the host's loan to this call.
        model_name: a model of this demo that has a checkpoint.
        image: any size from 1x1 up, mode RGB.

    Raises:
        DemoError: the checkpoint does not name its classes or its preprocessing.
    """
    metadata = ctx.metadata(model_name)
    if metadata is None or not metadata.classes or not metadata.preprocessing:
        raise DemoError(
            f"The checkpoint of {model_name} does not say which classes it knows and how photos "
            "were prepared for it. Make it again with demo-app train."
        )
    model = cast(ImageClassifier, ctx.model(model_name))
    preprocessing = Preprocessing.from_metadata(metadata.preprocessing)
    crop = preprocessing.crop_picture(image)
    features = model.forward_features(preprocessing.to_tensor(crop).to(ctx.device))
    return Inference(
        crop=crop,
        features=features,
        logits=model.forward_head(features)[0].float().cpu(),
        classifier=model.get_classifier(),
        classes=metadata.classes,
    )
