"""What the actions on code, edits and checkpoints return, as plain data; nothing imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .stored.checkpoint_tree import StoredRow

Severity = Literal["error", "warning", "hint"]
Change = Literal["kept", "moved", "shared", "added", "removed"]


@dataclass(frozen=True, kw_only=True)
class NamedModule:
    """A variable of a program that holds a module."""

    name: str
    class_name: str
    parameters: int


@dataclass(frozen=True, kw_only=True)
class PlainHolder:
    """A plain list, tuple or dict with modules that PyTorch does not see there.

    Attributes:
        owner: the class of the module that has it as an attribute; empty for a variable.
        name: of the attribute or the variable.
        kind: ``"list"``, ``"tuple"`` or ``"dict"``.
        classes: those of the modules in it.
        line: of the code that made the first of them.
    """

    owner: str
    name: str
    kind: Literal["list", "tuple", "dict"]
    classes: list[str]
    line: int


@dataclass(frozen=True, kw_only=True)
class CodeRun:
    """What a program made.

    Attributes:
        printed: what ``print`` printed.
        modules: the variables that hold modules, in their order.
        result_name: the variable with the module that the program is about; empty if none has it.
        class_name: of that module; empty where the program makes none.
        lines: of each of its modules, by path, the line of the code that made it.
        unregistered: modules that PyTorch does not see.
        input_shape: one that it runs with; a guess from its first layer where none was found to
            work, and empty where nothing can be guessed.
        input_fits: whether it ran with that shape.
    """

    printed: str
    modules: list[NamedModule]
    result_name: str
    class_name: str
    lines: dict[str, int]
    unregistered: list[PlainHolder]
    input_shape: list[int]
    input_fits: bool


@dataclass(frozen=True, kw_only=True)
class LintFinding:
    """One thing that is wrong, doubtful or needless.

    Attributes:
        rule: the rule's name: ``"hidden-module"``.
        severity: ``"error"``: it fails or does not learn; ``"warning"``: it is likely a mistake;
            ``"hint"``: it could be better.
        path: of the module, as ``get_submodule`` takes it; empty for the whole. What is in a plain
            list follows in brackets: ``"encoder.layers[0]"``.
        message: what is seen, with names and numbers.
        why: in one sentence, why it matters.
        mend: the line of Python that mends it.
        line: of the code that made the module; None for a model that was not typed.
    """

    rule: str
    severity: Severity
    path: str
    message: str
    why: str
    mend: str
    line: int | None


@dataclass(frozen=True, kw_only=True)
class LintReport:
    """What a linter says of a model.

    Attributes:
        model: its name here, or ``"code"``.
        title: for people.
        findings: the worst first.
        counts: of findings by severity, those without any included.
        ran: whether a whole forward pass was made; without one, shapes and the order of calls of
            most modules are not known.
        notes: what the reader should know, in sentences.
    """

    model: str
    title: str
    findings: list[LintFinding]
    counts: dict[Severity, int]
    ran: bool
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class NameChange:
    """One name in the ``state_dict``: ``old`` is None where added, ``new`` where removed."""

    what: Change
    old: str | None
    new: str | None


@dataclass(frozen=True, kw_only=True)
class EditReport:
    """A model before and after an edit.

    Attributes:
        title: what was done: ``"Insert ReLU at 2"``.
        code: the line to write for it, with the model in ``net``.
        before: ``print(net)``.
        after: the same after the edit.
        parameters_before: numbers in all parameters.
        parameters_after: the same after the edit.
        changes: of every name in the ``state_dict``, in the order of the model after, with those
            removed at the end.
        remap: code that renames an old checkpoint's ``state_dict``; empty where names stay.
        missing: names of the model after that no old checkpoint has.
        notes: what PyTorch does here that one may not expect.
    """

    title: str
    code: str
    before: str
    after: str
    parameters_before: int
    parameters_after: int
    changes: list[NameChange]
    remap: str
    missing: list[str]
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class Misshapen:
    """A tensor whose shape in the file is not that of the model; ``remark`` may say why."""

    name: str
    stored_name: str
    stored: list[int]
    expected: list[int]
    remark: str


@dataclass(frozen=True, kw_only=True)
class Converted:
    """A tensor whose dtype in the file is not that of the model; loading converts it."""

    name: str
    stored: str
    expected: str


@dataclass(frozen=True, kw_only=True)
class TiedName:
    """A name of the model that the file lacks, since it stores that tensor as ``same_as``."""

    name: str
    same_as: str


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The tensors of a file beside those of a model.

    Attributes:
        complete: whether every tensor of the model is in the file, in its shape.
        matched: the model's names of those that fit.
        missing: the model's names that have nothing in the file.
        unexpected: the file's names that have nothing in the model.
        wrong_shapes: those that have a place and do not fit.
        other_dtypes: those that fit and are converted when they are loaded.
        aliases: names of tied tensors, which a file holds once.
    """

    complete: bool
    matched: list[str]
    missing: list[str]
    unexpected: list[str]
    wrong_shapes: list[Misshapen]
    other_dtypes: list[Converted]
    aliases: list[TiedName]


@dataclass(frozen=True, kw_only=True)
class LoadingWay:
    """One way to load a file into a model.

    Attributes:
        renames: whether names have to change.
        confidence: how much speaks for it; empty where names stay.
        because: what does, in sentences.
        fit: what fits then.
        code: loads ``state_dict`` into ``model``.
    """

    renames: bool
    confidence: Literal["", "high", "medium", "low"]
    because: str
    fit: Fit
    code: str


@dataclass(frozen=True, kw_only=True)
class ModelMatch:
    """A file beside a model.

    Attributes:
        model: the model's name, or ``"code"``.
        title: for people.
        verdict: in a sentence or two.
        as_it_is: what fits with the names that the file has.
        ways: the best way to load it; several where they are equally good, and none is chosen.
    """

    model: str
    title: str
    verdict: str
    as_it_is: Fit
    ways: list[LoadingWay]


@dataclass(frozen=True, kw_only=True)
class MatchReport:
    """What the header of a safetensors file says.

    Attributes:
        file: its name.
        tensors: how many it holds.
        count: numbers in them.
        bytes: of all tensors.
        header_bytes: of its header, which alone was read.
        metadata: texts by name.
        rows: its names as a tree.
        match: beside a model, if one was given.
    """

    file: str
    tensors: int
    count: int
    bytes: int
    header_bytes: int
    metadata: dict[str, str]
    rows: list[StoredRow]
    match: ModelMatch | None


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How data flows through a model.

    Attributes:
        svg: one ``<svg>`` element; empty where the model was not run.
        depth: how many levels of modules are open.
        boxes: how many are drawn.
        notes: what the reader should know, in sentences.
    """

    svg: str
    depth: int
    boxes: int
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class ExhibitInfo:
    """One network of the gallery.

    Attributes:
        name: a short one.
        title: for people.
        shows: what it is there for.
        source: where it comes from, a page.
        model: what the other actions take for it.
        code: to type it; empty where it is more than the language here has.
        input_shape: of its example input; empty where its parts have inputs of their own.
    """

    name: str
    title: str
    shows: str
    source: str
    model: str
    code: str
    input_shape: list[int]
