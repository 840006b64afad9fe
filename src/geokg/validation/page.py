"""A report as one HTML file that needs no other: the findings, and the articles with the words in question marked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined, Template

from ..shacl.shapes import short
from .layout import Layout

if TYPE_CHECKING:
    from ..text import Text
    from .report import Report

_RANK = ("violation", "warning", "info")


def html(report: Report, layout: Layout) -> str:  # noqa: ARG001
    """The report as a web page; everything that comes from data is escaped."""
    numbered = list(enumerate(report.findings, 1))
    articles = []
    for identifier in sorted({span.document for finding in report.findings for span in finding.spans[:1]}):
        marks = [
            (finding.spans[0].start, finding.spans[0].end, number, finding.severity)
            for number, finding in numbered
            if finding.spans and finding.spans[0].document == identifier
        ]
        text = report.texts[identifier]
        articles.append({"id": identifier, "file": text.file or identifier, "pieces": pieces(text, marks)})
    return _template().render(
        report=report,
        findings=numbered,
        articles=articles,
        shape=lambda iri: short(iri, dict(report.prefixes)) or iri,
    )


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
    source = (Path(__file__).parent / "report.html").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        source
    )
