"""What tutorials on classifiers get wrong, each fault and its mend pinned."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch


@pytest.fixture(scope="session")
def tutorials(module: Callable[[str], ModuleType]) -> Any:
    return module("tutorials")


@pytest.fixture(scope="module")
def faults(tutorials: Any) -> list[Any]:
    return list(tutorials.faults())


class TestSigmoidInTheNetwork:
    @pytest.mark.parametrize("logit", [17.0, 20.0, 200.0])
    def test_its_loss_is_a_hundred_and_its_gradient_nothing_from_a_logit_of_17_on(
        self, tutorials: Any, logit: float
    ) -> None:
        logits = torch.tensor([[logit]], requires_grad=True)

        loss = tutorials.published_loss(logits, torch.zeros(1, 1))
        loss.backward()

        assert loss.item() == 100.0
        assert logits.grad is not None
        assert logits.grad.item() == 0.0

    @pytest.mark.parametrize("logit", [-3.0, 0.0, 3.0])
    def test_near_zero_it_is_the_same_loss(self, tutorials: Any, logit: float) -> None:
        logits, targets = torch.tensor([[logit]]), torch.ones(1, 1)

        torch.testing.assert_close(
            tutorials.published_loss(logits, targets),
            torch.nn.functional.binary_cross_entropy_with_logits(logits, targets),
        )

    def test_it_learns_as_well_as_long_as_no_logit_is_large(self, tutorials: Any) -> None:
        targets = torch.tensor([[0.0], [1.0]])
        inputs = 2 * targets - 1

        assert tutorials.train(tutorials.published_loss, inputs, targets, bias=1.0) == 1.0
        assert tutorials.train(tutorials.published_loss, inputs, targets, bias=20.0) == 0.5

    def test_the_published_head_ends_in_probabilities(self, tutorials: Any) -> None:
        probabilities = tutorials.PublishedBinaryHead(3)(torch.randn(5, 3))

        assert probabilities.shape == (5, 1)
        assert ((probabilities > 0) & (probabilities < 1)).all()


class TestFaults:
    def test_the_numbers_show_each_fault_and_its_mend(self, faults: list[Any]) -> None:
        loss, learning, frozen, sign, answers, cells, resnet18 = faults

        assert (loss.faulty, loss.mended) == (100.0, 20.0)
        assert (learning.faulty, learning.mended) == (0.5, 1.0)
        assert frozen.faulty > 0.1 > 0.0 == frozen.mended
        assert (sign.faulty, sign.mended) == (0.0, 1.0)
        assert (answers.faulty, answers.mended) == (4, 1)
        assert "shape '[-1, 3136]' is invalid" in answers.error
        assert (cells.faulty, cells.mended) == (1, 16)
        assert "more than 1 value per channel" in cells.error
        assert (resnet18.faulty, resnet18.mended) == (25_557_032, 11_689_512)

    def test_each_says_what_it_is(self, faults: list[Any]) -> None:
        assert len({fault.name for fault in faults}) == len(faults) == 7
        for fault in faults:
            assert all((fault.model, fault.published, fault.consequence, fault.evidence))
            assert fault.mend

    def test_they_are_the_same_each_time_also_in_inference_mode(
        self, tutorials: Any, faults: list[Any]
    ) -> None:
        with torch.inference_mode():
            again = list(tutorials.faults())

        assert again == faults

    def test_they_touch_no_global_random_state(self, tutorials: Any) -> None:
        before = torch.get_rng_state()

        list(tutorials.faults())

        assert torch.get_rng_state().equal(before)
