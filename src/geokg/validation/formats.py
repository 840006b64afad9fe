"""The forms a report is written in, for people and for the programs around them. Knows what a report is, makes none."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from .. import canonical
from ..shacl.shapes import short
from ..shacl.terms import quads_to_ox
from . import interchange, page

if TYPE_CHECKING:
    from .report import Finding, Report

WIDTH = 100
"""How many columns of a line of text are shown at most."""


def write(report: Report, format: str) -> str:
    """A report in one of :data:`FORMATS`.

    Raises:
        ValueError: there is no such format.
    """
    if format not in FORMATS:
        raise ValueError(f"a report can be written as {', '.join(sorted(FORMATS))}; not as {format!r}")
    return FORMATS[format](report)


def text(report: Report) -> str:
    """As a compiler writes: place, severity, words, shape; then the line of the text with the words marked."""
    lines: list[str] = []
    for finding in report.findings:
        shape = f" ({short(finding.shape, dict(report.prefixes)) or finding.shape})" if finding.shape else ""
        lines.append(f"{place(finding)}: {finding.severity}: {_one_line(finding.message)}{shape}")
        lines += [f"    {_one_line(cause)}" for cause in finding.causes]
        if finding.span:
            lines += [f"    {line}" for line in marked(finding.excerpt, finding.span.column, len(finding.span.exact))]
    if report.vacuous:
        lines.append(f"judged no node: {', '.join(short(iri, dict(report.prefixes)) or iri for iri in report.vacuous)}")
    lines += [f"note: {_one_line(note)}" for note in report.notes]
    return "".join(f"{line}\n" for line in [*lines, report.summary])


def place(finding: Finding) -> str:
    """Where a finding is: file, line and column, or else the node's IRI or name.

    >>> from geokg.validation import Finding
    >>> place(Finding("odd", "info", "urn:shape", "_:b0", name="a nameless claim"))
    'a nameless claim'
    """
    span = finding.span
    if span:
        return f"{_one_line(span.file or span.document)}:{span.line}:{span.column}"
    return finding.focus if not finding.focus.startswith("_:") else finding.name or "a nameless node"


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


def _one_line(words: str) -> str:
    return "".join(" " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character for character in words)


def as_json(report: Report) -> str:
    """All that a report knows, for programs."""
    content = {
        "conforms": report.conforms,
        "summary": report.summary,
        "counts": report.counts,
        "findings": [record(finding) for finding in report.findings],
        "vacuous": list(report.vacuous),
        "notes": list(report.notes),
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def record(finding: Finding) -> dict[str, Any]:
    """A finding as plain values."""
    return {
        "message": finding.message,
        "severity": finding.severity,
        "shape": finding.shape,
        "focus": finding.focus,
        "name": finding.name,
        "path": finding.path,
        "value": finding.value,
        "component": finding.component,
        "document": finding.document,
        "excerpt": finding.excerpt,
        "causes": list(finding.causes),
        "spans": [
            {
                "document": span.document,
                "file": span.file,
                "start": span.start,
                "end": span.end,
                "line": span.line,
                "column": span.column,
                "exact": span.exact,
            }
            for span in finding.spans
        ],
    }


def turtle(report: Report) -> str:
    """The report that SHACL describes."""
    return canonical.turtle(quads_to_ox(report.graph), report.prefixes)


def github(report: Report) -> str:
    """Workflow commands, which GitHub shows beside the changed lines."""
    levels = {"violation": "error", "warning": "warning", "info": "notice"}
    lines = []
    for finding in report.findings:
        span = finding.span
        where = {"file": span.file, "line": str(span.line), "col": str(span.column)} if span else {}
        where["title"] = short(finding.shape, dict(report.prefixes)) or finding.shape
        told = ",".join(f"{key}={_property(value)}" for key, value in where.items())
        words = finding.message if span else f"{place(finding)}: {finding.message}"
        lines.append(f"::{levels[finding.severity]} {told}::{_data(words)}\n")
    return "".join(lines)


def _data(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(words).replace(":", "%3A").replace(",", "%2C")


COLUMNS = ("file", "line", "column", "severity", "message", "shape", "name", "focus", "path", "value", "words")


def _row(finding: Finding) -> tuple[str | int, ...]:
    span = finding.span
    where = (span.file, span.line, span.column) if span else ("", "", "")
    words = span.exact if span else ""
    told = (finding.severity, finding.message, finding.shape, finding.name, finding.focus, finding.path)
    return (*where, *told, finding.value or "", words)


def as_csv(report: Report) -> str:
    """One line a finding, for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_row(finding) for finding in report.findings)
    return out.getvalue()


def markdown(report: Report) -> str:
    """One table, for tickets and pull requests."""
    lines = [f"**{report.summary}**", ""]
    if report.findings:
        lines += ["| where | severity | what | words | shape |", "|---|---|---|---|---|"]
    for finding in report.findings:
        cells = (
            place(finding),
            finding.severity,
            finding.message,
            finding.span.exact if finding.span else "",
            short(finding.shape, dict(report.prefixes)) or finding.shape,
        )
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    if report.vacuous:
        lines += ["", f"Judged no node: {', '.join(_cell(iri) for iri in report.vacuous)}"]
    return "\n".join(lines) + "\n"


def _cell(words: str) -> str:
    escaped = "".join(f"\\{character}" if character in "\\`*_[]<>|#~" else character for character in _one_line(words))
    return escaped.replace("&", "&amp;")


FORMATS: dict[str, Callable[[Report], str]] = {
    "csv": as_csv,
    "github": github,
    "html": page.html,
    "json": as_json,
    "junit": interchange.junit,
    "markdown": markdown,
    "sarif": interchange.sarif,
    "text": text,
    "turtle": turtle,
}
"""The formats by name."""
