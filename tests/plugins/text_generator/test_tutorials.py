"""What tutorials get wrong about language models, each fault and its mend pinned."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import Context, Demo

SIZE = 65


@pytest.fixture(scope="session")
def make(module: Callable[[str], ModuleType]) -> Callable[..., nn.Module]:
    """Makes a published model by its class name, with some of its mends."""
    rooms = module("tutorials")

    def make(name: str, **mends: bool) -> nn.Module:
        network: nn.Module = rooms._untrained(lambda: getattr(rooms, name)(SIZE, **mends))
        return network

    return make


@pytest.fixture
def texts() -> Tensor:
    return torch.randint(SIZE, (3, 10), generator=torch.Generator().manual_seed(0))


def other_at(texts: Tensor, *place: Any) -> Tensor:
    changed = texts.clone()
    changed[place] = (changed[place] + 1) % SIZE
    return changed


def largest_difference(one: Tensor, other: Tensor) -> float:
    return (one - other).abs().max().item()


def test_a_pair_of_none_is_no_state(make: Callable[..., Any], texts: Tensor) -> None:
    network = make("RNNLanguageModel")

    with pytest.raises(AttributeError, match="'NoneType' object has no attribute"):
        network(texts)
    logits, (state, cell) = network(texts, None)

    assert logits.shape == (3, 10, SIZE)
    assert state.shape == cell.shape == (2, 3, 64)


def test_as_published_texts_of_a_batch_see_each_other(
    make: Callable[..., Any], texts: Tensor
) -> None:
    published, mended = make("TransformerLM"), make("TransformerLM", batch_first=True)
    other = other_at(texts, 1)

    assert largest_difference(published(texts)[0], published(other)[0]) > 0.1
    assert largest_difference(mended(texts)[0], mended(other)[0]) < 1e-6


def test_as_published_a_character_does_not_see_its_own_text(
    make: Callable[..., Any], texts: Tensor
) -> None:
    published = make("TransformerLM")

    difference = published(texts)[0] - published(other_at(texts, 0, 3))[0]

    assert (difference.abs().amax(-1) > 1e-6).nonzero().flatten().tolist() == [3]


def test_as_published_the_first_character_sees_the_last(
    make: Callable[..., Any], texts: Tensor
) -> None:
    published = make("TransformerLM", batch_first=True)
    mended = make("TransformerLM", batch_first=True, causal=True)
    other = other_at(texts, 0, -1)

    assert largest_difference(published(texts)[0, 0], published(other)[0, 0]) > 0.1
    assert largest_difference(mended(texts)[0, :-1], mended(other)[0, :-1]) < 1e-6
    assert largest_difference(mended(texts)[0, -1], mended(other)[0, -1]) > 0.1


def test_as_published_order_makes_no_difference(make: Callable[..., Any], texts: Tensor) -> None:
    published = make("TransformerLM", batch_first=True)
    mended = make("TransformerLM", batch_first=True, positions=True)
    other = torch.cat([texts[:, :-1].flip(1), texts[:, -1:]], 1)

    assert largest_difference(published(texts)[:, -1], published(other)[:, -1]) < 1e-5
    assert largest_difference(mended(texts)[:, -1], mended(other)[:, -1]) > 0.1


def test_all_mends_together_make_a_language_model(make: Callable[..., Any], texts: Tensor) -> None:
    network = make("TransformerLM", batch_first=True, causal=True, positions=True)

    assert network(texts).shape == (3, 10, SIZE)


class TestAction:
    def test_the_numbers_show_each_fault_and_its_mend(self, demo: Demo) -> None:
        none, batch, future, order = demo.call("tutorial_faults")

        assert none.faulty is None
        assert none.error.startswith("AttributeError: 'NoneType'")
        assert none.mended == pytest.approx(6.02, abs=0.3)
        assert batch.faulty > 0.1 > 1e-6 > batch.mended
        assert future.faulty > 0.1 > 1e-6 > future.mended
        # Here the fault is that nothing changes.
        assert order.faulty < 1e-5 < 0.1 < order.mended

    def test_each_says_what_it_is(self, demo: Demo) -> None:
        for fault in demo.call("tutorial_faults"):
            assert all((fault.name, fault.published, fault.consequence, fault.evidence, fault.mend))
            assert fault.model in ("RNNLanguageModel", "TransformerLM")

    def test_the_numbers_are_the_same_each_time_also_at_the_same_time(self, demo: Demo) -> None:
        with ThreadPoolExecutor(4) as threads:
            results = [threads.submit(demo.call, "tutorial_faults") for _ in range(8)]
            first, *others = (result.result() for result in results)

        assert all(other == first for other in others)

    def test_it_touches_no_global_random_state(self, module: Callable[[str], ModuleType]) -> None:
        before = torch.get_rng_state()

        module("actions").tutorial_faults(Context(models=None))  # type: ignore[arg-type]

        assert torch.get_rng_state().equal(before)
