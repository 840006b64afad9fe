"""What would mend a finding, where only one thing can have been meant: a SPARQL update for a person to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF, XSD

from ..shacl import model, paths
from ..text import Text
from ..vocabulary import OA
from .evidence import Evidence
from .finding import Finding, Fix
from .lookup import Term, is_inferred
from .wording import Wording

_SELECTOR, _SOURCE, _START, _END, _EXACT, _PREFIX, _SUFFIX = (
    ox.NamedNode(str(OA[name])) for name in ("hasSelector", "hasSource", "start", "end", "exact", "prefix", "suffix")
)
_LANGUAGE = ox.NamedNode(str(DCTERMS.language))
_INTEGER, _STRING, _LANG_STRING = (ox.NamedNode(str(term)) for term in (XSD.integer, XSD.string, RDF.langString))
_CALCULATOR = ox.Store()
_VERBS, _THEN = ("DELETE DATA", "INSERT DATA"), " ;\n"  # no literal has a line end: they are written as N-Triples are


class Fixer:
    """Finds fixes.

    Args:
        evidence: the data, and the texts behind it.
        wording: what things are called.
    """

    def __init__(self, evidence: Evidence, wording: Wording) -> None:
        self._evidence = evidence
        self._data = evidence.data
        self._wording = wording

    def fix(
        self,
        focus: Term,
        path: paths.Path | None,
        value: Term | None,
        constraints: Iterable[model.Constraint],
        meant: Term | None,
    ) -> Fix | None:
        """A change after which the result is no more, if there is one and no other could be meant.

        Args:
            focus: the node that was judged.
            path: which way its values were looked for.
            value: the value at fault.
            constraints: those that the result may come from.
            meant: the one value that was surely meant.
        """
        constraints = list(constraints)
        quads = list(self._quads(focus, path, value))
        if path is None and value is not None and any(isinstance(one, model.Sparql) for one in constraints):
            quads = list(self._data.quads(focus, None, value))
        about_place = path is not None and {_START, _END}.intersection(path.predicates())
        for constraint in constraints:
            if (about_place or isinstance(constraint, model.Sparql)) and (moved := self._moved(focus)):
                return moved
            if isinstance(constraint, model.LessThan | model.LessThanOrEquals):
                if swapped := self._swapped(focus, quads, constraint):
                    return swapped
            elif quads and value is not None:
                better = meant if isinstance(value, ox.Literal) or not self._data.is_stated(value) else None
                better = better or self._respelt(value, constraint) or self._tagged(focus, value, constraint)
                if better is not None:
                    return self._replaced(quads, better)
        return None

    def _quads(self, focus: Term, path: paths.Path | None, value: Term | None) -> Iterator[ox.Quad]:
        """The statements that give the focus node its value, if it is one property that leads there."""
        steps = path.items if isinstance(path, paths.Alternative) else (path,)
        if value is None or not all(isinstance(step, paths.Step) for step in steps):
            return
        for predicate in path.predicates() if path else ():
            yield from self._data.quads(focus, predicate, value)

    def _replaced(self, quads: list[ox.Quad], better: Term) -> Fix | None:
        changed = [ox.Quad(quad.subject, quad.predicate, better, quad.graph_name) for quad in quads]
        said = f"{self._wording.property(quads[0].predicate)}: {self._exactly(quads[0].object)}"
        return _change(f"{said} becomes {self._exactly(better)}", quads, changed)

    def _exactly(self, term: Term | ox.Triple) -> str:
        """A name for a node, all that a literal is for a literal."""
        return str(term) if isinstance(term, ox.Literal | ox.Triple) else self._wording.name(term)

    def _moved(self, focus: Term) -> Fix | None:
        """Offsets at which the quoted words do not stand, and the words stand once in the text."""
        targets = [focus] if next(self._data.quads(focus, _SELECTOR), None) else self._data.subjects(_SELECTOR, focus)
        if len(targets) != 1:
            return None
        selectors = self._data.objects(targets[0], _SELECTOR)
        texts = [text for one in self._data.objects(targets[0], _SOURCE) if (text := self._evidence.text(one))]
        quotes = [one for one in selectors if next(self._data.quads(one, _EXACT), None)]
        positions = [one for one in selectors if one not in quotes]
        if not len(texts) == len(quotes) == len(positions) == 1:
            return None
        position = positions[0]
        places = [*self._data.quads(position, _START), *self._data.quads(position, _END)]
        start = self._only_place(texts[0], quotes[0])
        if start is None or not isinstance(position, ox.NamedNode) or len({quad.graph_name for quad in places}) != 1:
            return None
        ends = (start, start + len(_text(self._data.value(quotes[0], _EXACT))))
        right = [
            ox.Quad(position, predicate, ox.Literal(str(offset), datatype=_INTEGER), places[0].graph_name)
            for predicate, offset in zip((_START, _END), ends, strict=True)
        ]
        if set(right) == set(places):
            return None
        words = f"the words are placed where they stand, at characters {ends[0]} to {ends[1]}"
        return _change(words, [quad for quad in places if quad not in right], [q for q in right if q not in places])

    def _only_place(self, text: Text, quote: Term) -> int | None:
        """Where the quoted words stand, if they stand there once, or once with what stands around them."""
        prefix, exact, suffix = (_text(self._data.value(quote, part)) for part in (_PREFIX, _EXACT, _SUFFIX))
        for before, after in (("", ""), (prefix, suffix)):
            words = before + exact + after
            start = text.content.find(words)
            if exact and start >= 0 and text.content.find(words, start + 1) < 0:
                return start + len(before)
        return None

    def _swapped(self, focus: Term, quads: list[ox.Quad], constraint: model.Pair) -> Fix | None:
        """An interval that ends before it begins."""
        others = list(self._data.quads(focus, constraint.predicate))
        if not len(quads) == len(others) == 1 or quads[0].predicate in (_START, _END):
            return None
        (one,), (other,) = quads, others
        literals = isinstance(one.object, ox.Literal) and isinstance(other.object, ox.Literal)
        if len(list(self._data.quads(focus, one.predicate))) != 1 or not literals:
            return None
        if not _holds(f"{other.object} < {one.object}"):
            return None
        words = f"{self._wording.property(one.predicate)} and {self._wording.property(other.predicate)} change places"
        swapped = [
            ox.Quad(one.subject, one.predicate, other.object, one.graph_name),
            ox.Quad(other.subject, other.predicate, one.object, other.graph_name),
        ]
        return _change(words, [one, other], swapped)

    def _respelt(self, value: Term, constraint: model.Constraint) -> Term | None:
        """The same text as what it should be: of the right datatype, or without blanks around it."""
        if not isinstance(value, ox.Literal) or value.language:
            return self._as_node(value, constraint)
        text = value.value.strip()
        if isinstance(constraint, model.Datatype) and constraint.datatype != _LANG_STRING:
            better = ox.Literal(text, datatype=constraint.datatype)
            return better if constraint.datatype != value.datatype and _fits(better) else None
        if isinstance(constraint, model.Pattern) and text != value.value:
            better = ox.Literal(text, datatype=value.datatype)
            told = f"REGEX({ox.Literal(text)}, {ox.Literal(constraint.pattern)}, {ox.Literal(constraint.flags)})"
            return better if _holds(told) else None
        return self._as_node(value, constraint)

    def _as_node(self, value: Term, constraint: model.Constraint) -> Term | None:
        """A node that is meant by an IRI written as text."""
        wanted = isinstance(constraint, model.NodeKind) and constraint.kinds == {ox.NamedNode}
        if not wanted or not isinstance(value, ox.Literal):
            return None
        try:
            node = ox.NamedNode(value.value)
        except ValueError:
            return None
        return node if self._data.is_stated(node) else None

    def _tagged(self, focus: Term, value: Term, constraint: model.Constraint) -> Term | None:
        """A text with its language: the only one that may be, or that of the document it belongs to."""
        if not isinstance(value, ox.Literal) or value.language or value.datatype != _STRING:
            return None
        if isinstance(constraint, model.LanguageIn):
            allowed = list(constraint.languages)
        elif isinstance(constraint, model.Datatype) and constraint.datatype == _LANG_STRING:
            allowed = []
        else:
            return None
        spoken = self._languages(focus)
        if len(allowed) != 1:
            allowed = [one for one in spoken if not allowed or one in allowed or one.partition("-")[0] in allowed]
        return ox.Literal(value.value, language=allowed[0]) if len(allowed) == 1 else None

    def _languages(self, focus: Term) -> list[str]:
        document = self._evidence.document_node(focus)
        return [_text(one) for one in self._data.objects(document, _LANGUAGE)] if document else []


def undouble(first: ox.Quad, second: ox.Quad) -> Fix | None:
    """For a triple in two graphs of which one holds only what stands nowhere else: it goes from there."""
    for quad in (first, second):
        if is_inferred(quad):
            return _change("what is stated need not be inferred: it goes from the inferred graph", [quad], [])
    return None


def script(findings: Iterable[Finding]) -> str:
    """All fixes as one SPARQL update, each once, with what it is for before it.

    >>> fix = Fix("it goes", "DELETE DATA { <urn:a> <urn:b> <urn:c> . }")
    >>> print(script([Finding("odd", "info", "urn:shape", "urn:node", fix=fix)]), end="")
    # odd
    # it goes
    DELETE DATA { <urn:a> <urn:b> <urn:c> . } ;
    """
    told: dict[str, list[str]] = {}
    for finding in findings:
        if finding.fix:
            told.setdefault(finding.fix.update, []).append(finding.message)
            told[finding.fix.update] += [finding.fix.words]
    blocks = []
    for update, words in told.items():
        comments = "".join(f"# {' '.join(line.split())}\n" for line in dict.fromkeys(words))
        blocks.append(f"{comments}{update} ;\n")
    return "\n".join(blocks)


def moved(fix: Fix) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """What a fix takes away, and what it adds.

    >>> removed, added = moved(Fix("it goes", "DELETE DATA { <urn:a> <urn:b> <urn:c> . }"))
    >>> str(removed[0].triple), added
    ('<urn:a> <urn:b> <urn:c>', [])
    """
    stores = {verb: ox.Store() for verb in _VERBS}
    for part in fix.update.split(_THEN):
        verb = next(verb for verb in _VERBS if part.startswith(verb))
        stores[verb].update(f"INSERT DATA{part.removeprefix(verb)}")
    removed, added = (sorted(store, key=str) for store in stores.values())
    return removed, added


def _change(words: str, old: list[ox.Quad], new: list[ox.Quad]) -> Fix | None:
    if any(isinstance(term, ox.BlankNode) for quad in [*old, *new] for term in (quad.subject, quad.object)):
        return None  # an update cannot name it
    parts = [f"{verb} {{ {_data(quads)} }}" for verb, quads in zip(_VERBS, (old, new), strict=True) if quads]
    return Fix(words, _THEN.join(parts))


def _data(quads: list[ox.Quad]) -> str:
    told = []
    for quad in sorted(quads, key=str):
        triple = f"{quad.subject} {quad.predicate} {quad.object}"
        in_graph = isinstance(quad.graph_name, ox.NamedNode)
        told.append(f"GRAPH {quad.graph_name} {{ {triple} }}" if in_graph else f"{triple} .")
    return " ".join(told)


@lru_cache(maxsize=10_000)
def _holds(expression: str) -> bool:
    """Whether SPARQL finds an expression true; an error is not."""
    return bool(_CALCULATOR.query(f"ASK {{ FILTER ({expression}) }}"))


def _fits(literal: ox.Literal) -> bool:
    """Whether a literal's text is one of its datatype's."""
    if literal.datatype == _STRING:
        return True
    if not literal.datatype.value.startswith(str(XSD)):
        return False
    try:
        return _holds(f"COALESCE(isLiteral({literal.datatype}({ox.Literal(literal.value)})), false)")
    except SyntaxError:  # SPARQL casts to a few datatypes only
        return False


def _text(term: Term | None) -> str:
    return term.value if term is not None else ""
