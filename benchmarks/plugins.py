"""Two hundred plugins: how long they take to list and to start, and how soon one more is seen.

Each has the rooms of the shipped ones, an action and a tab of five components. They stand beside
what there would be without this app: Python that imports the same files, and a stock Gradio app
with as many tabs of the same components. The open page needs the extra ``test`` and a Chromium.
"""

from __future__ import annotations

import operator
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from dropped_in import drop_in
from measure import Aim, Report, Spread, in_turns, options, paired
from playwright.sync_api import Page, sync_playwright
from server import ROOT, STOCK_APP, served, usual_environment
from start import Start, start

from demo_app.app_client import AppClient, AppError
from docs.screenshots import OPTIONS, find_chromium

PLUGINS = 200
LONGEST_LIST = 1.0
LARGEST_MILLISECONDS_A_PLUGIN = 5.0
LONGEST_NOTICE = 2.0
LISTED, IMPORTED = "demo-app plugins list", "Python imports them"
STOCK, STOCK_TABS = "stock Gradio", f"stock Gradio, {PLUGINS} tabs"
CALLED, SEEN = "/call answers", "an open page shows it"
PAGE, MANY = "app.py", f"app.py, {PLUGINS} more"

IMPORT = """
import importlib, pathlib, sys
sys.path.insert(0, sys.argv[1])
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    importlib.import_module(folder.name)
    importlib.import_module(folder.name + ".actions")
"""
STOCK_TABS_APP = f"""
import gradio as gr

with gr.Blocks(analytics_enabled=False) as page:
    for number in range({PLUGINS}):
        with gr.Tab(f"Dropped in {{number}}"):
            gr.Markdown("Writes a text several times.")
            text = gr.Textbox(label="Text")
            times = gr.Slider(1, 9, value=2, step=1, label="Times")
            button = gr.Button("Repeat")
            result = gr.Textbox(label="Result")
            button.click(lambda text, times: text * int(times), [text, times], result,
                         api_name=f"repeat_{{number}}")
page.launch(ssr_mode=False, share=False, enable_monitoring=False)
"""


def seconds(command: Sequence[str]) -> float:
    """How long a command of this Python takes, on the clock."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=usual_environment(),
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


def notices(plugins: Path, count: int) -> list[dict[str, float]]:
    """How soon a running app with ``plugins`` knows of one more, for each of ``count``.

    Returns:
        For each, the seconds from the last written byte until ``/call`` serves the new action, and
        until a page that is open in a headless Chromium has its card and tab.
    """
    found = []
    with (
        served(["app.py"], {"DEMO_APP_PLUGIN_DIRS": str(plugins)}) as server,
        AppClient(server.url) as client,
        open_page(server.url) as page,
    ):
        for number in range(PLUGINS, PLUGINS + count):
            drop_in(plugins, 1, first=number)
            started = time.perf_counter()
            while not answers(client, f"dropped_in_{number}"):
                time.sleep(0.05)
            called = time.perf_counter() - started
            card = page.get_by_role("button", name=f"Open Dropped in {number}", exact=True)
            card.wait_for(timeout=60_000)
            found.append({CALLED: called, SEEN: time.perf_counter() - started})
    return found


@contextmanager
def open_page(url: str) -> Iterator[Page]:
    """A page that is open in Chromium, and has settled."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=OPTIONS)
        page = browser.new_page()
        page.goto(url)
        page.get_by_role("button", name=f"Open Dropped in {PLUGINS - 1}", exact=True).wait_for(
            timeout=120_000
        )
        page.wait_for_timeout(5_000)
        yield page
        browser.close()


def answers(client: AppClient, plugin: str) -> bool:
    """Whether the plugin's action can be called."""
    try:
        return bool(client.call(plugin, "repeat", text="ab", times=2) == "abab")
    except AppError:
        return False


def run(rounds: int) -> Report:
    """Measure everything ``rounds`` times."""
    with tempfile.TemporaryDirectory() as scratch:
        plugins = Path(scratch, "plugins")
        plugins.mkdir()
        drop_in(plugins, PLUGINS)
        for name, text in ("stock.py", STOCK_APP), ("tabs.py", STOCK_TABS_APP):
            Path(scratch, name).write_text(text)
        listings = in_turns(
            {
                LISTED: partial(
                    seconds, ["-m", "demo_app", "plugins", "list", "--plugin-dir", str(plugins)]
                ),
                IMPORTED: partial(seconds, ["-c", IMPORT, str(plugins)]),
            },
            rounds,
        )
        starts = in_turns(
            {
                STOCK: partial(start, [str(Path(scratch, "stock.py"))], {}),
                STOCK_TABS: partial(start, [str(Path(scratch, "tabs.py"))], {}),
                PAGE: partial(start, ["app.py"], {}),
                MANY: partial(start, ["app.py"], {"DEMO_APP_PLUGIN_DIRS": str(plugins)}),
            },
            rounds,
        )
        return report(listings, starts, notices(plugins, rounds))


def report(
    listings: Mapping[str, Sequence[float]],
    starts: Mapping[str, Sequence[Start]],
    noticed: Sequence[Mapping[str, float]],
) -> Report:
    """The tables and the aims."""
    wall = {name: [s.wall for s in several] for name, several in starts.items()}
    ours = paired(operator.sub, wall[MANY], wall[PAGE])
    stock = paired(operator.sub, wall[STOCK_TABS], wall[STOCK])
    list_times = Spread.of(listings[LISTED])
    notice = {name: Spread.of([n[name] for n in noticed]) for name in noticed[0]}
    rounds = len(wall[PAGE])
    return Report(
        title=f"{PLUGINS} plugins",
        tables={
            f"Listing them; medians and quartiles of {rounds}": [
                {"command": name, "s": Spread.of(several).text(2)}
                for name, several in listings.items()
            ],
            f"First page; medians and quartiles of {rounds} starts": [
                {"app": name, "s": Spread.of(wall[name]).text(2), "ms a tab": each}
                for name, each in {
                    STOCK: "",
                    STOCK_TABS: _milliseconds(stock),
                    PAGE: "",
                    MANY: _milliseconds(ours),
                }.items()
            ],
            f"One more while the app runs; medians and quartiles of {rounds}": [
                {"until": name, "s": spread.text(2)} for name, spread in notice.items()
            ],
        },
        aims=[
            Aim(what=LISTED, value=list_times.median, limit=LONGEST_LIST, unit=" s"),
            Aim(
                what="what each adds to the start",
                value=ours.median * 1000 / PLUGINS,
                limit=LARGEST_MILLISECONDS_A_PLUGIN,
                unit=" ms",
            ),
            Aim(
                what="the same, beyond what such a tab adds to a stock app",
                value=(ours.median - stock.median) * 1000 / PLUGINS,
                limit=LARGEST_MILLISECONDS_A_PLUGIN,
                unit=" ms",
            ),
            Aim(
                what="one more is seen on an open page",
                value=notice[SEEN].median,
                limit=LONGEST_NOTICE,
                unit=" s",
            ),
        ],
        raw={
            "listings": listings,
            "starts": {name: [vars(s) for s in several] for name, several in starts.items()},
            "notices": noticed,
        },
    )


def _milliseconds(spread: Spread) -> str:
    each = 1000 / PLUGINS
    return Spread(median=spread.median * each, low=spread.low * each, high=spread.high * each).text(
        2
    )


if __name__ == "__main__":
    arguments = options(__doc__, rounds=7).parse_args()
    run(arguments.rounds).publish(arguments.json)
