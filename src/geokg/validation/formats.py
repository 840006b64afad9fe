"""The forms a report is written in, for people and for the programs around them. Knows what a report is, makes none."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from rich.cells import cell_len

from .. import canonical
from ..shacl.terms import quads_to_ox
from . import interchange, page, tables
from .layout import Layout, causes, one_line, place, remarks, rule, times

if TYPE_CHECKING:
    from .finding import Finding
    from .report import Report

WIDTH = 100
"""How many columns of a line of text are shown at most."""


def write(report: Report, format: str, layout: Layout) -> str:
    """A report in one of :data:`FORMATS`.

    Raises:
        ValueError: there is no such format.
    """
    if format not in FORMATS:
        raise ValueError(f"a report can be written as {', '.join(sorted(FORMATS))}; not as {format!r}")
    return FORMATS[format](report, layout)


def text(report: Report, layout: Layout) -> str:
    """As a compiler writes: place, severity, words, shape; then the line of the text with the words marked."""
    lines: list[str] = []
    for group in layout.groups(report):
        if layout.group:
            lines += [f"{one_line(group.name)}: {group.summary}"]
        for fault in layout.faults(group):
            lines += _told(report, fault)
        if left := layout.left_out(group):
            lines.append(f"{left} more {'are' if left > 1 else 'is'} not shown")
        if layout.group:
            lines.append("")
    if report.vacuous:
        lines.append(f"judged no node: {', '.join(rule(report, iri) for iri in report.vacuous)}")
    lines += [f"note: {one_line(note)}" for note in report.notes]
    return "".join(f"{line}\n" for line in [*lines, report.summary])


def _told(report: Report, fault: tuple[Finding, ...]) -> Iterator[str]:
    finding = fault[0]
    shape = f" ({rule(report, finding.shape)})" if finding.shape else ""
    yield f"{place(finding)}: {finding.severity}: {one_line(finding.message)}{shape}"
    for depth, words in causes(finding.causes):
        yield f"    {'  ' * depth}{one_line(words)}"
    for remark in remarks(finding):
        yield f"    {one_line(remark)}"
    if finding.span:
        for line in marked(finding.excerpt, finding.span.column, len(finding.span.exact)):
            yield f"    {line}"
    if often := times(fault):
        yield f"    {often}"


def marked(line: str, column: int, length: int, width: int = WIDTH) -> tuple[str, str]:
    """A line of text, and below it a line that marks some of its characters.

    Args:
        line: the whole line.
        column: the first character to mark, from 1.
        length: how many characters; what goes beyond the line is not shown.
        width: how many columns there are; a longer line is cut around the marked part.

    >>> for shown in marked("The Taliban promises more.", 5, 7):
    ...     print(shown)
    The Taliban promises more.
        ^~~~~~~
    """
    line = "".join(" " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character for character in line)
    start = min(max(column - 1, 0), len(line))
    before, words, after = line[:start], line[start : start + length], line[start + length :]
    if cell_len(words) > width - 2:
        words, after = f"{_first(words, width - 3)}…", ""
    room = width - cell_len(words)
    left = room - min(cell_len(after), room // 2)
    if cell_len(before) > left:
        before = f"…{_first(before[::-1], left - 1)[::-1]}"
    right = room - cell_len(before)
    if cell_len(after) > right:
        after = f"{_first(after, right - 1)}…"
    mark = " " * cell_len(before) + "^" + "~" * (cell_len(words) - 1)
    return (before + words + after).rstrip(), mark


def _first(characters: str, cells: int) -> str:
    """As many of the characters as fit into some columns."""
    taken = 0
    for index, character in enumerate(characters):
        taken += cell_len(character)
        if taken > cells:
            return characters[:index]
    return characters


def as_json(report: Report, layout: Layout) -> str:
    """All that a report knows, for programs."""
    groups = layout.groups(report) if layout.group else []
    content = {
        "conforms": report.conforms,
        "summary": report.summary,
        "counts": report.counts,
        "groups": [{"name": group.name, "key": group.key, "findings": len(group.findings)} for group in groups],
        "findings": [record(finding) for finding in layout.findings(report)],
        "shapes": [
            {"shape": run.shape, "title": report.titles.get(run.shape, ""), "focus_nodes": run.focus_nodes}
            for run in report.shapes
        ],
        "vacuous": list(report.vacuous),
        "notes": list(report.notes),
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def record(finding: Finding) -> dict[str, Any]:
    """A finding as plain values."""
    return {**asdict(finding), "kind": finding.kind, "fingerprint": finding.fingerprint}


def turtle(report: Report, layout: Layout) -> str:  # noqa: ARG001
    """The report that SHACL describes, always whole."""
    return canonical.turtle(quads_to_ox(report.graph), report.prefixes)


def json_ld(report: Report, layout: Layout) -> str:  # noqa: ARG001
    """The same as JSON-LD, expanded, so that it needs no context."""
    ordered = ox.parse("".join(canonical.nquads(quads_to_ox(report.graph))), format=ox.RdfFormat.N_QUADS)
    written = ox.serialize(ordered, format=ox.RdfFormat.JSON_LD, prefixes=dict(report.prefixes))
    return (written or b"[]").decode("utf-8").rstrip() + "\n"


FORMATS: dict[str, Callable[[Report, Layout], str]] = {
    "csv": tables.as_csv,
    "github": interchange.github,
    "html": page.html,
    "json": as_json,
    "jsonld": json_ld,
    "junit": interchange.junit,
    "markdown": tables.markdown,
    "sarif": interchange.sarif,
    "text": text,
    "turtle": turtle,
}
"""The formats by name."""
