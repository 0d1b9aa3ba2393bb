"""How the names in a checkpoint became others than a model's: by a prefix, or by the layers' order.

First one prefix is taken off, another put on, or a wrapper's part taken out, whichever makes most
names fit. What is left is matched module by module: by shapes, and where those repeat by the order
of numbers in names. A safetensors file does not keep the order of the model, so that words as names
have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .positions import Pairing, Shapes, pair_modules
from .remapping import without_wrappers

Confidence = Literal["high", "medium", "low"]
"""Names or two signs agree; order decides between equal shapes; shapes alone decide."""

MAX_PREFIX_LEVELS = 6
MAX_COMMON_PREFIXES = 4
MAX_ALTERNATIVES = 10
WITHOUT_WRAPPERS = "Without what wrappers put into names"


@dataclass(frozen=True, kw_only=True)
class Renaming:
    """One way to rename.

    Attributes:
        names: the model's name of every tensor that gets a place, by the one in the file.
        confidence: how much speaks for it.
        because: what does, in sentences.
        undecided: modules that could be in several places, and got none.
    """

    names: Mapping[str, str]
    confidence: Confidence
    because: str
    undecided: tuple[Pairing, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """A change of all names: what it is, what it leads to, and how many shapes fit then."""

    change: str
    names: Mapping[str, str]
    fitting: int
    enough: bool

    @property
    def rank(self) -> tuple[int, int]:
        return self.fitting, len(self.names)


def find_renamings(
    stored: Shapes, wanted: Shapes, first_names: Mapping[str, str]
) -> list[Renaming]:
    """The ways in which the file's names may become the model's.

    Args:
        stored: the shape of every tensor of the file, by name.
        wanted: by every name in the model, in its order; None where a shape is only known after
            the first forward pass.
        first_names: the first name of the tensor that has each of these names.

    Returns:
        Nothing where no renaming helps; one where that is clear; several that fit equally well.
    """
    candidates = _best(_by_prefix(stored, wanted), stored, wanted, first_names)
    if len(candidates) > 1:
        return [Renaming(names=c.names, confidence="low", because=_said(c)) for c in candidates]
    (best,) = candidates
    names = dict(best.names)
    found = _pair_the_rest(stored, wanted, first_names, names)
    paired = {old: new for pairing in found if pairing.certain for old, new in pairing.names}
    if not best.change and not paired:
        return []
    said = [_said(best)] if best.change else []
    confidence: Confidence = "high"
    if paired:
        confidence, because = _judge(found)
        said.append(because)
    return [
        Renaming(
            names=names | paired,
            confidence=confidence,
            because=" ".join(said),
            undecided=tuple(pairing for pairing in found if not pairing.certain),
        )
    ]


def _best(
    candidates: Iterator[_Candidate],
    stored: Shapes,
    wanted: Shapes,
    first_names: Mapping[str, str],
) -> list[_Candidate]:
    """The one that fits best; several if they do equally well and differ in what they do."""
    as_it_is = _candidate({name: name for name in stored if name in wanted}, "", stored, wanted)
    best = [as_it_is]

    def tensors(candidate: _Candidate) -> dict[str, str]:
        # Two names of one tensor are no two places.
        return {old: first_names[new] for old, new in candidate.names.items()}

    for candidate in candidates:
        if not candidate.enough or candidate.rank < best[0].rank:
            continue
        if candidate.rank > best[0].rank:
            best = [candidate]
        elif all(tensors(candidate) != tensors(other) for other in best[:MAX_ALTERNATIVES]):
            best.append(candidate)
    return [as_it_is] if as_it_is.rank == best[0].rank else best[:MAX_ALTERNATIVES]


def _by_prefix(stored: Shapes, wanted: Shapes) -> Iterator[_Candidate]:
    """Renamings of more than half of the names by prefixes, the simplest first."""
    half = min(len(stored), len(wanted)) / 2
    theirs, ours = _groups(stored, half), _groups(wanted, half)
    changes = {(prefix, ""): None for prefix in theirs} | {("", prefix): None for prefix in ours}
    changes |= {(a, b): None for a in _common(theirs, stored) for b in ours}
    changes |= {(a, b): None for a in theirs for b in _common(ours, wanted)}
    for taken_off, put_on in sorted(changes, key=lambda change: (len("".join(change)), change)):
        if taken_off == put_on or taken_off not in theirs or put_on not in ours:
            continue
        if len(theirs[taken_off]) < len(ours[put_on]):
            rests = (name[len(taken_off) :] for name in theirs[taken_off])
        else:
            rests = (name[len(put_on) :] for name in ours[put_on])
        names = {
            taken_off + rest: put_on + rest
            for rest in rests
            if taken_off + rest in stored and put_on + rest in wanted
        }
        # Few names may have been saved without the prefix of the others.
        placed = set(names.values())
        names |= {
            name: name
            for name in min(stored, wanted, key=len)
            if name in stored and name in wanted and name not in names and name not in placed
        }
        change = _change(taken_off, put_on)
        yield _candidate(names, change, stored, wanted, replaced=bool(taken_off and put_on))
    bare = {without_wrappers(name): name for name in wanted}
    names = {old: bare[new] for old in stored if (new := without_wrappers(old)) in bare}
    if len(set(names.values())) == len(names) and len(bare) == len(wanted):
        yield _candidate(names, WITHOUT_WRAPPERS, stored, wanted)


def _candidate(
    names: Mapping[str, str],
    change: str,
    stored: Shapes,
    wanted: Shapes,
    *,
    replaced: bool = False,
) -> _Candidate:
    fitting = sum(wanted[new] in (stored[old], None) for old, new in names.items())
    # One prefix in another's place, with shapes that do not fit, would only be a coincidence.
    enough = 2 * (fitting if replaced else len(names)) > min(len(stored), len(wanted))
    return _Candidate(names=names, fitting=fitting, change=change, enough=enough)


def _groups(names: Shapes, half: float) -> dict[str, list[str]]:
    """The names below every prefix that more than ``half`` have, the empty prefix included."""
    groups: dict[str, list[str]] = {"": list(names)}
    for name in names:
        parts = name.split(".")
        for level in range(1, min(len(parts) - 1, MAX_PREFIX_LEVELS) + 1):
            groups.setdefault("".join(f"{part}." for part in parts[:level]), []).append(name)
    return {prefix: below for prefix, below in groups.items() if len(below) > half or not prefix}


def _common(groups: Mapping[str, Sequence[str]], names: Shapes) -> list[str]:
    """The prefixes that at least half of the names have."""
    return [p for p, below in groups.items() if 2 * len(below) >= len(names)][:MAX_COMMON_PREFIXES]


def _change(taken_off: str, put_on: str) -> str:
    if taken_off and put_on:
        return f"With {put_on!r} in the place of {taken_off!r}"
    return f"Without the prefix {taken_off!r}" if taken_off else f"With the prefix {put_on!r}"


def _said(candidate: _Candidate) -> str:
    count = "1 tensor has" if candidate.fitting == 1 else f"{candidate.fitting:,} tensors have"
    return f"{candidate.change}, {count} the name and the shape of one in the model."


def _pair_the_rest(
    stored: Shapes, wanted: Shapes, first_names: Mapping[str, str], names: Mapping[str, str]
) -> list[Pairing]:
    """What has no place yet, matched by shapes and order, if that places at least half of it."""
    placed_tensors = {first_names[new] for new in names.values()}
    theirs = {name: shape for name, shape in stored.items() if name not in names}
    ours = {
        name: shape
        for name, shape in wanted.items()
        if first_names[name] == name and name not in placed_tensors
    }
    found = pair_modules(theirs, ours)
    placed = sum(len(pairing.names) for pairing in found if pairing.certain)
    if 2 * placed < min(len(theirs), len(ours)):
        return [pairing for pairing in found if not pairing.certain]
    return found


def _judge(found: Sequence[Pairing]) -> tuple[Confidence, str]:
    """How much speaks for the pairs that were found."""
    pairs = [pairing for pairing in found if pairing.certain]
    count = sum(len(pairing.stored) for pairing in pairs)
    modules = "1 module" if count == 1 else f"{count:,} modules"
    if not all(pairing.in_order for pairing in pairs):
        return "low", (
            f"Of {modules} the names say nothing: only their shapes decide. Check that the file "
            "was made by the same layers."
        )
    same = sum(len(pairing.stored) for pairing in pairs if len(pairing.stored) > 1)
    if same:
        return "medium", (
            f"{modules} have the same shapes in the same order as in the model. {same:,} of them "
            "have a shape that repeats: only the order of their numbers decides."
        )
    return "high", f"{modules} have the same shapes in the same order, and no shape repeats."
