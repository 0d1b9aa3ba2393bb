"""What this demo can do with a model: list what there is, take one apart, print one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from demo_app import Context, DemoError, ModelSpec, action
from demo_app.errors import Unknown

from .report import Explanation, ModelChoice

if TYPE_CHECKING:
    from torch import nn

Model = Annotated[
    str,
    Field(min_length=1, max_length=200, description='Which model, as "demo/model"; see models.'),
]


@action
def models(ctx: Context) -> list[ModelChoice]:
    """List every model of every ready demo, by the name that the other actions take."""
    return [
        ModelChoice(model=f"{demo.name}/{spec.name}", demo_title=demo.card.title, title=spec.title)
        for demo in ctx.demos.values()
        for spec in demo.models.values()
    ]


@action
def explain(
    ctx: Context,
    *,
    model: Model,
    depth: Annotated[
        int, Field(ge=0, le=100, description="How many levels of modules to list; all if left out.")
    ]
    | None = None,
) -> Explanation:
    """Take a model apart: its containers and layers, their shapes, parameters and multiply-adds.

    No weights are loaded or allocated, however large the model is.

    Raises:
        Unknown: there is no such model.
        DemoError: it cannot be built.
    """
    from .explanation import explain_module

    with _built(ctx, model) as (spec, module):
        return explain_module(
            module, spec.inputs_of_parts, model=model, title=spec.title or spec.name, depth=depth
        )


@action
def print_structure(ctx: Context, *, model: Model) -> str:
    """Print a model exactly as ``print(model)`` does.

    Raises:
        Unknown: there is no such model.
        DemoError: it cannot be built or printed.
    """
    from .tree import as_off_meta

    with _built(ctx, model) as (_, module):
        try:
            return as_off_meta(str(module))
        except Exception as error:
            raise DemoError(
                f"print(model) itself raises {type(error).__name__} for {model}, whose numbers "
                "are not there to be printed."
            ) from error


@contextmanager
def _built(ctx: Context, model: str) -> Iterator[tuple[ModelSpec, nn.Module]]:
    """The model of that name on the meta device, to be looked at inside the block."""
    import torch

    known = {
        f"{demo.name}/{spec.name}": (demo, spec)
        for demo in ctx.demos.values()
        for spec in demo.models.values()
    }
    if model not in known:
        raise Unknown("model", model, known)
    demo, spec = known[model]
    # Tensors made in inference mode could not be run outside of it, where operations are counted.
    with torch.inference_mode(False):
        yield spec, demo.build_model(spec.name, meta=True)
