"""Plugins that break the contract, each in one way, and what the host says of them.

``BROKEN`` is for the tests of every surface: the app starts, and shows this state in its place.
"""

from dataclasses import dataclass

from demo_app.plugin import State
from tests.sources import CARD, GREETER, IMPORTS, MINIMAL, leaves_a_mark


@dataclass(frozen=True)
class Broken:
    """A broken plugin's files, and what its record says."""

    files: str | dict[str, str]
    state: State
    problem: str
    remedy: str


def pyproject(text: str) -> dict[str, str]:
    return {"__init__.py": leaves_a_mark(GREETER), "pyproject.toml": text}


def hook(name: str, body: str, arguments: str = "") -> str:
    return f"\n@hookimpl\ndef {name}({arguments}):\n    {body}\n"


def acting(signature: str, *, marked: bool = True, before: str = "", body: str = "return 1") -> str:
    """A plugin with one action of that signature."""
    mark = "@action\n" if marked else ""
    function = f"{mark}def act{signature}:\n    {body}\n"
    return MINIMAL + before + "\n" + function + hook("demo_actions", "return [act]")


BROKEN = {
    "syntax error": Broken(
        {"__init__.py": "from .rooms import x", "rooms.py": "x = 1\ndef f(:\n"},
        State.IMPORT_FAILED,
        "Syntax error in rooms.py, line 2: invalid syntax.",
        "Correct rooms.py, line 2.",
    ),
    "a syntax error of its own making": Broken(
        "raise SyntaxError('not like this')",
        State.IMPORT_FAILED,
        "It raised an exception while it was imported: SyntaxError: not like this",
        "See the traceback for the line.",
    ),
    "exception at import": Broken(
        "{}['key']",
        State.IMPORT_FAILED,
        "It raised an exception while it was imported: KeyError: 'key'",
        "See the traceback for the line.",
    ),
    "an exception without a text": Broken(
        "class Mute(Exception):\n    def __str__(self): raise Mute\nraise Mute",
        State.IMPORT_FAILED,
        "It raised an exception while it was imported: Mute: (its text cannot be shown)",
        "See the traceback for the line.",
    ),
    "sys.exit at import": Broken(
        "import sys; sys.exit('bye')",
        State.IMPORT_FAILED,
        "It called sys.exit() while it was imported.",
        'Move that code below `if __name__ == "__main__":`.',
    ),
    "endless recursion at import": Broken(
        "def f(): f()\nf()",
        State.IMPORT_FAILED,
        "It raised an exception while it was imported: RecursionError: maximum recursion depth",
        "See the traceback for the line.",
    ),
    "a package that is not installed": Broken(
        "import no_such_package.part",
        State.IMPORT_FAILED,
        "It imports 'no_such_package', which is not installed.",
        "Install its package, and name that under dependencies in the plugin's pyproject.toml: "
        "pip install no_such_package",
    ),
    "a module of its own, misspelt": Broken(
        {"__init__.py": "from .modles import x", "models.py": "x = 1"},
        State.IMPORT_FAILED,
        "It imports its own module 'modles', which is not there.",
        "Correct the import.",
    ),
    "a module of its own, as if installed": Broken(
        {"__init__.py": "from my_rooms import x", "my_rooms.py": "x = 1"},
        State.IMPORT_FAILED,
        "It imports its own module 'my_rooms' as if it were installed.",
        "Import it from the plugin: from .my_rooms import …",
    ),
    "a module that dislikes to be looked at": Broken(
        MINIMAL + "\ndef __getattr__(name):\n    raise OSError('go away')\n",
        State.INVALID,
        "The host could not read its hooks: OSError: go away",
        "See the traceback.",
    ),
    "no __init__.py": Broken(
        {"actions.py": GREETER},
        State.INVALID,
        "The folder holds Python files but no __init__.py.",
        "Add an __init__.py with the plugin's hooks, or move the folder elsewhere.",
    ),
    "no card": Broken(
        IMPORTS,
        State.INVALID,
        "It has no demo_card hook.",
        "Add demo_card() with @hookimpl, returning a Card.",
    ),
    "a card of the wrong type": Broken(
        IMPORTS + hook("demo_card", "return {'title': 'x'}"),
        State.INVALID,
        "demo_card() returned a dict, not a Card.",
        "Return demo_app.Card(title=…, summary=…).",
    ),
    "no card returned": Broken(
        IMPORTS + hook("demo_card", "Card(title='x', summary='y')"),
        State.INVALID,
        "demo_card() returned nothing, not a Card.",
        "Return demo_app.Card(title=…, summary=…).",
    ),
    "a card whose field has the wrong type": Broken(
        IMPORTS + hook("demo_card", "return Card(title='x', summary='y', order='first')"),
        State.INVALID,
        "demo_card() raised TypeError: Card.order must be int, not str",
        "See the traceback for the line.",
    ),
    "exception in demo_card": Broken(
        IMPORTS + hook("demo_card", "raise OSError('no disk')"),
        State.INVALID,
        "demo_card() raised OSError: no disk",
        "See the traceback for the line.",
    ),
    "sys.exit in demo_card": Broken(
        IMPORTS + hook("demo_card", "raise SystemExit(1)"),
        State.INVALID,
        "demo_card() raised SystemExit: 1",
        "See the traceback for the line.",
    ),
    "exception in demo_models": Broken(
        MINIMAL + hook("demo_models", "1 / 0"),
        State.INVALID,
        "demo_models() raised ZeroDivisionError: division by zero",
        "See the traceback for the line.",
    ),
    "exception while the models are listed": Broken(
        MINIMAL + hook("demo_models", "yield ModelSpec(name='a')\n    1 / 0"),
        State.INVALID,
        "demo_models() raised ZeroDivisionError: division by zero",
        "See the traceback for the line.",
    ),
    "a room with a syntax error": Broken(
        {
            "__init__.py": MINIMAL + hook("demo_actions", "from . import actions"),
            "actions.py": "x = 1\ndef greet(:",
        },
        State.INVALID,
        "demo_actions(): Syntax error in actions.py, line 2: invalid syntax.",
        "Correct actions.py, line 2.",
    ),
    "a room that is not there": Broken(
        {"__init__.py": MINIMAL + hook("demo_actions", "from .actions import greet")},
        State.INVALID,
        "demo_actions(): It imports its own module 'actions', which is not there.",
        "Correct the import.",
    ),
    "a model that is none": Broken(
        MINIMAL + hook("demo_models", "return ['net']"),
        State.INVALID,
        "demo_models() returned a list with a str in it.",
        "Return [ModelSpec, …].",
    ),
    "models by name": Broken(
        MINIMAL + hook("demo_models", "return {'net': ModelSpec(name='net')}"),
        State.INVALID,
        "demo_models() returned a dict.",
        "Return [ModelSpec, …].",
    ),
    "a model whose name is no text": Broken(
        MINIMAL + hook("demo_models", "return [ModelSpec(name=['a'])]"),
        State.INVALID,
        "demo_models() raised TypeError: ModelSpec.name must be a text, not list",
        "See the traceback for the line.",
    ),
    "a checkpoint that is no name": Broken(
        MINIMAL + hook("demo_models", "return [ModelSpec(name='a', checkpoint=3)]"),
        State.INVALID,
        "demo_models() raised TypeError: ModelSpec.checkpoint must be a text, not int",
        "See the traceback for the line.",
    ),
    "two models of one name": Broken(
        MINIMAL
        + hook("demo_models", "return [ModelSpec(name='a'), ModelSpec(name='a')]")
        + hook("demo_build_model", "pass"),
        State.INVALID,
        "Two models are named 'a'.",
        "Rename one.",
    ),
    "models without demo_build_model": Broken(
        MINIMAL + hook("demo_models", "return [ModelSpec(name='a')]"),
        State.INVALID,
        "It names models but has no demo_build_model hook.",
        "Add demo_build_model(name) with @hookimpl, returning an nn.Module.",
    ),
    "exception in demo_actions": Broken(
        MINIMAL + hook("demo_actions", "raise NameError('greet')"),
        State.INVALID,
        "demo_actions() raised NameError: greet",
        "See the traceback for the line.",
    ),
    "one action, not a list": Broken(
        GREETER.replace("[greet]", "greet"),
        State.INVALID,
        "demo_actions() returned a function.",
        "Return [function, …].",
    ),
    "two actions of one name": Broken(
        GREETER.replace("[greet]", "[greet, greet]"),
        State.INVALID,
        "Two actions are named 'greet'.",
        "Rename one.",
    ),
    "an action named stop": Broken(
        GREETER.replace("greet", "stop"),
        State.INVALID,
        "An action is named stop, which is the host's.",
        "Rename it.",
    ),
}

SIGNATURE = "Correct the signature; names used in annotations must be imported at run time."
TYPING_ONLY = "from __future__ import annotations\n"
BAD_ACTIONS = {
    "unmarked": (acting("(ctx) -> int", marked=False), "returned act, which is not marked"),
    "positional parameter": (acting("(ctx, x: int) -> int"), "write *, before x: keyword-only"),
    "no annotation": (acting("(ctx, *, x) -> int"), "x has no annotation"),
    "no result": (acting("(ctx)"), "the result has no annotation"),
    "no context": (acting("() -> int"), "the first parameter of an action is the Context"),
    "a seed of its own": (acting("(ctx, *, seed: int) -> int"), "mark it @action(seed=True)"),
    "async": (acting("(ctx) -> int").replace("def act", "async def act"), "is no async function"),
    "a stream without its type": (acting("(ctx) -> int", body="yield 1"), "annotated Iterator"),
    "a result that is no data": (
        acting("(ctx) -> Thing", before="class Thing: pass"),
        "its parameters and result must be plain data",
    ),
    "a default out of bounds": (
        acting(
            "(ctx, *, x: Annotated[int, Field(ge=1)] = 0) -> int",
            before="from typing import Annotated\nfrom pydantic import Field",
        ),
        "the default of x: Input should be greater than or equal to 1",
    ),
    "an import for type checkers only": (
        TYPING_ONLY
        + acting(
            "(ctx, *, x: Decimal) -> int",
            before="import typing\nif typing.TYPE_CHECKING:\n    from decimal import Decimal",
        ),
        "NameError: name 'Decimal' is not defined",
    ),
}
BROKEN |= {
    f"an action: {name}": Broken(source, State.INVALID, text, SIGNATURE)
    for name, (source, text) in BAD_ACTIONS.items()
}

HOOKS = {
    "a misspelt hook": Broken(
        MINIMAL + hook("demo_modles", "return []"),
        State.INVALID,
        "There is no hook named demo_modles. Did you mean 'demo_models'?",
        "Rename it.",
    ),
    "a hook like none of them": Broken(
        MINIMAL + hook("xyzzy", "return []"),
        State.INVALID,
        "There is no hook named xyzzy. The hooks are: demo_card, demo_settings, demo_models,",
        "Rename it.",
    ),
    "a wrong hook argument": Broken(
        MINIMAL + hook("demo_build_model", "pass", "name, size"),
        State.INVALID,
        "A hook does not fit its specification: Argument(s) {'size'} are declared in the hookimpl",
        "Compare its arguments with demo_app/hookspecs.py; only a generator can wrap. If it is "
        "written for a plugin API newer than 1.1: pip install --upgrade demo_app",
    ),
    "a hook without @hookimpl": Broken(
        MINIMAL + "\ndef demo_actions(): return []\n",
        State.INVALID,
        "demo_actions is not marked with @hookimpl, so the host would not call it.",
        "Put @hookimpl above it.",
    ),
    "a hook under another name": Broken(
        IMPORTS
        + CARD.replace("hookimpl", "hookimpl(specname='demo_card')", 1).replace(
            "def demo_card", "def my_card"
        ),
        State.INVALID,
        "The hook demo_card is given by specname.",
        "Name the function demo_card and leave out specname.",
    ),
    "a second hook under another name": Broken(
        MINIMAL
        + CARD.replace("hookimpl", "hookimpl(specname='demo_card')", 1).replace(
            "def demo_card", "def my_card"
        ),
        State.INVALID,
        "The hook demo_card is given by specname.",
        "Name the function demo_card and leave out specname.",
    ),
    "a demo_call that is no wrapper": Broken(
        MINIMAL + hook("demo_call", "return 'mine'"),
        State.INVALID,
        "Its demo_call is no wrapper: it would replace everybody's results.",
        "Mark it @hookimpl(wrapper=True); yield once and return the result.",
    ),
    "a wrapper that is no generator": Broken(
        MINIMAL + hook("demo_call", "return 'mine'").replace("impl", "impl(wrapper=True)"),
        State.INVALID,
        "A hook does not fit its specification: Declared as wrapper=True or hookwrapper=True but",
        "Compare its arguments with demo_app/hookspecs.py; only a generator can wrap. If it is "
        "written for a plugin API newer than 1.1: pip install --upgrade demo_app",
    ),
}
BROKEN |= HOOKS

UNFIT = {
    "a missing dependency": (
        "[project]\ndependencies = ['no-such-thing']",
        "A dependency is not met: no-such-thing is not installed.",
        "pip install no-such-thing",
    ),
    "a wrong version": (
        "[project]\ndependencies = ['pluggy<0.1']",
        "A dependency is not met: pluggy<0.1 is asked for,",
        "pip install 'pluggy<0.1'",
    ),
    "another Python": (
        "[project]\nrequires-python = '<3'",
        "It needs Python <3; this is Python 3.",
        "Run demo_app with a Python that satisfies <3.",
    ),
    "another API": (
        "[tool.demo_app]\napi = '99'",
        "It is written for plugin API 99; this demo_app has API 1.1.",
        "Update demo_app: pip install --upgrade demo_app",
    ),
    "a pyproject.toml that is no TOML": (
        "[project\nname = ",
        "Its pyproject.toml cannot be read: Expected ']'",
        "Correct the file.",
    ),
    "a pyproject.toml of another make": (
        "project = 3",
        "Its pyproject.toml cannot be read:",
        "Correct the file.",
    ),
    "a pyproject.toml nested without end": (
        "x = " + "[" * 5000,
        "Its pyproject.toml cannot be read: maximum recursion depth",
        "Correct the file.",
    ),
}
BROKEN |= {
    name: Broken(pyproject(text), State.INCOMPATIBLE, problem, remedy)
    for name, (text, problem, remedy) in UNFIT.items()
}
