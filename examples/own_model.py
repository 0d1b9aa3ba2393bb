"""Your own network and its weights: which side of a spiral a point lies on."""

from demo_app import ClassLabels, NumberInputs, from_module


def network():
    """The architecture; torch is imported when the model is first used."""
    from torch import nn

    layers = [nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2)]
    return nn.Sequential(*layers)


plugin = from_module(
    network,
    checkpoint="own_model.safetensors",  # or a .pt that torch.save(module.state_dict(), …) wrote
    title="Two spirals",
    summary="Says to which of two spirals a point of the plane belongs.",
    inputs=NumberInputs({"x": (-1, 1), "y": (-1, 1)}),
    outputs=ClassLabels(["red spiral", "blue spiral"]),
)
