"""One sorted, stable way to write RDF: the same graph gives the same bytes, whatever the order it came in.

``python -m geokg.canonical FILE...`` rewrites Turtle files in place, ``--check`` only lists those that differ.
**Comments in a rewritten file are lost**: what must last belongs in ``rdfs:comment`` or ``skos:editorialNote``.

Literals are written as they are spelled (``01`` stays ``01``). That is why this is not left to a library: rdflib's
``longturtle`` respells numbers and writes ``"01"^^xsd:boolean`` as the number ``01``; pyoxigraph keeps the order of
its input and nests no blank node. Blank nodes that form trees are written as ``[ ... ]`` and lists as ``( ... )``;
all others are labelled by RDFC-1.0, the canonicalisation of the W3C.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

_Term = NamedNode | BlankNode | Literal | Triple

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_OWL = "http://www.w3.org/2002/07/owl#"
_TYPE, _FIRST, _REST, _NIL = (NamedNode(_RDF + name) for name in ("type", "first", "rest", "nil"))
_STRING = NamedNode(_XSD + "string")
_HEADER = NamedNode(_OWL + "Ontology")

_LOCAL = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?)?")
_BARE = {
    _XSD + "boolean": re.compile(r"true|false"),
    _XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    _XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    _XSD + "double": re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)[eE][+-]?[0-9]+"),
}
# Everything that an editor, git or a terminal may change, hide or take for the end of a line.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WIDTH = 100
_DEEPEST = 50  # blank nodes nested deeper get a label: nobody could read them, and Python's stack is finite


def turtle(triples: Iterable[Triple | Quad], prefixes: Mapping[str, str] | None = None) -> str:
    """A graph as Turtle, sorted.

    Args:
        triples: in any order, also more than once; the graphs of quads are not looked at.
        prefixes: namespaces by prefix; only those that are used are declared.

    >>> text = "@prefix e: <http://e.org/> . e:b e:q 01, 'x'@en . e:a e:p [ e:r (1 2) ] ; a e:C ."
    >>> print(turtle(parse(text, RdfFormat.TURTLE), {"e": "http://e.org/", "unused": "http://u.org/"}), end="")
    @prefix e: <http://e.org/> .
    <BLANKLINE>
    e:a
        a e:C ;
        e:p [ e:r ( 1 2 ) ] ;
    .
    <BLANKLINE>
    e:b
        e:q
            01 ,
            "x"@en ;
    .
    """
    return "".join(trig((Quad(t.subject, t.predicate, t.object) for t in triples), prefixes))


def trig(quads: Iterable[Quad], prefixes: Mapping[str, str] | None = None) -> Iterator[str]:
    """A dataset as TriG, in pieces, sorted: the default graph, then each graph by name.

    Args:
        quads: in any order, also more than once.
        prefixes: namespaces by prefix; only those that are used are declared.

    >>> quads = parse("<http://e.org/g> { <http://e.org/a> <http://e.org/p> 1 }", RdfFormat.TRIG)
    >>> print("".join(trig(quads, {"e": "http://e.org/"})), end="")
    @prefix e: <http://e.org/> .
    <BLANKLINE>
    e:g {
    <BLANKLINE>
    e:a
        e:p 1 ;
    .
    <BLANKLINE>
    }
    """
    everything = set(quads)
    writer = _Writer(prefixes or {}, everything)
    if writer.labels:  # only then: labelling takes cubic time where nodes look alike, and trees need none
        everything = labelled(everything)
        writer = _Writer(prefixes or {}, everything)
    graphs: defaultdict[NamedNode | BlankNode | DefaultGraph, list[Quad]] = defaultdict(list)
    for quad in everything:
        graphs[quad.graph_name].append(quad)
    blocks = []
    for name in sorted(graphs, key=lambda name: "" if isinstance(name, DefaultGraph) else str(name)):
        block = "\n".join(writer.subjects(graphs[name]))
        blocks.append(block if isinstance(name, DefaultGraph) else f"{writer.term(name)} {{\n\n{block}\n}}\n")
    declared = "".join(f"@prefix {prefix}: <{writer.prefixes[prefix]}> .\n" for prefix in sorted(writer.used))
    if declared:
        blocks.insert(0, declared)
    for number, block in enumerate(blocks):
        yield "\n" + block if number else block


def nquads(quads: Iterable[Quad]) -> Iterator[str]:
    """A dataset as N-Quads, sorted, a line at a time.

    >>> print(*nquads(parse("<http://e.org/a> <http://e.org/p> 1 .", RdfFormat.TURTLE)), end="")
    <http://e.org/a> <http://e.org/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .
    """
    yield from sorted({f"{quad} .\n" for quad in labelled(quads)})


def labelled(quads: Iterable[Quad]) -> set[Quad]:
    """The quads, once each, with the blank node labels of RDFC-1.0 if there are blank nodes at all.

    >>> sorted(str(quad.subject) for quad in labelled(parse("[] <http://e.org/p> 1 .", RdfFormat.TURTLE)))
    ['_:c14n0']
    """
    everything = set(quads)
    # Their labels follow from these alone, and of millions of quads they are few.
    blank = {
        quad
        for quad in everything
        if any(isinstance(term, BlankNode | Triple) for term in (quad.subject, quad.object, quad.graph_name))
    }
    if blank:
        dataset = Dataset(blank)
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        return (everything - blank).union(dataset)
    return everything


class _Writer:
    """Writes the subjects of a graph; knows which blank nodes can be nested, and remembers the prefixes it used."""

    def __init__(self, prefixes: Mapping[str, str], quads: set[Quad]) -> None:
        self.prefixes = prefixes
        self.used: set[str] = set()
        self._by_length = sorted(prefixes.items(), key=lambda item: (-len(item[1]), item[0]))
        self._written: dict[NamedNode, str] = {}
        self._about: defaultdict[_Term, list[Quad]] = defaultdict(list)
        self._nested: set[_Term] = set()
        self._lists: set[_Term] = set()
        self._unused: set[_Term] = set()
        self._find_trees(quads)

    def _find_trees(self, quads: set[Quad]) -> None:
        """Which blank nodes are written inside another node, as a list, as ``[]``; all others keep a label."""
        uses: defaultdict[_Term, list[Quad]] = defaultdict(list)
        shared: set[_Term] = set()
        for quad in quads:
            if isinstance(quad.subject, BlankNode):
                self._about[quad.subject].append(quad)
            if isinstance(quad.object, BlankNode):
                uses[quad.object].append(quad)
            shared.update(_quoted(quad.object))
            if isinstance(quad.graph_name, BlankNode):
                shared.add(quad.graph_name)
        for node, about in self._about.items():
            if len({quad.graph_name for quad in (*about, *uses.get(node, ()))}) > 1:
                shared.add(node)
        self._unused = self._about.keys() - uses.keys() - shared
        once = {node for node, found in uses.items() if len(found) == 1} - shared

        for end in (quad for quad in quads if quad.predicate == _REST and quad.object == _NIL):
            cell: _Term = end.subject
            while cell in once and sorted(q.predicate.value for q in self._about[cell]) == [_FIRST.value, _REST.value]:
                self._lists.add(cell)
                (use,) = uses[cell]
                if use.predicate != _REST:
                    break
                cell = use.subject

        # From the top downwards: a circle has no top, is never reached, and so keeps its labels.
        reached = [(quad, 1) for quad in quads if quad.subject not in once and quad.object in once]
        while reached:
            quad, depth = reached.pop()
            if depth > _DEEPEST:
                depth = 0
            else:
                self._nested.add(quad.object)
            for inner in self._about.get(quad.object, ()):
                if inner.object in once:
                    along = quad.object in self._lists and inner.predicate == _REST
                    reached.append((inner, depth if along else depth + 1))
        self.labels = (self._about.keys() | uses.keys() | shared) - self._nested - self._unused

    def subjects(self, quads: Iterable[Quad]) -> list[str]:
        """The statements of one graph, a text for each subject, sorted."""
        about: defaultdict[_Term, list[Quad]] = defaultdict(list)
        for quad in quads:
            if quad.subject not in self._nested:
                about[quad.subject].append(quad)
        written = []
        for subject, found in about.items():
            header = any(quad.predicate == _TYPE and quad.object == _HEADER for quad in found)
            name = "[]" if subject in self._unused else self.term(subject)
            lines = "".join(f"    {line} ;\n" for line in self._predicates(found, "    "))
            key = "" if name == "[]" else str(subject)
            written.append((not header, name == "[]", isinstance(subject, BlankNode), key, f"{name}\n{lines}.\n"))
        return [text for *_, text in sorted(written)]

    def _predicates(self, quads: Iterable[Quad], indent: str) -> list[str]:
        """``predicate object , object``, sorted, ``a`` first."""
        found: defaultdict[NamedNode, list[_Term]] = defaultdict(list)
        for quad in quads:
            found[quad.predicate].append(quad.object)
        lines = []
        for predicate in sorted(found, key=lambda p: (p != _TYPE, p.value)):
            name = "a" if predicate == _TYPE else self.term(predicate)
            objects = found[predicate]
            if len(objects) == 1:
                lines.append(f"{name} {self._object(objects[0], indent)}")
                continue
            inner = indent + "    "
            texts = sorted((_rank(o), "" if o in self._nested else str(o), self._object(o, inner)) for o in objects)
            lines.append(f" ,\n{inner}".join([f"{name}\n{inner}{texts[0][2]}", *(text for *_, text in texts[1:])]))
        return lines

    def _object(self, term: _Term, indent: str) -> str:
        """An object as it stands behind its predicate, nested if it can be."""
        if term not in self._nested:
            return "()" if term == _NIL else self.term(term)
        inner = indent + "    "
        if term in self._lists:
            items = []
            while term != _NIL:
                pair = {quad.predicate: quad.object for quad in self._about[term]}
                items.append(self._object(pair[_FIRST], inner))
                term = pair[_REST]
            return _block("(", "", items, ")", indent)
        return _block("[", " ;", self._predicates(self._about.get(term, ()), inner), "]", indent)

    def term(self, term: _Term) -> str:
        """A term on its own: a prefixed name where Turtle allows one without escapes, a bare number, a literal."""
        if isinstance(term, NamedNode):
            if term not in self._written:
                self._written[term] = self._name(term.value)
            return self._written[term]
        if isinstance(term, Literal):
            return self._literal(term)
        if isinstance(term, Triple):
            last = term.object
            written = self._literal(last, short=True) if isinstance(last, Literal) else self.term(last)
            return f"<<( {self.term(term.subject)} {self.term(term.predicate)} {written} )>>"
        return str(term)

    def _name(self, iri: str) -> str:
        for prefix, namespace in self._by_length:
            if iri.startswith(namespace) and _LOCAL.fullmatch(iri, len(namespace)):
                self.used.add(prefix)
                return f"{prefix}:{iri[len(namespace) :]}"
        return f"<{iri}>"

    def _literal(self, literal: Literal, *, short: bool = False) -> str:
        value = literal.value
        bare = _BARE.get(literal.datatype.value)
        if bare and bare.fullmatch(value):
            return value
        text = _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04X}", value.replace("\\", "\\\\"))
        if "\n" in text and not short:  # pyoxigraph reads no long literal inside a triple term
            text = '"""' + re.sub(r'"(?="")|"\Z', r"\"", text) + '"""'
        else:
            text = '"' + text.replace('"', r"\"").replace("\t", r"\t").replace("\n", r"\n") + '"'
        if literal.language:
            return text + str(literal)[str(literal).rindex("@") :]
        return text if literal.datatype == _STRING else f"{text}^^{self.term(literal.datatype)}"


def _rank(term: _Term) -> int:
    return (NamedNode, Literal, BlankNode, Triple).index(type(term))


def _quoted(term: _Term) -> Iterator[BlankNode]:
    """The blank nodes inside a triple term, which is the one place where ``[ ... ]`` cannot be written."""
    if isinstance(term, Triple):
        for inner in (term.subject, term.object):
            if isinstance(inner, BlankNode):
                yield inner
            else:
                yield from _quoted(inner)


def _block(start: str, between: str, parts: list[str], end: str, indent: str) -> str:
    """Parts in brackets: on one line where that is short, else a line each."""
    line = f"{between} ".join(parts)
    if "\n" not in line and len(indent + line) <= _WIDTH:
        return f"{start} {line} {end}" if parts else start + end
    inner = f"\n{indent}    "
    return f"{start}{inner}{inner.join(part + between for part in parts)}\n{indent}{end}"


def rewrite(text: str | bytes) -> str:
    r"""A Turtle text in its canonical form, with the prefixes it declares itself. Its comments are lost.

    Raises:
        SyntaxError: the text is not Turtle.

    >>> print(rewrite("@prefix e: <http://e.org/> . # gone\n e:b e:p e:c . e:a e:p e:c ."), end="")
    @prefix e: <http://e.org/> .
    <BLANKLINE>
    e:a
        e:p e:c ;
    .
    <BLANKLINE>
    e:b
        e:p e:c ;
    .
    """
    parser = parse(text, RdfFormat.TURTLE)
    quads = list(parser)
    return turtle(quads, parser.prefixes)
