"""Keeps secrets out of whatever is shown: cards, logs, pages, answers of the API, command lines.

Secrets come as ``pydantic.SecretStr``, whose text shows only when it is asked for. This module is
the net below: what a plugin was given as a secret is replaced by dots wherever the host hands out
text, also in the middle of a sentence. It knows the literal value, not what a plugin makes of it
(its length, half of it, a file that holds it).
"""

from __future__ import annotations

import dataclasses
import logging
import traceback
from collections.abc import Mapping
from typing import Any

DOTS = "•••"
SHORTEST = 6
"""Characters; a shorter secret is not searched for, since it would be found in any text."""

_secrets: set[str] = set()


def remember(secret: str) -> None:
    """Replace this secret from now on, in this process: in texts handed out and in log records."""
    if len(secret) < SHORTEST:
        return
    if not _secrets:
        logging.setLogRecordFactory(_redacting(logging.getLogRecordFactory()))
    _secrets.add(secret)


def is_active() -> bool:
    """Whether there is any secret to hide."""
    return bool(_secrets)


def redact(text: str) -> str:
    """The text with dots in place of secrets."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, DOTS)
    return text


def redact_data(value: Any) -> Any:
    """JSON-like data, or a dataclass, with dots in place of secrets in all of its texts."""
    if not _secrets:
        return value
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact_data(name): redact_data(member) for name, member in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(redact_data(member) for member in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.init]
        members = {name: getattr(value, name) for name in names}
        changed = {name: redact_data(member) for name, member in members.items()}
        same = all(changed[name] == members[name] for name in names)
        return value if same else dataclasses.replace(value, **changed)
    return value


def _redacting(make: Any) -> Any:
    """A factory of log records without secrets, in the message or the traceback."""

    def make_redacted(*arguments: Any, **options: Any) -> logging.LogRecord:
        record: logging.LogRecord = make(*arguments, **options)
        message = record.getMessage()
        redacted = redact(message)
        if redacted != message:
            record.msg, record.args = redacted, None
        if record.exc_info and record.exc_info[1] is not None:
            text = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
            if redact(text) != text:
                # Formatters take this text instead of making their own.
                record.exc_text = redact(text)
        return record

    return make_redacted
