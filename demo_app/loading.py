"""From a candidate to a plugin: every step that can fail, each failure a state with a remedy."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, TypeVar

import pluggy

from demo_app import checkpoints, discovery, hookspecs, requirements, settings
from demo_app.actions import Action
from demo_app.demo import Card, ModelSpec
from demo_app.discovery import Candidate
from demo_app.errors import CheckpointError, suggestion
from demo_app.plugin import Plugin, State
from demo_app.redaction import redact_data
from demo_app.settings import Tables

Result = TypeVar("Result")
HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("demo_"))


def load(
    candidate: Candidate, checkpoint_root: Path, *, tables: Tables | None = None, anew: bool = False
) -> Plugin:
    """Check a candidate's requirements, import it and read its hooks; never raises.

    Args:
        candidate: what discovery found.
        checkpoint_root: the folder with one folder of checkpoints a plugin.
        tables: the settings in the configuration file, by plugin.
        anew: read its files again, whatever was imported from there before.
    """
    plugin = Plugin(name=candidate.name, origin=candidate.origin, folder=candidate.folder)
    started = time.perf_counter()
    if _fits_environment(plugin, candidate):
        module = _import(plugin, candidate, anew=anew)
        if module is not None:
            _adopt(plugin, module, checkpoint_root, tables or {})
    plugin.seconds = time.perf_counter() - started
    return plugin


def _adopt(plugin: Plugin, module: ModuleType, checkpoint_root: Path, tables: Tables) -> None:
    """Register an imported module's hooks and read settings, card, models and actions."""
    plugin.module = module
    hooks = _hooks_of(module)
    steps: tuple[Callable[[], None], ...] = (
        lambda: _read_version(plugin, module),
        lambda: _register(plugin, hooks),
        lambda: _read_settings(plugin, tables),
        lambda: _read_card(plugin),
        lambda: _read_models(plugin),
        lambda: _read_actions(plugin),
        lambda: _check_checkpoints(plugin, checkpoint_root),
    )
    for step in steps:
        _, error = contained(step)
        if error is not None:
            problem = f"The host could not read its hooks: {named(error)}"
            plugin.fail(State.INVALID, problem, "See the traceback.", error)
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
    text, broken = contained(lambda: " ".join(str(error).split()))
    if broken is not None:
        text = "(its text cannot be shown)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def kind(value: Any) -> str:
    """``a tuple`` for a value of that type, for messages."""
    return "nothing" if value is None else f"a {type(value).__name__}"


def _fits_environment(plugin: Plugin, candidate: Candidate) -> bool:
    if candidate.source is None:
        plugin.fail(
            State.INVALID,
            "The folder holds Python files but no __init__.py.",
            "Add an __init__.py with the plugin's hooks, or move the folder elsewhere.",
        )
        return False
    if isinstance(candidate.source, ModuleType):
        return True
    if isinstance(candidate.source, EntryPoint):
        plugin.version = candidate.source.dist.version if candidate.source.dist else None
        return True
    if candidate.folder is None:
        return True
    try:
        pyproject = requirements.read_pyproject(candidate.folder)
        found = requirements.mismatch(pyproject)
        version = pyproject.get("project", {}).get("version")
        plugin.version = str(version) if version else None
    except (ValueError, OSError, AttributeError, RecursionError) as error:
        problem = f"Its pyproject.toml cannot be read: {error}"
        plugin.fail(State.INCOMPATIBLE, problem, "Correct the file.", error)
        return False
    if found:
        plugin.fail(State.INCOMPATIBLE, found.problem, found.remedy)
    return found is None


def _import(plugin: Plugin, candidate: Candidate, *, anew: bool) -> ModuleType | None:
    generation = plugin.generation if anew else None
    module, error = contained(lambda: discovery.import_candidate(candidate, generation))
    if error is None:
        if plugin.folder is None and (package := vars(module).get("__path__")):
            # An installed package, whose checkpoints lie in it.
            plugin.folder = Path(next(iter(package)))
        return module
    if found := _explained(error, candidate.folder):
        problem, remedy = found
    elif isinstance(error, SystemExit):
        problem = "It called sys.exit() while it was imported."
        remedy = 'Move that code below `if __name__ == "__main__":`.'
    else:
        problem = f"It raised an exception while it was imported: {named(error)}"
        remedy = "See the traceback for the line."
    plugin.fail(State.IMPORT_FAILED, problem, remedy, error)
    return None


def raised(hook: str, error: BaseException, folder: Path | None) -> tuple[str, str]:
    """The problem and its remedy where a hook raised.

    Args:
        hook: as it was called: ``demo_card()``.
        error: what it raised.
        folder: the plugin's, if it has one.
    """
    if found := _explained(error, folder):
        problem, remedy = found
        return f"{hook}: {problem}", remedy
    return f"{hook} raised {named(error)}", "See the traceback for the line."


def _explained(error: BaseException, folder: Path | None) -> tuple[str, str] | None:
    """The problem and its remedy, if it is known what an import failed of."""
    if isinstance(error, SyntaxError) and error.filename:
        place = Path(error.filename).name + (f", line {error.lineno}" if error.lineno else "")
        return f"Syntax error in {place}: {error.msg}.", f"Correct {place}."
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_module(error.name, folder)
    return None


def _missing_module(name: str, folder: Path | None) -> tuple[str, str]:
    if name.startswith(f"{discovery.NAMESPACE}."):
        own = name.split(".", 2)[-1]
        return f"It imports its own module {own!r}, which is not there.", "Correct the import."
    package = name.partition(".")[0]
    if folder and ((folder / f"{package}.py").is_file() or (folder / package).is_dir()):
        problem = f"It imports its own module {package!r} as if it were installed."
        return problem, f"Import it from the plugin: from .{package} import …"
    return (
        f"It imports {name!r}, which is not installed.",
        "Install its package, and name that under dependencies in the plugin's pyproject.toml: "
        f"pip install {package}",
    )


def _hooks_of(module: ModuleType) -> Any:
    """What has a plugin's hooks: its module, or what ``from_module`` made in it."""
    wrapping = sys.modules.get("demo_app.wrapping")
    wrapped = vars(module).get("plugin")
    if wrapping is not None and isinstance(wrapped, wrapping.WrappedModule):
        return wrapped
    return module


def _register(plugin: Plugin, module: Any) -> None:
    manager = pluggy.PluginManager("demo_app")
    manager.add_hookspecs(_specifications())
    try:
        with warnings.catch_warnings(record=True) as deprecations:
            warnings.simplefilter("always")
            manager.register(module, name=plugin.name)
    except pluggy.PluginValidationError as error:
        problem = f"A hook does not fit its specification: {str(error).rpartition(chr(10))[2]}"
        remedy = (
            "Compare its arguments with demo_app/hookspecs.py; only a generator can wrap. If it is "
            f"written for a plugin API newer than {hookspecs.API_VERSION}: "
            "pip install --upgrade demo_app"
        )
        plugin.fail(State.INVALID, problem, remedy, error)
        return
    for deprecation in deprecations:
        plugin.warnings.append(str(deprecation.message))
        text = f"plugin {plugin.name}: {deprecation.message}"
        warnings.warn(text, deprecation.category, stacklevel=2)
    implementations = [
        (caller.name, implementation)
        for caller in manager.get_hookcallers(module) or ()
        for implementation in caller.get_hookimpls()
    ]
    for hook, implementation in implementations:
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


def _specifications() -> Any:
    """The hooks alone: pluggy looks at every name of what it is given, for each plugin."""
    return SimpleNamespace(**{hook: getattr(hookspecs, hook) for hook in HOOKS})


def _marked(module: Any, name: str) -> bool:
    return hasattr(getattr(module, name), "demo_app_impl")


def _ask(plugin: Plugin, hook: str, **arguments: Any) -> Any:
    """Call one of the plugin's own hooks; what it raises makes the plugin invalid."""
    result, error = contained(lambda: plugin.call_hook(hook, **arguments))
    if isinstance(error, CheckpointError):
        plugin.fail(
            State.CHECKPOINT_FAILED, str(error), "Put it there, or correct its name.", error
        )
    elif error is not None:
        plugin.fail(State.INVALID, *raised(f"{hook}()", error, plugin.folder), error)
    return result


def _read_version(plugin: Plugin, module: ModuleType) -> None:
    version = getattr(module, "__version__", None)
    plugin.version = plugin.version or (str(version) if version else None)


def _read_settings(plugin: Plugin, tables: Tables) -> None:
    if not plugin.implements("demo_settings"):
        return
    kind = _ask(plugin, "demo_settings")
    if plugin.problem is not None:
        return
    plugin.settings = settings.read(plugin.name, kind, tables)
    plugin.warnings += plugin.settings.warnings
    if plugin.settings.problem is not None:
        plugin.fail(State.INVALID, plugin.settings.problem, plugin.settings.remedy)


def _read_card(plugin: Plugin) -> None:
    if not plugin.implements("demo_card"):
        remedy = "Add demo_card() with @hookimpl, returning a Card."
        plugin.fail(State.INVALID, "It has no demo_card hook.", remedy)
        return
    card = _ask(plugin, "demo_card")
    if plugin.problem is None and not isinstance(card, Card):
        problem = f"demo_card() returned {kind(card)}, not a Card."
        plugin.fail(State.INVALID, problem, "Return demo_app.Card(title=…, summary=…).")
    elif plugin.problem is None:
        plugin.card = redact_data(card)


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
        plugin.fail(State.INVALID, f"{hook}() returned {kind(result)}.", f"Return [{what}, …].")
        return []
    members, error = contained(lambda: list(result))
    if error is not None:
        plugin.fail(State.INVALID, *raised(f"{hook}()", error, plugin.folder), error)
    for member in members or ():
        if not fits(member):
            problem = f"{hook}() returned a list with {kind(member)} in it."
            plugin.fail(State.INVALID, problem, f"Return [{what}, …].")
            return []
    return members or []


def _by_name(
    plugin: Plugin, what: str, known: dict[str, Any], members: Iterable[tuple[str, Any]]
) -> dict[str, Any]:
    for name, member in members:
        if name in known:
            plugin.fail(State.INVALID, f"Two {what}s are named {name!r}.", "Rename one.")
        known[name] = member
    return known


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
