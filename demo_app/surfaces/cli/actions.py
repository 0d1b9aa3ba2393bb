"""An action as a command: its options from its signature, its help from its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Annotated, Any

import typer

from demo_app.actions import Action, Parameter
from demo_app.host import Host
from demo_app.surfaces.cli import options
from demo_app.surfaces.cli.arguments import Reader, is_flag, is_repeated, parse
from demo_app.surfaces.cli.call import call
from demo_app.surfaces.cli.describe import default_text, describe, describe_result, example_text
from demo_app.surfaces.cli.options import Settings, with_settings
from demo_app.surfaces.cli.saving import Destination

RESERVED = options.NAMES | {"help", "json", "out"}
"""Options of every action's command; a parameter of such a name is given as ``--param-NAME``."""

_PREFIX = "param_"
_SECTION = re.compile(
    r"^(Args|Arguments|Attributes|Raises|Returns|Yields|Examples?|Notes?):$", re.M
)


def _declared(
    *,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Where pictures and files of the result go; several are numbered. "
            "A folder takes them under their own names.",
            rich_help_panel="Output",
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            metavar="",
            help="Print JSON; of a stream every value, one document a line.",
            rich_help_panel="Output",
        ),
    ] = False,
) -> None:
    """Hold the declarations of the options that every action has."""


_OUTPUT = tuple(inspect.signature(_declared, eval_str=True).parameters.values())


def command(host: Host, plugin: str, action: Action) -> Callable[..., None]:
    """The function behind an action's command, for typer to read its options from."""
    from rich.markup import escape

    def run(settings: Settings, *, out: str | None, json: bool, **given: Any) -> None:
        reader = Reader()
        arguments = {
            parameter.name: parse(parameter, given[_PREFIX + parameter.name], reader)
            for parameter in action.parameters
            if given[_PREFIX + parameter.name] is not None
        }
        destination = Destination(out) if out is not None else None
        if destination:
            destination.check(action)
        with host:
            call(host[plugin], action, arguments, destination, as_json=json)

    first = inspect.Parameter("settings", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    own = (_option(parameter) for parameter in action.parameters)
    run.__signature__ = inspect.Signature([first, *own, *_OUTPUT])  # type: ignore[attr-defined]
    verb = "Streams" if action.streaming else "Returns"
    text = _SECTION.split(action.help)[0].strip()
    run.__doc__ = escape(f"{text}\n\n{verb}: {describe_result(action)}.".strip())
    return with_settings(run)


def flag(name: str) -> str:
    """The option of a parameter: ``--top-k`` for ``top_k``."""
    return "--" + (_PREFIX + name if name in RESERVED else name).replace("_", "-")


def example(plugin: str, action: Action) -> str:
    """A command line that gives every required parameter."""
    given = (f"{flag(p.name)} {example_text(p)}" for p in action.parameters if p.required)
    return " ".join(["demo-app call", plugin, action.name, *given])


def _option(parameter: Parameter) -> inspect.Parameter:
    from rich.markup import escape

    name = flag(parameter.name)
    default = default_text(parameter)
    help_text = escape(parameter.help)
    kind: Any = list[str] if is_repeated(parameter.annotation) else str
    if is_flag(parameter.annotation):
        kind, name = bool, f"{name}/--no-{name.removeprefix('--')}"
    elif is_repeated(parameter.annotation):
        help_text = f"{help_text} May be repeated.".strip()
    if default is not None:
        help_text += f" [dim]{escape(f'[default: {default}]')}[/dim]"
    metavar = "" if kind is bool else f"<{describe(parameter)}>"
    option = typer.Option(name, help=help_text.strip(), metavar=metavar)
    return inspect.Parameter(
        _PREFIX + parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[kind if parameter.required else kind | None, option],
        default=inspect.Parameter.empty if parameter.required else None,
    )
