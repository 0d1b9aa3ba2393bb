"""The page: a broken plugin costs its own place and nothing else; a session ends with its page."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from demo_app import Host
from demo_app.plugin import State
from demo_app.surfaces.page.shell import build_page
from demo_app.surfaces.visitors import Visitors
from demo_app.surfaces.warmup import WarmUp
from demo_app.testing import write_plugin

CARD = """
from demo_app import Card, Context, ModelSpec, action, hookimpl

@hookimpl
def demo_card():
    return Card(title="{title}", summary="For a test.")
"""
GOOD = (
    CARD.format(title="Good")
    + """
@action
def answer(ctx: Context) -> int:
    "The answer."
    return 42

@hookimpl
def demo_actions():
    return [answer]

@hookimpl
def demo_build_tab(demo):
    import gradio as gr
    button, box = gr.Button("Ask"), gr.Number()
    button.click(lambda: demo.call("answer"), None, box)
"""
)
TAB = (
    CARD.format(title="Bad")
    + """
@action
def ghost(ctx: Context) -> int:
    "A ghost."
    return 13

@hookimpl
def demo_actions():
    return [ghost]

@hookimpl
def demo_build_tab(demo):
    import gradio as gr
"""
)
BROKEN: dict[str, tuple[str, State, str]] = {
    "syntax error": ("def (:", State.IMPORT_FAILED, "line 1"),
    "exception at import": ("1 / 0", State.IMPORT_FAILED, "ZeroDivisionError"),
    "sys.exit at import": ("import sys; sys.exit(3)", State.IMPORT_FAILED, "sys.exit()"),
    "missing module": ("import not_there_at_all", State.IMPORT_FAILED, "pip install"),
    "misspelt hook": (
        CARD.format(title="Bad") + "@hookimpl\ndef demo_actoins(): return []",
        State.INVALID,
        "Did you mean &#x27;demo_actions&#x27;",
    ),
    "wrong hook argument": (
        CARD.format(title="Bad") + "@hookimpl\ndef demo_build_tab(tab): pass",
        State.INVALID,
        "hookspecs.py",
    ),
    "card of the wrong type": (
        "from demo_app import hookimpl\n@hookimpl\ndef demo_card(): return {'title': 'x'}",
        State.INVALID,
        "not a Card",
    ),
    "missing checkpoint": (
        CARD.format(title="Bad")
        + "@hookimpl\ndef demo_models(): return [ModelSpec(name='m', checkpoint='m.safetensors')]\n"
        + "@hookimpl\ndef demo_build_model(name): ...\n",
        State.CHECKPOINT_FAILED,
        "m.safetensors is missing",
    ),
    "startup raises": (
        CARD.format(title="Bad") + "@hookimpl\ndef demo_startup(): raise OSError('no')",
        State.STARTUP_FAILED,
        "OSError",
    ),
    "demo_call is no wrapper": (
        CARD.format(title="Bad") + "@hookimpl\ndef demo_call(): return 1",
        State.INVALID,
        "wrapper=True",
    ),
    "tab raises": (
        TAB + "    gr.Button('x').click(lambda: 1, None, gr.Number())\n    raise KeyError('<b>')",
        State.TAB_FAILED,
        "KeyError: &#x27;&lt;b&gt;&#x27;",
    ),
    "tab raises inside a Blocks of its own": (
        TAB + "    with gr.Blocks():\n        gr.Textbox()\n        raise ValueError('inside')",
        State.TAB_FAILED,
        "inside",
    ),
    "tab raises inside a row": (
        TAB + "    with gr.Row():\n        gr.Textbox()\n        raise ValueError('inside')",
        State.TAB_FAILED,
        "inside",
    ),
    "tab exits": (TAB + "    raise SystemExit(1)", State.TAB_FAILED, "SystemExit"),
}


def texts(page: gr.Blocks) -> str:
    """Everything that stands in the page's HTML components."""
    return "\n".join(
        str(block.value) for block in page.blocks.values() if isinstance(block, gr.HTML)
    )


def public(page: gr.Blocks) -> set[str]:
    return {name.strip("/") for name in page.get_api_info()["named_endpoints"]}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_leaves_a_card_and_the_others_work(
    plugins: Path, make_host: Callable[..., Host], kind: str
) -> None:
    source, state, message = BROKEN[kind]
    write_plugin(plugins, "a_bad", source)
    write_plugin(plugins, "good", GOOD)
    host = make_host(plugins)
    page = build_page(host)

    assert host.plugin("a_bad").state is state
    card = texts(page)
    assert "problem-card" in card
    assert message in card
    assert "demo-app plugins show a_bad" in card
    assert host["good"].call("answer") == 42
    labels = [block.label for block in page.blocks.values() if isinstance(block, gr.Tab)]
    assert sum("Good" in label for label in labels) == 1
    assert sum("⚠️" in label for label in labels) == 1


@pytest.mark.parametrize("kind", [kind for kind in BROKEN if kind.startswith("tab")])
def test_a_tab_that_fails_leaves_no_endpoint_and_no_component(
    tmp_path: Path, make_host: Callable[..., Host], kind: str
) -> None:
    pages = []
    for name, source in (("never built", "def (:"), ("half built", BROKEN[kind][0])):
        write_plugin(tmp_path / name, "good", GOOD)
        write_plugin(tmp_path / name, "bad", source)
        pages.append(build_page(make_host(tmp_path / name)))
    never_built, half_built = pages

    assert public(half_built) == public(never_built) == {"good__answer", "call"}
    assert len(half_built.fns) == len(never_built.fns)
    assert len(half_built.blocks) == len(never_built.blocks)


def test_a_duplicate_gets_a_card_that_names_both_origins(
    tmp_path: Path, make_host: Callable[..., Host]
) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    for directory in (first, second):
        write_plugin(directory, "good", GOOD)
    host = make_host(first, second)
    page = build_page(host)
    card = texts(page)
    assert str(first / "good") in card
    assert str(second / "good") in card
    assert host["good"].call("answer") == 42


def test_a_blocked_plugin_has_no_place(plugins: Path, make_host: Callable[..., Host]) -> None:
    write_plugin(plugins, "good", GOOD)
    write_plugin(plugins, "other", GOOD.replace("Good", "Other"))
    page = build_page(make_host(plugins, disable=["other"]))
    assert "Other" not in {b.label for b in page.blocks.values() if isinstance(b, gr.Tab)}
    assert public(page) == {"good__answer", "call"}


def test_a_handler_named_like_an_endpoint_does_not_take_its_place(
    plugins: Path, make_host: Callable[..., Host]
) -> None:
    source = GOOD.replace("lambda: demo.call", "call").replace('call("answer")', "call")
    source = source.replace("    button, box", "    def call(): return 13\n    button, box")
    write_plugin(plugins, "good", source)
    page = build_page(make_host(plugins))
    assert public(page) == {"good__answer", "call"}


def test_an_unfit_checkpoint_is_found_in_the_background_and_shown_on_the_next_visit(
    plugins: Path, make_host: Callable[..., Host]
) -> None:
    import torch

    from demo_app.checkpoints import CheckpointMetadata, save

    folder = write_plugin(
        plugins,
        "unfit",
        {
            "__init__.py": CARD.format(title="Unfit")
            + """
@hookimpl
def demo_models():
    return [ModelSpec(name="m", checkpoint="m.safetensors")]

@hookimpl
def demo_build_model(name):
    import torch
    return torch.nn.Linear(2, 2)

@hookimpl
def demo_build_tab(demo):
    import gradio as gr
    gr.Markdown("The tab.")
"""
        },
    )
    metadata = CheckpointMetadata(architecture="a", license="MIT", source="a test")
    save(plugins / "unfit" / "m.safetensors", torch.nn.Linear(2, 3).state_dict(), metadata)
    host = make_host(plugins)
    page = build_page(host)
    refresh = next(fn for fn in page.fns.values() if getattr(fn.fn, "__name__", "") == "catch_up")
    assert folder is not None
    assert host.plugin("unfit").state is State.READY

    WarmUp(host).run()

    assert host.plugin("unfit").state is State.CHECKPOINT_FAILED
    room, card = refresh.fn()
    assert room.visible is False
    assert card.visible is True
    assert "weight is [3, 2], the model has [2, 2]" in card.value


def test_every_output_of_the_page_stays_on_this_machine(served: Any) -> None:
    assert served.analytics_enabled is False
    assert served.share is False
    assert served.enable_monitoring is False


def test_uploads_and_results_are_deleted_after_a_while(served: Any) -> None:
    assert served.delete_cache == (1800, 3600)


def test_a_session_ends_when_its_page_unloads() -> None:
    from gradio.context import LocalContext

    visitors = Visitors()
    request = gr.Request(session_hash="a visitor")
    token = LocalContext.request.set(request)
    try:
        visitors.current().part("shapes")["photo"] = "mine"
        visitors.forget(request)
        assert len(visitors) == 0
        assert visitors.current().part("shapes") == {}
    finally:
        LocalContext.request.reset(token)


def test_the_sessions_longest_unused_go_first() -> None:
    from gradio.context import LocalContext

    visitors = Visitors(limit=2)
    token = LocalContext.request.set(None)
    try:
        for name in ("one", "two", "one", "three"):
            LocalContext.request.set(gr.Request(session_hash=name))
            visitors.current().part("demo")["name"] = name
        assert len(visitors) == 2
        LocalContext.request.set(gr.Request(session_hash="one"))
        assert visitors.current().part("demo") == {"name": "one"}
    finally:
        LocalContext.request.reset(token)


def test_a_hundred_tabs_build_one_web_app(
    plugins: Path, make_host: Callable[..., Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    create = gr.routes.App.create_app
    monkeypatch.setattr(
        gr.routes.App,
        "create_app",
        staticmethod(lambda *a, **k: built.append(1) or create(*a, **k)),
    )
    for number in range(100):
        write_plugin(plugins, f"good{number}", GOOD)
    build_page(make_host(plugins))
    gc.collect()
    assert len(built) <= 2
