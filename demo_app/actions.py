"""Actions: typed functions of a demo, written once and served on every surface."""

from __future__ import annotations

import copy
import functools
import inspect
import logging
import typing
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from demo_app.errors import ActionFailed, DemoError, InvalidInput, shorten, suggestion

if typing.TYPE_CHECKING:
    from pydantic import TypeAdapter

logger = logging.getLogger(__name__)
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
    it and thereby streams: each value stands for itself and replaces the one before, and the last
    is the result, so that a page may skip what comes too fast to be seen. The first line of its
    docstring is the help that surfaces show.

    Args:
        function: the function itself, when used without parentheses.
        **options: ``grad=True`` runs it with gradients, outside inference mode. ``seed=True``
            adds the parameter ``seed`` to every surface and makes ``ctx.rng`` available; left
            out by the caller, a seed is drawn. ``exclusive=True`` lets no two calls overlap
            (of all exclusive actions of the demo; none may call another of them).
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


@dataclass(frozen=True, kw_only=True)
class Schemas:
    """The JSON schemas of an action: of its parameters, by name, and of its result."""

    parameters: Mapping[str, Mapping[str, Any]]
    result: Mapping[str, Any]


class Action:
    """A marked function, its parameters and its validation.

    Raises ``TypeError`` with the reason where the function cannot be one.

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
        self._arguments = self._build_validator()
        self._check_defaults()
        self._check_plain()

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.help.partition("\n")[0]

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Check and convert the arguments of a call; defaults are filled in.

        Raises:
            InvalidInput: naming every argument that does not fit, without echoing its value.
            ActionFailed: a check of the author's own broke.
        """
        from pydantic import ValidationError

        try:
            checked = self._arguments.validate_python(dict(arguments))
        except ValidationError as error:
            raise InvalidInput(self._explain(error)) from error
        except DemoError:
            raise
        except Exception as error:
            logger.exception("Checking the arguments of %s", self.name)
            raise ActionFailed(
                f"{self.name} could not check its arguments ({type(error).__name__})."
            ) from error
        return {
            p.name: checked[p.name] if p.name in checked else copy.deepcopy(p.default)
            for p in self.parameters
        }

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

    def _build_validator(self) -> TypeAdapter[dict[str, Any]]:
        from typing import NotRequired

        from pydantic import TypeAdapter

        from demo_app.annotations import checked_dict, for_pydantic

        members: dict[str, Any] = {}
        for p in self.parameters:
            rewritten = for_pydantic(p.annotation)
            members[p.name] = rewritten if p.required else NotRequired[rewritten]
        return TypeAdapter(checked_dict(self.name, members))

    def _check_defaults(self) -> None:
        from pydantic import ValidationError

        defaults = {p.name: p.default for p in self.parameters if not p.required}
        try:
            self._arguments.validate_python(defaults)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                if item["type"] != "missing" or item["loc"][0] in defaults:
                    message = f"{self.name}: the default of {item['loc'][0]}: {item['msg']}"
                    raise TypeError(message) from error

    @functools.cached_property
    def schemas(self) -> Schemas:
        """The JSON schemas of the parameters and the result; made when they are first needed."""
        from demo_app.annotations import json_schema, member_schemas

        annotations = {p.name: p.annotation for p in self.parameters}
        return Schemas(
            parameters=member_schemas(self._arguments, annotations),
            result=json_schema(self.returns),
        )

    def _check_plain(self) -> None:
        """What has no JSON schema (a tensor, a module) cannot travel to any surface."""
        from pydantic.errors import PydanticInvalidForJsonSchema

        from demo_app.annotations import is_plain

        if all(is_plain(a) for a in (self.returns, *(p.annotation for p in self.parameters))):
            return
        try:
            _ = self.schemas
        except PydanticInvalidForJsonSchema as error:
            reason = str(error).partition("\n")[0]
            message = f"{self.name}: its parameters and result must be plain data. {reason}"
            raise TypeError(message) from error

    def _result_type(self, annotation: Any) -> Any:
        if annotation is inspect.Parameter.empty:
            raise TypeError(f"{self.name}: the result has no annotation")
        function = self.function
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{self.name}: an action is no async function")
        is_stream = get_origin(annotation) in (Iterator, Iterable, Generator)
        if self.streaming and not (is_stream and get_args(annotation)):
            raise TypeError(f"{self.name}: a stream is annotated Iterator[…]")
        if is_stream and not self.streaming:
            raise TypeError(f"{self.name}: a stream is a generator function; this one only returns")
        return get_args(annotation)[0] if self.streaming else annotation

    def _explain(self, error: Any) -> str:
        from demo_app.annotations import UNION_MEMBER

        known = [parameter.name for parameter in self.parameters]
        sentences = []
        for item in error.errors(include_url=False, include_input=False):
            where = ".".join(shorten(part) for part in item["loc"] if part != UNION_MEMBER)
            if item["type"] == "extra_forbidden":
                hint = suggestion(where, known) or f" It takes: {', '.join(known) or 'none'}."
                sentences.append(f"{self.name} has no parameter {where!r}.{hint}")
            elif item["type"] == "missing":
                sentences.append(f"{where}: is required")
            elif item["type"] == "is_instance_of":
                what = "a picture" if "Image" in item["msg"] else "an uploaded file"
                sentences.append(f"{where}: should be {what}")
            else:
                message = item["msg"].removeprefix("Value error, ")
                sentences.append(f"{where}: {message.replace(' after validation', '')}")
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
