"""The action on a checkpoint file: what its header says, and how it fits a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from demo_app import Context, File, action

from .parameters import Code, Depth, Model
from .results import (
    Converted,
    Fit,
    LoadingWay,
    MatchReport,
    Misshapen,
    ModelMatch,
    TiedName,
)
from .stored.checkpoint_header import read_checkpoint
from .stored.checkpoint_tree import stored_rows

if TYPE_CHECKING:
    from .stored.matching import Comparison, Match, Way


@action
def match(
    ctx: Context,
    *,
    file: Annotated[File, Field(description="A safetensors file; only its header is read.")],
    model: Model = None,
    code: Code = None,
    depth: Depth = None,
) -> MatchReport:
    """Read a checkpoint's header, and say which of its tensors fit a model and how to load them.

    Without a model or code, only what is in the file.

    Raises:
        CodeError: the code cannot be run, and where.
        InvalidInput: it is no whole safetensors file, has too many names for a table, or both a
            model and code are given.
        Unknown: there is no such model.
        DemoError: it cannot be built.
    """
    header = read_checkpoint(file)
    rows = stored_rows(header, depth)
    found = None
    if model is not None or code is not None:
        from .stored.matching import match as compare
        from .subject.subjects import opened

        with opened(ctx, model=model, code=code) as subject:
            found = _told(subject.model, subject.title, compare(header, subject.module))
    return MatchReport(
        file=header.file,
        tensors=len(header.tensors),
        count=header.count,
        bytes=header.bytes,
        header_bytes=header.header_bytes,
        metadata=dict(header.metadata),
        rows=rows,
        match=found,
    )


def _told(model: str, title: str, found: Match) -> ModelMatch:
    ways = found.alternatives or ((found.way,) if found.way is not None else ())
    return ModelMatch(
        model=model,
        title=title,
        verdict=found.verdict,
        as_it_is=_fit(found.as_it_is),
        ways=[_way(way) for way in ways],
    )


def _way(way: Way) -> LoadingWay:
    renaming = way.renaming
    return LoadingWay(
        renames=renaming is not None,
        confidence=renaming.confidence if renaming is not None else "",
        because=renaming.because if renaming is not None else "",
        fit=_fit(way.comparison),
        code=way.code,
    )


def _fit(comparison: Comparison) -> Fit:
    return Fit(
        complete=comparison.is_complete,
        matched=list(comparison.matched),
        missing=list(comparison.missing),
        unexpected=list(comparison.unexpected),
        wrong_shapes=[
            Misshapen(
                name=each.name,
                stored_name=each.stored_name,
                stored=list(each.stored),
                expected=list(each.expected),
                remark=each.remark,
            )
            for each in comparison.wrong_shapes
        ],
        other_dtypes=[
            Converted(name=each.name, stored=each.stored, expected=each.expected)
            for each in comparison.other_dtypes
        ],
        aliases=[TiedName(name=each.name, same_as=each.same_as) for each in comparison.aliases],
    )
