"""Constraint components that a shapes graph defines (SHACL 6), and the queries of SPARQL constraints (SHACL 5).

>>> components(Graph())
[]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH
from rdflib.term import Node

from . import model
from .prebinding import check_query
from .queries import ShapesError
from .terms import to_ox

_LOCAL = re.compile(r"[^\W\d][\w-]*\Z")
"""The end of an IRI that can be the name of a variable (SHACL 6.2.1)."""


@dataclass(frozen=True)
class Component:
    """A constraint component.

    Attributes:
        node: its IRI.
        parameters: their names, properties, and whether they may be left out.
    """

    node: Node
    parameters: tuple[tuple[str, URIRef, bool], ...]


def components(shapes: Graph) -> list[Component]:
    """The components that a shapes graph defines, by name; SHACL's own, should it hold them, are left out.

    Raises:
        ShapesError: a parameter without a property.

    >>> text = '''@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:c> a sh:ConstraintComponent ;
    ... sh:parameter [ sh:path <urn:x#lang> ; sh:optional true ] .'''
    >>> components(Graph().parse(data=text, format="turtle"))[0].parameters
    (('lang', rdflib.term.URIRef('urn:x#lang'), True),)
    """
    kinds = set(shapes.transitive_subjects(RDFS.subClassOf, SH.ConstraintComponent))
    found = {node for kind in kinds for node in shapes.subjects(RDF.type, kind) if str(node) not in _OWN}
    return [Component(node, tuple(_parameters(shapes, node))) for node in sorted(found, key=str)]


_OWN = {kind.component.value for kind in vars(model).values() if hasattr(kind, "component")}


def _parameters(shapes: Graph, component: Node) -> Iterator[tuple[str, URIRef, bool]]:
    for parameter in sorted(shapes.objects(component, SH.parameter), key=str):
        path = shapes.value(parameter, SH.path)
        if not isinstance(path, URIRef):
            raise ShapesError(f"constraint component {component.n3()} has a parameter whose sh:path is no IRI")
        optional = shapes.value(parameter, SH.optional)
        is_optional = isinstance(optional, Literal) and str(optional) in ("true", "1")
        name = _LOCAL.search(path)
        if name is None:
            raise ShapesError(f"constraint component {component.n3()}: {path.n3()} gives its parameter no name")
        yield name[0], path, is_optional


def constraints_of(
    shapes: Graph, component: Component, shape: Node, is_property: bool
) -> tuple[list[model.Custom], str]:
    """The constraints that a component makes of what a shape says, and a note where it has no validator for it.

    Raises:
        ShapesError: several values where a component has several parameters; a validator that is no query.
    """
    values = {name: sorted(shapes.objects(shape, path), key=str) for name, path, _ in component.parameters}
    needed = [name for name, _, optional in component.parameters if not optional]
    if not any(values.values()) or not all(values[name] for name in needed):
        return [], ""
    if len(values) > 1 and any(len(some) > 1 for some in values.values()):
        raise ShapesError(f"a parameter of {component.node.n3()} has more than one value", shape=str(shape))
    special = SH.propertyValidator if is_property else SH.nodeValidator
    choices = [
        validator
        for predicate in (special, SH.validator)
        for validator in sorted(shapes.objects(component.node, predicate), key=str)
    ]
    if not choices:
        return [], f"{component.node.n3()} has no validator for a shape of this kind, and was passed over"
    validator = choices[0]
    given = {name: some for name, some in values.items() if some}
    is_ask = (validator, SH.ask, None) in shapes
    text = _only(shapes, validator, SH.ask) if is_ask else select_of(shapes, validator)
    query = query_of(shapes, validator, text, is_ask=is_ask, bound=tuple(values))
    messages = tuple(
        to_ox(text)
        for text in sorted(shapes.objects(validator, SH.message), key=lambda text: text.n3())
        if isinstance(text, Literal)
    )
    return [
        model.Custom(
            name=to_ox(component.node),
            parameters=tuple((name, to_ox(value)) for name, value in zip(given, chosen, strict=True)),
            query=query,
            messages=messages,
        )
        for chosen in product(*given.values())
    ], ""


def select_of(shapes: Graph, node: Node) -> str:
    """The one ``sh:select`` of a constraint or validator.

    Raises:
        ShapesError: it has none, or several.
    """
    return _only(shapes, node, SH.select)


def _only(shapes: Graph, node: Node, predicate: URIRef) -> str:
    found = list(shapes.objects(node, predicate))
    name = "sh:" + str(predicate).removeprefix(str(SH))
    if len(found) != 1 or not isinstance(found[0], Literal):
        raise ShapesError(f"{name} of a SPARQL constraint must be one text, this has {len(found)}", shape=str(node))
    return str(found[0])


def query_of(shapes: Graph, node: Node, text: str, *, is_ask: bool = False, bound: tuple[str, ...] = ()) -> model.Query:
    """A query with its prefixes declared, once it is sure that SHACL allows it.

    Args:
        shapes: holds the prefixes.
        node: the constraint or validator, which names its prefixes.
        text: the query.
        is_ask: whether it is an ``ASK``.
        bound: the parameters that it is given beside those that every query is given.

    Raises:
        ShapesError: it does not parse, or has what SHACL forbids where variables are bound beforehand.
    """
    prefixes: dict[str, str] = {}
    for place in shapes.objects(node, SH.prefixes):
        for imported in sorted(set(shapes.transitive_objects(place, OWL.imports)), key=str):
            for declared in shapes.objects(imported, SH.declare):
                prefix, namespace = shapes.value(declared, SH.prefix), shapes.value(declared, SH.namespace)
                if not isinstance(prefix, Literal) or not isinstance(namespace, Literal):
                    raise ShapesError("sh:declare needs a text as sh:prefix and one as sh:namespace", shape=str(place))
                if prefixes.setdefault(str(prefix), str(namespace)) != str(namespace):
                    raise ShapesError(f"prefix {prefix} is declared for two namespaces", shape=str(place))
    whole = "".join(f"PREFIX {prefix}: <{prefixes[prefix]}>\n" for prefix in sorted(prefixes)) + text
    check_query(whole, is_ask=is_ask, bound=bound)
    return model.Query(whole, is_ask)
