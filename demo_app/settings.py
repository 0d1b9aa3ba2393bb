"""Settings of plugins: from the environment, ``demo_app.toml`` or their defaults, all checked.

A plugin's ``demo_settings`` returns a frozen dataclass; its fields are the settings, their
annotations say what is accepted, and ``pydantic.SecretStr`` marks a secret.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo_app import redaction
from demo_app.errors import ConfigurationError, suggestion

CONFIG_VARIABLE = "DEMO_APP_CONFIG"
CONFIG_FILE = "demo_app.toml"
Tables = Mapping[str, Mapping[str, Any]]
"""The tables ``[plugins.NAME]`` of the configuration, by the plugin's name."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting as people may see it.

    Attributes:
        name: the field's.
        kind: what is accepted, as the annotation says it.
        variable: the environment variable that sets it.
        source: where its value is from: ``environment``, ``demo_app.toml``, ``default`` or
            ``missing``.
        value: the value as text; of a secret only whether it is set.
    """

    name: str
    kind: str
    variable: str
    source: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What was read for one plugin: ``values`` is the instance, ``problem`` says what is wrong."""

    values: Any = None
    listed: tuple[Setting, ...] = ()
    problem: str | None = None
    remedy: str | None = None
    warnings: tuple[str, ...] = ()


def read_config() -> Tables:
    """The configuration in ``demo_app.toml`` here, or in the file that ``DEMO_APP_CONFIG`` names.

    Raises:
        ConfigurationError: the file that was named is not there, or it is no such TOML.
    """
    named = os.environ.get(CONFIG_VARIABLE)
    path = Path(named).expanduser() if named else Path(CONFIG_FILE)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        if named:
            raise ConfigurationError(f"{CONFIG_VARIABLE}: there is no file {path}") from error
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    try:
        tables = tomllib.loads(text).get("plugins", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is no TOML: {error}") from error
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise ConfigurationError(f"{path}: settings stand in tables named [plugins.NAME]")
    return tables


def variable(plugin: str, field: str) -> str:
    """The environment variable of a setting: ``DEMO_APP_TRANSLATOR__API_KEY``."""
    return f"DEMO_APP_{plugin}__{field}".upper()


def read(plugin: str, kind: Any, tables: Tables) -> Settings:
    """The settings of a plugin.

    Args:
        plugin: its name.
        kind: the dataclass that its ``demo_settings`` returned.
        tables: what ``read_config`` gave.

    Returns:
        An instance with every value checked, or the problem. Secrets are hidden from now on.
    """
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return Settings(
            problem="demo_settings() did not return a dataclass.",
            remedy="Return the class itself, decorated with @dataclass(frozen=True).",
        )
    table = tables.get(plugin, {})
    given: dict[str, Any] = {}
    listed = []
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):
        name = variable(plugin, field.name)
        source = "default" if _has_default(field) else "missing"
        if field.name in table:
            given[field.name], source = table[field.name], CONFIG_FILE
        if name in os.environ:
            given[field.name] = _from_text(os.environ[name], hints[field.name])
            source = "environment"
        listed.append((field.name, hints[field.name], name, source))
        if is_secret(hints[field.name]) and isinstance(given.get(field.name), str):
            redaction.remember(given[field.name])
    values, problem, remedy = _checked(plugin, kind, given)
    known = [field.name for field in dataclasses.fields(kind)]
    warnings = tuple(
        f"{CONFIG_FILE}: [plugins.{plugin}] has no setting {name!r}.{suggestion(name, known)}"
        for name in table
        if name not in known
    )
    return Settings(
        values=values,
        listed=tuple(_listed(*each, values) for each in listed),
        problem=problem,
        remedy=remedy,
        warnings=warnings,
    )


def is_secret(annotation: Any) -> bool:
    """Whether an annotation is, or holds, ``pydantic.SecretStr``."""
    from pydantic import SecretBytes, SecretStr

    if annotation in (SecretStr, SecretBytes):
        return True
    return any(is_secret(part) for part in typing.get_args(annotation))


def _checked(plugin: str, kind: Any, given: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    from pydantic import TypeAdapter, ValidationError

    from demo_app.annotations import for_pydantic

    try:
        adapter = TypeAdapter(for_pydantic(kind))
        return adapter.validate_python(dict(given)), None, None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        name = str(found["loc"][0]) if found["loc"] else ""
        missing = found["type"] == "missing"
        message = found["msg"].removeprefix("Value error, ")
        problem = (
            f"It needs the setting {name!r}." if missing else f"The setting {name!r}: {message}."
        )
        remedy = (
            f"Set the environment variable {variable(plugin, name)}, or {name} = … below "
            f"[plugins.{plugin}] in {CONFIG_FILE}, and start again."
        )
        return None, redaction.redact(problem), remedy


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _from_text(text: str, annotation: Any) -> Any:
    """An environment variable's text; JSON where the setting is a list or a table."""
    kinds = {annotation, *typing.get_args(annotation)}
    holds_many = any((typing.get_origin(k) or k) in (list, tuple, dict, set) for k in kinds)
    if not holds_many:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _listed(name: str, annotation: Any, variable: str, source: str, values: Any) -> Setting:
    if is_secret(annotation):
        value = "not set" if source == "missing" or not getattr(values, name, True) else "set"
    else:
        value = "" if values is None else redaction.redact(repr(getattr(values, name)))
    return Setting(name=name, kind=_told(annotation), variable=variable, source=source, value=value)


def _told(annotation: Any) -> str:
    """An annotation in few words."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _told(typing.get_args(annotation)[0])
    return getattr(annotation, "__name__", None) or str(annotation).replace("typing.", "")
