"""The game of the two networks: what a step does, and what is measured on the way."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.datasets.idx_files import bars

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(scope="session")
def training(module: Callable[[str], ModuleType]) -> Any:
    return module("gan_training")


@pytest.fixture(autouse=True)
def forked() -> Any:
    """A random state of the test's own."""
    with torch.random.fork_rng(devices=[]):
        yield


class TestSnapshotSteps:
    @pytest.mark.parametrize(("steps", "count"), [(56_000, 48), (8_000, 48), (10, 4)])
    def test_begin_at_0_end_at_the_end_and_are_close_together_at_first(
        self, training: Any, steps: int, count: int
    ) -> None:
        moments = training.snapshot_steps(steps, count)

        gaps = torch.tensor(moments).diff()
        assert (moments[0], moments[-1], len(moments)) == (0, steps, count)
        assert gaps.min() > 0
        assert (gaps.diff() >= -1).all()
        assert gaps[0] < gaps[-1]

    def test_of_the_shipped_recipe_are_as_many_as_the_archive_holds(
        self, training: Any, module: Callable[[str], ModuleType]
    ) -> None:
        moments = training.snapshot_steps(module("recipes").GAN.steps, training.SNAPSHOTS)

        assert len(moments) == 48


def test_a_grid_has_its_pictures_row_by_row(training: Any) -> None:
    pictures = torch.arange(6, dtype=torch.uint8)[:, None, None].expand(6, 28, 28)

    grid = training.grid(pictures, 3)

    assert grid.shape == (56, 84)
    assert grid[::28, ::28].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert grid.unfold(0, 28, 28).unfold(1, 28, 28).float().std((2, 3)).max() == 0


class TestRun:
    def test_takes_the_steps_of_its_recipe_and_reports_its_snapshots(
        self, make_run: Callable[..., Any]
    ) -> None:
        lines: list[str] = []
        run = make_run(report=lines.append)

        run.train()

        assert run.progress.step == 10
        assert [step for step, *_ in run.progress.curve] == run.snapshot_steps == [0, 1, 4, 10]
        assert [line.split()[1] for line in lines[-4:]] == ["0/10", "1/10", "4/10", "10/10"]
        assert len(run.snapshots) == 4
        assert all(grid.shape == (6 * 28, 280) for grid in run.snapshots)

    def test_measures_every_snapshot(self, make_run: Callable[..., Any]) -> None:
        run = make_run()

        run.train()

        first, *later = run.progress.curve
        # There were no steps before the first, so no losses.
        assert first[1:3] == (0.0, 0.0)
        for _, of_discriminator, of_generator, agreement, distance in later:
            assert of_discriminator > 0
            assert of_generator > 0
            assert 0 <= agreement <= 1
            assert distance >= 0

    def test_changes_both_networks_and_lets_the_average_follow(
        self, make_run: Callable[..., Any]
    ) -> None:
        run, untouched = make_run(average=0.9), make_run("other")

        run.train()

        for part in ("generator", "discriminator"):
            assert not run_weight(run, part).equal(run_weight(untouched, part))
        begun, now = run_weight(untouched, "generator"), run_weight(run, "generator")
        average = run_weight(run, "average")
        assert (average - begun).norm() > 0
        assert (average - now).norm() < (begun - now).norm()
        assert not any(p.requires_grad for p in run.average.parameters())

    def test_the_average_of_everything_but_the_last_step_is_the_last_step(
        self, make_run: Callable[..., Any]
    ) -> None:
        run = make_run(average=0.0)

        run.train()

        torch.testing.assert_close(run_weight(run, "average"), run_weight(run, "generator"))

    def test_the_rates_end_low(self, make_run: Callable[..., Any]) -> None:
        run = make_run(constant=0.0)

        run.train()

        rates = [optimizer.param_groups[0]["lr"] for optimizer in run.optimizers]
        assert rates == pytest.approx([0.1 * 2e-3] * 2)

    def test_leaves_the_judge_alone(self, make_run: Callable[..., Any]) -> None:
        short = make_run(steps=3)
        short.train()
        longer = make_run("longer", steps=12)
        longer.train()

        one, other = (run.judge.state_dict() for run in (short, longer))
        assert all(tensor.equal(other[name]) for name, tensor in one.items())
        assert not short.judge.training

    def test_shows_every_digit_once_before_any_twice(self, make_run: Callable[..., Any]) -> None:
        run = make_run(batch=50)
        seen = [run._batch() for _ in range(4)]

        images = torch.cat([images for images, _ in seen])
        expected, _ = bars(200)
        assert sorted(i.sum().item() for i in images) == pytest.approx(
            sorted((expected.float() / 127.5 - 1).sum((1, 2)).tolist())
        )
        again, _ = run._batch()
        assert not again.equal(seen[0][0])

    def test_learns_to_draw_bars_where_they_should_be(
        self, make_run: Callable[..., Any], training: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(training, "KEEP_EVERY_SECONDS", 1e9)
        run = make_run(steps=150, batch=32, average=0.9, epochs=3)

        run.train()

        first, last = run.progress.curve[0], run.progress.curve[-1]
        assert last[4] < 0.5 * first[4]
        drawn = (run.average(torch.randn(50, 64), torch.arange(50) % 10)[:, 0] + 1).sum(1)
        places = (drawn * torch.arange(28.0)).sum(1) / drawn.sum(1)
        expected = 4.5 + 2.0 * (torch.arange(50) % 10)
        assert torch.corrcoef(torch.stack([places, expected]))[0, 1] > 0.8


def run_weight(run: Any, part: str) -> Tensor:
    weight: Tensor = next(getattr(run, part).parameters()).detach()
    return weight


def test_the_record_says_how_it_was_trained(
    make_run: Callable[..., Any], module: Callable[[str], ModuleType]
) -> None:
    run = make_run()
    run.train()

    record = run.record()

    assert record["recipe"]["steps"] == 10
    assert record["judge_recipe"]["epochs"] == 2
    assert record["epochs"] == 0.6
    assert [point[0] for point in record["curve"]] == [0, 1, 4, 10]
    assert record["kept"].startswith("moving average of the generator's weights")
