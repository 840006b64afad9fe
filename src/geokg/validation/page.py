"""A report as one HTML file that needs no other: the findings, and the articles with the words in question marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from .layout import Layout, brief, place, remarks, rule, times

if TYPE_CHECKING:
    from jinja2 import Template

    from ..text import Text
    from .finding import Cause, Finding
    from .report import Report

_RANK = ("violation", "warning", "info")
_AROUND = 120


def html(report: Report, layout: Layout) -> str:
    """The report as a web page; everything that comes from data is escaped."""
    numbers = count(1)
    groups: list[dict[str, Any]] = []
    for group in layout.groups(report):
        faults = [(next(numbers), fault[0], fault) for fault in layout.faults(group)]
        left = layout.left_out(group)
        groups.append({"name": group.name, "summary": group.summary, "faults": faults, "left_out": left})
    return _template().render(
        report=report,
        groups=groups,
        shapes=_by_shape(report),
        articles=_articles(report, [told for group in groups for told in group["faults"]]),
        shape=lambda iri: rule(report, iri),
        place=place,
        times=times,
        remarks=remarks,
        tree=_tree,
        brief=lambda line: brief(report, line),
        around=around,
    )


def _by_shape(report: Report) -> list[dict[str, Any]]:
    judged = {run.shape: run.focus_nodes for run in report.shapes}
    return [
        {
            "iri": group.key,
            "title": report.titles.get(group.key, ""),
            "findings": len(group.findings),
            "nodes": judged.get(group.key, ""),
        }
        for group in Layout(group="shape").groups(report)
    ]


def _articles(report: Report, told: Iterable[tuple[int, Finding, tuple[Finding, ...]]]) -> list[dict[str, Any]]:
    marks: dict[str, list[tuple[int, int, int, str]]] = {}
    for number, _, fault in told:
        for span, severity in dict.fromkeys((one.span, one.severity) for one in fault if one.span):
            marks.setdefault(span.document, []).append((span.start, span.end, number, severity))
    texts = [(identifier, report.texts[identifier]) for identifier in sorted(marks)]
    return [{"file": text.file or name, "pieces": pieces(text, marks[name])} for name, text in texts]


def _tree(causes: Iterable[Cause]) -> Markup:
    items = (Markup("<li>{}{}</li>").format(one.message, _tree(one.causes)) for one in causes)
    inside = Markup("").join(items)
    return Markup("<ul>{}</ul>").format(inside) if inside else Markup("")


def around(finding: Finding) -> tuple[str, str, str]:
    """The words of a finding in their line, which is cut on both sides where it is long.

    >>> from geokg.text import Text
    >>> from geokg.validation import Finding
    >>> line = "The Taliban promises more."
    >>> around(Finding("odd", "info", "", "", spans=(Text("a", line).span(4, 11),), excerpt=line))
    ('The ', 'Taliban', ' promises more.')
    """
    span, line = finding.span, finding.excerpt
    if span is None:
        return "", "", ""
    start = span.column - 1
    before, after = line[:start], line[start + len(span.exact) :]
    before = f"…{before[-_AROUND:]}" if len(before) > _AROUND else before
    after = f"{after[:_AROUND]}…" if len(after) > _AROUND else after
    return before, span.exact, after


def pieces(text: Text, marks: Sequence[tuple[int, int, int, str]]) -> list[tuple[str, list[int], list[int], str]]:
    """A text cut wherever a mark begins or ends.

    Args:
        text: the text.
        marks: start, end, number and severity of each mark; they may overlap, and may be empty.

    Returns:
        For each piece its characters, the numbers of all marks on it, those of the marks that begin there, and the
        worst severity; no piece is lost, and an empty mark has an empty piece.

    >>> from geokg.text import Text
    >>> pieces(Text("demo", "abcd"), [(1, 3, 1, "info"), (2, 4, 2, "violation")])
    [('a', [], [], ''), ('b', [1], [1], 'info'), ('c', [1, 2], [2], 'violation'), ('d', [2], [], 'violation')]
    """
    edges = sorted({0, len(text.content), *(edge for start, end, *_ in marks for edge in (start, end))})
    made: list[tuple[str, list[int], list[int], str]] = []
    for start, end in zip(edges, [*edges[1:], edges[-1]], strict=True):
        empty = [(number, severity) for low, high, number, severity in marks if low == high == start]
        if empty:
            numbers = [number for number, _ in empty]
            made.append(("", numbers, numbers, min((severity for _, severity in empty), key=_RANK.index)))
        on = [(low, number, severity) for low, high, number, severity in marks if low <= start and high >= end > start]
        if end > start:
            worst = min((severity for _, _, severity in on), key=_RANK.index, default="")
            begun = [number for low, number, _ in on if low == start]
            made.append((text.content[start:end], [number for _, number, _ in on], begun, worst))
    return made


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined  # only who wants a page needs it

    source = (Path(__file__).parent / "report.html").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        source
    )
