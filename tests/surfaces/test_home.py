"""The home tab: cards that state what the checkpoint states, and the chooser."""

from collections.abc import Callable
from pathlib import Path

import gradio as gr
import pytest

from demo_app import Host
from demo_app.surfaces.page.chooser import LAYERS, LOSSES, nearest_demo
from demo_app.surfaces.page.shell import build_page
from demo_app.surfaces.page.status import call_table, status_table
from demo_app.testing import write_plugin

PLUGIN = """
from demo_app import Card, Context, action, hookimpl

@hookimpl
def demo_card():
    return Card(title="Tables <1>", summary="Rows & columns.", data=("numbers",),
                task=("classify into two",), architecture="Linear layers.", loss="BCE.", why="So.")

@action
def count(ctx: Context) -> int:
    "Count."
    return 1

@hookimpl
def demo_actions():
    return [count]

@hookimpl
def demo_build_tab(demo):
    import gradio as gr
    gr.Markdown("tables")
"""


def texts(page: gr.Blocks) -> str:
    return "\n".join(str(b.value) for b in page.blocks.values() if isinstance(b, gr.HTML))


def test_a_card_states_size_and_metrics_with_how_they_were_measured(served: gr.Blocks) -> None:
    card = texts(served)
    assert "4.65 million parameters, 9.4 MB" in card
    assert "6.41 thousand parameters, 29 kB" in card
    assert "no parameters, 5.1 MB" in card
    assert "75.1%" in card
    assert "not measured here" in card


def test_a_dropped_in_plugin_gets_a_card_and_takes_part_in_the_chooser(
    plugins: Path, make_host: Callable[..., Host]
) -> None:
    write_plugin(plugins, "tables", PLUGIN)
    host = make_host(plugins)
    page = build_page(host)
    assert "Tables &lt;1&gt;" in texts(page)
    anchors = {"tab-tables": host.plugin("tables")}
    assert nearest_demo(anchors, "numbers", "classify into two") == ("tab-tables", True)
    assert nearest_demo(anchors, "images", "classify into two") == ("tab-tables", False)
    assert nearest_demo(anchors, "numbers", "generate") == ("tab-tables", False)
    assert nearest_demo(anchors, "text", "generate") == ("", False)


@pytest.mark.parametrize("data", LAYERS)
@pytest.mark.parametrize("task", LOSSES)
def test_the_chooser_answers_every_pair(served: gr.Blocks, data: str, task: str) -> None:
    choose = next(fn.fn for fn in served.fns.values() if getattr(fn.fn, "__name__", "") == "choose")
    answer, anchor, button = choose(data, task)
    assert "Architecture" in answer
    assert "Loss" in answer
    assert button.visible is (anchor != "")


def test_the_words_of_the_built_in_cards_are_those_of_the_chooser(host: Host) -> None:
    for demo in host.values():
        assert set(demo.card.data) <= set(LAYERS), demo.name
        assert set(demo.card.task) <= set(LOSSES), demo.name


def test_the_states_show_a_traceback_at_home_and_not_in_public(
    plugins: Path, make_host: Callable[..., Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(plugins, "bad", "1 / 0")
    host = make_host(plugins)
    at_home = status_table(host)
    assert "ZeroDivisionError" in at_home
    assert "Traceback" in at_home
    assert str(plugins) in at_home
    monkeypatch.setenv("SYSTEM", "spaces")
    in_public = status_table(host)
    assert "import failed" in in_public
    assert "Traceback" not in in_public
    assert str(plugins) not in in_public


def test_the_last_calls_are_listed_the_newest_first(
    plugins: Path, make_host: Callable[..., Host]
) -> None:
    write_plugin(plugins, "tables", PLUGIN)
    write_plugin(plugins, "tables_too", PLUGIN)
    host = make_host(plugins)
    host["tables"].call("count")
    host["tables_too"].call("count")
    listed = call_table(host)
    assert listed.index("tables_too") < listed.index("<td>tables</td>")
