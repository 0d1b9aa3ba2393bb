"""Characters and their ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Vocabulary:
    """The characters a model knows, in the order of their ids."""

    characters: str

    @classmethod
    def of(cls, text: str) -> Vocabulary:
        """All characters of a text, in the order of their code points."""
        return cls("".join(sorted(set(text))))

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each character."""
        return {character: index for index, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> list[int]:
        """The ids of a text.

        Raises:
            KeyError: a character is not in the vocabulary.
        """
        return [self.ids[character] for character in text]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids."""
        return "".join(self.characters[index] for index in ids)
