"""The training text is split in order, and refused where it cannot be used."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from demo_app import DemoError


def test_the_first_nine_tenths_train_and_the_rest_validates(
    module: Callable[[str], ModuleType],
) -> None:
    corpus = module("corpus").Corpus.of("abcdefghij" * 3)

    assert corpus.vocabulary.decode(corpus.training.tolist()) == "abcdefghij" * 2 + "abcdefg"
    assert corpus.vocabulary.decode(corpus.validation.tolist()) == "hij"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"too short", "9 characters: too few"), (b"\xff" * 20_000, "cannot be read as a text")],
)
def test_a_text_that_cannot_be_used_is_refused(
    module: Callable[[str], ModuleType],
    tmp_path: Path,
    content: bytes,
    message: str,
) -> None:
    (tmp_path / "input.txt").write_bytes(content)

    with pytest.raises(DemoError, match=message):
        module("corpus").Corpus.read(tmp_path)


def test_a_text_that_is_not_there_is_named(
    module: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    with pytest.raises(DemoError, match=r"input\.txt cannot be read"):
        module("corpus").Corpus.read(tmp_path)


def test_without_a_network_it_says_where_to_get_the_text(
    module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = module("corpus")

    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(rooms.urllib.request, "urlopen", unreachable)

    with pytest.raises(DemoError, match=r"Save https://.* as input\.txt and give its folder"):
        rooms.Corpus.read(None)
