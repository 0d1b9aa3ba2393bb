"""Class names are any text that can be shown; what is none, or is there twice, is refused."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from demo_app import InvalidInput


@pytest.fixture(scope="session")
def checked(module: Callable[[str], ModuleType]) -> Callable[[list[str]], list[str]]:
    return module("photographs.class_names").checked  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "🌹", "👩\u200d🚀", "Blüte", "a.b", "..", "x" * 100]
)
def test_any_text_that_can_be_shown_is_a_name(checked: Any, name: str) -> None:
    assert checked([name, "other"]) == [name, "other"]


def test_spaces_around_a_name_and_decomposed_letters_are_put_right(checked: Any) -> None:
    assert checked(["  roses ", "Blu\u0308te"]) == ["roses", "Blüte"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "two classes or more"),
        (["one"], "two classes or more"),
        (["a", " "], "no name"),
        (["a", "x" * 300], "300 characters"),
        (["a", "b/../c"], "slash"),
        (["a", "b\\c"], "slash"),
        (["a", "b\nc"], "show nothing"),
        (["a", "b\u202ec"], "show nothing"),
        (["a", "\u200d"], "show nothing"),
        (["Rose", " rose"], "Two classes have the name 'rose'"),
        (["Blüte", "Blu\u0308te"], "Two classes"),
        ([str(number) for number in range(1001)], "1,001 classes"),
    ],
)
def test_what_is_no_name_is_refused(checked: Any, names: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        checked(names)
