"""Findings in plain words: names instead of IRIs, never a bare blank node."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rdflib import BNode, Dataset, Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH, SKOS
from rdflib.term import Node

from ..shacl import Result
from ..shacl.shapes import path_text, short
from ..shacl.terms import is_named
from .evidence import Evidence

_PLACEHOLDER = re.compile(r"\{[?$](this|value|path|PATH)\}")
_NODE = re.compile(r"<?((?:https?:|urn:|\b_:)[^\s<>\"“”{}|\\^`]+)>?")
_TRAILING = ".,;:!?)]}'’"
_SHOWN = 60
_CORE = {
    "And": "{focus} does not do all that is asked of it",
    "Class": "{value} should be {a}",
    "Closed": "{focus} has {path}, which has no place there",
    "Datatype": "{value} should be written as {a}",
    "Disjoint": "{value} may not be both {path} and {a}",
    "Equals": "{path} and {a} should be the same, but {value} is only one of them",
    "HasValue": "{path} should be {a}",
    "In": "{value} is none of what is allowed: {a}",
    "LanguageIn": "{value} should be in one of these languages: {a}",
    "LessThan": "{value} should be less than {a}, or cannot be compared with it",
    "LessThanOrEquals": "{value} should not be more than {a}, or cannot be compared with it",
    "MaxCount": "there should be no more than {a} of {path}",
    "MaxExclusive": "{value} should be less than {a}",
    "MaxInclusive": "{value} should not be more than {a}",
    "MaxLength": "{value} should not be longer than {a} characters",
    "MinCount": "{path} is missing: there should be at least {a}",
    "MinExclusive": "{value} should be more than {a}",
    "MinInclusive": "{value} should not be less than {a}",
    "MinLength": "{value} should have at least {a} characters",
    "Node": "{value} does not do what is asked of it",
    "NodeKind": "{value} is the wrong kind of node; it should be {a}",
    "Not": "{value} is what it may not be",
    "Or": "{value} does nothing of what it could do to be right",
    "Pattern": "{value} is not written in the form {a}",
    "QualifiedMaxCount": "too many of {path} are of the kind that may stand there {a} times at most",
    "QualifiedMinCount": "too few of {path} are of the kind that should stand there at least {a} times",
    "UniqueLang": "{path} has more than one text in one language",
    "Xone": "{value} should do exactly one of several things, and does not",
}


class Wording:
    """Says what nodes are called, in one language where there is a choice.

    Args:
        graphs: where labels are looked up, first come first served: the data, then shapes and ontology.
        evidence: for naming what has no label by its words.
        prefixes: for IRIs that have no label either.
        language: which language is preferred.
    """

    def __init__(
        self, graphs: Iterable[Graph], evidence: Evidence, prefixes: dict[str, str], language: str = "en"
    ) -> None:
        self._graphs = list(graphs)
        self._evidence = evidence
        self.prefixes = prefixes
        self._language = language
        self._labels: dict[Node, str] = {}

    def name(self, node: Node | None) -> str:
        """What a person would call a node; a literal is quoted."""
        if node is None:
            return ""
        if isinstance(node, Literal):
            return f"“{_cut(str(node))}”"
        if node not in self._labels:
            self._labels[node] = self._label(node) or self._description(node)
        return self._labels[node]

    def short(self, iri: str) -> str:
        """An IRI with a prefix where one is known, a document's graph by its document, else the IRI as it is."""
        _, is_document, identifier = iri.partition("/graph/document/")
        return f"the graph of {identifier}" if is_document else short(iri, self.prefixes) or iri

    def pick(self, literals: Iterable[Node]) -> str:
        """The text in the wanted language, else English, else without a language, else the first."""
        texts = sorted((literal for literal in literals if isinstance(literal, Literal)), key=str)
        for wanted in (self._language, "en", None):
            for text in texts:
                if text.language == wanted or (wanted and (text.language or "").startswith(f"{wanted}-")):
                    return str(text)
        return str(texts[0]) if texts else ""

    def _label(self, node: Node) -> str:
        for predicate in (SKOS.prefLabel, RDFS.label):
            for graph in self._graphs:
                if label := self.pick(graph.objects(node, predicate)):
                    return label
        return ""

    def _description(self, node: Node) -> str:
        kind = self._kind(node)
        spans = self._evidence.spans(node)
        if spans:
            return f"{kind or 'what stands at'} “{_cut(spans[0].exact)}”"
        if isinstance(node, URIRef):
            return self.short(str(node))
        for graph in self._graphs:
            for subject in sorted(set(graph.subjects(None, node)) - {node}, key=str):
                if isinstance(subject, URIRef):
                    return f"a nameless {kind or 'node'} of {self.name(subject)}"
            if isinstance(graph, Dataset):
                for *_, name in sorted(graph.quads((node, None, None, None)), key=str):
                    return f"a nameless {kind or 'node'}" + (f" in {self.short(str(name))}" if is_named(name) else "")
        return f"a nameless {kind or 'node'}"

    def _kind(self, node: Node) -> str:
        """The label of a node's class, of the narrowest if it has several."""
        kinds = {kind for graph in self._graphs for kind in graph.objects(node, RDF.type)}
        for graph in self._graphs:
            for kind in list(kinds):
                kinds -= set(graph.transitive_objects(kind, RDFS.subClassOf)) - {kind}
        return min((label.lower() for kind in kinds if (label := self._label(kind))), default="")

    def message(self, result: Result, shapes: Graph, report: Graph) -> str:
        """What a result says, from its shape's message or else from its constraint."""
        path = path_text(report, result.path, self.prefixes)
        if isinstance(result.path, URIRef):
            path = self._label(result.path) or path
        if result.messages and (
            _speaks(shapes, result.shape) or _speaks(shapes, result.constraint) or not _is_core(result)
        ):
            values = {"this": result.focus, "value": result.value}
            filled = _PLACEHOLDER.sub(
                lambda match: path if match[1].lower() == "path" else self.name(values[match[1]]) or match[0],
                self.pick(result.messages),
            )
            return self._with_names(filled)
        return self._composed(result, shapes, path)

    def _with_names(self, message: str) -> str:
        """A message with names in place of the IRIs and blank nodes that were filled into it."""

        def replace(match: re.Match[str]) -> str:
            token = match[1].rstrip(_TRAILING)
            node = BNode(token[2:]) if token.startswith("_:") else URIRef(token)
            return self.name(node) + match[1][len(token) :]

        return " ".join(_NODE.sub(replace, message).split())

    def _composed(self, result: Result, shapes: Graph, path: str) -> str:
        kind = str(result.component).rpartition("#")[2].removesuffix("ConstraintComponent")
        template = _CORE.get(kind, "{focus} breaks a rule")
        parameter = SH[kind[0].lower() + kind[1:]] if kind else SH.node
        asked: list[Node] = []
        for value in shapes.objects(result.shape, parameter):
            asked += list(shapes.items(value)) if (value, RDF.first, None) in shapes else [value]
        allowed = " or ".join(sorted(str(term) if isinstance(term, Literal) else self.name(term) for term in asked))
        text = template.format(
            focus=self.name(result.focus), value=self.name(result.value), path=path, a=allowed or "something else"
        )
        told = "{focus}" in template or result.value == result.focus or isinstance(result.focus, Literal)
        return text if told else f"{self.name(result.focus)}: {text}"


def _is_core(result: Result) -> bool:
    return str(result.component).startswith(str(SH)) and result.component != SH.SPARQLConstraintComponent


def _speaks(shapes: Graph, node: Node | None) -> bool:
    return node is not None and (node, SH.message, None) in shapes


def _cut(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
