"""A network of torchvision's with its published weights, downloaded when it is first used."""

from demo_app import ClassLabels, ImageInput, from_module

NAME = "mobilenet_v3_small"


def network():
    """The network, with torchvision's best weights for it."""
    from torchvision.models import get_model

    return get_model(NAME, weights="DEFAULT")


def class_names():
    """The 1,000 classes of ImageNet, as they are listed with the weights."""
    from torchvision.models import get_model_weights

    return get_model_weights(NAME).DEFAULT.meta["categories"]


facts = {"title": "MobileNetV3", "summary": "Names what is in a photo.", "source": "torchvision"}
labels = ClassLabels(class_names, top_k=5)
plugin = from_module(network, inputs=ImageInput(size=224), outputs=labels, **facts)
