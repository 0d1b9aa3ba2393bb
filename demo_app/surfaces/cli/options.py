"""The options that every command takes: which plugins there are, and how errors are shown."""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from demo_app.collecting import resting
from demo_app.host import Host

PANEL = "Which plugins"


def _declared(
    *,
    plugin_dir: Annotated[
        list[Path] | None,
        typer.Option(
            "--plugin-dir",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="A further folder of plugins; may be repeated.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="A,B",
            help="Load exactly these plugins.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    disable: Annotated[
        list[str] | None,
        typer.Option(
            "--disable",
            metavar="A,B",
            help="Leave these plugins out, built-in ones too.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    debug: Annotated[
        bool,
        typer.Option("--debug", metavar="", help="Show the traceback of an error, not one line."),
    ] = False,
) -> None:
    """Hold the declarations; ``with_settings`` copies them to every command."""


OPTIONS = tuple(inspect.signature(_declared, eval_str=True).parameters.values())
NAMES = frozenset(option.name for option in OPTIONS)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which plugins a command works with; ``only`` is None where every plugin is wanted."""

    plugin_dirs: tuple[Path, ...] = ()
    only: tuple[str, ...] | None = None
    disable: tuple[str, ...] = ()

    @classmethod
    def of(cls, context: Any) -> Settings:
        """What was given to a command and, before it, to the groups that it belongs to."""
        given = cls._from(context.params)
        return given if context.parent is None else cls.of(context.parent).joined(given)

    @classmethod
    def scan(cls, arguments: Sequence[str]) -> Settings:
        """What stands among the arguments of a command that is not known yet.

        The actions of a demo are known only once its plugin is loaded, but the options that say
        where it lies may come last.
        """
        cli = typer.Typer(add_completion=False)
        tolerant = {"ignore_unknown_options": True, "allow_extra_args": True}
        cli.command(context_settings=tolerant, add_help_option=False)(_declared)
        parser = typer.main.get_command(cli)
        return cls._from(parser.make_context("", list(arguments), resilient_parsing=True).params)

    @classmethod
    def _from(cls, params: dict[str, Any]) -> Settings:
        only = params.get("only")  # An empty list where the option was not given.
        return cls(
            plugin_dirs=tuple(params.get("plugin_dir") or ()),
            only=tuple(_split(only)) if only else None,
            disable=tuple(_split(params.get("disable") or ())),
        )

    def joined(self, other: Settings) -> Settings:
        """Both together."""
        selections = [s.only for s in (self, other) if s.only is not None]
        return Settings(
            plugin_dirs=self.plugin_dirs + other.plugin_dirs,
            only=sum(selections, ()) if selections else None,
            disable=self.disable + other.disable,
        )

    def host(self) -> Host:
        """The host with these plugins.

        Raises:
            ConfigurationError: ``--only`` or ``--disable`` name a plugin that is not there.
        """
        # What a plugin prints while it is imported must not end up in a command's JSON.
        with contextlib.redirect_stdout(sys.stderr), resting():
            return Host(self.plugin_dirs, only=self.only, disable=self.disable)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the shared options; it receives their ``Settings`` as its first argument.

    A parameter ``ctx`` of the command receives typer's context.
    """
    signature = inspect.signature(command, eval_str=True)
    _, *own = signature.parameters.values()
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    @functools.wraps(command)
    def configured(*, ctx: typer.Context, **arguments: Any) -> Any:
        given = {"ctx": ctx, **arguments}
        return command(Settings.of(ctx), **{p.name: given[p.name] for p in own})

    keyword_only = [p.replace(kind=p.KEYWORD_ONLY) for p in own if p.name != "ctx"]
    configured.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [context, *keyword_only, *OPTIONS]
    )
    configured.__annotations__ = {}
    return configured


def complete_plugin(ctx: typer.Context, incomplete: str) -> list[str]:
    """The plugins whose names begin so, for the shell's completion."""
    names = (plugin.name for plugin in Settings.of(ctx).host().plugins)
    return sorted({name for name in names if name.startswith(incomplete)})


def _split(texts: Iterable[str]) -> list[str]:
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]
