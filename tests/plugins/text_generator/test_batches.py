"""Pieces of the training text begin anywhere, or go on where the last ones ended."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch


@pytest.fixture
def ids() -> torch.Tensor:
    return torch.arange(500)


def test_targets_are_one_character_on(
    module: Callable[[str], ModuleType], ids: torch.Tensor
) -> None:
    with torch.random.fork_rng(devices=[]):
        inputs, targets = module("batches").Batches(ids, 4, 10, carried=0.0).draw()

    assert inputs.shape == targets.shape == (4, 10)
    assert targets.equal(inputs + 1)
    assert (inputs[:, 1:] == inputs[:, :-1] + 1).all()


def test_pieces_that_go_on_keep_their_state_and_the_others_begin_anew(
    module: Callable[[str], ModuleType], ids: torch.Tensor
) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        batches = module("batches").Batches(ids, 64, 10, carried=0.5)
        first, _ = batches.draw()
        batches.state = (torch.ones(1, 64, 3), torch.ones(1, 64, 3))
        second, _ = batches.draw()

    kept = batches.state[0][0, :, 0].bool()
    assert 10 < kept.sum() < 54
    assert (second[kept, 0] == first[kept, -1] + 1).all()
    assert (second[~kept, 0] == first[~kept, -1] + 1).float().mean() < 0.2
    assert not batches.state[1][0, ~kept].any()


def test_no_piece_runs_over_the_end(module: Callable[[str], ModuleType], ids: torch.Tensor) -> None:
    with torch.random.fork_rng(devices=[]):
        batches = module("batches").Batches(ids[:40], 16, 10, carried=1.0)
        for _ in range(20):
            _, targets = batches.draw()
            batches.state = (torch.zeros(1, 16, 1), torch.zeros(1, 16, 1))

            assert targets.max() < 40
