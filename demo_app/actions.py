"""Actions: typed functions of a demo, written once and served on every surface."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from demo_app.errors import InvalidInput, shorten, suggestion

if typing.TYPE_CHECKING:
    from pydantic import BaseModel

Function = TypeVar("Function", bound=Callable[..., Any])

MAX_SEED = 2**53 - 1
"""The largest integer that JSON and a browser carry exactly: a seed means the same everywhere."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the host runs an action; see ``action``."""

    grad: bool = False
    seed: bool = False
    exclusive: bool = False


@typing.overload
def action(function: Function, /) -> Function: ...
@typing.overload
def action(
    *, grad: bool = False, seed: bool = False, exclusive: bool = False
) -> Callable[[Function], Function]: ...
def action(function: Any = None, /, **options: bool) -> Any:
    """Mark a function as an action; it stays a plain function.

    Its first parameter is the ``Context``; the others are keyword-only and annotated, with bounds
    and help in ``Annotated[int, Field(ge=1, description="…")]``. It returns plain data, or yields
    it and thereby streams. The first line of its docstring is the help that surfaces show.

    Args:
        function: the function itself, when used without parentheses.
        **options: ``grad=True`` runs it with gradients, outside inference mode. ``seed=True``
            adds the parameter ``seed`` to every surface and makes ``ctx.rng`` available; left
            out by the caller, a seed is drawn. ``exclusive=True`` lets no two calls overlap
            (of all exclusive actions of the demo).
    """
    if function is None:
        return lambda function: _mark(function, options)
    return _mark(function, options)


def _mark(function: Function, options: dict[str, bool]) -> Function:
    function.__demo_action__ = Options(**options)  # type: ignore[attr-defined]
    return function


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One argument of an action, as surfaces show it."""

    name: str
    annotation: Any
    default: Any
    required: bool
    help: str


class Action:
    """A marked function, its parameters and its validation.

    Attributes:
        name: the function's name.
        function: the plain function.
        options: what ``@action(...)`` said.
        streaming: whether it is a generator function.
        parameters: in the order of the signature; ``seed`` last, where the action is seeded.
        returns: the annotation of the result, or of each value of a stream.
        help: the docstring.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        options = getattr(function, "__demo_action__", None)
        if not isinstance(options, Options):
            name = getattr(function, "__name__", repr(function))
            raise TypeError(f"demo_actions() returned {name}, which is not marked with @action")
        self.function = function
        self.options = options
        self.name = function.__name__
        self.streaming = inspect.isgeneratorfunction(function)
        self.help = inspect.getdoc(function) or ""
        hints = typing.get_type_hints(function, include_extras=True)
        self.returns = self._result_type(hints.get("return", inspect.Parameter.empty))
        self.parameters = tuple(self._parameters(hints))
        self._model = self._build_model()

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.help.partition("\n")[0]

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Check and convert the arguments of a call; defaults are filled in.

        Raises:
            InvalidInput: naming every argument that does not fit, without echoing its value.
        """
        from pydantic import ValidationError

        try:
            checked = self._model.model_validate(dict(arguments))
        except ValidationError as error:
            raise InvalidInput(self._explain(error)) from error
        return {parameter.name: getattr(checked, parameter.name) for parameter in self.parameters}

    def _parameters(self, hints: Mapping[str, Any]) -> Iterator[Parameter]:
        context, *rest = inspect.signature(self.function).parameters.values() or (None,)
        if context is None or context.kind is inspect.Parameter.KEYWORD_ONLY:
            raise TypeError(f"{self.name}: the first parameter of an action is the Context")
        for parameter in rest:
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                raise TypeError(f"{self.name}: write *, before {parameter.name}: keyword-only")
            if parameter.name not in hints:
                raise TypeError(f"{self.name}: {parameter.name} has no annotation")
            if parameter.name == "seed":
                raise TypeError(f"{self.name}: mark it @action(seed=True) and use ctx.rng")
            required = parameter.default is inspect.Parameter.empty
            yield Parameter(
                name=parameter.name,
                annotation=hints[parameter.name],
                default=None if required else parameter.default,
                required=required,
                help=_description(hints[parameter.name]),
            )
        if self.options.seed:
            yield _seed_parameter()

    def _build_model(self) -> type[BaseModel]:
        from pydantic import create_model

        from demo_app.annotations import CONFIG, for_pydantic

        members: dict[str, Any] = {
            p.name: (for_pydantic(p.annotation), ... if p.required else p.default)
            for p in self.parameters
        }
        return create_model(self.name, __config__=CONFIG, **members)

    def _result_type(self, annotation: Any) -> Any:
        if annotation is inspect.Parameter.empty:
            raise TypeError(f"{self.name}: the result has no annotation")
        if not self.streaming:
            return annotation
        if get_origin(annotation) not in (Iterator, Iterable, Generator):
            raise TypeError(f"{self.name}: a stream is annotated Iterator[…]")
        return get_args(annotation)[0]

    def _explain(self, error: Any) -> str:
        known = [parameter.name for parameter in self.parameters]
        sentences = []
        for item in error.errors(include_url=False, include_input=False):
            where = ".".join(shorten(part) for part in item["loc"])
            if item["type"] == "extra_forbidden":
                hint = suggestion(where, known) or f" It takes: {', '.join(known) or 'none'}."
                sentences.append(f"{self.name} has no parameter {where!r}.{hint}")
            elif item["type"] == "missing":
                sentences.append(f"{where}: is required")
            elif item["type"] == "is_instance_of":
                what = "a picture" if "Image" in item["msg"] else "an uploaded file"
                sentences.append(f"{where}: should be {what}")
            else:
                sentences.append(f"{where}: {item['msg'].removeprefix('Value error, ')}")
        return "; ".join(dict.fromkeys(sentences))

    def __repr__(self) -> str:
        return f"<Action {self.name}({', '.join(p.name for p in self.parameters)})>"


def _description(annotation: Any) -> str:
    """The description in ``Annotated[…, Field(description=…)]``, at any place of a union."""
    for extra in getattr(annotation, "__metadata__", ()):
        if text := getattr(extra, "description", None):
            return str(text)
    return next(filter(None, (_description(a) for a in get_args(annotation))), "")


def _seed_parameter() -> Parameter:
    from typing import Annotated

    from pydantic import Field

    return Parameter(
        name="seed",
        annotation=Annotated[int, Field(ge=0, le=MAX_SEED)] | None,
        default=None,
        required=False,
        help="The same seed gives the same result.",
    )
