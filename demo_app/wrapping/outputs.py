"""What a wrapped module gives: from its tensors to plain data, and how a page shows that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import Image

from demo_app.errors import ActionFailed


class Output(Protocol):
    """A kind of output; write your own with these members."""

    @property
    def annotation(self) -> Any:
        """The type of the action's result."""
        ...

    def finish(self, output: Any) -> Any:
        """The result, from what ``forward`` returned for a batch of one."""
        ...

    def component(self) -> Any:
        """A Gradio component."""
        ...

    def shown(self, result: Any) -> Any:
        """The component's value for a result."""
        ...


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One class and how likely it is, 0 to 1."""

    label: str
    probability: float


@dataclass(frozen=True)
class ClassLabels:
    """The likeliest classes: from logits ``(1, classes)``, or from a pipeline's labels and scores.

    Args:
        names: in the order of the logits, or a function that gives them when they are needed; a
            single logit is that of the second of two. A pipeline brings its own.
        top_k: how many to return.
    """

    names: Sequence[str] | Callable[[], Sequence[str]] = ()
    top_k: int = 5

    @property
    def annotation(self) -> Any:
        """The likeliest first."""
        return list[Prediction]

    def finish(self, output: Any) -> list[Prediction]:
        """Softmax (of one logit sigmoid), names and the likeliest."""
        labelled = _labelled(output)
        if labelled is None:
            labelled = self._of_logits(as_finite(output))
        best = sorted(labelled.items(), key=lambda pair: -pair[1])[: self.top_k]
        return [Prediction(label=label, probability=value) for label, value in best]

    def _of_logits(self, logits: Any) -> dict[str, float]:
        import torch

        names = list(self.names() if callable(self.names) else self.names)
        row = logits.float().reshape(-1)
        if len(row) == 1 and len(names) == 2:
            row = torch.cat([torch.zeros_like(row), row])
        if len(row) != len(names):
            raise ActionFailed(
                f"The model gave {len(row)} logits, and there are {len(names)} class names."
            )
        return dict(zip(names, row.softmax(0).tolist(), strict=True))

    def component(self) -> Any:
        """Bars."""
        import gradio as gr

        return gr.Label(label="Classes", num_top_classes=self.top_k)

    def shown(self, result: list[Prediction]) -> dict[str, float]:
        """Probabilities by label."""
        return {prediction.label: prediction.probability for prediction in result}


@dataclass(frozen=True, kw_only=True)
class NumberOutput:
    """A single number, with its unit for the page."""

    unit: str = ""

    @property
    def annotation(self) -> Any:
        """A number."""
        return float

    def finish(self, output: Any) -> float:
        """The only member of the tensor."""
        tensor = as_finite(output)
        if tensor.numel() != 1:
            raise ActionFailed(f"The model gave {tensor.numel()} numbers in place of one.")
        return float(tensor.item())

    def component(self) -> Any:
        """A field with the unit as its label."""
        import gradio as gr

        return gr.Number(label=f"Result ({self.unit})" if self.unit else "Result")

    def shown(self, result: float) -> float:
        """The number."""
        return result


@dataclass(frozen=True, kw_only=True)
class ImageOutput:
    """A picture, from ``(1, channels, height, width)`` with values from ``low`` to ``high``."""

    low: float = 0.0
    high: float = 1.0

    @property
    def annotation(self) -> Any:
        """A picture."""
        return Image.Image

    def finish(self, output: Any) -> Image.Image:
        """The only picture of the batch; values beyond the range are cut off."""
        import torch

        tensor = as_finite(output).float()
        if tensor.dim() != 4 or tensor.shape[0] != 1 or tensor.shape[1] not in (1, 3):
            raise ActionFailed(f"The model gave {list(tensor.shape)}, which is no picture.")
        scaled = ((tensor[0] - self.low) / (self.high - self.low)).clamp(0, 1) * 255
        values = scaled.round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        return Image.fromarray(values.squeeze(2) if values.shape[2] == 1 else values)

    def component(self) -> Any:
        """The picture."""
        import gradio as gr

        return gr.Image(label="Result", format="png", interactive=False)

    def shown(self, result: Image.Image) -> Image.Image:
        """The picture."""
        return result


@dataclass(frozen=True)
class TextOutput:
    """A text: what was returned, or the ``generated_text`` (or such) of a pipeline's answer."""

    key: str = "generated_text"

    @property
    def annotation(self) -> Any:
        """A text."""
        return str

    def finish(self, output: Any) -> str:
        """The text itself, of several the first."""
        while isinstance(output, list | tuple) and output:
            output = output[0]
        if isinstance(output, Mapping):
            output = output.get(self.key)
        if not isinstance(output, str):
            raise ActionFailed(f"The model gave a {type(output).__name__} in place of a text.")
        return output

    def component(self) -> Any:
        """A text to copy."""
        import gradio as gr

        return gr.Textbox(label="Result", lines=4, buttons=["copy"])

    def shown(self, result: str) -> str:
        """The text."""
        return result


def as_finite(output: Any) -> Any:
    """The tensor that a module returned.

    Raises:
        ActionFailed: it is none, or holds not-a-number or infinity.
    """
    import torch

    if not isinstance(output, torch.Tensor):
        raise ActionFailed(f"The model gave a {type(output).__name__} in place of a tensor.")
    if not bool(torch.isfinite(output).all()):
        raise ActionFailed("The model gave not-a-number or infinity: are these its weights?")
    return output


def _labelled(output: Any) -> dict[str, float] | None:
    """Scores by label from what a classification pipeline returns; None if it is none."""
    while isinstance(output, list) and len(output) == 1 and isinstance(output[0], list):
        output = output[0]
    rows = output if isinstance(output, list) else [output]
    if not all(isinstance(row, Mapping) and {"label", "score"} <= row.keys() for row in rows):
        return None
    return {str(row["label"]): float(row["score"]) for row in rows}
