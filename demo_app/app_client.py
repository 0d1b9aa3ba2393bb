"""A small client of the app's API, for checks and tests: arguments in, results out, over HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from PIL import Image

from demo_app.errors import DemoError, Unknown
from demo_app.files import File
from demo_app.images import encode_png
from demo_app.surfaces import wire

_API = "gradio_api"


class AppError(DemoError):
    """What the app answered in place of a result."""


class AppClient:
    """One visitor of an app, by its address; use it in a ``with`` block.

    Pictures and files among the arguments are uploaded; those of a result come back as ``File``.

    Args:
        address: such as ``http://127.0.0.1:7860/``.
        timeout: seconds to wait for an answer.
    """

    def __init__(self, address: str, *, timeout: float = 120) -> None:
        import httpx

        self._http = httpx.Client(base_url=address, timeout=timeout, trust_env=False)
        self._session = secrets.token_hex(8)

    def endpoint(self, name: str, /, **arguments: Any) -> Any:
        """The result of a named endpoint, ``PLUGIN__ACTION``; of a stream the last value.

        Raises:
            AppError: the app's message.
        """
        values = list(self.stream(name, **arguments))
        return values[-1] if values else None

    def call(self, plugin: str, action: str, /, **arguments: Any) -> Any:
        """The same by ``/call``, which knows every action of every demo that is there."""
        return self.endpoint("call", plugin=plugin, action=action, arguments=arguments)

    def stream(self, name: str, /, **arguments: Any) -> Iterator[Any]:
        """The values of an endpoint, one after the other.

        Raises:
            AppError: the app's message.
        """
        given = {key: wire.encode(value, self._uploaded) for key, value in arguments.items()}
        body = {"data": self._in_order(name, given), "session_hash": self._session}
        answer = self._http.post(f"{_API}/call/{name}", json=body)
        if answer.status_code != 200:
            raise AppError(f"{name}: {answer.text}")
        event = answer.json()["event_id"]
        with self._http.stream("GET", f"{_API}/call/{name}/{event}") as lines:
            yield from self._values(lines.iter_lines())

    def close(self) -> None:
        """End the connection."""
        self._http.close()

    def __enter__(self) -> AppClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def endpoints(self) -> dict[str, list[dict[str, Any]]]:
        """The parameters of every named endpoint, as Gradio describes them."""
        info = self._http.get(f"{_API}/info").raise_for_status().json()["named_endpoints"]
        return {name.removeprefix("/"): told["parameters"] for name, told in info.items()}

    def _in_order(self, name: str, given: Mapping[str, Any]) -> list[Any]:
        """Arguments by name as the list that Gradio takes; what is left out has its default."""
        parameters = self.endpoints.get(name)
        if parameters is None:
            raise AppError(str(Unknown("endpoint", name, self.endpoints)))
        known = [parameter["parameter_name"] for parameter in parameters]
        for key in given:
            if key not in known:
                raise AppError(f"{name} has no parameter {key!r}. It takes: {', '.join(known)}.")
        values = []
        for key, parameter in zip(known, parameters, strict=True):
            if key not in given and not parameter["parameter_has_default"]:
                raise AppError(f"{name}: {key} is required")
            values.append(given.get(key, parameter.get("parameter_default")))
        return values

    def _values(self, lines: Iterator[str]) -> Iterator[Any]:
        kind, last = "", None
        for line in lines:
            label, _, text = line.partition(": ")
            if label == "event":
                kind = text
            elif label == "data" and kind == "error":
                told = json.loads(text)
                raise AppError(str(told.get("error") if isinstance(told, Mapping) else told))
            elif label == "data" and kind in ("generating", "complete"):
                (value,) = json.loads(text) or (None,)
                # A stream ends by saying its last value once more.
                if kind == "generating" or value != last:
                    yield self._downloaded(value)
                last = value

    def _uploaded(self, file: File) -> dict[str, Any]:
        files = {"files": (file.name, file.data)}
        answer = self._http.post(f"{_API}/upload", files=files).raise_for_status()
        return {"path": answer.json()[0], "orig_name": file.name, "meta": wire.FILE_MARK}

    def _downloaded(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._downloaded(member) for member in value]
        if not isinstance(value, dict):
            return value
        if wire.is_file_reference(value):
            answer = self._http.get(f"{_API}/file={value['path']}").raise_for_status()
            return File(name=str(value.get("orig_name") or ""), data=answer.content)
        return {key: self._downloaded(member) for key, member in value.items()}


def plain(result: Any) -> Any:
    """A result as ``AppClient`` would bring it: JSON-like, each picture and file a ``File``."""
    if isinstance(result, Image.Image):
        return File(name="image.png", data=encode_png(result))
    if isinstance(result, File):
        return result
    kept: list[File] = []

    def keep(file: File) -> dict[str, Any]:
        kept.append(file)
        return {"demo_app file": len(kept) - 1}

    def back(value: Any) -> Any:
        if isinstance(value, list):
            return [back(member) for member in value]
        if not isinstance(value, dict):
            return value
        if list(value) == ["demo_app file"]:
            return kept[value["demo_app file"]]
        return {key: back(member) for key, member in value.items()}

    return back(wire.encode(result, keep))
