"""Random numbers belong to one call: equal seeds, equal results, whatever else runs."""

import random
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from demo_app import Context, Host, action

HostOf = Callable[..., Host]


@action(seed=True)
def noise(ctx: Context, *, steps: int = 4) -> Iterator[float]:
    for _ in range(steps):
        yield torch.rand((), generator=ctx.rng).item()


def test_two_streams_in_turn_give_what_each_gives_alone(host_of: HostOf) -> None:
    demo = host_of(noise)["made"]
    alone = [list(demo.stream("noise", seed=seed)) for seed in (1, 2)]
    streams = [demo.stream("noise", seed=seed) for seed in (1, 2)]
    together = list(zip(*streams, strict=True))
    assert [list(values) for values in zip(*together, strict=True)] == alone


def test_steps_on_different_threads_change_nothing(host_of: HostOf) -> None:
    demo = host_of(noise)["made"]
    alone = [list(demo.stream("noise", seed=seed)) for seed in (1, 2)]
    streams = [demo.stream("noise", seed=seed) for seed in (1, 2)]
    together: list[list[float]] = [[], []]
    for _ in range(4):
        for values, stream in zip(together, streams, strict=True):
            with ThreadPoolExecutor(1) as another:
                values.append(another.submit(next, stream).result())
    assert together == alone


def test_two_streams_at_once_give_what_each_gives_alone(host_of: HostOf) -> None:
    demo = host_of(noise)["made"]
    seeds = range(8)
    alone = [list(demo.stream("noise", seed=seed, steps=50)) for seed in seeds]
    with ThreadPoolExecutor(8) as pool:
        streams = pool.map(lambda seed: list(demo.stream("noise", seed=seed, steps=50)), seeds)
    assert list(streams) == alone


def test_calls_leave_the_global_random_state_alone(shapes_host: Host) -> None:
    torch.manual_seed(5)
    random.seed(5)
    before = torch.get_rng_state(), random.getstate()
    demo = shapes_host["shapes"]
    demo.call("draw", seed=1)
    demo.call("draw")
    demo.call("guess", values=[1.0, 2.0])
    demo.call("score", values=[1.0, 2.0])
    list(demo.stream("walk", seed=1))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]


def test_a_wrapper_sees_the_seed_that_was_drawn(host_of: HostOf) -> None:
    seen = []

    def demo_call(demo: Any, action: str, arguments: Any) -> Generator[None, Any, Any]:
        seen.append(arguments["seed"])
        return (yield)

    demo = host_of(noise, demo_call=(demo_call, {"wrapper": True}))["made"]
    drawn = list(demo.stream("noise"))
    assert list(demo.stream("noise", seed=seen[0])) == drawn
