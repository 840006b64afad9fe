"""Reports as tables: CSV for spreadsheets, Markdown for tickets and pull requests."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from .layout import Layout, causes, escaped, place, remarks, rule, times

if TYPE_CHECKING:
    from .finding import Finding
    from .report import Report

COLUMNS = (
    *("file", "line", "column", "severity", "message", "shape", "name", "focus", "path", "value", "words"),
    *("kind", "document", "annotators", "causes", "allowed", "nearest", "fix", "fingerprint"),
)
"""The columns of the CSV; new ones go to the end."""


def as_csv(report: Report, layout: Layout) -> str:
    """One line a finding."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_row(finding) for finding in layout.findings(report))
    return out.getvalue()


def _row(finding: Finding) -> tuple[str | int, ...]:
    span = finding.span
    where = (span.file, span.line, span.column) if span else ("", "", "")
    words = span.exact if span else ""
    told = (finding.severity, finding.message, finding.shape, finding.name, finding.focus, finding.path)
    more = (finding.kind, finding.document, "; ".join(finding.annotators))
    why = "; ".join(message for _, message in causes(finding.causes))
    mend = ("; ".join(finding.allowed), finding.nearest, finding.fix.update if finding.fix else "")
    return (*where, *told, finding.value or "", words, *more, why, *mend, finding.fingerprint)


def markdown(report: Report, layout: Layout) -> str:
    """One table, or one for each group."""
    lines = [f"**{report.summary}**", ""]
    for group in layout.groups(report):
        if layout.group:
            lines += [f"### {escaped(group.name)}: {group.summary}", ""]
        lines += ["| where | severity | what | words | shape |", "|---|---|---|---|---|"]
        for fault in layout.faults(group):
            lines.append(f"| {' | '.join(_cells(report, fault))} |")
        if left := layout.left_out(group):
            lines += ["", f"{left} more {'are' if left > 1 else 'is'} not shown."]
        lines.append("")
    if report.vacuous:
        lines += [f"Judged no node: {', '.join(escaped(rule(report, iri)) for iri in report.vacuous)}", ""]
    return "\n".join(lines[:-1]) + "\n"


def _cells(report: Report, fault: tuple[Finding, ...]) -> list[str]:
    finding = fault[0]
    where = place(finding) + (f" ({often})" if (often := times(fault)) else "")
    words = finding.span.exact if finding.span else ""
    beside = [*(message for _, message in causes(finding.causes)), *remarks(finding)]
    what = "<br>".join(escaped(part) for part in (finding.message, *beside))
    return [escaped(where), finding.severity, what, escaped(words), escaped(rule(report, finding.shape))]
