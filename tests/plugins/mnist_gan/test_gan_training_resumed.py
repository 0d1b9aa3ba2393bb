"""A training that was interrupted goes on as if it had not been."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(autouse=True)
def forked() -> Any:
    """A random state of the test's own."""
    with torch.random.fork_rng(devices=[]):
        yield


class Interrupting:
    """Reports nothing, and interrupts the training when it reports for the nth time."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, line: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def weights(run: Any) -> dict[str, Tensor]:
    """Every tensor that a training ends with, the generator's average and the judge among them."""
    return {
        f"{part}.{name}": tensor
        for part in ("generator", "discriminator", "average", "judge")
        for name, tensor in getattr(run, part).state_dict().items()
    }


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    assert [name for name in one if not one[name].equal(other[name])] == []


# Two epochs of the judge, then snapshots at 0, 1, 4 and 10.
@pytest.mark.parametrize("at", [4, 5, 6])
def test_an_interrupted_training_ends_as_one_that_was_not(
    make_run: Callable[..., Any], at: int
) -> None:
    whole = make_run("whole")
    whole.train()
    broken = make_run("broken", Interrupting(at))
    with pytest.raises(KeyboardInterrupt):
        broken.train()
    lines: list[str] = []

    resumed = make_run("broken", lines.append)
    resumed.resume()
    resumed.train()

    assert lines[0] == f"Going on after step {(1, 4, 10)[at - 4]}."
    assert_same(weights(whole), weights(resumed))
    assert all(a.equal(b) for a, b in zip(whole.snapshots, resumed.snapshots, strict=True))
    assert whole.progress.curve == resumed.progress.curve


def test_interrupted_in_the_first_snapshot_it_keeps_the_judge(make_run: Callable[..., Any]) -> None:
    whole = make_run("whole")
    whole.train()
    broken = make_run("broken", Interrupting(3))
    with pytest.raises(KeyboardInterrupt):
        broken.train()
    lines: list[str] = []

    resumed = make_run("broken", lines.append)
    resumed.resume()
    resumed.train()

    assert lines[0] == "Going on after step 0."
    assert not any(line.startswith("judge") for line in lines)
    assert_same(weights(whole), weights(resumed))


def test_interrupted_in_the_judge_it_begins_anew(make_run: Callable[..., Any]) -> None:
    broken = make_run(report=Interrupting(2))
    with pytest.raises(KeyboardInterrupt):
        broken.train()
    lines: list[str] = []

    again = make_run(report=lines.append)
    again.resume()
    again.train()

    assert lines[0].startswith("judge, epoch 1/2")


def test_a_training_that_is_done_has_nothing_left_to_do(make_run: Callable[..., Any]) -> None:
    done = make_run()
    done.train()
    lines: list[str] = []

    again = make_run(report=lines.append)
    again.resume()
    again.train()

    assert lines == ["Going on after step 10."]
    assert_same(weights(done), weights(again))
    assert len(again.snapshots) == 4


def test_another_recipe_begins_the_pair_anew_but_keeps_the_judge(
    make_run: Callable[..., Any],
) -> None:
    make_run().train()
    fresh = make_run("fresh", steps=6)
    fresh.train()
    lines: list[str] = []

    other = make_run(report=lines.append, steps=6)
    other.resume()
    other.train()

    assert lines[0] == "What was kept is of another recipe; the pair begins anew."
    assert lines[1].startswith("step 0/6 ")
    assert_same(weights(fresh), weights(other))


def test_another_judges_recipe_begins_everything_anew(make_run: Callable[..., Any]) -> None:
    make_run().train()
    lines: list[str] = []

    other = make_run(report=lines.append, epochs=1)
    other.resume()
    other.train()

    assert lines[1].startswith("judge, epoch 1/1")
    assert lines[2].startswith("step 0/10 ")


def test_half_a_state_is_never_left(
    make_run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    run.train()
    whole = run.state.read_bytes()

    def full(state: Any, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        run.train()

    assert run.state.read_bytes() == whole
