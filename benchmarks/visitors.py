"""Several visitors who have text written at the same time, for ``text.py``."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from demo_app import Demo

SECONDS = 4.0


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What one visitor got: the first character after so many ms, and characters a second."""

    first: float
    rate: float


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What visitors got who came at the same moment and stayed for the same time."""

    visits: tuple[Visit, ...]

    @property
    def size(self) -> int:
        """How many they were."""
        return len(self.visits)

    @property
    def fairness(self) -> float:
        """What the slowest got, as a share of what the fastest got."""
        rates = [visit.rate for visit in self.visits]
        return min(rates) / max(rates)

    def row(self, model: str) -> dict[str, str]:
        """The crowd in a table."""
        rates = [visit.rate for visit in self.visits]
        return {
            "model": model,
            "visitors": str(self.size),
            "characters/s each": f"{min(rates):.0f} … {max(rates):.0f}",
            "all together": f"{sum(rates):.0f}",
            "slowest over fastest": f"{self.fairness:.2f}",
            "latest first character, ms": f"{max(visit.first for visit in self.visits):.0f}",
        }

    def raw(self) -> list[dict[str, Any]]:
        """Every visit."""
        return [asdict(visit) for visit in self.visits]


def measure_crowd(demo: Demo, model: str, size: int) -> Crowd:
    """Let so many visitors stream for a while, each in a thread, and leave."""
    visits: list[Visit] = []
    together = threading.Barrier(size)

    def visit(seed: int) -> None:
        together.wait()
        start = time.perf_counter()
        first, count = 0.0, 0
        stream = demo.stream(
            "generate", prompt="ROMEO:\n", model=model, seed=seed, max_new_characters=5000
        )
        with stream:
            for _ in stream:
                count += 1
                first = first or time.perf_counter() - start
                if time.perf_counter() - start > SECONDS:
                    break
        rate = count / (time.perf_counter() - start)
        visits.append(Visit(first=first * 1000, rate=rate))

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Crowd(visits=tuple(visits))
