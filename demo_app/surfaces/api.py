"""The API: one typed, named endpoint an action, and ``/call`` for all of them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components.api_component import Api

from demo_app.actions import Action, Parameter
from demo_app.annotations import json_schema
from demo_app.errors import InvalidInput
from demo_app.host import Host
from demo_app.plugin import Plugin
from demo_app.surfaces.uploads import keep_for_download, read_upload
from demo_app.surfaces.visitors import Visitors, errors_as, show_progress
from demo_app.surfaces.wire import decode, encode

CONCURRENCY = 16
"""Calls of one endpoint that run side by side; Gradio's own default is one."""


@dataclass(frozen=True)
class Result:
    """A result on its way to the wire; opaque, so that Gradio reads no meaning into its keys."""

    value: Any


def param(value: Any, schema: Mapping[str, Any], label: str, help: str = "") -> Api:
    """A parameter or result of an endpoint, described by the JSON schema of its annotation.

    It encodes results; their pictures and files are kept for the client to fetch. An instance of
    Gradio's own class, because every subclass of a component writes a stub file beside its source.
    """
    described = {"additional_description": help} if help else {}
    component = Api(value, _readable_by_gradio(schema) | described, label)

    def postprocess(value: Any) -> Any:
        if not isinstance(value, Result):
            return value
        return encode(value.value, lambda file: keep_for_download(file, component.GRADIO_CACHE))

    component.postprocess = postprocess  # type: ignore[method-assign]
    return component


def endpoint_name(plugin: str, action: str) -> str:
    """The API name of an action; two underscores, which no plugin's name holds."""
    return f"{plugin}__{action}"


def register_endpoints(host: Host, visitors: Visitors) -> list[Any]:
    """Add an endpoint for every action of every ready demo, and ``/call``, to the open Blocks.

    Returns:
        Gradio's records of the endpoints, for ``hide_others``.
    """
    described: dict[str, Api] = {}
    endpoints = [
        _endpoint(host, plugin, action, visitors, described)
        for plugin in (host.plugin(name) for name in host)
        for action in plugin.actions.values()
    ]
    return [*endpoints, _generic_endpoint(host, visitors)]


def hide_others(page: gr.Blocks, endpoints: list[Any]) -> None:
    """Make every event that the host did not register invisible to clients."""
    public = {id(dependency) for dependency in endpoints}
    for function in page.fns.values():
        if id(function) not in public:
            function.api_visibility = "private"


def _endpoint(
    host: Host, plugin: Plugin, action: Action, visitors: Visitors, described: dict[str, Api]
) -> Any:
    parameters = sorted(action.parameters, key=lambda parameter: not parameter.required)
    # Names only: what an endpoint holds stays alive when the plugin is unloaded.
    demo, name, names = plugin.name, action.name, [p.name for p in parameters]

    def run(*values: Any) -> Iterator[Any]:
        yield from _run(host, visitors, demo, name, dict(zip(names, values, strict=True)))

    return _add(
        run if action.streaming else _last_of(run),
        name=endpoint_name(demo, name),
        help=action.help,
        parameters=parameters,
        inputs=[
            _once(described, _default(p), action.schemas.parameters[p.name], p.name, p.help)
            for p in parameters
        ],
        output=_once(described, None, action.schemas.result, "result"),
    )


def _generic_endpoint(host: Host, visitors: Visitors) -> Any:
    parameters = [
        Parameter(name="plugin", annotation=str, default=None, required=True, help="Which demo."),
        Parameter(
            name="action",
            annotation=str,
            default=None,
            required=True,
            help="Which action of it; stop ends this client's running calls with their best.",
        ),
        Parameter(
            name="arguments",
            annotation=dict[str, Any],
            default={},
            required=False,
            help="The action's parameters by name.",
        ),
    ]

    def call(plugin: Any, action: Any, arguments: Any = None) -> Iterator[Any]:
        with errors_as(str):
            if not isinstance(plugin, str) or not isinstance(action, str):
                raise InvalidInput("plugin and action are names")
            if arguments is not None and not isinstance(arguments, Mapping):
                raise InvalidInput("arguments: should be an object with the action's parameters")
            if action == "stop":
                stopped = host.visit(plugin, visitors.current()).stop()
                yield Result({"stopped": stopped})
                return
        yield from _run(host, visitors, plugin, action, arguments or {})

    return _add(
        call,
        name="call",
        help="Run any action of any demo; a stream yields its values one after the other.",
        parameters=parameters,
        inputs=[param(_default(p), json_schema(p.annotation), p.name, p.help) for p in parameters],
        output=param(None, {}, "result"),
    )


def _run(
    host: Host, visitors: Visitors, plugin: str, action: str, arguments: Mapping[str, Any]
) -> Iterator[Result]:
    with errors_as(str):
        demo = host.visit(plugin, visitors.current()).on_progress(show_progress)
        kind = host.plugin(plugin).action(action)
        annotations = {p.name: p.annotation for p in kind.parameters}
        decoded = {
            name: decode(value, annotations.get(name), read_upload)
            for name, value in arguments.items()
        }
        with demo.stream(action, **decoded) as values:
            yield from map(Result, values)


def _readable_by_gradio(schema: Any) -> Any:
    """The schema without the boolean subschemas, at which Gradio's clients stumble."""
    if isinstance(schema, list):
        return [_readable_by_gradio(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _readable_by_gradio(member)
        for key, member in schema.items()
        if not (key == "additionalProperties" and isinstance(member, bool))
    }


def _last_of(run: Callable[..., Iterator[Any]]) -> Callable[..., Any]:
    """A plain function where nothing streams: Gradio's clients then get one answer."""

    def last(*values: Any) -> Any:
        return list(run(*values))[-1]

    return last


def _once(described: dict[str, Api], *description: Any) -> Api:
    """What several endpoints take or give alike is described by one component."""
    key = json.dumps(description, sort_keys=True, default=repr)
    if key not in described:
        described[key] = param(*description)
    return described[key]


def _default(parameter: Parameter) -> Any:
    """A default as a client would write it: one that is no JSON breaks the page for every demo."""
    return encode(parameter.default, lambda file: None)


def _add(
    function: Any,
    *,
    name: str,
    help: str,
    parameters: list[Parameter],
    inputs: list[Api],
    output: Api,
) -> Any:
    """Bind a function to an API name, described to Gradio by our parameters.

    Gradio reads names, defaults and requiredness from the signature, and the names of MCP tools
    from ``__name__``.
    """
    function.__name__ = name
    function.__doc__ = help
    function.__signature__ = inspect.Signature(
        [
            inspect.Parameter(
                p.name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=inspect.Parameter.empty if p.required else _default(p),
            )
            for p in parameters
        ]
    )
    gr.on(
        [],
        function,
        inputs,
        [output],
        api_name=name,
        api_description=help,
        show_progress="hidden",
        concurrency_limit=CONCURRENCY,
    )
    root = gr.context.Context.root_block
    assert root is not None
    return root.fns[max(root.fns)]
