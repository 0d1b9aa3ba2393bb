"""What this demo can do with a model: list what there is, take one apart, print, draw, save."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from demo_app import Context, DemoError, File, InvalidInput, action
from demo_app.errors import shorten

from .parameters import Code, Depth, InputShape, Model, OpenDepth
from .report import Explanation, ModelChoice
from .results import Drawing, ExhibitInfo
from .subject.exhibits import exhibits

if TYPE_CHECKING:
    from .drawing.diagram import Diagram
    from .subject.subjects import Subject

GIVE_SHAPE = (
    "It was not run, so that there are no shapes and no multiply-adds. For those give the shape "
    "of its input: 1,3,224,224, say."
)
ExplainFormat = Annotated[
    Literal["report", "csv", "markdown", "json"],
    Field(description="As data, or as the text of a table or document."),
]


@action
def models(
    ctx: Context,
    *,
    torchvision: Annotated[
        bool, Field(description="Also every model of torchvision, by its name there.")
    ] = False,
) -> list[ModelChoice]:
    """List every model of every ready demo, by the name that the other actions take."""
    choices = [
        ModelChoice(model=f"{demo.name}/{spec.name}", demo_title=demo.card.title, title=spec.title)
        for demo in ctx.demos.values()
        for spec in demo.models.values()
    ]
    if torchvision:
        from .subject.torchvision_models import tasks

        choices += [
            ModelChoice(model=f"torchvision/{name}", demo_title="torchvision", title=name)
            for name in tasks()
            if not name.startswith("quantized_")
        ]
    return choices


@action
def gallery(ctx: Context) -> list[ExhibitInfo]:
    """List the networks of the gallery: what each shows, where it comes from, code to type it."""
    known = {f"{demo.name}/{name}" for demo in ctx.demos.values() for name in demo.models}
    return [
        exhibit
        for exhibit in exhibits()
        if exhibit.model in known or exhibit.model.startswith("torchvision/")
    ]


@action
def explain(
    ctx: Context,
    *,
    model: Model = None,
    code: Code = None,
    input_shape: InputShape = None,
    depth: Depth = None,
    format: ExplainFormat = "report",
) -> Explanation | str:
    """Take a model apart: its containers and layers, their shapes, parameters and multiply-adds.

    No weights are loaded or allocated, however large the model is. In a format other than
    ``"report"`` the result is a text.

    Raises:
        CodeError: the code cannot be run, and where.
        InvalidInput: neither a model nor code is given, or both, or the shape is too large.
        Unknown: there is no such model.
        DemoError: it cannot be built.
    """
    from .subject.subjects import opened
    from .telling.exports import as_csv, as_json, as_markdown

    with opened(ctx, model=model, code=code, input_shape=input_shape) as subject, subject.limit:
        explanation = _explained(subject, depth)
    if format == "report":
        return explanation
    return {"csv": as_csv, "markdown": as_markdown, "json": as_json}[format](explanation)


@action
def print_structure(ctx: Context, *, model: Model = None, code: Code = None) -> str:
    """Print a model exactly as ``print(model)`` does.

    Raises:
        CodeError: the code cannot be run, and where.
        InvalidInput: neither a model nor code is given, or both.
        Unknown: there is no such model.
        DemoError: it cannot be built or printed.
    """
    from .anatomy.tree import as_off_meta
    from .subject.subjects import opened

    with opened(ctx, model=model, code=code) as subject:
        try:
            return as_off_meta(str(subject.module))
        except Exception as error:
            raise DemoError(
                f"print(model) itself raises {type(error).__name__} for {subject.model}, whose "
                "numbers are not there to be printed."
            ) from error


@action
def diagram(
    ctx: Context,
    *,
    model: Model = None,
    code: Code = None,
    input_shape: InputShape = None,
    depth: OpenDepth = None,
) -> Drawing:
    """Draw how data flows through a model, as an SVG; it needs the shape of an input.

    Raises:
        CodeError: the code cannot be run, and where.
        InvalidInput: neither a model nor code is given, or both, or the shape is too large.
        Unknown: there is no such model.
        DemoError: it cannot be built.
    """
    from .subject.subjects import opened

    with opened(ctx, model=model, code=code, input_shape=input_shape) as subject, subject.limit:
        drawn = _drawn(subject, depth)
    return Drawing(svg=drawn.svg, depth=drawn.depth, boxes=drawn.boxes, notes=drawn.notes)


@action
def save(
    ctx: Context,
    *,
    model: Model = None,
    code: Code = None,
    input_shape: InputShape = None,
    format: Annotated[
        Literal["csv", "markdown", "json", "svg"],
        Field(description="A table, a document, all of it as data, or the diagram."),
    ] = "csv",
) -> File:
    """Make a file of a model's explanation, to take along: CSV, Markdown, JSON or SVG.

    Raises:
        CodeError: the code cannot be run, and where.
        InvalidInput: neither a model nor code is given, or both; the shape is too large, or the
            diagram lacks one.
        Unknown: there is no such model.
        DemoError: it cannot be built.
    """
    from .subject.subjects import opened
    from .telling.exports import as_file

    with opened(ctx, model=model, code=code, input_shape=input_shape) as subject, subject.limit:
        if format != "svg":
            return as_file(_explained(subject, None), format)
        drawn = _drawn(subject, None)
    if not drawn.svg:
        raise InvalidInput("input_shape: a diagram needs the shape of the input: 1,3,224,224, say.")
    stem = subject.title.replace("/", " ").replace("\\", " ")
    return File(name=f"{shorten(stem, 80)}.svg", data=drawn.svg.encode())


def _explained(subject: Subject, depth: int | None) -> Explanation:
    from .anatomy.explanation import NO_INPUTS, explain_module

    explanation = explain_module(
        subject.module, subject.inputs, model=subject.model, title=subject.title, depth=depth
    )
    if subject.program is None:
        return explanation
    notes = [GIVE_SHAPE if note == NO_INPUTS else note for note in explanation.notes]
    return dataclasses.replace(explanation, notes=notes)


def _drawn(subject: Subject, depth: int | None) -> Diagram:
    from .drawing.diagram import NO_INPUTS
    from .drawing.diagram import diagram as draw

    drawn = draw(subject.module, subject.inputs, title=subject.title, depth=depth)
    if subject.program is None:
        return drawn
    notes = [GIVE_SHAPE if note == NO_INPUTS else note for note in drawn.notes]
    return dataclasses.replace(drawn, notes=notes)
