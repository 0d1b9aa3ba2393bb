"""Every stage of the sampler does what its definition says, against a plain second computation."""

import itertools
import math
import random
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

Make = Callable[..., Any]
SIZE = 12
STAGES = ["model", "repetition_penalty", "top_k", "top_p", "min_p", "temperature"]


@pytest.fixture(scope="session")
def sampler(module: Callable[[str], ModuleType]) -> Make:
    return module("sampling").Sampler  # type: ignore[no-any-return]


def drawn_logits(seed: int) -> list[float]:
    """Logits of all kinds: flat, peaked, and every other time with ties."""
    chance = random.Random(seed)
    spread = chance.choice([0.1, 1, 5, 30])
    values = [chance.gauss(0, spread) for _ in range(SIZE)]
    return [round(value) for value in values] if seed % 2 else values


def softmax(logits: Sequence[float]) -> list[float]:
    largest = max(logits)
    powers = [math.exp(value - largest) for value in logits]
    return [power / math.fsum(powers) for power in powers]


def only(kept: set[int], logits: Sequence[float]) -> list[float]:
    """The softmax over some of the logits; the others have no probability."""
    return softmax([value if i in kept else -math.inf for i, value in enumerate(logits)])


def after(sampler: Any, logits: Sequence[float], recent: Sequence[int] = ()) -> list[float]:
    values: list[float] = sampler.probabilities(torch.tensor(logits), recent).tolist()
    return values


def exact(values: Sequence[float]) -> Any:
    return pytest.approx(list(values), rel=1e-6, abs=1e-12)


def single(logits: Sequence[float]) -> list[float]:
    """As float32 has them, which is what a model gives."""
    values: list[float] = torch.tensor(logits).double().tolist()
    return values


seeds = pytest.mark.parametrize("seed", range(20))


@seeds
def test_unchanged_it_draws_from_the_softmax(sampler: Make, seed: int) -> None:
    logits = single(drawn_logits(seed))

    assert after(sampler(), logits) == exact(softmax(logits))


@seeds
@pytest.mark.parametrize("temperature", [1e-9, 0.1, 0.7, 2.5, 100])
def test_temperature_divides_the_logits(sampler: Make, seed: int, temperature: float) -> None:
    logits = single(drawn_logits(seed))

    expected = softmax([value / temperature for value in logits])

    assert after(sampler(temperature=temperature), logits) == exact(expected)


@seeds
@pytest.mark.parametrize("top_k", [1, 2, 5, SIZE - 1])
def test_top_k_keeps_so_many_of_the_likeliest(sampler: Make, seed: int, top_k: int) -> None:
    logits = single(drawn_logits(seed))
    probabilities = after(sampler(top_k=top_k), logits)

    kept = {i for i, value in enumerate(probabilities) if value}

    assert len(kept) == top_k
    assert min(logits[i] for i in kept) >= max(
        value for i, value in enumerate(logits) if i not in kept
    )
    assert probabilities == exact(only(kept, logits))


@seeds
@pytest.mark.parametrize("top_p", [0.0, 1e-12, 0.3, 0.9, 0.999])
def test_top_p_keeps_the_fewest_that_reach_it(sampler: Make, seed: int, top_p: float) -> None:
    logits = single(drawn_logits(seed))
    order = sorted(range(SIZE), key=lambda i: -logits[i])
    sums = list(itertools.accumulate(softmax(logits)[i] for i in order))
    needed = 1 + next(count for count, total in enumerate(sums) if total >= top_p)

    assert after(sampler(top_p=top_p), logits) == exact(only(set(order[:needed]), logits))


def test_top_p_keeps_no_more_than_what_reaches_it_exactly(sampler: Make) -> None:
    assert after(sampler(top_p=0.5), [0.0, 0.0, -math.inf]) == [1, 0, 0]
    assert after(sampler(top_p=0.500001), [0.0, 0.0, -math.inf]) == [0.5, 0.5, 0]


def test_top_p_counts_what_min_p_cuts_off_only_afterwards(sampler: Make) -> None:
    logits = [math.log(p) for p in (0.4, 0.3, 0.2, 0.1)]
    both = sampler(top_p=0.5, min_p=0.6)

    *_, (_, staged) = both.stages(torch.tensor(logits), [])

    assert after(both, logits) == staged.tolist() == exact([4 / 7, 3 / 7, 0, 0])


@seeds
@pytest.mark.parametrize("min_p", [0.01, 0.2, 0.9, 1.0])
def test_min_p_keeps_what_has_that_share_of_the_likeliest(
    sampler: Make, seed: int, min_p: float
) -> None:
    logits = single(drawn_logits(seed))
    probabilities = softmax(logits)
    kept = {i for i, value in enumerate(probabilities) if value >= min_p * max(probabilities)}

    assert after(sampler(min_p=min_p), logits) == exact(only(kept, logits))


@seeds
def test_the_penalty_makes_what_was_seen_less_likely(sampler: Make, seed: int) -> None:
    logits = single(drawn_logits(seed))
    recent = random.Random(seed).choices(range(SIZE), k=5)

    expected = [
        value if i not in recent else value / 1.7 if value > 0 else value * 1.7
        for i, value in enumerate(logits)
    ]

    probabilities = after(sampler(repetition_penalty=1.7), logits, recent)
    assert probabilities == exact(softmax(expected))


def test_a_penalty_breaks_ties_against_what_was_seen(sampler: Make) -> None:
    greedy = sampler(repetition_penalty=1.5, temperature=0)

    assert after(greedy, [2.0, 2.0, 2.0], [0, 1]) == [0, 0, 1]
    assert after(greedy, [-2.0, -2.0, -2.0], [0, 2]) == [0, 1, 0]


def test_the_penalty_looks_64_characters_back(sampler: Make) -> None:
    penalised = sampler(repetition_penalty=5.0)

    assert after(penalised, [1.0, 1.0], [0, *[1] * 64])[0] > 0.5
    assert after(penalised, [1.0, 1.0], [0, *[1] * 63])[0] == 0.5


def test_the_penalty_is_the_same_however_often_a_character_was_seen(sampler: Make) -> None:
    penalised = sampler(repetition_penalty=2.0)

    assert after(penalised, [1.0, 1.0, 1.0], [0, 0, 0, 0]) == after(penalised, [1.0, 1.0, 1.0], [0])


@seeds
def test_the_stages_follow_one_another(sampler: Make, seed: int) -> None:
    """Each cut is made on what the one before has left, and the temperature comes last."""
    logits, recent = single(drawn_logits(seed)), [0, 3, 4]
    settings = {"repetition_penalty": 1.3, "top_k": 7, "top_p": 0.9, "min_p": 0.05}
    whole = sampler(**settings, temperature=1.5)

    stages = list(whole.stages(torch.tensor(logits), recent))

    given: dict[str, float] = {}
    left: Sequence[float] = logits
    expected = []
    for name in STAGES:
        if name in settings:
            given = {name: settings[name]}
        if name == "temperature":
            given = {"temperature": 1.5}
        probabilities = (
            softmax(left) if name == "model" else doubled(sampler(**given), left, recent)
        )
        expected.append(probabilities)
        if name not in ("model", "temperature"):
            left = [math.log(p) if p else -math.inf for p in probabilities]
            # The penalty is about the sign of a logit, which the logarithm has lost.
            recent = []
    assert [name for name, _ in stages] == STAGES
    for (_, found), wanted in zip(stages, expected, strict=True):
        assert found.tolist() == exact(wanted)
    assert after(whole, logits, [0, 3, 4]) == exact(expected[-1])


def doubled(sampler: Any, logits: Sequence[float], recent: Sequence[int]) -> list[float]:
    """As ``after``, without rounding the logits to float32."""
    given = torch.tensor(logits, dtype=torch.float64)
    values: list[float] = sampler.probabilities(given, recent).tolist()
    return values


def test_what_is_cut_does_not_depend_on_the_temperature(sampler: Make) -> None:
    logits = drawn_logits(4)

    cold, hot = (
        after(sampler(top_p=0.7, temperature=temperature), logits) for temperature in (0.5, 50)
    )

    assert [bool(p) for p in hot] == [bool(p) for p in cold]


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 1e-9},
        {"temperature": 5e-324},
        {"temperature": 100},
        {"temperature": 0},
        {"top_p": 0.0},
        {"min_p": 1.0},
        {"top_k": 1},
        {"top_k": 1000},
        {"repetition_penalty": 10},
        {"top_k": 1, "top_p": 0.0, "min_p": 1.0, "temperature": 1e-9, "repetition_penalty": 10},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "logits",
    [drawn_logits(0), [0.0] * SIZE, [1e30, -1e30, *[0.0] * 10], [-1e30] * SIZE],
    ids=["any", "all tied", "huge", "all hugely negative"],
)
def test_extremes_are_still_a_distribution(
    sampler: Make, settings: dict[str, float], logits: list[float]
) -> None:
    probabilities = torch.tensor(after(sampler(**settings), logits, [1, 2, 2]))

    assert probabilities.isfinite().all()
    assert probabilities.min() >= 0
    assert probabilities.sum().item() == pytest.approx(1)


@seeds
def test_at_temperature_zero_it_takes_the_likeliest_and_of_equals_the_first(
    sampler: Make, seed: int
) -> None:
    logits = single(drawn_logits(seed))
    generator = torch.Generator().manual_seed(seed)

    drawn = sampler(temperature=0).draw(torch.tensor(logits), [], generator)

    assert drawn == logits.index(max(logits))


def test_frequencies_follow_the_probabilities(sampler: Make) -> None:
    settings = sampler(temperature=0.8, top_k=9, min_p=0.01)
    logits = torch.tensor(drawn_logits(2))
    probabilities = settings.probabilities(logits, [])
    generator = torch.Generator().manual_seed(0)
    count = 4000

    drawn = [settings.draw(logits, [], generator) for _ in range(count)]

    found = torch.bincount(torch.tensor(drawn), minlength=SIZE)
    possible = probabilities > 0
    assert found[~possible].sum() == 0
    wanted = count * probabilities[possible]
    chi_square = ((found[possible] - wanted) ** 2 / wanted).sum().item()
    # 26.1 is passed by one in a thousand right samplers with 8 degrees of freedom.
    assert possible.sum() == 9
    assert chi_square < 26.1


@pytest.mark.parametrize("uniform", [0.0, 0.25, 0.5, 1 - 2**-53])
def test_what_has_no_probability_is_never_drawn(
    sampler: Make, monkeypatch: pytest.MonkeyPatch, uniform: float
) -> None:
    logits = torch.tensor([0.0, 3.0, 0.0, 3.0, 0.0])
    monkeypatch.setattr(torch, "rand", lambda *_, **__: torch.tensor(uniform, dtype=torch.float64))

    drawn = sampler(top_k=2).draw(logits, [], torch.Generator())

    assert drawn == (1 if uniform < 0.5 else 3)


def test_two_models_meet_the_same_luck(sampler: Make) -> None:
    """With equal generators the same share of either distribution lies before what is drawn."""
    one, other = torch.Generator().manual_seed(7), torch.Generator().manual_seed(7)
    greedy, free = sampler(temperature=0), sampler(temperature=1.3, top_k=5)
    logits = torch.tensor(drawn_logits(6))

    for _ in range(20):
        greedy.draw(logits, [], one)
        free.draw(logits, [], other)

    assert one.get_state().equal(other.get_state())


def test_the_logits_are_left_as_they_were(sampler: Make) -> None:
    logits = torch.tensor(drawn_logits(0))
    before: Tensor = logits.clone()

    list(sampler(top_k=3, repetition_penalty=2.0).stages(logits, [1, 2]))

    assert logits.equal(before)
