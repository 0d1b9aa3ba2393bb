"""A checkpoint beside a model: which tensors fit, which do not, and the code that mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from demo_app.tensor_files import DTYPES

from ..anatomy.shapes import dtype_name
from .checkpoint_header import CheckpointHeader
from .positions import Pairing
from .remapping import remapping_code
from .renaming import Renaming, find_renamings

TORCH_DTYPES = DTYPES | {
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
    "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
}
"""torch's names of the dtypes that it has, by those in a header."""


@dataclass(frozen=True, kw_only=True)
class WrongShape:
    """A tensor whose shape in the file is not that of the model; ``remark`` may say why."""

    name: str
    stored_name: str
    stored: tuple[int, ...]
    expected: tuple[int, ...]
    remark: str


@dataclass(frozen=True, kw_only=True)
class OtherDtype:
    """A tensor whose dtype in the file is not that of the model; loading converts it."""

    name: str
    stored: str
    expected: str


@dataclass(frozen=True, kw_only=True)
class Alias:
    """A name of the model that the file lacks, since it stores that tensor as ``same_as``."""

    name: str
    same_as: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The tensors of a file beside those of a model, under given names.

    Attributes:
        matched: the model's names of those that fit.
        missing: the model's names that have nothing in the file.
        unexpected: the file's names that have nothing in the model.
        wrong_shapes: those that have a place and do not fit.
        other_dtypes: those that fit and are converted when they are loaded.
        aliases: names of tied tensors, which a file holds once.
    """

    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    wrong_shapes: tuple[WrongShape, ...]
    other_dtypes: tuple[OtherDtype, ...]
    aliases: tuple[Alias, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every tensor of the model is in the file, in its shape."""
        return not self.missing and not self.wrong_shapes


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to load a file.

    Attributes:
        renaming: None where the names are right as they are.
        comparison: what fits then.
        code: loads ``state_dict`` into ``model``, once it is renamed.
    """

    renaming: Renaming | None
    comparison: Comparison
    code: str


@dataclass(frozen=True, kw_only=True)
class Match:
    """A file beside a model.

    Attributes:
        as_it_is: with the names that the file has.
        way: the best way to load it; None where several are equally good.
        alternatives: those, where there are several.
        verdict: in a sentence or two.
    """

    as_it_is: Comparison
    way: Way | None
    alternatives: tuple[Way, ...]
    verdict: str

    @property
    def undecided(self) -> tuple[Pairing, ...]:
        """Modules of the file that could be in several places of the model."""
        return self.way.renaming.undecided if self.way and self.way.renaming else ()


def match(header: CheckpointHeader, module: nn.Module) -> Match:
    """Compare a checkpoint with a model, and find the renaming that mends it.

    Args:
        header: of the file.
        module: on any device; no number is looked at.
    """
    tensors = {
        name: tensor
        for name, tensor in module.state_dict(keep_vars=True).items()
        if isinstance(tensor, Tensor)
    }
    stored = {name: tensor.shape for name, tensor in header.tensors.items()}
    as_it_is = _compare(header, tensors, {name: name for name in stored if name in tensors})
    shapes = {name: _shape(tensor) for name, tensor in tensors.items()}
    by_id = {id(tensors[name]): name for name in reversed(list(tensors))}
    first_names = {name: by_id[id(tensor)] for name, tensor in tensors.items()}
    renamings = find_renamings(stored, shapes, first_names)
    ways = [_way(header, tensors, renaming) for renaming in renamings]
    if not ways:
        ways = [_way(header, tensors, None)]
    alternatives = tuple(ways) if len(ways) > 1 else ()
    return Match(
        as_it_is=as_it_is,
        way=None if alternatives else ways[0],
        alternatives=alternatives,
        verdict=_ambiguous(alternatives) if alternatives else _verdict(ways[0], as_it_is),
    )


def _shape(tensor: Tensor) -> tuple[int, ...] | None:
    return None if is_lazy(tensor) else tuple(tensor.shape)


def _compare(
    header: CheckpointHeader, tensors: Mapping[str, Tensor], names: Mapping[str, str]
) -> Comparison:
    """Compare, the file's names having become those in ``names``."""
    matched, wrong_shapes, other_dtypes = [], [], []
    place = {name: index for index, name in enumerate(tensors)}
    for old, new in sorted(names.items(), key=lambda pair: place[pair[1]]):
        found, expected = header.tensors[old], _shape(tensors[new])
        if expected is not None and found.shape != expected:
            wrong_shapes.append(
                WrongShape(
                    name=new,
                    stored_name=old,
                    stored=found.shape,
                    expected=expected,
                    remark=_remark(found.shape, expected),
                )
            )
            continue
        matched.append(new)
        dtype = dtype_name(tensors[new])
        if TORCH_DTYPES.get(found.dtype) != dtype:
            stored_dtype = TORCH_DTYPES.get(found.dtype, found.dtype)
            other_dtypes.append(OtherDtype(name=new, stored=stored_dtype, expected=dtype))
    placed = set(names.values())
    by_id = {id(tensors[name]): name for name in reversed(list(names.values()))}
    absent = [name for name in tensors if name not in placed]
    return Comparison(
        matched=tuple(matched),
        missing=tuple(name for name in absent if id(tensors[name]) not in by_id),
        unexpected=tuple(name for name in header.tensors if name not in names),
        wrong_shapes=tuple(wrong_shapes),
        other_dtypes=tuple(other_dtypes),
        aliases=tuple(
            Alias(name=name, same_as=by_id[id(tensors[name])])
            for name in absent
            if id(tensors[name]) in by_id
        ),
    )


def _remark(stored: tuple[int, ...], expected: tuple[int, ...]) -> str:
    if len(stored) == 2 and stored == expected[::-1]:
        return "The file has the transpose."
    if [size for size in stored if size != 1] == [size for size in expected if size != 1]:
        return "They differ in dimensions of size 1 only; reshape would do."
    if stored[1:] == expected[1:] and stored and expected:
        return f"The file has {stored[0]:,} outputs, the model {expected[0]:,}: other classes, say."
    return ""


def _way(header: CheckpointHeader, tensors: Mapping[str, Tensor], renaming: Renaming | None) -> Way:
    names = renaming.names if renaming else {n: n for n in header.tensors if n in tensors}
    comparison = _compare(header, tensors, names)
    fitting = set(comparison.matched)
    others: dict[str, list[str]] = {}
    for alias in comparison.aliases:
        others.setdefault(alias.same_as, []).append(alias.name)
    changes = {
        old: [names[old], *others.get(names[old], [])] if names.get(old) in fitting else []
        for old in header.tensors
    }
    code = remapping_code(changes)
    # Its first lines come from two texts of our own; no name is in them.
    remarks = [_caution(renaming)] if renaming and renaming.confidence != "high" else []
    strict = "" if comparison.is_complete else ", strict=False"
    lines = [*remarks, *([code] if code else []), f"model.load_state_dict(state_dict{strict})"]
    return Way(renaming=renaming, comparison=comparison, code="\n".join(lines))


def _caution(renaming: Renaming) -> str:
    sign = "the order of equal shapes" if renaming.confidence == "medium" else "shapes alone"
    return f"# Matched by {sign}: check that the file was made by the same layers."


def _ambiguous(ways: tuple[Way, ...]) -> str:
    fitting = len(ways[0].comparison.matched)
    return (
        f"Ambiguous: {len(ways)} ways to rename fit equally well, each for {fitting:,} tensors. "
        "Choose one; the file does not say which is right."
    )


def _verdict(way: Way, as_it_is: Comparison) -> str:
    comparison = way.comparison
    findings = [
        (len(comparison.missing), "missing"),
        (len(comparison.unexpected), "unexpected"),
        (len(comparison.wrong_shapes), "of another shape"),
    ]
    found = ", ".join(f"{count:,} {what}" for count, what in findings if count)
    reason = f" {way.renaming.because}" if way.renaming else ""
    if comparison.is_complete and way.renaming:
        extra = f" ({found}, left out)" if found else ""
        return f"Fits once its names are changed{extra}.{reason}"
    if comparison.is_complete:
        return f"Fits, {found} left out." if found else "Fits as it is."
    fitting = len(comparison.matched)
    if not fitting:
        return f"Does not fit: {found}. No name or shape tells which tensor belongs where.{reason}"
    return f"Fits in part: {fitting:,} tensors fit, {found}.{reason}"
