"""Counts as people read them."""

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.mark.parametrize(
    ("count", "short"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1_000, "1.00 k"),
        (1_005, "1.00 k"),
        (12_345, "12.3 k"),
        (999_499, "999 k"),
        (999_500, "1.00 M"),
        (4_652_008, "4.65 M"),
        (99_960_000, "100 M"),
        (10_001_000_000, "10.0 G"),
        (3 * 10**15, "3000 T"),
        (None, "–"),
    ],
)
def test_a_short_count_has_three_digits_and_a_unit(
    module: Callable[[str], ModuleType], count: int | None, short: str
) -> None:
    assert module("telling.quantities").in_short(count) == short


def test_parameters_are_counted_in_billions(module: Callable[[str], ModuleType]) -> None:
    assert module("telling.quantities").in_short(10_001_000_000, billion="B") == "10.0 B"
    assert module("telling.quantities").in_short(4_652_008, billion="B") == "4.65 M"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_500, "1.50 kB"),
        (18_776_488, "18.8 MB"),
        (4 * 10**10, "40.0 GB"),
    ],
)
def test_bytes_are_in_powers_of_ten(
    module: Callable[[str], ModuleType], count: int, text: str
) -> None:
    assert module("telling.quantities").in_bytes(count) == text


def test_a_full_count_has_every_digit(module: Callable[[str], ModuleType]) -> None:
    assert module("telling.quantities").in_full(4_652_008) == "4,652,008"
