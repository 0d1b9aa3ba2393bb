"""A module that somebody holds, as a plugin: card, model, one typed action, a tab."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo_app.actions import action
from demo_app.context import Context
from demo_app.demo import Card, Demo, ModelSpec
from demo_app.errors import ActionFailed, CheckpointError, DemoError
from demo_app.hookspecs import hookimpl
from demo_app.wrapping.inputs import Input
from demo_app.wrapping.outputs import Output
from demo_app.wrapping.weights import load_weights

if TYPE_CHECKING:
    from torch import nn

MODEL = "model"


def from_module(
    module: nn.Module | Callable[[], Any],
    *,
    inputs: Input,
    outputs: Output,
    title: str,
    summary: str = "",
    checkpoint: Path | str | None = None,
    source: str = "",
    action_name: str = "predict",
    icon: str = "🧩",
    **card: Any,
) -> WrappedModule:
    """A plugin around a module, in one call: ``plugin = from_module(…)`` in a file of its own.

    The host looks for that name, ``plugin``, in a module that has no hooks itself.

    Args:
        module: an ``nn.Module`` with its weights; or a function that makes one, called when the
            model is first used, so that listing plugins imports no torch. It may also return
            something else that can be called, such as a ``transformers`` pipeline.
        inputs: what it takes: ``ImageInput``, ``NumberInputs``, ``TextInput``, or your own.
        outputs: what it gives: ``ClassLabels``, ``NumberOutput``, ``ImageOutput``, ``TextOutput``,
            or your own.
        title: of the card.
        summary: of the card.
        checkpoint: a file of weights, relative to the file that calls this: ``.safetensors``, or a
            ``state_dict`` saved by ``torch.save``, which is read without running code.
        source: where the weights are from, for the card; the name of the checkpoint if left out.
        action_name: of the one action.
        icon: of the card.
        card: further members of the ``Card``, such as ``data`` and ``task``.
    """
    path = None
    if checkpoint is not None:
        beside = Path(sys._getframe(1).f_code.co_filename).resolve().parent
        path = beside / Path(checkpoint).expanduser()
    described = Card(title=title, summary=summary or f"{title}, live.", icon=icon, **card)
    told = source or (path.name if path is not None else "weights of its own")
    return WrappedModule(module, inputs, outputs, described, path, told, action_name)


class WrappedModule:
    """The hooks of a plugin that was made by ``from_module``."""

    def __init__(
        self,
        module: Any,
        inputs: Input,
        outputs: Output,
        card: Card,
        checkpoint: Path | None,
        source: str,
        action_name: str,
    ) -> None:
        self._module = module
        self._inputs = inputs
        self._outputs = outputs
        self._card = card
        self._checkpoint = checkpoint
        self._source = source
        self._action = self._make_action(action_name)

    @hookimpl
    def demo_card(self) -> Card:
        """The card."""
        return self._card

    @hookimpl
    def demo_models(self) -> Sequence[ModelSpec]:
        """The one model, which brings its weights along.

        Raises:
            CheckpointError: the file with them is not there.
        """
        if self._checkpoint is not None and not self._checkpoint.is_file():
            raise CheckpointError(f"There is no checkpoint {self._checkpoint}.")
        return [ModelSpec(name=MODEL, source=self._source, example_inputs=self._inputs.specs)]

    @hookimpl
    def demo_build_model(self, name: str) -> nn.Module:
        """A module of its own for the host, with the weights in it, unless it is on meta."""
        made = copy.deepcopy(self._module) if _is_module(self._module) else self._module()
        module: nn.Module = made if _is_module(made) else _called(made)
        on_meta = any(parameter.is_meta for parameter in module.parameters())
        if self._checkpoint is not None and not on_meta:
            load_weights(module, self._checkpoint)
        return module

    @hookimpl
    def demo_actions(self) -> Sequence[Callable[..., Any]]:
        """The one action."""
        return [self._action]

    @hookimpl
    def demo_examples(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """One example, made from the kind of input."""
        return {self._action.__name__: [self._inputs.example()]}

    @hookimpl
    def demo_build_tab(self, demo: Demo) -> None:
        """Inputs beside the output, and a button."""
        import gradio as gr

        name, names = self._action.__name__, list(self._inputs.annotations)

        def run(*values: Any) -> Any:
            return self._outputs.shown(demo.call(name, **dict(zip(names, values, strict=True))))

        gr.Markdown(self._card.summary)
        with gr.Row():
            with gr.Column():
                components = self._inputs.components()
                button = gr.Button(name.replace("_", " ").capitalize(), variant="primary")
            with gr.Column():
                shown = self._outputs.component()
        button.click(run, components, shown)

    def _make_action(self, name: str) -> Callable[..., Any]:
        def run(ctx: Context, **arguments: Any) -> Any:
            module = ctx.model(MODEL)
            prepared = self._inputs.prepare(arguments, ctx.device)
            return self._outputs.finish(_forward(module, prepared))

        first = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        own = [
            inspect.Parameter(parameter, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
            for parameter, annotation in self._inputs.annotations.items()
        ]
        run.__name__ = name
        run.__doc__ = f"What {self._card.title} makes of it."
        run.__signature__ = inspect.Signature([first, *own])  # type: ignore[attr-defined]
        run.__annotations__ = {
            "ctx": Context,
            **self._inputs.annotations,
            "return": self._outputs.annotation,
        }
        return action(run)


def _forward(module: Any, prepared: Sequence[Any]) -> Any:
    try:
        return module(*prepared)
    except DemoError:
        raise
    except (RuntimeError, ValueError, TypeError) as error:
        shapes = ", ".join(str(list(getattr(part, "shape", ()))) for part in prepared)
        raise ActionFailed(
            f"{type(module).__name__} did not take its input of shape {shapes}: "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from error


def _is_module(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _called(function: Any) -> nn.Module:
    """A callable that is no module, such as a pipeline, as one; its ``model`` is the only child."""
    from torch import nn

    class Called(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            if isinstance(getattr(function, "model", None), nn.Module):
                self.model = function.model

        def forward(self, *arguments: Any) -> Any:
            return function(*arguments)

    if not callable(function):
        raise TypeError(f"the function gave a {type(function).__name__}, which cannot be called")
    return Called()
