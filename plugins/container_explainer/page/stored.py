"""What a checkpoint's header says, and how it fits a model, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ..results import Fit, LoadingWay, MatchReport, ModelMatch
from ..stored.checkpoint_tree import StoredRow
from ..telling.quantities import in_bytes, in_full

HINT = (
    "<p class='hint'>Drop a file, or take the example. Nothing is loaded: a header of some "
    "kilobytes says all there is to know.</p>"
)
MAX_ROWS = 1500
MAX_NAMES = 200


def shown(report: MatchReport) -> str:
    """The verdict, if there is a model beside it; then the figures, the tree and the metadata."""
    verdict = _match(report.match) if report.match else ""
    figures = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>"
        for name, value in (
            ("tensors", in_full(report.tensors)),
            ("numbers", in_full(report.count)),
            ("size", in_bytes(report.bytes)),
            ("header", in_bytes(report.header_bytes)),
        )
    )
    return (
        f"<h3>{escape(report.file)}</h3><dl class='values'>{figures}</dl>{verdict}"
        f"{_metadata(report.metadata)}<h4>Its tree</h4>{tree(report.rows)}"
    )


def _metadata(metadata: dict[str, str]) -> str:
    if not metadata:
        return "<p class='remark'>It has no metadata.</p>"
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(text)}</td></tr>"
        for name, text in metadata.items()
    )
    return (
        f"<details open><summary>Metadata, {len(metadata)}</summary><div class='scrolled'>"
        f"<table class='numbers metadata'>{rows}</table></div></details>"
    )


def tree(rows: Sequence[StoredRow]) -> str:
    """Groups that fold, tensors with their shapes."""
    parts: list[str] = []
    open_depths: list[int] = []
    for row in rows[:MAX_ROWS]:
        while open_depths and open_depths[-1] >= row.depth:
            parts.append("</details>")
            open_depths.pop()
        if row.is_tensor and row.tensors == 1:
            parts.append(f"<div class='leaf'>{_row(row)}</div>")
            continue
        is_open = " open" if row.depth <= 2 else ""
        parts.append(f"<details{is_open}><summary>{_row(row)}</summary>")
        open_depths.append(row.depth)
    parts += ["</details>"] * len(open_depths)
    more = len(rows) - MAX_ROWS
    rest = f"<p class='note'>{more:,} more rows are not drawn.</p>" if more > 0 else ""
    return f"<div class='stored'>{''.join(parts)}</div>{rest}"


def _row(row: StoredRow) -> str:
    what = row.shape if row.is_tensor else f"{row.tensors:,} tensors"
    return (
        f"<code class='name'>{escape(row.name)}</code><span class='what'>{escape(what)}</span>"
        f"<span class='dtype'>{escape(row.dtype)}</span>"
        f"<span class='size'>{in_bytes(row.bytes)}<i class='meter'>"
        f"<i style='width:{100 * row.share:.1f}%'></i></i></span>"
    )


def _match(match: ModelMatch) -> str:
    best = match.ways[0] if len(match.ways) == 1 else None
    mood = "right" if best and best.fit.complete and not best.fit.unexpected else "doubt"
    ways = "".join(
        _way(way, f"Way {number}" if best is None else "")
        for number, way in enumerate(match.ways, 1)
    )
    renamed = best is not None and best.renames
    as_it_is = (
        f"<details><summary>With the names as they are in the file</summary>{_fit(match.as_it_is)}"
        "</details>"
        if renamed or best is None
        else ""
    )
    return (
        f"<div class='verdict {mood}' role='status'><b>{escape(match.title)}:</b> "
        f"{escape(match.verdict)}</div>{ways}{as_it_is}"
    )


def _way(way: LoadingWay, title: str) -> str:
    head = f"<h4>{title}</h4>" if title else ""
    because = (
        f"<p class='remark'>Renamed; how much speaks for it: {way.confidence}.</p>"
        if way.renames
        else ""
    )
    return f"{head}{because}{_fit(way.fit)}"


def _fit(fit: Fit) -> str:
    counts = (
        ("fit", len(fit.matched)),
        ("missing", len(fit.missing)),
        ("unexpected", len(fit.unexpected)),
        ("wrong shape", len(fit.wrong_shapes)),
        ("other dtype", len(fit.other_dtypes)),
        ("aliases", len(fit.aliases)),
    )
    told = "".join(
        f"<li class='{'some' if count else 'none'} {name.replace(' ', '-')}'><b>{count:,}</b> "
        f"{name}</li>"
        for name, count in counts
    )
    tables = (
        _names("Missing", "in the model, and not in the file", fit.missing),
        _names("Unexpected", "in the file, and not in the model", fit.unexpected),
        _table(
            "Wrong shape",
            ("name", "in the file", "in the model", ""),
            [(each.name, str(each.stored), str(each.expected), each.remark)
             for each in fit.wrong_shapes],
        ),
        _table(
            "Other dtype, converted when loaded",
            ("name", "in the file", "in the model"),
            [(each.name, each.stored, each.expected) for each in fit.other_dtypes],
        ),
        _table(
            "Aliases: tied tensors, which a file holds once",
            ("name", "the same as"),
            [(each.name, each.same_as) for each in fit.aliases],
        ),
    )  # fmt: skip
    return f"<ul class='counts'>{told}</ul>{''.join(tables)}"


def _names(title: str, meaning: str, names: Sequence[str]) -> str:
    return _table(title, (meaning,), [(name,) for name in names])


def _table(title: str, heads: Sequence[str], rows: Sequence[Iterable[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in rows[:MAX_NAMES]
    )
    more = len(rows) - MAX_NAMES
    rest = f"<p class='remark'>{more:,} more are not shown.</p>" if more > 0 else ""
    return (
        f"<details open><summary>{escape(title)}, {len(rows):,}</summary><div class='scrolled'>"
        f"<table class='numbers'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{rest}</details>"
    )
