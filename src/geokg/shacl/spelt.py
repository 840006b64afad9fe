"""The nodes that can see a respelt literal, judged in the spelling of the file.

A store has ``7`` where ``07`` was written; so what is found in it is wrong for a focus node whose judgement reads that
literal. Footprints tell which nodes these are; the reference engine judges them on the store as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyoxigraph as ox
from rdflib.term import Node

from .footprint import Footprint, Term
from .model import Model, ShapeNode
from .overlay import overlay
from .pyshacl_engine import Outcome, validate
from .sources import StoreSource
from .spelling import Spelling
from .terms import as_spelt, from_ox


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
    below = StoreSource(store).subclasses
    # In both spellings: the query of a shape may name either.
    changed = [quad for odd in spelling.odd for quad in (odd.stored, odd.spelt)]
    nodes = Footprint(model.shapes, below).touched(changed, store)
    with as_spelt():
        chosen: dict[Node, set[Node] | None] = {
            from_ox(shape): _written(some, spelling) for shape, some in nodes.items()
        }
        outcome = validate(overlay(store, spelling), model.graph, only=chosen)
    return Spelt(nodes, outcome)


def _written(nodes: set[Term] | None, spelling: Spelling) -> set[Node] | None:
    """The same nodes, and for literals all ways in which they were written."""
    if nodes is None:
        return None
    spelt = {odd.spelt.object for odd in spelling.odd if odd.stored.object in nodes}
    return {from_ox(node) for node in (*nodes, *spelt) if not isinstance(node, ox.DefaultGraph)}
