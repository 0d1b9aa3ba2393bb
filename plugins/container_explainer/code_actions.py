"""Actions on what a visitor types: run it, find what is wrong with it, change it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from demo_app import Context, action

from .parameters import Code, InputShape, Model
from .results import CodeRun, EditReport, LintReport

Name = Annotated[str, Field(max_length=200)]
Operation = Literal[
    "append",
    "insert",
    "delete",
    "slice",
    "repeat",
    "wrap",
    "rename",
    "name_children",
    "number_children",
    "to_module_list",
]
Bound = Annotated[int, Field(ge=-100_000, le=100_000)] | None


@action
def run_code(
    ctx: Context,
    *,
    code: Annotated[
        str,
        Field(
            min_length=1,
            max_length=20_000,
            description="PyTorch code that makes layers and models.",
        ),
    ],
) -> CodeRun:
    """Run code of the container language: what it prints, which modules it makes, where.

    Raises:
        CodeError: it cannot be run: at which line and column, and what to write instead.
    """
    from .subject.typed_code import describe_run

    return describe_run(code)


@action
def lint(
    ctx: Context,
    *,
    model: Model = None,
    code: Code = None,
    input_shape: InputShape = None,
    loss: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100,
            description="What it is trained with: CrossEntropyLoss, F.nll_loss …",
        ),
    ]
    | None = None,
) -> LintReport:
    """Find what is wrong, doubtful or needless in a model, why, and the line that mends it.

    Raises:
        CodeError: the code cannot be run, and where.
        InvalidInput: neither a model nor code is given, or both, or the shape is too large.
        Unknown: there is no such model.
        DemoError: it cannot be built.
    """
    from .language.errors import CodeError
    from .subject.subjects import opened
    from .subject.typed_code import lint_subject, refused_container

    try:
        with opened(ctx, model=model, code=code, input_shape=input_shape) as subject, subject.limit:
            return lint_subject(subject, loss)
    except CodeError as error:
        report = refused_container(error, code or "")
        if report is None:
            raise
        return report


@action
def edit(
    ctx: Context,
    *,
    model: Model = None,
    code: Code = None,
    operation: Annotated[Operation, Field(description="What to do.")],
    at: Annotated[
        str,
        Field(max_length=500, description="Path of the container; the whole model if left out."),
    ] = "",
    child: Annotated[int, Field(ge=-100_000, le=100_000)]
    | Annotated[
        str,
        Field(
            max_length=200,
            description="Which child, by index or name: to delete, to rename, to insert before; "
            "for to_module_list the attribute with the list.",
        ),
    ]
    | None = None,
    layer: Annotated[
        str,
        Field(
            min_length=1, max_length=2_000, description="To append or insert, as code: nn.ReLU()."
        ),
    ]
    | None = None,
    name: Annotated[
        str, Field(max_length=200, description="Of the new child; to rename, the new name.")
    ]
    | None = None,
    names: Annotated[
        list[Name],
        Field(
            max_length=10_000,
            description="For name_children, one for each; by class and number if left out.",
        ),
    ]
    | None = None,
    start: Annotated[Bound, Field(description="Of a slice, from 0.")] = None,
    stop: Annotated[Bound, Field(description="Of a slice, itself left out.")] = None,
    times: Annotated[int, Field(ge=1, le=10_000, description="How often to repeat.")] = 2,
    shared: Annotated[
        bool, Field(description="Repeat the very same layers; or copies with own weights.")
    ] = True,
) -> EditReport:
    """What if: change a container, and see the print, the state_dict keys and the remapping.

    Raises:
        CodeError: the code of the model or of the layer cannot be run, and where.
        InvalidInput: neither a model nor code is given, or both; the operation lacks something, or
            does not suit the container.
        Unknown: there is no such model.
        DemoError: it cannot be built.
    """
    from .altering.requested_edit import Request, built_layer, describe, perform
    from .subject.subjects import opened

    request = Request(
        operation=operation,
        at=at,
        child=child,
        layer=built_layer(layer, operation) if layer is not None else None,
        name=name,
        names=names,
        start=start,
        stop=stop,
        times=times,
        shared=shared,
    )
    with opened(ctx, model=model, code=code) as subject:
        return describe(perform(subject.module, request))
