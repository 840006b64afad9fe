"""Runs the queries of shapes for the nodes that are judged, many at a time where that is the same.

>>> Asker(StoreSource(ox.Store()), Graph()).rows.__name__
'rows'
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import pyoxigraph as ox
from rdflib import Graph

from . import model
from .model import PropertyShape, Shape, Term
from .nesting import nest
from .prebinding import bind, exists, is_alone, joined, mentions, select_for_ask, with_path
from .queries import ValidationError
from .sources import StoreSource
from .terms import quads_to_ox

Row: TypeAlias = dict[str, Term]
Asking: TypeAlias = model.Sparql | model.Custom

_SHAPES_GRAPH = "urn:geokg:shapes-graph"
_BATCH = 1000


class Asker:
    """Runs the queries of shapes over one state of the data, and remembers what they said.

    Args:
        source: the data.
        shapes: the shapes graph, which queries can name as ``$shapesGraph``.
    """

    def __init__(self, source: StoreSource, shapes: Graph) -> None:
        self._source = source
        self._shapes = shapes
        self._rows: dict[tuple[str, int, Term], list[Row]] = {}
        self._answers: dict[tuple[str, int, Term | None, Term], bool] = {}
        self._both: StoreSource | None = None

    def prepare(self, shape: Shape, nodes: Sequence[Term]) -> None:
        """Ask beforehand, for many focus nodes at once, what :meth:`rows` will ask."""
        if shape.deactivated:
            return
        for constraint in shape.constraints:
            if isinstance(constraint, (model.Sparql, model.Custom)) and not constraint.query.is_ask:
                self._ask(shape, constraint, nodes)
            elif isinstance(constraint, model.Property) and not isinstance(shape, PropertyShape):
                self.prepare(constraint.shape, nodes)

    def rows(self, shape: Shape, constraint: Asking, focus: Term) -> list[Row]:
        """The rows of a ``SELECT`` for one focus node.

        Raises:
            ValidationError: the query cannot be run.
        """
        key = (shape.node.value, id(constraint), focus)
        if key not in self._rows:
            self._ask(shape, constraint, (focus,))
        return self._rows[key]

    def holds(self, shape: Shape, constraint: model.Custom, focus: Term, value: Term) -> bool:
        """Whether an ``ASK`` says that a value is right.

        Raises:
            ValidationError: the query cannot be run.
        """
        this = focus if mentions(constraint.query.text, "this") else None
        key = (shape.node.value, id(constraint), this, value)
        if key not in self._answers:
            text = select_for_ask(constraint.query.text)
            values = {"value": value} if this is None else {"this": this, "value": value}
            self._answers[key] = any(True for _ in self._run(shape, constraint, text, {}, values))
        return self._answers[key]

    def suspects(self, shape: Shape, constraint: Asking, nodes: Sequence[Term]) -> list[Term]:
        """Those focus nodes that a query of a shape has something against; all of them for an ``ASK``."""
        if constraint.query.is_ask:
            return list(nodes)
        self._ask(shape, constraint, nodes)
        return [node for node in nodes if self.rows(shape, constraint, node)]

    def _ask(self, shape: Shape, constraint: Asking, nodes: Sequence[Term]) -> None:
        found: dict[Term, list[Row]] = {node: [] for node in nodes}
        text = constraint.query.text
        named = [node for node in nodes if not isinstance(node, ox.BlankNode)]
        size = 1 if is_alone(text) else _BATCH
        pieces = [named[start : start + size] for start in range(0, len(named), size)]
        for piece in pieces:
            for row in self._run(shape, constraint, text, {"this": piece}, {}):
                found[row["this"]].append(row)
        for node in nodes:
            if isinstance(node, ox.BlankNode):
                for row in self._run(shape, constraint, text, {}, {"this": node}):
                    found[node].append({**row, "this": node})
        for node, rows in found.items():
            self._rows[shape.node.value, id(constraint), node] = self._folded(rows)

    def search(self, shape: Shape, constraint: Asking, focus: str, is_focus: str) -> str | None:
        """A query whose ``?this`` are the focus nodes that a query of a shape may have something against.

        Args:
            shape: the constraint's.
            constraint: the query.
            focus: a group that binds ``?this`` to focus nodes.
            is_focus: a test whether ``?this`` is one.

        Returns:
            ``None`` where only the query itself can tell, focus node by focus node.
        """
        given = self._given(shape, constraint)
        if "shapesGraph" in given or any(isinstance(term, ox.BlankNode) for term in given.values()):
            return None
        text = bind(self._written(shape, constraint.query.text), {name: [term] for name, term in given.items()})
        if not constraint.query.is_ask:
            return joined(text, is_focus)
        pattern = exists(text)
        if pattern is None:
            return None
        path = shape.path.sparql() if isinstance(shape, PropertyShape) else ""
        value = f"{{ ?this ({path}) ?value }}" if path else "BIND(?this AS ?value)"
        prologue = text[: text.upper().index("ASK")]
        return f"{prologue} SELECT ?this {{ {focus} {value} FILTER NOT EXISTS {pattern} }}"

    def _given(self, shape: Shape, constraint: Asking) -> dict[str, Term]:
        """What a query is given beside its focus node, as far as it names it."""
        given: dict[str, Term] = {"currentShape": shape.node, "shapesGraph": ox.NamedNode(_SHAPES_GRAPH)}
        if isinstance(constraint, model.Custom):
            given.update(constraint.parameters)
        return {name: term for name, term in given.items() if mentions(constraint.query.text, name)}

    @staticmethod
    def _written(shape: Shape, text: str) -> str:
        text = with_path(text, f"({shape.path.sparql()})") if isinstance(shape, PropertyShape) else text
        return nest(text)

    def _folded(self, rows: list[Row]) -> list[Row]:
        """Rows without those that are there twice since a triple stands in two graphs; each solution is a result."""
        different = list({frozenset(row.items()): row for row in rows}.values())
        return different if len(different) < len(rows) and self._source.is_doubled else rows

    def _run(
        self, shape: Shape, constraint: Asking, text: str, many: dict[str, Sequence[Term]], one: dict[str, Term]
    ) -> Iterator[Row]:
        given = {**self._given(shape, constraint), **one}
        source = self._with_shapes() if "shapesGraph" in given else self._source
        blank = {name: term for name, term in given.items() if isinstance(term, ox.BlankNode)}
        values: dict[str, Sequence[Term] | None] = {name: None if name in blank else [given[name]] for name in given}
        values.update(many)
        text = bind(self._written(shape, text), values)
        try:
            rows = source.query(text, blank)
            names = [variable.value for variable in rows.variables]
            for row in rows:
                yield {name: term for name in names if (term := row[name]) is not None}
        except (ValueError, RuntimeError, OSError) as error:
            raise ValidationError(f"a query of shape {shape.node.value} cannot be run: {error}") from error

    def _with_shapes(self) -> StoreSource:
        """The data and beside it the shapes graph, for queries that look into both."""
        if self._both is None:
            store = ox.Store()
            graphs = self._source.graph_names()
            store.bulk_extend(self._source.quads())
            name = ox.NamedNode(_SHAPES_GRAPH)
            store.bulk_extend(
                ox.Quad(quad.subject, quad.predicate, quad.object, name) for quad in quads_to_ox(self._shapes)
            )
            self._both = StoreSource(store, graphs, beside=(_SHAPES_GRAPH,))
        return self._both
