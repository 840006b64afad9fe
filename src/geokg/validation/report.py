"""A validation report: findings in plain words, each with the words in the text that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyoxigraph as ox
from rdflib import Graph

from ..errors import InvalidGraph
from ..shacl import QueryRun, ShapeRun
from ..text import Text
from . import formats, provenance
from .baseline import Difference, Known, difference, known
from .finding import SEVERITIES, Finding, Severity
from .grouping import counted, counts
from .layout import Layout


@dataclass(frozen=True)
class Report:
    """What came of judging a graph by shapes.

    Attributes:
        findings: in the order of the texts, then those that stand in no text.
        graph: the same as the report that SHACL describes.
        shapes: how many nodes each shape judged, and how long it took.
        vacuous: the IRIs of shapes that judged no node: often a mistake in the shape, sometimes data yet to come.
        notes: what the engine passed over because it means nothing where it stands.
        texts: the texts that spans lie in, by document id.
        prefixes: for writing IRIs short.
        titles: what shapes are called, by their IRIs.
        queries: what the engine asked, the slowest first.
        digests: the SHA-256 of each named graph that was judged, by its IRI, if they were asked for.
        base: below what data is named.
    """

    findings: tuple[Finding, ...] = ()
    graph: Graph = field(default_factory=Graph, compare=False)
    shapes: tuple[ShapeRun, ...] = ()
    vacuous: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    texts: Mapping[str, Text] = field(default_factory=dict, repr=False)
    prefixes: Mapping[str, str] = field(default_factory=dict, repr=False)
    titles: Mapping[str, str] = field(default_factory=dict, repr=False)
    queries: tuple[QueryRun, ...] = field(default=(), repr=False, compare=False)
    digests: Mapping[str, str] = field(default_factory=dict, repr=False)
    base: str = ""

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def conforms(self) -> bool:
        """Whether nothing is a violation.

        SHACL's own ``sh:conforms``, in :attr:`graph`, is stricter: there a mere warning already makes it false.
        """
        return not self.at_least("violation")

    def at_least(self, severity: Severity) -> list[Finding]:
        """The findings of a severity or a worse one.

        Raises:
            ValueError: there is no such severity.

        >>> Report((Finding("odd", "warning", "urn:shape", "urn:node"),)).at_least("violation")
        []
        """
        if severity not in SEVERITIES:
            raise ValueError(f"severity must be one of {', '.join(SEVERITIES)}, not {severity!r}")
        counted = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return [finding for finding in self.findings if finding.severity in counted]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        return counts(self.findings)

    @property
    def summary(self) -> str:
        """The report in one line.

        >>> Report((Finding("odd", "warning", "urn:shape", "urn:node"),)).summary
        '1 warning'
        >>> Report().summary
        'no findings'
        """
        documents = {finding.document for finding in self.findings if finding.document}
        where = f" in {len(documents)} documents" if len(documents) > 1 else ""
        return counted(self.findings) + where

    @property
    def known(self) -> tuple[Known, ...]:
        """The findings as a baseline keeps them.

        >>> Report((Finding("odd", "warning", "urn:shape", "urn:node"),)).known[0].message
        'odd'
        """
        return known(self.findings)

    def difference(self, old: Report | Iterable[Known]) -> Difference:
        """What is new, fixed and standing since an earlier run.

        Args:
            old: the earlier report, or a baseline as :func:`.baseline.read` gives it.

        >>> Report().difference(Report((Finding("odd", "warning", "urn:shape", "urn:node"),))).summary
        '0 new, 1 fixed, 0 standing'
        """
        return difference(old.known if isinstance(old, Report) else old, self.findings)

    def only(self, findings: Iterable[Finding]) -> Report:
        """The same report with some of its findings; :attr:`graph` stays whole.

        >>> len(Report((Finding("odd", "warning", "urn:shape", "urn:node"),)).only([]))
        0
        """
        return replace(self, findings=tuple(findings))

    def raise_for_findings(self, severity: Severity = "violation") -> None:
        """Do nothing if all is well.

        Args:
            severity: how bad a finding must be to count.

        Raises:
            InvalidGraph: there is a finding of this severity or a worse one.

        >>> Report().raise_for_findings("info")
        """
        if self.at_least(severity):
            raise InvalidGraph(self)

    def serialize(
        self, format: str = "text", *, group: str | None = None, most: int | None = None, fold: int = 0
    ) -> str:
        """The report as text in some format.

        Args:
            format: ``text`` (as a compiler would), ``json``, ``turtle`` and ``jsonld`` (the report that SHACL
                describes), ``html`` (one file that needs no other), ``sarif`` (2.1.0), ``junit``, ``github`` (workflow
                commands), ``csv`` or ``markdown``.
            group: put findings together by ``shape``, ``property``, ``kind``, ``severity``, ``document`` or
                ``annotator``, in the formats that people read and in JSON.
            most: write so many findings at most, of each group if there are groups; the counts stay whole.
            fold: write a fault that is found more often than this once, with its first places; 0 writes each finding.

        Raises:
            ValueError: there is no such format, or nothing can be grouped so.

        >>> print(Report((Finding("a post needs a holder", "violation", "urn:shape", "urn:post"),)).serialize(), end="")
        urn:post: violation: a post needs a holder (urn:shape)
        1 violation
        """
        return formats.write(self, format, Layout(group, most, fold))

    def provenance(self, *, at: datetime | None = None) -> list[ox.Quad]:
        """The run that gave this report, as PROV; see :func:`.provenance.provenance`.

        Args:
            at: when it ended; without it no time is written, and one input gives one output.

        Raises:
            ValueError: a time without a zone.

        >>> len(Report(base="https://kg.example.org/").provenance()) > 3
        True
        """
        return provenance.provenance(self, at=at)
