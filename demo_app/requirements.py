"""What a plugin's own ``pyproject.toml`` asks for, checked before anything of it is imported."""

from __future__ import annotations

import shlex
import sys
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from demo_app.hookspecs import API_VERSION


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """Why a plugin does not fit this environment, and the command that mends it."""

    problem: str
    remedy: str


def read_pyproject(folder: Path) -> dict[str, Any]:
    """The plugin's ``pyproject.toml``, or nothing.

    Raises:
        tomllib.TOMLDecodeError: it is no TOML.
        UnicodeDecodeError: it is no text.
        OSError: it cannot be read.
    """
    path = folder / "pyproject.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def mismatch(pyproject: dict[str, Any]) -> Mismatch | None:
    """The first of API version, Python version and dependencies that is not met."""
    project = pyproject.get("project", {})
    api = pyproject.get("tool", {}).get("demo_app", {}).get("api", API_VERSION)
    try:
        return (
            _wrong_api(Version(str(api)))
            or _wrong_python(project.get("requires-python", ""))
            or _unmet(project.get("dependencies", []))
        )
    except (ValueError, TypeError) as error:
        return Mismatch(
            problem=f"Its pyproject.toml holds a requirement that cannot be read: {error}",
            remedy="Correct api, requires-python and dependencies in its pyproject.toml.",
        )


def _wrong_api(asked: Version) -> Mismatch | None:
    """A version of the same first number fits, if it is not newer than what is here."""
    here = Version(API_VERSION)
    if asked.major == here.major and asked <= here:
        return None
    if asked > here:
        remedy = "Update demo_app: pip install --upgrade demo_app"
    else:
        remedy = "Ask its author for a newer version of the plugin."
    return Mismatch(
        problem=f"It is written for plugin API {asked}; this demo_app has API {API_VERSION}.",
        remedy=remedy,
    )


def _wrong_python(requires: str) -> Mismatch | None:
    version = ".".join(map(str, sys.version_info[:3]))
    if SpecifierSet(requires).contains(version, prereleases=True):
        return None
    return Mismatch(
        problem=f"It needs Python {requires}; this is Python {version}.",
        remedy=f"Run demo_app with a Python that satisfies {requires}.",
    )


def _unmet(dependencies: Any) -> Mismatch | None:
    if not isinstance(dependencies, list):
        raise TypeError("dependencies is a list of texts")
    lacking, found = [], []
    for requirement in map(Requirement, dependencies):
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            lacking.append(requirement)
            found.append(f"{requirement.name} is not installed")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            lacking.append(requirement)
            found.append(f"{requirement} is asked for, {version} is installed")
    if not lacking:
        return None
    packages = " ".join(shlex.quote(str(requirement)) for requirement in lacking)
    return Mismatch(
        problem=f"A dependency is not met: {'; '.join(found)}.",
        remedy=f"pip install {packages}",
    )
