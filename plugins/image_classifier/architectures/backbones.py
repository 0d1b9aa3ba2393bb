"""Every backbone by name, as a definition only or with pre-trained weights.

A definition is the architecture with initial weights, which knows nothing yet. Pre-trained are:
EfficientNet-Lite0, whose weights ship with the app; torchvision's models, whose weights
(``weights="DEFAULT"``, the successor of ``pretrained=True``) are downloaded when a local user asks;
and the ResNets and the AlexNet written from scratch here, into which torchvision's weights fit.

Nothing here imports torch before it is called.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from demo_app import Context, DemoError
from demo_app.errors import Unknown
from demo_app.hf_space import is_public

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..photographs.preprocessing import Preprocessing

SHIPPED = "efficientnet_lite0"
MOST_IN_PUBLIC = 100_000_000
"""Parameters of a backbone that any visitor of a public app may have built."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """Weights that torchvision publishes.

    Attributes:
        name: as torchvision has it, ``ResNet18_Weights.IMAGENET1K_V1`` for instance.
        url: of the file, whose name says its hash.
        license: under which they may be used; a link where torchvision gives one.
        parameters: how many numbers they are, without buffers.
    """

    name: str
    url: str
    license: str
    parameters: int


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """One entry of the registry.

    Attributes:
        name: torchvision's, or ``scratch_…`` for a network of torchvision that is written here.
        architecture: builds the definition, with PyTorch's initial weights.
        preprocessing: how photos become its inputs, whether or not it is pre-trained.
        weights: ``"shipped"``, what torchvision publishes, or None where nobody has any.
        torchvision: by which name torchvision's ``get_model`` builds the same, with tensors of the
            same names; None if it does not.
        options: further arguments of ``get_model``.
    """

    name: str
    architecture: Callable[[], nn.Module]
    preprocessing: Preprocessing
    weights: Published | str | None
    torchvision: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoadedBackbone:
    """A network for one call alone: on the device, in eval mode, every parameter trainable.

    Attributes:
        name: of the backbone.
        module: the network, with the head that it was published with.
        preprocessing: how photos become its inputs.
        weights: where its weights come from; empty for a definition only.
        license: of the weights; empty for a definition only.
    """

    name: str
    module: nn.Module
    preprocessing: Preprocessing
    weights: str
    license: str


def load_backbone(ctx: Context, name: str, *, pretrained: bool) -> LoadedBackbone:
    """A backbone by name, with its pre-trained weights or as a definition only.

    Only weights that do not ship with the app need a network, once, and only if ``pretrained``.

    Args:
        ctx: the host's loan to this call; it lends the shipped weights, hears of the download and
            can stop it.
        name: one of ``backbones()``.
        pretrained: with weights that were trained on ImageNet. The initial weights of a definition
            are the same every time.

    Raises:
        Unknown: there is no such backbone; the text has the nearest name.
        DemoError: it has no pre-trained weights, they cannot be downloaded, or it is too large for
            an app that everybody can reach.
    """
    import torch

    from demo_app.checkpoints import build_untrained

    found = find_backbone(name)
    size = found.weights.parameters if isinstance(found.weights, Published) else 0
    if is_public() and size > MOST_IN_PUBLIC:
        raise DemoError(
            f"{name} has {size:,} parameters. In an app that everybody can reach, "
            f"the limit is {MOST_IN_PUBLIC:,}: take a smaller backbone, or run the app yourself."
        )
    # Weights that are made in inference mode would never take part in gradients.
    with torch.inference_mode(False):
        if pretrained:
            module, weights, terms = _pretrained(ctx, found)
        else:
            module, weights, terms = build_untrained(found.architecture), "", ""
        return LoadedBackbone(
            name=name,
            module=module.to(ctx.device).eval().requires_grad_(True),
            preprocessing=found.preprocessing,
            weights=weights,
            license=terms,
        )


def find_backbone(name: str) -> Backbone:
    """The entry of that name.

    Raises:
        Unknown: there is none; the text has the nearest name.
    """
    if name not in backbones():
        raise Unknown("backbone", name, backbones())
    return backbones()[name]


@functools.cache
def backbones() -> Mapping[str, Backbone]:
    """The registry, our own networks first; nothing is built or downloaded."""
    import torchvision.models

    theirs = torchvision.models.list_models(module=torchvision.models)
    return {entry.name: entry for entry in (*_own(), *map(_torchvision, theirs))}


def _own() -> list[Backbone]:
    from ..models import EfficientNetLite0
    from ..photographs.preprocessing import Preprocessing
    from .alexnet import AlexNet
    from .conversion import PREPROCESSING
    from .convnet import ConvNet
    from .five_stage_resnet import FiveStageResNet
    from .resnet import resnet18, resnet34, resnet50

    def scratch(name: str, architecture: Callable[[], nn.Module]) -> Backbone:
        theirs = _torchvision(name)
        return Backbone(
            name=f"scratch_{name}",
            architecture=architecture,
            preprocessing=theirs.preprocessing,
            weights=theirs.weights,
            torchvision=name,
        )

    digits = Preprocessing(
        resize=28, crop=28, interpolation="bilinear", mean=(127.5,) * 3, std=(127.5,) * 3
    )
    return [
        Backbone(
            name=SHIPPED,
            architecture=EfficientNetLite0,
            preprocessing=PREPROCESSING,
            weights="shipped",
        ),
        scratch("resnet18", resnet18),
        scratch("resnet34", resnet34),
        scratch("resnet50", resnet50),
        scratch("alexnet", AlexNet),
        Backbone(
            name="five_stage_resnet",
            architecture=FiveStageResNet,
            preprocessing=_torchvision("resnet50").preprocessing,
            weights=None,
        ),
        Backbone(
            name="convnet",
            architecture=functools.partial(ConvNet, in_channels=3),
            preprocessing=digits,
            weights=None,
        ),
    ]


def _torchvision(name: str) -> Backbone:
    import torchvision.models

    from ..photographs.preprocessing import Preprocessing

    weights = torchvision.models.get_model_weights(name).DEFAULT
    photos = weights.transforms()
    options: dict[str, Any] = {}
    if name in ("googlenet", "inception_v3"):
        # Both warn unless told; and their weights, from TensorFlow, want another scale of pixels.
        options = {"init_weights": True, "transform_input": True}
    elif name.startswith("vit_"):
        options = {"image_size": photos.crop_size[0]}
    red, green, blue = (255 * value for value in photos.mean)
    deviations = tuple(255 * value for value in photos.std)
    return Backbone(
        name=name,
        architecture=functools.partial(torchvision.models.get_model, name, weights=None, **options),
        preprocessing=Preprocessing(
            resize=photos.resize_size[0],
            crop=photos.crop_size[0],
            interpolation=photos.interpolation.value,
            mean=(red, green, blue),
            std=(deviations[0], deviations[1], deviations[2]),
        ),
        weights=Published(
            name=str(weights),
            url=weights.url,
            license=weights.meta.get("license", "BSD-3-Clause, as torchvision"),
            parameters=weights.meta["num_params"],
        ),
        torchvision=name,
        options=options,
    )


def _pretrained(ctx: Context, backbone: Backbone) -> tuple[nn.Module, str, str]:
    """The network with its weights, where they come from, and their licence."""
    from demo_app.checkpoints import build

    from .downloads import published_state

    if isinstance(backbone.weights, Published):
        state = published_state(ctx, backbone.weights.url)
        rename_old(state)
        module = build(backbone.architecture)
        module.load_state_dict(state, strict=True)
        if backbone.name == "googlenet":
            # Nobody trained the auxiliary heads in that file; torchvision leaves them out, too.
            vars(module)["aux_logits"] = False
            module.register_module("aux1", None)
            module.register_module("aux2", None)
        return module, backbone.weights.name, backbone.weights.license
    metadata = ctx.metadata(backbone.name) if backbone.weights == "shipped" else None
    if metadata is None:
        raise DemoError(
            f"There are no pre-trained weights for {backbone.name}. Take its definition only, or "
            f"another backbone, such as {SHIPPED}."
        )
    return ctx.model(backbone.name, trainable=True), metadata.source, metadata.license


def rename_old(state: dict[str, Tensor]) -> None:
    """Bring a published state dict under the names that torchvision uses today, in place.

    DenseNet's files are older than the rule that a module's name holds no dot: ``norm.1`` there
    is ``norm1`` now. The dictionary itself is kept, because it carries the versions of the
    modules, by which MNASNet knows how wide its stem was.
    """
    for name in list(state):
        new = re.sub(r"(\.denselayer\d+\.(?:norm|relu|conv))\.([12]\.)", r"\1\2", name)
        if new != name:
            state[new] = state.pop(name)
