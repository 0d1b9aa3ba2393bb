"""What the benchmarks share: arms in turns, medians with their spread, tables and aims."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")
LOAD = os.getloadavg()[0]
"""How many processes wanted a core before the benchmark began; near 0 on a quiet machine."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A median and the quartiles around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        if len(values) == 1:
            return cls(median=values[0], low=values[0], high=values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median=median, low=low, high=high)

    def text(self, digits: int) -> str:
        """``median [lower quartile … upper quartile]``."""
        return f"{self.median:.{digits}f} [{self.low:.{digits}f} … {self.high:.{digits}f}]"


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What was to be reached, and what was measured.

    ``limit`` is the largest value allowed; the smallest, where more is better.
    """

    what: str
    value: float
    limit: float
    unit: str = ""
    more_is_better: bool = False

    @property
    def met(self) -> bool:
        """Whether the aim is met."""
        return self.value >= self.limit if self.more_is_better else self.value <= self.limit

    def __str__(self) -> str:
        verdict = "met" if self.met else "MISSED"
        aim = f"aim {'≥' if self.more_is_better else '≤'} {self.limit:g}{self.unit}"
        return f"{self.what}: {self.value:.3g}{self.unit}, {aim}: {verdict}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """The outcome of a benchmark: its tables (rows of texts by column), aims and raw numbers."""

    title: str
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    aims: Sequence[Aim]
    raw: Mapping[str, Any] = field(default_factory=dict)

    def publish(self, file: Path | None) -> None:
        """Print the tables and aims in Markdown; write everything to ``file``, if there is one."""
        print(f"\n{self.title}\n{machine()}")
        for caption, rows in self.tables.items():
            print(f"\n{caption}\n\n{markdown(rows)}")
        print()
        for aim in self.aims:
            print(f"- {aim}")
        if file is not None:
            aims = [asdict(aim) | {"met": aim.met} for aim in self.aims]
            outcome = {"title": self.title, "machine": machine(), "aims": aims, "raw": self.raw}
            file.write_text(json.dumps(outcome, indent=1, ensure_ascii=False) + "\n", "utf-8")


def in_turns(arms: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """Run every arm once a round, so that what disturbs the machine disturbs all alike.

    A first round is run and thrown away: it fills the page cache and compiles bytecode. Every
    other round goes backwards, so that no arm always follows the same one.
    """
    results: dict[str, list[Result]] = {name: [] for name in arms}
    order = list(arms)
    for name in order:
        arms[name]()
    for number in range(rounds):
        for name in order if number % 2 == 0 else reversed(order):
            results[name].append(arms[name]())
    return results


def paired(
    operation: Callable[[float, float], float], values: Sequence[float], base: Sequence[float]
) -> Spread:
    """The spread of differences or ratios, each between two runs of one round."""
    return Spread.of([operation(value, b) for value, b in zip(values, base, strict=True)])


def options(description: str | None, rounds: int) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=rounds, help="how often (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    return parser


def machine() -> str:
    """The machine and the versions that the numbers belong to."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = " · ".join(f"{package} {version(package)}" for package in ("gradio", "torch"))
    return (
        f"{cores} {platform.machine()} cores · {platform.system()} · "
        f"Python {platform.python_version()} · {versions} · load {LOAD:.1f} before"
    )


def markdown(rows: Sequence[Mapping[str, str]]) -> str:
    """An aligned table; the columns are those of the first row."""
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    padded = ([c.ljust(w) for c, w in zip(line, widths, strict=True)] for line in lines)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in padded)
