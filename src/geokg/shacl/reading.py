"""From a shapes graph to :class:`.model.Model`: every shape read once, and refused where it is not well-formed.

What SHACL calls ill-formed (two paths, a count that is no integer, a list without an end) is an error; a parameter that
SHACL gives a meaning elsewhere but not where it stands (``sh:minCount`` at a node shape) is passed over with a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, XSD
from rdflib.term import Node as Resource

from . import model
from .customs import Component, components, constraints_of, query_of, select_of
from .model import Model, ShapeNode, Targets, Term
from .paths import Alternative, Inverse, OneOrMore, Path, Sequence, Step, ZeroOrMore, ZeroOrOne
from .queries import ShapesError
from .shapes import called, check
from .terms import to_ox

_KINDS: dict[Resource, frozenset[type]] = {
    SH.IRI: frozenset({ox.NamedNode}),
    SH.BlankNode: frozenset({ox.BlankNode}),
    SH.Literal: frozenset({ox.Literal}),
    SH.BlankNodeOrIRI: frozenset({ox.BlankNode, ox.NamedNode}),
    SH.BlankNodeOrLiteral: frozenset({ox.BlankNode, ox.Literal}),
    SH.IRIOrLiteral: frozenset({ox.NamedNode, ox.Literal}),
}
_SINGLE = {
    SH[name]
    for name in (
        *("closed", "datatype", "deactivated", "flags", "ignoredProperties", "in", "languageIn", "maxCount"),
        *("maxExclusive", "maxInclusive", "maxLength", "minCount", "minExclusive", "minInclusive", "minLength"),
        *("nodeKind", "order", "pattern", "qualifiedMaxCount", "qualifiedMinCount", "qualifiedValueShape"),
        *("qualifiedValueShapesDisjoint", "severity", "uniqueLang"),
    )
}
"""What a shape may say once."""
_NEEDS_PATH = {SH.minCount, SH.maxCount, SH.uniqueLang, SH.lessThan, SH.lessThanOrEquals, SH.qualifiedValueShape}
_DEPTH = 50


def read_model(shapes: Graph) -> Model:
    """The shapes of a graph, as values.

    Args:
        shapes: with each literal as it is spelt; see :func:`.shapes.read_shapes`.

    Raises:
        ShapesError: a shape is ill-formed, calls itself, or has a part that is not SHACL or not done here.

    >>> text = "@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:s> sh:path <urn:p> ; sh:minCount 'one' ."
    >>> read_model(Graph().parse(data=text + "<urn:s> sh:targetNode <urn:n> .", format="turtle"))
    Traceback (most recent call last):
    geokg.shacl.queries.ShapesError: shape urn:s: sh:minCount 'one' is no integer
    """
    check(shapes)
    return _Reader(shapes).read()


class _Reader:
    """Reads the shapes of one graph, each once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._notes: set[str] = set()
        self._made: dict[Resource, model.Shape] = {}
        self._classes = _subclasses(graph, RDFS.Class) | _subclasses(graph, OWL.Class)
        self._components: list[Component] = components(graph)

    def read(self) -> Model:
        """All shapes."""
        graph = self._graph
        typed = {shape for kind in (SH.NodeShape, SH.PropertyShape) for shape in graph.subjects(RDF.type, kind)}
        aimed = {shape for predicate in _TARGETS for shape in graph.subjects(predicate)}
        inner = {shape for subject in set(graph.subjects()) for shape in called(graph, subject)}
        shapes = [self.shape(node) for node in sorted(typed | aimed | inner, key=str)]
        return Model(
            shapes=tuple(shape for shape in shapes if shape.targets and not shape.deactivated),
            called=frozenset(to_ox(node) for node in inner),
            idle=tuple(
                shape.node.value
                for shape in shapes
                if not shape.targets
                and not shape.deactivated
                and _resource(shape.node) in typed
                and _resource(shape.node) not in inner
            ),
            notes=tuple(sorted(self._notes)),
            graph=graph,
        )

    def shape(self, node: Resource) -> model.Shape:
        """A shape, from its node."""
        if node not in self._made:
            self._made[node] = self._read(node)
        return self._made[node]

    def _read(self, node: Resource) -> model.Shape:
        if isinstance(node, Literal):
            raise ShapesError(f"the literal {node.n3()} stands where a shape should")
        for predicate in set(self._graph.predicates(node)) & _SINGLE:
            if len(set(self._graph.objects(node, predicate))) > 1:
                raise self._error(node, f"{_short(predicate)} has more than one value")
        paths = list(self._graph.objects(node, SH.path))
        is_property = bool(paths) or (node, RDF.type, SH.PropertyShape) in self._graph
        if not is_property:
            is_property = (None, SH.property, node) in self._graph
        if is_property and len(paths) != 1:
            raise self._error(node, f"a PropertyShape has one sh:path, this has {len(paths) or 'none'}")
        if is_property and (node, RDF.type, SH.NodeShape) in self._graph:
            raise self._error(node, "a NodeShape has no sh:path")
        order = self._graph.value(node, SH.order)
        common = {
            "node": to_ox(node),
            "targets": self._targets(node),
            "severity": self._severity(node),
            "messages": self._texts(node, SH.message),
            "deactivated": _is_true(self._graph, node, SH.deactivated),
            "names": self._texts(node, SH.name) or self._texts(node, RDFS.label),
            "order": float(order) if isinstance(order, Literal) and _is_number(order) else None,
        }
        constraints = tuple(self._constraints(node, is_property))
        if not is_property:
            return model.NodeShape(constraints=constraints, **common)
        path = self._path(node, paths[0], 0)
        return model.PropertyShape(constraints=constraints, path=path, path_node=to_ox(paths[0]), **common)

    def _targets(self, node: Resource) -> Targets:
        found: dict[URIRef, list[Term]] = {predicate: [] for predicate in _TARGETS}
        for predicate in _TARGETS:
            for value in sorted(set(self._graph.objects(node, predicate)), key=lambda term: term.n3()):
                allowed = (URIRef, Literal) if predicate == SH.targetNode else (URIRef,)
                if not isinstance(value, allowed):
                    raise self._error(node, f"{_short(predicate)} {value.n3()} is no IRI")
                found[predicate].append(to_ox(value))
        if isinstance(node, URIRef) and not self._classes.isdisjoint(self._graph.objects(node, RDF.type)):
            found[SH.targetClass].append(to_ox(node))
        return Targets(*(tuple(dict.fromkeys(found[predicate])) for predicate in _TARGETS))  # type: ignore[arg-type]

    def _severity(self, node: Resource) -> ox.NamedNode:
        value = self._graph.value(node, SH.severity)
        return model.sh("Violation") if value is None else self._iri(node, SH.severity, value)

    def _texts(self, node: Resource, predicate: URIRef) -> tuple[ox.Literal, ...]:
        found = [text for text in self._graph.objects(node, predicate) if isinstance(text, Literal)]
        return tuple(to_ox(text) for text in sorted(found, key=lambda text: (text.language or "", str(text))))

    # Constraints

    def _constraints(self, node: Resource, is_property: bool) -> Iterator[model.Constraint]:
        for predicate in _ORDER:
            for value in sorted(set(self._graph.objects(node, predicate)), key=lambda term: term.n3()):
                if predicate in _NEEDS_PATH and not is_property:
                    name = "QualifiedValueShape" if predicate == SH.qualifiedValueShape else _short(predicate)
                    self._notes.add(
                        f"{name} means nothing at shape {_name(node)}, which has no sh:path, and was passed over"
                    )
                    continue
                yield from _READERS[predicate](self, node, value)
        for component in self._components:
            made, note = constraints_of(self._graph, component, node, is_property)
            yield from made
            self._notes.update([f"shape {_name(node)}: {note}"] if note else [])

    def _iri(self, node: Resource, predicate: URIRef, value: Resource) -> ox.NamedNode:
        if not isinstance(value, URIRef):
            raise self._error(node, f"{_short(predicate)} {value.n3()} is no IRI")
        return ox.NamedNode(str(value))

    def _integer(self, node: Resource, predicate: URIRef, value: Resource) -> int:
        if isinstance(value, Literal) and value.datatype == XSD.integer:
            try:
                return int(str(value))
            except ValueError:
                pass
        raise self._error(node, f"{_short(predicate)} {_plain(value)} is no integer")

    def _string(self, node: Resource, predicate: URIRef, value: Resource) -> str:
        if isinstance(value, Literal) and not value.language and value.datatype in (None, XSD.string):
            return str(value)
        raise self._error(node, f"{_short(predicate)} {value.n3()} is no text")

    def _items(self, node: Resource, predicate: URIRef, value: Resource) -> list[Resource]:
        """The members of a list, which must end."""
        found: list[Resource] = []
        seen: set[Resource] = set()
        while value != RDF.nil:
            first, rest = (list(self._graph.objects(value, part)) for part in (RDF.first, RDF.rest))
            if len(first) != 1 or len(rest) != 1 or value in seen:
                raise self._error(node, f"{_short(predicate)} has no well-formed list")
            seen.add(value)
            found.append(first[0])
            value = rest[0]
        return found

    def _kind(self, node: Resource, value: Resource) -> model.NodeKind:
        if value not in _KINDS:
            raise self._error(node, f"sh:nodeKind {value.n3()} is no kind of node")
        return model.NodeKind(_KINDS[value])

    def _pattern(self, node: Resource, value: Resource) -> model.Pattern:
        flags = self._graph.value(node, SH.flags)
        return model.Pattern(
            self._string(node, SH.pattern, value), self._string(node, SH.flags, flags) if flags is not None else ""
        )

    def _closed(self, node: Resource, value: Resource) -> Iterator[model.Closed]:
        if _is_boolean(value) != "true":
            if not _is_boolean(value):
                raise self._error(node, f"sh:closed {value.n3()} is neither true nor false")
            return
        allowed: set[ox.NamedNode] = set()
        for ignored in self._graph.objects(node, SH.ignoredProperties):
            items = self._items(node, SH.ignoredProperties, ignored)
            allowed |= {self._iri(node, SH.ignoredProperties, item) for item in items}
        for inner in self._graph.objects(node, SH.property):
            allowed |= {to_ox(path) for path in self._graph.objects(inner, SH.path) if isinstance(path, URIRef)}
        yield model.Closed(frozenset(allowed))

    def _unique(self, node: Resource, value: Resource) -> Iterator[model.UniqueLang]:
        if not isinstance(value, Literal) or value.datatype != XSD.boolean:
            raise self._error(node, f"sh:uniqueLang {value.n3()} is neither true nor false")
        if str(value) == "true":  # and not "1": the W3C test uniqueLang-002
            yield model.UniqueLang()

    def _members(self, node: Resource, predicate: URIRef, value: Resource) -> tuple[model.Shape, ...]:
        return tuple(self.shape(item) for item in self._items(node, predicate, value))

    def _property(self, node: Resource, value: Resource) -> model.Property:
        shape = self.shape(value)
        if not isinstance(shape, model.PropertyShape):
            raise self._error(node, f"sh:property {value.n3()} is no PropertyShape")
        return model.Property(shape)

    def _qualified(self, node: Resource, value: Resource) -> Iterator[model.Qualified]:
        shape = self.shape(value)
        siblings: set[Resource] = set()
        if _is_true(self._graph, node, SH.qualifiedValueShapesDisjoint):
            for parent in self._graph.subjects(SH.property, node):
                for other in self._graph.objects(parent, SH.property):
                    siblings.update(self._graph.objects(other, SH.qualifiedValueShape))
        others = tuple(self.shape(other) for other in sorted(siblings - {value}, key=str))
        kinds = ((SH.qualifiedMinCount, model.QualifiedMin), (SH.qualifiedMaxCount, model.QualifiedMax))
        for predicate, kind in kinds:
            for number in self._graph.objects(node, predicate):
                yield kind(shape, self._integer(node, predicate, number), others)
        if not any((node, predicate, None) in self._graph for predicate, _ in kinds):
            self._notes.add(f"sh:qualifiedValueShape at shape {_name(node)} has no count, and was passed over")

    def _sparql(self, _: Resource, value: Resource) -> Iterator[model.Sparql]:
        text = select_of(self._graph, value)
        if not _is_true(self._graph, value, SH.deactivated):
            yield model.Sparql(to_ox(value), query_of(self._graph, value, text), self._texts(value, SH.message))

    # Paths

    def _path(self, node: Resource, value: Resource, depth: int) -> Path:
        if isinstance(value, URIRef):
            return Step(ox.NamedNode(str(value)))
        made: list[Path] = []
        if isinstance(value, BNode) and depth < _DEPTH:
            # a list is read as a list, whatever else it says: W3C tests path-strange-001 and -002
            if (value, RDF.first, None) in self._graph:
                return Sequence(self._paths(node, value, depth))
            for predicate, kind in _FORMS.items():
                made += [kind(self._path(node, inner, depth + 1)) for inner in self._graph.objects(value, predicate)]
            for options in self._graph.objects(value, SH.alternativePath):
                made.append(Alternative(self._paths(node, options, depth)))
        if len(made) == 1:
            return made[0]
        raise self._error(node, "sh:path is not well-formed")

    def _paths(self, node: Resource, value: Resource, depth: int) -> tuple[Path, ...]:
        items = self._items(node, SH.path, value)
        if len(items) < 2:
            raise self._error(node, "a sequence or choice of paths needs at least two")
        return tuple(self._path(node, item, depth + 1) for item in items)

    @staticmethod
    def _error(node: Resource, words: str) -> ShapesError:
        return ShapesError(words, shape=_name(node))


_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
"""In the order of the fields of ``Targets``."""

_FORMS: dict[URIRef, Callable[[Path], Path]] = {
    SH.inversePath: Inverse,
    SH.zeroOrMorePath: ZeroOrMore,
    SH.oneOrMorePath: OneOrMore,
    SH.zeroOrOnePath: ZeroOrOne,
}

_Read = Callable[[_Reader, Resource, Resource], Iterator[model.Constraint]]


def _one(make: Callable[[_Reader, Resource, Resource], model.Constraint]) -> _Read:
    def read(reader: _Reader, node: Resource, value: Resource) -> Iterator[model.Constraint]:
        yield make(reader, node, value)

    return read


def _with_iri(predicate: URIRef, kind: Callable[[ox.NamedNode], model.Constraint]) -> _Read:
    return _one(lambda reader, node, value: kind(reader._iri(node, predicate, value)))


def _with_integer(predicate: URIRef, kind: Callable[[int], model.Constraint]) -> _Read:
    return _one(lambda reader, node, value: kind(reader._integer(node, predicate, value)))


def _with_shapes(predicate: URIRef, kind: Callable[[tuple[model.Shape, ...]], model.Constraint]) -> _Read:
    return _one(lambda reader, node, value: kind(reader._members(node, predicate, value)))


def _with_term(kind: Callable[[Term], model.Constraint]) -> _Read:
    return _one(lambda _, __, value: kind(to_ox(value)))


_READERS: dict[URIRef, _Read] = {
    SH["class"]: _with_iri(SH["class"], model.Class),
    SH.datatype: _with_iri(SH.datatype, model.Datatype),
    SH.nodeKind: _one(_Reader._kind),
    SH.minCount: _with_integer(SH.minCount, model.MinCount),
    SH.maxCount: _with_integer(SH.maxCount, model.MaxCount),
    SH.minExclusive: _with_term(model.MinExclusive),
    SH.minInclusive: _with_term(model.MinInclusive),
    SH.maxExclusive: _with_term(model.MaxExclusive),
    SH.maxInclusive: _with_term(model.MaxInclusive),
    SH.minLength: _with_integer(SH.minLength, model.MinLength),
    SH.maxLength: _with_integer(SH.maxLength, model.MaxLength),
    SH.pattern: _one(_Reader._pattern),
    SH.languageIn: _one(
        lambda reader, node, value: model.LanguageIn(
            tuple(reader._string(node, SH.languageIn, item) for item in reader._items(node, SH.languageIn, value))
        )
    ),
    SH.uniqueLang: _Reader._unique,
    SH.equals: _with_iri(SH.equals, model.Equals),
    SH.disjoint: _with_iri(SH.disjoint, model.Disjoint),
    SH.lessThan: _with_iri(SH.lessThan, model.LessThan),
    SH.lessThanOrEquals: _with_iri(SH.lessThanOrEquals, model.LessThanOrEquals),
    SH["not"]: _one(lambda reader, _, value: model.Not(reader.shape(value))),
    SH["and"]: _with_shapes(SH["and"], model.And),
    SH["or"]: _with_shapes(SH["or"], model.Or),
    SH.xone: _with_shapes(SH.xone, model.Xone),
    SH.node: _one(lambda reader, _, value: model.Node(reader.shape(value))),
    SH.property: _one(_Reader._property),
    SH.qualifiedValueShape: _Reader._qualified,
    SH.closed: _Reader._closed,
    SH.hasValue: _with_term(model.HasValue),
    SH["in"]: _one(
        lambda reader, node, value: model.In(tuple(to_ox(item) for item in reader._items(node, SH["in"], value)))
    ),
    SH.sparql: _Reader._sparql,
}
_ORDER = tuple(_READERS)


def _subclasses(graph: Graph, top: URIRef) -> set[Resource]:
    return {node for node in graph.transitive_subjects(RDFS.subClassOf, top) if node is not None}


def _is_boolean(value: Resource) -> str:
    """``true`` or ``false``, or nothing for what is neither."""
    is_one = isinstance(value, Literal) and value.datatype == XSD.boolean and str(value) in ("true", "false")
    return str(value) if is_one else ""


def _is_true(graph: Graph, node: Resource, predicate: URIRef) -> bool:
    return any(_is_boolean(value) == "true" for value in graph.objects(node, predicate))


def _is_number(value: Literal) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _resource(node: ShapeNode) -> Resource:
    return BNode(node.value) if isinstance(node, ox.BlankNode) else URIRef(node.value)


def _plain(value: Resource) -> str:
    return repr(str(value)) if isinstance(value, Literal) else value.n3()


def _short(iri: Resource) -> str:
    return "sh:" + str(iri).removeprefix(str(SH))


def _name(node: Resource) -> str:
    return str(node) if isinstance(node, URIRef) else "without an IRI"
