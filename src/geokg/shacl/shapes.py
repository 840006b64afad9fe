"""A shapes graph, read and checked before it judges anything: what it says must be SHACL that the engine does.

A misspelt parameter (``sh:mincount``) passes in silence in most engines and then checks nothing; a part of SHACL that
an engine does not do is skipped just as silently. Both are errors here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from rdflib import BNode, Graph, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH
from rdflib.term import Node

from ..errors import ReadError
from ..store import parse
from .queries import ShapesError
from .terms import as_spelt, from_ox

KNOWN = frozenset(SH.__annotations__) | frozenset(SH._extras)
"""The local names that SHACL and its notes define."""

REFUSED = {
    SH.entailment: "entailment",
    SH.expression: "node expressions",
    SH.js: "SHACL-JS",
    SH.rule: "rules",
    SH.target: "SPARQL and JavaScript targets",
    SH.jsFunctionName: "SHACL-JS",
    SH.returnType: "SHACL functions",
}
"""Parts of SHACL that are not done here, by the property that asks for them."""

TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
_SINGLE = (SH.property, SH.node, SH["not"], SH.qualifiedValueShape)
_LISTED = (SH["and"], SH["or"], SH.xone)
_CALLING = (*_SINGLE, *_LISTED)


def read_shapes(*places: str | Path) -> Graph:
    """The shapes of some files, or of all Turtle files below folders, as one graph in the files' own spelling.

    Raises:
        ReadError: nothing is there, or a file does not parse.

    >>> from geokg.vocabulary import packaged
    >>> len(read_shapes(packaged("ontology") / "shapes")) > 100
    True
    """
    graph = Graph(bind_namespaces="none")
    files: list[Path] = []
    for place in map(Path, places):
        files += sorted(place.rglob("*.ttl")) if place.is_dir() else [place]
    if not files:
        raise ReadError("no Turtle file with shapes here", path=", ".join(map(str, places)))
    with as_spelt():
        for number, file in enumerate(files):
            for quad in parse(file, base_iri=file.resolve().as_uri()):
                s, p, o = from_ox(quad.subject), from_ox(quad.predicate), from_ox(quad.object)
                graph.add((_of_file(s, number), p, _of_file(o, number)))
    return graph


def _of_file(term: Node, number: int) -> Node:
    """Blank nodes of two files are never one, whatever their labels."""
    return BNode(f"f{number}{term}") if isinstance(term, BNode) else term


def check(shapes: Graph) -> None:
    """Refuse what is not SHACL, and what is SHACL but not done here.

    Raises:
        ShapesError: an unknown ``sh:`` term, with the nearest known one; a refused part; a shape that calls itself.

    >>> text = "@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:s> sh:path <urn:p> ; sh:mincount 1 ."
    >>> check(Graph().parse(data=text, format="turtle"))
    Traceback (most recent call last):
    geokg.shacl.queries.ShapesError: shape urn:s: unknown term sh:mincount; did you mean sh:minCount?
    """
    parts = _parts(shapes)
    for subject, predicate, value in sorted(shapes, key=lambda triple: tuple(map(str, triple))):
        if subject not in parts:
            continue
        if predicate in REFUSED:
            raise ShapesError(
                f"{_short(predicate)} ({REFUSED[URIRef(str(predicate))]}) is not supported", shape=_name(subject)
            )
        for term in (predicate, value):
            name = str(term).removeprefix(str(SH))
            if isinstance(term, URIRef) and term.startswith(str(SH)) and name and name not in KNOWN:
                near = _near(name)
                hint = f"; did you mean sh:{near}?" if near else ""
                raise ShapesError(f"unknown term sh:{name}{hint}", shape=_name(subject))
    _refuse_loops(shapes)


def _parts(shapes: Graph) -> set[Node]:
    """The nodes that make up shapes; a shapes graph may hold data too, which may say what it likes."""
    found: set[Node] = set()
    for subject, predicate, value in shapes:
        told = value if predicate == RDF.type else predicate
        if isinstance(told, URIRef) and told.startswith(str(SH)) and told.removeprefix(str(SH)) in KNOWN:
            found.add(subject)
            if isinstance(value, BNode):
                found.add(value)
        found.update(called(shapes, subject) if predicate in _CALLING else ())
    return found


def _near(name: str) -> str:
    lowered = {known.lower(): known for known in sorted(KNOWN, reverse=True)}
    found = get_close_matches(name.lower(), lowered, n=1)
    return lowered[found[0]] if found else ""


def called(shapes: Graph, shape: Node) -> Iterator[Node]:
    """The shapes that a shape hands nodes to."""
    for predicate in _SINGLE:
        yield from shapes.objects(shape, predicate)
    for predicate in _LISTED:
        for members in shapes.objects(shape, predicate):
            yield from shapes.items(members)


def _refuse_loops(shapes: Graph) -> None:
    """A shape that calls itself: SHACL leaves open what that means, and engines differ."""
    done: set[Node] = set()
    for start in sorted(set(shapes.subjects()), key=str):
        trail: list[tuple[Node, Iterator[Node]]] = [(start, called(shapes, start))]
        while trail:
            following = next(trail[-1][1], None)
            if following is None:
                done.add(trail.pop()[0])
            elif following in [node for node, _ in trail]:
                raise ShapesError("it calls itself; recursive shapes are not supported", shape=_name(following))
            elif following not in done:
                trail.append((following, called(shapes, following)))


def targets(shapes: Graph, shape: Node) -> Iterator[tuple[URIRef, Node]]:
    """The targets that a shape declares, a class that is itself a shape among them, as pairs of property and value."""
    for predicate in TARGETS:
        for value in shapes.objects(shape, predicate):
            yield predicate, value
    if isinstance(shape, URIRef) and (
        (shape, RDF.type, RDFS.Class) in shapes or (shape, RDF.type, OWL.Class) in shapes
    ):
        yield SH.targetClass, shape


def without_targets(shapes: Graph, keep: Iterable[str]) -> Graph:
    """The same shapes, of which only some still have targets.

    Args:
        shapes: left as they are.
        keep: the IRIs of the shapes that keep their targets.
    """
    kept = set(keep)
    made = Graph(bind_namespaces="none")
    for triple in shapes:
        drop = triple[1] in TARGETS or (triple[1] == RDF.type and triple[2] in (RDFS.Class, OWL.Class))
        if not drop or str(triple[0]) in kept:
            made.add(triple)
    return made


def path_text(shapes: Graph, path: Node | None, prefixes: dict[str, str]) -> str:
    """A property path in SPARQL's notation, with short names where a prefix is known.

    >>> shapes = Graph().parse(
    ...     data="[] <urn:p> [ <http://www.w3.org/ns/shacl#inversePath> <urn:q> ] .", format="turtle"
    ... )
    >>> path_text(shapes, next(shapes.objects(None, URIRef("urn:p"))), {})
    '^<urn:q>'
    """
    if path is None:
        return ""
    if isinstance(path, URIRef):
        return short(str(path), prefixes) or f"<{path}>"
    for predicate, form in (
        (SH.inversePath, "^{}"),
        (SH.zeroOrMorePath, "{}*"),
        (SH.oneOrMorePath, "{}+"),
        (SH.zeroOrOnePath, "{}?"),
    ):
        for inner in shapes.objects(path, predicate):
            return form.format(_inside(shapes, inner, prefixes))
    for options in shapes.objects(path, SH.alternativePath):
        return "|".join(_inside(shapes, item, prefixes) for item in shapes.items(options))
    return "/".join(_inside(shapes, item, prefixes) for item in shapes.items(path))


def _inside(shapes: Graph, path: Node, prefixes: dict[str, str]) -> str:
    text = path_text(shapes, path, prefixes)
    compound = (path, RDF.first, None) in shapes or (path, SH.alternativePath, None) in shapes
    return f"({text})" if compound else text


def short(iri: str, prefixes: dict[str, str]) -> str:
    """An IRI as a prefixed name, or nothing when no prefix fits.

    >>> short("urn:x:a", {"x": "urn:x:"}), short("urn:y", {})
    ('x:a', '')
    """
    best = max(
        (p for p, namespace in prefixes.items() if iri.startswith(namespace)),
        key=lambda p: len(prefixes[p]),
        default=None,
    )
    if best is None:
        return ""
    rest = iri[len(prefixes[best]) :]
    return f"{best}:{rest}" if rest and all(c.isalnum() or c in "-_." for c in rest) and rest[-1] != "." else ""


def _short(iri: Node) -> str:
    return "sh:" + str(iri).removeprefix(str(SH))


def _name(node: Node) -> str:
    return str(node) if isinstance(node, URIRef) else "without an IRI"
