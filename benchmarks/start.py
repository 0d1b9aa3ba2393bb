"""Time from the start of the process to the first page, beside a one-textbox Gradio app.

Four apps take turns, each in a fresh process: the stock app, this one by ``python app.py``, this
one by its command ``demo-app``, and this one with a hundred further plugins dropped in, each with
an action and a tab of five components. The clock stops when the whole page, config included, has
been read.
"""

from __future__ import annotations

import gzip
import json
import operator
import resource
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from dropped_in import drop_in
from measure import Aim, Report, Spread, in_turns, options, paired
from server import STOCK_APP, served

PLUGINS = 100
LARGEST_RATIO = 1.15
LARGEST_MILLISECONDS_A_PLUGIN = 10.0
STOCK, PAGE, COMMAND, MANY = "stock Gradio", "app.py", "demo-app", f"app.py, {PLUGINS} more"


@dataclass(frozen=True, kw_only=True)
class Start:
    """One start: seconds on the clock and on the processors, and what the page weighs."""

    wall: float
    cpu: float
    config_bytes: int
    config_gzipped: int
    components: int
    imported_torch: bool | None


def start(command: Sequence[str], environment: Mapping[str, str]) -> Start:
    """Start an app once, and end it as soon as its first page is read."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with served(command, environment) as server:
        imported_torch = server.imported_torch()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    config = server.config.encode()
    return Start(
        wall=server.seconds,
        cpu=after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
        config_bytes=len(config),
        config_gzipped=len(gzip.compress(config)),
        components=len(json.loads(config)["components"]),
        imported_torch=imported_torch,
    )


def run(rounds: int) -> Report:
    """Start every app ``rounds`` times."""
    with tempfile.TemporaryDirectory() as scratch:
        stock = Path(scratch, "stock.py")
        stock.write_text(STOCK_APP)
        plugins = Path(scratch, "plugins")
        plugins.mkdir()
        drop_in(plugins, PLUGINS)
        starts = in_turns(
            {
                STOCK: partial(start, [str(stock)], {}),
                PAGE: partial(start, ["app.py"], {}),
                COMMAND: partial(start, ["-m", "demo_app"], {}),
                MANY: partial(start, ["app.py"], {"DEMO_APP_PLUGIN_DIRS": str(plugins)}),
            },
            rounds,
        )
    return report(starts)


def report(starts: Mapping[str, Sequence[Start]]) -> Report:
    """The table and the aims."""
    wall = {name: [s.wall for s in several] for name, several in starts.items()}
    ratios = {name: paired(operator.truediv, wall[name], wall[STOCK]) for name in starts}
    cpu = {name: [s.cpu for s in several] for name, several in starts.items()}
    further = {
        "on the clock": paired(operator.sub, wall[MANY], wall[PAGE]),
        "CPU": paired(operator.sub, cpu[MANY], cpu[PAGE]),
    }
    rows = []
    for name, several in starts.items():
        any_start = several[0]
        rows.append(
            {
                "app": name,
                "first page, s": Spread.of(wall[name]).text(2),
                "× stock": ratios[name].text(2),
                "CPU, s": Spread.of(cpu[name]).text(2),
                "components": str(any_start.components),
                "config, kB (gzipped)": f"{any_start.config_bytes / 1000:.0f} "
                f"({any_start.config_gzipped / 1000:.0f})",
                "torch imported": _verdict([s.imported_torch for s in several]),
            }
        )
    early = sum(bool(s.imported_torch) for name in starts for s in starts[name])
    return Report(
        title="First page, from the start of the process",
        tables={f"Medians and quartiles of {len(wall[STOCK])} starts": rows},
        aims=[
            Aim(what=f"{PAGE} over stock", value=ratios[PAGE].median, limit=LARGEST_RATIO),
            Aim(what=f"{COMMAND} over stock", value=ratios[COMMAND].median, limit=LARGEST_RATIO),
            *(
                Aim(
                    what=f"a further plugin, {clock}",
                    value=seconds.median * 1000 / PLUGINS,
                    limit=LARGEST_MILLISECONDS_A_PLUGIN,
                    unit=" ms",
                )
                for clock, seconds in further.items()
            ),
            Aim(what="starts that imported torch before the first page", value=early, limit=0),
        ],
        raw={name: [asdict(s) for s in several] for name, several in starts.items()},
    )


def _verdict(answers: Sequence[bool | None]) -> str:
    if None in answers:
        return "unknown"
    return "yes" if any(answers) else "no"


if __name__ == "__main__":
    arguments = options(__doc__, rounds=11).parse_args()
    run(arguments.rounds).publish(arguments.json)
