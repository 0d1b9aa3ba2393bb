"""What a wrapped module takes: the parameters of its action, and how they become tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from PIL import Image
from pydantic import Field

from demo_app.demo import TensorSpec

if TYPE_CHECKING:
    import torch

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Input(Protocol):
    """A kind of input; write your own with these members."""

    @property
    def annotations(self) -> Mapping[str, Any]:
        """The action's parameters: their annotations by name."""
        ...

    @property
    def specs(self) -> tuple[TensorSpec, ...]:
        """Shapes and dtypes of what ``forward`` takes; nothing where that is no tensor."""
        ...

    def example(self) -> dict[str, Any]:
        """Arguments of an example call."""
        ...

    def prepare(self, arguments: Mapping[str, Any], device: torch.device) -> Sequence[Any]:
        """The positional arguments of ``forward`` for one call."""
        ...

    def components(self) -> list[Any]:
        """Gradio components, one for each parameter, in their order."""
        ...


@dataclass(frozen=True, kw_only=True)
class ImageInput:
    """One picture, as a float tensor ``(1, 3, size, size)``, or ``(1, 1, size, size)`` in greys.

    It is resized until its shorter side is ``size``, and cropped at the centre; then its values,
    0 to 1, are normalised by channel. The defaults are those of models trained on ImageNet.
    """

    size: int = 224
    mean: Sequence[float] = IMAGENET_MEAN
    std: Sequence[float] = IMAGENET_STD

    @property
    def annotations(self) -> Mapping[str, Any]:
        """One picture."""
        return {"image": Annotated[Image.Image, Field(description="The picture.")]}

    @property
    def specs(self) -> tuple[TensorSpec, ...]:
        """As many channels as there are means."""
        return (TensorSpec(shape=(1, len(self.mean), self.size, self.size)),)

    def example(self) -> dict[str, Any]:
        """A picture whose colours run from corner to corner."""
        side = self.size
        red = Image.linear_gradient("L").resize((side, side))
        green = red.transpose(Image.Transpose.ROTATE_90)
        blue = Image.new("L", (side, side), 128)
        return {"image": Image.merge("RGB", (red, green, blue))}

    def prepare(self, arguments: Mapping[str, Any], device: torch.device) -> Sequence[Any]:
        """The picture as a batch of one."""
        import torch
        from PIL import ImageOps

        picture: Image.Image = arguments["image"]
        fitted = ImageOps.fit(picture, (self.size, self.size), Image.Resampling.BILINEAR)
        fitted = fitted.convert("L" if len(self.mean) == 1 else "RGB")
        raw = torch.frombuffer(bytearray(fitted.tobytes()), dtype=torch.uint8)
        values = raw.reshape(self.size, self.size, len(self.mean)).permute(2, 0, 1) / 255
        mean, std = (torch.tensor(list(part)).reshape(-1, 1, 1) for part in (self.mean, self.std))
        return [((values - mean) / std)[None].to(device)]

    def components(self) -> list[Any]:
        """A place to drop a picture."""
        import gradio as gr

        return [gr.Image(type="pil", label="Picture", height=320)]


@dataclass(frozen=True)
class NumberInputs:
    """A row of numbers, as a float tensor ``(1, n)``.

    Args:
        bounds: the lowest and highest value by name, in the order of the columns.
        mean: what is taken from each number first; nothing if left out.
        std: what the difference is divided by.
    """

    bounds: Mapping[str, tuple[float, float]]
    mean: Sequence[float] = ()
    std: Sequence[float] = ()

    @property
    def annotations(self) -> Mapping[str, Any]:
        """One number each; spaces in names become underscores."""
        return {
            _identifier(name): Annotated[
                float, Field(ge=low, le=high, description=f"{name}, {low:g} to {high:g}.")
            ]
            for name, (low, high) in self.bounds.items()
        }

    @property
    def specs(self) -> tuple[TensorSpec, ...]:
        """One row."""
        return (TensorSpec(shape=(1, len(self.bounds))),)

    def example(self) -> dict[str, Any]:
        """The middle of each range."""
        return {_identifier(name): (low + high) / 2 for name, (low, high) in self.bounds.items()}

    def prepare(self, arguments: Mapping[str, Any], device: torch.device) -> Sequence[Any]:
        """The numbers as a batch of one row."""
        import torch

        row = torch.tensor([[float(arguments[_identifier(name)]) for name in self.bounds]])
        if self.mean:
            row = (row - torch.tensor([list(self.mean)])) / torch.tensor([list(self.std)])
        return [row.to(device)]

    def components(self) -> list[Any]:
        """A slider each."""
        import gradio as gr

        return [
            gr.Slider(low, high, value=(low + high) / 2, label=name)
            for name, (low, high) in self.bounds.items()
        ]


@dataclass(frozen=True, kw_only=True)
class TextInput:
    """A text, handed over as it is: to a pipeline, or a module that does its own tokenizing.

    Args:
        max_length: characters.
        example_text: what the example call gives.
    """

    max_length: int = 1000
    example_text: str = "What a good idea this was."

    @property
    def annotations(self) -> Mapping[str, Any]:
        """One text."""
        limits = Field(min_length=1, max_length=self.max_length, description="The text.")
        return {"text": Annotated[str, limits]}

    @property
    def specs(self) -> tuple[TensorSpec, ...]:
        """It is no tensor."""
        return ()

    def example(self) -> dict[str, Any]:
        """The example text."""
        return {"text": self.example_text}

    def prepare(self, arguments: Mapping[str, Any], device: torch.device) -> Sequence[Any]:
        """The text itself."""
        return [arguments["text"]]

    def components(self) -> list[Any]:
        """A place to type."""
        import gradio as gr

        return [gr.Textbox(self.example_text, label="Text", lines=4, max_length=self.max_length)]


def _identifier(name: str) -> str:
    return "_".join(name.split())
