"""Checks of a plugin's example calls: they run, give finite numbers, and the same each time."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

from demo_app.app_client import plain
from demo_app.conformance.check import Finding, NotApplicable
from demo_app.conformance.trials import given_examples, needed, trials_of
from demo_app.files import File
from demo_app.host import Host
from demo_app.loading import named
from demo_app.plugin import Plugin

TOLERANCE = 1e-5
"""The relative difference up to which two numbers count as the same; devices add in any order."""
TIMES = ("seconds", "per_second")
"""What is in the names of measured times; those differ from run to run."""


def examples_run(host: Host, plugin: Plugin) -> None:
    """Every example call runs, as do the actions that need no argument.

    ``demo_examples`` gives arguments for the others: ``{"classify": [{"image": photo}]}``. It is
    called when they are needed, so it may open pictures. Examples run in their order as one
    visitor, so that one may build on another.
    """
    if not plugin.actions:
        raise NotApplicable("it has no actions")
    given = given_examples(plugin)
    for name, action in plugin.actions.items():
        if needed(action) and not given.get(name):
            raise Finding(
                f"{name} needs {', '.join(needed(action))} and has no example: let demo_examples() "
                f'return {{"{name}": [{{"{needed(action)[0]}": …}}]}}.'
            )
    for trial in trials_of(host, plugin).trials:
        if trial.error is not None:
            raise Finding(f"{trial.example} raised {named(trial.error)}") from trial.error


def results_are_finite(host: Host, plugin: Plugin) -> None:
    """No example's result holds not-a-number or infinity.

    JSON has neither, so a client would get nothing in its place. Look for a division by nothing, a
    logarithm of zero, or weights that did not fit their input's scale.
    """
    for trial in trials_of(host, plugin).trials:
        for values in trial.runs:
            for place in _not_finite(values, "result"):
                raise Finding(f"{trial.example}: {place} is no finite number")


def results_repeat(host: Host, plugin: Plugin) -> None:
    """The same arguments and the same seed give the same result, to another visitor, too.

    An action that draws takes ``@action(seed=True)`` and ``ctx.rng``; one that does not must not
    draw. Numbers may differ by one part in 100,000, pictures by two shades. A member with
    ``seconds`` or ``per_second`` in its name is a measured time and may differ.
    """
    for trial in trials_of(host, plugin).trials:
        if len(trial.runs) == 2 and trial.error is None:
            first, second = (values[-1] if values else None for values in trial.runs)
            for difference in differences(plain(first), plain(second), "result"):
                raise Finding(f"{trial.example}, run twice: {difference}")


def differences(one: Any, other: Any, place: str) -> Iterator[str]:
    """Where two plain results differ, as ``app_client.plain`` gives them."""
    if any(word in place.rpartition(".")[2] for word in TIMES):
        return
    if isinstance(one, File) and isinstance(other, File):
        if not _same_file(one, other):
            yield f"{place} is another file"
    elif isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys():
            yield f"{place} has other members"
        for name in one.keys() & other.keys():
            yield from differences(one[name], other[name], f"{place}.{name}")
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{place} has {len(one)} members and {len(other)}"
        for number, (a, b) in enumerate(zip(one, other, strict=False)):
            yield from differences(a, b, f"{place}[{number}]")
    elif _are_numbers(one, other):
        if not math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            yield f"{place} is {one} and {other}"
    elif one != other:
        yield f"{place} is {str(one)[:60]!r} and {str(other)[:60]!r}"


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _same_file(one: File, other: File) -> bool:
    """Whether two files are equal, or two pictures differ by shades that nobody sees."""
    if one.data == other.data:
        return True
    import io

    from PIL import ImageChops

    try:
        pictures = [Image.open(io.BytesIO(file.data)).convert("RGBA") for file in (one, other)]
    except OSError:
        return False
    if pictures[0].size != pictures[1].size:
        return False
    extremes: Any = ImageChops.difference(*pictures).getextrema()
    return bool(max(high for _, high in extremes) <= 2)


def _not_finite(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, float) and not math.isfinite(value):
        yield place
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _not_finite(getattr(value, field.name), f"{place}.{field.name}")
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from _not_finite(member, f"{place}.{name}")
    elif isinstance(value, list | tuple | set | frozenset):
        for number, member in enumerate(value):
            yield from _not_finite(member, f"{place}[{number}]")
