"""Traps of Gradio 6.31: each with the test that catches whoever falls into it again."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

import demo_app
from demo_app import Host
from demo_app.surfaces.api import CONCURRENCY
from demo_app.surfaces.page.launch import options
from demo_app.surfaces.page.shell import build_page
from demo_app.testing import write_plugin

CARD = """
from demo_app import Card, Context, InvalidInput, action, hookimpl
import gradio as gr

@hookimpl
def demo_card():
    return Card(title="{title}", summary="For a test.")

@action
def refuse(ctx: Context) -> int:
    "Refuse."
    raise InvalidInput("<img src=x onerror=alert(1)> is no number")

@hookimpl
def demo_actions():
    return [refuse]
"""


def test_the_first_page_imports_no_torch() -> None:
    program = (
        "import sys; from demo_app import Host; "
        "from demo_app.surfaces.page.shell import build_page; "
        "build_page(Host()).get_config_file(); print('torch' in sys.modules)"
    )
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment | {"PYTHONPATH": str(root)},
        timeout=120,
    )
    assert answer.stdout.strip() == "False"


def test_a_tab_listens_to_the_load_of_the_page_once(
    plugins: Path, make_host: Callable[..., Host]
) -> None:
    source = (
        CARD.format(title="Loads")
        + """
@hookimpl
def demo_build_tab(demo):
    box = gr.Textbox(value=lambda: "now")
    gr.context.Context.root_block.load(lambda: "then", None, box)
"""
    )
    alone = build_page(make_host(plugins))
    write_plugin(plugins, "loads", source)
    page = build_page(make_host(plugins))

    def loads(blocks: gr.Blocks) -> list[Any]:
        return [t for fn in blocks.fns.values() for t in fn.targets if t[1] == "load"]

    assert len(loads(page)) - len(loads(alone)) == 2
    assert {block for block, _ in loads(page)} == {page._id}


def test_the_renders_of_two_tabs_have_numbers_of_their_own(
    plugins: Path, make_host: Callable[..., Host]
) -> None:
    for title in ("one", "two"):
        source = (
            CARD.format(title=title)
            + "\n@hookimpl\ndef demo_build_tab(demo):\n"
            + "    @gr.render()\n    def show():\n        gr.Markdown('x')\n"
        )
        write_plugin(plugins, title, source)
    page = build_page(make_host(plugins))
    assert [renderable._id for renderable in page.renderables] == [0, 1]


def test_a_message_cannot_bring_html_onto_the_page(
    plugins: Path, make_host: Callable[..., Host]
) -> None:
    source = (
        CARD.format(title="Asks")
        + """
@hookimpl
def demo_build_tab(demo):
    gr.Button().click(lambda: demo.call("refuse"), None, gr.Number())
"""
    )
    write_plugin(plugins, "asks", source)
    page = build_page(make_host(plugins))
    handler = next(f.fn for f in page.fns.values() if str(f.api_name).startswith("tab/lambda"))
    with pytest.raises(gr.Error) as caught:
        handler()
    assert caught.value.message == "&lt;img src=x onerror=alert(1)&gt; is no number"


def test_no_example_is_answered_from_a_cache_that_another_plugin_filled(
    monkeypatch: pytest.MonkeyPatch, host: Host
) -> None:
    monkeypatch.setenv("SYSTEM", "spaces")
    made = []
    create = gr.Examples
    monkeypatch.setattr(gr, "Examples", lambda *a, **k: made.append(create(*a, **k)) or made[-1])
    build_page(host)
    assert made
    assert not any(example.cache_examples for example in made)


def test_events_run_side_by_side(served: Any) -> None:
    limits = {fn.concurrency_limit for fn in served.fns.values()} - {"default", None}
    assert CONCURRENCY > 1
    assert all(limit >= CONCURRENCY for limit in limits)
    assert served._queue.default_concurrency_limit == CONCURRENCY


def test_nothing_is_written_beside_the_source() -> None:
    assert list(Path(demo_app.__file__).parent.rglob("*.pyi")) == []


def test_the_page_is_served_without_what_leaks_or_lingers() -> None:
    chosen = options()
    assert chosen["ssr_mode"] is False
    assert chosen["show_error"] is False
    assert chosen["share"] is False
    assert chosen["enable_monitoring"] is False
    assert chosen["strict_cors"] is True
    assert not chosen.get("allowed_paths")
