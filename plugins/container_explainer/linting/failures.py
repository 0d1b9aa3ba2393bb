"""The forward pass that fails: a layer that does not fit, or whatever else stopped it."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from demo_app.errors import shorten

from ..anatomy.failures import NO_VALUES
from ..anatomy.trace import TooManyValues
from .findings import Finding
from .flow import Run
from .mending import expression, replaced
from .order import Step, is_called, is_dropout, shown, tensors_in
from .shapes import find_misfit, picture_on_linear

NO_FORWARD = (
    "A ModuleList and a ModuleDict only hold modules; the module around them calls their members."
)
NOT_RUN = (
    "Rules on the order of calls were left out; those on how the module is put together were not."
)
STOPPED = "Nothing after this place is run, so nothing after it was looked at."
FEATURE_MAPS = (
    *(nn.modules.conv._ConvNd, nn.modules.pooling._MaxPoolNd, nn.modules.pooling._AvgPoolNd),
    *(nn.modules.pooling._AdaptiveAvgPoolNd, nn.modules.pooling._AdaptiveMaxPoolNd),
)
KEEPING = (nn.modules.batchnorm._BatchNorm, nn.ReLU, nn.GELU, nn.SiLU, nn.LeakyReLU, nn.Tanh)


def find_failure(model: nn.Module, run: Run, name: str = "self") -> Iterator[Finding]:
    """Why the forward pass of a module stops, or would: the first thing that does not fit."""
    for step in run.order.steps:
        if step.module is not None:
            misfit = find_misfit(model, step.path, step.module, list(step.given), name)
            if misfit is not None:
                yield misfit
                return
    if run.error is not None:
        yield _failure(model, run, run.error, name)


def find_pictures_on_linear(model: nn.Module, run: Run, name: str = "self") -> Iterator[Finding]:
    """Linear layers that get the feature maps of a convolution as they are."""
    for step in run.order.steps:
        if not is_called(step, nn.Linear) or step.given[0].dim() != 4 or not step.sources:
            continue
        source: Step = step.sources[0]
        while source.sources and (is_dropout(source) or isinstance(source.module, KEEPING)):
            source = source.sources[0]
        if is_called(source, FEATURE_MAPS):
            yield picture_on_linear(model, step.path, step.given[0], name)


def not_run(reason: str) -> Finding:
    """The hint that a module could not be run, which is no fault of it."""
    return Finding(
        rule="not-run",
        severity="hint",
        path="",
        message=f"The module was not run. {reason}",
        why=NOT_RUN,
        mend="# Nothing needs to be changed for the module to work.",
    )


def _failure(model: nn.Module, run: Run, error: Exception, name: str) -> Finding:
    text = str(error)
    if isinstance(error, TooManyValues) or any(words in text for words in NO_VALUES):
        return not_run("It needs the values in a tensor, and here only shapes are known.")
    if not run.stopped:
        return _stopped("", "", error, "# In forward: see the message.")
    call = run.stopped[-1]
    misfit = find_misfit(model, call.path, call.module, list(call.args), name)
    if misfit is not None:
        return misfit
    place = f"{call.path or 'The whole'} ({type(call.module).__name__})"
    holds_only = isinstance(call.module, nn.ModuleList | nn.ModuleDict)
    if holds_only and 'missing the required "forward"' in text:
        return _without_forward(model, call.path, call.module, place, name)
    given = ", ".join(shown(tensor.shape) for tensor in tensors_in((call.args, call.kwargs)))
    said = f" got {given} and" if given else ""
    if run.stopped_at is not None:
        function, shapes = run.stopped_at
        listed = " and ".join(map(shown, shapes))
        said += f" stops in {function} of {listed}:"
    else:
        said += " stops:"
    return _stopped(f"{place}{said} ", call.path, error, _advice(model, run, name))


def _without_forward(
    model: nn.Module, path: str, module: nn.Module, place: str, name: str
) -> Finding:
    reached = expression(model, path, name)
    values = f"{reached}.values()" if isinstance(module, nn.ModuleDict) else reached
    return Finding(
        rule="container-called",
        severity="error",
        path=path,
        message=f"{place} is called, and has no forward.",
        why=NO_FORWARD,
        mend=replaced(model, path, f"nn.Sequential(*{values})", name),
    )


def _stopped(place: str, path: str, error: Exception, mend: str) -> Finding:
    # The text of an error of the operating system has paths of the server in it.
    text = "" if isinstance(error, OSError) else shorten(str(error).strip().partition("\n")[0], 300)
    said = f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."
    return Finding(
        rule="forward-fails",
        severity="error",
        path=path,
        message=f"{place}{said}",
        why=STOPPED,
        mend=mend,
    )


def _advice(model: nn.Module, run: Run, name: str) -> str:
    call = run.stopped[-1]
    if isinstance(run.error, TypeError) and "positional argument" in str(run.error):
        return (
            f"# In forward: call {expression(model, call.path, name)} with all its arguments; a "
            "Sequential passes one."
        )
    return f"# In forward of {type(call.module).__name__}: make these shapes fit."
