"""An explanation as HTML: figures, a tree that folds, and facts on the module selected in it.

Every text of a model is escaped. The script and the style sheet beside this file belong to it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from html import escape

from ..report import Explanation, Kind, ModuleRow, TensorRow
from .facts_view import facts
from .quantities import in_bytes, in_full, in_short

MAX_ROWS = 2000
"""Modules that the page draws; a browser is slow with many more."""

ROWS_AT_FIRST = 24

LEGEND: dict[Kind, str] = {
    "Sequential": "calls its children one after the other; each gets what the one before returned.",
    "ModuleList": "holds modules by number. It cannot be called: the module around it loops over "
    "them.",
    "ModuleDict": "holds modules by name. It cannot be called: the module around it picks one.",
    "module": "holds modules as attributes; its own forward says how they are called.",
    "layer": "holds no modules: it computes something itself.",
}
COLUMNS = (
    ("own", "own parameters"),
    ("trained", "trainable"),
    ("dtype", "dtype"),
    ("bytes", "size"),
    ("activations", "activations"),
    ("calls", "calls"),
)
"""Shown on request: the class of their cells, and their heads."""

COUNTING = (
    "Parameters: every tensor once, wherever it is used. Multiply-adds: half of the operations "
    "that torch's FlopCounterMode counts in convolutions, matrix products and attention; "
    "additions, activations, normalisation, pooling and lookups are not counted. Activations: the "
    "bytes of what modules return, each tensor once, and nothing for what changes in place. It ran "
    "once in evaluation mode on the meta device, where tensors have shapes and no numbers: no "
    "weights were loaded."
)


def figures(explanation: Explanation) -> str:
    """The numbers of the whole model, and what its reader should know."""
    sizes = sorted({row.dtype for row in explanation.tensors if row.role == "parameter"})
    frozen = explanation.parameters - explanation.trainable
    shown = [
        (
            "parameters",
            in_short(explanation.parameters, billion="B"),
            in_full(explanation.parameters)
            + (f", {in_short(frozen, billion='B')} frozen" if frozen else ""),
        ),
        (
            "multiply-adds",
            in_short(explanation.multiply_adds),
            f"for {explanation.input}" if explanation.multiply_adds is not None else "not known",
        ),
        ("size", in_bytes(explanation.bytes), ", ".join(sizes) or "no parameters"),
        (
            "activations",
            "–" if explanation.activation_bytes is None else in_bytes(explanation.activation_bytes),
            "of all that modules return in one pass",
        ),
        ("modules", in_full(explanation.module_count), "the whole model included"),
        ("depth", str(explanation.depth), "levels below the whole model"),
    ]
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}<small>{escape(detail)}</small></dd></div>"
        for name, value, detail in shown
    )
    notes = "".join(f"<p class='note' role='note'>{escape(note)}</p>" for note in explanation.notes)
    return f"<dl class='figures'>{cells}</dl>{notes}"


def problem(message: str) -> str:
    """What stands in the place of the figures of a model that cannot be explained.

    Args:
        message: HTML that is safe to show.
    """
    return f"<p class='note' role='alert'>{message}</p>"


def tree(explanation: Explanation) -> str:
    """The legend, the search, the tree, and the facts on the module that is selected in it."""
    rows = explanation.modules[:MAX_ROWS]
    legend = "".join(
        f"<div><dt>{_badge(kind)}</dt><dd>{sentence}</dd></div>"
        for kind, sentence in LEGEND.items()
    )
    heads = "".join(f"<span class='more {name}'>{head}</span>" for name, head in COLUMNS)
    left_out = len(explanation.modules) - len(rows)
    more = (
        f"<p class='note'>{left_out:,} more modules are not drawn. All of them: <code>demo-app "
        f"call container_explainer explain --model {escape(explanation.model)}</code></p>"
        if left_out
        else ""
    )
    return (
        f"<dl class='legend'>{legend}</dl>"
        "<div class='toolbar'><input type='search' class='search' autocomplete='off' "
        "spellcheck='false' placeholder='Search: conv, norm, stages.3, kernel_size=(5, 5) …' "
        "aria-label='Search the modules by name, class, kind or arguments'>"
        "<span class='found' role='status'></span>"
        "<button type='button' data-fold='open'>Expand all</button>"
        "<button type='button' data-fold='close'>Collapse all</button>"
        f"{_chooser()}</div>"
        "<div class='tree'><div class='head' aria-hidden='true'><span>module</span>"
        "<span>in → out</span><span>parameters</span><span>multiply-adds</span>"
        f"{heads}</div>"
        f"{''.join(_nodes(rows, explanation))}</div>"
        "<div class='selected' aria-live='polite'><p>Select a module to see its facts.</p></div>"
        f"{more}<p class='counting'>{COUNTING}</p>"
    )


def _nodes(rows: Sequence[ModuleRow], explanation: Explanation) -> Iterator[str]:
    """The rows, nested: whatever holds others folds, and ends when one of its level comes."""
    tensors: dict[str, list[TensorRow]] = defaultdict(list)
    for tensor in explanation.tensors:
        tensors[tensor.module].append(tensor)
    keys = _keys_below(explanation.tensors)
    open_depth = _open_depth(rows)
    ends: list[tuple[int, str]] = []
    for row in rows:
        while ends and ends[-1][0] >= row.depth:
            yield ends.pop()[1]
        is_layer = row.kind == "layer"
        is_stopped = row.path == explanation.stopped_in
        searched = " ".join((row.name, row.class_name, row.kind, row.arguments)).casefold()
        classes = "node" + (" layer" if is_layer else "") + (" stopped" if is_stopped else "")
        known = (
            f"class='{classes}' data-path='{escape(row.path.casefold())}' "
            f"data-text='{escape(searched)}'"
        )
        shown = _row(row, tensors[row.path], is_stopped=is_stopped)
        if is_layer:
            yield f"<div {known}><button type='button' class='row'>{shown}</button>"
        else:
            is_open = " open" if row.depth < open_depth else ""
            yield f"<details {known}{is_open}><summary class='row'>{shown}</summary>"
        yield f"<div class='facts' hidden>{facts(row, tensors[row.path], keys[row.path])}</div>"
        ends.append((row.depth, "</div>" if is_layer else "</details>"))
    yield from (end for _, end in reversed(ends))


def _open_depth(rows: Sequence[ModuleRow]) -> int:
    """Down to which depth the tree is unfolded at first, so that it fills a screen at most."""
    per_depth = Counter(row.depth for row in rows)
    depth, shown = 1, per_depth[0] + per_depth[1]
    while per_depth[depth + 1] and shown + per_depth[depth + 1] <= ROWS_AT_FIRST:
        depth += 1
        shown += per_depth[depth]
    return depth


def _row(row: ModuleRow, tensors: Sequence[TensorRow], *, is_stopped: bool) -> str:
    """What is shown of a module before it is selected."""
    title = row.class_name + (f"({row.arguments})" if row.arguments else "")
    class_name = "" if row.class_name == row.kind else f"<b>{escape(row.class_name)}</b>"
    chips = [
        (is_stopped, "stopped here", "bad"),
        (row.unused, "not used", "bad"),
        (row.same_as is not None, "shared", "plain"),
        (row.same_as is None and any(t.tied_to is not None for t in tensors), "tied", "plain"),
        ((row.calls or 0) > 1, f"called {row.calls}×", "plain"),
        (row.own_forward, "own forward", "plain"),
        (row.parameters > 0 and not row.trainable, "frozen", "plain"),
    ]
    shown = "".join(f"<i class='chip {tone}'>{text}</i>" for is_so, text, tone in chips if is_so)
    shapes = f"{escape(row.input)} <i>→</i> {escape(row.output)}" if row.input else ""
    return (
        f"<span class='what' style='--depth:{row.depth}' title='{escape(title)}'>"
        f"<span class='name'>{escape(row.name or 'model')}</span>"
        f"{'' if row.kind == 'layer' else _badge(row.kind)}{class_name}{shown}"
        f"<span class='arguments'>{escape(row.arguments)}</span></span>"
        f"<span class='shapes' style='--depth:{row.depth}'>{shapes}</span>"
        f"<span class='count'>{_bar(row)}{_number(row.parameters, billion='B')}</span>"
        f"<span class='products'>{_number(row.multiply_adds)}</span>{_more(row)}"
    )


def _chooser() -> str:
    """The columns that are shown on request, each with a box to tick."""
    boxes = "".join(
        f"<label><input type='checkbox' data-column='{name}'> {head}</label>"
        for name, head in COLUMNS
    )
    return f"<details class='chooser'><summary>Columns</summary><div>{boxes}</div></details>"


def _more(row: ModuleRow) -> str:
    activations = "–" if row.activation_bytes is None else _bytes(row.activation_bytes)
    values = {
        "own": _number(row.own_parameters, billion="B"),
        "trained": "·" if row.trained == "no parameters" else row.trained,
        "dtype": row.dtype or "·",
        "bytes": _bytes(row.bytes),
        "activations": activations,
        "calls": "–" if row.calls is None else in_full(row.calls),
    }
    return "".join(
        f"<span class='more {name}' data-head='{head}'>{escape(values[name])}</span>"
        for name, head in COLUMNS
    )


def _bytes(count: int) -> str:
    return in_bytes(count) if count else "·"


def _bar(row: ModuleRow) -> str:
    if not row.parameters:
        return ""
    return f"<span class='bar'><span style='width:{row.share:.2%}'></span></span>"


def _number(count: int | None, *, billion: str = "G") -> str:
    return "·" if count == 0 else in_short(count, billion=billion)


def _keys_below(tensors: Sequence[TensorRow]) -> dict[str, int]:
    """How many keys of the state dict belong to each module and those below it."""
    counts: dict[str, int] = defaultdict(int)
    for tensor in tensors:
        if tensor.in_state_dict:
            path = tensor.module
            while path:
                counts[path] += 1
                path = path.rpartition(".")[0]
            counts[""] += 1
    return counts


def _badge(kind: Kind) -> str:
    return f"<span class='badge {kind.casefold()}'>{kind}</span>"
