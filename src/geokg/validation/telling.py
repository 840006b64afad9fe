"""From a result of SHACL to a finding: named, placed, explained, proved."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox
from rdflib import Graph
from rdflib.namespace import SH
from rdflib.term import Node

from ..shacl import Result, model
from ..shacl.shapes import path_text
from ..shacl.terms import to_ox
from .evidence import Evidence
from .finding import Finding, LateFinding, Severity
from .fixes import Fixer
from .lookup import Lookup, Term
from .messages import Messages, every
from .nearest import Nearest
from .proof import proof
from .wording import Wording

_SEVERITY: dict[Node, Severity] = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}


class Teller:
    """Makes findings of results.

    Args:
        lookup: the data, then shapes and ontology.
        evidence: the words behind the data.
        shapes: what was judged by.
        report: the W3C report.
        prefixes: for writing IRIs short.
        language: which language is preferred.
    """

    def __init__(
        self,
        lookup: Lookup,
        evidence: Evidence,
        shapes: model.Model,
        report: Graph,
        prefixes: dict[str, str],
        language: str = "en",
    ) -> None:
        self.evidence = evidence
        self.wording = Wording(lookup, evidence, prefixes, language)
        self._report = report
        self._messages = Messages(self.wording, shapes, report)
        self._nearest = Nearest(lookup)
        self._fixer = Fixer(evidence, self.wording)
        self._shapes = shapes
        self._paths: dict[Node | None, str] = {}
        self._callers: dict[Term, Term] = {}
        for shape in every(shapes):
            for inner in shape.called:
                self._callers.setdefault(inner.node, shape.node)

    @property
    def titles(self) -> dict[str, str]:
        """What shapes with an IRI are called."""
        named = (shape for shape in every(self._shapes) if isinstance(shape.node, ox.NamedNode))
        told = {shape.node.value: self.wording.pick(shape.names) for shape in named}
        return {iri: title for iri, title in sorted(told.items()) if title}

    def shape(self, result: Result) -> Term:
        """The shape that a result comes from."""
        return to_ox(result.shape)  # type: ignore[no-any-return]

    def finding(self, result: Result) -> Finding:
        """A result as a finding: of a shape with an IRI, the nearest that calls its own."""
        return Finding(**self._placed(result), **self._worded(result))

    def late(self, result: Result) -> Finding:
        """The same, but for its words, which are looked up when somebody asks."""
        return LateFinding(lambda: self._worded(result), self._placed(result))

    def _placed(self, result: Result) -> dict[str, Any]:
        """What findings are counted and put in order by."""
        value = None if result.value is None else to_ox(result.value)
        return {
            "severity": _SEVERITY.get(result.severity, "violation"),
            "shape": plain(self._owner(self.shape(result))),
            "path": self._path(result.path),
            "value": None if value is None else plain(value),
            "component": str(result.component),
            **self._place(to_ox(result.focus), value),
        }

    def _worded(self, result: Result) -> dict[str, Any]:
        focus, value = to_ox(result.focus), None if result.value is None else to_ox(result.value)
        data, constraints = self.evidence.data, self._messages.constraints(result)
        way = self._messages.way(result)
        near, sure = (None, False) if value is None else self._nearest.to(value, constraints)
        return {
            "message": self._messages.message(result),
            "value_name": self.wording.name(value),
            "causes": self._messages.causes(result),
            "allowed": self._messages.allowed(result),
            "nearest": self.wording.name(near),
            "proof": tuple(n_quad(quad) for quad in proof(data, focus, way, value, constraints)),
            "fix": self._fixer.fix(focus, way, value, constraints, near if sure else None),
            **self._around(focus, value),
        }

    def _path(self, path: Node | None) -> str:
        if path not in self._paths:
            self._paths[path] = path_text(self._report, path, self.wording.prefixes)
        return self._paths[path]

    def _owner(self, shape: Term) -> Term:
        while isinstance(shape, ox.BlankNode) and shape in self._callers:
            shape = self._callers[shape]
        return shape

    def where(self, focus: Term | ox.Triple, value: Term | None) -> dict[str, Any]:
        """What a finding says of where it is."""
        return self._place(focus, value) | self._around(focus, value)

    def _place(self, focus: Term | ox.Triple, value: Term | None) -> dict[str, Any]:
        if isinstance(focus, ox.Triple):  # RDF 1.2, which nothing here makes
            return {"focus": str(focus)}
        spans = self.evidence.behind(focus, value)
        document = spans[0].document if spans else self.evidence.document(focus)
        return {"focus": plain(focus), "spans": spans, "document": document}

    def _around(self, focus: Term | ox.Triple, value: Term | None) -> dict[str, Any]:
        if isinstance(focus, ox.Triple):
            return {}
        spans = self.evidence.behind(focus, value)
        document = spans[0].document if spans else self.evidence.document(focus)
        return {
            "name": self.wording.name(focus),
            "excerpt": self.evidence.texts[document].line(spans[0].line) if spans else "",
            "annotators": self.evidence.annotators(focus, document),
        }


def plain(term: Term | ox.Triple) -> str:
    """A term as a finding holds it: an IRI, ``_:...`` or a literal's text."""
    if isinstance(term, ox.Triple):
        return str(term)
    return f"_:{term.value}" if isinstance(term, ox.BlankNode) else term.value


def n_quad(quad: ox.Quad) -> str:
    """A quad as a line of N-Quads, without its end.

    >>> n_quad(ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("c")))
    '<urn:a> <urn:b> "c" .'
    """
    return f"{quad} ."
