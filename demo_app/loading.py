"""From a candidate to a plugin: every step that can fail, each failure a state with a remedy."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pluggy

from demo_app import checkpoints, discovery, hookspecs, requirements
from demo_app.actions import Action
from demo_app.demo import Card, ModelSpec
from demo_app.discovery import Candidate
from demo_app.errors import CheckpointError, suggestion
from demo_app.plugin import Plugin, State

Result = TypeVar("Result")
HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("demo_"))


def load(candidate: Candidate, checkpoint_root: Path) -> Plugin:
    """Check a candidate's requirements, import it and read its hooks; never raises.

    Args:
        candidate: what discovery found.
        checkpoint_root: the folder with one folder of checkpoints a plugin.
    """
    plugin = Plugin(name=candidate.name, origin=candidate.origin, folder=candidate.folder)
    started = time.perf_counter()
    if _fits_environment(plugin, candidate):
        module = _import(plugin, candidate)
        if module is not None:
            adopt(plugin, module, checkpoint_root)
    plugin.seconds = time.perf_counter() - started
    return plugin


def adopt(plugin: Plugin, module: ModuleType, checkpoint_root: Path) -> None:
    """Register an imported module's hooks and read card, models and actions; never raises."""
    plugin.module = module
    plugin.version = plugin.version or getattr(module, "__version__", None)
    steps: tuple[Callable[[], None], ...] = (
        lambda: _register(plugin, module),
        lambda: _read_card(plugin),
        lambda: _read_models(plugin),
        lambda: _read_actions(plugin),
        lambda: _check_checkpoints(plugin, checkpoint_root),
    )
    for step in steps:
        step()
        if plugin.problem is not None:
            return
    plugin.state = State.READY


def checkpoint_path(plugin: Plugin, spec: ModelSpec, checkpoint_root: Path) -> Path:
    """Where a model's checkpoint is: in the plugin's folder, else in ``checkpoints/<plugin>/``."""
    assert spec.checkpoint is not None
    inside = plugin.folder / spec.checkpoint if plugin.folder else None
    if inside is not None and inside.is_file():
        return inside
    return checkpoint_root / plugin.name / spec.checkpoint


def contained(call: Callable[[], Result]) -> tuple[Result | None, BaseException | None]:
    """The result of a plugin's code and what it raised; only Ctrl-C gets through."""
    try:
        return call(), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error


def named(error: BaseException) -> str:
    """``TypeError: the message``, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _fits_environment(plugin: Plugin, candidate: Candidate) -> bool:
    if candidate.source is None:
        plugin.fail(
            State.INVALID,
            "The folder holds Python files but no __init__.py.",
            "Add an __init__.py with the plugin's hooks, or move the folder elsewhere.",
        )
        return False
    if isinstance(candidate.source, EntryPoint):
        plugin.version = candidate.source.dist.version if candidate.source.dist else None
        return True
    if candidate.folder is None:
        return True
    try:
        pyproject = requirements.read_pyproject(candidate.folder)
        found = requirements.mismatch(pyproject)
        plugin.version = pyproject.get("project", {}).get("version")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, AttributeError) as error:
        problem = f"Its pyproject.toml cannot be read: {error}"
        plugin.fail(State.INCOMPATIBLE, problem, "Correct the file.", error)
        return False
    if found:
        plugin.fail(State.INCOMPATIBLE, found.problem, found.remedy)
    return found is None


def _import(plugin: Plugin, candidate: Candidate) -> ModuleType | None:
    module, error = contained(lambda: discovery.import_candidate(candidate))
    if error is None:
        return module
    if isinstance(error, SyntaxError):
        place = Path(error.filename or "").name
        problem = f"Syntax error in {place}, line {error.lineno}: {error.msg}."
        remedy = f"Correct line {error.lineno} of {place}."
    elif isinstance(error, SystemExit):
        problem = "It called sys.exit() while it was imported."
        remedy = 'Move that code below `if __name__ == "__main__":`.'
    elif isinstance(error, ModuleNotFoundError) and error.name:
        problem = f"It imports {error.name!r}, which is not installed."
        package = error.name.partition(".")[0]
        remedy = f"pip install {package}, and name it under dependencies in its pyproject.toml."
    else:
        problem = f"It raised an exception while it was imported: {named(error)}"
        remedy = "See the traceback for the line."
    plugin.fail(State.IMPORT_FAILED, problem, remedy, error)
    return None


def _register(plugin: Plugin, module: ModuleType) -> None:
    manager = pluggy.PluginManager("demo_app")
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, name=plugin.name)
    except pluggy.PluginValidationError as error:
        plugin.fail(
            State.INVALID,
            "A hook has an argument that the contract does not know: "
            + str(error).rpartition("\n")[2].strip(),
            "Name only arguments that demo_app/hookspecs.py gives that hook.",
            error,
        )
        return
    for hook in (caller.name for caller in manager.get_hookcallers(module) or ()):
        implementation = getattr(manager.hook, hook).get_hookimpls()[0]
        if hook not in HOOKS:
            hint = suggestion(hook, HOOKS) or f" The hooks are: {', '.join(HOOKS)}."
            plugin.fail(State.INVALID, f"There is no hook named {hook}.{hint}", "Rename it.")
        elif implementation.function.__name__ != hook:
            remedy = f"Name the function {hook} and leave out specname."
            plugin.fail(State.INVALID, f"The hook {hook} is given by specname.", remedy)
        elif hook == "demo_call" and not (implementation.wrapper or implementation.hookwrapper):
            plugin.fail(
                State.INVALID,
                "Its demo_call is no wrapper: it would replace everybody's results.",
                "Mark it @hookimpl(wrapper=True); yield once and return the result.",
            )
    unmarked = [name for name in HOOKS if hasattr(module, name) and not _marked(module, name)]
    if unmarked:
        problem = f"{unmarked[0]} is not marked with @hookimpl, so the host would not call it."
        plugin.fail(State.INVALID, problem, "Put @hookimpl above it.")
    plugin.hooks = manager.hook


def _marked(module: ModuleType, name: str) -> bool:
    return hasattr(getattr(module, name), "demo_app_impl")


def _ask(plugin: Plugin, hook: str, **arguments: Any) -> Any:
    """Call one of the plugin's own hooks; what it raises makes the plugin invalid."""
    result, error = contained(lambda: plugin.call_hook(hook, **arguments))
    if error is not None:
        plugin.fail(State.INVALID, f"{hook}() raised {named(error)}", "See the traceback.", error)
    return result


def _read_card(plugin: Plugin) -> None:
    if not plugin.implements("demo_card"):
        remedy = "Add demo_card() with @hookimpl, returning a Card."
        plugin.fail(State.INVALID, "It has no demo_card hook.", remedy)
        return
    card = _ask(plugin, "demo_card")
    if plugin.problem is None and not isinstance(card, Card):
        problem = f"demo_card() returned {_kind(card)}, not a Card."
        plugin.fail(State.INVALID, problem, "Return demo_app.Card(title=…, summary=…).")
    elif plugin.problem is None:
        plugin.card = card


def _read_models(plugin: Plugin) -> None:
    specs = _listed(plugin, "demo_models", lambda spec: isinstance(spec, ModelSpec), "ModelSpec")
    plugin.models = _by_name(plugin, "model", {}, ((spec.name, spec) for spec in specs))
    if specs and not plugin.implements("demo_build_model"):
        remedy = "Add demo_build_model(name) with @hookimpl, returning an nn.Module."
        plugin.fail(State.INVALID, "It names models but has no demo_build_model hook.", remedy)


def _read_actions(plugin: Plugin) -> None:
    functions = _listed(plugin, "demo_actions", callable, "function")
    actions, error = contained(lambda: [Action(function) for function in functions])
    if error is not None:
        remedy = "Correct the signature; names used in annotations must be imported at run time."
        plugin.fail(State.INVALID, f"An action cannot be used: {named(error)}", remedy, error)
        return
    plugin.actions = _by_name(plugin, "action", {}, ((a.name, a) for a in actions or ()))
    if "stop" in plugin.actions:
        plugin.fail(State.INVALID, "An action is named stop, which is the host's.", "Rename it.")


def _listed(plugin: Plugin, hook: str, fits: Callable[[Any], bool], what: str) -> list[Any]:
    """What a hook returned as a list whose members fit; anything else makes the plugin invalid."""
    result = _ask(plugin, hook)
    if result is None:
        return []
    if isinstance(result, Mapping | str) or not isinstance(result, Iterable):
        plugin.fail(State.INVALID, f"{hook}() returned {_kind(result)}.", f"Return [{what}, …].")
        return []
    members = list(result)
    for member in members:
        if not fits(member):
            problem = f"{hook}() returned a list with {_kind(member)} in it."
            plugin.fail(State.INVALID, problem, f"Return [{what}, …].")
            return []
    return members


def _by_name(
    plugin: Plugin, what: str, known: dict[str, Any], members: Iterable[tuple[str, Any]]
) -> dict[str, Any]:
    for name, member in members:
        if name in known:
            plugin.fail(State.INVALID, f"Two {what}s are named {name!r}.", "Rename one.")
        known[name] = member
    return known


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _check_checkpoints(plugin: Plugin, checkpoint_root: Path) -> None:
    for spec in plugin.models.values():
        if spec.checkpoint is None:
            continue
        path = checkpoint_path(plugin, spec, checkpoint_root)
        try:
            checkpoints.read_header(path)
        except CheckpointError as error:
            plugin.fail(State.CHECKPOINT_FAILED, str(error), retrain(plugin, spec), error)


def retrain(plugin: Plugin, spec: ModelSpec) -> str:
    """What to do about a checkpoint that cannot be used."""
    if plugin.implements("demo_train"):
        return f"Make it again: demo-app train {plugin.name} --model {spec.name}"
    return f"Put a good {spec.checkpoint} into the plugin's folder."
