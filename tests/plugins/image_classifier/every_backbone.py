"""The names of all backbones: what is tested for one of them is tested for each."""

import torchvision

OURS = [
    "efficientnet_lite0",
    "scratch_resnet18",
    "scratch_resnet34",
    "scratch_resnet50",
    "scratch_alexnet",
    "five_stage_resnet",
    "convnet",
]
TORCHVISION: list[str] = torchvision.models.list_models(module=torchvision.models)
EVERY = [*OURS, *TORCHVISION]
