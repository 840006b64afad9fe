"""A validation report: findings in plain words, each with the words in the text that it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

import pyoxigraph as ox
from rdflib import Graph

from ..errors import InvalidGraph
from ..shacl import ShapeRun
from ..text import Span, Text
from . import formats, provenance

Severity = Literal["violation", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the worst to the mildest."""


@dataclass(frozen=True)
class Finding:
    """Something in the data that a shape asks to be otherwise.

    Attributes:
        message: what is wrong, in plain words.
        severity: ``violation``, ``warning`` or ``info``.
        shape: the IRI of the shape, for a nameless one that of the shape that it belongs to.
        focus: the IRI of the node that was judged; a blank node as ``_:...``, a literal as it is written.
        name: what a person would call that node.
        path: the property, or the path in SPARQL's notation; empty for a node shape.
        value: the value at fault, if one is, as an IRI, ``_:...`` or the literal's text.
        component: the IRI of the kind of constraint.
        spans: the words in the texts behind the finding, best first.
        document: the id of the document that it belongs to, or nothing.
        excerpt: the line of the text that the first span begins in.
        causes: what is wrong inside it, for shapes that ask for other shapes.
    """

    message: str
    severity: Severity
    shape: str
    focus: str
    name: str = ""
    path: str = ""
    value: str | None = None
    component: str = ""
    spans: tuple[Span, ...] = ()
    document: str = ""
    excerpt: str = ""
    causes: tuple[str, ...] = ()

    @property
    def span(self) -> Span | None:
        """The words that the finding is about, if any are known."""
        return self.spans[0] if self.spans else None


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
        digests: the SHA-256 of each named graph that was judged, by its IRI.
        base: below what data is named.
    """

    findings: tuple[Finding, ...] = ()
    graph: Graph = field(default_factory=Graph, compare=False)
    shapes: tuple[ShapeRun, ...] = ()
    vacuous: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    texts: Mapping[str, Text] = field(default_factory=dict, repr=False)
    prefixes: Mapping[str, str] = field(default_factory=dict, repr=False)
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
        counted = Counter(finding.severity for finding in self.findings)
        return {severity: counted[severity] for severity in SEVERITIES}

    @property
    def summary(self) -> str:
        """The report in one line.

        >>> Report((Finding("odd", "warning", "urn:shape", "urn:node"),)).summary
        '1 warning'
        >>> Report().summary
        'no findings'
        """
        parts = [f"{n} {name}{'s' if n > 1 and name != 'info' else ''}" for name, n in self.counts.items() if n]
        documents = {finding.document for finding in self.findings if finding.document}
        where = f" in {len(documents)} documents" if len(documents) > 1 else ""
        return (", ".join(parts) or "no findings") + where

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

    def serialize(self, format: str = "text") -> str:
        """The report as text in some format.

        Args:
            format: ``text`` (as a compiler would), ``json``, ``turtle`` (the report that SHACL describes), ``html``
                (one file that needs no other), ``sarif`` (2.1.0), ``junit``, ``github`` (workflow commands), ``csv``
                or ``markdown``.

        Raises:
            ValueError: there is no such format.

        >>> print(Report((Finding("a post needs a holder", "violation", "urn:shape", "urn:post"),)).serialize(), end="")
        urn:post: violation: a post needs a holder (urn:shape)
        1 violation
        """
        return formats.write(self, format)

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
