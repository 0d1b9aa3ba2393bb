"""Every shape of action on the page, and what a visitor sees of a plugin that breaks."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from demo_app import Host
from demo_app.images import encode_png
from demo_app.testing import write_plugin
from tests.shape_cases import ORANGE, SEA, picture

GOOD = """
import gradio as gr
from demo_app import Card, Context, action, hookimpl

@hookimpl
def demo_card():
    return Card(title="{title}", summary="For a test.", order={order})

@action
def answer(ctx: Context) -> int:
    "How often this visitor asked."
    ctx.session["asked"] = ctx.session.get("asked", 0) + 1
    return ctx.session["asked"]

@hookimpl
def demo_actions():
    return [answer]

@hookimpl
def demo_build_tab(demo):
    drawn = gr.State(0)

    @gr.render(inputs=drawn)
    def show(drawn):
        gr.Markdown("{title} drawn " + str(drawn))
        box = gr.Number(elem_id="{title}-box")
        gr.Button("Ask {title}").click(lambda: demo.call("answer"), None, box)
    gr.Button("Draw {title} again").click(lambda drawn: drawn + 1, drawn, drawn)
"""


@pytest.fixture
def page(visit: Callable[..., Page], shapes_app: str) -> Page:
    page = visit(shapes_app)
    page.get_by_role("tab", name="Shapes").click()
    return page


def run(page: Page, action: str) -> None:
    page.locator(f"#shapes-{action}-run").click()


def output(page: Page, action: str):
    return page.locator(f"#shapes-{action}-output").locator("textarea, input").first


def test_a_plain_action(page: Page) -> None:
    page.locator("#shapes-greet-name").locator("textarea, input").first.fill("Ada <i>")
    run(page, "greet")
    expect(output(page, "greet")).to_have_value("hello Ada <i>")


def test_an_action_on_a_model(page: Page, shapes_host: Host) -> None:
    page.get_by_label("three and four").nth(1).check()
    run(page, "score")
    expected = shapes_host["shapes"].call("score", values=[3.0, 4.0])
    expect(output(page, "score")).to_have_value(str(expected))


def test_a_seeded_action_draws_what_pytest_draws(page: Page, shapes_host: Host) -> None:
    page.locator("#shapes-draw-seed input").fill("3")
    run(page, "draw")
    expected = shapes_host["shapes"].call("draw", seed=3)
    expect(output(page, "draw")).to_have_value(str(expected))


def test_a_stream_ends_with_its_last_value(page: Page) -> None:
    page.locator("#shapes-count-to input").fill("5")
    run(page, "count")
    expect(output(page, "count")).to_have_value("5")


def test_a_stopped_stream_keeps_its_best(page: Page) -> None:
    run(page, "climb")
    expect(output(page, "climb")).to_have_value(re.compile("finished=False"))
    page.locator("#shapes-climb-stop").dispatch_event("click")
    expect(output(page, "climb")).to_have_value(re.compile("finished=True"))


def test_a_picture_in_and_a_picture_out(page: Page) -> None:
    file = {"name": "p.png", "mimeType": "image/png", "buffer": encode_png(picture(ORANGE, SEA))}
    page.set_input_files("#shapes-invert-image input[type=file]", file)
    page.locator("#shapes-invert-image img").wait_for()
    run(page, "invert")
    shown = page.locator("#shapes-invert-output img")
    shown.wait_for()
    result = Image.open(io.BytesIO(page.request.get(shown.get_attribute("src") or "").body()))
    assert result.size == (8, 8)


def test_a_session_value_belongs_to_one_visitor(
    page: Page, visit: Callable[..., Page], shapes_app: str
) -> None:
    for expected in ("1", "2"):
        run(page, "visit")
        expect(output(page, "visit")).to_have_value(expected)
    other = visit(shapes_app)
    other.get_by_role("tab", name="Shapes").click()
    run(other, "visit")
    expect(output(other, "visit")).to_have_value("1")


def test_a_refusal_is_shown_in_the_visitors_words(page: Page) -> None:
    run(page, "refuse")
    expect(page.get_by_test_id("toast-body")).to_contain_text("The cup is empty: fill it first.")


def test_an_unforeseen_error_tells_no_secret(page: Page) -> None:
    run(page, "crash")
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("crash failed inside the demo (RuntimeError)")
    expect(toast).not_to_contain_text("/srv")


def test_a_visitor_who_leaves_ends_the_stream(
    visit: Callable[..., Page], shapes_dir: Path, serve: Callable[[Host], str]
) -> None:
    with Host([shapes_dir], discover=False) as host:
        page = visit(serve(host))
        page.get_by_role("tab", name="Shapes").click()
        run(page, "linger")
        expect(output(page, "linger")).to_have_value(re.compile(r"\d"))
        watcher = visit(page.url.partition("?")[0])
        page.close()
        watcher.get_by_role("tab", name="Shapes").click()
        for _ in range(200):
            run(watcher, "greet")
            if any(entry.outcome == "left" for entry in host.log):
                break
            watcher.wait_for_timeout(50)
        assert [e.outcome for e in host.log if e.action == "linger"] == ["left"]


def test_a_broken_plugin_has_a_card_and_the_others_work(
    visit: Callable[..., Page],
    plugins: Path,
    make_host: Callable[..., Host],
    serve: Callable[[Host], str],
) -> None:
    write_plugin(plugins, "bad", "import no_such_<module>")
    write_plugin(plugins, "good", GOOD.format(title="Good", order=1))
    page = visit(serve(make_host(plugins)))
    page.get_by_role("tab", name="Bad").click()
    card = page.get_by_role("alert").filter(has_text="Bad could not be imported")
    expect(card).to_contain_text("Syntax error in __init__.py, line 1")
    expect(card).to_contain_text("demo-app plugins show bad")
    page.get_by_role("tab", name="Good").click()
    page.get_by_role("button", name="Ask Good").click()
    expect(page.locator("#Good-box input")).to_have_value("1")


def test_a_button_inside_a_render_lives_on_when_another_tab_renders(
    visit: Callable[..., Page],
    plugins: Path,
    make_host: Callable[..., Host],
    serve: Callable[[Host], str],
) -> None:
    for order, title in enumerate(("First", "Second")):
        write_plugin(plugins, title.lower(), GOOD.format(title=title, order=order))
    page = visit(serve(make_host(plugins)))
    for title, asked in (("First", "1"), ("Second", "1"), ("First", "2")):
        page.get_by_role("tab", name=title).click()
        page.get_by_role("button", name=f"Draw {title} again").click()
        expect(page.get_by_text(f"{title} drawn {asked}")).to_be_visible()
        page.get_by_role("button", name=f"Ask {title}").click()
        expect(page.locator(f"#{title}-box input")).to_have_value(asked)
    page.get_by_role("tab", name="Second").click()
    page.get_by_role("button", name="Ask Second").click()
    expect(page.locator("#Second-box input")).to_have_value("2")
