"""The models of which torchinfo 1.8.0 says something else: here is what was worked out by hand."""

from pathlib import Path

import pytest

from benchmarks.torchinfo_cases import CASES, Case
from demo_app import TensorSpec, explain

NOTES = Path(__file__).parents[3] / "docs" / "torchinfo.md"


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_number_is_the_one_worked_out_by_hand(case: Case) -> None:
    spec = TensorSpec(shape=case.shape, dtype=str(case.dtype).removeprefix("torch."))
    explanation = explain(case.architecture(), spec).explanation
    assert explanation.notes == []
    assert getattr(explanation, case.number) == case.expected


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_there_is_a_note_with_the_number(case: Case) -> None:
    (line,) = [line for line in NOTES.read_text("utf-8").splitlines() if f"| {case.name} " in line]
    assert f"{case.expected:,}" in line


def test_the_global_random_state_is_left_alone() -> None:
    import torch

    case = CASES[0]
    before = torch.get_rng_state()
    explain(case.architecture().to("meta"), case.shape)
    module = case.architecture()
    between = torch.get_rng_state()
    explain(module, case.shape)
    assert torch.equal(torch.get_rng_state(), between)
    assert not torch.equal(before, between)
