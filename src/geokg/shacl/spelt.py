"""The nodes that can see a respelt literal, judged in the spelling of the file.

A store has ``7`` where ``07`` was written; so what is found in it is wrong for a focus node whose judgement reads that
literal. Footprints tell which nodes these are; the reference engine judges them on the store as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox
from rdflib.term import Node

from .footprint import Footprint, Term
from .literals import XSD
from .model import Custom, Model, Shape, ShapeNode, Sparql
from .outcome import Outcome, new_report
from .overlay import overlay
from .sources import StoreSource
from .spelling import Spelling, is_odd
from .terms import as_spelt, from_ox

# In a query what is no literal, what is a string, with its type if it has one, and what is a number.
_TOKEN = re.compile(
    r"""<[^<>"{}|^`\\\s]*>|\#[^\n]*|[?$@]\w+|(?P<quote>\"""|\'\'\'|"|\')(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)
    (?:\^\^(?P<type>[\w-]*:[\w-]+|<[^>]*>))?|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|\w[\w:.-]*""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Spelt:
    """What was judged as it is spelt.

    Attributes:
        nodes: by shape the focus nodes, as the store has them, whose results count here and not in the store;
            ``None`` for all.
        outcome: their results.
    """

    nodes: Mapping[ShapeNode, set[Term] | None]
    outcome: Outcome

    def holds(self, shape: ShapeNode, focus: Term) -> bool:
        """Whether the results of a shape at a focus node are in here."""
        chosen = self.nodes.get(shape, set())
        return chosen is None or focus in chosen


def judge_as_spelt(store: ox.Store, spelling: Spelling, model: Model) -> Spelt:
    """Judge the focus nodes that can see how a literal was written.

    Args:
        store: what is judged.
        spelling: how it was written.
        model: the shapes.

    Raises:
        ShapesError: a shape that the reference engine does not do.
        ValidationError: the run could not be carried out to its end.

    >>> from rdflib import Graph
    >>> from .reading import read_model
    >>> from .spelling import fill
    >>> store, text = (
    ...     ox.Store(),
    ...     '''@prefix sh: <http://www.w3.org/ns/shacl#> .
    ... <x:s> sh:targetSubjectsOf <x:p> ; sh:property [ sh:path <x:p> ; sh:pattern "^0" ] .''',
    ... )
    >>> spelling = fill(store, ox.parse("<x:a> <x:p> 07 . <x:b> <x:p> 8 .", format=ox.RdfFormat.TURTLE))
    >>> spelt = judge_as_spelt(store, spelling, read_model(Graph().parse(data=text, format="turtle")))
    >>> [spelt.holds(ox.NamedNode("x:s"), ox.NamedNode(name)) for name in ("x:a", "x:b")], spelt.outcome.results
    ([True, False], [])
    """
    nodes = dict(_of_shapes(model))
    if spelling:
        # In both spellings: the query of a shape may name either.
        changed = [quad for odd in spelling.odd for quad in (odd.stored, odd.spelt)]
        about = frozenset(quad.predicate.value for quad in changed)
        footprint = Footprint(model.shapes, StoreSource(store).subclasses, about=about)
        for shape, some in footprint.touched(changed, store).items():
            own = nodes.get(shape, set())
            nodes[shape] = None if some is None or own is None else {*some, *own}
    if not nodes:
        return Spelt({}, Outcome([], new_report(), [], [], []))
    from .pyshacl_engine import validate  # few runs need it

    with as_spelt():
        chosen: dict[Node, set[Node] | None] = {
            from_ox(shape): _written(some, spelling) for shape, some in nodes.items()
        }
        outcome = validate(overlay(store, spelling), model.graph, only=chosen)
    return Spelt(nodes, outcome)


def _of_shapes(model: Model) -> Iterator[tuple[ShapeNode, set[Term] | None]]:
    """Whom a store cannot tell about because a shape itself names a literal that it would respell."""
    for shape in model.shapes:
        odd: set[Term] = {node for node in shape.targets.nodes if is_odd(node)}
        if _asks_oddly(shape):
            yield shape.node, None
        elif odd:
            yield shape.node, odd


def _asks_oddly(shape: Shape) -> bool:
    """Whether a query of a shape, or of one inside it, names such a literal."""
    for constraint in shape.constraints:
        if isinstance(constraint, (Sparql, Custom)) and any(map(is_odd, _literals(constraint.query.text))):
            return True
        if isinstance(constraint, Custom) and any(is_odd(value) for _, value in constraint.parameters):
            return True
        if any(map(_asks_oddly, constraint.shapes)):
            return True
    return False


def _literals(query: str) -> Iterator[ox.Literal]:
    """The typed literals and numbers in the text of a query."""
    for found in _TOKEN.finditer(query):
        if found["number"]:
            kind = "double" if "e" in found["number"].lower() else "decimal" if "." in found["number"] else "integer"
            yield ox.Literal(found["number"], datatype=ox.NamedNode(XSD + kind))
        elif found["type"]:
            yield ox.Literal(
                found["text"], datatype=ox.NamedNode(XSD + re.split("[:#]", found["type"].strip("<>"))[-1])
            )


def _written(nodes: set[Term] | None, spelling: Spelling) -> set[Node] | None:
    """The same nodes, and for literals all ways in which they were written."""
    if nodes is None:
        return None
    spelt = {odd.spelt.object for odd in spelling.odd if odd.stored.object in nodes}
    return {from_ox(node) for node in (*nodes, *spelt) if not isinstance(node, ox.DefaultGraph)}
