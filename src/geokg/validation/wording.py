"""What nodes, properties and paths are called: labels instead of IRIs, never a bare blank node."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyoxigraph as ox
from rdflib.namespace import RDF, RDFS, SKOS, XSD

from ..shacl import paths
from ..shacl.shapes import short
from .evidence import Evidence
from .lookup import Lookup, Term

_LABELS = [ox.NamedNode(str(term)) for term in (SKOS.prefLabel, RDFS.label)]
_NODE = re.compile(r"<?((?:https?:|urn:|\b_:)[^\s<>\"“”{}|\\^`]+)>?")
_TRAILING = ".,;:!?)]}'’"
_SHOWN = 60
_DEEPEST = 5
_DATATYPES = {
    XSD.string: "plain text",
    RDF.langString: "text with its language",
    XSD.integer: "a whole number",
    XSD.nonNegativeInteger: "a whole number, 0 or more",
    XSD.positiveInteger: "a whole number, 1 or more",
    XSD.decimal: "a decimal number",
    XSD.double: "a number",
    XSD.float: "a number",
    XSD.boolean: "true or false",
    XSD.date: "a date such as 2021-08-20",
    XSD.dateTime: "a date and time such as 2021-08-20T12:00:00Z",
    XSD.gYear: "a year such as 2021",
    XSD.anyURI: "a web address",
    XSD.duration: "a length of time such as P1D",
}
_TIMES: dict[type[paths.Path], str] = {
    paths.ZeroOrMore: "any number of times",
    paths.OneOrMore: "once or more",
    paths.ZeroOrOne: "once or not at all",
}
_KINDS = {ox.NamedNode: "an IRI", ox.BlankNode: "a blank node", ox.Literal: "a literal"}


class Wording:
    """Says what nodes are called, in one language where there is a choice.

    Args:
        lookup: where labels are looked up, first come first served: the data, then shapes and ontology.
        evidence: for naming what has no label by its words.
        prefixes: for IRIs that have no label either.
        language: which language is preferred.
    """

    def __init__(
        self, lookup: Lookup, evidence: Evidence | None, prefixes: dict[str, str], language: str = "en"
    ) -> None:
        self.lookup = lookup
        self.prefixes = prefixes
        self._evidence = evidence
        self._language = language
        self._names: dict[Term, str] = {}
        self._labels: dict[Term, str] = {}

    def name(self, node: Term | ox.Triple | None) -> str:
        """What a person would call a node; a literal is quoted."""
        if node is None or isinstance(node, ox.Triple):
            return "" if node is None else str(node)
        if isinstance(node, ox.Literal):
            return f"“{cut(node.value)}”"
        if node not in self._names:
            self._names[node] = self.label(node) or self._description(node, _DEEPEST)
        return self._names[node]

    def short(self, iri: str) -> str:
        """An IRI with a prefix where one is known, a document's graph by its document, else the IRI as it is."""
        _, is_document, identifier = iri.partition("/graph/document/")
        return f"the graph of {identifier}" if is_document else short(iri, self.prefixes) or iri

    def pick(self, texts: Iterable[Term]) -> str:
        """The text in the wanted language, else English, else without a language, else the first."""
        literals = sorted((text for text in texts if isinstance(text, ox.Literal)), key=lambda text: text.value)
        for wanted in (self._language, "en", None):
            for text in literals:
                language = text.language or ""
                if (text.language or None) == wanted or (wanted and language.startswith(f"{wanted}-")):
                    return text.value
        return literals[0].value if literals else ""

    def label(self, node: Term) -> str:
        """The label that a node is given, or nothing."""
        if node not in self._labels:
            told = (self.pick(part.objects(node, predicate)) for predicate in _LABELS for part in self.lookup.parts)
            self._labels[node] = next((label for label in told if label), "")
        return self._labels[node]

    def _description(self, node: Term, depth: int) -> str:
        kind = self.kind(node)
        spans = self._evidence.spans(node) if self._evidence else ()
        if spans:
            return f"{kind or 'what stands at'} “{cut(spans[0].exact)}”"
        if isinstance(node, ox.NamedNode):
            return self.short(node.value)
        owners = sorted(self.lookup.quads(None, None, node), key=str) if depth else []
        for quad in sorted(owners, key=lambda quad: isinstance(quad.subject, ox.BlankNode)):
            if quad.subject == node or isinstance(quad.subject, ox.Triple):
                continue
            owner = self.label(quad.subject) or self._description(quad.subject, depth - 1)
            role = self.label(quad.predicate)
            return f"a nameless {kind} of {owner}" if kind or not role else f"the nameless “{role}” of {owner}"
        for quad in sorted(self.lookup.quads(node), key=str):
            if isinstance(quad.graph_name, ox.NamedNode):
                return f"a nameless {kind or 'node'} in {self.short(quad.graph_name.value)}"
        return f"a nameless {kind or 'node'}"

    def kind(self, node: Term) -> str:
        """The label of a node's class, of the narrowest if it has several."""
        return min((label.lower() for kind in self.lookup.kinds(node) if (label := self.label(kind))), default="")

    def path(self, path: paths.Path) -> str:
        """A property path in words.

        >>> step = paths.Step(ox.NamedNode("urn:p"))
        >>> Wording(Lookup(), None, {}).path(paths.Sequence((step, paths.Inverse(step))))
        '<urn:p>, then <urn:p> backwards'
        """
        if isinstance(path, paths.Step):
            return self.property(path.predicate)
        inside = [self.path(part) for part in path.parts]
        if isinstance(path, paths.Sequence):
            return ", then ".join(inside)
        if isinstance(path, paths.Alternative):
            return " or ".join(inside)
        if isinstance(path, paths.Inverse):
            return f"{inside[0]} backwards"
        return f"{inside[0]} {_TIMES[type(path)]}"

    def property(self, iri: ox.NamedNode) -> str:
        """The label of a property, else its short name, else its IRI."""
        return self.label(iri) or short(iri.value, self.prefixes) or f"<{iri.value}>"

    def instance(self, cls: Term) -> str:
        """What an instance of a class is called, with its article."""
        label = self.label(cls) or self.name(cls)
        label = label if label.isupper() else label[0].lower() + label[1:]
        return f"{'an' if label[0] in 'aeiouAEIOU' else 'a'} {label}"

    def datatype(self, iri: ox.NamedNode) -> str:
        """What a literal of a datatype is called, with its short name."""
        name = self.short(iri.value)
        told = next((words for datatype, words in _DATATYPES.items() if str(datatype) == iri.value), "")
        return f"{told} ({name})" if told else name

    def node_kinds(self, kinds: Iterable[type]) -> str:
        """Which kinds of term are meant, in words."""
        return " or ".join(words for kind, words in _KINDS.items() if kind in set(kinds))

    def with_names(self, message: str) -> str:
        """A message with names in place of the IRIs and blank nodes that were filled into it."""

        def replace(match: re.Match[str]) -> str:
            token = match[1].rstrip(_TRAILING)
            node = ox.BlankNode(token[2:]) if token.startswith("_:") else ox.NamedNode(token)
            return self.name(node) + match[1][len(token) :]

        return " ".join(_NODE.sub(replace, message).split())


def cut(text: str) -> str:
    r"""A text in one line, no longer than a message can bear.

    >>> cut("one\n two"), len(cut("x" * 100))
    ('one two', 60)
    """
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
