"""How much of a report is written, and in which order; and the small things that all formats share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..shacl.shapes import short
from .grouping import Group, faults, groups

if TYPE_CHECKING:
    from .finding import Cause, Finding
    from .report import Report

_IRI = re.compile(r"<([^<>]*)>")
_PLACES = 5
_ALLOWED = 8


@dataclass(frozen=True)
class Layout:
    """What a reader asked for.

    Attributes:
        group: one of :data:`.grouping.GROUPINGS`; not grouped unless given.
        most: how many findings are written, in each group, if there are groups; all unless given.
        fold: a fault that is found more often is written once, with its first places; 0 writes each finding.
    """

    group: str | None = None
    most: int | None = None
    fold: int = 0

    def groups(self, report: Report) -> list[Group]:
        """The findings in groups; in one without a name if nobody asked for groups."""
        if self.group is None:
            return [Group("", "", report.findings)] if report.findings else []
        return groups(report.findings, self.group, titles=report.titles, prefixes=report.prefixes)

    def faults(self, group: Group) -> list[tuple[Finding, ...]]:
        """What is written of a group, in its order: a finding, or several of one fault that are written as one."""
        told: list[tuple[Finding, ...]] = [(finding,) for finding in group.findings]
        told = list(self._folded(group)) if self.fold else told
        return told if self.most is None else told[: self.most]

    def _folded(self, group: Group) -> Iterator[tuple[Finding, ...]]:
        first = {id(finding): number for number, finding in reversed(list(enumerate(group.findings)))}
        parts = (
            some for fault in faults(group.findings) for some in ([fault] if len(fault) > self.fold else alike(fault))
        )
        yield from sorted(parts, key=lambda some: first[id(some[0])])

    def findings(self, report: Report) -> tuple[Finding, ...]:
        """The findings that a program gets: each by itself, in the order of the report."""
        return report.findings if self.most is None else report.findings[: self.most]

    def left_out(self, group: Group) -> int:
        """How many findings of a group are not written; none where only counts were asked for."""
        return len(group.findings) - sum(len(fault) for fault in self.faults(group)) if self.most != 0 else 0


def alike(fault: tuple[Finding, ...]) -> list[tuple[Finding, ...]]:
    """Findings one by one, but for those that a reader could not tell apart: the same words about the same words.

    >>> from geokg.validation import Finding
    >>> [
    ...     len(some)
    ...     for some in alike((Finding("odd", "info", "urn:s", "urn:a"), Finding("odd", "info", "urn:s", "urn:b")))
    ... ]
    [1, 1]
    """
    found: dict[object, list[Finding]] = {}
    for number, finding in enumerate(fault):
        found.setdefault((finding.message, finding.span) if finding.span else number, []).append(finding)
    return [tuple(some) for some in found.values()]


def place(finding: Finding) -> str:
    """Where a finding is: file, line and column, or else the node's IRI or name.

    >>> from geokg.validation import Finding
    >>> place(Finding("odd", "info", "urn:shape", "_:b0", name="a nameless claim"))
    'a nameless claim'
    """
    span = finding.span
    if span:
        return f"{one_line(span.file or span.document)}:{span.line}:{span.column}"
    return finding.focus if not finding.focus.startswith("_:") else finding.name or "a nameless node"


def places(fault: tuple[Finding, ...]) -> str:
    """The other places of a fault, as many as can be read, and how many more there are."""
    told = list(dict.fromkeys(place(finding) for finding in fault))[1:]
    rest = len(told) - _PLACES
    return ", ".join(told[:_PLACES]) + (f" and {rest} more" if rest > 0 else "")


def times(fault: tuple[Finding, ...]) -> str:
    """How often a fault was found and where else; nothing if it was found once.

    >>> from geokg.validation import Finding
    >>> times(tuple(Finding("odd", "info", "urn:shape", node) for node in ("urn:a", "urn:b")))
    'found 2 times: also at urn:b'
    """
    if len(fault) < 2:
        return ""
    elsewhere = places(fault)
    return f"found {len(fault)} times{': also at ' if elsewhere else ', here'}{elsewhere}"


def remarks(finding: Finding) -> Iterator[str]:
    """What a finding says beside its message: the value and what was asked for, what was meant, what would mend it."""
    asked = finding.allowed
    if finding.value_name and asked and not (finding.value_name in finding.message and asked[0] in finding.message):
        more = f" or one of {len(asked) - _ALLOWED} more" if len(asked) > _ALLOWED else ""
        yield f"it has {finding.value_name}; asked for: {' or '.join(asked[:_ALLOWED])}{more}"
    if finding.nearest:
        yield f"did you mean {finding.nearest}?"
    if finding.fix:
        yield f"fix: {finding.fix.words}"


def causes(told: tuple[Cause, ...], depth: int = 0) -> Iterator[tuple[int, str]]:
    """Causes from the outside in, each with how deep it lies."""
    for cause in told:
        yield depth, cause.message
        yield from causes(cause.causes, depth + 1)


def rule(report: Report, shape: str) -> str:
    """A shape's IRI, short where a prefix is known."""
    return short(shape, dict(report.prefixes)) or shape


def brief(report: Report, line: str) -> str:
    """A line of N-Quads with short IRIs where prefixes are known.

    >>> from geokg.validation import Report
    >>> brief(Report(prefixes={"x": "urn:x:"}), "<urn:x:a> <urn:b> <urn:x:c> .")
    'x:a <urn:b> x:c .'
    """
    prefixes = dict(report.prefixes)
    return _IRI.sub(lambda match: short(match[1], prefixes) or match[0], line)


def one_line(words: str) -> str:
    r"""Words without what would end a line, or do worse to a terminal.

    >>> one_line("a\n\x1b[31mb")
    'a  [31mb'
    """
    return "".join(" " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character for character in words)


def escaped(words: str) -> str:
    r"""Words as Markdown shows them as they are, in one line.

    >>> print(escaped("a | *b*"))
    a \| \*b\*
    """
    told = "".join(f"\\{character}" if character in "\\`*_[]<>|#~" else character for character in one_line(words))
    return told.replace("&", "&amp;")
