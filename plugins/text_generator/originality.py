"""What of a text stands word for word in the training text."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from demo_app.prepared import once_for_each_model

from .results import Originality, Run
from .trigram import TrigramLanguageModel
from .vocabulary import Vocabulary

KEY_LENGTH = 7
"""So many characters of one byte fit into an integer of 64 bits with a sign."""
AROUND = 60
"""How much of the training text is shown before and after a run."""

Ids = NDArray[np.uint8]


def find_runs(
    counts: TrigramLanguageModel, vocabulary: Vocabulary, text: str, minimum: int
) -> Originality:
    """All maximal runs of a text that stand in the training text.

    Args:
        counts: has the training text.
        vocabulary: its characters.
        text: in those characters only.
        minimum: how long a run must be to be listed.
    """
    index = _index(counts)
    lengths = index.longest_matches(np.array(vocabulary.encode(text), dtype=np.uint8))
    # A run that begins one character later and ends at the same place is a part of the first.
    starts = [
        start
        for start, length in enumerate(lengths)
        if length >= minimum and (start == 0 or lengths[start - 1] <= length)
    ]
    copied = np.zeros(len(text), dtype=bool)
    for start in starts:
        copied[start : start + lengths[start]] = True
    line_ends = np.flatnonzero(np.frombuffer(index.text, np.uint8) == vocabulary.ids["\n"])

    def run(start: int) -> Run:
        """The match in words; of several places in the training text the first."""
        piece = text[start : start + lengths[start]]
        place = index.text.find(bytes(vocabulary.encode(piece)))
        end = place + len(piece)
        return Run(
            text=piece,
            start=start,
            place=place,
            line=int(np.searchsorted(line_ends, place)) + 1,
            before=vocabulary.decode(index.text[max(0, place - AROUND) : place]),
            after=vocabulary.decode(index.text[end : end + AROUND]),
        )

    longest = max(range(len(text)), key=lengths.__getitem__, default=None)
    return Originality(
        text=text,
        longest=None if longest is None or not lengths[longest] else run(longest),
        runs=tuple(map(run, starts)),
        copied=float(copied.mean()) if text else 0.0,
        minimum=minimum,
    )


class Index:
    """A text, and all its places in the order of what stands there: a suffix array.

    Attributes:
        text: one byte a character.
        order: the places, as if the rest of the text from each were a word in a dictionary.
    """

    def __init__(self, ids: Ids) -> None:
        self.text = ids.tobytes()
        self.order = suffix_array(ids)

    def longest_matches(self, ids: Ids) -> list[int]:
        """For each place of another text, how long what begins there also stands in this one."""
        other, lengths = ids.tobytes(), []
        for start in range(len(other)):
            rest = other[start:]
            # The rest would stand between the two places that begin most alike.
            at = bisect_left(self.order, rest, key=lambda place: self._from(place, len(rest)))
            near = self.order[max(0, at - 1) : at + 1]
            lengths.append(max(_common(rest, self._from(place, len(rest))) for place in near))
        return lengths

    def _from(self, place: int, length: int) -> bytes:
        return self.text[place : place + length]


@once_for_each_model
def _index(counts: TrigramLanguageModel) -> Index:
    return Index(counts.text.cpu().numpy())


def suffix_array(ids: Ids) -> NDArray[np.int64]:
    """All places of a text, sorted by what stands from there to the end.

    Sorted first by a few characters, then by twice as many in each round: what follows those is
    a place whose rank is known (Manber and Myers 1993, https://doi.org/10.1137/0222058).
    """
    length = len(ids)
    # 0 stands for what is beyond the end, which comes before every character.
    padded = np.concatenate([ids.astype(np.int64) + 1, np.zeros(KEY_LENGTH, dtype=np.int64)])
    rank = np.zeros(length, dtype=np.int64)
    for offset in range(KEY_LENGTH):
        rank = rank * 257 + padded[offset : offset + length]
    known = KEY_LENGTH
    while True:
        order = np.argsort(rank, kind="stable")
        different = np.diff(rank[order], prepend=-1) != 0
        rank[order] = np.cumsum(different)
        if different.all():
            return order
        following = np.zeros(length, dtype=np.int64)
        following[:-known] = rank[known:]
        rank = rank * (length + 1) + following
        known *= 2


def _common(one: bytes, other: bytes) -> int:
    """How many characters two texts have in common at their beginnings."""
    length = min(len(one), len(other))
    first = np.frombuffer(one, dtype=np.uint8, count=length)
    differ = first != np.frombuffer(other, dtype=np.uint8, count=length)
    return int(differ.argmax()) if differ.any() else length
